//! `token/expired-accepted`.

use serde_json::json;

use super::case::{Case, Sent, forging, need};
use super::forge;
use crate::checks::context::{CheckCx, PlanCx};
use crate::checks::meta::{Check, Meta, Need, Running, check};
use crate::checks::proof::{Finding, Proof, held, inconclusive};
use crate::model::{Operation, Secret, Verdict};
use crate::probe::SendError;
use crate::survey::Surveyed;

check! {
    /// ## What it does
    /// Shows the server a token whose `exp` has passed: the user's own one where it has expired by itself, else one
    /// signed with a guessed key.
    ///
    /// ## Why it matters
    /// A token that never dies stays useful to whoever finds it in a log.
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
    }
}

impl Check for ExpiredAccepted {
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

/// An hour: beyond any clock skew that servers forgive.
const PAST_SECONDS: i64 = 3_600;

/// A token that has expired, and where it comes from.
async fn expired(cx: &CheckCx<'_>, case: &Case<'_>) -> Option<(Secret, &'static str)> {
    let now = jiff::Timestamp::now().as_second();
    let own = case.jwt.payload.get("exp").and_then(serde_json::Value::as_i64);
    if own.is_some_and(|at| at < now - 60) {
        return Some((Secret::new(case.jwt.raw.clone()), "the configured token, which has expired"));
    }
    let key = case.key(cx).await?;
    let past = [
        ("iat", json!(now - 2 * PAST_SECONDS)),
        ("nbf", json!(now - 2 * PAST_SECONDS)),
        ("exp", json!(now - PAST_SECONDS)),
    ];
    Some((forge::signed(&case.jwt, &key, &past)?, "a token signed with the guessed key, expired an hour ago,"))
}

async fn run(cx: &CheckCx<'_>, case: &Case<'_>) -> Result<Verdict, SendError> {
    let Some((token, how)) = expired(cx, case).await else {
        return Ok(inconclusive("no expired token can be had: the key is not known", None));
    };
    let control = match case.with_random_signature(cx, 0).await? {
        Sent::Refused(answer, _) => answer,
        // Any signature works: that finding has this one as its consequence.
        Sent::Accepted(_) => return Ok(held("any signature is accepted here: see token/signature-not-verified")),
        Sent::Unclear(because) => return Ok(inconclusive(because, None)),
    };
    let attack = match case.send(cx, "expired token", &token, 0).await? {
        Sent::Accepted(answer) => answer,
        Sent::Refused(_, because) => return Ok(held(format!("an expired token is refused: {because}"))),
        Sent::Unclear(because) => return Ok(inconclusive(because, None)),
    };
    let again = case.send(cx, "expired token", &token, 1).await?;
    let caller = &case.baseline.caller;
    let mut proof = Proof::default();
    proof.clause("expired-token-served", true, format!("{how} gets {caller}'s own answer"));
    proof.clause("random-signature-refused", true, "the same claims with a random signature are refused");
    proof.clause("repeated", matches!(again, Sent::Accepted(_)), "the same request again gave the same");
    case.show(&mut proof, &attack, Some(&control));
    Ok(proof.broken(Finding {
        site: "token:exp".to_owned(),
        cause: "expired".to_owned(),
        claim: format!("an expired token of {caller} was served"),
        severity: None,
        surveyed: case.surveyed,
    }))
}
