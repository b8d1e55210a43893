//! `authz/bola-read`.

use std::sync::Arc;

use crate::access::AccessOutcome;
use crate::checks::access::{Reached, outcome_of, private_fields};
use crate::checks::context::{CheckCx, Pair, PlanCx, pairs_of, present};
use crate::checks::meta::{Need, check};
use crate::checks::rule::{Finding, Judged, Rule, ensure, held, let_through, status};
use crate::model::{Draft, Operation, Role, Severity, Silence, clean_name};
use crate::probe::{Answer, Ask, Caller, SendError};
use crate::survey::{Leaf, Reading, Slot, Surveyed, slots};

check! {
    /// ## What it does
    /// Asks for an object of one user as another user of the same role, and looks in the answer for values that only
    /// the owner's object has.
    ///
    /// ## Why it matters
    /// Broken object level authorization is the commonest and costliest weakness of APIs: whoever counts up an id
    /// reads everybody's data.
    ///
    /// ## How it is confirmed
    /// All of these hold, twice: the owner is served; the intruder is not refused; the intruder's answer carries
    /// values of the owner's object; the intruder's own object lacks them; a missing id is refused or lacks them; an
    /// anonymous caller lacks them; and something shows that the object is meant to be the owner's: its owner field, a
    /// list that shows it to the owner alone, another route that refuses the intruder, or the configuration's `owns`.
    ///
    /// ## When it stays silent
    /// When anyone may read the object, when the intruder's own lists show it, when the answer is the intruder's own
    /// object whatever the id, and when the refusal is a soft one (status 200 with an error or nothing).
    ///
    /// ## References
    /// OWASP API1:2023, CWE-639
    BolaRead {
        id: "authz/bola-read",
        title: "An object of another user can be read",
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
    if !PlanCx::is_read(operation) || slots(cx.api, operation).is_empty() {
        return Need::NotApplicable;
    }
    // The attack twice, a missing object and an anonymous caller; two siblings, a bystander and two parents as two
    // callers for what is meant.
    Need::Requests(11 * pairs_of(cx.identities.len()))
}

async fn run(cx: &CheckCx<'_>, surveyed: &Surveyed) -> Judged {
    let pairs = cx.pairs(surveyed);
    ensure(!pairs.is_empty(), || cx.no_pair(surveyed))?;
    let mut drafts: Vec<Draft> = Vec::new();
    let mut last = None;
    for pair in pairs {
        match attempt(cx, surveyed, &pair).await {
            Ok(draft) if cx.is_settled(&draft) => return Ok(vec![draft]),
            // Another pair may show what is missing here.
            Ok(draft) => drafts.push(draft),
            Err(silence @ Silence::Held(_)) if drafts.is_empty() => return Err(silence),
            Err(silence) => last = Some(silence),
        }
    }
    match last {
        Some(silence) if drafts.is_empty() => Err(silence),
        _ => Ok(drafts),
    }
}

/// The answers that one attempt rests on.
struct Asked {
    attack: Arc<Answer>,
    again: Arc<Answer>,
    missing: Option<Arc<Answer>>,
    /// To this very object: objects differ in who may read them.
    anonymous: Arc<Answer>,
}

async fn ask(cx: &CheckCx<'_>, pair: &Pair<'_>) -> Result<Asked, SendError> {
    let attack = pair.baseline.ask_as(Caller::named(&pair.intruder.name));
    let first = cx.send(&attack).await?;
    let again = cx.send(&attack.again(1)).await?;
    let missing = match &pair.baseline.missing_url {
        Some(url) => Some(cx.send(&Ask { url: url.clone(), ..attack }).await?),
        None => None,
    };
    // At the very address of the attack, which need not be the one that the survey asked anonymously.
    let anonymous = cx.send(&pair.baseline.ask_as(Caller::Anonymous)).await?;
    Ok(Asked { anonymous, attack: first, again, missing })
}

async fn attempt(cx: &CheckCx<'_>, surveyed: &Surveyed, pair: &Pair<'_>) -> Result<Draft, Silence> {
    let (intruder, owner) = (&pair.intruder.name, &pair.owner.name);
    let reached =
        Reached::of_pair(surveyed, pair).ok_or_else(|| Silence::not_applicable("its address names no object"))?;
    let mut rule = Rule::default();
    let asked = ask(cx, pair).await?;
    let nothing: Vec<(&str, &Answer)> = asked.missing.iter().map(|answer| ("a missing object", &**answer)).collect();
    let reading = CheckCx::reading(surveyed, &asked.attack, &pair.baseline.masks, &nothing);
    if reading != Reading::Data {
        cx.note_access(reached, outcome_of(&reading), &asked.attack);
    }
    let served = let_through(reading, &asked.attack, &pair.baseline.first, intruder);
    rule.need("intruder-not-refused", served, |()| format!("{intruder} gets status {}", status(&asked.attack)))?;

    let markers = markers_of(cx, surveyed, pair, &asked)?;
    let shown = rule.need("carries-owner-values", carried(cx, pair, &asked, &markers, reached), |shown| {
        let names: Vec<String> = shown.iter().take(4).map(|leaf| clean_name(&leaf.path, 60)).collect();
        format!("{} values of {owner}'s object, at {}", shown.len(), names.join(", "))
    })?;
    cx.note_access(reached, AccessOutcome::Served, &asked.attack);
    ensure(cx.is_distinctive(pair, &markers, &shown), || {
        // A status or a currency that many objects have says nothing of this one.
        Silence::undecided("the answer has only values that other objects have too")
    })?;

    let mut claim = reached.claim(&shown);
    claim.open = asked.anonymous.response().is_some_and(|it| it.is_success() && carries_any(&shown, &asked.anonymous));
    // A reduced view is one that the server chose for others.
    claim.reduced = shown.len() * 2 <= markers.len() && private_fields(&shown).is_empty();
    cx.explorer().explore(surveyed, pair.baseline, &claim).await?;
    weigh_controls(&mut rule, surveyed, pair, &asked, &shown, claim.open);
    rule.claim_access(claim);
    Ok(rule.draft(finding(surveyed, pair, &shown)))
}

fn markers_of(cx: &CheckCx<'_>, surveyed: &Surveyed, pair: &Pair<'_>, asked: &Asked) -> Result<Vec<Leaf>, Silence> {
    let innocent: Vec<&Answer> = asked.missing.iter().map(|answer| &**answer).collect();
    let markers = cx.markers(surveyed, pair, &innocent);
    // Without a value of the owner's own, an answer to the intruder shows nothing.
    ensure(!markers.is_empty(), || {
        Silence::undecided("the owner's object has no value of its own to recognise it by")
    })?;
    Ok(markers)
}

/// The markers in the intruder's answer. A handler that ignores the path answers with the intruder's own object, or with
/// nothing of the owner's: that is a refusal.
fn carried<'m>(
    cx: &CheckCx<'_>,
    pair: &Pair<'_>,
    asked: &Asked,
    markers: &'m [Leaf],
    reached: Reached<'_>,
) -> Result<Vec<&'m Leaf>, Silence> {
    let response = asked.attack.response().ok_or_else(|| Silence::undecided("no answer"))?;
    let shown = present(markers, response);
    ensure(!shown.is_empty(), || {
        let because = format!("the answer to {} has nothing of {}'s object", pair.intruder.name, pair.owner.name);
        cx.note_access(reached, AccessOutcome::Refused(because.clone()), &asked.attack);
        held(&asked.attack, &pair.baseline.first, because)
    })?;
    Ok(shown)
}

