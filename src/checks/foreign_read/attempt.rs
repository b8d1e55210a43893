//! One caller's read of another one's object: what comes back, and what rules out innocent explanations.

use std::sync::Arc;

use crate::access::AccessOutcome;
use crate::checks::access::{ReachedObject, object_finding, outcome_of, private_fields};
use crate::checks::context::{CheckCx, Pair, present_leaves};
use crate::checks::rule::{Rule, defence_held, ensure, let_through, status_text};
use crate::model::{Draft, Role, Severity, Silence};
use crate::probe::{Answer, Ask, AskCaller, Response, SendError};
use crate::survey::{AnswerKind, Surveyed};
use crate::trial::Shown;

/// Sends the attack twice, the same about nothing, and the anonymous request; what they show is looked at later.
async fn send_attack_requests(cx: &CheckCx<'_>, pair: &Pair<'_>) -> Result<(Shown, Arc<Answer>), SendError> {
    let ask = pair.baseline.ask_as(AskCaller::named(&pair.intruder.name));
    let attack = cx.send(&ask).await?;
    let again = cx.send(&ask.again(1)).await?;
    let nothing = match pair.baseline.missing_url.clone() {
        Some(url) => Some(cx.send(&Ask { url, ..ask }).await?),
        None => None,
    };
    // At the very address of the attack, which the survey need not have asked anonymously: objects differ in
    // who may read them.
    let anonymous = cx.send(&pair.baseline.ask_as(AskCaller::Anonymous)).await?;
    Ok((Shown { leaves: Vec::new(), attack, again, nothing }, anonymous))
}

/// Tries one pair of intruder and owner.
pub(super) async fn try_foreign_read(cx: &CheckCx<'_>, surveyed: &Surveyed, pair: &Pair<'_>) -> Result<Draft, Silence> {
    let Pair { intruder, owner, baseline } = *pair;
    let (intruder, owner) = (&intruder.name, &owner.name);
    let no_object = || Silence::not_applicable("its address names no object");
    let reached = ReachedObject::of_pair(surveyed, pair).ok_or_else(no_object)?;
    let (mut shown, anonymous) = send_attack_requests(cx, pair).await?;
    let missing: Vec<(&str, &Answer)> = shown.nothing.iter().map(|answer| ("a missing object", &**answer)).collect();

    let mut rule = Rule::default();
    let reading = surveyed.read(&shown.attack, &baseline.masks, &missing);
    if reading != AnswerKind::Data {
        cx.note_access(reached, outcome_of(&reading), &shown.attack);
    }
    let served = let_through(reading, &shown.attack, &baseline.first, intruder);
    rule.need("intruder-not-refused", served, |()| format!("{intruder} gets status {}", status_text(&shown.attack)))?;
    let innocent: Vec<&Answer> = missing.iter().map(|(_, answer)| *answer).collect();
    let markers = cx.markers(surveyed, pair, &innocent);
    ensure(!markers.is_empty(), || {
        Silence::undecided("the owner's object has no value of its own to recognise it by")
    })?;
    let found = shown.attack.response().map(|response| present_leaves(&markers, response)).unwrap_or_default();
    shown.leaves = found.into_iter().cloned().collect();
    // A handler that ignores the path answers with the intruder's own object, or with nothing of the owner's.
    let carried = ensure(!shown.leaves.is_empty(), || {
        let because = format!("the answer to {intruder} has nothing of {owner}'s object");
        cx.note_access(reached, AccessOutcome::Refused(because.clone()), &shown.attack);
        defence_held(&shown.attack, &baseline.first, because)
    });
    rule.need("carries-owner-values", carried, |()| {
        format!("{} values of {owner}'s object, at {}", shown.leaves.len(), shown.places())
    })?;
    cx.note_access(reached, AccessOutcome::Served, &shown.attack);
    ensure(cx.is_distinctive(pair, &markers, &shown.leaves), || {
        // A status or a currency that many objects have says nothing of this one.
        Silence::undecided("the answer has only values that other objects have too")
    })?;

    let mut claim = reached.claim(&shown.leaves);
    let is_private = !private_fields(&shown.leaves).is_empty();
    let open = anonymous.response().is_some_and(Response::is_success) && !shown.is_absent_from(&anonymous);
    claim.open = open;
    // A reduced view is one that the server chose for others.
    claim.reduced = shown.leaves.len() * 2 <= markers.len() && !is_private;
    cx.explorer().explore(surveyed, baseline, &claim).await?;
    rule.claim_access(claim);
    weigh_controls(&mut rule, surveyed, pair, &shown);
    weigh_anonymous(&mut rule, surveyed.read(&anonymous, &baseline.masks, &[]), open);
    rule.show(Role::Control, &anonymous);
    let claim = format!("{intruder} read {}, which {owner} owns", pair.describe_object(surveyed));
    Ok(rule.draft(object_finding(surveyed, claim, is_private.then_some(Severity::Critical))))
}

/// Adds what rules out innocent explanations: the intruder's own object, a missing one, a repeat.
fn weigh_controls(rule: &mut Rule, surveyed: &Surveyed, pair: &Pair<'_>, shown: &Shown) {
    let (intruder, owner, rightful) = (&pair.intruder.name, &pair.owner.name, &pair.baseline.first);
    let own = surveyed.valid_of(intruder).filter(|own| own.object != pair.baseline.object);
    let because = match own {
        // Markers were chosen among the values that this answer lacks.
        Some(_) => format!("{intruder}'s own object here has none of these values"),
        None => format!("{intruder} has no object of its own here; the answer about a missing object stands in"),
    };
    rule.weigh("own-object-differs", own.is_some() || pair.baseline.missing.is_some(), because);
    rule.weigh_nothing("missing-object-differs", shown, &format!("{intruder}, asking for an id that does not exist,"));
    rule.weigh_shown_again(shown).show(Role::Baseline, rightful).show_all(Role::Control, own.map(|own| &own.first));
    let served = rightful.response().is_some_and(Response::is_success);
    rule.weigh("owner-served", served, format!("{owner} gets the object (status {})", status_text(rightful)));
}

/// Adds whether anonymous callers are shown the same.
fn weigh_anonymous(rule: &mut Rule, reading: AnswerKind, open: bool) {
    match reading {
        _ if open => rule.weigh("anonymous-served-too", open, "anonymous callers are shown the same"),
        AnswerKind::Data => rule.weigh("anonymous-lacks-it", !open, "the anonymous answer has none of these values"),
        AnswerKind::Refused(because) => rule.weigh("anonymous-lacks-it", !open, format!("anonymous: {because}")),
        AnswerKind::NoData(because) => rule.weigh("anonymous-lacks-it", None, format!("anonymous: {because}")),
    };
}
