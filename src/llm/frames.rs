//! Cuts an answer into frames: one JSON value, the events of a stream (WHATWG HTML, server-sent events), lines of JSON,
//! or the coded lines of the AI SDK's data stream.

use serde_json::Value;

use crate::model::json_within;

/// Most bytes of an answer that are read.
pub const MAX_READ_BYTES: usize = 1 << 20;
/// JSON whose values would take more memory is read as text.
const MAX_JSON_BYTES: usize = 16 * 1024 * 1024;
/// Most frames of an answer that are read.
pub const MAX_EVENTS: usize = 5_000;

/// One piece of an answer.
#[derive(Debug, Clone, PartialEq)]
pub(crate) struct StreamFrame {
    /// The event's name, or the code of a data stream's line; empty without one.
    pub(crate) event: String,
    /// What it carries; a text where it is no JSON.
    pub(crate) value: Value,
}

/// All pieces of an answer.
#[derive(Debug, Default, PartialEq)]
pub(crate) struct Frames {
    pub(crate) all: Vec<StreamFrame>,
    pub(crate) streamed: bool,
    /// The cap that was reached.
    pub(crate) truncated: Option<&'static str>,
}

/// Cuts an answer of this content type.
pub(crate) fn split_into_frames(content_type: &str, text: &str) -> Frames {
    let (text, mut truncated) = cap_length(text);
    let text = text.strip_prefix('\u{feff}').unwrap_or(text);
    let kind = content_type.to_ascii_lowercase();
    // Events are looked for under any content type, since frameworks and proxies often send another one.
    let (mut all, streamed) = if kind.contains("event-stream") || looks_like_events(text) {
        (parse_events(text), true)
    } else if let Ok(Some((value, _))) = json_within(text.as_bytes(), MAX_JSON_BYTES) {
        (vec![StreamFrame { event: String::new(), value }], false)
    } else if let Some(coded) = coded_lines(text) {
        (coded, true)
    } else if let Some(lines) = json_lines(text, truncated.is_some()) {
        (lines, true)
    } else if text.trim().is_empty() {
        (Vec::new(), false)
    } else {
        (vec![StreamFrame { event: String::new(), value: Value::String(text.to_owned()) }], false)
    };
    if all.len() > MAX_EVENTS {
        all.truncate(MAX_EVENTS);
        truncated = Some("more than 5000 events");
    }
    Frames { all, streamed, truncated }
}

fn cap_length(text: &str) -> (&str, Option<&'static str>) {
    if text.len() <= MAX_READ_BYTES {
        return (text, None);
    }
    let end = (0..=MAX_READ_BYTES).rev().find(|at| text.is_char_boundary(*at)).unwrap_or(0);
    (text.get(..end).unwrap_or_default(), Some("longer than 1 MiB"))
}

fn looks_like_events(text: &str) -> bool {
    let first = split_lines(text).find(|line| !line.trim().is_empty()).unwrap_or_default();
    // A line that begins with a colon is a comment (WHATWG), which servers send to keep a connection open.
    ["data:", "event:", "id:", "retry:"].iter().any(|start| first.starts_with(start))
        || first.starts_with(':') && split_lines(text).any(|line| line.starts_with("data:"))
}

/// Lines ended by LF, CRLF or CR alone.
fn split_lines(text: &str) -> impl Iterator<Item = &str> {
    let mut rest = Some(text);
    std::iter::from_fn(move || {
        let here = rest?;
        let Some(end) = here.find(['\r', '\n']) else {
            rest = None;
            return Some(here);
        };
        let (line, after) = here.split_at(end);
        let after = after.strip_prefix("\r\n").unwrap_or_else(|| after.get(1..).unwrap_or_default());
        rest = Some(after);
        Some(line)
    })
}

/// Events; the last one counts without the blank line that should end it.
fn parse_events(text: &str) -> Vec<StreamFrame> {
    let mut all = Vec::new();
    let (mut event, mut data): (String, Vec<&str>) = (String::new(), Vec::new());

    for line in split_lines(text).chain(std::iter::once("")) {
        // One more than is kept shows that there were too many.
        if all.len() > MAX_EVENTS {
            break;
        }
        if line.is_empty() {
            // An event without data is none (WHATWG HTML, server-sent events).
            if !data.is_empty() {
                all.extend(frame_from_event(&event, &data.join("\n")));
            }
            event.clear();
            data.clear();
            continue;
        }

        let (field, value) = line.split_once(':').unwrap_or((line, ""));
        let value = value.strip_prefix(' ').unwrap_or(value);

        match field {
            "data" => data.push(value),
            "event" => value.clone_into(&mut event),
            // A comment has no name; ids and retries carry nothing of the model's.
            _ => {}
        }
    }

    all
}

