//! `token/long-lived`.

use serde_json::Value;

use super::case::{TokenCase, plan_forgery, prepare_token_case};
use crate::checks::context::CheckCx;
use crate::checks::meta::check;
use crate::checks::rule::{CheckResult, Rule, Violation, nothing_found};
use crate::model::Role;
use crate::survey::Surveyed;

check! {
    /// ## What it does
    /// Reads from a user's own token how long it lives: from `iat` to `exp`.
    ///
    /// ## Why it matters
    /// Who finds a token in a log, a backup or a browser can use it until it ends.
    ///
    /// ## How it is confirmed
    /// The sign-in handed the token out, the token says of itself that it lives longer than a day or has no end, and it is
    /// what the caller is served by here: without it and with a wrong one the same request is refused.
    ///
    /// ## When it stays silent
    /// For tokens of a day and less, and for those that do not say when they were made. A token that was configured may be
    /// meant for machines: then it is an observation.
    ///
    /// ## References
    /// OWASP API2:2023, CWE-613, RFC 8725 section 3.10
    LongLived {
        id: "token/long-lived",
        title: "A token lives longer than a day",
        severity: Low,
        level: Passive,
        owasp: ["API2:2023"],
        cwe: [613],
        remedy: "enforce-expiry",
        since: "0.2.0",
        plan: |cx, operation| plan_forgery(cx, operation, 0),
        read: check_lifetime,
    }
}

const DAY: f64 = 86_400.0;

async fn check_lifetime(cx: &CheckCx<'_>, surveyed: &Surveyed) -> CheckResult {
    let mut rule = Rule::default();
    let case = prepare_token_case(cx, surveyed, &mut rule).await?;
    let lives = lifetime(&case).ok_or_else(|| nothing_found(&case.baseline.first, "the token lives a day at most"));
    let lives = rule.need("lives-longer-than-a-day", lives, |lives| format!("the token's own claims: it {lives}"))?;
    let caller = &case.baseline.caller;
    let login = cx.probe.sessions().get(caller).and_then(|session| session.login);
    rule.show(Role::Attack, login.as_ref().unwrap_or(&case.baseline.first)).show(Role::Baseline, &case.baseline.first);
    rule.show_all(Role::Control, case.refusals());
    let finding = Violation::of(surveyed, "token:exp", "long-lived", format!("the token of {caller} {lives}"));
    if login.is_some() { rule.found(finding) } else { rule.observed(finding) }
}

/// Returns what the claims say of the token's life, where that is more than a day.
fn lifetime(case: &TokenCase<'_>) -> Option<String> {
    let time = |name: &str| case.jwt.payload.get(name).and_then(Value::as_f64);
    let Some(end) = time("exp") else { return Some("has no end (`exp`)".to_owned()) };
    let days = (end - time("iat").or_else(|| time("nbf"))?) / DAY;
    // Clocks of issuers round up.
    (days > 1.01).then(|| format!("lives {days:.0} days"))
}
