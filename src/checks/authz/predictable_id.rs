//! `authz/predictable-id`.

use crate::checks::context::{CheckCx, PlanCx};
use crate::checks::meta::{Need, check};
use crate::checks::rule::{CheckResult, Rule, Violation, ensure, nothing_found};
use crate::model::{Operation, Role, Silence, clean_name};
use crate::survey::{CountableIds, IdJudgement, KnownIds, Slot, Surveyed, judge_ids};

check! {
    /// ## What it does
    /// Compares the ids of the objects that the callers were shown: numbers that grow by small steps, numbers behind a
    /// fixed text, the same within base64 or hexadecimal digits, UUIDs of version 1.
    ///
    /// ## Why it matters
    /// Where ids can be counted, one missing ownership check opens every object; where they cannot, the attacker must
    /// first learn an id.
    ///
    /// ## How it is confirmed
    /// It is an observation: at least three objects of one resource, some of them owned by one user, have ids of one counter
    /// (two, where UUIDs hold the clock and the address of one machine). Sound ownership checks make it harmless.
    ///
    /// ## When it stays silent
    /// For random UUIDs, for ULIDs and UUIDs of version 7 (ordered by time, and random enough), for hashes, names and
    /// addresses, for dates and years, and for objects that have no owner or that lists show to others too: what is
    /// public may be counted.
    ///
    /// ## References
    /// OWASP API1:2023, CWE-340, RFC 9562
    PredictableId {
        id: "authz/predictable-id",
        title: "Ids can be counted or decoded",
        severity: Info,
        level: Passive,
        owasp: ["API1:2023"],
        cwe: [340],
        remedy: "unguessable-ids",
        since: "0.2.0",
        plan: plan_requests,
        read: check_predictable_ids,
    }
}

fn plan_requests(cx: &PlanCx<'_>, operation: &Operation) -> Need {
    let applies = PlanCx::is_read(operation) && PlanCx::names_objects(cx.api, operation);
    // The survey's objects are enough.
    if applies { Need::Requests(0) } else { Need::NotApplicable }
}

async fn check_predictable_ids(cx: &CheckCx<'_>, surveyed: &Surveyed) -> CheckResult {
    let slot = surveyed.slots.last().ok_or_else(|| Silence::not_applicable("no id is asked for"))?;
    let known = cx.survey.known_ids(slot).ok_or_else(|| cx.no_pair(surveyed))?;
    match judge_ids(&known.ids, if known.all_made { 2 } else { 3 }) {
        IdJudgement::Countable(countable) => observe_countable_ids(surveyed, &known, &countable),
        IdJudgement::TooFew => Err(Silence::undecided("too few ids are known to tell whether they can be counted")),
        // What was looked at is an answer that shows such ids.
        IdJudgement::Sound(why) => Err(match surveyed.valid().next() {
            Some(baseline) => nothing_found(&baseline.first, format!("the ids cannot be counted: {why}")),
            None => Silence::undecided("no answer shows such ids"),
        }),
    }
}

fn observe_countable_ids(surveyed: &Surveyed, known: &KnownIds, countable: &CountableIds) -> CheckResult {
    // Nobody's ids but the caller's own are told.
    let own: Vec<String> =
        known.own.intersection(&countable.ids).take(3).map(|id| format!("`{}`", clean_name(id, 60))).collect();
    ensure(!own.is_empty(), || Silence::open("shared: lists show the objects whose ids can be counted to others too"))?;
    let mut rule = Rule::default();
    let because = format!("{} known ids are {}", countable.ids.len(), countable.because);
    rule.weigh("ids-can-be-counted", !countable.ids.is_empty(), because);
    rule.weigh("objects-have-owners", !known.own.is_empty(), format!("{} owns some of the objects", known.owner));
    if let Some(baseline) = surveyed.valid_of(&known.owner).or_else(|| surveyed.valid().next()) {
        rule.show(Role::Attack, &baseline.first);
    }
    let (resource, why, own) = (clean_name(&known.resource, 40), &countable.because, own.join(", "));
    let claim = format!("the ids of {resource} objects are {why}: {own} of {} for instance", known.owner);
    let site = surveyed.slots.last().map(Slot::site).unwrap_or_default();
    rule.observed(Violation::of(surveyed, site, format!("ids of {}", known.resource), claim))
}
