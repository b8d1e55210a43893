//! The last filter before a terminal: of all that cannot be seen, only line breaks, tabs and our own colours pass.

use std::io::{self, Write};

use crate::model::is_shown;

/// The longest colour that is ours: `ESC [ 1;38;5;196 m`.
const MAX_SEQUENCE: usize = 16;
/// Conceals text (ECMA-48 §8.3.117); no colour of ours does.
const CONCEAL: &str = "8";

/// A writer that drops control characters, escape sequences other than colours, and characters that reorder or hide text.
/// What names, versions and messages of a target or a file bring along ends here, whichever way it came.
pub(super) struct Visible<W> {
    out: W,
    /// The beginning of a character or sequence whose rest is still to come.
    pending: Vec<u8>,
}

impl<W: Write> Visible<W> {
    /// Filters what is written on its way to `out`.
    pub fn new(out: W) -> Self {
        Self { out, pending: Vec::new() }
    }

    /// Writes what can be judged; with `is_last` all of it.
    fn drain(&mut self, is_last: bool) -> io::Result<()> {
        let bytes = std::mem::take(&mut self.pending);
        let whole = match std::str::from_utf8(&bytes) {
            // The end may be the first half of a character; what follows completes it.
            Err(error) if !is_last && error.error_len().is_none() => error.valid_up_to(),
            _ => bytes.len(),
        };
        let (now, later) = bytes.split_at(whole);
        let text = String::from_utf8_lossy(now);
        let (shown, used) = visible_text(&text, is_last);
        self.out.write_all(shown.as_bytes())?;
        self.pending.extend_from_slice(text.get(used..).unwrap_or_default().as_bytes());
        self.pending.extend_from_slice(later);

        Ok(())
    }
}

impl<W: Write> Write for Visible<W> {
    fn write(&mut self, bytes: &[u8]) -> io::Result<usize> {
        self.pending.extend_from_slice(bytes);
        self.drain(false)?;
        Ok(bytes.len())
    }

    fn flush(&mut self) -> io::Result<()> {
        self.drain(true)?;
        self.out.flush()
    }
}

/// Returns what may be shown of a text, and how many of its bytes are settled: a sequence that is cut may yet be a colour.
fn visible_text(text: &str, is_last: bool) -> (String, usize) {
    let mut shown = String::with_capacity(text.len());
    let mut at = 0;

    while let Some(character) = text.get(at..).and_then(|rest| rest.chars().next()) {
        let rest = text.get(at..).unwrap_or_default();
        if character != '\u{1b}' {
            let stays = matches!(character, '\n' | '\t') || is_shown(character);
            shown.extend(stays.then_some(character));
            at += character.len_utf8();
            continue;
        }

        match parse_colour(rest) {
            Sequence::Colour(length) => {
                shown.push_str(rest.get(..length).unwrap_or_default());
                at += length;
            }
            Sequence::Cut if !is_last => break,
            // The mark alone goes; without it the rest is plain text.
            Sequence::Cut | Sequence::Other => at += 1,
        }
    }

    (shown, at)
}

/// What an escape sequence is.
enum Sequence {
    /// A colour of so many bytes (ECMA-48 SGR).
    Colour(usize),
    /// The text ends within it.
    Cut,
    /// Anything else.
    Other,
}

fn parse_colour(text: &str) -> Sequence {
    let Some(body) = text.strip_prefix("\u{1b}[") else {
        return if text.len() == 1 { Sequence::Cut } else { Sequence::Other };
    };
    let digits = body.bytes().take_while(|byte| byte.is_ascii_digit() || *byte == b';').count();

    // A sequence without an end must not hold the rest of the output back.
    if digits > MAX_SEQUENCE {
        return Sequence::Other;
    }
    match body.as_bytes().get(digits) {
        // A target that could hide text would hide it from the person who judges the finding.
        Some(b'm') if body.get(..digits).is_some_and(|codes| codes.split(';').all(|code| code != CONCEAL)) => {
            Sequence::Colour(digits + 3)
        }
        None => Sequence::Cut,
        Some(_) => Sequence::Other,
    }
}

#[cfg(test)]
mod tests {
    use std::io::{self, Write as _};

    use super::Visible;

    fn filtered(pieces: &[&[u8]]) -> io::Result<String> {
        let mut out = Vec::new();
        let mut writer = Visible::new(&mut out);

        for piece in pieces {
            writer.write_all(piece)?;
        }
        writer.flush()?;
        Ok(String::from_utf8_lossy(&out).into_owned())
    }

    #[test]
    fn our_colours_pass_and_nothing_else_that_cannot_be_seen() -> io::Result<()> {
        assert_eq!(filtered(&[b"\x1b[1;31merror:\x1b[0m a\tb\n"])?, "\u{1b}[1;31merror:\u{1b}[0m a\tb\n");
        assert_eq!(filtered(&["x\u{1b}]0;title\u{7}y".as_bytes()])?, "x]0;titley");
        assert_eq!(filtered(&["x\u{1b}[2Jy\u{9b}31mz\r\u{8}".as_bytes()])?, "x[2Jy31mz");
        assert_eq!(filtered(&["a\u{202e}b\u{200b}c".as_bytes()])?, "abc");
        assert_eq!(filtered(&[b"\x1b[8mhidden"])?, "[8mhidden");
        assert_eq!(filtered(&[b"\x1b[8;31mhidden"])?, "[8;31mhidden");
        assert_eq!(filtered(&[b"end\x1b"])?, "end");

        Ok(())
    }

    #[test]
    fn pieces_may_be_cut_anywhere() -> io::Result<()> {
        let text = "\u{1b}[31mé\u{1b}[0m\u{1b}[2Jü\u{1b}]x".as_bytes();
        let whole = filtered(&[text])?;

        for at in 0..text.len() {
            let (one, other) = text.split_at(at);
            assert_eq!(filtered(&[one, other])?, whole, "cut at {at}");
        }
        Ok(())
    }
}
