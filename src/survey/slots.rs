//! The places of an operation where object ids go.

use base64::Engine as _;
use base64::engine::general_purpose::{STANDARD, URL_SAFE_NO_PAD};
use rand::RngExt as _;
use serde_json::Value;

use super::names::{
    ends_in_id, is_id_word, is_noise_segment, resource_of_model, resource_of_name, singular_of, split_words,
};
use crate::model::{Api, InputPlace, JsonType, Operation, Parameter, Place};

/// One place for an object id.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Slot {
    /// Path or query.
    pub place: Place,
    /// The parameter's name.
    pub name: String,
    /// The resources that its objects may be known under, most likely first.
    pub resources: Vec<String>,
}

impl Slot {
    /// `path:invoice_id`, as findings name sites.
    pub fn site(&self) -> String {
        let place = if self.place == Place::Path { "path" } else { "query" };
        format!("{place}:{}", self.name)
    }

    /// Returns whether its name says that it takes the id of an object, rather than a page, a size or a kind of thing: only
    /// then can a user name one.
    pub fn names_object(&self) -> bool {
        let parts = split_words(&self.name);
        let is_about_list = |word: &String| {
            matches!(
                word.as_str(),
                "page" | "size" | "limit" | "offset" | "cursor" | "per" | "count" | "width" | "height"
            )
        };

        // `/users/{user}`
        let is_as_its_collection =
            self.place == Place::Path && self.resources.len() == 1 && resource_of_name(&self.name).is_some();
        let is_id = parts.last().is_some_and(|word| is_id_word(word)) || ends_in_id(&self.name);
        !parts.iter().any(is_about_list) && (is_id || is_as_its_collection)
    }
}

/// The id slots of an operation in the order of its path; required query parameters that are named like ids follow.
pub fn id_slots(api: &Api, operation: &Operation) -> Vec<Slot> {
    let mut found: Vec<Slot> = Vec::new();
    for parameter in operation.path_parameters() {
        if is_choice(api, parameter) {
            continue;
        }
        let mut resources = path_resources(&operation.path, &parameter.name);
        let loaded = operation.request.loads(InputPlace::Path, &parameter.name).and_then(resource_of_model);
        resources.extend(loaded.filter(|resource| !resources.contains(resource)));
        found.push(Slot { place: Place::Path, name: parameter.name.clone(), resources });
    }

    for parameter in operation.parameters.iter().filter(|parameter| parameter.place == Place::Query) {
        // What the handler loads an object by names one, whatever it is called.
        let loaded = operation.request.loads(InputPlace::Query, &parameter.name);
        let names_object = ends_in_id(&parameter.name) || loaded.is_some() || names_kind(api, &parameter.name);

        // An optional parameter filters a list, and the request works without it.
        if parameter.required && names_object && !is_choice(api, parameter) {
            let resources = loaded
                .and_then(resource_of_model)
                .or_else(|| resource_of_name(&parameter.name))
                .or_else(|| super::names::resource_of_path(&operation.path))
                .into_iter()
                .collect();
            found.push(Slot { place: Place::Query, name: parameter.name.clone(), resources });
        }
    }

    found
}

/// Returns the word that makes an address a secret of its holders, such as that of an invitation or a shared file:
/// `code` of `/invitations/{code}`.
pub fn link_word(path: &str) -> Option<String> {
    const SECRET: &str = "code token secret hash signature nonce share invite";
    let slot = path.trim_end_matches('/').rsplit('/').next()?.strip_prefix('{')?.strip_suffix('}')?;
    split_words(slot).pop().filter(|word| SECRET.split(' ').any(|known| known == word))
}

/// Returns whether a parameter has the name of what a collection of the API holds: `?sample=` beside `/samples`.
pub fn names_kind(api: &Api, name: &str) -> bool {
    let word = name.to_ascii_lowercase();
    let collections =
        [format!("{word}s"), format!("{word}es"), word.strip_suffix('y').unwrap_or(&word).to_owned() + "ies"];
    let is_told = collections.iter().any(|name| api.any_path_says(&[name]));
    is_told && singular_of(&word) == word && word.chars().all(|letter| letter.is_ascii_alphabetic())
}

/// A parameter that chooses among fixed values, or is a date or a flag, names no object.
pub(super) fn is_choice(api: &Api, parameter: &Parameter) -> bool {
    let schema = parameter.schema.and_then(|id| api.schemas.get(id));
    schema.is_some_and(|schema| {
        !schema.enumeration.is_empty()
            || schema.types.contains(&JsonType::Boolean)
            || matches!(schema.format.as_deref(), Some("date" | "date-time" | "time" | "duration"))
    }) || split_words(&parameter.name).last().is_some_and(|word| match word.as_str() {
        "lang" | "locale" | "version" | "format" | "page" => true,
        // In a path a year names a part of an object: `/accounts/{id}/statements/{year}`.
        "year" | "month" | "day" | "date" => parameter.place == Place::Query,
        _ => false,
    })
}

fn path_resources(path: &str, name: &str) -> Vec<String> {
    let brace = format!("{{{name}}}");
    let before = path
        .split('/')
        .take_while(|part| !part.contains(&brace))
        .filter(|part| !part.is_empty() && !part.starts_with('{') && !is_noise_segment(part));
    let segment = before.last().and_then(|part| split_words(part).last().map(|word| singular_of(word)));
    let mut resources: Vec<String> = Vec::new();

    // The parameter's own name is surer than the collection before it.
    for candidate in [resource_of_name(name), segment].into_iter().flatten() {
        if !resources.contains(&candidate) {
            resources.push(candidate);
        }
    }
    resources
}

