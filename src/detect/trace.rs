//! Stack traces and database messages by the shape of their frames, never by the word "error".

use std::sync::LazyLock;

use regex::Regex;

use super::redactor::MAX_INPUT_BYTES;
use crate::model::clean_text;

/// Longest part of a frame that is shown.
const MAX_EXCERPT_CHARS: usize = 200;

/// A trace that stands in a text.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct TraceMatch {
    /// What wrote it: `python`, `java`, `node`, `go`, `php`, `ruby`, `dotnet`, `rust`, `sql`, or a debug page's framework.
    pub language: &'static str,
    /// The line that gives it away, cleaned and cut; not redacted.
    pub excerpt_line: String,
}

/// One shape. Patterns are multi-line; `n_frames` of them make a trace.
struct TraceShape {
    language: &'static str,
    pattern: Regex,
    n_frames: usize,
}

/// Language, how many matches it takes, and the pattern of one frame. Where a single line could be prose or
/// documentation, the pattern holds two lines of a real trace or two frames are asked for.
const SHAPES: [(&str, usize, &str); 17] = [
    ("werkzeug", 1, r"<title>[^<\n]*// Werkzeug Debugger</title>|EVALEX_TRUSTED = (?:true|false)"),
    (
        "django",
        1,
        r#"You(?:'|&#x27;|&#39;)re seeing this error because you have <code>DEBUG = True</code>|<div id="traceback">\s*<h2>Traceback"#,
    ),
    ("python", 1, r#"(?m)^[ \t]*File "[^"\n]+", line \d+, in [\w<>.]+[ \t]*\n"#),
    (
        "java",
        2,
        r"(?m)^\s*at [\w$.<>/@\-]{2,}\.[\w$<>]+\((?:[\w$\-]+\.(?:java|kt|scala|groovy):\d+|Native Method|Unknown Source)\)",
    ),
    (
        "node",
        2,
        r"(?m)^\s*at (?:async )?(?:[\w$.<>\[\] ]+ \()?(?:file://|node:|/|[A-Za-z]:\\|webpack)[^\s()]+:\d+:\d+\)?",
    ),
    ("go", 1, r"(?m)^goroutine \d+ \[[a-z ,0-9]+\]:\s*\n"),
    ("go", 2, r"(?m)^[ \t]+/?[\w./@\-:]+\.go:\d+(?: \+0x[0-9a-f]+)?[ \t]*$"),
    ("php", 1, r"(?m)^#\d{1,3} [^\n(]+\.php\(\d+\): "),
    (
        "php",
        1,
        r"(?i)(?:Fatal error|Parse error|Warning|Notice|Uncaught [\w\\]+)(?:</b>)?:[^\n]+ in (?:<b>)?[^\s<]+\.php(?:</b>)?(?: on line (?:<b>)?\d+|:\d+)",
    ),
    ("ruby", 2, r"(?m)^\s*(?:from )?[\w./\-]+\.rb:\d+:in [`'][^'\n]+'"),
    ("dotnet", 2, r"(?m)^\s*at [\w.`<>\[\],+ ]{2,}\([^()\n]*\)(?: in [^\n]+:line \d+)?[ \t]*$"),
    ("rust", 1, r"thread '[^'\n]+' (?:\(\d+\) )?panicked at [^\n]+\.rs:\d+:\d+"),
    ("sql", 1, r"\[SQL: (?:SELECT|INSERT|UPDATE|DELETE|WITH)\b"),
    (
        "sql",
        1,
        r"(?i)You have an error in your SQL syntax; check the manual|Unclosed quotation mark after the character string|quoted string not properly terminated",
    ),
    (
        "sql",
        1,
        r#"(?i)(?:sqlite3?\.(?:Operational|Integrity|Programming)Error|SQLITE_ERROR|SQLSTATE\[[0-9A-Z]{5}\]|psycopg2?\.errors\.\w+|PG::\w+Error|java\.sql\.SQL\w*Exception|ORA-\d{5}:)"#,
    ),
    (
        "sql",
        1,
        r#"(?m)(?:syntax error at or near "[^"\n]*"|near "[^"\n]*": syntax error|relation "[^"\n]+" does not exist|no such (?:table|column): [\w.]+)"#,
    ),
    ("spring", 1, r#""trace"\s*:\s*"[\w.$]{3,}(?:Exception|Error)[^"\n]*\n?\s*at "#),
];

static COMPILED: LazyLock<Vec<TraceShape>> = LazyLock::new(|| {
    SHAPES
        .iter()
        .filter_map(|(language, n_frames, pattern)| {
            Some(TraceShape { language, pattern: Regex::new(pattern).ok()?, n_frames: *n_frames })
        })
        .collect()
});

/// The first trace in a text: as it stands, or in the strings of JSON, where line breaks are escaped.
/// Only the first 2 MiB are looked at.
pub fn stack_trace(text: &str) -> Option<TraceMatch> {
    let end = (0..=text.len().min(MAX_INPUT_BYTES)).rev().find(|at| text.is_char_boundary(*at))?;
    let text = text.get(..end)?;
    // As it stands first: undoing escapes copies the whole answer several times.
    in_lines(text).or_else(|| {
        let unescaped = with_line_breaks(text)?;
        in_lines(&unescaped)
    })
}

/// The number of patterns that compile: a pattern that does not would be silent.
pub fn n_shapes() -> (usize, usize) {
    (COMPILED.len(), SHAPES.len())
}

fn in_lines(text: &str) -> Option<TraceMatch> {
    COMPILED.iter().find_map(|shape| {
        let frame = shape.pattern.find_iter(text).nth(shape.n_frames - 1)?;
        // .NET frames without file look like prose in parentheses; a namespace and a second dot tell them apart.
        if shape.language == "dotnet" && frame.as_str().matches('.').count() < 2 {
            return None;
        }
        let line = frame.as_str().trim();
        Some(TraceMatch { language: shape.language, excerpt_line: clean_text(line, MAX_EXCERPT_CHARS) })
    })
}

/// Undoes the escapes of JSON and HTML that hide the shape of a frame.
fn with_line_breaks(text: &str) -> Option<String> {
    let hidden = ["\\n", "\\\"", "&quot;", "<br"].iter().any(|mark| text.contains(mark));
    hidden.then(|| {
        let mut text = text.replace("\\r", "").replace("\\n", "\n").replace("\\t", "\t").replace("\\\"", "\"");
        for (from, to) in [("&quot;", "\""), ("&#34;", "\""), ("&lt;", "<"), ("&gt;", ">"), ("&#39;", "'")] {
            text = text.replace(from, to);
        }
        text.replace("<br>", "\n").replace("<br />", "\n").replace("<br/>", "\n")
    })
}

/// Returns the same of a text that may be JSON, within whose strings line breaks are escaped.
pub fn stack_trace_in(text: &str) -> Option<TraceMatch> {
    stack_trace(text).or_else(|| stack_trace(&undo_json_escapes(text)))
}

/// Returns a text with the line breaks and quotes of JSON's strings.
pub fn undo_json_escapes(text: &str) -> String {
    text.replace("\\n", "\n").replace("\\\"", "\"")
}
