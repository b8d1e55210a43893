//! Texts that are looked at once more, with the names that lead to them or without their escapes: written below each
//! other as `name_name: "text"`, so that one look is enough for all of them.

use std::ops::Range;

use super::super::{known, wrapped};
use super::origin::MaterialOrigin;
use super::{Coding, describe_cap};
use crate::detect::decode::Cap;

/// All lines together hold no more.
const MAX_BYTES: usize = 16 * 1024 * 1024;
/// Longer texts are not unescaped.
const MAX_UNESCAPED: usize = 4 * 1024 * 1024;
/// No rule's secret is shorter.
pub(super) const LEAST_BYTES: usize = 12;

/// A text among the lines.
pub(super) struct Line {
    /// Where it stands among them.
    pub range: Range<usize>,
    pub path: String,
    pub coding: Coding,
    origin: Option<MaterialOrigin>,
    /// The bytes of the answer that all of it was decoded from, where single ones cannot be told.
    whole: Option<Range<usize>>,
}

impl Line {
    /// The bytes of the answer behind a part of this line; `None` when they are not in one piece.
    pub fn source(&self, part: &Range<usize>) -> Option<Range<usize>> {
        if self.whole.is_some() {
            return self.whole.clone();
        }
        let origin = self.origin.as_ref()?;
        let part = part.start - self.range.start..part.end - self.range.start;
        Some(origin.of(part.start)..origin.of(part.end))
    }
}

/// The lines, and the bounds that kept some out.
#[derive(Default)]
pub(super) struct Lines {
    pub text: String,
    pub lines: Vec<Line>,
    pub caps: Vec<&'static str>,
}

impl Lines {
    /// Adds a text under its names, and what it is without escapes where it has any.
    pub fn add<'n>(
        &mut self,
        names: impl Iterator<Item = &'n str>,
        text: &str,
        (path, coding): (&str, Coding),
        origin: Option<&MaterialOrigin>,
    ) {
        let start = self.text.len();
        for name in names {
            // A blank or bracket within a name would end it for the rules that look for `name: value`.
            let plain = |c: char| if c.is_ascii_alphanumeric() { c } else { '_' };
            self.text.extend(name.chars().take(60).map(plain));
            self.text.push('_');
        }
        self.text.push_str(": \"");
        let head = start..self.text.len();
        self.push(text, Line { range: 0..0, path: path.to_owned(), coding, origin: origin.cloned(), whole: None });

        self.add_unescaped(text, head, (path, coding), origin);
    }

    /// Adds a text without its escapes, if it has any.
    pub fn add_unescaped(
        &mut self,
        text: &str,
        head: Range<usize>,
        (path, coding): (&str, Coding),
        origin: Option<&MaterialOrigin>,
    ) {
        if !is_coded(text) {
            return;
        }
        if text.len() > MAX_UNESCAPED {
            return self.caps.push(describe_cap(Cap::Input));
        }
        let Some((bytes, layers)) = known::unescaped_by_layers(text) else { return };
        // That it came in pieces goes first: it is why no place in the answer is named.
        let coding = if coding == Coding::Pieces { coding } else { Coding::Escaped };
        let plain = String::from_utf8_lossy(&bytes).into_owned();
        self.text.extend_from_within(head);

        // Bytes that are no UTF-8 were replaced by longer ones, so that places are no more the same.
        let origin = origin.filter(|_| plain.len() == bytes.len()).cloned();
        let origin = origin.map(|origin| layers.into_iter().fold(origin, |origin, jumps| origin.below(0, jumps)));
        self.push(&plain, Line { range: 0..0, path: path.to_owned(), coding, origin, whole: None });
    }

    /// Adds what a string of base64 says, where that is text; `whole` is where the string stands in the answer.
    pub fn add_wrapped(&mut self, text: &str, path: &str, whole: Option<Range<usize>>) {
        let Some(plain) = wrapped::text_of(text) else { return };
        self.text.push_str(": \"");
        self.push(&plain, Line { range: 0..0, path: path.to_owned(), coding: Coding::Base64, origin: None, whole });
    }

    fn push(&mut self, text: &str, line: Line) {
        if self.text.len() + text.len() > MAX_BYTES {
            return self.caps.push(describe_cap(Cap::Output));
        }
        let start = self.text.len();
        self.text.push_str(text);
        self.lines.push(Line { range: start..self.text.len(), ..line });

        self.text.push_str("\"\n");
    }
}

/// Whether an escape of a URL, of HTML or of a program stands in a text.
pub(super) fn is_coded(text: &str) -> bool {
    let bytes = text.as_bytes();
    let at = |index: usize| bytes.get(index).copied().unwrap_or_default();
    bytes.iter().enumerate().any(|(index, byte)| match byte {
        b'%' => at(index + 1).is_ascii_hexdigit() && at(index + 2).is_ascii_hexdigit(),
        b'\\' => index + 1 < bytes.len(),
        b'&' if at(index + 1) == b'#' => true,
        b'&' => {
            let name = bytes.get(index + 1..).unwrap_or_default().iter().take(10);
            let length = name.take_while(|byte| byte.is_ascii_alphabetic()).count();
            length >= 2 && at(index + 1 + length) == b';'
        }
        _ => false,
    })
}