/// The end mark of OpenAI's and the AI SDK's streams is no frame.
fn frame_from_event(event: &str, data: &str) -> Option<StreamFrame> {
    if data.trim() == "[DONE]" {
        return None;
    }
    let value = serde_json::from_str(data).unwrap_or_else(|_| Value::String(data.to_owned()));
    Some(StreamFrame { event: event.to_owned(), value })
}

/// `0:"text"`: a code of one letter or digit and one JSON value a line (AI SDK 4, data stream protocol).
fn coded_lines(text: &str) -> Option<Vec<StreamFrame>> {
    let mut all = Vec::new();
    for line in split_lines(text).filter(|line| !line.trim().is_empty()).take(MAX_EVENTS + 1) {
        let (code, value) = line.split_once(':')?;
        let coded = code.len() == 1 && code.bytes().all(|byte| byte.is_ascii_digit() || byte.is_ascii_lowercase());
        let value = coded.then(|| serde_json::from_str::<Value>(value).ok()).flatten()?;
        all.push(StreamFrame { event: code.to_owned(), value });
    }

    (!all.is_empty()).then_some(all)
}

/// Lines that are JSON each; the last one may be cut where the text is.
fn json_lines(text: &str, cut: bool) -> Option<Vec<StreamFrame>> {
    let lines: Vec<&str> = split_lines(text).filter(|line| !line.trim().is_empty()).take(MAX_EVENTS + 1).collect();
    let mut all = Vec::new();

    for (at, line) in lines.iter().enumerate() {
        match serde_json::from_str::<Value>(line) {
            Ok(value) => all.push(StreamFrame { event: String::new(), value }),
            Err(_) if cut && at + 1 == lines.len() => {}
            Err(_) => return None,
        }
    }

    // A single line of JSON is an ordinary answer, and no stream.
    (lines.len() > 1 && !all.is_empty()).then_some(all)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn events_are_read_with_any_line_end_comments_and_a_missing_blank_line() {
        for end in ["\n", "\r\n", "\r"] {
            let text = [": OPENROUTER PROCESSING", "", "event: a", "data: {\"x\":1,", "data: \"y\":2}", "", "data: b"]
                .join(end);
            let read = split_into_frames("text/event-stream; charset=utf-8", &text);
            let first = StreamFrame { event: "a".to_owned(), value: serde_json::json!({"x": 1, "y": 2}) };
            let second = StreamFrame { event: String::new(), value: Value::String("b".to_owned()) };
            assert_eq!(read.all, [first, second], "{end:?}");
            assert!(read.streamed && read.truncated.is_none());
        }
    }

    #[test]
    fn caps_are_kept_and_told() {
        let many = "data: 1\n\n".repeat(MAX_EVENTS + 10);
        assert_eq!(split_into_frames("text/event-stream", &many).truncated, Some("more than 5000 events"));
        assert_eq!(split_into_frames("text/event-stream", &many).all.len(), MAX_EVENTS);
        let long = "é".repeat(MAX_READ_BYTES);
        assert_eq!(split_into_frames("text/plain", &long).truncated, Some("longer than 1 MiB"));
        let lines = "{\"a\":1}\n".repeat(MAX_EVENTS + 10);

        assert_eq!(split_into_frames("application/x-ndjson", &lines).all.len(), MAX_EVENTS);
    }

    #[test]
    fn other_bodies_are_told_apart() {
        assert_eq!(split_into_frames("", "0:\"he\"\n0:\"llo\"\nd:{\"finishReason\":\"stop\"}\n").all.len(), 3);
        assert_eq!(split_into_frames("", "{\"a\":1}\n{\"a\":2}\n").all.len(), 2);
        assert!(!split_into_frames("application/json", "{\"a\":1}").streamed);
        assert!(split_into_frames("text/plain", "  ").all.is_empty());
        let words = StreamFrame { event: String::new(), value: Value::String("plain: words".to_owned()) };

        assert_eq!(split_into_frames("text/plain", "plain: words").all, [words]);
    }
}
