//! What of a text belongs to its format and what may be replaced. Takes a text in pieces and keeps where it stands.

use crate::model::clean_name;

/// Longest entity that is looked at as one.
const MOST_ENTITY_BYTES: usize = 12;
/// Longest escape sequence of a terminal.
const MOST_SEQUENCE_BYTES: usize = 32;

/// The format of a text that leaves.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub enum Syntax {
    /// None, but for the colours of a terminal.
    #[default]
    Text,
    /// JSON, SARIF included.
    Json,
    /// HTML and XML.
    Markup,
    /// Markdown.
    Markdown,
}

/// What a piece of a text is.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum PieceKind {
    /// Characters that may go.
    Run,
    /// Characters that go together or not at all: an escape, an entity.
    Unit,
    /// A number or a word of JSON: what takes its place must be a value too.
    Scalar,
    /// What makes the format; it stays.
    Structure,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum LexerState {
    /// In text or, in JSON, between strings.
    Outside,
    /// In a string of JSON.
    String,
    /// Between the brackets of a tag.
    Tag,
    /// In an attribute, with the quote that ends it.
    Attribute(u8),
    /// In a style sheet or script, which is the page's own.
    Embedded,
    /// In a comment or in character data, with what ends it.
    Until(&'static [u8]),
}

/// Where a text stands.
#[derive(Debug)]
pub(super) struct Lexer {
    syntax: Syntax,
    state: LexerState,
}

impl Lexer {
    /// At the beginning of a text.
    pub fn new(syntax: Syntax) -> Self {
        Self { syntax, state: LexerState::Outside }
    }

    /// The next piece: what it is and how long. A run is no longer than `limit`; no piece is empty but that of nothing.
    pub fn next(&mut self, rest: &[u8], limit: usize) -> (PieceKind, usize) {
        let (kind, length) = match (self.syntax, self.state) {
            (Syntax::Text, _) => next_text_piece(rest, limit),
            (Syntax::Markdown, _) => next_markdown_piece(rest, limit),
            (Syntax::Json, LexerState::String) => self.json_string(rest, limit),
            (Syntax::Json, _) => self.json(rest),
            (Syntax::Markup, state) => self.markup(state, rest, limit),
        };

        // An escape may be cut off by the end of the text.
        (kind, length.min(rest.len()))
    }

    /// What takes the place of a value; it holds nothing that means something to the format.
    pub fn label(&self, kind: PieceKind, name: &str) -> String {
        if self.syntax == Syntax::Text {
            return format!("[redacted:{name}]");
        }
        let is_plain = |character: char| character.is_alphanumeric() || " ._-".contains(character);
        let name: String = clean_name(name, 64).chars().map(|c| if is_plain(c) { c } else { '_' }).collect();

        // Two hyphens end a comment.
        let name = name.replace("--", "-_");
        if kind == PieceKind::Scalar { format!("\"[redacted:{name}]\"") } else { format!("[redacted:{name}]") }
    }

    /// Whether what follows a label would make something else of it: a link.
    pub fn goes_on(&self, rest: &[u8]) -> bool {
        self.syntax == Syntax::Markdown && matches!(rest.first(), Some(b'(' | b'[' | b':'))
    }

    fn json(&mut self, rest: &[u8]) -> (PieceKind, usize) {
        let is_scalar = |byte: &u8| byte.is_ascii_alphanumeric() || matches!(byte, b'-' | b'+' | b'.');
        if rest.first() == Some(&b'"') {
            self.state = LexerState::String;
            return (PieceKind::Structure, 1);
        }
        match run_length(rest, |byte| !is_scalar(byte)) {
            0 => (PieceKind::Structure, run_length(rest, |byte| is_scalar(byte) || *byte == b'"').max(1)),
            length => (PieceKind::Scalar, length),
        }
    }

    fn json_string(&mut self, rest: &[u8], limit: usize) -> (PieceKind, usize) {
        match rest {
            [b'"', ..] => {
                self.state = LexerState::Outside;
                (PieceKind::Structure, 1)
            }
            // Half of a pair of surrogates is no character.
            [b'\\', b'u', b'd' | b'D', b'8'..=b'9' | b'a'..=b'b' | b'A'..=b'B', _, _, b'\\', b'u', ..] => {
                (PieceKind::Unit, 12)
            }
            [b'\\', b'u', ..] => (PieceKind::Unit, 6),
            [b'\\', ..] => (PieceKind::Unit, escaped_length(rest)),
            _ => (PieceKind::Run, bounded_run_length(rest, limit, |byte| matches!(byte, b'"' | b'\\'))),
        }
    }

    fn markup(&mut self, state: LexerState, rest: &[u8], limit: usize) -> (PieceKind, usize) {
        match state {
            LexerState::Tag => self.tag(rest),
            LexerState::Attribute(quote) if rest.first() == Some(&quote) => self.go(LexerState::Tag, 1),
            LexerState::Embedded if rest.starts_with(b"</") => self.go(LexerState::Tag, 2),
            LexerState::Embedded => {
                (PieceKind::Structure, 1 + run_length(rest.get(1..).unwrap_or_default(), |byte| *byte == b'<'))
            }
            LexerState::Until(end) if rest.starts_with(end) => self.go(LexerState::Outside, end.len()),
            LexerState::Until(end) => {
                let first = end.first().copied().unwrap_or_default();
                (PieceKind::Run, bounded_run_length(rest, limit, |byte| *byte == first))
            }
            LexerState::Attribute(quote) => next_content_piece(rest, limit, quote),
            LexerState::Outside | LexerState::String if rest.first() == Some(&b'<') => self.open(rest),
            LexerState::Outside | LexerState::String => next_content_piece(rest, limit, b'<'),
        }
    }

    fn open(&mut self, rest: &[u8]) -> (PieceKind, usize) {
        const OPENINGS: [(&[u8], LexerState); 4] = [
            (b"<!--", LexerState::Until(b"-->")),
            (b"<![CDATA[", LexerState::Until(b"]]>")),
            (b"<style>", LexerState::Embedded),
            (b"<script>", LexerState::Embedded),
        ];

        match OPENINGS.iter().find(|(text, _)| rest.starts_with(text)) {
            Some((text, state)) => self.go(*state, text.len()),
            None => self.go(LexerState::Tag, 1),
        }
    }

    fn tag(&mut self, rest: &[u8]) -> (PieceKind, usize) {
        match rest.first() {
            Some(b'>') => self.go(LexerState::Outside, 1),
            Some(quote @ (b'"' | b'\'')) => self.go(LexerState::Attribute(*quote), 1),
            _ => (PieceKind::Structure, run_length(rest, |byte| matches!(byte, b'>' | b'"' | b'\'')).max(1)),
        }
    }

    fn go(&mut self, state: LexerState, length: usize) -> (PieceKind, usize) {
        self.state = state;
        (PieceKind::Structure, length)
    }
}

fn next_text_piece(rest: &[u8], limit: usize) -> (PieceKind, usize) {
    if rest.first() != Some(&0x1b) {
        return (PieceKind::Run, bounded_run_length(rest, limit, |byte| *byte == 0x1b));
    }
    let sequence = rest.get(1..).unwrap_or_default().iter().take(MOST_SEQUENCE_BYTES);
    // A letter ends a sequence such as that of a colour; without one the escape stands alone.
    let end = sequence.clone().position(u8::is_ascii_alphabetic).map_or(1, |end| end + 2);
    (PieceKind::Structure, end)
}

fn next_markdown_piece(rest: &[u8], limit: usize) -> (PieceKind, usize) {
    match rest {
        [b'\\', next, ..] if next.is_ascii_punctuation() => (PieceKind::Unit, 2),
        [b'&', ..] => (PieceKind::Unit, entity_length(rest)),
        // Rows of tables, cells, and the fences of code.
        [b'\n' | b'|' | b'`', ..] => (PieceKind::Structure, 1),
        _ => {
            (PieceKind::Run, bounded_run_length(rest, limit, |byte| matches!(byte, b'\\' | b'&' | b'\n' | b'|' | b'`')))
        }
    }
}

/// Text of a page, or of an attribute, up to what ends it.
fn next_content_piece(rest: &[u8], limit: usize, end: u8) -> (PieceKind, usize) {
    match rest.first() {
        Some(b'&') => (PieceKind::Unit, entity_length(rest)),
        _ => (PieceKind::Run, bounded_run_length(rest, limit, |byte| *byte == b'&' || *byte == end)),
    }
}

/// An entity with its semicolon; an ampersand alone where there is none.
fn entity_length(rest: &[u8]) -> usize {
    let inner = rest.get(1..).unwrap_or_default().iter().take(MOST_ENTITY_BYTES);
    let length = inner.take_while(|byte| byte.is_ascii_alphanumeric() || **byte == b'#').count();
    if rest.get(length + 1) == Some(&b';') { length + 2 } else { 1 }
}

/// A backslash and the character behind it.
fn escaped_length(rest: &[u8]) -> usize {
    2 + rest.get(2..).unwrap_or_default().iter().take_while(|byte| (0x80..0xc0).contains(*byte)).count().min(3)
}

/// How many bytes there are before one that ends them.
fn run_length(rest: &[u8], ends: impl Fn(&u8) -> bool) -> usize {
    rest.iter().position(ends).unwrap_or(rest.len())
}

fn bounded_run_length(rest: &[u8], limit: usize, ends: impl Fn(&u8) -> bool) -> usize {
    run_length(rest.get(..limit).unwrap_or(rest), ends).max(1)
}
