//! What an action on another user's object has shown; shared by the checks of changes.

use super::acting::ActCx;
use super::proving::judge_attack;
use super::rule::{CheckResult, ensure};
use crate::act::Acting;
use crate::model::Silence;
use crate::survey::{is_between_people, split_words};
use crate::trial::{Aim, compare_states};

/// Actions that people take on what is others': they may not be shown it before, as what they are invited to.
const FOR_OTHERS: &str = "join leave apply accept decline reject claim follow unfollow report flag vote upvote downvote like \
    unlike favorite favourite star bookmark watch unwatch request enroll enrol register rsvp bid rate review reply comment \
    answer respond view open click track share subscribe unsubscribe redeem verify confirm sign checkin attend book reserve";

/// Tries an action on an object that another user made, and returns its finding.
pub(super) async fn judge_action(cx: &ActCx<'_>, acting: &Acting) -> CheckResult {
    let last = acting.operation.path.trim_end_matches('/').rsplit('/').next().unwrap_or_default();
    let said = split_words(last);
    let meant = said.iter().find(|word| FOR_OTHERS.split(' ').any(|known| known == *word) || is_between_people(word));
    ensure(meant.is_none(), || {
        let word = meant.map_or("", String::as_str);
        Silence::not_applicable(format!("others may be meant to act on what is not theirs (`{word}`)"))
    })?;
    judge_attack(cx.foreign_trial(acting, Aim::Once(&compare_states))?).await
}
