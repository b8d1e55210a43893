//! What a server tells its model, where an answer carries it: turns with the role of the system, assembled prompts, fields
//! that are named for instructions. By structure alone; what a text says is judged elsewhere.

use serde_json::{Map, Value};

use super::assembled;
use super::frames::split_into_frames;

/// Deepest nesting that is followed, JSON within strings included.
const MAX_DEPTH: usize = 24;
/// Most places of one answer that are kept.
const MAX_TOLD: usize = 200;
/// Longest text that is kept of one place, in characters.
const MAX_CHARS: usize = 20_000;

/// How a text is known to be meant for the model.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub enum PromptCarrier {
    /// A turn of a conversation whose role is the system's or the developer's.
    Turn,
    /// The part of the system in a prompt that was put together for the model.
    Assembled,
    /// A field that is named for instructions to a model.
    Field,
}

/// A text that is meant for the model.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Told {
    /// Where it stands, positions in lists as `[]`: `messages[].content`.
    pub at: String,
    /// How that is known.
    pub carrier: PromptCarrier,
    /// What it says.
    pub text: String,
    /// A model's own turn stands in the same list, or the settings of a model in the same object.
    pub beside_model: bool,
}

/// Names of fields that mean instructions to a model wherever they stand; letters and digits alone.
const SURE: [&str; 16] = [
    "systemprompt",
    "systemmessage",
    "systeminstruction",
    "systeminstructions",
    "systemprompttemplate",
    "developermessage",
    "developerprompt",
    "assistantprompt",
    "assistantinstructions",
    "basesystemprompt",
    "promptprefix",
    "preprompt",
    "prompttemplate",
    "systemtemplate",
    "llmprompt",
    "modelinstructions",
];
/// Names that mean it beside the settings of a model.
const LIKELY: [&str; 5] = ["instructions", "system", "prompt", "template", "preamble"];
/// Fields that only stand where a model is set up or answers.
const SETTINGS: [&str; 16] = [
    "model",
    "modelid",
    "temperature",
    "topp",
    "maxtokens",
    "maxoutputtokens",
    "maxcompletiontokens",
    "numpredict",
    "npredict",
    "choices",
    "usage",
    "messages",
    "finishreason",
    "modelpath",
    "llm",
    "defaultgenerationsettings",
];
/// Names under which documents show how something looks.
const SHOWN: [&str; 9] =
    ["example", "examples", "sample", "samples", "schema", "schemas", "properties", "fewshot", "demonstrations"];

/// All such texts of an answer, streamed or not.
pub fn texts_for_model(content_type: &str, text: &str) -> Vec<Told> {
    let mut found = Vec::new();
    for frame in split_into_frames(content_type, text).all {
        collect_from_value(&frame.value, &mut String::new(), false, 0, &mut found);
    }
    found
}

fn collect_from_value(value: &Value, at: &mut String, beside: bool, depth: usize, found: &mut Vec<Told>) {
    if depth > MAX_DEPTH || found.len() >= MAX_TOLD {
        return;
    }
    match value {
        Value::String(text) => collect_from_text(text, at, beside, depth, found),
        Value::Array(items) => {
            let beside = items.iter().filter_map(Value::as_object).any(|item| is_role(item, &["assistant", "ai"]));
            visit_below(at, "[]", |at| {
                items.iter().for_each(|item| collect_from_value(item, at, beside, depth + 1, found))
            });
        }
        Value::Object(fields) => collect_from_object(fields, at, beside, depth, found),
        _ => {}
    }
}

/// A string: JSON once more, or a prompt that was put together.
fn collect_from_text(text: &str, at: &mut String, beside: bool, depth: usize, found: &mut Vec<Told>) {
    // Logs and traces keep JSON as a text within JSON.
    if text.starts_with(['{', '['])
        && let Ok(value) = serde_json::from_str::<Value>(text)
    {
        return collect_from_value(&value, at, beside, depth + 1, found);
    }
    if let Some(system) = assembled::system_part(text) {
        keep_text(found, at, PromptCarrier::Assembled, &system, true);
    }
}

fn collect_from_object(
    fields: &Map<String, Value>,
    at: &mut String,
    beside: bool,
    depth: usize,
    found: &mut Vec<Told>,
) {
    if is_role(fields, &["system", "developer"]) {
        if let Some((name, text)) = turn_content(fields) {
            visit_below(at, name, |at| keep_text(found, at, PromptCarrier::Turn, &text, beside));
        }
        return;
    }

    let tuned = fields.keys().any(|name| SETTINGS.contains(&plain_name(name).as_str()));
    if let Some((name, text)) = labelled_value(fields) {
        visit_below(at, name, |at| keep_text(found, at, PromptCarrier::Field, text, tuned));
    }
    for (name, value) in fields {
        let key = plain_name(name);
        if SHOWN.contains(&key.as_str()) {
            continue;
        }
        let named = SURE.contains(&key.as_str()) || tuned && LIKELY.contains(&key.as_str());
        visit_below(at, name, |at| match value {
            // An assembled prompt says itself which part of it is the system's.
            Value::String(text) if named && assembled::system_part(text).is_none() => {
                keep_text(found, at, PromptCarrier::Field, text, tuned);
            }
            value if named && join_texts(value).is_some() => {
                keep_text(found, at, PromptCarrier::Field, &join_texts(value).unwrap_or_default(), tuned);
            }
            value => collect_from_value(value, at, false, depth + 1, found),
        });
    }
}

fn visit_below(at: &mut String, name: &str, visit: impl FnOnce(&mut String)) {
    let length = at.len();
    if name != "[]" && !at.is_empty() {
        at.push('.');
    }
    // A field's name is the target's choice, and may be of any length.
    at.extend(name.chars().take(80));
    visit(at);
    at.truncate(length);
}

