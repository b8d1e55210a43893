//! Bodies that create and change objects of the scan's own: small, valid, marked, and without what a caller should not set.

use std::collections::BTreeSet;

use rand::RngExt as _;
use serde_json::{Map, Value, json};

use super::fields::{self, Field, by_name, date_in_days, days_ahead, is_email, marked_text, timestamp_in_days};
use super::further::{escape_pointer_step, inner_object, locate_inner_object, wrap_in_object};
use super::kinds::{ActKind, Acting, is_password};
use super::privileges::POWER_WORDS;
use super::relations::related_kind;
use crate::model::{Api, HandlerBody, InputPlace, JsonType};
use crate::spec::Samples;
use crate::survey::{
    ends_in_id, is_owner_name, joined_id, resource_of_model, resource_of_name, scalar_text, split_words,
};

/// A body before it is sent.
#[derive(Debug, Clone, PartialEq)]
pub struct Body {
    /// Its media type.
    pub media_type: String,
    /// Its value.
    pub value: Value,
    /// The text fields that carry the marker: of the body, or of the one object that it wraps.
    pub marked: Vec<String>,
}

impl Body {
    /// An empty JSON object.
    pub fn empty() -> Self {
        Self { media_type: "application/json".to_owned(), value: json!({}), marked: Vec::new() }
    }
}

/// A field that refers to an object of another kind.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Reference {
    /// JSON pointer into the body.
    pub pointer: String,
    /// The resource.
    pub resource: String,
    /// The body is refused without it.
    pub required: bool,
}

/// Length of a marker.
pub(super) const MARKER_LENGTH: usize = 12;

/// A text that stands nowhere else: `rw` and ten letters and digits.
pub fn new_marker() -> String {
    let mut random = rand::rng();
    let mut letter = || {
        const LETTERS: &[u8] = b"abcdefghijkmnpqrstuvwxyz23456789";
        LETTERS.get(random.random_range(0..LETTERS.len())).copied().map_or('a', char::from)
    };
    std::iter::once('r').chain(std::iter::once('w')).chain((2..MARKER_LENGTH).map(|_| letter())).collect()
}

/// Fields that a caller must not set for itself.
pub fn is_privilege(name: &str) -> bool {
    split_words(name).iter().any(|word| {
        POWER_WORDS.contains(&word.as_str())
            || matches!(
                word.as_str(),
                "scope" | "verified" | "approved" | "balance" | "credit" | "credits" | "banned" | "locked"
            )
    })
}

/// The body of an operation; `None` when it takes none.
pub fn build_body(api: &Api, acting: &Acting, marker: &str) -> Option<Body> {
    let content = acting.content.as_ref()?;
    // `*/*` cannot be sent as a Content-Type.
    let media_type = if content.media_type == "*/*" { "application/json" } else { content.media_type.as_str() };
    let mut value = Samples::new(api, 1).body(content);
    let (wrapper, declared) = acting.inner_fields(api);

    if !declared.is_empty() {
        wrap_in_object(&mut value, wrapper);
    }
    let mut marked = Vec::new();

    if let Some(members) = inner_object(&mut value) {
        name_values(api, acting, members, &declared);
        mark_fields(api, members, &declared, marker, &mut marked);
        name_nobody(api, members, &declared, marker, acting.kind == ActKind::Create);
        // A marked field may have been left out again, since it names a row of others.
        marked.retain(|name| members.contains_key(name));
    }

    Some(Body { media_type: media_type.to_owned(), value, marked })
}

/// What the source reads of a body has names and no types: each gets a value that a field of its name takes.
fn name_values(api: &Api, acting: &Acting, members: &mut Map<String, Value>, declared: &[Field]) {
    // The samples of a document have types of their own, and are better than a guess by name.
    if acting.operation.request.body == HandlerBody::Unknown {
        return;
    }
    for (name, value) in members.iter_mut() {
        let field = declared.iter().find(|field| field.name == *name);
        let is_open =
            field.and_then(|field| fields::resolve_schema(api, field.schema)).is_some_and(|it| it.types.is_empty());
        let named = by_name(name, "");

        // A text is marked later.
        if is_open && !named.as_str().is_some_and(|text| text.is_empty() || text.starts_with('@')) {
            *value = named;
        }
    }
}

