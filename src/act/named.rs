//! What a request names: the values of its path, its query, its headers and its body, read from the request itself as it
//! would leave.

use std::collections::BTreeSet;

use percent_encoding::percent_decode_str;
use serde_json::Value;

use super::kinds::Acting;
use super::relations::related_kind;
use crate::probe::{Ask, WriteRefused};
use crate::survey::{BARE_IDS, ends_in_id, is_owner_name, resource_of_name, scalar_text, singular_of, split_words};

/// Most values of one body that are looked at.
const MAX_LEAVES: usize = 2_000;

/// Where a value stands.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum RequestPart {
    Path,
    Query,
    Body,
}

/// A value that may name an object.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) struct NamedObject {
    pub(super) part: RequestPart,
    pub(super) field: String,
    /// The kinds of objects that it may name; empty where the field says nothing of that.
    pub(super) kinds: Vec<String>,
    /// The field says whose something is.
    pub(super) is_owner: bool,
    /// Lower case.
    pub(super) value: String,
}

/// Returns the objects that the path and the query of a request name, in their order.
///
/// # Errors
/// When the address is not one of the operation's.
pub(super) fn named_in(acting: &Acting, base_path: &str, ask: &Ask) -> Result<Vec<NamedObject>, WriteRefused> {
    let template = format!("{base_path}{}", acting.operation.path);
    // The address is read as it would leave: a value with a slash in it could name another operation.
    let path = path_values(&template, ask.url.path())
        .ok_or_else(|| WriteRefused::OtherAddress(acting.operation.id.to_string()))?;
    let query: Vec<(String, String)> = ask.url.query_pairs().into_owned().collect();
    let mut found = Vec::new();

    for slot in &acting.slots {
        let (part, from) = match slot.place {
            crate::model::Place::Path => (RequestPart::Path, &path),
            _ => (RequestPart::Query, &query),
        };

        for (_, value) in from.iter().filter(|(name, _)| *name == slot.name) {
            found.push(NamedObject {
                part,
                field: slot.name.clone(),
                kinds: slot.resources.clone(),
                is_owner: false,
                value: value.to_lowercase(),
            });
        }
    }

    Ok(found)
}

/// Returns the values of a template's parameters in a path.
fn path_values(template: &str, path: &str) -> Option<Vec<(String, String)>> {
    let (template, path): (Vec<&str>, Vec<&str>) = (template.split('/').collect(), path.split('/').collect());
    if template.len() != path.len() {
        return None;
    }
    let mut found = Vec::new();

    for (wanted, sent) in template.into_iter().zip(path) {
        let sent = percent_decode_str(sent).decode_utf8_lossy().into_owned();
        match (wanted.find('{'), wanted.rfind('}')) {
            (Some(from), Some(to)) if from < to => {
                let (before, after) = (wanted.get(..from)?, wanted.get(to + 1..)?);
                let value = sent.strip_prefix(before)?.strip_suffix(after)?;

                // `{from}..{to}` in one segment: each may be anything in it.
                for name in wanted.get(from + 1..to)?.split(['{', '}']).filter(|name| !name.is_empty()) {
                    // `;id=5`, as the style `matrix` writes it.
                    let value = value.strip_prefix(&format!(";{name}=")).unwrap_or(value);
                    found.push((name.to_owned(), value.to_owned()));
                }
            }

            _ if percent_decode_str(wanted).decode_utf8_lossy() == sent => {}
            _ => return None,
        }
    }

    Some(found)
}

