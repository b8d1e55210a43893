//! `token/signature-not-verified`.

use super::case::{RANDOM, plan_forgery, prepare_token_case};
use crate::checks::context::CheckCx;
use crate::checks::meta::check;
use crate::checks::rule::{CheckResult, Rule, Violation};
use crate::survey::Surveyed;

check! {
    /// ## What it does
    /// Sends a user's own token with its signature replaced by random bytes of the same length, on every protected
    /// route.
    ///
    /// ## Why it matters
    /// A server that decodes a token without verifying it lets its bearer be anyone.
    ///
    /// ## How it is confirmed
    /// The route serves the real token and refuses both no token and a garbage one; with the random signature the
    /// answer is the caller's own, twice.
    ///
    /// ## When it stays silent
    /// When the forged token is refused in any form, and on routes that serve anyone.
    ///
    /// ## References
    /// OWASP API2:2023, CWE-347, RFC 8725 section 3.1
    SignatureNotVerified {
        id: "token/signature-not-verified",
        title: "Any signature is accepted",
        severity: Critical,
        level: Passive,
        owasp: ["API2:2023"],
        cwe: [347],
        remedy: "verify-signature",
        since: "0.1.0",
        plan: |cx, operation| plan_forgery(cx, operation, 2),
        read: check_random_signature,
    }
}

async fn check_random_signature(cx: &CheckCx<'_>, surveyed: &Surveyed) -> CheckResult {
    let mut rule = Rule::default();
    let case = prepare_token_case(cx, surveyed, &mut rule).await?;
    let token = case.random_signature(cx).await;
    case.forge(cx, &mut rule, RANDOM, &token).await?;
    rule.found(Violation::of(
        surveyed,
        "token:signature",
        "signature",
        format!("a token of {} with a random signature was served", case.baseline.caller),
    ))
}