/// Adds the first text that may be added and carries the mark.
fn add_marked_text(api: &Api, members: &mut Map<String, Value>, declared: &[Field], marker: &str) {
    let takes_mark = |field: &&Field| {
        let schema = fields::resolve_schema(api, field.schema);
        let writable = schema.is_some_and(|schema| !schema.read_only && schema.types.contains(&JsonType::String));
        let is_free = !is_owner_name(&field.name) && !is_privilege(&field.name) && !ends_in_id(&field.name);
        writable && is_free && marked_text(&field.name, schema, marker).is_some()
    };

    let new = |field: &&Field| !members.contains_key(&field.name);
    if let Some(field) = declared.iter().filter(new).find(takes_mark) {
        members.insert(field.name.clone(), json!(marker));
    }
}

fn mark_fields(
    api: &Api,
    members: &mut Map<String, Value>,
    declared: &[Field],
    marker: &str,
    marked: &mut Vec<String>,
) {
    let is_required = |name: &str| declared.iter().any(|field| field.name == name && field.required);
    // An owner or a right in a sample would decide whose the object is and what its maker may do: checks try that.
    members.retain(|name, _| is_required(name) || !(is_owner_name(name) || is_privilege(name)));
    let field_of = |name: &str| declared.iter().find(|field| field.name == name);
    let schema_of = |name: &str| field_of(name).and_then(|field| fields::resolve_schema(api, field.schema));

    // A text of one's own is how an object is known again.
    let is_default = |name: &str, text: &str| {
        let schema = schema_of(name);
        !text.is_empty()
            && !is_required(name)
            && schema.and_then(|schema| schema.default.as_ref()).and_then(Value::as_str) == Some(text)
    };

    if !members.iter().any(|(name, value)| value.as_str().is_some_and(|text| !is_default(name, text))) {
        add_marked_text(api, members, declared, marker);
    }
    for (name, value) in members.iter_mut() {
        let schema = schema_of(name);
        match value {
            Value::String(text) if is_time(name, schema.and_then(|schema| schema.format.as_deref()), text) => {
                *text = future_date(name, text);
            }
            // A name that never resolves (RFC 6761 §6.4): whoever calls it back reaches nobody.
            Value::String(text) if calls_back(name, text) => {
                *text = format!("https://{}.invalid/", if marker.is_empty() { "routewarden" } else { marker });
                marked.push(name.clone());
            }
            Value::String(_)
                if is_password(name) || (ends_in_id(name) && resource_of_name(name).is_some() && !is_unique(name)) => {}
            // A word that stands there when nothing is sent is right; a text of one's own may not be.
            Value::String(text) if is_default(name, text) => {}
            Value::String(text) => {
                // Each text is another one: a title that is known says nothing of the secret beside it.
                let own = if marked.is_empty() { marker.to_owned() } else { format!("{marker}x{}", marked.len()) };

                if let Some(own) = marked_text(name, schema, &own) {
                    *text = own;
                    marked.push(name.clone());
                }
            }
            Value::Bool(flag) if schema.is_none_or(|schema| schema.default.is_none() && schema.examples.is_empty()) => {
                *flag = false;
            }
            Value::Object(inner) => {
                let nested = field_of(name).map(|field| fields::schema_fields(api, field.schema));
                let mut ignored = Vec::new();
                mark_fields(api, inner, &nested.unwrap_or_default(), marker, &mut ignored);
            }
            _ => {}
        }
    }
}

