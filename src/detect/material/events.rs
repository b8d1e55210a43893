//! The JSON within text that is none as a whole: events of a stream (HTML Living Standard) and lines.

use std::ops::Range;

/// Where JSON stands in a text, line by line.
pub(super) struct Parts {
    /// `events` or `lines`.
    pub name: &'static str,
    /// The JSON, by the number of its event or line.
    pub json: Vec<(usize, Range<usize>)>,
}

/// The lines that begin as JSON does.
pub(super) fn find_json_parts(text: &str) -> Parts {
    let (mut json, mut number, mut start) = (Vec::new(), 0, 0);
    let mut is_stream = None;

    for line in text.split_inclusive('\n') {
        let full = line.trim();
        if !full.is_empty() {
            // One kind for the whole text: a later line of a log that begins with `data:` makes no stream.
            let stream = *is_stream.get_or_insert_with(|| is_field(full));
            let payload = if stream { full.strip_prefix("data:").map(str::trim_start) } else { Some(full) };

            if let Some(payload) = payload {
                if payload.starts_with(['{', '[']) {
                    let end = start + line.trim_end().len();
                    json.push((number, end - payload.len()..end));
                }
                number += 1;
            }
        }

        start += line.len();
    }

    Parts { name: if is_stream == Some(true) { "events" } else { "lines" }, json }
}

fn is_field(line: &str) -> bool {
    ["data:", "event:", "id:", "retry:", ":"].iter().any(|field| line.starts_with(field))
}
