//! Texts, values and names as each language writes them.

use serde_json::Value;

use super::MadeObject;
use super::placeholders::{self, PieceWords, has_placeholder, write_expression};

/// Longer texts of a scan are cut in a comment or message.
const MOST_LETTERS: usize = 160;
/// A shorter number in a body is not taken for an id by itself.
const LEAST_ID: usize = 3;

/// Returns a text in quotation marks; the escapes of JSON are the same in Python, JavaScript, Go and Java.
pub(super) fn quote_text(text: &str) -> String {
    Value::String(text.to_owned()).to_string()
}

/// Returns a text that is harmless within comments and messages of any language.
pub(super) fn harmless_text(text: &str) -> String {
    // Quotes, line ends and the signs of comments are left out: the text comes from a target that may be hostile.
    let is_plain = |letter: &char| letter.is_alphanumeric() || " -_/{}.,:?=&@~'".contains(*letter);
    text.chars().filter(is_plain).take(MOST_LETTERS).collect()
}

/// The ids that objects had in the scan. In a test they give way to those of new objects, `made[0]`.
#[derive(Clone, Copy, Default)]
pub(super) struct MadeIds<'a> {
    objects: &'a [MadeObject],
    is_java: bool,
}

impl<'a> MadeIds<'a> {
    /// Takes the ids of objects.
    pub(super) fn new(objects: &'a [MadeObject]) -> MadeIds<'a> {
        MadeIds { objects, is_java: false }
    }

    /// Takes the ids of objects, for Java: `made.get(0)`.
    pub(super) fn in_java(objects: &'a [MadeObject]) -> MadeIds<'a> {
        MadeIds { objects, is_java: true }
    }

    /// Returns those of the objects that are made before one: its path and body may name them.
    pub(super) fn before(self, count: usize) -> MadeIds<'a> {
        MadeIds { objects: self.objects.get(..count).unwrap_or_default(), ..self }
    }

    fn name(self, place: usize) -> String {
        if self.is_java { format!("made.get({place})") } else { format!("made[{place}]") }
    }

    fn ids(self) -> impl Iterator<Item = (usize, &'a str)> {
        self.objects.iter().map(|object| object.id.as_str()).enumerate().filter(|(_, id)| !id.is_empty())
    }

    /// The first id in a text that stands for itself: its place, and what is before and after it.
    fn first_in(self, text: &str) -> Option<(usize, &str, &str)> {
        // A longer word or number with the id in it is another value.
        let is_edge = |letter: Option<char>| letter.is_none_or(|letter| !letter.is_alphanumeric() && letter != '-');
        let found =
            self.ids().flat_map(|(place, id)| text.match_indices(id).map(move |(at, id)| (at, place, id.len())));
        let split = found.filter_map(|(at, place, length)| Some((place, text.get(..at)?, text.get(at + length..)?)));
        split
            .filter(|(_, before, after)| is_edge(before.chars().next_back()) && is_edge(after.chars().next()))
            // The earliest place counts; for equal places the object that was made last.
            .min_by_key(|(place, before, _)| (before.len(), std::cmp::Reverse(*place)))
    }

    /// The id that a value of a body is. A short one may be any number: it is an id where its field is called so.
    fn of_value(self, key: &str, value: &Value) -> Option<String> {
        let text = match value {
            Value::String(text) => text.clone(),
            Value::Number(number) => number.to_string(),
            _ => return None,
        };
        let is_known = text.len() >= LEAST_ID || key.to_ascii_lowercase().ends_with("id");
        self.ids().find(|(_, id)| is_known && *id == text).map(|(place, _)| self.name(place))
    }
}

/// Returns the expression of a path in Python or JavaScript, in which the ids of objects give way to those of new ones.
pub(super) fn path_with_made(path: &str, made: MadeIds, words: &PieceWords) -> String {
    if has_placeholder(path) { write_expression(path, words, quote_text) } else { with_made(path, made) }
}

/// Returns the expression of a text in which the ids of objects give way to those of new ones.
pub(super) fn with_made(text: &str, made: MadeIds) -> String {
    let mut parts = Vec::new();
    let mut rest = text;

    while let Some((place, before, after)) = made.first_in(rest) {
        parts.extend((!before.is_empty()).then(|| quote_text(before)));
        parts.push(made.name(place));
        rest = after;
    }
    if !rest.is_empty() || parts.is_empty() {
        parts.push(quote_text(rest));
    }
    parts.join(" + ")
}

/// Returns the expression of a body as text; ids that are too short to be known are left.
pub(super) fn body_with_made(body: &Value, made: MadeIds) -> String {
    // In a body as text a short id may be any other number.
    let is_long = made.ids().all(|(_, id)| id.len() >= LEAST_ID);
    let made = if is_long { made } else { MadeIds::default() };
    with_made(&body.to_string(), made)
}

/// Returns a JSON value as Python writes it; ids of objects give way to those of new ones.
pub(super) fn python_value(value: &Value, made: MadeIds) -> String {
    let words =
        BodyWords { null: "None", yes: "True", no: "False", pieces: &placeholders::PYTHON, has_prototypes: false };
    body_value("", value, made, &words)
}

/// Returns a JSON value as JavaScript writes it; ids of objects give way to those of new ones.
pub(super) fn script_value(value: &Value, made: MadeIds) -> String {
    let words =
        BodyWords { null: "null", yes: "true", no: "false", pieces: &placeholders::SCRIPT, has_prototypes: true };
    body_value("", value, made, &words)
}

/// How a language writes what JSON has.
struct BodyWords<'a> {
    null: &'static str,
    yes: &'static str,
    no: &'static str,
    pieces: &'a PieceWords,
    /// Whether `__proto__` as a plain key sets the prototype.
    has_prototypes: bool,
}

