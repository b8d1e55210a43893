//! `authz/bola-nested`.

use std::sync::Arc;

use super::bola_read::carries_all;
use crate::checks::access::private_fields;
use crate::checks::context::{CheckCx, Pair, PlanCx, pairs_of, present};
use crate::checks::meta::{Need, check};
use crate::checks::rule::{Finding, Judged, Rule, ensure, held, let_through, see, status};
use crate::model::{Draft, Operation, Role, Severity, Silence, clean_name};
use crate::probe::{Answer, Ask, Caller, Values, operation_url};
use crate::survey::{Leaf, ObjectKey, Reading, Slot, Surveyed, scalar_text, slots};

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
        plan: plan,
        read: run,
    }
}

fn plan(cx: &PlanCx<'_>, operation: &Operation) -> Need {
    if !PlanCx::is_read(operation) || slots(cx.api, operation).len() < 2 {
        return Need::NotApplicable;
    }
    Need::Requests(4 * pairs_of(cx.identities.len()))
}

async fn run(cx: &CheckCx<'_>, surveyed: &Surveyed) -> Judged {
    let pairs = cx.pairs(surveyed);
    ensure(!pairs.is_empty(), || cx.no_pair(surveyed))?;
    let mut last = Silence::not_tried("no parent is known that belongs to the intruder")
        .with_help(format!("give both identities a parent object for {}", surveyed.operation.id));
    for pair in pairs {
        let Some(values) = mixed(cx, surveyed, &pair) else { continue };
        match attempt(cx, surveyed, &pair, &values).await {
            Ok(draft) => return Ok(vec![draft]),
            Err(silence @ Silence::Held(_)) => return Err(silence),
            Err(silence) => last = silence,
        }
    }
    Err(last)
}

/// The owner's child under the intruder's parents.
fn mixed(cx: &CheckCx<'_>, surveyed: &Surveyed, pair: &Pair<'_>) -> Option<Values> {
    let (_, parents) = surveyed.slots.split_last()?;
    let own = surveyed.valid_of(&pair.intruder.name);
    let mut values = pair.baseline.values.clone();
    for slot in parents {
        let place = (slot.place, slot.name.clone());
        let from_own = own.and_then(|own| own.values.get(&place)).cloned();
        let from_objects = || {
            cx.survey
                .objects
                .for_slot(slot)
                .find(|(key, _, _)| cx.survey.owner(key).is_some_and(|(name, _)| name == pair.intruder.name))
                .map(|(_, _, value)| value.clone())
        };
        values.insert(place, from_own.or_else(from_objects)?);
    }
    // Children may be numbered within their parents: under its own parent the number is the intruder's own child.
    let listed = |key: &ObjectKey, parent: &str| {
        cx.survey.objects.lists.iter().any(|((_, context), callers)| {
            context.split('&').any(|part| part.split_once('=').is_some_and(|(_, value)| value == parent))
                && callers.get(&pair.intruder.name).is_some_and(|listed| listed.contains(key))
        })
    };
    let nearest = parents.last().and_then(|slot| values.get(&(slot.place, slot.name.clone()))).and_then(scalar_text);
    let is_own = own.is_some_and(|own| own.values == values)
        || pair.baseline.object.as_ref().zip(nearest).is_some_and(|(key, parent)| listed(key, &parent));
    (values != pair.baseline.values && !is_own).then_some(values)
}

