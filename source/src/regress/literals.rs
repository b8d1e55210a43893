//! Texts, values and names as each language writes them.

use serde_json::Value;

/// Longer texts of a scan are cut in a comment or message.
const MOST_LETTERS: usize = 160;

/// Returns a text in quotation marks; the escapes of JSON are the same in Python, JavaScript, Go and Java.
pub(super) fn quoted(text: &str) -> String {
    Value::String(text.to_owned()).to_string()
}

/// Returns a text that is harmless within comments and messages of any language.
pub(super) fn plain(text: &str) -> String {
    let is_plain = |letter: &char| letter.is_alphanumeric() || " -_/{}.,:?=&@~'".contains(*letter);
    text.chars().filter(is_plain).take(MOST_LETTERS).collect()
}

/// Returns the expression of a path or text in which the id of the object gives way to a variable `made`.
pub(super) fn with_made(text: &str, id: Option<&str>) -> String {
    let Some(id) = id.filter(|id| !id.is_empty()) else { return quoted(text) };
    let mut parts = Vec::new();
    let mut rest = text;
    let mut from = 0;
    while let Some(at) = rest.get(from..).and_then(|tail| tail.find(id)).map(|at| at + from) {
        let end = at + id.len();
        let is_whole = |letter: Option<char>| letter.is_none_or(|letter| !letter.is_alphanumeric() && letter != '-');
        let before = rest.get(..at).unwrap_or_default();
        let after = rest.get(end..).unwrap_or_default();
        if is_whole(before.chars().next_back()) && is_whole(after.chars().next()) {
            parts.extend((!before.is_empty()).then(|| quoted(before)));
            parts.push("made".to_owned());
            rest = after;
            from = 0;
        } else {
            from = end;
        }
    }
    if !rest.is_empty() || parts.is_empty() {
        parts.push(quoted(rest));
    }
    parts.join(" + ")
}

/// Returns a JSON value as Python writes it; the id of the object gives way to `made`.
pub(super) fn python_value(value: &Value, id: Option<&str>) -> String {
    match value {
        Value::Null => "None".to_owned(),
        Value::Bool(true) => "True".to_owned(),
        Value::Bool(false) => "False".to_owned(),
        Value::Array(items) => {
            format!("[{}]", items.iter().map(|item| python_value(item, id)).collect::<Vec<_>>().join(", "))
        }
        Value::Object(entries) => {
            let entry = |(key, value): (&String, &Value)| format!("{}: {}", quoted(key), python_value(value, id));
            format!("{{{}}}", entries.iter().map(entry).collect::<Vec<_>>().join(", "))
        }
        _ if is_id(value, id) => "made".to_owned(),
        _ => value.to_string(),
    }
}

/// Returns a JSON value as JavaScript writes it; the id of the object gives way to `made`.
pub(super) fn script_value(value: &Value, id: Option<&str>) -> String {
    match value {
        Value::Array(items) => {
            format!("[{}]", items.iter().map(|item| script_value(item, id)).collect::<Vec<_>>().join(", "))
        }
        Value::Object(entries) => {
            // `__proto__` as a plain key would set the prototype.
            let entry = |(key, value): (&String, &Value)| format!("[{}]: {}", quoted(key), script_value(value, id));
            let plain = |(key, value): (&String, &Value)| format!("{}: {}", quoted(key), script_value(value, id));
            let parts: Vec<String> =
                entries.iter().map(|part| if part.0 == "__proto__" { entry(part) } else { plain(part) }).collect();
            format!("{{ {} }}", parts.join(", "))
        }
        _ if is_id(value, id) => "made".to_owned(),
        _ => value.to_string(),
    }
}

fn is_id(value: &Value, id: Option<&str>) -> bool {
    let Some(id) = id.filter(|id| !id.is_empty()) else { return false };
    match value {
        Value::String(text) => text == id,
        Value::Number(number) => number.to_string() == id,
        _ => false,
    }
}

/// Returns the steps of a JSON pointer, unescaped.
pub(super) fn steps(pointer: &str) -> Vec<String> {
    pointer.split('/').skip(1).map(|step| step.replace("~1", "/").replace("~0", "~")).collect()
}

/// Returns the steps of a JSON pointer as indices of Python or JavaScript: `["data"][0]`.
pub(super) fn indices(pointer: &str) -> String {
    let index = |step: &String| if step.parse::<u32>().is_ok() { step.clone() } else { quoted(step) };
    steps(pointer).iter().map(|step| format!("[{}]", index(step))).collect()
}

/// Returns a text with each name between at-signs replaced: `@NAME@`. What is put in is not looked at again.
pub(super) fn fill(template: &str, values: &[(&str, &str)]) -> String {
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
