//! `authz/bola-nested`.

use crate::checks::access::{object_finding, private_fields};
use crate::checks::context::{CheckCx, Pair, PlanCx, pairs_of, present_leaves};
use crate::checks::meta::{Need, check};
use crate::checks::rule::{CheckResult, Rule, defence_held, ensure, let_through, see_other, status_text};
use crate::model::{Draft, Operation, Role, Severity, Silence};
use crate::probe::{Answer, Ask, AskCaller, Values, operation_url};
use crate::survey::{AnswerKind, Leaf, Surveyed, id_slots, scalar_text};
use crate::trial::{Shown, mixed_values};

check! {
    /// ## What it does
    /// On routes with a parent and a child in the path, asks for another user's child under one's own parent:
    /// `/customers/{mine}/contacts/{yours}`.
    ///
    /// ## Why it matters
    /// Many handlers check the parent and then load the child by its id alone.
    ///
    /// ## How it is confirmed
    /// The owner gets the child under its true parent; the intruder is refused there; yet under the intruder's own
    /// parent the intruder gets values of the owner's child, twice; and a child that does not exist is refused.
    ///
    /// ## When it stays silent
    /// When the child is refused under the wrong parent, when the answer has none of the child's values, and when the
    /// intruder may read the child under its true parent anyway (that is `authz/bola-read`).
    ///
    /// ## References
    /// OWASP API1:2023, CWE-639
    BolaNested {
        id: "authz/bola-nested",
        title: "A child is served under a parent it does not belong to",
        severity: High,
        level: Passive,
        owasp: ["API1:2023"],
        cwe: [639],
        remedy: "object-ownership",
        since: "0.1.0",
        plan: plan_requests,
        read: check_nested_object,
    }
}

fn plan_requests(cx: &PlanCx<'_>, operation: &Operation) -> Need {
    let is_nested = id_slots(cx.api, operation).len() > 1 && PlanCx::names_objects(cx.api, operation);
    if !PlanCx::is_read(operation) || !is_nested {
        return Need::NotApplicable;
    }
    Need::Requests(4 * pairs_of(cx.identities.len()))
}

async fn check_nested_object(cx: &CheckCx<'_>, surveyed: &Surveyed) -> CheckResult {
    let pairs = cx.pairs(surveyed);
    ensure(!pairs.is_empty(), || cx.no_pair(surveyed))?;
    let mut last = Silence::not_tried("no parent is known that belongs to the intruder")
        .with_help(format!("give both identities a parent object for {}", surveyed.operation.id));
    for pair in pairs {
        let (survey, intruder) = (cx.survey, &pair.intruder.name);
        let Some(values) = mixed_values(survey, surveyed, pair.baseline, intruder) else { continue };
        match try_parent(cx, surveyed, &pair, &values).await {
            Ok(draft) => return Ok(vec![draft]),
            Err(silence @ Silence::Held(_)) => return Err(silence),
            Err(silence) => last = silence,
        }
    }
    Err(last)
}

async fn try_parent(cx: &CheckCx<'_>, surveyed: &Surveyed, pair: &Pair<'_>, values: &Values) -> Result<Draft, Silence> {
    let (intruder, owner, baseline) = (&pair.intruder.name, &pair.owner.name, pair.baseline);
    let direct = cx.send(&baseline.ask_as(AskCaller::named(intruder))).await?;
    let url = operation_url(cx.probe.base_url(), &surveyed.operation, values)
        .map_err(|_| Silence::undecided("the address could not be built"))?;
    let ask = Ask { url, ..baseline.ask_as(AskCaller::named(intruder)) };
    let attack = cx.send(&ask).await?;
    let masks: Vec<String> = baseline.masks.iter().cloned().chain(values.values().filter_map(scalar_text)).collect();
    let mut rule = Rule::default();

    let who = format!("{intruder}, under its own parent,");
    let served = let_through(surveyed.read(&attack, &masks, &[]), &attack, &baseline.first, &who);
    rule.need("wrong-parent-serves", served, |()| {
        format!("under its own parent {intruder} gets status {}", status_text(&attack))
    })?;
    let leaves = rule.need("carries-child-values", child_values(cx, surveyed, pair, &attack), |leaves| {
        format!("{} values of the child", leaves.len())
    })?;
    let again = cx.send(&ask.again(1)).await?;
    let shown = Shown { leaves, attack, again, nothing: baseline.missing.clone() };
    let anonymous = cx.send(&Ask { caller: AskCaller::Anonymous, ..ask }).await?;
    let public = anonymous.response().is_some_and(|it| it.is_success()) && shown.is_whole_in(&anonymous);
    let lacks = ensure(!public, || Silence::open("public: an anonymous caller is shown the same"));
    rule.need("anonymous-lacks-it", lacks, |()| format!("anonymous gets status {} there", status_text(&anonymous)))?;
    // Open under its true parent too: one weakness, and not this one.
    let refused = match surveyed.read(&direct, &baseline.masks, &[]) {
        AnswerKind::Refused(because) => Ok(because),
        AnswerKind::Data => Err(see_other("authz/bola-read", "the child is served under its true parent too")),
        AnswerKind::NoData(because) => Err(Silence::undecided(because)),
    };
    rule.need("true-parent-refuses", refused, |because| format!("{intruder} is refused there: {because}"))?;

    rule.weigh_shown_again(&shown).show(Role::Baseline, &baseline.first);
    rule.weigh_nothing("missing-child-differs", &shown, "a child that does not exist");
    rule.show(Role::Control, &direct).show(Role::Control, &anonymous);
    let worse = (!private_fields(&shown.leaves).is_empty()).then_some(Severity::Critical);
    let child = pair.describe_object(surveyed);
    let claim = format!("{intruder} read {child} under a parent of its own, though {owner} owns it");
    Ok(rule.draft(object_finding(surveyed, claim, worse)))
}

/// Returns the values of the owner's child in the intruder's answer.
fn child_values(cx: &CheckCx<'_>, surveyed: &Surveyed, pair: &Pair<'_>, attack: &Answer) -> Result<Vec<Leaf>, Silence> {
    let (intruder, owner, baseline) = (&pair.intruder.name, &pair.owner.name, pair.baseline);
    let missing: Vec<&Answer> = baseline.missing.iter().map(|answer| &**answer).collect();
    let markers = cx.markers(surveyed, pair, &missing);
    let shown = attack.response().map(|response| present_leaves(&markers, response)).unwrap_or_default();
    ensure(!markers.is_empty(), || Silence::undecided("nothing in the child tells it from others of its kind"))?;
    ensure(!shown.is_empty(), || {
        let because = format!("the answer under {intruder}'s own parent has nothing of {owner}'s child");
        defence_held(attack, &baseline.first, because)
    })?;
    let given = cx.values_given(surveyed, intruder);
    ensure(shown.iter().any(|leaf| !given.contains(&leaf.text)), || {
        Silence::open(format!("shared: {intruder} is given every value of it by other routes"))
    })?;
    // Two children of one kind have values in common.
    ensure(shown.len() * 2 > markers.len(), || {
        Silence::undecided("the answer has few of the values of the owner's child: it may be another one")
    })?;
    Ok(shown.into_iter().cloned().collect())
}
