//! `token/expired-accepted`.

use serde_json::json;

use super::case::{TokenCase, plan_forgery, prepare_token_case};
use super::forge;
use crate::checks::context::CheckCx;
use crate::checks::meta::check;
use crate::checks::rule::{CheckResult, Rule, Violation};
use crate::model::{Secret, Silence};
use crate::survey::Surveyed;

check! {
    /// ## What it does
    /// Shows the server a token whose `exp` has passed: the user's own one where it has expired by itself, else one
    /// signed with a guessed key.
    ///
    /// ## Why it matters
    /// A token that never dies stays useful to anyone who finds it in a log.
    ///
    /// ## How it is confirmed
    /// The expired token gets the caller's own answer, twice, while the same token with a random signature is refused.
    ///
    /// ## When it stays silent
    /// When the expired token is refused, and where no expired token can be had: without the key nothing can be signed,
    /// and that is said.
    ///
    /// ## References
    /// OWASP API2:2023, CWE-613, RFC 7519 section 4.1.4
    ExpiredAccepted {
        id: "token/expired-accepted",
        title: "An expired token still works",
        severity: High,
        level: Passive,
        owasp: ["API2:2023"],
        cwe: [613],
        remedy: "enforce-expiry",
        since: "0.1.0",
        plan: |cx, operation| plan_forgery(cx, operation, 3),
        read: check_expired_token,
    }
}

/// An hour: beyond any clock skew that servers forgive.
const PAST_SECONDS: i64 = 3_600;

/// A token that has expired, and where it comes from.
async fn find_expired_token(cx: &CheckCx<'_>, case: &TokenCase<'_>) -> Option<(Secret, &'static str)> {
    let now = jiff::Timestamp::now().as_second();
    let own = case.jwt.payload.get("exp").and_then(serde_json::Value::as_i64);
    if own.is_some_and(|at| at < now - 60) {
        return Some((Secret::new(case.jwt.raw.clone()), "configured token, which has expired,"));
    }
    let key = case.key(cx).await?;
    let past = [
        ("iat", json!(now - 2 * PAST_SECONDS)),
        ("nbf", json!(now - 2 * PAST_SECONDS)),
        ("exp", json!(now - PAST_SECONDS)),
    ];
    Some((forge::sign_token(&case.jwt, &key, &past)?, "token signed with the guessed key, expired an hour ago,"))
}

async fn check_expired_token(cx: &CheckCx<'_>, surveyed: &Surveyed) -> CheckResult {
    let mut rule = Rule::default();
    let case = prepare_token_case(cx, surveyed, &mut rule).await?;
    let (token, label) = find_expired_token(cx, &case)
        .await
        .ok_or_else(|| Silence::not_tried("no expired token can be had: the key is not known"))?;
    case.refuses_random(cx, &mut rule).await?;
    case.forge(cx, &mut rule, label, &token).await?;
    rule.found(Violation::of(
        surveyed,
        "token:exp",
        "expired",
        format!("an expired token of {} was served", case.baseline.caller),
    ))
}
