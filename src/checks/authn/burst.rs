//! Wrong passwords one after the other, each of them judged, until there are enough or a limit shows.

use std::sync::Arc;
use std::time::{Duration, Instant};

use super::trial::Shape;
use crate::act::Persona;
use crate::checks::rule::{Rule, status, withstood};
use crate::model::{Role, Silence};
use crate::probe::Answer;

/// Wrong passwords: one more than the most that limits of common practice let through (3, 5, 10, 20, 25, 30).
pub(super) const GUESSES: usize = 31;
/// Time between two of them.
const GAP: Duration = Duration::from_millis(100);
/// Answers below this are equally fast: what the machine does meanwhile decides.
const FAST_MS: u64 = 40;
/// Slower than that, guesses are held up by the scan itself.
const SLOW: Duration = Duration::from_secs(60);

/// Guesses, all answered alike so far.
pub(super) struct Burst<'a> {
    who: &'a Persona,
    /// What a right password is answered.
    control: &'a Answer,
    answers: Vec<Arc<Answer>>,
    started: Instant,
    took: Duration,
}

impl<'a> Burst<'a> {
    /// Nothing was guessed yet.
    pub(super) fn new(who: &'a Persona, control: &'a Answer) -> Self {
        Self { who, control, answers: Vec::new(), started: Instant::now(), took: Duration::ZERO }
    }

    /// Whether more guesses are wanted.
    pub(super) fn goes_on(&self) -> bool {
        self.answers.len() < GUESSES
    }

    /// Adds the answer to a wrong password, and waits until the next one is due.
    ///
    /// # Errors
    /// `Held` at the first sign of a limit, `Undecided` for a try that was not judged: it is no wrong password.
    pub(super) async fn add(&mut self, answer: Arc<Answer>) -> Result<(), Silence> {
        let n = self.answers.len() + 1;
        self.answers.push(Arc::clone(&answer));
        self.took = self.started.elapsed();
        if let Some(sign) = self.limit(&answer) {
            return Err(withstood(&answer, self.control, format!("guess {n} {sign}")));
        }
        if let Some(because) = unjudged(&answer) {
            return Err(Silence::undecided(format!("guess {n} was not judged: {because}")));
        }
        let due = GAP * u32::try_from(n).unwrap_or(u32::MAX);
        tokio::time::sleep(due.saturating_sub(self.took)).await;
        Ok(())
    }

    /// Returns the sign of a limit in the last answer.
    fn limit(&self, last: &Answer) -> Option<&'static str> {
        let response = last.response()?;
        if response.status == 429 {
            return Some("is told to slow down (429)");
        }
        if response.status == 423 {
            return Some("is told that the account is locked (423)");
        }
        if response.status >= 500 {
            return None;
        }
        if response.header("retry-after").is_some() {
            return Some("is told when to come back (Retry-After)");
        }
        if response.text.to_ascii_lowercase().contains("captcha") {
            return Some("is asked for a captcha");
        }
        if self.is_slowing() {
            return Some("takes five times as long as the first ones");
        }
        self.shape().is_none().then_some("is answered otherwise than those before it")
    }

    /// Whether two in a row take five times as long as the first three.
    fn is_slowing(&self) -> bool {
        let took: Vec<u64> = self.answers.iter().map(|answer| answer.exchange.elapsed_ms).collect();
        let Some((first, rest)) = took.split_at_checked(3) else { return false };
        let usual = first.iter().copied().max().unwrap_or(0).max(FAST_MS);
        let mut last = rest.iter().rev().take(2);
        rest.len() >= 2 && last.all(|took| *took >= usual * 5)
    }

    /// Returns what all answers have in common; `None` once one of them differs in more than what differs by itself.
    fn shape(&self) -> Option<Shape> {
        let answers: Vec<&Answer> = self.answers.iter().map(|answer| &**answer).collect();
        let people = [self.who];
        let whole = Shape::of(&answers, &people)?;
        // What is equal in the first answers varies only when something changes.
        let first = Shape::of(answers.get(..answers.len().min(3))?, &people)?;
        let unchanged = first.varying().eq(whole.varying()) || answers.len() <= 3;
        unchanged.then_some(whole)
    }

    /// Returns the last answer, which is like all others.
    pub(super) fn last(&self) -> Option<&Arc<Answer>> {
        self.answers.last()
    }

    /// Returns how many seconds the guesses took, for sentences.
    pub(super) fn seconds(&self) -> String {
        format!("{:.1} s", self.took.as_secs_f64())
    }

    /// Adds what the guesses show.
    pub(super) fn weigh(&self, rule: &mut Rule) {
        let n = self.answers.len();
        let last = self.last().map(|answer| status(answer)).unwrap_or_default();
        rule.weigh(
            "guesses-answered-alike",
            n == GUESSES,
            format!("{n} wrong passwords were all answered status {last}"),
        );
        let fast = self.took <= SLOW;
        let because = if fast {
            format!("they took {}, none of them held up", self.seconds())
        } else {
            let seconds = self.took.as_secs();
            format!("the scan's own rate limit spread them over {seconds} s; raise it to settle this")
        };
        rule.weigh("guesses-were-fast", fast.then_some(true), because);
        let announced = self.announced();
        let because = announced.clone().unwrap_or_else(|| "neither headers nor content speak of a limit".to_owned());
        rule.weigh("no-limit-announced", announced.is_none().then_some(true), because);
        for answer in self.answers.last().into_iter().chain(self.answers.first()) {
            rule.show(Role::Attack, answer);
        }
    }

    /// Returns how the answers speak of a limit that was not reached.
    fn announced(&self) -> Option<String> {
        if let Some(at) = self.shape().and_then(|shape| shape.counts().map(str::to_owned)) {
            return Some(format!("the refusals count something (`{at}`): a limit may set in later"));
        }
        let mut headers = self.answers.iter().filter_map(|answer| answer.response()).flat_map(|it| &it.headers);
        let header = headers.find(|(name, _)| name.contains("ratelimit") || name.contains("rate-limit"));
        header.map(|(name, _)| format!("the header `{name}` announces a limit that was not reached"))
    }
}

/// Returns why no password was looked at.
fn unjudged(answer: &Answer) -> Option<String> {
    match answer.status() {
        None => Some("the target gave no answer".to_owned()),
        Some(status @ 500..) => Some(format!("the target failed (status {status})")),
        Some(_) => None,
    }
}
