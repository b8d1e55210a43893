//! `authn/weak-password-accepted`.

use crate::act::{Account, ActKind, Acting, acting_of};
use crate::checks::acting::ActCx;
use crate::checks::context::PlanCx;
use crate::checks::meta::{Need, check};
use crate::checks::rule::{CheckResult, Rule, Violation, ensure, status_text};
use crate::model::{Method, Operation, Role, Silence};
use crate::trial::CommonPassword;

check! {
    /// ## What it does
    /// Signs up one more throw-away account with one of the most common passwords: the shortest that the document's own
    /// rules allow.
    ///
    /// ## Why it matters
    /// The first passwords of every list of guesses open whatever accounts have them, whatever else guards the sign-in.
    ///
    /// ## How it is confirmed
    /// The sign-up is accepted, and the password was stored: the account signs in with it, twice, a route that refuses
    /// strangers serves its session, and another password is refused. When the password is taken, a single character is
    /// tried as well, and the finding says what came of it.
    ///
    /// ## When it stays silent
    /// When the sign-up or the sign-in refuses, in any form, and when the document asks for more than the common
    /// passwords have.
    ///
    /// ## References
    /// OWASP API2:2023, CWE-521
    WeakPasswordAccepted {
        id: "authn/weak-password-accepted",
        title: "Sign-up takes a trivial password",
        severity: Low,
        level: Active,
        owasp: ["API2:2023"],
        cwe: [521],
        remedy: "password-policy",
        since: "0.2.0",
        plan: plan_requests,
        phase: Sessions,
        write: check_weak_password,
    }
}

fn plan_requests(cx: &PlanCx<'_>, operation: &Operation) -> Need {
    if operation.method != Method::Post || acting_of(cx.api, operation).kind != ActKind::SignUp {
        return Need::NotApplicable;
    }
    // Two sign-ups and four sign-ins; for each account, whether its session is served and how it is removed.
    Need::Requests(if cx.identities.is_empty() { 0 } else { 6 + 2 * 14 })
}

async fn check_weak_password(cx: &ActCx<'_>, acting: &Acting) -> CheckResult {
    ensure(acting.kind == ActKind::SignUp, || Silence::not_applicable("it does not sign users up"))?;
    let common = CommonPassword::for_sign_up(cx, acting).await?;
    let password = common.password;
    let mut rule = Rule::default();
    let account = rule.need("sign-up-accepted", common.sign_up().await, |account| {
        format!("`{password}` is answered status {}", status_text(&account.answer))
    })?;
    let judged = judge_account(acting, &common, rule, &account).await;
    common.disarm(&account).await?;
    judged
}

/// Judges whether the account signs in with its password, and with no other.
async fn judge_account(acting: &Acting, common: &CommonPassword<'_>, mut rule: Rule, account: &Account) -> CheckResult {
    let password = common.password;
    let first = rule.need("signs-in-with-it", common.sign_in(account).await, |first| {
        format!("the account signs in with it (status {})", status_text(first))
    })?;
    let served = common.opens(account, &first).await?;
    let because = match served {
        true => "a route that refuses strangers serves its session",
        false => "no route serves the session of that sign-in",
    };
    rule.weigh("session-is-served", served.then_some(true), because);
    let wrong = rule.need("another-password-refused", common.other_is_refused().await, |wrong| {
        format!("another password is answered status {}", status_text(wrong))
    })?;
    let (again, is_let_in) = common.sign_in_again().await?;
    rule.weigh("repeated", is_let_in, "it signs in with it a second time");
    let more = if common.single_is_taken().await? { "; even a single character is taken" } else { "" };

    rule.show(Role::Attack, &account.answer).show(Role::Attack, &first).show(Role::Readback, &again);
    rule.show(Role::Control, &wrong).show(Role::Baseline, common.rightful());
    rule.found(Violation::of(
        acting,
        "body:password",
        acting.operation.path.clone(),
        format!("an account was signed up, and signs in, with the password `{password}`{more}"),
    ))
}
