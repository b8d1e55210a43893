//! Operations that may not be asked as often as a scan would like: those that announce a limit, those that answer 429
//! for long, and those that take long to answer. Each has a share of its own, half of it for the survey.

use std::collections::BTreeMap;
use std::sync::atomic::{AtomicBool, Ordering};
use std::sync::{Mutex, MutexGuard, PoisonError};
use std::time::{Duration, Instant};

use super::announced::{Announced, SHORT, announced_limit, retry_after};
use super::ask::{Answer, Ask};
use super::client::{Probe, SendError};
use crate::model::{OperationId, clean_name};

/// Requests to an operation that takes long to answer.
const COSTLY: u64 = 24;
/// An operation takes long when it takes longer than this, and so many times longer than most.
const LONG_MS: u64 = 1_000;
const TIMES_LONGER: u64 = 5;
/// Answers after which it is known how long most take.
const ENOUGH: usize = 8;
/// Times that are kept.
const MAX_TIMES: usize = 512;

/// The shares.
#[derive(Debug, Default)]
pub(super) struct Rations {
    /// The checks have begun: from then on the whole share may be spent.
    is_checking: AtomicBool,
    books: Mutex<Books>,
}

#[derive(Debug, Default)]
struct Books {
    by: BTreeMap<OperationId, Book>,
    /// How long answers took, in milliseconds.
    times: Vec<u64>,
}

/// What is known of one operation.
#[derive(Debug, Default)]
struct Book {
    sent: u64,
    /// Those of them that were answered with success, or led elsewhere.
    taken: u64,
    times: Vec<u64>,
    /// What was left when a limit was first announced, and what was sent since then.
    share: Option<(u64, u64)>,
    announced: Option<(Announced, Instant)>,
    /// It answered 429, and is not to be asked before this.
    closed: Option<Instant>,
    /// Requests that were not sent.
    withheld: u64,
}

impl Book {
    /// Why another request is beyond the share.
    fn refuses(&mut self, operation: &OperationId, is_checking: bool, usual_ms: Option<u64>) -> Option<String> {
        let now = Instant::now();
        let name = clean_name(operation.as_str(), 120);

        if self.closed.is_some_and(|until| now < until) {
            return Some(format!("{name} answered status 429 and is not to be asked again for a while"));
        }
        // With a new window the target's count begins anew, and so does the share.
        if self.announced.is_some_and(|(it, at)| it.window.is_some_and(|window| now > at + window)) {
            (self.announced, self.share) = (None, None);
        }
        if let (Some((it, _)), Some((first, sent))) = (self.announced.filter(|(it, _)| it.is_long()), self.share) {
            // A tenth is left to others that use it.
            let whole = first.saturating_sub((first / 10).max(1));
            let share = if is_checking { whole } else { first.div_ceil(2) };

            // Others may spend the same limit, so that what the target says is left counts as well.
            if sent >= share || it.left <= first.saturating_sub(whole) {
                let of = it.limit.map(|limit| format!(" of {limit} requests")).unwrap_or_default();
                return Some(format!("{name} announces a limit{of}, and the scan's share of it is spent"));
            }
        }

        let share = if is_checking { COSTLY } else { COSTLY / 2 };
        (self.is_costly(usual_ms) && self.sent >= share)
            .then(|| format!("{name} takes long to answer, and {share} requests to it are enough"))
    }

    fn is_costly(&self, usual_ms: Option<u64>) -> bool {
        let longest = |usual: u64| LONG_MS.max(usual.saturating_mul(TIMES_LONGER));
        // One slow answer may be that of a server that has just woken up.
        self.times.len() > 1 && usual_ms.zip(median_time(&self.times)).is_some_and(|(usual, own)| own > longest(usual))
    }

    fn is_scarce(&self, usual_ms: Option<u64>) -> bool {
        self.closed.is_some() || self.announced.is_some_and(|(it, _)| it.is_long()) || self.is_costly(usual_ms)
    }

    /// Takes an answer in; gives the time to wait before anything is asked again.
    fn take(&mut self, answer: &Answer) -> Option<Wait> {
        let response = answer.response()?;
        let (now, moment) = (Instant::now(), jiff::Timestamp::now());
        let wish = (response.status == 429).then(|| retry_after(response, moment)).flatten();

        if let Some(it) = announced_limit(response, moment) {
            // The request whose answer announces a limit is the first one of the share.
            self.share.get_or_insert((it.left + 1, 1));
            self.announced = Some((it, now));
            // A 429 brings a wait of its own, which sending again keeps to.
            let wait = it.window.filter(|_| it.left == 0 && !it.is_long() && response.status != 429);

            if let Some(wait) = wait {
                return Some(Wait::For(wait));
            }
        }

        if wish.is_some_and(|wish| wish > SHORT) {
            self.closed = wish.and_then(|wish| now.checked_add(wish));
            return Some(Wait::Never);
        }
        None
    }
}

