//! The caller of a lower role, and what shows that roles are told apart.

use serde_json::json;

use crate::checks::context::CheckCx;
use crate::checks::rights::{Right, is_higher, right_of};
use crate::checks::rule::{Rule, ensure, status_text};
use crate::model::{Role, Silence};
use crate::survey::{Fence, Person, RoleMark, Surveyed, leaves_of};

/// Returns the signed-in caller of the lowest role; best one that `is_better`.
///
/// # Errors
/// `NotTried` without one, or where all callers are of one higher role.
pub(super) fn lower_caller<'a>(cx: &CheckCx<'a>, is_better: impl Fn(&Person) -> bool) -> Result<&'a Person, Silence> {
    let people = &cx.survey.people.all;
    let signed_in = people.iter().filter(|person| person.signed_in);
    let lowest = signed_in.min_by_key(|person| (person.rank, !is_better(person))).ok_or_else(|| {
        Silence::not_tried("needs a signed-in identity").with_help("add an identity to routewarden.toml")
    })?;
    let is_only_rank = people.iter().all(|person| person.rank == lowest.rank);
    ensure(!(is_only_rank && is_higher(&lowest.role)), || {
        let because = format!("needs a caller of an ordinary role: {} is {}", lowest.name, lowest.role);
        Silence::not_tried(because).with_help("add an identity of an ordinary role to routewarden.toml")
    })?;
    Ok(lowest)
}

/// Returns what shows that some caller is of a higher role than this one to the API itself.
///
/// # Errors
/// `Undecided` where nothing does.
fn higher_is_known(cx: &CheckCx<'_>, lower: &Person) -> Result<String, Silence> {
    let operations = &cx.survey.operations;
    if let Some((operation, _)) = operations.iter().find_map(|surveyed| cx.survey.refusal_of_role(surveyed, lower)) {
        return Ok(format!("{operation} refuses {}", lower.name));
    }
    let roles = |surveyed: &Surveyed, name: &str| -> Vec<(String, String)> {
        let response = surveyed.valid_of(name).and_then(|baseline| baseline.first.response());
        let shown = response.map(leaves_of).unwrap_or_default().into_iter();
        let shown = shown.filter(|leaf| right_of(&leaf.key, &json!(leaf.text)) == Some(Right::Role));
        shown.map(|leaf| (leaf.path, leaf.text)).collect()
    };
    for surveyed in operations.iter().filter(|surveyed| surveyed.slots.is_empty()) {
        let own = roles(surveyed, &lower.name);
        let other = |(path, text): &(String, String)| own.iter().any(|(known, own)| known == path && own != text);
        let mut higher = cx.survey.people.all.iter().filter(|person| person.rank > lower.rank);
        if let Some(person) = higher.find(|person| roles(surveyed, &person.name).iter().any(other)) {
            return Ok(format!("{} shows other roles to {} and {}", surveyed.operation.id, lower.name, person.name));
        }
    }
    let because = format!("nothing shows that {} is of a lower role than any other caller", lower.name);
    Err(Silence::undecided(because).with_help("add an identity of a higher role to routewarden.toml"))
}

/// Weighs whether roles are told apart under the mark: a sibling refuses the caller. Without one the finding is
/// suspected at most, and only where the word can mean nothing else and the callers are of two roles to the API.
///
/// # Errors
/// `Undecided` where nothing shows that roles are told apart.
pub(super) fn enforced_nearby(cx: &CheckCx<'_>, rule: &mut Rule, fence: &Fence, lower: &Person) -> Result<(), Silence> {
    let RoleMark { word, plain, .. } = &fence.mark;
    let name = &lower.name;
    let because = match &fence.refusing {
        Some((sibling, answer)) => {
            rule.show(Role::Control, answer);
            format!("{sibling} refuses {name} (status {})", status_text(answer))
        }
        None => {
            ensure(*plain, || Silence::undecided("nothing shows that roles are told apart here"))?;
            let known = higher_is_known(cx, lower)?;
            format!(
                "{known}, but no other `{word}` function that was asked refuses {name}; if this one is meant for all users, leave it out"
            )
        }
    };
    rule.weigh("roles-are-enforced-nearby", fence.refusing.as_ref().map(|_| true), because);
    Ok(())
}
