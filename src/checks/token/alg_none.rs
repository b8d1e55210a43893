//! `token/alg-none`.

use super::case::{plan_forgery, prepare_token_case};
use super::forge;
use crate::checks::context::CheckCx;
use crate::checks::meta::check;
use crate::checks::rule::{CheckResult, Rule, Violation};
use crate::model::Silence;
use crate::survey::Surveyed;

check! {
    /// ## What it does
    /// Sends a user's own claims unsigned, with `alg` set to `none`, `None`, `NONE` and `nOnE`, on every protected
    /// route.
    ///
    /// ## Why it matters
    /// A verifier that lets the token choose its algorithm lets it choose none.
    ///
    /// ## How it is confirmed
    /// The unsigned token gets the caller's own answer, twice, while the same token with a random signature is refused
    /// on the same route.
    ///
    /// ## When it stays silent
    /// When all spellings are refused, and where any signature is accepted: that is the root cause then
    /// (`token/signature-not-verified`).
    ///
    /// ## References
    /// OWASP API2:2023, CWE-347, RFC 8725 section 2.1
    AlgNone {
        id: "token/alg-none",
        title: "An unsigned token is accepted",
        severity: Critical,
        level: Passive,
        owasp: ["API2:2023"],
        cwe: [347],
        remedy: "verify-signature",
        since: "0.1.0",
        plan: |cx, operation| plan_forgery(cx, operation, 7),
        read: check_unsigned_token,
    }
}

async fn check_unsigned_token(cx: &CheckCx<'_>, surveyed: &Surveyed) -> CheckResult {
    let mut rule = Rule::default();
    let case = prepare_token_case(cx, surveyed, &mut rule).await?;
    case.refuses_random(cx, &mut rule).await?;
    let mut last = Silence::not_tried("the token could not be written without a signature");
    for (spelling, token) in forge::unsigned_tokens(&case.jwt) {
        let label = format!("unsigned token, alg `{spelling}`,");
        match case.forge(cx, &mut rule, &label, &token).await {
            Ok(()) => {
                return rule.found(Violation::of(
                    surveyed,
                    "token:alg",
                    "alg-none",
                    format!("an unsigned token of {} (alg `{spelling}`) was served", case.baseline.caller),
                ));
            }
            Err(silence @ Silence::Held(_)) => last = silence,
            Err(silence) => return Err(silence),
        }
    }
    Err(last)
}
