//! Values that stand under a sensitive name: in JSON (whole, cut off or within other text), forms, XML and prose.

use std::ops::Range;
use std::sync::LazyLock;

use percent_encoding::percent_decode_str;
use regex::Regex;

use super::names::{is_secret_store, is_sensitive_name, is_sensitive_parameter};

static PAIR: LazyLock<Option<Regex>> = LazyLock::new(|| {
    Regex::new(
        r#"([A-Za-z][A-Za-z0-9_.\-]{1,60})\\*["']?\s{0,3}(=>|[:=])\s{0,3}(?:\\*"([^"\\]+)|'([^'\\]+)|([^\s"',;&<>\\}{\]\[(]+))"#,
    )
    .ok()
});
static ELEMENT: LazyLock<Option<Regex>> =
    LazyLock::new(|| Regex::new(r"<([A-Za-z][A-Za-z0-9_.:\-]{1,60})(?: [^<>]*)?>([^<]+)<").ok());

/// Words that stand behind `password:` in a message about it.
const ABOUT: [&str; 16] = [
    "null",
    "none",
    "true",
    "false",
    "required",
    "invalid",
    "missing",
    "expired",
    "incorrect",
    "wrong",
    "string",
    "must",
    "is",
    "not",
    "too",
    "undefined",
];

/// A value to be replaced.
pub(super) struct FieldValue {
    /// Bytes of the text.
    pub range: Range<usize>,
    /// Whether quotes must be put around the placeholder to keep the JSON valid.
    pub unquoted: bool,
}

/// Values of sensitive fields in text that is JSON or begins like it.
pub(super) fn json_values(text: &str) -> Vec<FieldValue> {
    let mut scan = FieldScan { text, found: Vec::new(), pending: PendingField::Nothing, depth: 0, store: None };
    let mut at = 0;

    while let Some(byte) = text.as_bytes().get(at) {
        at = scan.step(at, *byte).max(at + 1);
    }
    scan.found
}

/// Values of sensitive names in any text: `name=value`, `"name": "value"`, `<name>value</name>`.
pub(super) fn pair_values(text: &str) -> Vec<Range<usize>> {
    let mut found = Vec::new();
    if let Some(regex) = PAIR.as_ref() {
        for captures in regex.captures_iter(text) {
            let name = captures.get(1).map_or("", |name| name.as_str());
            // A value in quotes is meant as one, even where it is a word such as `invalid`.
            let quoted = captures.get(3).or_else(|| captures.get(4));
            let Some(value) = quoted.or_else(|| captures.get(5)) else { continue };
            let prose = quoted.is_none() && ABOUT.iter().any(|word| value.as_str().eq_ignore_ascii_case(word));

            // `https://…` behind a name is an address, not its value; `a::b` is a path.
            let not_a_value = quoted.is_none() && (value.as_str().starts_with("//") || value.as_str().starts_with(':'));

            if is_sensitive_name(name) && !prose && !not_a_value && !is_masked(value.as_str()) {
                found.push(value.range());
            }
        }
    }

    if let Some(regex) = ELEMENT.as_ref() {
        for captures in regex.captures_iter(text) {
            let (Some(name), Some(value)) = (captures.get(1), captures.get(2)) else { continue };
            if is_sensitive_name(name.as_str()) && !is_masked(value.as_str().trim()) {
                found.push(value.range());
            }
        }
    }

    found
}

/// Values of sensitive parameters in `a=1&b=2`.
pub(super) fn parameter_values(query: &str) -> Vec<Range<usize>> {
    let mut found = Vec::new();
    let mut start = 0;

    for part in query.split('&') {
        if let Some((name, value)) = part.split_once('=') {
            // `access%5Ftoken` is the same parameter to a server.
            let decoded = percent_decode_str(name).decode_utf8_lossy();
            if is_sensitive_parameter(&decoded) && !is_masked(value) {
                found.push(start + name.len() + 1..start + part.len());
            }
        }

        start += part.len() + 1;
    }

    found
}