/// An example of an id is somebody's: nothing that a scan sends may name a row that is not its own. Ids that must be
/// there are such as nobody has, until somebody puts in what is right; those that need not be are left out.
fn name_nobody(api: &Api, members: &mut Map<String, Value>, declared: &[Field], marker: &str, creates: bool) {
    let of = |name: &str| declared.iter().find(|field| field.name == name);
    let optional = |name: &str| of(name).is_some_and(|field| !field.required);

    // What a new object refers to is looked up; whose it is, and what it is called, is not.
    let names_a_row =
        |name: &str| is_bare_id(name) || is_owner_name(name) || (!creates && referenced_resource(name).is_some());
    members.retain(|name, _| !(names_a_row(name) && optional(name)));

    for (name, value) in members.iter_mut() {
        match value {
            Value::Object(inner) => {
                let nested = of(name).map(|field| fields::schema_fields(api, field.schema)).unwrap_or_default();
                name_nobody(api, inner, &nested, marker, creates);
            }
            // No counter of a target has come as far as these numbers.
            Value::Number(_) if names_a_row(name) => {
                *value = json!(rand::rng().random_range(900_000_000..999_000_000_u64))
            }
            Value::String(_) if names_a_row(name) && !fields::is_email(name) => {
                let schema = of(name).and_then(|field| fields::resolve_schema(api, field.schema));
                let is_uuid = schema.is_some_and(|schema| schema.format.as_deref() == Some("uuid"));
                *value = if is_uuid { json!(random_uuid()) } else { json!(marker) };
            }
            // Ids in an example list would tie what is changed to objects of others.
            Value::Array(items) if !creates && referenced_resource(name).is_some() => items.clear(),
            _ => {}
        }
    }
}

/// The id of the object itself, whatever it is.
fn is_bare_id(name: &str) -> bool {
    matches!(split_words(name).join("").as_str(), "id" | "uuid" | "guid" | "uid" | "pk" | "oid")
}

/// A random UUID (RFC 9562 §5.4).
fn random_uuid() -> String {
    let digits = format!("{:032x}", rand::random::<u128>());
    let part = |from: usize, to: usize| digits.get(from..to).unwrap_or_default().to_owned();
    format!("{}-{}-4{}-a{}-{}", part(0, 8), part(8, 12), part(13, 16), part(17, 20), part(20, 32))
}

/// Whether a field takes an address that the server may call.
fn calls_back(name: &str, text: &str) -> bool {
    let parts = split_words(name);
    let is_address = parts.last().is_some_and(|word| matches!(word.as_str(), "url" | "uri"));
    is_address
        || text.starts_with("http")
            && parts.iter().any(|word| {
                matches!(
                    word.as_str(),
                    "url" | "uri" | "callback" | "webhook" | "hook" | "endpoint" | "target" | "redirect" | "link"
                )
            })
}

/// Ids that callers choose themselves.
fn is_unique(name: &str) -> bool {
    split_words(name)
        .last()
        .is_some_and(|word| matches!(word.as_str(), "slug" | "code" | "key" | "sku" | "number" | "ref" | "username"))
}

fn is_time(name: &str, format: Option<&str>, text: &str) -> bool {
    let dated = text.len() >= 10 && text.as_bytes().get(4) == Some(&b'-') && text.as_bytes().get(7) == Some(&b'-');
    matches!(format, Some("date" | "date-time"))
        || dated
            && split_words(name).iter().any(|word| {
                matches!(
                    word.as_str(),
                    "date"
                        | "day"
                        | "at"
                        | "on"
                        | "from"
                        | "to"
                        | "start"
                        | "end"
                        | "until"
                        | "due"
                        | "checkin"
                        | "checkout"
                        | "arrival"
                        | "departure"
                        | "time"
                )
            })
}

/// A date in the same spelling that lies ahead: many APIs refuse the past.
fn future_date(name: &str, text: &str) -> String {
    let ahead = days_ahead(name);
    if text.len() <= 10 { date_in_days(ahead) } else { timestamp_in_days(ahead) }
}

