//! Mends a body by what its refusal says: the fields that are missing or wrong, and what they should be.

use serde_json::{Map, Value, json};

use super::fields::{by_name, date_in_days, days_ahead, timestamp_in_days};
use super::further::inner_object;
use crate::probe::Response;

/// Most complaints of one answer that are heeded.
const MAX_COMPLAINTS: usize = 20;

/// What an answer says of one field.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Complaint {
    /// The field.
    pub field: String,
    /// What is wrong with it, as the target said it.
    pub message: String,
}

/// The complaints of a refusal, in its order.
pub fn read_complaints(response: &Response) -> Vec<Complaint> {
    let mut found = Vec::new();
    match &response.json {
        Some(json) => collect_complaints(json, None, 0, &mut found),
        None => from_text(response.head(), &mut found),
    }
    found.dedup();
    found.truncate(MAX_COMPLAINTS);
    found
}

fn collect_complaints(value: &Value, key: Option<&str>, depth: u8, found: &mut Vec<Complaint>) {
    if depth > 6 || found.len() >= MAX_COMPLAINTS {
        return;
    }
    match value {
        Value::Object(fields) => {
            // The members of a complaint (`loc`, `msg`) are no fields of the body.
            if let Some(complaint) = complaint_from_object(fields) {
                found.push(complaint);
                return;
            }
            for (name, inner) in fields {
                collect_complaints(inner, Some(name), depth + 1, found);
            }
        }
        Value::Array(items) => {
            for item in items.iter().take(MAX_COMPLAINTS) {
                collect_complaints(item, key, depth + 1, found);
            }
        }
        Value::String(text) => match key.filter(|key| !is_frame(key)) {
            // `{"email": ["This field is required."]}`
            Some(field) => found.push(Complaint { field: field.to_owned(), message: text.clone() }),
            None => from_text(text, found),
        },
        _ => {}
    }
}

/// Keys around complaints, which are no fields of a body.
fn is_frame(key: &str) -> bool {
    matches!(
        key.to_ascii_lowercase().as_str(),
        "detail"
            | "details"
            | "message"
            | "messages"
            | "msg"
            | "error"
            | "errors"
            | "title"
            | "type"
            | "status"
            | "code"
            | "reason"
            | "description"
            | "non_field_errors"
            | "success"
            | "hint"
            | "timestamp"
            | "path"
            | "instance"
            | "trace"
            | "name"
            | "violations"
            | "fields"
            | "validationerrors"
            | "issues"
            | "result"
            | "data"
            | "ok"
    )
}

/// `{"loc": ["body", "email"], "msg": ...}`, `{"field": "email", "message": ...}`, `{"path": ["email"], ...}`.
fn complaint_from_object(fields: &Map<String, Value>) -> Option<Complaint> {
    let place = [
        "loc",
        "field",
        "path",
        "param",
        "property",
        "propertyPath",
        "pointer",
        "instancePath",
        "fieldName",
        "attribute",
    ]
    .iter()
    .find_map(|name| fields.get(*name))?;
    let field = match place {
        Value::Array(steps) => steps.iter().rev().find_map(Value::as_str)?.to_owned(),
        // `user.email` and `/data/attributes/email` both end in the field.
        Value::String(text) => text.rsplit(['/', '.']).next().unwrap_or(text).to_owned(),
        _ => return None,
    };
    let message = ["msg", "message", "defaultMessage", "error", "reason", "detail", "type", "title"]
        .iter()
        .filter_map(|name| fields.get(*name).and_then(Value::as_str))
        .collect::<Vec<_>>()
        .join(" ");
    // `path` beside `status` and `timestamp` is the address of the request.
    let is_address = field.is_empty() || message.is_empty();
    // Ajv names the missing field apart from the path, which is that of the object around it.
    let params = fields.get("params").and_then(|params| params.get("missingProperty")).and_then(Value::as_str);

    match params {
        Some(missing) => Some(Complaint { field: missing.to_owned(), message: "required".to_owned() }),
        None => (!is_address && is_name(&field)).then_some(Complaint { field, message }),
    }
}

fn is_name(text: &str) -> bool {
    !text.is_empty() && text.len() <= 60 && text.chars().all(|c| c.is_alphanumeric() || c == '_' || c == '-')
}

