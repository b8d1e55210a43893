//! OpenAI responses: `output[]`, streamed as typed events; the answer repeats the request's instructions and tools.

use serde_json::{Value, json};

use super::leaf::{LeafPlace, ShapeLeaf};
use super::messages;
use crate::llm::answer::Kind;
use crate::llm::prompt::Prompt;

pub(super) fn request(prompt: &Prompt, model: &str, sample: &Value) -> Value {
    let input = match prompt.turns.as_slice() {
        [only] => Value::String(only.text.clone()),
        _ => messages(prompt),
    };
    let mut body = json!({"model": model, "input": input, "max_output_tokens": prompt.max_tokens});
    super::put_some(&mut body, "stream", prompt.stream.then_some(true));
    // Nothing need be kept of it.
    super::put_some(&mut body, "store", sample.get("store").map(|_| false));
    body
}

pub(super) fn place(leaf: &ShapeLeaf<'_>) -> Option<LeafPlace> {
    let keys = leaf.keys();
    // `response.created` and its like wrap the whole.
    match keys.as_slice() {
        ["response", "output", inner @ ..] => item(leaf, "response.output", 3, inner),
        ["output", inner @ ..] => item(leaf, "output", 2, inner),
        ["item", inner @ ..] => within(inner)
            .map(|(kind, name)| (kind, format!("output[{}].{name} ({})", leaf.number("output_index"), leaf.kind()))),
        ["part", ..] => Some((Kind::Text, format!("{} ({})", position(leaf), leaf.kind()))),
        ["response", "instructions" | "tools" | "prompt" | "metadata", ..]
        | ["instructions" | "tools" | "prompt" | "metadata", ..] => Some((Kind::Echo, leaf.path())),
        ["response", "error", ..] | ["error", ..] => Some((Kind::Error, leaf.path())),
        ["message" | "code"] if leaf.kind() == "error" => Some((Kind::Error, leaf.path())),
        ["delta"] => delta(leaf.kind()).map(|(kind, name)| (kind, format!("{}.{name}", position(leaf)))),
        ["text" | "arguments" | "input" | "code" | "refusal" | "transcript"] if leaf.kind().ends_with(".done") => {
            delta(leaf.kind()).map(|(kind, name)| (kind, format!("{}.{name} (done)", position(leaf))))
        }
        ["output_text"] => Some((Kind::Text, "output_text".to_owned())),
        _ => None,
    }
}

fn position(leaf: &ShapeLeaf<'_>) -> String {
    format!("output[{}].content[{}]", leaf.number("output_index"), leaf.number("content_index"))
}

/// What a typed event adds to.
fn delta(kind: &str) -> Option<(Kind, &'static str)> {
    let inner = kind.strip_prefix("response.")?;
    let starts = |start: &str| inner.starts_with(start);
    Some(if starts("output_text") {
        (Kind::Text, "text")
    } else if starts("refusal") {
        (Kind::Text, "refusal")
    } else if starts("audio") {
        (Kind::Text, "transcript")
    } else if starts("reasoning") {
        (Kind::Reasoning, "reasoning")
    } else if ["function_call", "mcp_call", "custom_tool_call", "code_interpreter", "shell_call"]
        .iter()
        .any(|s| starts(s))
    {
        (Kind::ToolCall, "arguments")
    } else {
        return None;
    })
}

fn item(leaf: &ShapeLeaf<'_>, base: &str, steps: usize, inner: &[&str]) -> Option<LeafPlace> {
    let (_, inner) = inner.split_first()?;
    let (kind, name) = within(inner)?;
    let position = leaf.path.get(steps - 1).cloned().unwrap_or_default();
    Some((kind, format!("{base}[{position}].{name}")))
}

/// One item of the output.
fn within(inner: &[&str]) -> Option<(Kind, String)> {
    let kind = match inner {
        ["content", "*", "text" | "refusal" | "transcript"] => Kind::Text,
        ["content", "*", "logprobs", ..] => Kind::Text,
        ["summary" | "reasoning" | "content", ..] if inner.contains(&"summary") => Kind::Reasoning,
        ["arguments" | "input" | "code" | "action" | "name", ..] => Kind::ToolCall,
        ["output" | "outputs" | "results", ..] | ["content", "*", "annotations", ..] => Kind::ToolResult,
        ["error", ..] => Kind::Error,
        _ => return None,
    };
    Some((kind, inner.join(".").replace(".*", "[]")))
}