/// Returns the values of a request's body, of its headers, and of the query that no slot takes; `known` are the kinds of
/// objects that addresses name.
pub(super) fn of_body(acting: &Acting, known: &BTreeSet<String>, ask: &Ask) -> Vec<NamedObject> {
    let mut found: Vec<(String, String)> = Vec::new();
    if let Some((kind, bytes)) = &ask.body {
        if kind.contains("json") {
            let body: Value = serde_json::from_slice(bytes).unwrap_or_default();
            collect_named_values("", &body, &mut found);
        } else if kind.contains("urlencoded") {
            found.extend(url::form_urlencoded::parse(bytes).into_owned());
        }
    }

    found.extend(ask.headers.iter().cloned());
    found.extend(ask.url.query_pairs().into_owned());
    found.truncate(MAX_LEAVES);
    let of = |(field, value): (String, String)| NamedObject {
        part: RequestPart::Body,
        kinds: kinds_of(acting, known, &field).into_iter().chain(related_kind(known, &field, &value)).collect(),
        is_owner: is_owner_name(&field),
        field,
        value: value.to_lowercase(),
    };

    found.into_iter().map(of).collect()
}

fn collect_named_values(name: &str, value: &Value, found: &mut Vec<(String, String)>) {
    match value {
        _ if found.len() >= MAX_LEAVES => {}
        Value::Object(members) => members.iter().for_each(|(name, inner)| collect_named_values(name, inner, found)),
        Value::Array(items) => items.iter().for_each(|item| collect_named_values(name, item, found)),
        other => found.extend(scalar_text(other).map(|text| (name.to_owned(), text))),
    }
}

/// Returns the kinds of objects that a field may name; `ids` names what `id` does.
fn kinds_of(acting: &Acting, known: &BTreeSet<String>, field: &str) -> Vec<String> {
    let is_bare = |name: &str| BARE_IDS.iter().take(7).any(|id| id.eq_ignore_ascii_case(name));
    let single = field.strip_suffix('s').filter(|name| is_bare(name) || ends_in_id(name));
    let field = single.unwrap_or(field);
    let mut kinds = Vec::new();

    // An action on several (`POST /orders/bulk-archive`) names them by the collection before it.
    if is_bare(field) && single.is_some() {
        kinds.extend(collection_kind(acting, known));
    }
    // `candidates: [7, 8]`
    let listed = singular_of(field);
    if listed != field && known.contains(&listed) {
        kinds.push(listed);
    }

    // A bare `id` is of what the operation works on, while any other id names its kind itself.
    if is_bare(field) {
        kinds.extend(acting.resource.clone());
    } else if ends_in_id(field) {
        kinds.extend(resource_of_name(field));
    }
    if is_owner_name(field) {
        kinds.push("user".to_owned());
    }
    kinds
}

/// Returns the kind of the last collection that a path names.
fn collection_kind(acting: &Acting, known: &BTreeSet<String>) -> Option<String> {
    let parts = acting.operation.path.split('/').rev().filter(|part| !part.is_empty() && !part.starts_with('{'));
    let words = parts.filter_map(|part| split_words(part).last().map(|word| singular_of(word)));
    words.into_iter().find(|kind| known.contains(kind))
}

#[cfg(test)]
mod tests {
    use super::path_values;

    #[test]
    fn values_are_read_from_the_path_that_leaves() {
        let pairs = |found: Option<Vec<(String, String)>>| {
            found.map(|found| found.into_iter().map(|(name, value)| format!("{name}={value}")).collect::<Vec<_>>())
        };

        let found = pairs(path_values("/api/notes/{id}/tags/{tag}.json", "/api/notes/a%2Fb/tags/x.json"));
        assert_eq!(found.unwrap_or_default(), ["id=a/b", "tag=x"]);
        let found = pairs(path_values("/boxes/{id}", "/boxes/Qm94OjQxMDU%3D"));
        assert_eq!(found.unwrap_or_default(), ["id=Qm94OjQxMDU="]);
        assert_eq!(pairs(path_values("/boxes/{id}", "/boxes/;id=5")).unwrap_or_default(), ["id=5"]);
        assert_eq!(pairs(path_values("/api/notes/{id}", "/api/users/7")), None);

        assert_eq!(pairs(path_values("/api/notes/{id}", "/api/notes/7/pin")), None);
    }
}
