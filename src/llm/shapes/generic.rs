//! Formats of an API's own: the prompt goes into the one field of free text, the answer is told by the names of fields.

use serde_json::{Value, json};

use super::leaf::{LeafPlace, ShapeLeaf};
use super::single_field_object;
use crate::llm::answer::ChannelKind;
use crate::llm::prompt::Prompt;

/// Names of the field that takes the prompt, likeliest first.
pub(crate) const PROMPT_NAMES: [&str; 16] = [
    "prompt",
    "message",
    "question",
    "query",
    "input",
    "user_input",
    "userInput",
    "userMessage",
    "user_message",
    "utterance",
    "text",
    "q",
    "msg",
    "content",
    "chatInput",
    "ask",
];
/// Names of the field that has the answer.
pub(crate) const ANSWER_NAMES: [&str; 16] = [
    "answer",
    "reply",
    "response",
    "message",
    "output",
    "text",
    "content",
    "result",
    "completion",
    "generated_text",
    "output_text",
    "summary",
    "bot",
    "assistant",
    "delta",
    "token",
];

pub(super) fn build_body(prompt: &Prompt, sample: &Value, field: Option<&str>) -> Value {
    let messages = sample.get("messages").is_some_and(Value::is_array);
    if field.is_none() && messages {
        let mut body = sample.clone();
        super::put_some(&mut body, "messages", Some(super::prompt_messages(prompt)));
        return body;
    }
    let mut body = fill_sample(&prompt.flat(), sample, field);

    // Only where the document has the flag: some servers refuse a field that they do not know.
    if let Some(flag) = body.get_mut("stream").filter(|flag| flag.is_boolean()) {
        *flag = Value::Bool(prompt.stream);
    }
    body
}

/// A sample with the prompt in its place.
pub(super) fn fill_sample(text: &str, sample: &Value, field: Option<&str>) -> Value {
    let mut body = if sample.is_object() || sample.is_array() { sample.clone() } else { json!({}) };
    let value = Value::String(text.to_owned());
    let pointer = field.map(str::to_owned).or_else(|| {
        let fields = body.as_object()?;
        let named = PROMPT_NAMES.iter().find(|name| fields.get(**name).is_some_and(Value::is_string));
        let only = || fields.iter().find(|(_, value)| value.is_string()).map(|(name, _)| name.as_str());
        named.copied().or_else(only).map(|name| format!("/{}", name.replace('~', "~0").replace('/', "~1")))
    });

    let Some(pointer) = pointer else { return set_field(body, "message", value) };
    match body.pointer_mut(&pointer) {
        Some(place) => *place = value,
        None => body = set_at_pointer(body, &pointer, value),
    }
    body
}

fn set_field(mut body: Value, name: &str, value: Value) -> Value {
    super::put_some(&mut body, name, Some(value));
    body
}

/// Makes the objects that a pointer leads through.
fn set_at_pointer(body: Value, pointer: &str, value: Value) -> Value {
    let Some((name, rest)) = pointer.trim_start_matches('/').split_once('/') else {
        let name = pointer.trim_start_matches('/').replace("~1", "/").replace("~0", "~");
        return if body.is_object() { set_field(body, &name, value) } else { single_field_object(&name, value) };
    };
    let name = name.replace("~1", "/").replace("~0", "~");
    let inner = body.get(&name).cloned().unwrap_or_else(|| json!({}));
    let inner = set_at_pointer(inner, &format!("/{rest}"), value);

    if body.is_object() { set_field(body, &name, inner) } else { single_field_object(&name, inner) }
}

/// A step of an agent: a tool's name, what the model called it with, and what it gave back.
fn of_step(leaf: &ShapeLeaf<'_>) -> Option<ChannelKind> {
    const STEPS: [&str; 5] = ["steps", "intermediate_steps", "intermediateSteps", "actions", "trajectory"];
    const CALLED: [&str; 10] = [
        "args",
        "arguments",
        "input",
        "tool_input",
        "toolInput",
        "action_input",
        "actionInput",
        "params",
        "parameters",
        "kwargs",
    ];
    const GAVE: [&str; 6] = ["observation", "result", "output", "tool_output", "toolOutput", "response"];
    const TOOL: [&str; 7] = ["tool", "tool_name", "toolName", "action", "function", "name", "call"];
    let event = format!("{} {}", leaf.event, leaf.kind()).to_ascii_lowercase();
    (STEPS.iter().any(|name| leaf.is_under(name)) || event.contains("tool") || event.contains("function"))
        .then_some(())?;
    leaf.path.iter().enumerate().find_map(|(at, name)| {
        let is_step =
            || leaf.at(at).is_some_and(|step| TOOL.iter().any(|tool| step.get(*tool).is_some_and(Value::is_string)));
        match name.as_str() {
            called if CALLED.contains(&called) && is_step() => Some(ChannelKind::ToolCall),
            gave if GAVE.contains(&gave) && is_step() => Some(ChannelKind::ToolResult),
            _ => None,
        }
    })
}

pub(super) fn classify_leaf(leaf: &ShapeLeaf<'_>) -> Option<LeafPlace> {
    let path = leaf.path();
    // Errors come first: their text often stands under `message`, which is a name of answers too.
    if leaf.event == "error" || leaf.is_under("error") || leaf.is_under("errors") || leaf.is_under("detail") {
        return Some((ChannelKind::Error, path));
    }
    if leaf.event == "metadata" {
        return Some((ChannelKind::Metadata, path));
    }
    let under = |names: &[&str]| names.iter().any(|name| leaf.is_under(name));

    if under(&["sources", "context", "documents", "source_documents", "citations", "tool_results", "retrieved"]) {
        return Some((ChannelKind::ToolResult, path));
    }
    if under(&["tool_calls", "toolCalls", "function_call", "tool_call"]) {
        return Some((ChannelKind::ToolCall, path));
    }
    // Ahead of the trace as a whole, so that a tool's call within a step counts as one.
    if let Some(kind) = of_step(leaf) {
        return Some((kind, path));
    }
    if under(&["debug", "trace", "steps", "intermediate_steps", "prompt", "prompt_template", "system", "instructions"])
    {
        return Some((ChannelKind::Echo, path));
    }
    if under(&["reasoning", "thinking", "thoughts", "thought"]) {
        return Some((ChannelKind::Reasoning, path));
    }
    // A history repeats what the caller said.
    let depth = leaf.path.len().saturating_sub(1);
    let role = leaf.at(depth).and_then(|turn| turn.get("role").or_else(|| turn.get("sender"))).and_then(Value::as_str);

    if matches!(role, Some("user" | "human" | "system" | "developer")) {
        return Some((ChannelKind::Echo, path));
    }
    let plain = leaf.path.is_empty();
    let answers = ANSWER_NAMES.contains(&leaf.name()) && !under(&["id", "type"]);
    (plain || answers).then_some((ChannelKind::Text, path))
}
