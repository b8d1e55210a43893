//! `authz/existence-oracle`.

mod refusals;

use refusals::{AskedRefusal, is_unseen};

use crate::checks::access::object_finding;
use crate::checks::context::{CheckCx, Pair, PlanCx, pairs_of};
use crate::checks::meta::{Need, check};
use crate::checks::rule::{CheckResult, Rule, ensure};
use crate::model::{Draft, Operation, Role, Severity, Silence};
use crate::survey::{Surveyed, how_guessable};

check! {
    /// ## What it does
    /// Asks, as a user who is refused it, for an object of another user and for ids that do not exist, and compares the
    /// two refusals.
    ///
    /// ## Why it matters
    /// A caller who may not read an object can still learn that it exists: which customers there are, how many invoices, whose
    /// address has an account. Such lists feed other attacks.
    ///
    /// ## How it is confirmed
    /// The other user's object is refused twice in the same way; two different ids that do not exist are answered alike;
    /// the two kinds of answer differ in status or in content once the ids are masked and what varies by itself is left
    /// out; and nothing shows the object to the caller. Where the ids cannot be guessed it is worth knowing (info) and no
    /// more: it shows which of the ids that leaked are real.
    ///
    /// ## When it stays silent
    /// When all refusals are alike, when the caller is served the object (`authz/bola-read` speaks) or knows of it from
    /// lists or other routes, and when ids that do not exist are turned away by their form.
    ///
    /// ## References
    /// OWASP API1:2023, CWE-204
    ExistenceOracle {
        id: "authz/existence-oracle",
        title: "Refusals tell existing ids from missing ones",
        severity: Low,
        level: Passive,
        owasp: ["API1:2023"],
        cwe: [204],
        remedy: "uniform-refusal",
        since: "0.2.0",
        plan: plan_requests,
        read: check_existence_oracle,
    }
}

/// Most pairs of intruder and owner that are tried; a second one only says more where the first cannot be judged.
const MAX_TRIED: u32 = 2;

fn plan_requests(cx: &PlanCx<'_>, operation: &Operation) -> Need {
    if !PlanCx::is_read(operation) || !PlanCx::names_objects(cx.api, operation) {
        return Need::NotApplicable;
    }
    // The object twice, two missing ones, and two other routes to the same object; all but one are often known.
    Need::Requests(6 * pairs_of(cx.identities.len()).min(MAX_TRIED))
}

async fn check_existence_oracle(cx: &CheckCx<'_>, surveyed: &Surveyed) -> CheckResult {
    let pairs = cx.pairs(surveyed);
    ensure(!pairs.is_empty(), || cx.no_pair(surveyed))?;
    let mut last = Silence::undecided("nothing was tried");
    for pair in pairs.iter().take(MAX_TRIED as usize) {
        match judge_existence_oracle(cx, surveyed, pair).await {
            Ok(draft) => return Ok(vec![draft]),
            Err(silence) if !matches!(last, Silence::Held(_)) => last = silence,
            Err(_) => {}
        }
    }
    Err(last)
}

async fn judge_existence_oracle(cx: &CheckCx<'_>, surveyed: &Surveyed, pair: &Pair<'_>) -> Result<Draft, Silence> {
    let (intruder, owner) = (&pair.intruder.name, &pair.owner.name);
    let id = pair.baseline.object_id(&surveyed.slots).unwrap_or_default();
    let mut rule = Rule::default();
    let unknown = is_unseen(cx, surveyed, pair, &id).await;
    rule.need("unknown-otherwise", unknown, |()| format!("no list and no other route shows it to {intruder}"))?;
    let asked = AskedRefusal::ask(cx, surveyed, pair).await?;
    asked.compare(cx, surveyed, pair, &mut rule)?;
    // Of ids that nobody can guess it says only which exist: worth knowing, and no more.
    let severity = match how_guessable(&id) {
        Ok(how) => {
            rule.weigh("ids-can-be-guessed", !how.is_empty(), format!("the id is {how}"));
            None
        }
        Err(_) => Some(Severity::Info),
    };
    rule.show(Role::Attack, &asked.refused).show(Role::Baseline, &pair.baseline.first);
    rule.show(Role::Control, &asked.missing).show(Role::Control, &asked.other_missing);
    let (object, by) = (pair.describe_object(surveyed), asked.difference());
    let claim = format!("{intruder} can tell that {object} of {owner} exists: it is answered {by}");
    Ok(rule.draft(object_finding(surveyed, claim, severity)))
}
