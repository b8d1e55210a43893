//! Things of which there is one at an address: settings, preferences, a profile. A POST to such an address changes what was
//! there before, and makes nothing. Recognised from the document, and from what the address answers.

use std::sync::PoisonError;

use serde_json::{Map, Value};

use super::account_undo::is_people;
use super::fields::{resolve_schema, schema_fields};
use super::identify::objects_in;
use super::kinds::{Acting, collection_path, ends_in_slot};
use super::maker::{Created, Maker};
use crate::model::{Api, JsonType, Operation, SchemaId};
use crate::probe::{Ask, AskCaller, SendError, Values, operation_url};
use crate::survey::{Slot, is_me_word, split_words};

/// Whose the one thing is.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Singleton {
    /// A part of the object that the path names: it is as much the scan's own as that.
    Part,
    /// The caller's, or that of the user whom the path names.
    Account,
    /// Nothing says that it is the caller's: it may decide for all users.
    Shared,
}

/// What a document says of the answer to a GET.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum DeclaredAnswer {
    One,
    Many,
    /// Nothing, or an object of unknown fields, which may wrap a list.
    Unsaid,
}

/// Returns whose the one thing at an operation's path is; `None` where the path is a collection's or an item's.
pub(super) fn find_singleton(api: &Api, operation: &Operation, slots: &[Slot]) -> Option<Singleton> {
    if ends_in_slot(&operation.path) || api.holds_items(&operation.path) {
        return None;
    }
    let is_one = match declared_answer(api, &operation.path) {
        DeclaredAnswer::One => true,
        DeclaredAnswer::Many => false,
        // A name alone is a further sign, where the document does not say that there are several.
        DeclaredAnswer::Unsaid => names_settings(&operation.path),
    };

    is_one.then(|| singleton_owner(&operation.path, slots))
}

fn singleton_owner(path: &str, slots: &[Slot]) -> Singleton {
    let of_people = |slot: &Slot| slot.resources.iter().any(|resource| is_people(resource));
    match slots.last() {
        Some(slot) if of_people(slot) => Singleton::Account,
        Some(_) => Singleton::Part,
        None if path.split('/').any(|part| !part.is_empty() && is_me_word(part)) => Singleton::Account,
        None => Singleton::Shared,
    }
}

/// Returns what the document says that a GET of a path shows.
pub(super) fn declared_answer(api: &Api, path: &str) -> DeclaredAnswer {
    let Some(reader) = api.reader_of(path) else { return DeclaredAnswer::Unsaid };
    let answers = reader.responses.iter().filter(|response| response.status.starts_with('2'));
    let schemas = answers.flat_map(|response| response.content.iter().filter_map(|(_, schema)| *schema));
    schemas.map(|schema| shown_by(api, schema, 0)).next().unwrap_or(DeclaredAnswer::Unsaid)
}

fn shown_by(api: &Api, schema: SchemaId, depth: u8) -> DeclaredAnswer {
    let Some(found) = resolve_schema(api, schema) else { return DeclaredAnswer::Unsaid };
    if found.items.is_some() || found.types.contains(&JsonType::Array) {
        return DeclaredAnswer::Many;
    }
    let members = schema_fields(api, schema);
    let inner: Vec<DeclaredAnswer> = members
        .iter()
        .map(|field| match resolve_schema(api, field.schema) {
            Some(inner) if inner.items.is_some_and(|items| holds_objects(api, items)) => DeclaredAnswer::Many,
            // `{"data": {...}}`, `{"result": {"items": [...]}}`
            Some(inner) if members.len() <= 3 && !inner.properties.is_empty() && depth < 2 => {
                shown_by(api, field.schema, depth + 1)
            }
            Some(inner) if inner.types == [JsonType::Object] && inner.properties.is_empty() => DeclaredAnswer::Unsaid,
            _ => DeclaredAnswer::One,
        })
        .collect();
    match inner.as_slice() {
        [] => DeclaredAnswer::Unsaid,
        all if all.contains(&DeclaredAnswer::Many) => DeclaredAnswer::Many,
        // Fields of paging go with a list that the schema does not describe.
        all if all.contains(&DeclaredAnswer::One) && !members.iter().any(|field| names_paging(&field.name)) => {
            DeclaredAnswer::One
        }
        _ => DeclaredAnswer::Unsaid,
    }
}

fn holds_objects(api: &Api, items: SchemaId) -> bool {
    // Items of unknown form may be objects.
    resolve_schema(api, items).is_none_or(|items| {
        items.types.is_empty() || items.types.contains(&JsonType::Object) || !items.properties.is_empty()
    })
}

