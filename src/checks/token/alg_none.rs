//! `token/alg-none`.

use super::case::{Case, Sent, forging, need};
use super::forge;
use crate::checks::context::{CheckCx, PlanCx};
use crate::checks::meta::{Check, Meta, Need, Running, check};
use crate::checks::proof::{Finding, Proof, held, inconclusive};
use crate::model::{Operation, Verdict};
use crate::probe::SendError;
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
    }
}

impl Check for AlgNone {
    fn meta(&self) -> &'static Meta {
        &Self::META
    }

    fn plan(&self, cx: &PlanCx<'_>, operation: &Operation) -> Need {
        need(cx, operation, 7)
    }

    fn run<'a>(&'a self, cx: &'a CheckCx<'a>, surveyed: &'a Surveyed) -> Running<'a> {
        forging(cx, surveyed, |cx, case| Box::pin(run(cx, case)))
    }
}

async fn run(cx: &CheckCx<'_>, case: &Case<'_>) -> Result<Verdict, SendError> {
    let control = match case.with_random_signature(cx, 0).await? {
        Sent::Refused(answer, _) => answer,
        // Any signature works: that finding has this one as its consequence.
        Sent::Accepted(_) => return Ok(held("any signature is accepted here: see token/signature-not-verified")),
        Sent::Unclear(because) => return Ok(inconclusive(because, None)),
    };
    for (spelling, token) in forge::unsigned(&case.jwt) {
        let label = format!("unsigned token, alg {spelling}");
        let attack = match case.send(cx, &label, &token, 0).await? {
            Sent::Accepted(answer) => answer,
            Sent::Refused(..) => continue,
            Sent::Unclear(because) => return Ok(inconclusive(because, None)),
        };
        let again = case.send(cx, &label, &token, 1).await?;
        let caller = &case.baseline.caller;
        let mut proof = Proof::default();
        proof.clause("real-token-served", true, format!("{caller} is served with the real token"));
        proof.clause("random-signature-refused", true, "the same claims with a random signature are refused");
        let because = format!("with alg `{spelling}` and no signature the answer is {caller}'s own");
        proof.clause("unsigned-token-served", true, because);
        proof.clause("repeated", matches!(again, Sent::Accepted(_)), "the same request again gave the same");
        case.show(&mut proof, &attack, Some(&control));
        return Ok(proof.broken(Finding {
            site: "token:alg".to_owned(),
            cause: "alg-none".to_owned(),
            claim: format!("an unsigned token of {caller} (alg `{spelling}`) was served"),
            severity: None,
            surveyed: case.surveyed,
        }));
    }
    Ok(held("unsigned tokens are refused in all spellings"))
}
