//! What attacks on objects of others have in common: which object of whose, and which caller of the same role tries it.

use crate::act::Acting;
use crate::checks::acting::ActCx;
use crate::model::Silence;
use crate::trial::{Aim, Subject, Trial};

/// Returns the trial of an operation on an object of another user, which its path names.
///
/// # Errors
/// `NotTried` where there are no two callers, or there is no such object.
pub(super) fn foreign_trial<'a>(cx: &'a ActCx<'a>, acting: &'a Acting, aim: Aim<'a>) -> Result<Trial<'a>, Silence> {
    let pairs = cx.pairs();
    let found = pairs.iter().find_map(|(intruder, owner)| Some((*intruder, *owner, cx.target(acting, &owner.name)?)));
    let Some((intruder, owner, (created, _))) = found else { return Err(cx.no_target(acting, !pairs.is_empty())) };
    Ok(Trial {
        lab: cx,
        acting,
        subject: Subject::Object(Box::new(created)),
        naming: None,
        aim,
        owner: owner.name.clone(),
        rightful: Some(owner.name.clone()),
        attacker: intruder.name.clone(),
        peer: Some(intruder),
    })
}
