//! `authn/inconsistent`.

use crate::checks::context::{CheckCx, PlanCx, present};
use crate::checks::meta::{Check, Meta, Need, Running, check};
use crate::checks::proof::{Finding, Proof, held, inconclusive, skipped, unsent};
use crate::model::{ANONYMOUS, Operation, Role, Verdict};
use crate::probe::{Answer, Caller, SendError};
use crate::survey::{Baseline, Leaf, Reading, Surveyed, leaves};

check! {
    /// ## What it does
    /// Sends a credential of the right form that nobody was ever given, and compares each route with the routes
    /// beside it.
    ///
    /// ## Why it matters
    /// A route that only looks whether there is *a* token, and not whose, is open to anyone who makes one up.
    ///
    /// ## How it is confirmed
    /// The route refuses anonymous callers and serves signed-in ones; it serves the made-up credential, twice; and at
    /// least three other routes refuse that same credential, four fifths of all that were asked.
    ///
    /// ## When it stays silent
    /// When the made-up credential is refused in any form, when the route serves anonymous callers too (then it is
    /// public, or `authn/missing` speaks), and when there are too few routes to compare with.
    ///
    /// ## References
    /// OWASP API2:2023, CWE-287
    Inconsistent {
        id: "authn/inconsistent",
        title: "A route skips the validation that its siblings do",
        severity: High,
        level: Passive,
        owasp: ["API2:2023"],
        cwe: [287],
        remedy: "require-authentication",
        since: "0.1.0",
    }
}

impl Check for Inconsistent {
    fn meta(&self) -> &'static Meta {
        &Self::META
    }

    fn plan(&self, cx: &PlanCx<'_>, operation: &Operation) -> Need {
        if !PlanCx::is_read(operation) || cx.identities.is_empty() { Need::NotApplicable } else { Need::Requests(1) }
    }

    fn run<'a>(&'a self, cx: &'a CheckCx<'a>, surveyed: &'a Surveyed) -> Running<'a> {
        Box::pin(async move { run(cx, surveyed).await.unwrap_or_else(|error| unsent(&error)) })
    }
}

async fn run(cx: &CheckCx<'_>, surveyed: &Surveyed) -> Result<Verdict, SendError> {
    let asked = surveyed.asked_by_strangers().filter(|baseline| baseline.valid(&surveyed.volatile));
    let Some(baseline) = asked.filter(|baseline| baseline.caller != ANONYMOUS) else {
        return Ok(skipped("needs a signed-in identity to compare with", Some("add an identity to routewarden.toml")));
    };
    let (Some(garbage), Some(anonymous)) = (&surveyed.garbage, &surveyed.anonymous) else {
        return Ok(inconclusive("no made-up credential was sent", None));
    };
    match (surveyed.garbage_reading(), surveyed.anonymous_reading()) {
        (Some(Reading::Refused(because)), _) => return Ok(held(format!("a made-up credential is refused: {because}"))),
        (Some(Reading::Data), Some(Reading::Data)) => {
            return Ok(held("anonymous callers are served too: no validation to skip"));
        }
        (Some(Reading::Data), Some(Reading::Refused(_))) => {}
        _ => return Ok(inconclusive("the answers to strangers could not be judged", None)),
    }
    let shown = callers_own(surveyed, baseline, garbage, anonymous);
    if shown.is_empty() {
        return Ok(held("a made-up credential gets nothing of what the signed-in caller is shown"));
    }
    let (refusing, asked) = siblings(cx, surveyed);
    let ask = CheckCx::as_caller(baseline, Caller::Garbage(baseline.caller.clone()));
    let again = cx.send(&ask.again(1)).await?;
    let mut proof = Proof::default();
    proof.clause("anonymous-refused", true, "the route asks for a credential");
    proof.clause(
        "made-up-credential-served",
        true,
        format!("a made-up credential gets {} values of what {} is shown", shown.len(), baseline.caller),
    );
    let enough = refusing.len() >= 3 && refusing.len() * 5 >= asked * 4;
    let because = format!("{} of {asked} other protected routes refuse the same credential", refusing.len());
    if enough {
        proof.clause("siblings-refuse", true, because);
    } else {
        proof.open("siblings-refuse", format!("{because}; at least three and four fifths are asked for"));
    }
    let repeated = again.response().is_some_and(|response| present(&shown, response).len() == shown.len());
    proof.clause("repeated", repeated, "the same request again gave the same values");
    proof.show(Role::Attack, garbage).show(Role::Baseline, &baseline.first).show(Role::Control, anonymous);
    if let Some(answer) = refusing.first().and_then(|sibling| sibling.garbage.as_ref()) {
        proof.show(Role::Control, answer);
    }
    Ok(proof.broken(Finding {
        site: "header:credential".to_owned(),
        cause: surveyed.operation.path.clone(),
        claim: "a credential that nobody was ever given was served".to_owned(),
        severity: None,
        surveyed,
    }))
}

/// Telling values of the caller's answer that the made-up credential gets too, and nobody else.
fn callers_own(surveyed: &Surveyed, baseline: &Baseline, garbage: &Answer, anonymous: &Answer) -> Vec<Leaf> {
    let (Some(own), Some(given)) = (baseline.first.response(), garbage.response()) else { return Vec::new() };
    let known = |answer: &Answer| answer.response().map(leaves).unwrap_or_default().into_iter().map(|leaf| leaf.text);
    let open: std::collections::BTreeSet<String> = known(anonymous).collect();
    let telling =
        |leaf: &Leaf| leaf.is_telling() && !surveyed.volatile.contains(&leaf.path) && !open.contains(&leaf.text);
    let wanted: Vec<Leaf> = leaves(own).into_iter().filter(telling).collect();
    present(&wanted, given).into_iter().cloned().collect()
}

/// Other protected routes that refuse the made-up credential, and how many protected ones there are.
fn siblings<'a>(cx: &'a CheckCx<'_>, surveyed: &Surveyed) -> (Vec<&'a Surveyed>, usize) {
    let protected: Vec<&Surveyed> = cx
        .survey
        .operations
        .iter()
        .filter(|other| other.operation.id != surveyed.operation.id && other.valid().next().is_some())
        .filter(|other| matches!(other.anonymous_reading(), Some(Reading::Refused(_))))
        .collect();
    let asked = protected.len();
    let refusing =
        protected.into_iter().filter(|other| matches!(other.garbage_reading(), Some(Reading::Refused(_)))).collect();
    (refusing, asked)
}
