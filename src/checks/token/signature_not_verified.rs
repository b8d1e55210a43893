//! `token/signature-not-verified`.

use super::case::{Case, Sent, forging, need};
use crate::checks::context::{CheckCx, PlanCx};
use crate::checks::meta::{Check, Meta, Need, Running, check};
use crate::checks::proof::{Finding, Proof, held, inconclusive};
use crate::model::{Operation, Verdict};
use crate::probe::SendError;
use crate::survey::Surveyed;

check! {
    /// ## What it does
    /// Sends a user's own token with its signature replaced by random bytes of the same length, on every protected
    /// route.
    ///
    /// ## Why it matters
    /// Whoever decodes a token without verifying it lets its bearer be anyone.
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
    }
}

impl Check for SignatureNotVerified {
    fn meta(&self) -> &'static Meta {
        &Self::META
    }

    fn plan(&self, cx: &PlanCx<'_>, operation: &Operation) -> Need {
        need(cx, operation, 2)
    }

    fn run<'a>(&'a self, cx: &'a CheckCx<'a>, surveyed: &'a Surveyed) -> Running<'a> {
        forging(cx, surveyed, |cx, case| Box::pin(run(cx, case)))
    }
}

async fn run(cx: &CheckCx<'_>, case: &Case<'_>) -> Result<Verdict, SendError> {
    let attack = match case.with_random_signature(cx, 0).await? {
        Sent::Accepted(answer) => answer,
        Sent::Refused(_, because) => return Ok(held(format!("a random signature is refused: {because}"))),
        Sent::Unclear(because) => return Ok(inconclusive(because, None)),
    };
    let again = case.with_random_signature(cx, 1).await?;
    let caller = &case.baseline.caller;
    let mut proof = Proof::default();
    proof.clause("real-token-served", true, format!("{caller} is served with the real token"));
    proof.clause("no-token-refused", true, "an anonymous caller is refused");
    proof.clause("garbage-token-refused", true, "a token of random letters is refused");
    proof.clause("forged-token-served", true, format!("with a random signature the answer is {caller}'s own"));
    proof.clause("repeated", matches!(again, Sent::Accepted(_)), "the same request again gave the same");
    case.show(&mut proof, &attack, None);
    Ok(proof.broken(Finding {
        site: "token:signature".to_owned(),
        cause: "signature".to_owned(),
        claim: format!("a token of {caller} with a random signature was served"),
        severity: None,
        surveyed: case.surveyed,
    }))
}
