//! What a higher role's answer holds that is for that role, and how much of it a lower one is shown.

use std::collections::BTreeSet;

use crate::checks::context::{CheckCx, present_leaves};
use crate::checks::rule::{defence_held, ensure};
use crate::model::Silence;
use crate::probe::Answer;
use crate::survey::{Baseline, Leaf, Person, RoleMark, Surveyed, leaves_of};

/// Returns the values of the higher role's answer that are for that role, and how many of them the lower one is shown.
pub(super) fn higher_view(
    cx: &CheckCx<'_>,
    surveyed: &Surveyed,
    (rightful, mark): (&Baseline, &RoleMark),
    lower: &Person,
    attack: &Answer,
) -> Result<(Vec<Leaf>, usize), Silence> {
    let texts = |answer: &Answer| -> BTreeSet<String> {
        answer.response().map(leaves_of).unwrap_or_default().into_iter().map(|leaf| leaf.text).collect()
    };
    // What strangers are shown, and what the lower role is given by functions without such a mark, is no higher role's.
    let mut innocent = surveyed.anonymous.as_ref().map(|answer| texts(answer)).unwrap_or_default();
    let roles = cx.survey.people.higher_roles();
    let others = cx.survey.operations.iter().filter(|other| mark.leaves_out(&other.operation, &roles));
    let given = others.filter_map(|other| other.valid_of(&lower.name));
    innocent.extend(given.flat_map(|baseline| texts(&baseline.first)));
    let wanted = rightful.first.response().map(leaves_of).unwrap_or_default().into_iter();
    let wanted = wanted.filter(|leaf| leaf.is_telling() && !surveyed.volatile.contains(&leaf.path));
    let wanted: Vec<Leaf> = wanted.filter(|leaf| !innocent.contains(&leaf.text)).collect();
    let (name, higher) = (&lower.name, &rightful.caller);
    ensure(!wanted.is_empty(), || {
        Silence::undecided(format!("nothing of what {higher} is shown here is kept from {name} elsewhere"))
    })?;
    let shown = attack.response().map(|response| present_leaves(&wanted, response).len()).unwrap_or_default();
    ensure(shown > 0, || defence_held(attack, &rightful.first, format!("{name} gets nothing that {higher} sees")))?;
    // The frame of the answer, or the lower role's own part of it.
    ensure(shown * 2 > wanted.len(), || {
        Silence::undecided("the lower role gets a small part of what the higher one is shown")
    })?;
    ensure(!is_each_ones_own(cx, rightful, lower, attack), || {
        Silence::not_applicable("it shows each caller its own account")
    })?;
    Ok((wanted, shown))
}

/// Returns true where each of the two is shown itself and not the other: a profile, a dashboard.
fn is_each_ones_own(cx: &CheckCx<'_>, rightful: &Baseline, lower: &Person, attack: &Answer) -> bool {
    let named = |answer: &Answer| -> BTreeSet<String> {
        let leaves = answer.response().map(leaves_of).unwrap_or_default().into_iter();
        leaves.filter_map(|leaf| Some(cx.survey.people.named_in(&leaf.key, &leaf.text)?.name.clone())).collect()
    };
    named(attack) == BTreeSet::from([lower.name.clone()])
        && named(&rightful.first) == BTreeSet::from([rightful.caller.clone()])
}
