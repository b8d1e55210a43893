//! What a secret looks like: fixed text and spans of an alphabet, as in `ghp_<base62:36>`. Matched by hand in one pass,
//! without going back, so that no text makes it slow.

use std::ops::Range;

use super::alphabet::Alphabet;

/// One form of a rule's secret.
#[derive(Debug, Clone)]
pub(super) struct SecretShape {
    parts: Vec<ShapePart>,
    /// Which part is searched for; `None` when all parts are spans.
    anchor: Option<usize>,
}

#[derive(Debug, Clone)]
enum ShapePart {
    Text(String),
    Span { alphabet: Box<Alphabet>, least: usize, most: usize },
}

impl SecretShape {
    /// Reads `text<alphabet:n>text<alphabet:min,max>`; `None` when it is not of that form. A UUID is `<uuid>`.
    pub fn parse(text: &str) -> Option<Self> {
        let text = text.replace("<uuid>", "<hex:8>-<hex:4>-<hex:4>-<hex:4>-<hex:12>");
        let mut parts = Vec::new();
        let mut rest = text.as_str();

        while !rest.is_empty() {
            let (before, behind) = rest.split_once('<').unwrap_or((rest, ""));
            if !before.is_empty() {
                parts.push(ShapePart::Text(before.to_owned()));
            }
            if before.len() == rest.len() {
                break;
            }
            let (span, after) = behind.split_once('>')?;
            let (name, bounds) = span.split_once(':')?;
            let (least, most) = bounds.split_once(',').unwrap_or((bounds, bounds));
            let (least, most) = (least.parse().ok()?, most.parse().ok()?);
            parts.push(ShapePart::Span { alphabet: Box::new(Alphabet::named(name)?), least, most });
            rest = after;
        }

        // Up to the first span that may have any length: what stands before the anchor is matched backwards.
        let anchor = parts.iter().position(|part| matches!(part, ShapePart::Text(text) if text.len() >= 2));
        Some(Self { parts, anchor })
    }

    /// The text that is searched for; `None` when there is none.
    pub fn anchor(&self) -> Option<&str> {
        match self.parts.get(self.anchor?)? {
            ShapePart::Text(text) => Some(text),
            ShapePart::Span { .. } => None,
        }
    }

    /// The public beginning, which says whose secret it is.
    pub fn prefix(&self) -> Option<&str> {
        match self.parts.first()? {
            ShapePart::Text(text) => Some(text),
            ShapePart::Span { .. } => None,
        }
    }

    /// Matches with the anchor found at `at`.
    pub fn around(&self, text: &[u8], at: usize) -> Option<Range<usize>> {
        let mut start = at;
        for part in self.parts.get(..self.anchor?)?.iter().rev() {
            let ShapePart::Span { alphabet, least, most } = part else { return None };
            let length = alphabet.run_back(text, start, *most);

            if length < *least {
                return None;
            }
            start -= length;
        }

        let end = self.forward(text, at, self.anchor?)?;
        self.bounded(text, start..end)
    }

    /// Matches from `at` on.
    pub fn from(&self, text: &[u8], at: usize) -> Option<Range<usize>> {
        let end = self.forward(text, at, 0)?;
        self.bounded(text, at..end)
    }

    fn forward(&self, text: &[u8], at: usize, first: usize) -> Option<usize> {
        let mut end = at;
        for part in self.parts.get(first..)? {
            match part {
                ShapePart::Text(wanted) => {
                    end = text.get(end..)?.starts_with(wanted.as_bytes()).then_some(end + wanted.len())?;
                }
                ShapePart::Span { alphabet, least, most } => {
                    // As much as fits and never less, so that no text is tried twice.
                    let length = alphabet.run(text, end, *most);
                    end = (length >= *least).then_some(end + length)?;
                }
            }
        }

        Some(end)
    }

    /// A secret is a word of its own: it does not stand within a longer one.
    fn bounded(&self, text: &[u8], range: Range<usize>) -> Option<Range<usize>> {
        let next = text.get(range.end).copied();
        let goes_on = |byte: u8| match self.parts.last() {
            Some(ShapePart::Span { alphabet, .. }) => {
                alphabet.has(byte) || byte.is_ascii_alphanumeric() || byte == b'_'
            }
            _ => byte.is_ascii_alphanumeric() || byte == b'_',
        };

        let closed = next.is_none_or(|byte| !goes_on(byte));
        (closed && begins_word(text, range.start)).then_some(range)
    }
}

/// Whether a word may begin at `at`: nothing of a word stands before, or what stands there is an escape (`\n`, `%3D`).
pub(super) fn begins_word(text: &[u8], at: usize) -> bool {
    let before = |back: usize| at.checked_sub(back).and_then(|at| text.get(at)).copied();
    let Some(last) = before(1) else { return true };

    if !last.is_ascii_alphanumeric() && !b"_-+".contains(&last) {
        return true;
    }
    let escaped = b"nrt".contains(&last) && before(2) == Some(b'\\');
    let percent =
        before(3) == Some(b'%') && last.is_ascii_hexdigit() && before(2).is_some_and(|b| b.is_ascii_hexdigit());
    escaped || percent
}
