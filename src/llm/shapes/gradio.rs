//! Gradio 4 and later: `POST …/call/{name}` gives an event id, whose stream has the answer. Events of one call are
//! snapshots, not pieces: the last one counts.

use serde_json::{Value, json};

use super::generic::fill_sample;
use super::leaf::{LeafPlace, ShapeLeaf};
use crate::llm::answer::ChannelKind;
use crate::llm::frames::Frames;
use crate::llm::prompt::Prompt;

pub(super) fn build_body(prompt: &Prompt, sample: &Value, field: Option<&str>) -> Value {
    match sample.get("data") {
        Some(Value::Array(items)) if !items.is_empty() => {
            let mut sample = sample.clone();
            // The first text among the inputs is the message; those behind it are settings.
            let first = items.iter().position(Value::is_string).unwrap_or(0);
            let at = field.map_or_else(|| format!("/data/{first}"), str::to_owned);

            if let Some(place) = sample.pointer_mut(&at) {
                *place = Value::String(prompt.flat());
                return sample;
            }
            fill_sample(&prompt.flat(), &sample, None)
        }
        _ => json!({"data": [prompt.flat()]}),
    }
}

/// Keeps the last snapshot before the end, and what is no snapshot.
pub(super) fn keep_last_snapshot(frames: &mut Frames) {
    let is_snapshot = |event: &str| event == "generating" || event == "complete";
    let last = frames.all.iter().rposition(|frame| is_snapshot(&frame.event) && !frame.value.is_null());
    let mut at = 0;
    frames.all.retain(|frame| {
        let keep = !is_snapshot(&frame.event) || Some(at) == last;
        at += 1;
        keep
    });
}

pub(super) fn classify_leaf(leaf: &ShapeLeaf<'_>) -> Option<LeafPlace> {
    let keys = leaf.keys();
    match leaf.event {
        "error" => Some((ChannelKind::Error, leaf.path())),
        "generating" | "complete" => {
            // A chat's history has the caller's turns too: they are the request again.
            let depth = leaf.path.len().saturating_sub(1);
            let role = leaf.at(depth).and_then(|turn| turn.get("role")).and_then(Value::as_str);
            // The older form of a history is a list of pairs, each of which begins with the caller's turn.
            let pair = keys.len() >= 3 && leaf.path.last().is_some_and(|last| last == "0");
            let kind = match role {
                Some("user") => ChannelKind::Echo,
                Some("system") => ChannelKind::Echo,
                None if pair => ChannelKind::Echo,
                _ => ChannelKind::Text,
            };

            (leaf.name() != "role").then(|| (kind, format!("data{}", leaf.path())))
        }
        _ => None,
    }
}
