//! `token/weak-secret`.

use serde_json::json;

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
    /// Guesses the HMAC key of a user's own token offline: framework defaults, samples from documentation, everyday
    /// words, and words of this API. Then signs a token of its own with what it found.
    ///
    /// ## Why it matters
    /// Whoever knows the key makes tokens for anyone.
    ///
    /// ## How it is confirmed
    /// The guessed key verifies the real token, which is proof by itself; and a token signed with it, with a claim that
    /// nobody else would set, is served where a random signature is refused.
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
    }
}

impl Check for WeakSecret {
    fn meta(&self) -> &'static Meta {
        &Self::META
    }

    fn plan(&self, cx: &PlanCx<'_>, operation: &Operation) -> Need {
        need(cx, operation, 3)
    }

    fn run<'a>(&'a self, cx: &'a CheckCx<'a>, surveyed: &'a Surveyed) -> Running<'a> {
        forging(cx, surveyed, |cx, case| Box::pin(run(cx, case)))
    }
}

async fn run(cx: &CheckCx<'_>, case: &Case<'_>) -> Result<Verdict, SendError> {
    if !case.jwt.algorithm().is_some_and(|alg| alg.starts_with("HS")) {
        return Ok(held("the token is not signed with a shared key"));
    }
    let Some(key) = case.key(cx).await else { return Ok(held("no common key fits the token")) };
    let control = match case.with_random_signature(cx, 0).await? {
        Sent::Refused(answer, _) => answer,
        // Any signature works: that finding has this one as its consequence.
        Sent::Accepted(_) => return Ok(held("any signature is accepted here: see token/signature-not-verified")),
        Sent::Unclear(because) => return Ok(inconclusive(because, None)),
    };
    let Some(token) = forge::signed(&case.jwt, &key, &[("rw_probe", json!("1"))]) else {
        return Ok(inconclusive("the token could not be signed", None));
    };
    let label = "token signed with the guessed key";
    let attack = match case.send(cx, label, &token, 0).await? {
        Sent::Accepted(answer) => answer,
        Sent::Refused(_, because) => {
            return Ok(held(format!("a token signed with the guessed key is refused here: {because}")));
        }
        Sent::Unclear(because) => return Ok(inconclusive(because, None)),
    };
    let again = case.send(cx, label, &token, 1).await?;
    let caller = &case.baseline.caller;
    let length = key.key.expose().len();
    let mut proof = Proof::default();
    let because = format!("a common key of {length} characters verifies {caller}'s own token");
    proof.clause("key-verifies-real-token", true, because);
    proof.clause("own-signature-served", true, "a token signed with it, with a claim of its own, is served");
    proof.clause("random-signature-refused", true, "the same claims with a random signature are refused");
    proof.clause("repeated", matches!(again, Sent::Accepted(_)), "the same request again gave the same");
    case.show(&mut proof, &attack, Some(&control));
    Ok(proof.broken(Finding {
        site: "token:key".to_owned(),
        cause: "weak-secret".to_owned(),
        claim: format!("the key that signs {caller}'s token is a common word, and a token signed with it was served"),
        severity: None,
        surveyed: case.surveyed,
    }))
}
