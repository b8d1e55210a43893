//! Reads a tool's arguments against its schema, with messages that let a model repair its call.

use rmcp::model::JsonObject;
use serde::de::DeserializeOwned;
use serde_json::{Map, Value};

/// The most characters of one text argument.
const MAX_TEXT_CHARS: usize = 4096;
/// The most items of one list argument.
const MAX_ITEMS: usize = 500;
/// Below this likeness a name is not worth proposing.
const MIN_LIKENESS: f64 = 0.7;
/// Words in argument names that mean a secret.
const SECRET_WORDS: [&str; 7] = ["token", "password", "secret", "header", "cookie", "authorization", "key"];

/// Reads arguments. `null` counts as absent.
///
/// # Errors
/// What is wrong with which argument, and what would be right.
pub fn parse<T: DeserializeOwned>(schema: &JsonObject, arguments: Option<JsonObject>) -> Result<T, String> {
    let empty = Map::new();
    let known = schema.get("properties").and_then(Value::as_object).unwrap_or(&empty);
    let given: JsonObject = arguments.unwrap_or_default().into_iter().filter(|(_, value)| !value.is_null()).collect();
    for (name, value) in &given {
        let property = known.get(name).ok_or_else(|| unknown(name, known))?;
        check(name, value, property)?;
    }
    for name in schema.get("required").and_then(Value::as_array).into_iter().flatten().filter_map(Value::as_str) {
        if !given.contains_key(name) {
            return Err(format!("the argument `{name}` is missing. {}", known_arguments(known)));
        }
    }
    serde_json::from_value(Value::Object(given)).map_err(|error| format!("arguments: {error}"))
}

fn unknown(name: &str, known: &Map<String, Value>) -> String {
    let lower = name.to_ascii_lowercase();
    if SECRET_WORDS.iter().any(|word| lower.contains(word)) {
        return format!(
            "there is no argument `{name}`: secrets are never arguments. Put the value in an environment variable and name \
             that in routewarden.toml, e.g. [identities.alice] bearer = {{ env = \"ALICE_TOKEN\" }}"
        );
    }
    let nearest = known
        .keys()
        .map(|candidate| (strsim::jaro_winkler(&lower, candidate), candidate))
        .filter(|(likeness, _)| *likeness >= MIN_LIKENESS)
        .max_by(|(one, _), (other, _)| one.total_cmp(other));
    let guess = nearest.map(|(_, candidate)| format!(" Did you mean `{candidate}`?")).unwrap_or_default();
    format!("there is no argument `{name}`.{guess} {}", known_arguments(known))
}

fn known_arguments(known: &Map<String, Value>) -> String {
    let names: Vec<String> = known.keys().map(|name| format!("`{name}`")).collect();
    format!("Arguments: {}.", names.join(", "))
}

fn check(name: &str, value: &Value, property: &Value) -> Result<(), String> {
    let wanted = property.get("type").and_then(Value::as_str).unwrap_or_default();
    let wrong = |right: &str| Err(format!("the argument `{name}` must be {right}, not {}.", kind(value)));
    match (wanted, value) {
        ("string", Value::String(text)) => check_text(name, text, property),
        ("boolean", Value::Bool(_)) => Ok(()),
        ("integer", Value::Number(number)) if number.is_u64() => Ok(()),
        ("array", Value::Array(items)) if items.len() > MAX_ITEMS => {
            Err(format!("the argument `{name}` has {} items; at most {MAX_ITEMS} are read.", items.len()))
        }
        ("array", Value::Array(items)) => items.iter().try_for_each(|item| match item {
            Value::String(text) => check_text(name, text, &Value::Null),
            other => Err(format!("the items of `{name}` must be strings, not {}.", kind(other))),
        }),
        ("array", Value::String(text)) => {
            let example = Value::from(vec![text.chars().take(80).collect::<String>()]);
            wrong(&format!("an array of strings, as in {example}"))
        }
        ("array", _) => wrong("an array of strings"),
        ("boolean", _) => wrong("true or false"),
        ("integer", _) => wrong("a whole number"),
        _ => wrong("a string"),
    }
}

fn check_text(name: &str, text: &str, property: &Value) -> Result<(), String> {
    if text.trim().is_empty() {
        return Err(format!("the argument `{name}` is empty; leave it out instead."));
    }
    if text.chars().count() > MAX_TEXT_CHARS {
        return Err(format!("the argument `{name}` is longer than {MAX_TEXT_CHARS} characters."));
    }
    let Some(allowed) = property.get("enum").and_then(Value::as_array) else { return Ok(()) };
    if allowed.iter().any(|one| one.as_str() == Some(text)) {
        return Ok(());
    }
    let names: Vec<&str> = allowed.iter().filter_map(Value::as_str).collect();
    let given: String = text.chars().take(40).collect();
    Err(format!("the argument `{name}` must be one of {}, not `{given}`.", names.join(", ")))
}

fn kind(value: &Value) -> &'static str {
    match value {
        Value::Null => "null",
        Value::Bool(_) => "a boolean",
        Value::Number(_) => "a number",
        Value::String(_) => "a string",
        Value::Array(_) => "an array",
        Value::Object(_) => "an object",
    }
}
