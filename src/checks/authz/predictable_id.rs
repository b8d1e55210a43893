//! `authz/predictable-id`.

use std::collections::BTreeSet;

use super::ids::{Countable, Judgement, judge};
use crate::checks::context::{CheckCx, PlanCx};
use crate::checks::meta::{Need, check};
use crate::checks::rule::{Finding, Judged, Rule, ensure, searched};
use crate::model::{ANONYMOUS, Operation, Role, Silence, clean_name};
use crate::survey::{ObjectKey, Slot, Surveyed, scalar_text, slots};

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
    /// It is an observation: at least three objects of one resource, some of them somebody's own, have ids of one counter
    /// (two, where UUIDs hold the clock and the address of one machine). Sound ownership checks make it harmless.
    ///
    /// ## When it stays silent
    /// For random UUIDs, for ULIDs and UUIDs of version 7 (ordered by time, and random enough), for hashes, names and
    /// addresses, for dates and years, and for objects that belong to nobody or that lists show to others too: what is
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
        plan: plan,
        read: run,
    }
}

fn plan(cx: &PlanCx<'_>, operation: &Operation) -> Need {
    let applies = PlanCx::is_read(operation) && !slots(cx.api, operation).is_empty();
    // The survey's objects are enough.
    if applies { Need::Requests(0) } else { Need::NotApplicable }
}

async fn run(cx: &CheckCx<'_>, surveyed: &Surveyed) -> Judged {
    let slot = surveyed.slots.last().ok_or_else(|| Silence::not_applicable("no id is asked for"))?;
    let known = known(cx, surveyed, slot).ok_or_else(|| cx.no_pair(surveyed))?;
    match judge(&known.ids, if known.all_made { 2 } else { 3 }) {
        Judgement::Countable(countable) => observed(surveyed, &known, &countable),
        Judgement::TooFew => Err(Silence::undecided("too few ids are known to tell whether they can be counted")),
        // What was looked at is an answer that shows such ids.
        Judgement::Sound(why) => Err(match surveyed.valid().next() {
            Some(baseline) => searched(&baseline.first, format!("the ids cannot be counted: {why}")),
            None => Silence::undecided("no answer shows such ids"),
        }),
    }
}

/// The ids of one resource.
struct Known {
    resource: String,
    ids: BTreeSet<String>,
    /// Those of one caller that no list shows to its peers, and who that is.
    own: BTreeSet<String>,
    owner: String,
    /// The scan made all of them, one right after the other: two that are neighbours were counted.
    all_made: bool,
}

/// The ids of the first of the slot's resources of which somebody owns an object. What nobody owns may be a catalogue.
fn known(cx: &CheckCx<'_>, surveyed: &Surveyed, slot: &Slot) -> Option<Known> {
    slot.resources.iter().find_map(|resource| {
        let of_resource: Vec<(&ObjectKey, String)> = cx
            .survey
            .objects
            .for_slot(slot)
            // What no answer showed is a guess of the scan.
            .filter(|(key, object, _)| key.0 == *resource && !object.seen_by.is_empty())
            .filter_map(|(key, _, value)| Some((key, scalar_text(value)?)))
            .collect();
        let owner_of = |key: &ObjectKey| cx.survey.owner(key).map(|(name, _)| name.to_owned());
        // The one with the most shows the steps best; the first configured of equals, in every scan.
        let owners: Vec<String> = of_resource.iter().filter_map(|(key, _)| owner_of(key)).collect();
        let count = |name: &String| owners.iter().filter(|other| *other == name).count();
        let people = cx.survey.people.all.iter().map(|person| &person.name).filter(|name| count(name) > 0);
        let owner = people.rev().max_by_key(|name| count(name))?.clone();
        let mine = of_resource.iter().filter(|(key, _)| owner_of(key).as_ref() == Some(&owner));
        let peers = cx.survey.people.peers(&owner);
        let shared = |key: &ObjectKey| {
            cx.is_listed_to(key, surveyed, ANONYMOUS)
                || peers.iter().any(|peer| cx.is_listed_to(key, surveyed, &peer.name))
        };
        let own = mine.filter(|(key, _)| !shared(key)).map(|(_, id)| id.clone()).collect();
        let ids = of_resource.iter().map(|(_, id)| id.clone()).collect();
        let made = |key: &ObjectKey| cx.survey.objects.known.get(key).is_some_and(|object| object.created_by.is_some());
        let all_made = of_resource.iter().all(|(key, _)| made(key));
        Some(Known { resource: resource.clone(), ids, own, owner, all_made })
    })
}

fn observed(surveyed: &Surveyed, known: &Known, countable: &Countable) -> Judged {
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
    rule.observed(Finding {
        site: surveyed.slots.last().map(Slot::site).unwrap_or_default(),
        cause: format!("ids of {}", known.resource),
        claim: format!(
            "the ids of {} objects are {}: {} of {} for instance",
            clean_name(&known.resource, 40),
            countable.because,
            own.join(", "),
            known.owner
        ),
        severity: None,
        surveyed,
    })
}