/// Words of a text that complains of fields.
const SIGNS: &[&str] = &[
    "required",
    "missing",
    "must",
    "invalid",
    "should",
    "expected",
    "need",
    "cannot be",
    "can't be",
    "not a valid",
    "provide",
    "is not",
    "at least",
    "taken",
    "exists",
];

/// Words of complaints that name no field.
const COMMON: &[&str] = &[
    "required",
    "missing",
    "must",
    "invalid",
    "should",
    "expected",
    "the",
    "a",
    "an",
    "is",
    "are",
    "be",
    "field",
    "fields",
    "and",
    "or",
    "of",
    "with",
    "parameter",
    "parameters",
    "value",
    "request",
    "body",
    "please",
    "provide",
    "not",
    "valid",
    "for",
    "to",
    "in",
    "json",
    "data",
    "input",
    "all",
    "have",
    "has",
    "property",
    "key",
    "error",
    "validation",
    "failed",
    "cannot",
    "empty",
    "blank",
    "null",
    "at",
    "least",
    "characters",
    "long",
    "you",
    "your",
    "need",
    "both",
    "string",
    "number",
    "integer",
    "bad",
    "this",
    "that",
    "already",
    "exists",
    "taken",
    "character",
    "one",
];

/// `title is required`, `Missing field: title`, `"email" must be a valid email`, `username and password required`.
fn from_text(text: &str, found: &mut Vec<Complaint>) {
    let lower = text.to_ascii_lowercase();
    if !SIGNS.iter().any(|sign| lower.contains(sign)) {
        return;
    }
    // A name in quotes is surely a field, while a bare word may be one.
    let quoted: Vec<&str> = text.split(['"', '\'', '`']).skip(1).step_by(2).filter(|name| is_name(name)).collect();

    if !quoted.is_empty() {
        found.extend(quoted.into_iter().map(|field| Complaint { field: field.to_owned(), message: text.to_owned() }));
        return;
    }
    let names = text
        .split(|c: char| !(c.is_alphanumeric() || c == '_'))
        .filter(|word| word.len() >= 2 && is_name(word) && !COMMON.contains(&word.to_lowercase().as_str()));
    found.extend(names.take(6).map(|field| Complaint { field: field.to_owned(), message: text.to_owned() }));
}

/// Changes a body by the complaints; false when nothing could be changed.
pub fn repair_body(body: &mut Value, complaints: &[Complaint], marker: &str) -> bool {
    if !body.is_object() {
        *body = json!({});
    }
    let Some(fields) = inner_object(body) else { return false };
    let mut changed = false;

    for complaint in complaints {
        let name = known_name(fields, &complaint.field);
        let value = requested_value(&name, &complaint.message, fields.get(&name), marker);
        if let Some(value) = value
            && fields.get(&name) != Some(&value)
        {
            fields.insert(name, value);
            changed = true;
        } else if is_unknown(&complaint.message) {
            // A strict schema refuses fields that it does not know.
            changed |= fields.shift_remove(&name).is_some();
        }
    }

    changed
}

fn known_name(fields: &Map<String, Value>, field: &str) -> String {
    let same = |name: &&String| name.eq_ignore_ascii_case(field);
    // `user.email` of a body that wraps a user is its `email`.
    let last = field.rsplit(['.', '/']).next().unwrap_or(field);
    let within = |name: &&String| name.eq_ignore_ascii_case(last);
    let known = fields.keys().find(same).or_else(|| fields.keys().find(within));

    known.cloned().unwrap_or_else(|| field.to_owned())
}

fn is_unknown(message: &str) -> bool {
    let message = message.to_ascii_lowercase();
    ["extra", "not permitted", "unknown", "unexpected", "not allowed", "unrecognized", "additional"]
        .iter()
        .any(|sign| message.contains(sign))
}

/// What a message asks a field to be.
fn requested_value(name: &str, said: &str, present: Option<&Value>, marker: &str) -> Option<Value> {
    let message = said.to_ascii_lowercase();
    let message = message.as_str();
    let says = |list: &[&str]| list.iter().any(|sign| message.contains(sign));

    if is_unknown(message) {
        return None;
    }
    // A choice that is offered is exact, while a form or a bound only narrows the value down.
    if let Some(choice) = offered_choice(message, said) {
        return Some(choice);
    }
    if let Some(value) = wanted_form(name, message, marker) {
        return Some(value);
    }
    if let Some(value) = within_bounds(message, present) {
        return Some(value);
    }
    if says(&["string"]) && present.is_some_and(|value| !value.is_string()) {
        return Some(json!(marker));
    }
    if says(&["taken", "exists", "already", "unique"]) {
        return None;
    }
    if present.is_none() || says(&["required", "missing", "blank", "empty", "null"]) && present.is_some_and(is_blank) {
        return Some(by_name(name, marker));
    }
    None
}

