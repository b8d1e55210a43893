//! `token/embedded-key`.

use super::case::{plan_forgery, prepare_token_case};
use super::forge;
use crate::checks::context::CheckCx;
use crate::checks::meta::check;
use crate::checks::rule::{CheckResult, Rule, Violation};
use crate::survey::Surveyed;

check! {
    /// ## What it does
    /// Signs a user's own claims with a key of the scan's own, and puts the public part into the token's header (`jwk`).
    ///
    /// ## Why it matters
    /// A verifier that takes the key from the token believes every token.
    ///
    /// ## How it is confirmed
    /// The token gets the caller's own answer, twice, while the same token with a random signature is refused.
    ///
    /// ## When it stays silent
    /// When both the RSA key and the shared one are refused. Keys that are fetched from an address (`jku`, `x5u`) are not
    /// tried.
    ///
    /// ## References
    /// OWASP API2:2023, CWE-347, RFC 7515 section 4.1.3, CVE-2018-0114
    EmbeddedKey {
        id: "token/embedded-key",
        title: "A key that the token brings along is trusted",
        severity: Critical,
        level: Intrusive,
        owasp: ["API2:2023"],
        cwe: [347],
        remedy: "verify-signature",
        since: "0.2.0",
        plan: |cx, operation| plan_forgery(cx, operation, 4),
        read: check_embedded_key,
    }
}

async fn check_embedded_key(cx: &CheckCx<'_>, surveyed: &Surveyed) -> CheckResult {
    let mut rule = Rule::default();
    let case = prepare_token_case(cx, surveyed, &mut rule).await?;
    case.refuses_random(cx, &mut rule).await?;
    let tokens = [
        ("token with an RSA key of its own", forge::sign_with_own_key(&case.jwt)),
        ("token with a shared key of its own", forge::sign_with_own_secret(&case.jwt)),
    ];
    let label = case.first_served(cx, &mut rule, tokens).await?;
    let claim = format!("a {label} was served as {}", case.baseline.caller);
    rule.found(Violation::of(surveyed, "token:jwk", "embedded-key", claim))
}
