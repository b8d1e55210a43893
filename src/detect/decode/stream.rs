//! Event streams (HTML Living Standard, server-sent events) and lines of JSON, joined per channel.

use indexmap::IndexMap;
use serde::de::IgnoredAny;

use super::{Cap, DecodeLevel, Decoded, decode_plain_text, decode_value, join_path};

const MAX_EVENTS: usize = 5_000;

/// A stream taken into its items.
pub(super) struct Stream {
    /// `events` or `lines`.
    name: &'static str,
    items: Vec<String>,
}

/// The items of a text that is a stream by its form; `None` when it is none.
pub(super) fn split_items(text: &str) -> Option<Stream> {
    // The standard lets CR alone end a line.
    let lines: Vec<&str> = text.split(['\n', '\r']).collect();
    let is_field = |line: &&str| ["data:", "event:", "id:", "retry:", ":"].iter().any(|field| line.starts_with(field));

    // The first line that is not blank decides: a text with `data:` somewhere in it is no stream.
    if lines.iter().find(|line| !line.trim().is_empty()).is_some_and(is_field) {
        return Some(Stream { name: "events", items: parse_events(text) });
    }
    let full: Vec<&str> = lines.into_iter().map(str::trim).filter(|line| !line.is_empty()).collect();
    let is_json = |line: &&str| line.starts_with(['{', '[']) && serde_json::from_str::<IgnoredAny>(line).is_ok();

    // The last line may be cut off.
    let whole = full.len().saturating_sub(1).max(1);
    // A single line was read as JSON before this; logs with a line of JSON now and then are text.
    let is_stream = full.len() > 1 && full.iter().take(whole).all(is_json);
    is_stream.then(|| Stream { name: "lines", items: full.into_iter().map(str::to_owned).collect() })
}

/// The data of each event: its lines joined by line breaks. The end of the text ends an event as well.
fn parse_events(text: &str) -> Vec<String> {
    let text = text.replace("\r\n", "\n").replace('\r', "\n");
    let (mut events, mut data): (Vec<String>, Vec<&str>) = (Vec::new(), Vec::new());

    for line in text.split('\n').chain([""]) {
        if let Some(rest) = line.strip_prefix("data:") {
            // One blank behind the colon belongs to the format, any further one to the value.
            data.push(rest.strip_prefix(' ').unwrap_or(rest));
        } else if line.is_empty() && !data.is_empty() {
            events.push(data.join("\n"));
            data.clear();
        }
    }

    events
}

/// Joins what the items say at one path, in the order in which the paths first came up.
pub(super) fn join_items(decoded: &mut Decoded, stream: Stream) {
    if stream.items.len() > MAX_EVENTS {
        decoded.cap(Cap::Events);
    }
    let mut joined: IndexMap<String, String> = IndexMap::new();

    // `[DONE]` ends the streams of model APIs and is no data.
    for item in stream.items.iter().take(MAX_EVENTS).filter(|item| item.trim() != "[DONE]") {
        let mut parts = Decoded::default();
        match parts.json(item) {
            Some(value) => decode_value(&mut parts, "", &value, DecodeLevel::default()),
            None => parts.push("", item),
        }
        parts.caps.iter().for_each(|cap| decoded.cap(*cap));

        for part in parts.channels {
            joined.entry(part.path).or_default().push_str(&part.text);
        }
    }

    for (path, text) in joined {
        let name = format!("{}[*]", stream.name);
        let path =
            if path.starts_with('[') || path.is_empty() { format!("{name}{path}") } else { join_path(&name, &path) };
        decode_plain_text(decoded, &path, &text);
    }
}
