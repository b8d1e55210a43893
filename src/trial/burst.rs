//! Wrong passwords one after the other, each of them judged, until there are enough or a limit shows.

use std::sync::Arc;
use std::time::{Duration, Instant};

use super::answer_shape::AnswerShape;
use super::sign_in::{SignInTrial, wrong_password};
use super::unknown_name::UnknownName;
use crate::act::Persona;
use crate::model::{Silence, ensure};
use crate::probe::Answer;

/// Wrong passwords: one more than the most that limits of common practice let through (3, 5, 10, 20, 25, 30).
pub(crate) const GUESSES: usize = 31;
/// Time between two of them.
const GAP: Duration = Duration::from_millis(100);
/// Answers below this are equally fast: what the machine does meanwhile decides.
const FAST_MS: u64 = 40;
/// Slower than that, guesses are held up by the scan itself.
const SLOW: Duration = Duration::from_secs(60);

/// Guesses, all answered alike so far.
#[derive(Debug)]
pub(crate) struct GuessBurst<'a> {
    who: &'a Persona,
    /// What a right password is answered.
    control: &'a Answer,
    answers: Vec<Arc<Answer>>,
    started: Instant,
    took: Duration,
}

impl<'a> GuessBurst<'a> {
    /// Guesses at a throw-away account's password; `control` is the answer to the right one.
    ///
    /// # Errors
    /// `Held` at the first sign of a limit, `Undecided` for a try that says nothing.
    pub(crate) async fn on_account(trial: &'a SignInTrial<'_>, control: &'a Answer) -> Result<Self, Silence> {
        let mut burst = Self::new(trial.persona(), control);
        while burst.goes_on() {
            let answer = trial.with(trial.persona(), &wrong_password()).await?;
            ensure(!trial.lets_in(&answer), || Silence::undecided("a wrong password is taken"))?;
            burst.add(answer).await?;
        }
        Ok(burst)
    }

    /// Guesses in a name that no account has; `control` is the answer to a user's own sign-in.
    ///
    /// # Errors
    /// As [`Self::on_account`].
    pub(crate) async fn on_unknown_name(name: &'a UnknownName<'_>, control: &'a Answer) -> Result<Self, Silence> {
        let mut burst = Self::new(name.persona(), control);
        while burst.goes_on() {
            burst.add(name.guess().await?).await?;
        }
        Ok(burst)
    }

    /// Nothing was guessed yet.
    fn new(who: &'a Persona, control: &'a Answer) -> Self {
        Self { who, control, answers: Vec::new(), started: Instant::now(), took: Duration::ZERO }
    }

    /// Whether more guesses are wanted.
    fn goes_on(&self) -> bool {
        self.answers.len() < GUESSES
    }

    /// Adds the answer to a wrong password, and waits until the next one is due.
    ///
    /// # Errors
    /// `Held` at the first sign of a limit, `Undecided` for a try that was not judged: it is no wrong password.
    async fn add(&mut self, answer: Arc<Answer>) -> Result<(), Silence> {
        let n = self.answers.len() + 1;
        self.answers.push(Arc::clone(&answer));
        self.took = self.started.elapsed();

        // A limit is looked for first, since an answer that announces one judges no password.
        if let Some(sign) = self.limit(&answer) {
            let because = format!("guess {n} {sign}");
            return Err(Silence::withstood(&answer.exchange, &self.control.exchange, because));
        }
        if let Some(because) = why_not_checked(&answer) {
            return Err(Silence::undecided(format!("guess {n} was not judged: {because}")));
        }
        // The pace counts from the start, so that slow answers do not stretch the burst.
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
        // 423 is Locked (RFC 4918 section 11.3), which servers use for accounts as well.
        if response.status == 423 {
            return Some("is told that the account is locked (423)");
        }
        // A failure has many causes, and is no sign of a limit.
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

        // One slow answer may be the network's doing, and two in a row are the target's.
        rest.len() >= 2 && last.all(|took| *took >= usual * 5)
    }

    /// Returns what all answers have in common; `None` once one of them differs in more than what differs by itself.
    fn shape(&self) -> Option<AnswerShape> {
        let answers: Vec<&Answer> = self.answers.iter().map(|answer| &**answer).collect();
        let people = [self.who];
        let whole = AnswerShape::of(&answers, &people)?;

        // What is equal in the first answers varies only when something changes.
        let first = AnswerShape::of(answers.get(..answers.len().min(3))?, &people)?;
        let unchanged = first.varying().eq(whole.varying()) || answers.len() <= 3;
        unchanged.then_some(whole)
    }

    /// Returns how many seconds the guesses took, for sentences.
    pub(crate) fn seconds(&self) -> String {
        format!("{:.1} s", self.took.as_secs_f64())
    }

    /// Returns all answers, in order.
    pub(crate) fn answers(&self) -> &[Arc<Answer>] {
        &self.answers
    }

    /// Returns how long the guesses took.
    pub(crate) fn took(&self) -> Duration {
        self.took
    }

    /// Whether the scan itself did not hold the guesses up.
    pub(crate) fn is_fast(&self) -> bool {
        self.took <= SLOW
    }

    /// Returns how the answers speak of a limit that was not reached.
    pub(crate) fn announced(&self) -> Option<String> {
        if let Some(at) = self.shape().and_then(|shape| shape.counts().map(str::to_owned)) {
            return Some(format!("the refusals count something (`{at}`): a limit may set in later"));
        }
        let mut headers = self.answers.iter().filter_map(|answer| answer.response()).flat_map(|it| &it.headers);
        let header = headers.find(|(name, _)| name.contains("ratelimit") || name.contains("rate-limit"));
        header.map(|(name, _)| format!("the header `{name}` announces a limit that was not reached"))
    }
}

/// Returns why no password was looked at.
fn why_not_checked(answer: &Answer) -> Option<String> {
    match answer.status() {
        None => Some("the target gave no answer".to_owned()),
        Some(status @ 500..) => Some(format!("the target failed (status {status})")),
        Some(_) => None,
    }
}
