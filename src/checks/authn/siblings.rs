//! The signed-in request that strangers repeat, and the routes beside it that show whether sign-in is in use.

use std::borrow::Cow;
use std::collections::BTreeSet;

use crate::checks::context::{CheckCx, present_leaves};
use crate::checks::rule::Rule;
use crate::model::{ANONYMOUS, Operation, Role, Silence};
use crate::probe::{Answer, AskCaller};
use crate::survey::{AnswerKind, Baseline, Leaf, Surveyed, leaves_of};

/// Most routes to which a made-up credential is sent that had none.
const MAX_SENT: usize = 8;

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
    let known =
        |answer: &Answer| answer.response().map(leaves_of).unwrap_or_default().into_iter().map(|leaf| leaf.text);
    let open: BTreeSet<String> = known(anonymous).collect();
    let telling =
        |leaf: &Leaf| leaf.is_telling() && !surveyed.volatile.contains(&leaf.path) && !open.contains(&leaf.text);
    let wanted: Vec<Leaf> = leaves_of(own).into_iter().filter(telling).collect();
    present_leaves(&wanted, given).into_iter().cloned().collect()
}

/// Returns the other protected routes that refuse a made-up credential, and how many protected ones there are. A narrowed
/// survey has not sent it to all of them.
pub(super) async fn find_refusing_siblings<'a>(
    cx: &'a CheckCx<'_>,
    surveyed: &Surveyed,
) -> Result<(Vec<Cow<'a, Surveyed>>, usize), Silence> {
    let refuses = |reading: Option<AnswerKind>| matches!(reading, Some(AnswerKind::Refused(_)));
    let (mut refusing, mut all, mut sent) = (Vec::new(), 0, 0);
    for other in &cx.survey.operations {
        let is_protected = other.valid().next().is_some() && refuses(other.anonymous_reading());
        if other.operation.id == surveyed.operation.id || !is_protected {
            continue;
        }
        let mut other = Cow::Borrowed(other);
        if other.garbage.is_none() && sent < MAX_SENT {
            sent += 1;
            other = Cow::Owned(with_made_up(cx, &other).await?);
        }
        if other.garbage.is_some() {
            all += 1;
            refusing.extend(Some(other).filter(|other| refuses(other.garbage_reading())));
        }
    }
    Ok((refusing, all))
}

/// Sends a made-up credential to a route as the survey does.
async fn with_made_up(cx: &CheckCx<'_>, surveyed: &Surveyed) -> Result<Surveyed, Silence> {
    let mut asked = surveyed.clone();
    if let Some(baseline) = surveyed.asked_by_strangers() {
        asked.garbage = Some(cx.send(&baseline.ask_as(AskCaller::Garbage(baseline.caller.clone()))).await?);
    }
    Ok(asked)
}
