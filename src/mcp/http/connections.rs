//! Connections of the HTTP server: how many there are, and how long a client may take to say what it wants.

use std::io::ErrorKind;
use std::pin::pin;
use std::sync::Arc;
use std::time::Duration;

use axum::Router;
use hyper::server::conn::http1;
use hyper_util::rt::{TokioIo, TokioTimer};
use hyper_util::service::TowerToHyperService;
use tokio::net::{TcpListener, TcpStream};
use tokio::sync::Semaphore;
use tokio::task::JoinSet;
use tokio_util::sync::CancellationToken;

/// Most connections at a time. An editor holds two or three for each conversation.
const MOST_CONNECTIONS: usize = 1024;
/// Pause after a failed accept: a process that is out of file descriptors would spin.
const AFTER_FAILURE: Duration = Duration::from_millis(100);

/// A listener, and what its connections are served by.
pub(super) struct Serving {
    pub(super) listener: TcpListener,
    pub(super) router: Router,
    /// How long the headers of a request may take. An idle connection is closed after the same time; clients open another.
    pub(super) request_within: Duration,
}

impl Serving {
    /// Accepts connections and serves them until `stop`, then lets the requests that are under way end.
    ///
    /// # Errors
    /// What the operating system says of a listener that is broken.
    pub(super) async fn serve_connections(self, stop: CancellationToken) -> std::io::Result<()> {
        let open = Arc::new(Semaphore::new(MOST_CONNECTIONS));
        let mut connections = JoinSet::new();

        loop {
            let accepted = tokio::select! {
                accepted = self.listener.accept() => accepted,
                () = stop.cancelled() => break,
            };
            // Ended connections would pile up in the set of a server that runs for days.
            while connections.try_join_next().is_some() {}
            let stream = match accepted {
                Ok((stream, _)) => stream,
                Err(error) if concerns_one_connection(error.kind()) => continue,
                Err(error) if is_broken(error.kind()) => return Err(error),
                Err(_) => {
                    tokio::time::sleep(AFTER_FAILURE).await;
                    continue;
                }
            };

            // Beyond the cap a connection is closed at once: that is clearer to a client than silence.
            let Ok(permit) = Arc::clone(&open).try_acquire_owned() else { continue };
            let (router, within, stop) = (self.router.clone(), self.request_within, stop.clone());
            connections.spawn(async move {
                serve_connection(stream, router, within, stop).await;
                drop(permit);
            });
        }

        while connections.join_next().await.is_some() {}
        Ok(())
    }
}

async fn serve_connection(stream: TcpStream, router: Router, within: Duration, stop: CancellationToken) {
    // Without it the second packet of an answer waits some 40 ms for the acknowledgement of the first (RFC 896).
    let _ = stream.set_nodelay(true);
    let mut builder = http1::Builder::new();
    // A client that sends its headers byte by byte would hold its place among the connections for ever.
    builder.timer(TokioTimer::new()).header_read_timeout(within);
    let connection = builder.serve_connection(TokioIo::new(stream), TowerToHyperService::new(router));
    let mut connection = pin!(connection);
    let ended = tokio::select! {
        ended = connection.as_mut() => ended,
        () = stop.cancelled() => {
            connection.as_mut().graceful_shutdown();
            connection.await
        }
    };

    // A client that leaves in the middle of something is no fault of the server.
    drop(ended);
}

fn concerns_one_connection(kind: ErrorKind) -> bool {
    matches!(kind, ErrorKind::ConnectionRefused | ErrorKind::ConnectionAborted | ErrorKind::ConnectionReset)
}

fn is_broken(kind: ErrorKind) -> bool {
    matches!(kind, ErrorKind::InvalidInput | ErrorKind::NotConnected | ErrorKind::BrokenPipe)
}