/// An id of the same form that no object has: the next free looking number, a random UUID, base64 around either.
/// Never the id itself.
pub fn missing_like(known: &Value, salt: u64) -> Value {
    match known {
        Value::Number(_) => {
            let number = Value::from(free_number(salt));
            if number == *known { Value::from(free_number(salt) + 1) } else { number }
        }
        Value::String(text) => Value::String(missing_text(text, salt, 4)),
        other => other.clone(),
    }
}

fn free_number(salt: u64) -> u64 {
    // Counters seldom come this far, and a server that reads 32 bits can still parse it.
    900_000_000 + salt % 90_000_000
}

fn missing_text(text: &str, salt: u64, depth: u8) -> String {
    // Short texts may come out the same by chance.
    let mut tries = (0..8).map(|more| alter_text(text, salt.wrapping_add(more), depth));

    // What has no letter or digit to change is made longer.
    tries.find(|changed| changed != text).unwrap_or_else(|| format!("{text}0"))
}

fn alter_text(text: &str, salt: u64, depth: u8) -> String {
    if !text.is_empty() && text.bytes().all(|byte| byte.is_ascii_digit()) {
        return free_number(salt).to_string();
    }
    if depth > 0
        && let Some(inner) = readable_base64(text)
    {
        let changed = missing_text(&inner, salt, depth - 1);
        return if text.ends_with('=') { STANDARD.encode(changed) } else { URL_SAFE_NO_PAD.encode(changed) };
    }
    // `file:17`, `INV-0017`: the last number changes, the rest stays, since servers parse it.
    let tail = text.len() - text.trim_end_matches(|c: char| c.is_ascii_digit()).len();

    if tail > 0 && tail <= 9 && tail < text.len() && !text.contains("--") && !is_uuid(text) && !is_hex(text) {
        let head = text.get(..text.len() - tail).unwrap_or_default();
        return format!("{head}{}", free_number(salt));
    }
    let mut random = rand::rng();
    text.chars()
        .enumerate()
        .map(|(index, character)| match character {
            // The version and variant digits of a UUID stay.
            _ if is_uuid(text) && matches!(index, 14 | 19) => character,
            '0'..='9' => char::from(random.random_range(b'0'..=b'9')),
            // Hexadecimal letters stay hexadecimal, since servers may check the form first.
            'a'..='f' => char::from(random.random_range(b'a'..=b'f')),
            'A'..='F' => char::from(random.random_range(b'A'..=b'F')),
            'g'..='z' => char::from(random.random_range(b'g'..=b'z')),
            'G'..='Z' => char::from(random.random_range(b'G'..=b'Z')),
            other => other,
        })
        .collect()
}

/// Whether a text has the form of a UUID.
pub fn is_uuid(text: &str) -> bool {
    text.len() == 36
        && text.bytes().enumerate().all(|(index, byte)| match index {
            8 | 13 | 18 | 23 => byte == b'-',
            _ => byte.is_ascii_hexdigit(),
        })
}

fn is_hex(text: &str) -> bool {
    text.len() >= 16 && text.bytes().all(|byte| byte.is_ascii_hexdigit())
}

/// Base64 around printable text with a digit in it, as ids are wrapped.
pub fn readable_base64(text: &str) -> Option<String> {
    if text.len() < 4 || text.contains(' ') {
        return None;
    }
    let bytes = STANDARD.decode(text).or_else(|_| URL_SAFE_NO_PAD.decode(text.trim_end_matches('='))).ok()?;
    let inner = String::from_utf8(bytes).ok()?;
    // Random text may decode too, but hardly to printable characters with a digit among them.
    let plain = inner.chars().all(|c| c.is_ascii_graphic()) && inner.chars().any(|c| c.is_ascii_digit());

    plain.then_some(inner)
}

#[cfg(test)]
mod tests {
    use super::{Slot, path_resources};
    use crate::model::Place;

    #[test]
    fn ids_are_told_from_sizes_and_kinds() {
        let names = |path: &str, name: &str| {
            let resources = path_resources(path, name);
            Slot { place: Place::Path, name: name.to_owned(), resources }.names_object()
        };
        for (path, name) in [
            ("/people/{handle}", "handle"),
            ("/servers/{server_name}", "server_name"),
            ("/run/{flow_id_or_name}", "flow_id_or_name"),
            ("/users/{user}", "user"),
            ("/orders/{orderNumber}", "orderNumber"),
            ("/people/{id}/notes/{noteId}", "noteId"),
        ] {
            assert!(names(path, name), "{path}");
        }
        for (path, name) in [
            ("/thumbnails/{size}", "size"),
            ("/notes/{pageNumber}", "pageNumber"),
            ("/exporters/{extension}", "extension"),
            ("/bookmarks/{namespace}", "namespace"),
            ("/types/{datatype}", "datatype"),
            ("/visits/{date}", "date"),
            ("/list/{page_size}", "page_size"),
        ] {
            assert!(!names(path, name), "{path}");
        }
    }
}
