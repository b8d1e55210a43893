//! `authn/inconsistent`.

use super::siblings::{callers_own, find_refusing_siblings, signed_in};
use crate::checks::context::{CheckCx, PlanCx, present_leaves};
use crate::checks::meta::{Need, check};
use crate::checks::rule::{CheckResult, Rule, Violation, defence_held, let_through};
use crate::model::{Operation, Role, Silence};
use crate::probe::{Answer, AskCaller};
use crate::survey::{AnswerKind, Baseline, Leaf, Surveyed};

check! {
    /// ## What it does
    /// Sends a credential of the right form that was never issued, and compares each route with the routes
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
        plan: plan_requests,
        read: check_made_up_credential,
    }
}

fn plan_requests(cx: &PlanCx<'_>, operation: &Operation) -> Need {
    if !PlanCx::is_read(operation) || cx.identities.is_empty() { Need::NotApplicable } else { Need::Requests(1) }
}

async fn check_made_up_credential(cx: &CheckCx<'_>, surveyed: &Surveyed) -> CheckResult {
    let baseline = signed_in(surveyed)?;
    let asked = surveyed.garbage.as_ref().zip(surveyed.anonymous.as_ref());
    let (garbage, anonymous) = asked.ok_or_else(|| Silence::not_tried("no made-up credential was sent"))?;
    let mut rule = Rule::default();
    rule.need("anonymous-refused", asks_for_credential(surveyed), |_| "the route asks for a credential".to_owned())?;
    let shown = find_served_values(surveyed, baseline, garbage, anonymous);
    let shown = rule.need("made-up-credential-served", shown, |shown| {
        format!("a made-up credential gets {} values of what {} is shown", shown.len(), baseline.caller)
    })?;
    let (refusing, asked) = find_refusing_siblings(cx, surveyed).await?;
    let enough = refusing.len() >= 3 && refusing.len() * 5 >= asked * 4;
    let more = if enough { "" } else { "; at least three and four fifths are asked for" };
    rule.weigh(
        "siblings-refuse",
        enough.then_some(true),
        format!("{} of {asked} other protected routes refuse the same credential{more}", refusing.len()),
    );
    let again = cx.send(&baseline.ask_as(AskCaller::Garbage(baseline.caller.clone())).again(1)).await?;
    let repeated = again.response().is_some_and(|response| present_leaves(&shown, response).len() == shown.len());
    rule.weigh("repeated", repeated, "the same request again gave the same values");

    rule.show(Role::Attack, garbage).show(Role::Baseline, &baseline.first).show(Role::Control, anonymous);
    if let Some(answer) = refusing.first().and_then(|sibling| sibling.garbage.as_ref()) {
        rule.show(Role::Control, answer);
    }
    rule.found(Violation::of(
        surveyed,
        "header:credential",
        surveyed.operation.path.clone(),
        "a credential that nobody was ever given was served",
    ))
}

/// Passes where the route asks for a credential: there is no validation to skip where anonymous callers are served.
fn asks_for_credential(surveyed: &Surveyed) -> Result<String, Silence> {
    match surveyed.anonymous_reading() {
        Some(AnswerKind::Refused(because)) => Ok(because),
        Some(AnswerKind::Data) => {
            Err(Silence::not_applicable("anonymous callers are served too: no validation to skip"))
        }
        Some(AnswerKind::NoData(because)) => Err(Silence::undecided(because)),
        None => Err(Silence::undecided("the answers to strangers could not be judged")),
    }
}

/// Returns the values of the caller's that the made-up credential is served.
fn find_served_values(
    surveyed: &Surveyed,
    baseline: &Baseline,
    garbage: &Answer,
    anonymous: &Answer,
) -> Result<Vec<Leaf>, Silence> {
    let reading = surveyed.garbage_reading().unwrap_or(AnswerKind::Data);
    let_through(reading, garbage, &baseline.first, "a made-up credential")?;
    let shown = callers_own(surveyed, baseline, garbage, anonymous);
    if shown.is_empty() {
        let because = "a made-up credential gets nothing of what the signed-in caller is shown";
        return Err(defence_held(garbage, &baseline.first, because));
    }
    Ok(shown)
}