/// The references of a body: fields that are named like the id of something, or like one of the kinds that addresses name.
pub fn find_references(api: &Api, acting: &Acting, kinds: &BTreeSet<String>, value: &Value) -> Vec<Reference> {
    let (_, declared) = acting.inner_fields(api);
    let (at, members) = locate_inner_object(value);
    let mut found = Vec::new();

    for (name, value) in &members {
        let loaded = acting.operation.request.loads(InputPlace::Body, name).filter(|_| !is_owner_name(name));
        let loaded = loaded.filter(|_| !is_bare_id(name)).and_then(resource_of_model);
        let by_kind = || scalar_text(value).and_then(|text| related_kind(kinds, name, &text));
        // The name of an id is the surest sign; what the source loads by it and the form of its value come after.
        let Some(resource) = referenced_resource(name).or(loaded).or_else(by_kind) else { continue };
        // Without declared fields every member comes from an example, and none is known to be optional.
        let required = declared.is_empty() || declared.iter().any(|field| field.name == *name && field.required);
        let step = escape_pointer_step(name);

        match value {
            Value::Array(_) => found.push(Reference { pointer: format!("{at}/{step}/0"), resource, required }),
            Value::Object(_) => {}
            _ => found.push(Reference { pointer: format!("{at}/{step}"), resource, required }),
        }
    }

    // `items: [{product_id, quantity}]`
    for (name, value) in &members {
        let Some(items) = value.as_array() else { continue };
        for inner in items.first().and_then(Value::as_object).into_iter().flatten().map(|(inner, _)| inner) {
            if let Some(resource) = referenced_resource(inner) {
                let pointer = format!("{at}/{}/0/{}", escape_pointer_step(name), escape_pointer_step(inner));
                found.push(Reference { pointer, resource, required: true });
            }
        }
    }

    found
}

fn referenced_resource(name: &str) -> Option<String> {
    let parts = split_words(name);
    let last = parts.last()?;
    let ids = matches!(last.as_str(), "id" | "ids" | "uuid" | "guid" | "uid")
        || (parts.len() > 1 && last == "slug")
        || (parts.len() == 1 && joined_id(last).is_some());
    if !ids || parts.len() < 2 && !last.ends_with("id") || is_owner_name(name) && !is_group(name) {
        return None;
    }
    resource_of_name(name)
}

/// Whether a field names a group of people: what is made belongs to one of the caller's own.
fn is_group(name: &str) -> bool {
    split_words(name).iter().any(|word| {
        matches!(
            word.as_str(),
            "team" | "workspace" | "organization" | "organisation" | "org" | "tenant" | "company" | "group"
        )
    })
}

/// Fields of a body that name the person whose it is, by an id or a name.
pub fn person_fields(value: &Value) -> Vec<String> {
    let bare = |name: &str| {
        matches!(split_words(name).join("").as_str(), "user" | "owner" | "author" | "account" | "member" | "createdby")
    };
    let mut found = owner_fields(value);
    found.retain(|name| !is_group(name) && (ends_in_id(name) || is_email(name) || bare(name)));
    found
}

/// Fields of a body that name its owner.
pub fn owner_fields(value: &Value) -> Vec<String> {
    value.as_object().into_iter().flatten().map(|(name, _)| name.clone()).filter(|name| is_owner_name(name)).collect()
}

/// Puts values at pointers; arrays and objects on the way must be there.
pub fn set_at_pointer(value: &mut Value, pointer: &str, new: Value) {
    if let Some(place) = value.pointer_mut(pointer) {
        *place = keep_json_type(place, new);
    }
}

/// A number where a number stood, a text where a text stood, as far as the new value allows.
fn keep_json_type(old: &Value, new: Value) -> Value {
    // Validators refuse an id of the other JSON type.
    match (old, &new) {
        (Value::Number(_), Value::String(text)) => text.parse::<i64>().map_or_else(|_| new.clone(), Value::from),
        (Value::String(_), Value::Number(number)) => json!(number.to_string()),
        _ => new,
    }
}
