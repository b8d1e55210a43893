//! `token/weak-secret`.

use serde_json::json;

use super::case::{plan_forgery, prepare_token_case};
use super::forge;
use crate::checks::context::CheckCx;
use crate::checks::meta::check;
use crate::checks::rule::{CheckResult, Rule, Violation, ensure, nothing_found};
use crate::model::Silence;
use crate::survey::Surveyed;

check! {
    /// ## What it does
    /// Guesses the HMAC key of a user's own token offline: framework defaults, samples from documentation, everyday
    /// words, and words of this API. Then signs a token of its own with what it found.
    ///
    /// ## Why it matters
    /// An attacker who knows the key makes tokens for any user.
    ///
    /// ## How it is confirmed
    /// The guessed key verifies the real token, which is proof by itself; and a token signed with it, with a claim that
    /// no other party would set, is served where a random signature is refused.
    ///
    /// ## When it stays silent
    /// When no guess fits, and with keys that are not HMAC keys. The key itself is never shown.
    ///
    /// ## References
    /// OWASP API2:2023, CWE-326, RFC 7518 section 3.2
    WeakSecret {
        id: "token/weak-secret",
        title: "The signing key can be guessed",
        severity: Critical,
        level: Passive,
        owasp: ["API2:2023"],
        cwe: [326],
        remedy: "strong-signing-key",
        since: "0.1.0",
        plan: |cx, operation| plan_forgery(cx, operation, 3),
        read: check_weak_secret,
    }
}

async fn check_weak_secret(cx: &CheckCx<'_>, surveyed: &Surveyed) -> CheckResult {
    let mut rule = Rule::default();
    let case = prepare_token_case(cx, surveyed, &mut rule).await?;
    let caller = &case.baseline.caller;
    let shared = case.jwt.algorithm().is_some_and(|alg| alg.starts_with("HS"));
    ensure(shared, || Silence::not_applicable("the token is not signed with a shared key"))?;
    // The token is judged offline: its own answer is what was looked at.
    let key = case.key(cx).await.ok_or_else(|| nothing_found(&case.baseline.first, "no common key fits the token"));
    let key = rule.need("key-verifies-real-token", key, |key| {
        format!("a common key of {} characters verifies {caller}'s own token", key.key.expose().len())
    })?;
    case.refuses_random(cx, &mut rule).await?;
    let token = forge::sign_token(&case.jwt, &key, &[("rw_probe", json!("1"))])
        .ok_or_else(|| Silence::undecided("the token could not be signed"))?;
    case.forge(cx, &mut rule, "token signed with the guessed key, with a claim of its own,", &token).await?;
    rule.found(Violation::of(
        surveyed,
        "token:key",
        "weak-secret",
        format!("the key that signs {caller}'s token is a common word, and a token signed with it was served"),
    ))
}
