//! What a changing function decides of an object or account, and what it would show by.

use serde_json::Value;

use crate::act::{Acting, declared_names};
use crate::checks::acting::ActCx;
use crate::checks::rights::{Right, RightField, is_higher, listed_values, other_value, right_of};
use crate::survey::split_words;
use crate::trial::ObjectView;

/// Returns a field that the function decides, with a value that it does not have.
pub(super) fn choose_right(cx: &ActCx<'_>, acting: &Acting, seen: &ObjectView) -> Option<(String, Value)> {
    let higher = cx.survey.people.higher_roles();
    let (names, _) = declared_names(cx.maker.api, acting);
    names.into_iter().filter(|name| !is_credential(name)).find_map(|name| {
        let present = seen.object.as_ref()?.get(&name)?;
        let right = right_of(&name, present)?;
        // A role that was raised is lowered again.
        let is_raised = right == Right::Role && present.as_str().is_some_and(is_higher);
        let value = if is_raised {
            let known = listed_values(cx.maker.api, &name).into_iter().find(|word| !is_higher(word));
            Some(Value::String(known.unwrap_or_else(|| "user".to_owned())))
        } else {
            other_value(cx.maker.api, RightField { name: &name, right, present }, &higher, &[])
        };
        value.map(|value| (name, value))
    })
}

fn is_credential(name: &str) -> bool {
    let joined = split_words(name).join("");
    ["password", "email", "username", "login"].iter().any(|word| joined.contains(word))
}

/// Returns what a function that is sent nothing has decided, in words.
pub(super) fn compare_rights(before: &ObjectView, now: &ObjectView) -> Option<String> {
    let after = now.object.as_ref()?;
    before.object.as_ref()?.iter().find_map(|(name, was)| {
        let is = after.get(name)?;
        let decided = right_of(name, was).is_some() || right_of(name, is).is_some() || split_words(name) == ["status"];
        (decided && is != was).then(|| format!("{name} (from {was} to {is})"))
    })
}