/// Adds what rules out innocent explanations: the intruder's own object, a missing one, an anonymous caller, a repeat.
fn weigh_controls(rule: &mut Rule, surveyed: &Surveyed, pair: &Pair<'_>, asked: &Asked, shown: &[&Leaf], open: bool) {
    let (intruder, owner) = (&pair.intruder.name, &pair.owner.name);
    let own = surveyed.valid_of(intruder).filter(|own| own.object != pair.baseline.object);
    let because = match own {
        // Markers were chosen among the values that this answer lacks.
        Some(_) => format!("{intruder}'s own object here has none of these values"),
        None => format!("{intruder} has no object of its own here; the answer about a missing object stands in"),
    };
    rule.weigh("own-object-differs", own.is_some() || pair.baseline.missing.is_some(), because);
    weigh_missing(rule, intruder, asked, shown);
    if open {
        rule.weigh("anonymous-served-too", carries_all(shown, &asked.attack), "anonymous callers are shown the same");
    } else {
        let reading = CheckCx::reading(surveyed, &asked.anonymous, &pair.baseline.masks, &[]);
        let because = match &reading {
            Reading::Refused(because) | Reading::NoData(because) => format!("anonymous: {because}"),
            Reading::Data => "the anonymous answer has none of these values".to_owned(),
        };
        rule.weigh("anonymous-lacks-it", Some(true).filter(|_| !matches!(reading, Reading::NoData(_))), because);
    }
    rule.weigh("repeated", carries_all(shown, &asked.again), "the same request again gave the same values");
    let served = pair.baseline.first.response().is_some_and(crate::probe::Response::is_success);
    rule.weigh("owner-served", served, format!("{owner} gets the object (status {})", status(&pair.baseline.first)));
    rule.show(Role::Attack, &asked.attack).show(Role::Baseline, &pair.baseline.first);
    for control in own.map(|own| &own.first).into_iter().chain(&asked.missing).chain([&asked.anonymous]) {
        rule.show(Role::Control, control);
    }
}

fn weigh_missing(rule: &mut Rule, intruder: &str, asked: &Asked, shown: &[&Leaf]) {
    let Some(missing) = &asked.missing else {
        rule.weigh("missing-object-differs", None, "no missing object could be asked for");
        return;
    };
    let judged = missing.response().filter(|response| response.status != 429);
    let because = format!("an id that does not exist gets {intruder} status {}", status(missing));
    rule.weigh("missing-object-differs", judged.map(|_| !carries_any(shown, missing)), because);
}

fn finding<'s>(surveyed: &'s Surveyed, pair: &Pair<'_>, shown: &[&Leaf]) -> Finding<'s> {
    let resource = pair.baseline.object.as_ref().map_or("object", |key| key.0.as_str());
    let id = pair.baseline.object_id(&surveyed.slots).unwrap_or_default();
    let (resource, id) = (clean_name(resource, 40), clean_name(&id, 60));
    Finding {
        site: surveyed.slots.last().map(Slot::site).unwrap_or_default(),
        cause: surveyed.operation.path.clone(),
        claim: format!("{} read {resource} {id}, which {} owns", pair.intruder.name, pair.owner.name),
        severity: (!private_fields(shown).is_empty()).then_some(Severity::Critical),
        surveyed,
    }
}

fn carries_any(shown: &[&Leaf], answer: &Answer) -> bool {
    count_of(shown, answer) > 0
}

pub(super) fn carries_all(shown: &[&Leaf], answer: &Answer) -> bool {
    count_of(shown, answer) == shown.len()
}

fn count_of(shown: &[&Leaf], answer: &Answer) -> usize {
    let owned: Vec<Leaf> = shown.iter().map(|leaf| (*leaf).clone()).collect();
    answer.response().map_or(0, |response| present(&owned, response).len())
}
