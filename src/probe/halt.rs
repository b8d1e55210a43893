//! Why nothing more leaves: the user stopped the scan, its time is over, or the target died. Undoing goes on all the same.

use std::sync::PoisonError;
use std::sync::atomic::Ordering;

use tokio::time::{Instant, sleep_until};
use tokio_util::sync::CancellationToken;

use super::client::{Probe, SendError};

impl Probe {
    /// Lets a token stop the scan.
    pub fn with_cancel(mut self, cancel: CancellationToken) -> Self {
        self.cancel = cancel;
        self
    }

    /// Whether the scan was stopped.
    pub fn is_cancelled(&self) -> bool {
        self.cancel.is_cancelled()
    }

    /// Resolves when the user stops the scan.
    pub async fn cancelled(&self) {
        self.cancel.cancelled().await;
    }

    /// Returns what stops this scan, for other work that is to be stopped with it.
    pub fn cancellation(&self) -> CancellationToken {
        self.cancel.clone()
    }

    /// Whether something was not asked since the time of the scan was over.
    pub fn ran_out_of_time(&self) -> bool {
        self.is_cut.load(Ordering::Relaxed)
    }

    /// Whether the budget of requests was spent before everything was asked.
    pub fn is_spent(&self) -> bool {
        self.is_spent.load(Ordering::Relaxed)
    }

    /// Returns why nothing may be sent any more.
    pub fn halted(&self) -> Option<SendError> {
        // Undoing outlives a stop, the end of the time and a dead target: what was written has to go.
        if self.is_cleaning() {
            None
        } else if self.death().is_some() {
            Some(SendError::Died)
        } else if self.is_cancelled() || self.ended().is_some() {
            Some(SendError::Cancelled)
        } else {
            self.until.is_some_and(|until| Instant::now() >= until).then(|| self.out_of_time())
        }
    }

    /// Ends the scan: from now on nothing is sent but what undoes its writes.
    pub fn end(&self, because: &str) {
        // The first reason stays, since later ones follow from it.
        self.ended.lock().unwrap_or_else(PoisonError::into_inner).get_or_insert_with(|| because.to_owned());
    }

    /// Returns why the scan ended itself, where it did.
    pub fn ended(&self) -> Option<String> {
        self.ended.lock().unwrap_or_else(PoisonError::into_inner).clone()
    }

    pub(super) fn is_cleaning(&self) -> bool {
        self.is_cleaning.load(Ordering::Relaxed)
    }

    /// Whether nothing may be sent any more.
    pub(super) fn is_stopped(&self) -> bool {
        self.halted().is_some()
    }

    /// From now on only what was written is undone, with at most so many requests; neither a stop nor the budget of the
    /// scan holds that up.
    pub fn begin_cleaning(&self, requests: u64) {
        self.is_cleaning.store(true, Ordering::Relaxed);
        // What was lost may be had again: for the undoing it is tried once more.
        self.health.revive();
        self.pace.allow_more(requests);
    }

    /// Resolves when the scan is stopped, unless it cleans up.
    pub(super) async fn stopped(&self) -> SendError {
        if self.is_cleaning() {
            std::future::pending::<()>().await;
        }
        tokio::select! {
            () = self.pulse.died() => SendError::Died,
            () = self.cancel.cancelled() => SendError::Cancelled,
            () = wait_until(self.until) => self.out_of_time(),
        }
    }

    fn out_of_time(&self) -> SendError {
        self.is_cut.store(true, Ordering::Relaxed);
        SendError::Time(self.limits.max_time.unwrap_or_default().as_secs())
    }
}

async fn wait_until(until: Option<Instant>) {
    match until {
        Some(until) => sleep_until(until).await,
        None => std::future::pending().await,
    }
}
