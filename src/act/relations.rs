//! Fields that refer to an object under the name of its kind, without a word for an id: `project: 4`.

use std::collections::BTreeSet;

use crate::model::{Api, Place};
use crate::survey::{ends_in_id, is_owner_name, is_uuid, resource_of_name, singular, slots, words};

/// Returns the kinds of objects that the addresses of an API name.
pub(super) fn addressed_kinds(api: &Api) -> BTreeSet<String> {
    let slots = api.operations.iter().flat_map(|operation| slots(api, operation));
    slots.filter(|slot| slot.place == Place::Path).flat_map(|slot| slot.resources).collect()
}

/// Returns the kind of object that a field refers to, where the field bears the kind's name and its value could be an id. A
/// plural counts, and some names are places in a row as well.
pub(super) fn relation(kinds: &BTreeSet<String>, field: &str, value: &str) -> Option<String> {
    let parts = words(field);
    let [word] = parts.as_slice() else { return None };
    let is_other = matches!(word.as_str(), "order" | "version" | "page" | "code" | "number");
    if is_other || singular(word) != *word || ends_in_id(field) || is_owner_name(field) {
        return None;
    }
    let is_id = is_uuid(value) || !value.is_empty() && value.bytes().all(|byte| byte.is_ascii_digit());
    resource_of_name(field).filter(|kind| is_id && kinds.contains(kind))
}

#[cfg(test)]
mod tests {
    use super::relation;

    #[test]
    fn a_kind_is_named_by_its_word_and_an_id() {
        let kinds = ["project", "order", "label"].map(str::to_owned).into();
        assert_eq!(relation(&kinds, "project", "4").as_deref(), Some("project"));
        for (field, value) in
            [("projects", "4"), ("project", "the barn"), ("order", "3"), ("seats", "4"), ("label", "")]
        {
            assert_eq!(relation(&kinds, field, value), None, "{field}");
        }
    }
}
