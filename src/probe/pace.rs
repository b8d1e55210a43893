//! How fast requests may leave: a ticket from the budget, a place among those under way, and the next free slot of time.

use std::sync::atomic::{AtomicU64, Ordering};
use std::sync::{Mutex, PoisonError};
use std::time::Duration;

use tokio::sync::{Semaphore, SemaphorePermit};
use tokio::time::Instant;

/// Longest pause that a target can ask for by `Retry-After`.
const LONGEST_PAUSE: Duration = Duration::from_secs(30);
/// Longest time that a target can hold up a whole scan in that way.
pub(super) const LONGEST_PAUSES: Duration = Duration::from_secs(120);

/// The slowest pace; a rate that asks for less would never end, or not be a time at all.
const LONGEST_INTERVAL: Duration = Duration::from_secs(1000);

/// Hands out the right to send.
#[derive(Debug)]
pub(super) struct Pace {
    sent: AtomicU64,
    max_requests: AtomicU64,
    places: Semaphore,
    /// Time between two requests; zero when there is no limit.
    interval: Duration,
    /// The next free slot; held only to read and move it, never across an await.
    next: Mutex<Instant>,
    /// Time that the target held the scan up so far; held together with `next`.
    paused: Mutex<Duration>,
}

/// The budget is spent.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) struct Spent;

impl Pace {
    pub(super) fn new(max_requests: u64, concurrency: usize, rate: Option<f64>) -> Self {
        let interval = rate.filter(|rate| *rate > 0.0).map_or(Duration::ZERO, request_interval);
        Self {
            sent: AtomicU64::new(0),
            max_requests: AtomicU64::new(max_requests),
            places: Semaphore::new(concurrency.max(1)),
            interval,
            next: Mutex::new(Instant::now()),
            paused: Mutex::default(),
        }
    }

    /// Requests sent so far.
    pub(super) fn sent(&self) -> u64 {
        self.sent.load(Ordering::Relaxed)
    }

    /// Raises the budget to so many requests beyond those that were sent.
    pub(super) fn allow_more(&self, requests: u64) {
        // Never lowers the budget: what is left of it stays.
        self.max_requests.fetch_max(self.sent().saturating_add(requests), Ordering::Relaxed);
    }

    /// Takes a ticket and nothing else: for a look at the target while all others wait.
    pub(super) fn ticket(&self) -> Result<(), Spent> {
        let most = self.max_requests.load(Ordering::Relaxed);
        let taken =
            self.sent.fetch_update(Ordering::Relaxed, Ordering::Relaxed, |sent| (sent < most).then_some(sent + 1));
        taken.map(|_| ()).map_err(|_| Spent)
    }

    /// Takes a ticket and waits for a place and a slot. Dropping the returned place frees it.
    ///
    /// # Cancel safety
    /// A future dropped while it waits has used up its ticket; the budget errs on the safe side.
    pub(super) async fn place(&self) -> Result<SemaphorePermit<'_>, Spent> {
        // The ticket is taken before the wait, so that requests that wait cannot exceed the budget together.
        self.ticket()?;
        let place = self.places.acquire().await.map_err(|_| Spent)?;
        let slot = {
            let mut next = self.next.lock().unwrap_or_else(PoisonError::into_inner);
            let slot = (*next).max(Instant::now());
            *next = slot + self.interval;
            slot
        };

        tokio::time::sleep_until(slot).await;
        Ok(place)
    }

    /// Lets nothing leave for this long: the target asked for it. False when it has asked for too much already.
    pub(super) fn pause(&self, wish: Duration) -> bool {
        self.pause_at(Instant::now(), wish)
    }

    fn pause_at(&self, now: Instant, wish: Duration) -> bool {
        let mut next = self.next.lock().unwrap_or_else(PoisonError::into_inner);
        let mut paused = self.paused.lock().unwrap_or_else(PoisonError::into_inner);

        if *paused >= LONGEST_PAUSES {
            return false;
        }
        let until = now + wish.min(LONGEST_PAUSE);
        // Answers to parallel requests ask for the same pause: only what they add to it counts.
        *paused += until.saturating_duration_since((*next).max(now));
        *next = (*next).max(until);

        true
    }
}

/// Returns the time between two requests at so many a second.
fn request_interval(rate: f64) -> Duration {
    Duration::try_from_secs_f64(1.0 / rate).map_or(LONGEST_INTERVAL, |wait| wait.min(LONGEST_INTERVAL))
}

#[cfg(test)]
mod tests;