/// Empty, stars, dots, or one of our own placeholders.
pub(super) fn is_masked(value: &str) -> bool {
    // One placeholder and nothing else: between two of them something may be left.
    let placeholder = value.starts_with("[redacted:") && value.find(']') == Some(value.len() - 1);
    placeholder || value.chars().all(|c| "*•●.-–".contains(c))
}

/// What the value that comes next stands under.
#[derive(Clone, Copy, PartialEq)]
enum PendingField {
    Nothing,
    Sensitive,
    Store,
}

/// A tolerant reader of JSON tokens. It keeps a depth, not a stack, so nesting costs nothing.
struct FieldScan<'a> {
    text: &'a str,
    found: Vec<FieldValue>,
    pending: PendingField,
    depth: u32,
    /// The depth at which a container began whose scalars are all secret.
    store: Option<u32>,
}

impl FieldScan<'_> {
    /// Reads the token at `at` and says where the next one begins.
    fn step(&mut self, at: usize, byte: u8) -> usize {
        match byte {
            b'"' => self.string(at),
            b'{' | b'[' => {
                // A list under a secret name holds secrets; an object there has names of its own, which decide.
                let opens =
                    self.pending == PendingField::Store || (self.pending == PendingField::Sensitive && byte == b'[');
                if opens && self.store.is_none() {
                    self.store = Some(self.depth);
                }
                self.pending = PendingField::Nothing;
                self.depth = self.depth.saturating_add(1);
                at + 1
            }
            b'}' | b']' => {
                self.depth = self.depth.saturating_sub(1);
                if self.store == Some(self.depth) {
                    self.store = None;
                }
                self.pending = PendingField::Nothing;
                at + 1
            }
            b'0'..=b'9' | b'-' => {
                let end = self.run(at, |byte| byte.is_ascii_alphanumeric() || b"+-.".contains(&byte));
                self.value(at..end, true);
                end
            }
            // `true`, `false` and `null` give no value away.
            b'a'..=b'z' => {
                self.pending = PendingField::Nothing;
                self.run(at, |byte| byte.is_ascii_alphanumeric())
            }
            _ => at + 1,
        }
    }

    fn string(&mut self, at: usize) -> usize {
        let end = self.string_end(at + 1);
        let after = self.run(end + 1, |byte| byte.is_ascii_whitespace());

        // Only the colon behind it makes a string a name: a text that was cut off has no structure to go by.
        if self.text.as_bytes().get(after) != Some(&b':') {
            self.value(at + 1..end, false);
            return end + 1;
        }
        let quoted = self.text.get(at..=end).unwrap_or_default();
        // `"\u0070assword"` is the same name to every parser.
        let name = serde_json::from_str::<String>(quoted).unwrap_or_else(|_| quoted.to_owned());
        self.pending = match () {
            () if is_secret_store(&name) => PendingField::Store,
            () if is_sensitive_name(&name) => PendingField::Sensitive,
            () => PendingField::Nothing,
        };
        after + 1
    }

    fn value(&mut self, range: Range<usize>, unquoted: bool) {
        let secret = self.pending != PendingField::Nothing || self.store.is_some();
        self.pending = PendingField::Nothing;

        if secret && !self.text.get(range.clone()).is_none_or(is_masked) {
            self.found.push(FieldValue { range, unquoted });
        }
    }

    fn string_end(&self, from: usize) -> usize {
        let mut escaped = false;
        for (offset, byte) in self.text.as_bytes().get(from..).unwrap_or_default().iter().enumerate() {
            match byte {
                _ if escaped => escaped = false,
                b'\\' => escaped = true,
                b'"' => return from + offset,
                _ => {}
            }
        }

        self.text.len()
    }

    fn run(&self, from: usize, belongs: impl Fn(u8) -> bool) -> usize {
        let rest = self.text.as_bytes().get(from..).unwrap_or_default();
        from + rest.iter().take_while(|byte| belongs(**byte)).count()
    }
}
