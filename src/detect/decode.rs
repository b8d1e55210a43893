//! Takes answers apart into named texts: JSON and JSON within its strings, event streams, lines of JSON, forms, and
//! text with its escapes undone. Streams are joined per channel: what a model says comes in pieces.

mod stream;

use percent_encoding::percent_decode_str;
use serde_json::Value;

use super::known;
use crate::model::{TooMuch, json_within};

/// Only this much of one text is taken apart.
const MAX_INPUT_BYTES: usize = 4 * 1024 * 1024;
/// All channels together hold no more.
const MAX_OUTPUT_BYTES: usize = 16 * 1024 * 1024;
const MAX_CHANNELS: usize = 50_000;
/// JSON whose values would take more memory is read as text.
const MAX_JSON_BYTES: usize = 24 * 1024 * 1024;
/// Deepest nesting, counted through JSON within strings.
const MAX_DEPTH: usize = 64;
/// JSON within strings is followed so often.
const MAX_INNER: usize = 4;
/// Longer paths are cut.
const MAX_PATH_BYTES: usize = 512;
/// Keys of objects that are this long may be values themselves.
const MIN_KEY_CHARS: usize = 16;

/// One text of an answer.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct DecodedText {
    /// Where it stands: `choices[0].message.content`; `arguments.(json).token` within JSON in a string;
    /// `events[*].delta.content` joined over a stream; empty for the text itself.
    pub path: String,
    /// The text, decoded.
    pub text: String,
}

/// A bound that cut something off.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum Cap {
    /// The text is longer than 4 MiB.
    Input,
    /// The channels hold more than 16 MiB.
    Output,
    /// There are more than 50,000 channels.
    Channels,
    /// Nesting is deeper than 64, or JSON stands within strings more than four deep.
    Depth,
    /// A stream has more than 5,000 events.
    Events,
    /// JSON has so many values that it was read as text.
    Values,
}

/// An answer taken apart.
#[derive(Debug, Default, Clone, PartialEq, Eq)]
pub struct Decoded {
    /// In the order of the text.
    pub channels: Vec<DecodedText>,
    /// What was cut off; empty when all was looked at. Each bound once.
    pub caps: Vec<Cap>,
    n_bytes: usize,
}

impl Decoded {
    fn cap(&mut self, cap: Cap) {
        if !self.caps.contains(&cap) {
            self.caps.push(cap);
        }
    }

    /// A text as JSON, where it is and its values are not too many.
    fn json(&mut self, text: &str) -> Option<Value> {
        match json_within(text.as_bytes(), MAX_JSON_BYTES) {
            Ok(read) => read.map(|(value, _)| value),
            Err(TooMuch) => {
                // The caller goes on with it as text: its values are still searched, without their paths.
                self.cap(Cap::Values);
                None
            }
        }
    }

    fn push(&mut self, path: &str, text: &str) {
        if self.channels.len() >= MAX_CHANNELS {
            return self.cap(Cap::Channels);
        }
        // The target decides how much decoding makes of its answer: what has room is kept, the rest is reported.
        let room = MAX_OUTPUT_BYTES.saturating_sub(self.n_bytes);

        if text.len() > room {
            self.cap(Cap::Output);
        }
        let text = cut_to_length(text, room);

        if text.is_empty() {
            return;
        }
        self.n_bytes += text.len();
        self.channels.push(DecodedText { path: cut_to_length(path, MAX_PATH_BYTES).to_owned(), text: text.to_owned() });
    }
}

