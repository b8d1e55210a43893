//! `authn/no-throttling`.

use super::burst::{Burst, GUESSES};
use super::trial::{Trial, nobody, wrong_password};
use crate::act::{Acting, Body, Kind, Persona, acting_of, fill, is_email, is_user_name};
use crate::checks::acting::ActCx;
use crate::checks::context::PlanCx;
use crate::checks::meta::{Need, check};
use crate::checks::rule::{Finding, Judged, Rule, ensure, held, status};
use crate::model::{Credential, Identity, LoginRecipe, Method, Operation, Role, Silence};
use crate::probe::{Answer, Caller, Values, WriteKind};

check! {
    /// ## What it does
    /// Signs in to a throw-away account with 31 wrong passwords, ten a second, and then with the right one. It stops at
    /// the first sign of a limit, and comes last in a scan.
    ///
    /// ## Why it matters
    /// Where guesses cost nothing, the usual passwords are tried on every account, and lists stolen elsewhere on all of
    /// them.
    ///
    /// ## How it is confirmed
    /// The right password signs in before; 31 wrong ones are all judged, refused in the same way and about as fast; and
    /// the right password still signs in after them. That no limit was seen within 31 does not say that there is none
    /// beyond.
    ///
    /// ## When it stays silent
    /// At a 429, a lock-out (423, a refusal that changes, the right password refused afterwards), a captcha, and answers
    /// that take five times as long. A try that is not judged (a failure, a body that is not understood) is no wrong
    /// password, and ends the check without a verdict. Limits that the answers announce, or failures that they count, may set in later:
    /// then it is only suspected. Without a throw-away account a name that no account has is tried; a lock-out cannot be seen
    /// there, so that it is only suspected as well.
    ///
    /// ## References
    /// OWASP API4:2023, CWE-307
    NoThrottling {
        id: "authn/no-throttling",
        title: "Sign-in shows no limit to wrong passwords",
        severity: Medium,
        level: Intrusive,
        owasp: ["API4:2023"],
        cwe: [307],
        remedy: "throttle-sign-in",
        since: "0.2.0",
        plan: plan,
        phase: Bursts,
        write: run,
    }
}

fn plan(cx: &PlanCx<'_>, operation: &Operation) -> Need {
    if operation.method != Method::Post || acting_of(cx.api, operation).kind != Kind::SignIn {
        return Need::NotApplicable;
    }
    // The guesses, and the right password before and after.
    Need::Requests(if cx.identities.is_empty() { 0 } else { 33 })
}

async fn run(cx: &ActCx<'_>, acting: &Acting) -> Judged {
    ensure(acting.kind == Kind::SignIn, || Silence::not_applicable("it does not sign users in"))?;
    match Trial::of_sign_in(cx, acting) {
        Ok(trial) => guess_on_account(acting, &trial).await,
        Err(silence) => guess_on_nobody(cx, acting).await.unwrap_or(Err(silence)),
    }
}

async fn guess_on_account(acting: &Acting, trial: &Trial<'_>) -> Judged {
    // A request of the very form of the guesses is judged: the right password is taken.
    let before = trial.right_is_taken().await?;
    let mut burst = Burst::new(trial.persona(), &before);
    while burst.goes_on() {
        let answer = trial.with(trial.persona(), &wrong_password()).await?;
        ensure(!trial.lets_in(&answer), || Silence::undecided("a wrong password is taken"))?;
        burst.add(answer).await?;
    }
    let mut rule = Rule::default();
    burst.weigh(&mut rule);
    let after = trial.right().await?;
    let taken = locked_out(trial, &burst, &before, &after);
    rule.need("right-password-taken", taken, |()| {
        format!("the right password signs {} in before and after", trial.name())
    })?;
    rule.show(Role::Baseline, &before).show(Role::Control, &after);
    let seconds = burst.seconds();
    rule.found(finding(
        acting,
        format!("{GUESSES} wrong passwords in {seconds}, all judged, no limit seen; the right one was still taken"),
    ))
}