async fn attempt(cx: &CheckCx<'_>, surveyed: &Surveyed, pair: &Pair<'_>, values: &Values) -> Result<Draft, Silence> {
    let (intruder, owner) = (&pair.intruder.name, &pair.owner.name);
    let baseline = pair.baseline;
    let direct = cx.send(&baseline.ask_as(Caller::named(intruder))).await?;
    let url = operation_url(cx.probe.base_url(), &surveyed.operation, values)
        .map_err(|_| Silence::undecided("the address could not be built"))?;
    let ask = Ask { headers: baseline.headers.clone(), ..Ask::get(Caller::named(intruder), url) };
    let attack = cx.send(&ask).await?;
    let mut masks = baseline.masks.clone();
    masks.extend(values.values().filter_map(scalar_text));
    let mut rule = Rule::default();

    let who = format!("{intruder}, under its own parent,");
    let served = let_through(CheckCx::reading(surveyed, &attack, &masks, &[]), &attack, &baseline.first, &who);
    rule.need("wrong-parent-serves", served, |()| {
        format!("under its own parent {intruder} gets status {}", status(&attack))
    })?;
    let missing: Vec<&Answer> = baseline.missing.iter().map(|answer| &**answer).collect();
    let markers = cx.markers(surveyed, pair, &missing);
    let shown = rule.need("carries-child-values", carried(cx, surveyed, pair, &markers, &attack), |shown| {
        format!("{} values of the child", shown.len())
    })?;
    let anonymous = cx.send(&Ask { caller: Caller::Anonymous, ..ask.clone() }).await?;
    let public = anonymous.response().is_some_and(|it| it.is_success()) && carries_all(&shown, &anonymous);
    let lacks = ensure(!public, || Silence::open("public: an anonymous caller is shown the same"));
    rule.need("anonymous-lacks-it", lacks, |()| format!("anonymous gets status {} there", status(&anonymous)))?;
    // Open under its true parent too: one weakness, and not this one.
    let refused = match CheckCx::reading(surveyed, &direct, &baseline.masks, &[]) {
        Reading::Refused(because) => Ok(because),
        Reading::Data => Err(see("authz/bola-read", "the child is served under its true parent too")),
        Reading::NoData(because) => Err(Silence::undecided(because)),
    };
    rule.need("true-parent-refuses", refused, |because| format!("{intruder} is refused there: {because}"))?;

    let again = cx.send(&ask.again(1)).await?;
    rule.weigh("repeated", carries_all(&shown, &again), "the same request again gave the same values");
    weigh_missing(&mut rule, baseline.missing.as_ref(), &shown);
    rule.show(Role::Attack, &attack).show(Role::Baseline, &baseline.first);
    rule.show(Role::Control, &direct).show(Role::Control, &anonymous);
    Ok(rule.draft(finding(surveyed, pair, &shown, owner)))
}

/// The values of the owner's child in the intruder's answer.
fn carried<'m>(
    cx: &CheckCx<'_>,
    surveyed: &Surveyed,
    pair: &Pair<'_>,
    markers: &'m [Leaf],
    attack: &Answer,
) -> Result<Vec<&'m Leaf>, Silence> {
    let (intruder, owner) = (&pair.intruder.name, &pair.owner.name);
    let response = attack.response().ok_or_else(|| Silence::undecided("no answer"))?;
    let shown = present(markers, response);
    ensure(!shown.is_empty(), || {
        let because = format!("the answer under {intruder}'s own parent has nothing of {owner}'s child");
        held(attack, &pair.baseline.first, because)
    })?;
    let given = cx.values_given(surveyed, intruder);
    ensure(shown.iter().any(|leaf| !given.contains(&leaf.text)), || {
        Silence::open(format!("shared: {intruder} is given every value of it by other routes"))
    })?;
    // Two children of one kind have values in common.
    ensure(shown.len() * 2 > markers.len(), || {
        Silence::undecided("the answer has few of the values of the owner's child: it may be another one")
    })?;
    Ok(shown)
}

fn weigh_missing(rule: &mut Rule, missing: Option<&Arc<Answer>>, shown: &[&Leaf]) {
    let Some(missing) = missing else {
        rule.weigh("missing-child-differs", None, "no missing child could be asked for");
        return;
    };
    let because = format!("a child that does not exist gets status {}", status(missing));
    // Its values are no markers.
    rule.weigh("missing-child-differs", missing.response().map(|_| !carries_all(shown, missing)), because);
    rule.show(Role::Control, missing);
}

fn finding<'s>(surveyed: &'s Surveyed, pair: &Pair<'_>, shown: &[&Leaf], owner: &str) -> Finding<'s> {
    let resource = pair.baseline.object.as_ref().map_or("object", |key| key.0.as_str());
    let id = pair.baseline.object_id(&surveyed.slots).unwrap_or_default();
    let what = format!("{} {}", clean_name(resource, 40), clean_name(&id, 60));
    Finding {
        site: surveyed.slots.last().map(Slot::site).unwrap_or_default(),
        cause: surveyed.operation.path.clone(),
        claim: format!("{} read {what} under a parent of its own, though {owner} owns it", pair.intruder.name),
        severity: (!private_fields(shown).is_empty()).then_some(Severity::Critical),
        surveyed,
    }
}