/// Takes a text apart. `content_type` is a hint: what is JSON or a stream by its form is read as such without it.
pub fn split_channels(content_type: Option<&str>, text: &str) -> Decoded {
    let mut decoded = Decoded::default();
    if text.len() > MAX_INPUT_BYTES {
        decoded.cap(Cap::Input);
    }
    let text = cut_to_length(text, MAX_INPUT_BYTES);
    let kind = content_type.unwrap_or_default().to_ascii_lowercase();

    // The form of the text goes before its content type: many servers send JSON as `text/html`.
    match decoded.json(text) {
        Some(value) => decode_value(&mut decoded, "", &value, DecodeLevel::default()),
        None if kind.contains("x-www-form-urlencoded") => decode_form(&mut decoded, text),
        None => match stream::split_items(text) {
            Some(stream) => stream::join_items(&mut decoded, stream),
            None => decode_plain_text(&mut decoded, "", text),
        },
    }

    decoded
}

/// How deep the walk is.
#[derive(Clone, Copy, Default)]
struct DecodeLevel {
    depth: usize,
    inner: usize,
}

impl DecodeLevel {
    fn deeper(self) -> Self {
        Self { depth: self.depth + 1, ..self }
    }

    fn within(self) -> Self {
        Self { depth: self.depth + 1, inner: self.inner + 1 }
    }
}

fn decode_value(decoded: &mut Decoded, path: &str, value: &Value, level: DecodeLevel) {
    if level.depth > MAX_DEPTH {
        return decoded.cap(Cap::Depth);
    }
    match value {
        Value::String(text) => decode_string(decoded, path, text, level),
        Value::Number(number) => decoded.push(path, &number.to_string()),
        Value::Array(items) => {
            for (index, item) in items.iter().enumerate() {
                decode_value(decoded, &format!("{path}[{index}]"), item, level.deeper());
            }
        }
        Value::Object(fields) => {
            for (key, item) in fields {
                let below = join_path(path, key);
                // Maps are keyed by tokens and session ids at times; short keys are names of fields.
                if key.chars().count() >= MIN_KEY_CHARS {
                    decoded.push(&format!("{path}{{key}}"), key);
                }
                decode_value(decoded, &below, item, level.deeper());
            }
        }

        // They are no text.
        Value::Bool(_) | Value::Null => {}
    }
}

fn decode_string(decoded: &mut Decoded, path: &str, text: &str, level: DecodeLevel) {
    // Numbers and words are JSON too, and hide nothing: the first character saves a parse for most strings.
    if text.trim_start().starts_with(['{', '[', '"'])
        && let Some(inner) = decoded.json(text)
    {
        if level.inner < MAX_INNER {
            return decode_value(decoded, &join_path(path, "(json)"), &inner, level.within());
        }
        decoded.cap(Cap::Depth);
    }

    decode_plain_text(decoded, path, text);
}

/// The text, and once more with escapes of URLs, HTML and programs undone, where it has any.
fn decode_plain_text(decoded: &mut Decoded, path: &str, text: &str) {
    // Both readings stay: a value that looks escaped itself is spoilt when escapes are undone.
    decoded.push(path, text);
    let Some(unescaped) = known::unescape_text(text) else { return };
    decoded.push(&join_path(path, "(unescaped)"), &unescaped);
}

fn decode_form(decoded: &mut Decoded, text: &str) {
    for pair in text.split('&') {
        let (name, value) = pair.split_once('=').unwrap_or((pair, ""));
        // In a form a plus is a blank (WHATWG URL §5.1); it has to be one before `%2B` becomes a plus.
        let [name, value] =
            [name, value].map(|part| percent_decode_str(&part.replace('+', " ")).decode_utf8_lossy().into_owned());
        decode_string(decoded, &name, &value, DecodeLevel::default());
    }
}

/// A path that is too long grows no more; what stands below it is read all the same.
fn join_path(path: &str, key: &str) -> String {
    let key = cut_to_length(key, MAX_PATH_BYTES);
    match path.len() {
        0 => key.to_owned(),
        MAX_PATH_BYTES.. => path.to_owned(),
        _ => format!("{path}.{key}"),
    }
}

fn cut_to_length(text: &str, at: usize) -> &str {
    let end = (0..=at.min(text.len())).rev().find(|index| text.is_char_boundary(*index)).unwrap_or(0);
    text.get(..end).unwrap_or_default()
}
