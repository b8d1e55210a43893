//! One client on standard input and output. Nothing but protocol messages is written there.

use std::io;
use std::pin::Pin;
use std::task::{Context, Poll};

use rmcp::ServiceExt;
use rmcp::service::ServerInitializeError;
use tokio::io::{AsyncRead, AsyncWrite, ReadBuf};
use tokio_util::sync::CancellationToken;

use super::error::McpError;
use super::server::{McpServer, ServerOptions};
use crate::app::App;

/// Serves one client on standard input and output until it leaves or the process is asked to stop; then stops and
/// stores what runs.
///
/// # Errors
/// [`McpError::Connection`] when the client does not speak the protocol.
pub async fn serve_stdio(app: App) -> Result<(), McpError> {
    serve_stdio_with(app, ServerOptions::from_environment()).await
}

/// [`serve_stdio`] with options.
///
/// # Errors
/// As [`serve_stdio`].
pub async fn serve_stdio_with(app: App, options: ServerOptions) -> Result<(), McpError> {
    let (reader, writer) = rmcp::transport::io::stdio_pipes();
    serve_pipes(app, options, reader, writer).await
}

/// [`serve_stdio`] over any pair of pipes.
///
/// # Errors
/// As [`serve_stdio`].
pub async fn serve_pipes<R, W>(app: App, options: ServerOptions, reader: R, writer: W) -> Result<(), McpError>
where
    R: AsyncRead + Send + Unpin + 'static,
    W: AsyncWrite + Send + Unpin + 'static,
{
    let ending = CancellationToken::new();
    let server = McpServer::new(app, options, ending.clone());
    let reader = EofCancels { inner: reader, ending };
    let outcome = tokio::select! {
        outcome = serve_connection(server.clone(), reader, writer) => outcome,
        () = asked_to_stop() => Ok(()),
    };
    // Also when the client has left: what its scans wrote must be undone before the process ends.
    server.end().await;
    outcome
}

async fn serve_connection<R, W>(server: McpServer, reader: R, writer: W) -> Result<(), McpError>
where
    R: AsyncRead + Send + Unpin + 'static,
    W: AsyncWrite + Send + Unpin + 'static,
{
    match server.serve((reader, writer)).await {
        Ok(running) => {
            running.waiting().await.map_err(|error| McpError::Connection(error.to_string()))?;
            Ok(())
        }
        // The end of input before `initialize`: a client that only probed with `server/discover`.
        Err(ServerInitializeError::ConnectionClosed(_)) => Ok(()),
        Err(error) => Err(McpError::Connection(error.to_string())),
    }
}

/// Resolves when the process gets Ctrl-C or, on Unix, SIGTERM.
pub(super) async fn asked_to_stop() {
    #[cfg(unix)]
    {
        use tokio::signal::unix::{SignalKind, signal};
        let Ok(mut terminate) = signal(SignalKind::terminate()) else { return std::future::pending().await };

        tokio::select! {
            _ = tokio::signal::ctrl_c() => {}
            _ = terminate.recv() => {}
        }
    }

    #[cfg(not(unix))]
    {
        let _ = tokio::signal::ctrl_c().await;
    }
}

/// The protocol library waits seconds for calls in flight when the input ends; a client that has left wants none of
/// them, so they are cancelled the moment the end is read.
struct EofCancels<R> {
    inner: R,
    ending: CancellationToken,
}

impl<R: AsyncRead + Unpin> AsyncRead for EofCancels<R> {
    fn poll_read(mut self: Pin<&mut Self>, cx: &mut Context<'_>, buffer: &mut ReadBuf<'_>) -> Poll<io::Result<()>> {
        let before = buffer.filled().len();
        let polled = Pin::new(&mut self.inner).poll_read(cx, buffer);
        let ended = match &polled {
            // A read into a full buffer gives nothing either, and is no end.
            Poll::Ready(Ok(())) => buffer.filled().len() == before && buffer.remaining() > 0,
            Poll::Ready(Err(_)) => true,
            Poll::Pending => false,
        };
        if ended {
            self.ending.cancel();
        }
        polled
    }
}
