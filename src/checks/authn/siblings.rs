//! The signed-in request that strangers repeat, and the routes beside it that show whether sign-in is in use.

use std::collections::BTreeSet;

use crate::checks::context::{CheckCx, present};
use crate::checks::rule::Rule;
use crate::model::{ANONYMOUS, Operation, Role, Silence};
use crate::probe::Answer;
use crate::survey::{Baseline, Leaf, Reading, Surveyed, leaves};

/// Returns the valid request of a signed-in caller that the strangers repeated.
pub(super) fn signed_in(surveyed: &Surveyed) -> Result<&Baseline, Silence> {
    let asked = surveyed.asked_by_strangers().filter(|baseline| baseline.valid(&surveyed.volatile));
    asked.filter(|baseline| baseline.caller != ANONYMOUS).ok_or_else(|| {
        Silence::not_tried("needs a signed-in identity to compare with")
            .with_help(format!("add an identity that {} serves to routewarden.toml", surveyed.operation.id))
    })
}

/// Adds whether another operation refuses anonymous callers, so that sign-in is in use.
pub(super) fn weigh_sign_in_of(cx: &CheckCx<'_>, operation: &Operation, rule: &mut Rule) {
    let sibling = cx.sibling_that_refuses(operation);
    let because = match sibling {
        Some(sibling) => format!("{} refuses anonymous callers", sibling.operation.id),
        None => "no operation that was asked refuses anonymous callers".to_owned(),
    };
    rule.weigh("sign-in-is-in-use", sibling.map(|_| true), because);
    if let Some(answer) = sibling.and_then(|sibling| sibling.anonymous.as_ref()) {
        rule.show(Role::Control, answer);
    }
}

/// Returns the telling values of the caller's answer that a made-up credential gets too, and no anonymous caller.
pub(super) fn callers_own(surveyed: &Surveyed, baseline: &Baseline, garbage: &Answer, anonymous: &Answer) -> Vec<Leaf> {
    let (Some(own), Some(given)) = (baseline.first.response(), garbage.response()) else { return Vec::new() };
    let known = |answer: &Answer| answer.response().map(leaves).unwrap_or_default().into_iter().map(|leaf| leaf.text);
    let open: BTreeSet<String> = known(anonymous).collect();
    let telling =
        |leaf: &Leaf| leaf.is_telling() && !surveyed.volatile.contains(&leaf.path) && !open.contains(&leaf.text);
    let wanted: Vec<Leaf> = leaves(own).into_iter().filter(telling).collect();
    present(&wanted, given).into_iter().cloned().collect()
}

/// Returns the other protected routes that refuse a made-up credential, and how many protected ones there are.
pub(super) fn protected<'a>(cx: &'a CheckCx<'_>, surveyed: &Surveyed) -> (Vec<&'a Surveyed>, usize) {
    let refuses = |reading: Option<Reading>| matches!(reading, Some(Reading::Refused(_)));
    let others = cx.survey.operations.iter().filter(|other| {
        other.operation.id != surveyed.operation.id
            && other.valid().next().is_some()
            && refuses(other.anonymous_reading())
    });
    let asked: Vec<&Surveyed> = others.collect();
    let n_asked = asked.len();
    (asked.into_iter().filter(|other| refuses(other.garbage_reading())).collect(), n_asked)
}
