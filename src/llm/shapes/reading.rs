//! Reads an answer: frames, then every string of each into the channel that its format gives it.

use std::collections::HashMap;

use serde_json::Value;

use super::leaf::ShapeLeaf;
use super::{WireFormat, gradio};
use crate::llm::answer::{ChannelKind, Channels, ModelReading};
use crate::llm::frames::{Frames, StreamFrame, split_into_frames};

/// Deepest nesting that is followed.
const MAX_DEPTH: usize = 24;
/// Most strings of an answer that are placed.
const MAX_LEAVES: usize = 200_000;

/// Reads the text of an answer. Where the format that was asked in finds nothing that the model says, the answer may be
/// of another one (servers ask in one format and answer in another): each is tried.
pub fn read_model_answer(shape: WireFormat, content_type: &str, text: &str, answer: Option<&str>) -> ModelReading {
    let mut frames = split_into_frames(content_type, text);
    flatten_batch(shape, &mut frames);

    if shape == WireFormat::Gradio {
        gradio::keep_last_snapshot(&mut frames);
    }
    // An API's own format comes last: the names it goes by are common, and would claim the answers of others.
    let others = WireFormat::ALL.into_iter().filter(|other| *other != shape && *other != WireFormat::Generic);
    let order = std::iter::once(shape).chain(others).chain(std::iter::once(WireFormat::Generic));
    let mut channels = Channels::default();
    let mut read_as = shape;

    for shape in order {
        (channels, read_as) = (sort_into_channels(shape, &frames, answer), shape);
        if channels.speaks() {
            break;
        }
    }

    // A known format says where its text is; in others a call of a tool may stand beside a text of an unknown name.
    if !channels.speaks() || read_as == WireFormat::Generic {
        channels.suppose(&count_pieces(&frames));
    }
    let truncated = frames.truncated.or_else(|| cut_short(&frames));
    ModelReading { channels: channels.finish(), truncated, streamed: frames.streamed }
}

/// How many frames of a stream have a text at each path.
fn count_pieces(frames: &Frames) -> HashMap<String, usize> {
    let mut count = HashMap::new();
    for frame in frames.all.iter().filter(|_| frames.streamed) {
        let mut left = MAX_LEAVES;
        visit_texts(frame, &frame.value, &mut Vec::new(), &mut left, &mut |leaf, _| {
            *count.entry(leaf.path()).or_default() += 1
        });
    }

    count
}

/// Makes a frame of each item of a list: Gemini answers with one of what others send one by one.
fn flatten_batch(shape: WireFormat, frames: &mut Frames) {
    if let [StreamFrame { value: Value::Array(items), .. }] = frames.all.as_mut_slice()
        && shape == WireFormat::Gemini
    {
        let items = std::mem::take(items);
        frames.all = items.into_iter().map(|value| StreamFrame { event: String::new(), value }).collect();
        frames.streamed = true;
    }
}

fn sort_into_channels(shape: WireFormat, frames: &Frames, answer: Option<&str>) -> Channels {
    let mut channels = Channels::default();
    let mut left = MAX_LEAVES;

    for frame in &frames.all {
        let mut path = Vec::new();
        let mut visit = |leaf: &ShapeLeaf<'_>, text: &str| {
            // The user's pointer outweighs what the format takes the place for.
            let said = answer.filter(|pointer| is_at(leaf, pointer)).map(|_| (ChannelKind::Text, leaf.path()));
            let (kind, at) = said.or_else(|| shape.place(leaf)).unwrap_or_else(|| (ChannelKind::Metadata, leaf.path()));
            channels.add(kind, &at, text);
            channels.add(ChannelKind::All, "$", text);
        };

        visit_texts(frame, &frame.value, &mut path, &mut left, &mut visit);
    }

    channels
}

/// Whether a leaf stands at a JSON pointer or below it.
fn is_at(leaf: &ShapeLeaf<'_>, pointer: &str) -> bool {
    let steps: Vec<String> =
        pointer.split('/').skip(1).map(|step| step.replace("~1", "/").replace("~0", "~")).collect();
    !steps.is_empty() && leaf.path.starts_with(&steps)
}

fn visit_texts(
    frame: &StreamFrame,
    value: &Value,
    path: &mut Vec<String>,
    left: &mut usize,
    visit: &mut dyn FnMut(&ShapeLeaf<'_>, &str),
) {
    if path.len() > MAX_DEPTH || *left == 0 {
        return;
    }
    match value {
        Value::String(text) => {
            *left -= 1;
            visit(&ShapeLeaf { event: &frame.event, path, root: &frame.value }, text);
        }
        Value::Array(items) => {
            for (at, item) in items.iter().enumerate() {
                path.push(at.to_string());
                visit_texts(frame, item, path, left, visit);
                path.pop();
            }
        }
        Value::Object(fields) => {
            for (name, field) in fields {
                path.push(name.clone());
                visit_texts(frame, field, path, left, visit);
                path.pop();
            }
        }

        // Numbers and flags carry no token.
        _ => {}
    }
}

/// Whether the model ran into its own limit before it could say what was asked: `finish_reason: length` and the like.
fn cut_short(frames: &Frames) -> Option<&'static str> {
    frames.all.iter().any(|frame| stops_short(&frame.value, 0)).then_some("the model's own limit")
}

fn stops_short(value: &Value, depth: usize) -> bool {
    const NAMES: [&str; 5] = ["finish_reason", "finishReason", "stop_reason", "stopReason", "done_reason"];
    match value {
        Value::Object(fields) if depth < 5 => fields.iter().any(|(name, field)| {
            let ended = NAMES.contains(&name.as_str()) && field.as_str().is_some_and(is_length);
            ended || stops_short(field, depth + 1)
        }),
        Value::Array(items) if depth < 5 => items.iter().any(|item| stops_short(item, depth + 1)),
        _ => false,
    }
}

fn is_length(reason: &str) -> bool {
    matches!(reason, "length" | "max_tokens" | "MAX_TOKENS" | "max_output_tokens")
}
