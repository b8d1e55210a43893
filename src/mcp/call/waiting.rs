//! Who waits for a piece of work that several calls may wait for. It is stopped by the call that started it, or by the last
//! one that waits; no other call takes it from those who still want it.

use std::sync::Arc;
use std::sync::atomic::{AtomicUsize, Ordering};

use tokio_util::sync::CancellationToken;

/// The calls that wait for one piece of work.
#[derive(Debug, Clone, Default)]
pub(super) struct Waiters(Arc<AtomicUsize>);

/// One call that waits.
#[derive(Debug)]
pub(super) struct Waiting {
    all: Waiters,
    is_starter: bool,
    /// False once it has left.
    is_counted: bool,
}

impl Waiters {
    /// The call that started the work waits for it.
    pub(super) fn join_as_starter(&self) -> Waiting {
        let mut waiting = self.join();
        waiting.is_starter = true;
        waiting
    }

    /// A further call waits.
    pub(super) fn join(&self) -> Waiting {
        self.0.fetch_add(1, Ordering::AcqRel);
        Waiting { all: self.clone(), is_starter: false, is_counted: true }
    }
}

impl Waiting {
    /// The client of this call wants the result no longer; returns whether that stops the work.
    pub(super) fn abandon(mut self, work: &CancellationToken) -> bool {
        // Counted and left in one step: of two that leave at one time, one must see that it is the last.
        let is_last = self.leave() == 0;
        let stops = self.is_starter || is_last;
        if stops {
            work.cancel();
        }
        stops
    }

    /// Leaves, and returns how many still wait.
    fn leave(&mut self) -> usize {
        match std::mem::replace(&mut self.is_counted, false) {
            true => self.all.0.fetch_sub(1, Ordering::AcqRel).saturating_sub(1),
            false => self.all.0.load(Ordering::Acquire),
        }
    }
}

impl Drop for Waiting {
    fn drop(&mut self) {
        self.leave();
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_starter_stops_the_work_whoever_else_waits() {
        let (waiters, work) = (Waiters::default(), CancellationToken::new());
        let (starter, _other) = (waiters.join_as_starter(), waiters.join());
        assert!(starter.abandon(&work) && work.is_cancelled());
    }

    #[test]
    fn of_those_who_joined_the_last_one_stops_it() {
        let (waiters, work) = (Waiters::default(), CancellationToken::new());
        let (first, second) = (waiters.join(), waiters.join());
        assert!(!first.abandon(&work) && !work.is_cancelled());
        assert!(second.abandon(&work) && work.is_cancelled());
    }
}
