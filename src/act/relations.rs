//! Fields that refer to an object under the name of its kind, without a word for an id: `project: 4`.

use std::collections::BTreeSet;

use serde_json::{Map, Value};

use crate::model::{Api, Method, Place};
use crate::survey::{
    ends_in_id, id_slots, is_owner_name, is_uuid, resource_of_name, resource_of_path, singular_of, split_words,
};

/// What refusals say of a reference to nothing.
const UNKNOWN: &str =
    "does not exist,doesn't exist,invalid pk,not found,no such,unknown,could not be found,foreign key";
/// Has the form of an id, and is replaced by one.
const FIRST_ID: &str = "1";

/// Returns the kinds of objects that the addresses of an API name: by an id, or as a list of them.
pub(super) fn addressed_kinds(api: &Api) -> BTreeSet<String> {
    let slots = api.operations.iter().flat_map(|operation| id_slots(api, operation));
    let by_id = slots.filter(|slot| slot.place == Place::Path).flat_map(|slot| slot.resources);
    let reads = api.operations.iter().filter(|operation| operation.method == Method::Get);
    by_id.chain(reads.filter_map(|operation| listed_kind(&operation.path))).collect()
}

/// `project` of `/api/projects`; what is named in the singular is no list.
fn listed_kind(path: &str) -> Option<String> {
    let last = path.trim_end_matches('/').rsplit('/').next()?;
    let parts = split_words(last);
    let word = parts.last().filter(|_| !last.contains('{'))?;
    resource_of_path(path).filter(|_| singular_of(word) != *word)
}

/// Returns the kind of object that a field refers to, where the field bears the kind's name and its value could be an id. A
/// plural counts, and some names are places in a row as well.
pub(super) fn related_kind(kinds: &BTreeSet<String>, field: &str, value: &str) -> Option<String> {
    let parts = split_words(field);
    let [word] = parts.as_slice() else { return None };
    let is_other = matches!(word.as_str(), "order" | "version" | "page" | "code" | "number");

    if is_other || singular_of(word) != *word || ends_in_id(field) || is_owner_name(field) {
        return None;
    }
    // A kind's word beside a text (`project: "the barn"`) is a name, and refers to nothing.
    let is_id = is_uuid(value) || !value.is_empty() && value.bytes().all(|byte| byte.is_ascii_digit());
    resource_of_name(field).filter(|kind| is_id && kinds.contains(kind))
}

/// Gives fields of which a refusal says that it knows nothing of the kind they name (`analyte: object does not exist`) the
/// form of an id, so that they are filled as references; whether there are such. Each complaint is `(field, message)`.
pub(super) fn mark_references<'c>(
    kinds: &BTreeSet<String>,
    complaints: impl Iterator<Item = (&'c str, &'c str)>,
    fields: &mut Map<String, Value>,
) -> bool {
    let mut is_changed = false;
    for (field, said) in complaints {
        let is_kind = says_unknown(&said.to_ascii_lowercase()) && related_kind(kinds, field, FIRST_ID).is_some();
        if let Some(value) = fields.get_mut(field).filter(|value| is_kind && value.is_string()) {
            *value = Value::String(FIRST_ID.to_owned());
            is_changed = true;
        }
    }
    is_changed
}

/// Returns whether a refusal, in lower case, says that it knows nothing of something.
fn says_unknown(said: &str) -> bool {
    UNKNOWN.split(',').any(|words| said.contains(words))
}

/// Gives texts of a body the form of an id where a refusal says that it knows nothing of the kind that they name, without
/// naming a field: `listing_not_found`, `Unknown customer`; whether there are such.
pub(super) fn mark_unknown_kinds(kinds: &BTreeSet<String>, said: &str, fields: &mut Map<String, Value>) -> bool {
    let said = said.to_ascii_lowercase().replace(['_', '-', '.'], " ");
    if !says_unknown(&said) {
        return false;
    }
    let words: BTreeSet<&str> = said.split(|letter: char| !letter.is_alphanumeric()).collect();
    let mut is_changed = false;
    for (name, value) in fields.iter_mut().filter(|(_, value)| value.is_string()) {
        let kind = related_kind(kinds, name, FIRST_ID).filter(|kind| words.contains(kind.as_str()));
        if kind.is_some() && value.as_str() != Some(FIRST_ID) {
            *value = Value::String(FIRST_ID.to_owned());
            is_changed = true;
        }
    }
    is_changed
}

#[cfg(test)]
mod tests {
    use serde_json::{Map, Value, json};

    use super::{mark_references, mark_unknown_kinds, related_kind};

    #[test]
    fn a_name_that_the_target_does_not_know_is_taken_for_a_reference() {
        let kinds = ["analyte".to_owned()].into();
        let said = "Invalid pk \"rw97\" - object does not exist.";
        let names = ["analyte", "remark"].map(|name| (name.to_owned(), json!("rw97")));
        let mut fields = Map::from_iter(names);
        assert!(!mark_references(&kinds, [("remark", said), ("analyte", "too short")].into_iter(), &mut fields));
        assert!(mark_references(&kinds, [("remark", said), ("analyte", said)].into_iter(), &mut fields));
        assert_eq!(Value::Object(fields), json!({"analyte": "1", "remark": "rw97"}));
    }

    #[test]
    fn a_kind_that_a_refusal_does_not_find_is_a_reference_whatever_field_it_names() {
        let kinds = ["listing".to_owned()].into();
        let body = || Map::from_iter([("listing".to_owned(), json!("rw97")), ("text".to_owned(), json!("rw97"))]);
        for said in ["{\"code\": \"listing_not_found\"}", "Unknown listing"] {
            let mut fields = body();
            assert!(mark_unknown_kinds(&kinds, said, &mut fields), "{said}");
            assert_eq!(Value::Object(fields), json!({"listing": "1", "text": "rw97"}));
        }
        for said in ["listing is too long", "order not found", "not found"] {
            assert!(!mark_unknown_kinds(&kinds, said, &mut body()), "{said}");
        }
    }

    #[test]
    fn a_kind_is_named_by_its_word_and_an_id() {
        let kinds = ["project", "order", "label"].map(str::to_owned).into();
        assert_eq!(related_kind(&kinds, "project", "4").as_deref(), Some("project"));
        for (field, value) in
            [("projects", "4"), ("project", "the barn"), ("order", "3"), ("seats", "4"), ("label", "")]
        {
            assert_eq!(related_kind(&kinds, field, value), None, "{field}");
        }
    }
}