fn body_value(key: &str, value: &Value, made: MadeIds, words: &BodyWords) -> String {
    if let Some(name) = made.of_value(key, value) {
        return if value.is_number() { format!("{}({name})", words.pieces.number) } else { name };
    }
    match value {
        Value::Null => words.null.to_owned(),
        Value::Bool(true) => words.yes.to_owned(),
        Value::Bool(false) => words.no.to_owned(),
        Value::Array(items) => {
            let items: Vec<String> = items.iter().map(|item| body_value(key, item, made, words)).collect();
            format!("[{}]", items.join(", "))
        }
        Value::Object(entries) => {
            let entry = |(key, value): (&String, &Value)| {
                let value = body_value(key, value, made, words);
                let name = quote_text(key);

                // `__proto__` in brackets is a field like any other; without them it would set the prototype.
                if words.has_prototypes && key == "__proto__" {
                    format!("[{name}]: {value}")
                } else {
                    format!("{name}: {value}")
                }
            };

            format!("{{{}}}", entries.iter().map(entry).collect::<Vec<_>>().join(", "))
        }
        Value::String(text) if has_placeholder(text) => write_expression(text, words.pieces, quote_text),
        Value::Number(_) | Value::String(_) => value.to_string(),
    }
}

/// Returns the steps of a JSON pointer, unescaped.
pub(super) fn pointer_steps(pointer: &str) -> Vec<String> {
    // The order of the replacements is that of RFC 6901: `~01` is `~1` and not a slash.
    pointer.split('/').skip(1).map(|step| step.replace("~1", "/").replace("~0", "~")).collect()
}

/// Returns the steps of a JSON pointer as indices of Python or JavaScript: `["data"][0]`.
pub(super) fn pointer_indices(pointer: &str) -> String {
    let index = |step: &String| if step.parse::<u32>().is_ok() { step.clone() } else { quote_text(step) };
    pointer_steps(pointer).iter().map(|step| format!("[{}]", index(step))).collect()
}

/// Returns a text with each name between at-signs replaced: `@NAME@`. What is put in is not looked at again.
pub(super) fn fill_template(template: &str, values: &[(&str, &str)]) -> String {
    let mut made = String::new();
    let mut pieces = template.split('@');
    made.push_str(pieces.next().unwrap_or_default());
    let mut is_name = true;

    for piece in pieces {
        let value = values.iter().find(|(name, _)| is_name && *name == piece);
        match value {
            Some((_, value)) => {
                made.push_str(value);
                is_name = false;
            }
            None => {
                if is_name {
                    made.push('@');
                }
                made.push_str(piece);
                is_name = true;
            }
        }
    }

    made
}
