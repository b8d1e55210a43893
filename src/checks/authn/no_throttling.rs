//! `authn/no-throttling`.

use crate::act::{ActKind, Acting, acting_of};
use crate::checks::acting::ActCx;
use crate::checks::context::PlanCx;
use crate::checks::meta::{Need, check};
use crate::checks::rule::{CheckResult, Rule, Violation, defence_held, ensure, status_text};
use crate::model::{Method, Operation, Role, Silence};
use crate::probe::Answer;
use crate::trial::{GUESSES, GuessBurst, SignInTrial, UnknownName};

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
    /// then it is only suspected. Without a throw-away account a name that no account has is tried: a limit for all is seen
    /// there, and a lock-out of one account is not, so that nothing is claimed.
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
        plan: plan_requests,
        phase: Bursts,
        write: check_sign_in_throttling,
    }
}

fn plan_requests(cx: &PlanCx<'_>, operation: &Operation) -> Need {
    if operation.method != Method::Post || acting_of(cx.api, operation).kind != ActKind::SignIn {
        return Need::NotApplicable;
    }
    // The guesses, and the right password before and after.
    Need::Requests(if cx.identities.is_empty() { 0 } else { 33 })
}

async fn check_sign_in_throttling(cx: &ActCx<'_>, acting: &Acting) -> CheckResult {
    ensure(acting.kind == ActKind::SignIn, || Silence::not_applicable("it does not sign users in"))?;
    match (SignInTrial::of_sign_in(cx, acting), UnknownName::find(cx, acting)) {
        (Ok(trial), _) => guess_on_account(acting, &trial).await,
        (Err(_), Some(name)) => guess_on_nobody(&name).await,
        (Err(silence), None) => Err(silence),
    }
}

async fn guess_on_account(acting: &Acting, trial: &SignInTrial<'_>) -> CheckResult {
    // A request of the very form of the guesses is judged: the right password is taken.
    let before = trial.right_is_taken().await?;
    let burst = GuessBurst::on_account(trial, &before).await?;
    let mut rule = Rule::default();
    weigh_guesses(&mut rule, &burst);
    let after = trial.right().await?;
    rule.need("right-password-taken", locked_out(trial, &burst, &before, &after), |()| {
        format!("the right password signs {} in before and after", trial.name())
    })?;
    rule.show(Role::Baseline, &before).show(Role::Control, &after);
    let seconds = burst.seconds();
    report_finding(
        rule,
        acting,
        format!("{GUESSES} wrong passwords in {seconds}, all judged, no limit seen; the right one was still taken"),
    )
}

/// Passes where the right password is still taken after the guesses.
fn locked_out(trial: &SignInTrial<'_>, burst: &GuessBurst<'_>, before: &Answer, after: &Answer) -> Result<(), Silence> {
    ensure(trial.lets_in(after), || match (burst.answers().last(), ActCx::no_answer(after)) {
        (Some(last), None) => {
            let status = status_text(after);
            let because =
                format!("after {GUESSES} wrong passwords the right one is refused too (status {status}): a lock-out");
            defence_held(last, before, because)
        }
        (_, because) => Silence::undecided(because.unwrap_or_else(|| "nothing was guessed".to_owned())),
    })
}

async fn guess_on_nobody(name: &UnknownName<'_>) -> CheckResult {
    let login = name.login()?;
    let burst = GuessBurst::on_unknown_name(name, &login).await?;
    // Many applications lock the account that is guessed at and nothing else: only an account shows that.
    let because = format!(
        "{} wrong passwords in {} in a name that no account has were all judged; whether an account would be locked \
         after as many was not tried",
        burst.answers().len(),
        burst.seconds()
    );
    Err(Silence::undecided(because).with_help("scan with --auto-accounts"))
}

/// Adds what the guesses show.
fn weigh_guesses(rule: &mut Rule, burst: &GuessBurst<'_>) {
    let (answers, n) = (burst.answers(), burst.answers().len());
    let last = answers.last().map(|answer| status_text(answer)).unwrap_or_default();
    rule.weigh("guesses-answered-alike", n == GUESSES, format!("{n} wrong passwords were all answered status {last}"));
    let because = if burst.is_fast() {
        format!("they took {}, none of them held up", burst.seconds())
    } else {
        let seconds = burst.took().as_secs();
        format!("the scan's own rate limit spread them over {seconds} s; raise it to settle this")
    };
    rule.weigh("guesses-were-fast", burst.is_fast().then_some(true), because);
    let announced = burst.announced();
    let because = announced.clone().unwrap_or_else(|| "neither headers nor content speak of a limit".to_owned());
    rule.weigh("no-limit-announced", announced.is_none().then_some(true), because);
    rule.show_all(Role::Attack, answers.last().into_iter().chain(answers.first()));
}

fn report_finding(rule: Rule, acting: &Acting, claim: String) -> CheckResult {
    rule.found(Violation::of(acting, "operation", acting.operation.path.clone(), claim))
}