/// Passes where the right password is still taken after the guesses.
fn locked_out(trial: &Trial<'_>, burst: &Burst<'_>, before: &Answer, after: &Answer) -> Result<(), Silence> {
    ensure(trial.lets_in(after), || match (burst.last(), ActCx::no_answer(after)) {
        (Some(last), None) => held(
            last,
            before,
            format!(
                "after {GUESSES} wrong passwords the right one is refused too (status {}): a lock-out",
                status(after)
            ),
        ),
        (_, because) => Silence::undecided(because.unwrap_or_else(|| "nothing was guessed".to_owned())),
    })
}

/// Guesses in a name that no account has: never in that of a user. `None` where no caller signs in here.
async fn guess_on_nobody(cx: &ActCx<'_>, acting: &Acting) -> Option<Judged> {
    let mut logins = cx.check.probe.identities().iter().filter_map(|identity| match &identity.credential {
        Credential::Login(recipe) if recipe.operation.trim() == acting.operation.id.0 => Some((identity, recipe)),
        _ => None,
    });
    let (identity, recipe) = logins.next()?;
    let (who, body) = in_unknown_name(recipe)?;
    Some(guess_as(cx, acting, identity, (&who, &body)).await)
}

async fn guess_as(cx: &ActCx<'_>, acting: &Acting, like: &Identity, (who, body): (&Persona, &Body)) -> Judged {
    let login = cx.check.probe.sessions().get(&like.name).and_then(|session| session.login);
    let login = login.ok_or_else(|| Silence::not_tried(format!("{} is not signed in", like.name)))?;
    let url = cx.url(acting, &Values::new())?;
    let mut burst = Burst::new(who, &login);
    while burst.goes_on() {
        let guess = Body { value: fill(&body.value, &wrong_password()), ..body.clone() };
        let (method, kind) = (acting.operation.method, WriteKind::Tries);
        let written =
            cx.send(acting, method, Caller::Anonymous, url.clone(), Some(&guess), Vec::new(), kind, true).await?;
        let answer = written.answer;
        let taken = answer.response().is_some_and(|response| response.is_success());
        ensure(!taken || ActCx::refusal(&answer).is_some(), || {
            Silence::undecided("a name that no account has is not refused")
        })?;
        ensure(is_judged(&answer), || {
            let because = format!("the sign-ins are answered {}: no password may have been looked at", status(&answer));
            Silence::undecided(because)
        })?;
        burst.add(answer).await?;
    }
    let mut rule = Rule::default();
    burst.weigh(&mut rule);
    rule.weigh(
        "right-password-taken",
        None,
        "no account that may be locked was at hand, and a name that no account has cannot be; scan with --auto-accounts to settle it",
    );
    rule.show(Role::Baseline, &login);
    let seconds = burst.seconds();
    rule.found(finding(
        acting,
        format!("{GUESSES} sign-ins in {seconds} in a name that no account has, all judged, no limit seen"),
    ))
}

/// Whether a refusal is one of a name and a password: a body that is not understood is refused too, unless the answer says
/// what it means (RFC 6749 section 5.2).
fn is_judged(answer: &Answer) -> bool {
    let Some(response) = answer.response() else { return true };
    let error = response.json.as_ref().and_then(|json| json.get("error")).and_then(|error| error.as_str());
    !matches!(response.status, 400 | 405 | 415 | 422) || error == Some("invalid_grant")
}

/// Returns the body of a configured sign-in in a name that no account has.
fn in_unknown_name(recipe: &LoginRecipe) -> Option<(Persona, Body)> {
    let who = nobody();
    let mut value = recipe.body.clone();
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
    renamed.then(|| (who, Body { media_type: recipe.content_type.clone(), value, marked: Vec::new() }))
}

fn finding<'a>(acting: &'a Acting, claim: String) -> Finding<'a> {
    let cause = acting.operation.path.clone();
    Finding::of(acting, "operation", cause, claim)
}