fn keep_text(found: &mut Vec<Told>, at: &str, carrier: PromptCarrier, text: &str, beside_model: bool) {
    let text = text.trim();
    // A template of a chat says how any prompt is put together, and nothing of this one.
    let template = text.contains("{%") && text.contains("%}");

    if !text.is_empty() && !template && found.len() < MAX_TOLD {
        let text = text.chars().take(MAX_CHARS).collect();
        found.push(Told { at: at.to_owned(), carrier, text, beside_model });
    }
}

/// Whether an object is a turn of one of these speakers.
fn is_role(fields: &Map<String, Value>, roles: &[&str]) -> bool {
    const NAMES: [&str; 6] = ["role", "type", "sender", "author", "speaker", "from"];
    let text = |value: &Value| value.as_str().map(str::to_ascii_lowercase);
    // ChatGPT's own history: `author: {role}`. A `type` beside it may only say that it is a message.
    let within = || NAMES.iter().find_map(|name| text(fields.get(*name)?.get("role")?));
    let role = fields.get("role").and_then(text).or_else(within);
    let role = role.or_else(|| NAMES.iter().find_map(|name| text(fields.get(*name)?)));

    if role.is_some_and(|role| roles.contains(&role.as_str())) {
        return true;
    }
    // LangChain names the class: `id: [langchain, schema, messages, SystemMessage]`.
    let class = fields.get("id").and_then(Value::as_array).and_then(|path| path.last()).and_then(Value::as_str);
    class.is_some_and(|class| {
        let class = class.trim_end_matches("Chunk").trim_end_matches("Message").to_ascii_lowercase();
        roles.contains(&class.as_str())
    })
}

/// What a turn says, and the field that has it.
fn turn_content(fields: &Map<String, Value>) -> Option<(&'static str, String)> {
    const NAMES: [&str; 6] = ["content", "text", "message", "parts", "body", "value"];
    // LangChain keeps the content under `kwargs` or `data`, by the way in which it was written out.
    let inner = ["kwargs", "data"].iter().find_map(|name| fields.get(*name)?.as_object());
    [Some(fields), inner]
        .into_iter()
        .flatten()
        .find_map(|fields| NAMES.into_iter().find_map(|name| Some((name, join_texts(fields.get(name)?)?))))
}

/// A text, or the texts of parts.
fn join_texts(value: &Value) -> Option<String> {
    let part = |part: &Value| match part {
        Value::String(text) => Some(text.clone()),
        Value::Object(fields) => fields.get("text").and_then(Value::as_str).map(str::to_owned),
        _ => None,
    };
    match value {
        Value::Array(parts) => {
            let texts: Vec<String> = parts.iter().filter_map(part).collect();
            (!texts.is_empty()).then(|| texts.join("\n"))
        }
        Value::Object(fields) if fields.get("parts").is_some() => fields.get("parts").and_then(join_texts),
        other => part(other),
    }
}

/// Gradio describes an input beside its value: `{label: "System message", value: …}`.
fn labelled_value(fields: &Map<String, Value>) -> Option<(&'static str, &str)> {
    let named = ["parameter_name", "label", "name", "key"].iter().any(|name| {
        fields.get(*name).and_then(Value::as_str).is_some_and(|label| SURE.contains(&plain_name(label).as_str()))
    });
    let values = ["value", "parameter_default", "default", "default_value"];
    let value = || values.into_iter().find_map(|name| Some((name, fields.get(name)?.as_str()?)));
    named.then(value).flatten()
}

fn plain_name(name: &str) -> String {
    name.chars().take(60).filter(char::is_ascii_alphanumeric).map(|letter| letter.to_ascii_lowercase()).collect()
}

/// The ids of tokens that a server sends along with what it was asked: the whole prompt, in numbers.
pub fn token_ids(content_type: &str, text: &str) -> Option<Vec<i64>> {
    const NAMES: [&str; 3] = ["context", "prompt_token_ids", "prompt_tokens_ids"];
    let frames = split_into_frames(content_type, text);
    let lists = frames.all.iter().filter_map(|frame| frame.value.as_object()).flat_map(|fields| {
        // Ollama's `context` is a word of every day: only beside its other fields it means tokens.
        let ollama = fields.contains_key("done") || fields.contains_key("eval_count");
        NAMES
            .into_iter()
            .filter(move |name| *name != "context" || ollama)
            .filter_map(|name| fields.get(name)?.as_array())
    });

    let ids = lists.map(|list| list.iter().map(Value::as_i64).collect::<Option<Vec<i64>>>());
    // A shorter list of numbers may be anything.
    ids.flatten().find(|ids| ids.len() >= 16)
}

#[cfg(test)]
mod tests {
    use super::texts_for_model;

    fn texts(body: &str) -> Vec<String> {
        texts_for_model("application/json", body).into_iter().map(|told| told.text).collect()
    }

    #[test]
    fn the_role_of_an_author_counts_beside_a_type() {
        let turn = r#"{"type": "message", "author": {"role": "system"}, "content": "Be terse."}"#;
        assert_eq!(texts(turn), ["Be terse."]);
        let user = r#"{"type": "message", "author": {"role": "user"}, "content": "Be terse."}"#;
        assert!(texts(user).is_empty());
    }

    #[test]
    fn a_type_that_is_a_role_counts_by_itself() {
        assert_eq!(texts(r#"{"type": "system", "author": "bot", "content": "Be terse."}"#), ["Be terse."]);
        assert!(texts(r#"{"type": "joined", "from": "system", "content": "Alice came in."}"#).is_empty());
    }
}
