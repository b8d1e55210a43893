//! `authn/no-throttling`.

use std::sync::Arc;
use std::time::{Duration, Instant};

use super::trial::{Shape, Trial, nobody, wrong_password};
use crate::act::{Acting, Body, Kind, Persona, acting_of, fill, is_email, is_user_name};
use crate::checks::acting::ActCx;
use crate::checks::context::PlanCx;
use crate::checks::meta::{Check, Meta, Need, Phase, Running, check};
use crate::checks::proof::{Finding, Proof, held, inconclusive, status, unsent};
use crate::model::{Credential, LoginRecipe, Method, Operation, Role, Verdict};
use crate::probe::{Answer, Caller, SendError, Values, WriteKind};

check! {
    /// ## What it does
    /// Signs in to a throw-away account with 20 wrong passwords, ten a second, and then with the right one. It stops at
    /// the first sign of a limit, and comes last in a scan.
    ///
    /// ## Why it matters
    /// Where guesses cost nothing, the usual passwords are tried on every account, and lists stolen elsewhere on all of
    /// them.
    ///
    /// ## How it is confirmed
    /// The right password signs in before; 20 wrong ones are all refused in the same way and about as fast; and the right
    /// password still signs in after them.
    ///
    /// ## When it stays silent
    /// At a 429, a lock-out (423, a refusal that changes, the right password refused afterwards), a captcha, and answers
    /// that take five times as long. Limits that the answers announce, or failures that they count, may set in later:
    /// then it is only suspected. Without a throw-away account a name that nobody has is tried; a lock-out cannot be seen
    /// there, so that it is only suspected as well.
    ///
    /// ## References
    /// OWASP API4:2023, CWE-307
    NoThrottling {
        id: "authn/no-throttling",
        title: "Sign-in takes unlimited guesses",
        severity: Medium,
        level: Intrusive,
        owasp: ["API4:2023"],
        cwe: [307],
        remedy: "throttle-sign-in",
        since: "0.2.0",
    }
}

/// Wrong passwords.
const GUESSES: usize = 20;
/// Time between two of them.
const GAP: Duration = Duration::from_millis(100);
/// Answers below this are equally fast: what the machine does meanwhile decides.
const FAST_MS: u64 = 40;
/// Slower than that, guesses are held up by the scan itself.
const SLOW: Duration = Duration::from_secs(60);

impl Check for NoThrottling {
    fn meta(&self) -> &'static Meta {
        &Self::META
    }

    fn plan(&self, cx: &PlanCx<'_>, operation: &Operation) -> Need {
        if operation.method != Method::Post || acting_of(cx.api, operation).kind != Kind::SignIn {
            return Need::NotApplicable;
        }
        // The guesses, and the right password before and after.
        Need::Requests(if cx.identities.is_empty() { 0 } else { 22 })
    }

    fn act<'a>(&'a self, cx: &'a ActCx<'a>, acting: &'a Acting) -> Running<'a> {
        Box::pin(async move { run(cx, acting).await.unwrap_or_else(|error| unsent(&error)) })
    }

    fn phase(&self) -> Phase {
        Phase::Bursts
    }
}

async fn run(cx: &ActCx<'_>, acting: &Acting) -> Result<Verdict, SendError> {
    if acting.kind != Kind::SignIn {
        return Ok(held("it does not sign users in"));
    }
    match Trial::of_sign_in(cx, acting) {
        Ok(trial) => on_account(acting, &trial).await,
        Err(skipped) => match unknown_name(cx, acting) {
            Some((who, body)) => on_nobody(cx, acting, &who, &body).await,
            None => Ok(skipped),
        },
    }
}