/// Names of what there is one of, for one user or for all.
fn names_settings(path: &str) -> bool {
    let last = path.trim_end_matches('/').rsplit('/').next().unwrap_or_default();
    split_words(last).last().is_some_and(|word| {
        matches!(
            word.as_str(),
            "settings" | "setting" | "config" | "configuration" | "preferences" | "prefs" | "options" | "configs"
        )
    })
}

/// Fields around a list that is served in parts.
fn names_paging(name: &str) -> bool {
    matches!(
        split_words(name).join("").as_str(),
        "total"
            | "count"
            | "page"
            | "pages"
            | "next"
            | "previous"
            | "prev"
            | "cursor"
            | "nextcursor"
            | "totalcount"
            | "items"
            | "results"
            | "hasmore"
            | "limit"
            | "offset"
    )
}

impl Maker<'_> {
    /// Returns why an operation makes nothing, where its address already shows one object, which a POST would change. Asks
    /// once, and only where the document leaves it open.
    pub(super) async fn why_it_only_changes(
        &self,
        index: usize,
        acting: &Acting,
        caller: &str,
        values: &Values,
    ) -> Result<Option<String>, SendError> {
        let known = self.singles.lock().unwrap_or_else(PoisonError::into_inner).get(&index).cloned();
        if let Some(known) = known {
            return Ok(known);
        }
        let path = collection_path(&acting.operation.path);
        let open = declared_answer(self.api, path) == DeclaredAnswer::Unsaid && !self.api.holds_items(path);
        let found = match self.api.reader_of(path).filter(|_| open) {
            Some(reader) => self.look_for_one(reader, caller, values).await?,
            None => None,
        };
        self.singles.lock().unwrap_or_else(PoisonError::into_inner).insert(index, found.clone());
        Ok(found)
    }

    async fn look_for_one(
        &self,
        reader: &Operation,
        caller: &str,
        values: &Values,
    ) -> Result<Option<String>, SendError> {
        let Ok(url) = operation_url(self.probe.base_url(), reader, values) else { return Ok(None) };
        let answer = self.probe.look_again(&Ask::get(AskCaller::named(caller), url)).await?;
        let response = answer.response().filter(|response| response.is_success());
        let is_one = response.and_then(|response| response.json.as_ref()).is_some_and(shows_one);

        Ok(is_one.then(|| format!("not called: {} shows one object, which it would change", reader.id)))
    }

    /// Returns why an operation is not called again, where a second call answered with the id of the first: it changed that.
    pub(super) fn why_not_again(&self, index: usize, created: &Created) -> Option<String> {
        let is_first = |known: &Created| {
            known.producer == index
                && known.caller == created.caller
                && known.id == created.id
                && known.values == created.values
                && known.entry != created.entry
        };

        if !self.made().iter().any(is_first) {
            return None;
        }
        let because = "not called again: a second call changed what the first had made".to_owned();
        self.singles.lock().unwrap_or_else(PoisonError::into_inner).insert(index, Some(because.clone()));
        Some(because)
    }
}

/// Whether an answer of a collection's address shows one object, and no list in any envelope.
pub(super) fn shows_one(json: &Value) -> bool {
    let Value::Object(members) = json else { return false };
    match members.iter().next() {
        // `{"data": {...}}`
        Some((_, Value::Object(_))) if members.len() == 1 => {
            members.values().next().and_then(Value::as_object).is_some_and(is_record)
        }
        _ => is_record(members),
    }
}

/// Whether an object is a record: it has values of its own, no list, and no pages.
fn is_record(members: &Map<String, Value>) -> bool {
    // An empty collection is often answered with a message alone.
    let is_message = |name: &str| matches!(name, "message" | "detail" | "error" | "errors" | "info");
    let has_list = members.values().any(|value| {
        value.is_array() && (value.as_array().is_some_and(Vec::is_empty) || objects_in(value).next().is_some())
    });
    let has_value = members.iter().any(|(name, value)| !value.is_object() && !value.is_array() && !is_message(name));
    has_value && !has_list && !members.keys().any(|name| names_paging(name))
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;

    #[test]
    fn one_object_is_told_from_lists_in_envelopes() {
        for one in [json!({"theme": "dark"}), json!({"data": {"theme": "dark", "langs": ["de"]}}), json!({"on": false})]
        {
            assert!(shows_one(&one), "{one}");
        }
        let lists = [
            json!([]),
            json!({}),
            json!({"notes": []}),
            json!({"total": 0, "next": null}),
            json!({"data": {"items": [{"id": 1}]}}),
            json!({"7": {"id": 7}, "8": {"id": 8}}),
            json!({"message": "nothing yet"}),
        ];

        for list in lists {
            assert!(!shows_one(&list), "{list}");
        }
    }
}
