//! Reads a tool's arguments against its schema, with messages that let a model repair its call.

use rmcp::model::JsonObject;
use serde::de::DeserializeOwned;
use serde_json::{Map, Value};
use thiserror::Error;

/// The most characters of one text argument.
const MAX_TEXT_CHARS: usize = 4096;
/// The most items of one list argument.
const MAX_ITEMS: usize = 500;
/// Below this likeness a name is not worth proposing.
const MIN_LIKENESS: f64 = 0.7;
/// Words in argument names that mean a secret.
const SECRET_WORDS: [&str; 7] = ["token", "password", "secret", "header", "cookie", "authorization", "key"];

/// What is wrong with which argument, and what would be right.
#[derive(Debug, Error)]
pub enum ArgumentRefused {
    /// The name of a secret.
    #[error(
        "there is no argument `{0}`: secrets are never arguments. Put the value in an environment variable and name \
         that in routewarden.toml, e.g. [identities.alice] bearer = {{ env = \"ALICE_TOKEN\" }}"
    )]
    Secret(String),
    /// A name that the tool does not have.
    #[error("there is no argument `{name}`.{} {known}", format_suggestion(.nearest.as_deref()))]
    Unknown {
        /// As it was given.
        name: String,
        /// One that is like it.
        nearest: Option<String>,
        /// All that there are.
        known: String,
    },
    /// A required one is not there.
    #[error("the argument `{name}` is missing. {known}")]
    Missing {
        /// Which one.
        name: String,
        /// All that there are.
        known: String,
    },
    /// The reader of all arguments failed.
    #[error("arguments: {0}")]
    Unread(#[from] serde_json::Error),
    /// A value of another type.
    #[error("the argument `{name}` must be {right}, not {given}.")]
    WrongType {
        /// Which one.
        name: String,
        /// What it must be.
        right: String,
        /// What it is.
        given: &'static str,
    },
    /// A list that is too long.
    #[error("the argument `{name}` has {count} items; at most {limit} are read.", limit = MAX_ITEMS)]
    TooManyItems {
        /// Which one.
        name: String,
        /// How many it has.
        count: usize,
    },
    /// A list of something else than texts.
    #[error("the items of `{name}` must be strings, not {given}.")]
    ItemsOfWrongType {
        /// Which one.
        name: String,
        /// What one of them is.
        given: &'static str,
    },
    /// A blank text.
    #[error("the argument `{0}` is empty; leave it out instead.")]
    Empty(String),
    /// A text that is too long.
    #[error("the argument `{0}` is longer than {limit} characters.", limit = MAX_TEXT_CHARS)]
    TooLong(String),
    /// A word that is none of those that there are.
    #[error("the argument `{name}` must be one of {allowed}, not `{given}`.")]
    NoChoice {
        /// Which one.
        name: String,
        /// The words that there are.
        allowed: String,
        /// The beginning of what it is.
        given: String,
    },
}

fn format_suggestion(nearest: Option<&str>) -> String {
    nearest.map(|nearest| format!(" Did you mean `{nearest}`?")).unwrap_or_default()
}

/// Reads arguments. `null` counts as absent.
///
/// # Errors
/// What is wrong with which argument, and what would be right.
pub fn parse_arguments<T: DeserializeOwned>(
    schema: &JsonObject,
    arguments: Option<JsonObject>,
) -> Result<T, ArgumentRefused> {
    let empty = Map::new();
    let known = schema.get("properties").and_then(Value::as_object).unwrap_or(&empty);
    // Some models send every optional argument as `null`.
    let given: JsonObject = arguments.unwrap_or_default().into_iter().filter(|(_, value)| !value.is_null()).collect();

    for (name, value) in &given {
        let property = known.get(name).ok_or_else(|| unknown_argument(name, known))?;
        check_argument(name, value, property)?;
    }
    for name in schema.get("required").and_then(Value::as_array).into_iter().flatten().filter_map(Value::as_str) {
        if !given.contains_key(name) {
            return Err(ArgumentRefused::Missing { name: name.to_owned(), known: known_arguments(known) });
        }
    }
    Ok(serde_json::from_value(Value::Object(given))?)
}

fn unknown_argument(name: &str, known: &Map<String, Value>) -> ArgumentRefused {
    let lower = name.to_ascii_lowercase();
    // Before likeness: a model that tries to pass a token must learn where secrets belong, and not another name.
    if SECRET_WORDS.iter().any(|word| lower.contains(word)) {
        return ArgumentRefused::Secret(name.to_owned());
    }
    let nearest = known
        .keys()
        .map(|candidate| (strsim::jaro_winkler(&lower, candidate), candidate))
        .filter(|(likeness, _)| *likeness >= MIN_LIKENESS)
        .max_by(|(one, _), (other, _)| one.total_cmp(other));
    let nearest = nearest.map(|(_, candidate)| candidate.clone());
    ArgumentRefused::Unknown { name: name.to_owned(), nearest, known: known_arguments(known) }
}

fn known_arguments(known: &Map<String, Value>) -> String {
    let names: Vec<String> = known.keys().map(|name| format!("`{name}`")).collect();
    format!("Arguments: {}.", names.join(", "))
}

fn check_argument(name: &str, value: &Value, property: &Value) -> Result<(), ArgumentRefused> {
    let wanted = property.get("type").and_then(Value::as_str).unwrap_or_default();
    let wrong = |right: &str| {
        let (name, right) = (name.to_owned(), right.to_owned());
        Err(ArgumentRefused::WrongType { name, right, given: value_kind(value) })
    };
    match (wanted, value) {
        ("string", Value::String(text)) => check_text(name, text, property),
        ("boolean", Value::Bool(_)) => Ok(()),
        ("integer", Value::Number(number)) if number.is_u64() => Ok(()),
        ("array", Value::Array(items)) if items.len() > MAX_ITEMS => {
            Err(ArgumentRefused::TooManyItems { name: name.to_owned(), count: items.len() })
        }
        ("array", Value::Array(items)) => items.iter().try_for_each(|item| match item {
            Value::String(text) => check_text(name, text, &Value::Null),
            other => Err(ArgumentRefused::ItemsOfWrongType { name: name.to_owned(), given: value_kind(other) }),
        }),
        // The commonest slip of models is one text in place of a list; the answer shows the list.
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

fn check_text(name: &str, text: &str, property: &Value) -> Result<(), ArgumentRefused> {
    if text.trim().is_empty() {
        return Err(ArgumentRefused::Empty(name.to_owned()));
    }
    if text.chars().count() > MAX_TEXT_CHARS {
        return Err(ArgumentRefused::TooLong(name.to_owned()));
    }
    let Some(allowed) = property.get("enum").and_then(Value::as_array) else { return Ok(()) };

    if allowed.iter().any(|one| one.as_str() == Some(text)) {
        return Ok(());
    }
    let names: Vec<&str> = allowed.iter().filter_map(Value::as_str).collect();
    let given: String = text.chars().take(40).collect();
    Err(ArgumentRefused::NoChoice { name: name.to_owned(), allowed: names.join(", "), given })
}

fn value_kind(value: &Value) -> &'static str {
    match value {
        Value::Null => "null",
        Value::Bool(_) => "a boolean",
        Value::Number(_) => "a number",
        Value::String(_) => "a string",
        Value::Array(_) => "an array",
        Value::Object(_) => "an object",
    }
}
