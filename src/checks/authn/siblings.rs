//! The signed-in request that strangers repeat, and the routes beside it that show whether sign-in is in use.

use crate::checks::context::CheckCx;
use crate::checks::rule::Rule;
use crate::model::{ANONYMOUS, Role, Silence};
use crate::survey::{Baseline, Surveyed};

/// Returns the valid request of a signed-in caller that the strangers repeated.
pub(super) fn signed_in(surveyed: &Surveyed) -> Result<&Baseline, Silence> {
    let asked = surveyed.asked_by_strangers().filter(|baseline| baseline.valid(&surveyed.volatile));
    asked.filter(|baseline| baseline.caller != ANONYMOUS).ok_or_else(|| {
        Silence::not_tried("needs a signed-in identity to compare with")
            .with_help(format!("add an identity that {} serves to routewarden.toml", surveyed.operation.id))
    })
}

/// Adds whether another operation refuses anonymous callers, so that sign-in is in use.
pub(super) fn weigh_sign_in(cx: &CheckCx<'_>, surveyed: &Surveyed, rule: &mut Rule) {
    let sibling = cx.sibling_that_refuses(surveyed);
    let because = match sibling {
        Some(sibling) => format!("{} refuses anonymous callers", sibling.operation.id),
        None => "no operation that was asked refuses anonymous callers".to_owned(),
    };
    rule.weigh("sign-in-is-in-use", sibling.map(|_| true), because);
    if let Some(answer) = sibling.and_then(|sibling| sibling.anonymous.as_ref()) {
        rule.show(Role::Control, answer);
    }
}