/// Returns a value of the form or the type that a message asks for.
fn wanted_form(name: &str, message: &str, marker: &str) -> Option<Value> {
    let says = |list: &[&str]| list.iter().any(|sign| message.contains(sign));
    if says(&["e-mail", "email"]) && !says(&["taken", "exists"]) && super::fields::is_email(name) {
        return Some(json!(format!("{marker}@example.com")));
    }
    if says(&["future", "past", "datetime", "date-time", "iso 8601", "iso8601"]) {
        let ahead = if message.contains("past") { -30 } else { days_ahead(name) };
        return Some(if says(&["datetime", "date-time", "iso"]) {
            json!(timestamp_in_days(ahead))
        } else {
            json!(date_in_days(ahead))
        });
    }

    if says(&["valid date", "date format", "yyyy-mm-dd"]) {
        return Some(json!(date_in_days(days_ahead(name))));
    }
    if says(&["uuid"]) {
        return Some(json!("7d3f9c52-1b7e-4c0a-9f6e-2a51c8d0e4b7"));
    }
    if says(&["integer", "int_type", "int_parsing", "whole number"]) {
        return Some(json!(3));
    }
    if says(&["number", "numeric", "decimal", "float"]) && !says(&["phone"]) {
        return Some(json!(3));
    }
    if says(&["boolean", "bool_type", "true or false"]) {
        return Some(json!(true));
    }
    if says(&["array", "list_type", "a list"]) {
        return Some(json!([]));
    }
    if says(&["dict_type", "an object", "a dict"]) {
        return Some(json!({}));
    }
    None
}

fn is_blank(value: &Value) -> bool {
    value.is_null() || value.as_str().is_some_and(str::is_empty)
}

/// `must be one of: draft, sent`, `Input should be 'a', 'b' or 'c'`, `[a, b]`.
fn offered_choice(message: &str, said: &str) -> Option<Value> {
    let at = ["one of", "should be '", "must be '", "allowed values", "allowed:", "enum"]
        .iter()
        .find_map(|sign| message.find(sign))?;
    // Lowering ASCII letters keeps every place where it is.
    let rest = said.get(at..)?;
    let quoted = rest.split(['\'', '"']).nth(1).filter(|text| !text.is_empty() && text.len() <= 60);
    let listed = || {
        let rest = rest.split_once([':', '[', '(']).map_or(rest, |(_, rest)| rest).trim_start_matches("one of");
        rest.split([',', ']', ')', '|']).map(str::trim).find(|word| is_name(word))
    };
    quoted.or_else(listed).map(|word| json!(word))
}

/// Returns the present value moved within the bounds that a message names; `None` where it names none or it is within them.
fn within_bounds(message: &str, present: Option<&Value>) -> Option<Value> {
    let bound = |least: bool| {
        let mut compared = COMPARISONS.into_iter().filter_map(|sign| compared_with(message, sign));
        compared.find(|(is_least, _)| *is_least == least).map(|(_, number)| number)
    };
    let least = number_behind(message, &["at least", "minimum", "min length"]).or_else(|| bound(true));
    let most =
        number_behind(message, &["at most", "maximum", "max length", "exceed", "up to"]).or_else(|| bound(false));

    match present? {
        Value::String(text) => fit_length(message, text, (least, most)).map(Value::String),
        Value::Number(number) => match (least, most) {
            (_, Some(most)) if number.as_f64().is_some_and(|now| now > most as f64) => Some(json!(most)),
            (least, _) => least.map(|least| json!(least)),
        },
        _ => None,
    }
}

