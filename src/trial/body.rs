//! Bodies that change one harmless field, of objects and of accounts.

use std::collections::BTreeMap;

use serde_json::{Value, json};

use super::lab::Lab;
use super::look::ObjectView;
use crate::act::{Acting, FieldChange, build_body, is_email, names_address, new_marker};
use crate::survey::{is_owner_name, split_words};

/// Returns a body that changes one harmless field: no credential, nothing that a caller is known by, and not the field that
/// names what is changed.
pub(super) fn harmless_change(
    lab: &Lab<'_>,
    acting: &Acting,
    naming: &str,
    present: &ObjectView,
) -> Option<FieldChange> {
    let marker = new_marker();
    let fields: BTreeMap<String, Value> = present.fields();
    let mut made = build_body(lab.maker.api, acting, &marker)?;
    let members = made.value.as_object_mut()?;

    // A password that is set to something else locks an account.
    if members.keys().any(|name| is_secret(name)) {
        return None;
    }
    let harmless = |name: &String| {
        name != naming && !is_email(name) && !is_owner_name(name) && !is_secret(name) && !names_address(name, &fields)
    };
    let marked: Vec<String> = made.marked.iter().filter(|name| harmless(name)).cloned().collect();
    // A field that the owner sees proves the change, and any other one is second best.
    let chosen = marked.iter().find(|name| fields.contains_key(*name)).or(marked.first()).cloned();

    for (name, value) in members.iter_mut() {
        if let Some(now) = fields.get(name).filter(|now| !now.is_null() && Some(name) != chosen.as_ref()) {
            value.clone_from(now);
        }
    }
    if let Some(field) = chosen {
        let value = members.get(&field)?.clone();
        return Some(FieldChange { body: made, field, value });
    }
    let change = lab.change(acting, &fields, &[])?;
    let fits = harmless(&change.field) && !change.body.value.as_object()?.keys().any(|name| is_secret(name));
    fits.then_some(change).filter(|change| change.value != json!(null))
}

fn is_secret(name: &str) -> bool {
    split_words(name).iter().any(|word| {
        word.contains("pass") || matches!(word.as_str(), "pwd" | "pin" | "secret" | "token" | "otp" | "key")
    })
}