async fn on_account(acting: &Acting, trial: &Trial<'_>) -> Result<Verdict, SendError> {
    let before = trial.right().await?;
    if !trial.lets_in(&before) {
        let because =
            format!("the right password of {} does not sign it in (status {})", trial.name(), status(&before));
        return Ok(inconclusive(because, None));
    }
    let mut burst = Burst::new(trial.persona().clone());
    while burst.goes_on() {
        let started = Instant::now();
        let answer = trial.with(trial.persona(), &wrong_password()).await?;
        if trial.lets_in(&answer) {
            return Ok(inconclusive("a wrong password is taken", None));
        }
        burst.add(answer);
        tokio::time::sleep(GAP.saturating_sub(started.elapsed())).await;
    }
    let took = burst.started.elapsed();
    if let Some(stop) = &burst.stop {
        return Ok(stop.clone());
    }
    let after = trial.right().await?;
    if !trial.lets_in(&after) {
        let because = format!(
            "after {GUESSES} wrong passwords the right one is refused too (status {}): a lock-out",
            status(&after)
        );
        return Ok(held(because));
    }
    let mut proof = burst.proof(took);
    proof.clause(
        "right-password-taken",
        true,
        format!("the right password signs {} in before and after", trial.name()),
    );
    proof.show(Role::Baseline, &before).show(Role::Control, &after);
    let claim = format!(
        "{GUESSES} of {GUESSES} wrong passwords were answered alike within {:.1} s, and the right one was still taken",
        took.as_secs_f64()
    );
    Ok(broken(proof, acting, claim))
}

/// A sign-in that is configured, in a name that nobody has: never in that of a user.
fn unknown_name(cx: &ActCx<'_>, acting: &Acting) -> Option<(Persona, Body)> {
    let recipes = cx.check.probe.identities().iter().filter_map(|identity| match &identity.credential {
        Credential::Login(recipe) => Some(recipe),
        _ => None,
    });
    let LoginRecipe { body, content_type, .. } =
        recipes.into_iter().find(|recipe| recipe.operation.trim() == acting.operation.id.0)?;
    let who = nobody();
    let mut value = body.clone();
    let mut renamed = false;
    for (name, member) in value.as_object_mut()?.iter_mut() {
        let Some(text) = member.as_str().filter(|text| !text.starts_with("{secret:")) else { continue };
        let unknown = if text.contains('@') || is_email(name) {
            &who.email
        } else if is_user_name(name) || matches!(name.as_str(), "identifier" | "name" | "account") {
            &who.username
        } else {
            continue;
        };
        *member = serde_json::Value::String(unknown.clone());
        renamed = true;
    }
    renamed.then(|| (who, Body { media_type: content_type.clone(), value, marked: Vec::new() }))
}

async fn on_nobody(cx: &ActCx<'_>, acting: &Acting, who: &Persona, body: &Body) -> Result<Verdict, SendError> {
    let url = cx.url(acting, &Values::new())?;
    let mut burst = Burst::new(who.clone());
    while burst.goes_on() {
        let started = Instant::now();
        let guess = Body { value: fill(&body.value, &wrong_password()), ..body.clone() };
        let (method, kind) = (acting.operation.method, WriteKind::Tries);
        let written =
            cx.send(acting, method, Caller::Anonymous, url.clone(), Some(&guess), Vec::new(), kind, true).await?;
        if written.answer.response().is_some_and(|response| response.is_success())
            && ActCx::refusal(&written.answer).is_none()
        {
            return Ok(inconclusive("a name that nobody has is not refused", None));
        }
        burst.add(written.answer);
        tokio::time::sleep(GAP.saturating_sub(started.elapsed())).await;
    }
    let took = burst.started.elapsed();
    if let Some(stop) = burst.stop {
        return Ok(stop);
    }
    // A sign-in whose body is not understood looks at no password.
    if let Some(status @ (405 | 415 | 422)) = burst.answers.last().and_then(|answer| answer.status()) {
        return Ok(inconclusive(
            format!("the sign-ins are answered {status}: no password may have been looked at"),
            None,
        ));
    }
    let mut proof = burst.proof(took);
    proof.open(
        "right-password-taken",
        "no account that may be locked was at hand, and a name that nobody has cannot be; scan with --auto-accounts to settle it",
    );
    let claim = format!(
        "{GUESSES} of {GUESSES} sign-ins in a name that nobody has were answered alike within {:.1} s",
        took.as_secs_f64()
    );
    Ok(broken(proof, acting, claim))
}

fn broken(proof: Proof, acting: &Acting, claim: String) -> Verdict {
    proof.broken(Finding {
        site: "operation".to_owned(),
        cause: acting.operation.path.clone(),
        claim,
        severity: None,
        surveyed: acting,
    })
}