fn fit_length(message: &str, text: &str, (least, most): (Option<i64>, Option<i64>)) -> Option<String> {
    let is_length = ["character", "long", "length", "short"].iter().any(|sign| message.contains(sign));
    let length = text.chars().count();
    // An absurd minimum must not blow up the body.
    let least = usize::try_from(least.unwrap_or(0)).unwrap_or(0).min(2_000);

    if is_length && least > length {
        return Some(format!("{text}{}", "a".repeat(least - length)));
    }
    // A comparison that names no length may be one of numbers or of dates.
    let most = usize::try_from(most?).ok().filter(|_| is_length || !message.contains(" than "))?;
    Some(text.chars().take(most).collect())
}

/// Words of comparisons, and whether what they compare with is a minimum.
const COMPARISONS: [(&str, bool); 8] = [
    ("less than", false),
    ("lower than", false),
    ("smaller than", false),
    ("shorter than", false),
    ("greater than", true),
    ("more than", true),
    ("larger than", true),
    ("longer than", true),
];

/// Returns the bound that a comparison names, and whether it is a minimum: `not less than 10` is one, `less than 10` is none.
fn compared_with(message: &str, (sign, is_least): (&str, bool)) -> Option<(bool, i64)> {
    let (before, behind) = message.split_once(sign)?;
    let is_denial = |word: &str| matches!(word, "no" | "not") || word == "cannot" || word.ends_with("n't");
    // The greatest numbers have no neighbour.
    let number = number_behind(behind, &[""])?.min(i64::from(u32::MAX));

    // A comparison that is denied takes in the number itself.
    if before.split_whitespace().rev().take(2).any(is_denial) {
        return Some((!is_least, number));
    }
    let step = i64::from(!behind.trim_start().starts_with("or equal"));
    Some((is_least, if is_least { number + step } else { number - step }))
}

fn number_behind(message: &str, signs: &[&str]) -> Option<i64> {
    let rest = signs.iter().find_map(|sign| message.find(sign).and_then(|at| message.get(at + sign.len()..)))?;
    let digits: String = rest.chars().skip_while(|c| !c.is_ascii_digit()).take_while(char::is_ascii_digit).collect();
    digits.parse().ok()
}

#[cfg(test)]
mod tests {
    use serde_json::{Value, json};

    use super::{Complaint, repair_body};

    fn repaired(mut body: Value, field: &str, message: &str) -> Value {
        let complaint = Complaint { field: field.to_owned(), message: message.to_owned() };
        repair_body(&mut body, &[complaint], "rw1");
        body
    }

    #[test]
    fn an_unknown_field_is_removed_under_the_name_that_the_body_has() {
        let body = || json!({"email": "a@example.com", "title": "t"});
        for field in ["email", "user.email", "Email"] {
            assert_eq!(repaired(body(), field, "unknown field"), json!({"title": "t"}), "{field}");
        }
    }

    #[test]
    fn a_number_is_moved_to_the_side_that_is_asked_for() {
        let mended = |now: Value, message: &str| {
            repaired(json!({"n": now}), "n", message).pointer("/n").cloned().unwrap_or_default()
        };
        assert_eq!(mended(json!(12), "must be less than 10"), json!(9));
        assert_eq!(mended(json!(12), "must be less than or equal to 10"), json!(10));
        assert_eq!(mended(json!(12), "must be at most 10"), json!(10));
        assert_eq!(mended(json!(12), "must not be greater than 10"), json!(10));
        assert_eq!(mended(json!(3), "must not be less than 10"), json!(10));
        assert_eq!(mended(json!(3), "must be at least 10"), json!(10));
        assert_eq!(mended(json!(0), "Input should be greater than 0"), json!(1));
        assert_eq!(mended(json!(9), "must be at least 1 and at most 5"), json!(5));
    }

    #[test]
    fn a_text_is_cut_or_lengthened_as_it_is_asked_for() {
        let mended = |now: &str, message: &str| {
            repaired(json!({"t": now}), "t", message).pointer("/t").cloned().unwrap_or_default()
        };
        assert_eq!(mended("abcdef", "length must be less than 5 characters"), json!("abcd"));
        assert_eq!(mended("abcdef", "must not be longer than 5 characters"), json!("abcde"));
        assert_eq!(mended("abcdef", "Ensure this field has no more than 5 characters."), json!("abcde"));
        assert_eq!(mended("ab", "must be longer than 2 characters"), json!("aba"));
        assert_eq!(mended("ab", "must not be less than 4 characters long"), json!("abaa"));
        assert_eq!(mended("2026-12-01", "must be less than 7 days ahead"), json!("2026-12-01"));
    }
}
