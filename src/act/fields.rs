//! The fields of a body: what its schema says of each, and values that fit a name.

use std::collections::HashSet;

use jiff::{Timestamp, ToSpan as _};
use serde_json::{Value, json};

use crate::model::{Api, JsonType, Schema, SchemaId};
use crate::survey::split_words;

/// Most schemas that are looked at for one body.
const MAX_VISITED: usize = 400;

/// One declared field.
#[derive(Debug, Clone)]
pub struct Field {
    /// Its name.
    pub name: String,
    /// Its schema.
    pub schema: SchemaId,
    /// It must be sent.
    pub required: bool,
}

/// The fields that a schema and its `allOf` members name, and those of its first `oneOf`.
pub fn schema_fields(api: &Api, schema: SchemaId) -> Vec<Field> {
    let mut found: Vec<Field> = Vec::new();
    let mut required: HashSet<String> = HashSet::new();
    let mut seen = HashSet::new();
    let mut open = vec![schema];

    while let Some(id) = open.pop() {
        if seen.len() >= MAX_VISITED || !seen.insert(id) {
            continue;
        }
        let Some(schema) = api.schemas.get(id) else { continue };
        required.extend(schema.required.iter().cloned());

        for (name, id) in &schema.properties {
            if !found.iter().any(|field| field.name == *name) {
                found.push(Field { name: name.clone(), schema: *id, required: false });
            }
        }
        // One branch of a `oneOf` makes a valid body, and a mixture of two may make none.
        open.extend(schema.all_of.iter().chain(schema.one_of.first()));
    }

    for field in &mut found {
        field.required = required.contains(&field.name);
    }
    found
}

/// What a schema says once `allOf` and the first `oneOf` that is not null are looked through.
pub fn resolve_schema(api: &Api, schema: SchemaId) -> Option<&Schema> {
    let mut id = schema;
    // References may go in circles.
    for _ in 0..8 {
        let found = api.schemas.get(id)?;
        if !found.types.is_empty() || !found.properties.is_empty() || !found.enumeration.is_empty() {
            return Some(found);
        }
        let is_null = |id: &&SchemaId| api.schemas.get(**id).is_some_and(|part| part.types == [JsonType::Null]);

        match found.all_of.iter().chain(&found.one_of).find(|id| !is_null(id)) {
            Some(inner) => id = *inner,
            None => return Some(found),
        }
    }

    None
}

/// Whether a schema takes free text of some length.
pub fn takes_text(schema: &Schema) -> bool {
    (schema.types.is_empty() || schema.types.contains(&JsonType::String))
        && schema.enumeration.is_empty()
        && schema
            .format
            .as_deref()
            .is_none_or(|format| matches!(format, "email" | "html" | "markdown" | "text" | "textarea"))
        && schema.properties.is_empty()
        && schema.items.is_none()
}

/// A text of one's own that fits the bounds of a field, as far as a marker can.
pub fn marked_text(name: &str, schema: Option<&Schema>, marker: &str) -> Option<String> {
    let joined = split_words(name).join("");
    let text = if is_email(name) || schema.is_some_and(|schema| schema.format.as_deref() == Some("email")) {
        format!("{marker}@example.com")
    } else if matches!(
        joined.as_str(),
        "url" | "uri" | "website" | "link" | "homepage" | "callback" | "avatar" | "image" | "photo"
    ) {
        // A marker is no address, and a server may fetch what stands in such a field.
        return None;
    } else {
        marker.to_owned()
    };
    let Some(schema) = schema else { return Some(text) };

    if !takes_text(schema) || schema.pattern.as_deref().is_some_and(|pattern| !matches_pattern(pattern, &text)) {
        return None;
    }
    let count = text.chars().count() as u64;

    if schema.max_length.is_some_and(|most| count > most) {
        return None;
    }
    let short = schema.min_length.map_or(0, |least| least.saturating_sub(count));
    // A minimum of millions would make the body itself an attack.
    let filler = " routewarden".chars().cycle().take(usize::try_from(short.min(20_000)).unwrap_or(0));
    Some(text.chars().chain(filler).collect())
}

fn matches_pattern(pattern: &str, text: &str) -> bool {
    // Patterns of ECMA-262 may look ahead, which this engine does not compile: the field keeps its sample.
    regex::Regex::new(pattern).is_ok_and(|pattern| pattern.is_match(text))
}

/// Whether a field takes an e-mail address.
pub fn is_email(name: &str) -> bool {
    matches!(
        split_words(name).join("").as_str(),
        "email" | "mail" | "emailaddress" | "useremail" | "contactemail" | "mailaddress"
    )
}

/// A day so many days ahead, as `2031-05-04`.
pub fn date_in_days(ahead: i64) -> String {
    let at = Timestamp::now().checked_add((24 * ahead).hours()).unwrap_or_default();
    at.strftime("%Y-%m-%d").to_string()
}

/// A time so many days ahead, RFC 3339.
pub fn timestamp_in_days(ahead: i64) -> String {
    format!("{}T09:30:00Z", date_in_days(ahead))
}

/// How far ahead a field's date lies: ends after starts, births long ago.
pub fn days_ahead(name: &str) -> i64 {
    let has = |list: &[&str]| split_words(name).iter().any(|word| list.contains(&word.as_str()));
    if has(&["birth", "birthday", "birthdate", "dob", "born"]) {
        -12_000
    } else if has(&[
        "end", "to", "until", "due", "return", "checkout", "out", "expires", "expiry", "deadline", "finish",
    ]) {
        33
    } else {
        31
    }
}

/// A value that a field of this name takes, where neither schema nor example tells.
pub fn by_name(name: &str, marker: &str) -> Value {
    let parts = split_words(name);
    let joined = parts.join("");
    let last = parts.last().map(String::as_str).unwrap_or_default();

    match joined.as_str() {
        _ if is_email(name) => json!(format!("{marker}@example.com")),
        // The number is of the range that North America reserves for fiction.
        "phone" | "phonenumber" | "mobile" | "tel" | "telephone" => json!("+15555550100"),
        "age" => json!(34),
        "country" | "countrycode" => json!("DE"),
        "currency" => json!("EUR"),
        "language" | "lang" | "locale" => json!("en"),
        "zip" | "zipcode" | "postcode" | "postalcode" => json!("10115"),
        "gender" | "sex" => json!("other"),
        "timezone" | "tz" => json!("UTC"),
        "tags" | "labels" | "items" | "categories" => json!([]),
        "url" | "website" | "link" | "uri" | "homepage" => json!("https://example.com/"),
        "terms" | "tos" | "acceptterms" | "termsaccepted" | "agree" | "consent" | "accepttos" | "acceptedterms"
        | "gdpr" => json!(true),
        _ => match last {
            "date" | "day" | "birthday" | "birthdate" | "dob" | "from" | "until" => {
                json!(date_in_days(days_ahead(name)))
            }
            "at" | "time" | "start" | "end" | "deadline" => json!(timestamp_in_days(days_ahead(name))),
            "count" | "quantity" | "qty" | "amount" | "price" | "total" | "number" | "nights" | "guests" | "seats"
            | "duration" | "size" | "weight" | "height" | "width" | "rating" | "score" | "stars" | "priority"
            | "position" | "cents" => json!(3),
            "enabled" | "active" | "published" | "public" | "private" | "done" | "completed" => json!(false),
            _ => json!(marker),
        },
    }
}