/// What an answer asks of the next request.
enum Wait {
    /// So long.
    For(Duration),
    /// It is not worth waiting for.
    Never,
}

fn median_time(times: &[u64]) -> Option<u64> {
    let mut sorted = times.to_vec();
    sorted.sort_unstable();
    sorted.get(sorted.len() / 2).copied()
}

impl Books {
    fn usual_ms(&self) -> Option<u64> {
        if self.times.len() < ENOUGH { None } else { median_time(&self.times) }
    }
}

impl Rations {
    fn locked(&self) -> MutexGuard<'_, Books> {
        self.books.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// One sentence for each operation of which not everything was asked.
    pub(super) fn notes(&self) -> Vec<String> {
        let books = self.locked();
        let withheld = books.by.iter().filter(|(_, book)| book.withheld > 0);
        withheld
            .take(20)
            .map(|(operation, book)| {
                let name = clean_name(operation.as_str(), 120);
                let why = match book.announced {
                    Some((it, _)) => format!("it announces a limit, {} requests are left", it.left),
                    None if book.closed.is_some() => "it answered status 429 with a long Retry-After".to_owned(),
                    None => "it takes long to answer".to_owned(),
                };
                format!("{name} was asked {} times and {} requests were not sent: {why}", book.sent, book.withheld)
            })
            .collect()
    }
}

impl Probe {
    /// From now on checks ask, for which half of every share was kept.
    pub fn begin_checks(&self) {
        self.rations.is_checking.store(true, Ordering::Relaxed);
    }

    /// Whether an operation may not be asked as often as one likes.
    pub fn is_scarce(&self, operation: &OperationId) -> bool {
        let books = self.rations.locked();
        let usual = books.usual_ms();
        books.by.get(operation).is_some_and(|book| book.is_scarce(usual))
    }

    /// Returns how often each operation answered with success.
    pub fn taken_requests(&self) -> Vec<(OperationId, u64)> {
        let books = self.rations.locked();
        let taken = books.by.iter().filter(|(_, book)| book.taken > 0);
        taken.map(|(operation, book)| (operation.clone(), book.taken)).collect()
    }

    /// Refuses a request that is beyond its operation's share. Bursts are meant to reach limits, and models have a
    /// budget of their own.
    pub(super) fn admit(&self, ask: &Ask) -> Result<(), SendError> {
        if ask.once || ask.patience.is_some() || self.is_cleaning() {
            return Ok(());
        }
        let Some(operation) = self.routes.operation(self.base_url(), ask.method, &ask.url) else { return Ok(()) };
        let is_checking = self.rations.is_checking.load(Ordering::Relaxed);
        let mut books = self.rations.locked();
        let usual = books.usual_ms();
        let book = books.by.entry(operation.clone()).or_default();

        match book.refuses(operation, is_checking, usual) {
            Some(because) => {
                book.withheld += 1;
                Err(SendError::Rationed(because))
            }
            None => Ok(()),
        }
    }

    /// Takes an answer in, for its operation's book.
    fn keep_books(&self, ask: &Ask, answer: &Answer) -> Option<Wait> {
        let operation = self.routes.operation(self.base_url(), ask.method, &ask.url)?;
        let mut books = self.rations.locked();
        let took = answer.exchange.elapsed_ms;

        if books.times.len() < MAX_TIMES {
            books.times.push(took);
        }
        let book = books.by.entry(operation.clone()).or_default();
        book.sent += 1;
        book.taken += u64::from(answer.status().is_some_and(|status| status < 400));

        if let Some((_, sent)) = &mut book.share {
            *sent += 1;
        }
        // A request with patience is one to a model, which has a budget of its own.
        if book.times.len() < MAX_TIMES && ask.patience.is_none() {
            book.times.push(took);
        }
        book.take(answer)
    }

    /// Takes an answer in, and lets everything wait where the target's count is about to begin anew. Whether it is not
    /// worth asking again at once.
    pub(super) fn ration(&self, ask: &Ask, answer: &Answer) -> bool {
        match self.keep_books(ask, answer) {
            Some(Wait::Never) => true,
            Some(Wait::For(wait)) => {
                self.pace.pause(wait);
                false
            }
            None => false,
        }
    }
}