/// Guesses one after the other, until there are enough or something stops them.
struct Burst {
    who: Persona,
    answers: Vec<Arc<Answer>>,
    stop: Option<Verdict>,
    started: Instant,
}

impl Burst {
    fn new(who: Persona) -> Self {
        Self { who, answers: Vec::new(), stop: None, started: Instant::now() }
    }

    fn goes_on(&self) -> bool {
        self.stop.is_none() && self.answers.len() < GUESSES
    }

    fn add(&mut self, answer: Arc<Answer>) {
        self.answers.push(answer);
        self.stop = self.limit();
    }

    /// What the last answer says of a limit.
    fn limit(&self) -> Option<Verdict> {
        let last = self.answers.last()?;
        let n = self.answers.len();
        match last.status() {
            Some(429) => return Some(held(format!("guess {n} is told to slow down (429)"))),
            Some(423) => return Some(held(format!("guess {n} is told that the account is locked (423)"))),
            None if n > 3 => return Some(held(format!("guess {n} is not answered, as those before it were"))),
            _ => {}
        }
        if let Some(because) = ActCx::no_answer(last) {
            return Some(inconclusive(because, None));
        }
        let response = last.response()?;
        if response.header("retry-after").is_some() {
            return Some(held(format!("guess {n} is told when to come back (Retry-After)")));
        }
        if response.text.to_ascii_lowercase().contains("captcha") {
            return Some(held(format!("guess {n} is asked for a captcha")));
        }
        if self.is_slowing() {
            return Some(held(format!("guess {n} takes five times as long as the first ones")));
        }
        self.shape().is_none().then(|| held(format!("guess {n} is answered otherwise than those before it")))
    }

    /// Two in a row that take five times as long as the first three.
    fn is_slowing(&self) -> bool {
        let took: Vec<u64> = self.answers.iter().map(|answer| answer.exchange.elapsed_ms).collect();
        let Some((first, rest)) = took.split_at_checked(3) else { return false };
        let usual = first.iter().copied().max().unwrap_or(0).max(FAST_MS);
        let mut last = rest.iter().rev().take(2);
        rest.len() >= 2 && last.all(|took| *took >= usual * 5)
    }

    /// What all answers have in common; `None` once one of them differs in more than what differs by itself.
    fn shape(&self) -> Option<Shape> {
        let answers: Vec<&Answer> = self.answers.iter().map(|answer| &**answer).collect();
        let people = [&self.who];
        let whole = Shape::of(&answers, &people)?;
        // What is equal in the first answers varies only when something changes.
        let first = Shape::of(answers.get(..answers.len().min(3))?, &people)?;
        let unchanged = first.varying().eq(whole.varying()) || answers.len() <= 3;
        unchanged.then_some(whole)
    }

    fn proof(&self, took: Duration) -> Proof {
        let mut proof = Proof::default();
        let n = self.answers.len();
        let last = self.answers.last().map(|answer| status(answer)).unwrap_or_default();
        proof.clause(
            "guesses-answered-alike",
            n == GUESSES,
            format!("{n} wrong passwords were all answered status {last}"),
        );
        if took > SLOW {
            proof.open(
                "guesses-were-fast",
                format!("the scan's own rate limit spread them over {} s; raise it to settle this", took.as_secs()),
            );
        } else {
            proof.clause(
                "guesses-were-fast",
                true,
                format!("they took {:.1} s, none of them held up", took.as_secs_f64()),
            );
        }
        let counted = self.shape().and_then(|shape| shape.counts().map(str::to_owned));
        let announced = self.answers.iter().filter_map(|answer| answer.response()).find_map(|response| {
            response
                .headers
                .iter()
                .map(|(name, _)| name)
                .find(|name| name.contains("ratelimit") || name.contains("rate-limit"))
        });
        match (counted, announced) {
            (Some(at), _) => proof
                .open("no-limit-announced", format!("the refusals count something (`{at}`): a limit may set in later")),
            (_, Some(header)) => proof
                .open("no-limit-announced", format!("the header `{header}` announces a limit that was not reached")),
            _ => proof.clause("no-limit-announced", true, "neither headers nor content speak of a limit"),
        };
        for answer in self.answers.last().into_iter().chain(self.answers.first()) {
            proof.show(Role::Attack, answer);
        }
        proof
    }
}
