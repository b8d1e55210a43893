//! Ctrl-C, and the polite request to end that process managers send.

use std::future::Future;

use anyhow::Context;
#[cfg(unix)]
use tokio::signal::unix::{Signal, SignalKind, signal};

/// Requests of the user to stop. Made before any work starts, so that none is missed.
#[derive(Debug)]
pub(super) struct Interrupts {
    #[cfg(unix)]
    interrupt: Signal,
    #[cfg(unix)]
    terminate: Signal,
}

impl Interrupts {
    /// Starts listening; from here on Ctrl-C no longer ends the process by itself.
    ///
    /// # Errors
    /// When the system does not let us listen.
    pub fn listen() -> anyhow::Result<Self> {
        #[cfg(unix)]
        {
            let listen = |kind| signal(kind).context("signals cannot be listened to");
            Ok(Self { interrupt: listen(SignalKind::interrupt())?, terminate: listen(SignalKind::terminate())? })
        }
        #[cfg(not(unix))]
        Ok(Self {})
    }

    /// Waits for the next request to stop.
    ///
    /// # Cancel safety
    /// A request is seen by whoever waits next when this is dropped before it resolves.
    pub async fn next(&mut self) {
        #[cfg(unix)]
        tokio::select! {
            _ = self.interrupt.recv() => {}
            _ = self.terminate.recv() => {}
        }
        #[cfg(not(unix))]
        if tokio::signal::ctrl_c().await.is_err() {
            // Where signals cannot be listened to this never resolves: an answer would stop every scan.
            std::future::pending::<()>().await;
        }
    }

    /// The work's answer, or `None` when the user wants to stop first; the work is dropped then.
    pub async fn or<T>(&mut self, work: impl Future<Output = T>) -> Option<T> {
        tokio::select! {
            answer = work => Some(answer),
            () = self.next() => None,
        }
    }
}
