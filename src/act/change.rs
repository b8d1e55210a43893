//! Bodies that change one field of an object of the scan's own to a value that it did not have.

use std::collections::BTreeMap;

use serde_json::{Map, Value, json};

use super::addressed::names_address;
use super::bodies::{Body, build_body, is_privilege};
use super::fields::{self, Field, by_name, is_email, marked_text};
use super::further::inner_object;
use super::kinds::{Acting, is_password};
use crate::model::{Api, JsonType, Schema};
use crate::spec::{Samples, fits_text};
use crate::survey::{ends_in_id, is_owner_name, split_words};

/// A change of an object's own field that shows: which field, its new value, and the whole body.
#[derive(Debug, Clone, PartialEq)]
pub struct FieldChange {
    /// The body.
    pub body: Body,
    /// The field that is looked at.
    pub field: String,
    /// Its new value.
    pub value: Value,
}

/// Returns a body that changes one field of an object to a value that it did not have. `present` are the object's scalar
/// fields; `avoid` are values that were used before.
pub fn change_one_field(
    api: &Api,
    acting: &Acting,
    present: &BTreeMap<String, Value>,
    marker: &str,
    avoid: &[Value],
) -> Option<FieldChange> {
    let mut body = build_body(api, acting, marker)?;
    let (_, declared) = acting.inner_fields(api);
    let members = inner_object(&mut body.value)?;

    // What its address is made from stays: it would be lost under another one.
    body.marked.retain(|name| !names_address(name, present));
    let object = ChangedObject { api, declared: &declared, present };
    object.keep_present(members, &body.marked);
    let shows = |name: &String| present.contains_key(name);
    // A field that the object shows proves the change in the owner's view; any other text is second best.
    let text = body.marked.iter().find(|name| shows(name)).or(body.marked.first()).cloned();

    if let Some(field) = text {
        let value = members.get(&field)?.clone();
        return Some(FieldChange { body, field, value });
    }
    // A new text is unmistakable in a view, while a flag or a number may have changed by itself.
    let (field, value) = object
        .unsent_text(members, marker)
        .or_else(|| object.other_value(avoid))
        .or_else(|| object.shown_text(marker))?;
    members.insert(field.clone(), value.clone());
    Some(FieldChange { body, field, value })
}

/// An object whose field is to be changed, and what the operation takes.
struct ChangedObject<'o> {
    api: &'o Api,
    declared: &'o [Field],
    present: &'o BTreeMap<String, Value>,
}

impl ChangedObject<'_> {
    /// Leaves what the object has as it is, so that a whole representation (PUT) remains valid.
    fn keep_present(&self, members: &mut Map<String, Value>, marked: &[String]) {
        for (name, value) in members.iter_mut() {
            let schema = self
                .declared
                .iter()
                .find(|field| field.name == *name)
                .and_then(|field| fields::resolve_schema(self.api, field.schema));
            // An object may have been made with what its document does not let callers send: an empty text, say.
            let fits = |now: &Value| schema.zip(now.as_str()).is_none_or(|(schema, text)| fits_text(schema, text));
            let now = self.present.get(name);

            if let Some(now) = now.filter(|now| !now.is_null() && !marked.contains(name) && fits(now)) {
                value.clone_from(now);
            }
        }
    }

    /// Returns a text for a field that need not be sent.
    fn unsent_text(&self, members: &Map<String, Value>, marker: &str) -> Option<(String, Value)> {
        self.declared.iter().find_map(|field| {
            let schema = fields::resolve_schema(self.api, field.schema)
                .filter(|schema| !schema.read_only && schema.enumeration.is_empty())?;
            let is_text =
                schema.types.contains(&JsonType::String) && schema.format.is_none() && schema.pattern.is_none();
            let name = &field.name;
            // A new password or address may lock the account, and a new owner hands the object over.
            let kept =
                is_owner_name(name) || is_privilege(name) || ends_in_id(name) || is_password(name) || is_email(name);
            let usable = is_text && !kept && !members.contains_key(name) && !names_address(name, self.present);
            let text = marked_text(name, Some(schema), marker).filter(|_| usable)?;
            Some((name.clone(), json!(text)))
        })
    }

    /// Returns another value of a declared field's own vocabulary.
    fn other_value(&self, avoid: &[Value]) -> Option<(String, Value)> {
        let changeable = |field: &&Field| {
            let name = &field.name;
            !is_owner_name(name) && !is_privilege(name) && !ends_in_id(name) && !names_address(name, self.present)
        };
        self.declared.iter().filter(changeable).find_map(|field| {
            let schema = fields::resolve_schema(self.api, field.schema).filter(|schema| !schema.read_only)?;
            let now = self.present.get(&field.name);
            let fits = |value: &Value| Some(value) != now && !avoid.contains(value);
            let value = other_value_of(self.api, schema, now, &fits)?;
            Some((field.name.clone(), value))
        })
    }

    /// Returns a text for a field that only the object shows: nothing is declared.
    fn shown_text(&self, marker: &str) -> Option<(String, Value)> {
        let changeable = |name: &String| {
            !ends_in_id(name)
                && !is_owner_name(name)
                && !is_stamp(name)
                && *name != "id"
                && !names_address(name, self.present)
        };

        let (field, _) = self.present.iter().find(|(name, value)| value.is_string() && changeable(name))?;
        let value = match by_name(field, marker) {
            Value::String(text) => json!(text),
            _ => json!(marker),
        };
        Some((field.clone(), value))
    }
}

/// Returns another value that a schema allows and that fits.
fn other_value_of(api: &Api, schema: &Schema, now: Option<&Value>, fits: &dyn Fn(&Value) -> bool) -> Option<Value> {
    let kind = |kind: JsonType| schema.types.contains(&kind);
    let listed = schema.enumeration.iter().find(|value| fits(value)).cloned();
    let flag = || {
        let other = json!(!now.and_then(Value::as_bool).unwrap_or(false));
        Some(other).filter(|other| kind(JsonType::Boolean) && fits(other))
    };
    let number = || {
        let is_number = kind(JsonType::Integer) || kind(JsonType::Number);
        let start = now.and_then(Value::as_i64).unwrap_or(2);
        // A small step stays within the bounds of most fields.
        (1..40).map(|more| json!(start + more)).find(|value| is_number && fits(value))
    };
    let text = || {
        // A text that must be of some form: another one of it.
        let formed = kind(JsonType::String) && (schema.pattern.is_some() || schema.format.is_some());
        let texts = (1..24).map(|turn| Samples::new(api, 1).text(schema, turn));
        texts.filter(|text| formed && fits_text(schema, text)).map(|text| json!(text)).find(|value| fits(value))
    };

    // A value of the enumeration is surely allowed, while a text of a form is guessed.
    listed.or_else(flag).or_else(number).or_else(text)
}

fn is_stamp(name: &str) -> bool {
    split_words(name).iter().any(|word| {
        matches!(
            word.as_str(),
            "created" | "updated" | "at" | "date" | "status" | "type" | "kind" | "url" | "href" | "id"
        )
    })
}
