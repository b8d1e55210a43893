//! The last look at what leaves the program, piece by piece: a text of any length passes through in bounded memory and
//! linear time, known values go, and what is left is still of its format.

mod lexer;

use std::io::{self, Write};
use std::ops::Range;

pub use self::lexer::Syntax;
use self::lexer::{Lexer, PieceKind};
use super::redactor::Redactor;

/// At least so much is searched at a time.
const LEAST_PIECE_BYTES: usize = 2 * 1024 * 1024;
/// So much of what has left already is searched once more, for what stands before a value decides about some.
const BEHIND_BYTES: usize = 4096;
/// How much longer than itself a value may stand: each character an entity within two more layers of escapes.
const MOST_WIDENED: usize = 96;
/// What is searched but not passed on yet, so that no value is cut in two.
const LEAST_MARGIN_BYTES: usize = 256 * 1024;
/// Values that would need more are found by their parts.
const MOST_MARGIN_BYTES: usize = 4 * 1024 * 1024;

/// A place of a window that must not be shown, and the name of what stands there.
pub(super) struct HiddenRange {
    /// Bytes of the window.
    pub range: Range<usize>,
    /// The name of the value.
    pub name: String,
}

/// Passes text on to `out`, without the values that a [`Redactor`] knows. Nothing is whole before [`Tripwire::finish`].
#[derive(Debug)]
pub struct Tripwire<W> {
    redactor: Redactor,
    lexer: Lexer,
    out: W,
    /// The beginning of a character whose end is still to come.
    begun: Vec<u8>,
    window: String,
    /// How much of the window has left.
    done: usize,
    /// How much at its end does not leave yet.
    margin: usize,
    n_hidden: usize,
    /// Whether a label was the last that left.
    after_label: bool,
}

impl<W: Write> Tripwire<W> {
    /// Begins a text of a format.
    pub(super) fn new(redactor: Redactor, syntax: Syntax, out: W) -> Self {
        let margin = redaction_margin(&redactor);
        Self {
            redactor,
            lexer: Lexer::new(syntax),
            out,
            begun: Vec::new(),
            window: String::new(),
            done: 0,
            margin,
            n_hidden: 0,
            after_label: false,
        }
    }

    /// Passes the rest on. Returns the writer, and how many places were replaced.
    ///
    /// # Errors
    /// When the writer takes no more, or there are too many known values to search for.
    pub fn finish(mut self) -> io::Result<(W, usize)> {
        let begun = std::mem::take(&mut self.begun);
        self.window.push_str(&String::from_utf8_lossy(&begun));
        self.search(0)?;
        self.out.flush()?;

        Ok((self.out, self.n_hidden))
    }

    /// Adds bytes to the window, also where they end within a character.
    fn add(&mut self, bytes: &[u8]) {
        if self.begun.is_empty()
            && let Ok(text) = std::str::from_utf8(bytes)
        {
            return self.window.push_str(text);
        }
        self.begun.extend_from_slice(bytes);
        let rest = self.begun.split_off(self.begun.len() - unfinished_bytes(&self.begun));
        self.window.push_str(&String::from_utf8_lossy(&self.begun));

        self.begun = rest;
    }

    /// Searches the window and passes on all of it but the margin.
    fn search(&mut self, margin: usize) -> io::Result<()> {
        let hidden = self.redactor.hidden(&self.window).ok_or_else(|| io::Error::other(TOO_MANY))?;
        let keep = char_boundary_before(&self.window, self.window.len().saturating_sub(margin));
        // A place across the cut leaves whole, so that one label stands for it.
        let crossing = hidden.iter().find(|place| place.range.start < keep && keep < place.range.end);
        let keep = crossing.map_or(keep, |place| place.range.end);
        self.pass_on(&hidden, keep)?;
        let behind = char_boundary_before(&self.window, self.done.saturating_sub(BEHIND_BYTES));
        self.window.drain(..behind);
        self.done -= behind;

        Ok(())
    }

    fn pass_on(&mut self, hidden: &[HiddenRange], keep: usize) -> io::Result<()> {
        let window = std::mem::take(&mut self.window);
        let mut hidden = hidden.iter().peekable();
        let (mut at, mut written, mut is_labelled) = (self.done, self.done, false);

        while at < keep {
            while hidden.next_if(|place| place.range.end <= at).is_some() {
                is_labelled = false;
            }
            let place = hidden.peek();
            // No piece reaches across the edge of a place, or a part of it would be shown or its neighbours cut.
            let edge = |place: &&HiddenRange| if place.range.start > at { place.range.start } else { place.range.end };
            let limit = place.map_or(keep, edge).min(keep);
            let rest = window.as_bytes().get(at..).unwrap_or_default();
            let (kind, length) = self.lexer.next(rest, limit.saturating_sub(at));
            let place = place.filter(|place| place.range.start < at + length && kind != PieceKind::Structure);

            if let Some(place) = place {
                self.put(window.as_bytes().get(written..at).unwrap_or_default())?;
                written = at + length;

                // One label for a value of many pieces; in JSON each number needs one, or a comma stands alone.
                if kind == PieceKind::Scalar || !is_labelled {
                    self.label(kind, &place.name)?;
                    is_labelled = true;
                }
            }

            at += length;
        }

        self.put(window.as_bytes().get(written..at).unwrap_or_default())?;
        self.done = at;
        self.window = window;
        Ok(())
    }

    fn label(&mut self, kind: PieceKind, name: &str) -> io::Result<()> {
        self.n_hidden += 1;
        let label = self.lexer.label(kind, name);
        self.put(label.as_bytes())?;
        self.after_label = true;

        Ok(())
    }

    fn put(&mut self, bytes: &[u8]) -> io::Result<()> {
        if bytes.is_empty() {
            return Ok(());
        }
        if std::mem::take(&mut self.after_label) && self.lexer.goes_on(bytes) {
            self.out.write_all(b" ")?;
        }
        self.out.write_all(bytes)
    }
}

/// Why nothing can be vouched for.
const TOO_MANY: &str = "there are too many known values to search for";

impl<W: Write> Write for Tripwire<W> {
    /// Takes all of it, or up to what is searched at a time.
    fn write(&mut self, bytes: &[u8]) -> io::Result<usize> {
        // At least twice the margin, so that no byte is searched again and again.
        let most = self.done + self.margin + LEAST_PIECE_BYTES.max(2 * self.margin);
        let room = most.saturating_sub(self.window.len()).max(1);
        let taken = bytes.get(..room).unwrap_or(bytes);
        self.add(taken);

        if self.window.len() >= most {
            self.search(self.margin)?;
            // Values may have been learned since.
            self.margin = redaction_margin(&self.redactor);
        }
        Ok(taken.len())
    }

    /// Passes nothing on: what is in the window may be the beginning of a value.
    fn flush(&mut self) -> io::Result<()> {
        Ok(())
    }
}

fn redaction_margin(redactor: &Redactor) -> usize {
    redactor.longest().saturating_mul(MOST_WIDENED).clamp(LEAST_MARGIN_BYTES, MOST_MARGIN_BYTES)
}

/// How many bytes at the end are the beginning of a character.
fn unfinished_bytes(bytes: &[u8]) -> usize {
    // Of a character of several bytes the first alone is 0xC0 or more (RFC 3629 §3).
    let last = bytes.iter().rev().take(4).position(|byte| *byte >= 0xc0);
    let length = |byte: u8| {
        if byte >= 0xf0 {
            4
        } else if byte >= 0xe0 {
            3
        } else {
            2
        }
    };

    last.filter(|back| bytes.iter().rev().nth(*back).is_some_and(|byte| length(*byte) > back + 1))
        .map_or(0, |back| back + 1)
}

fn char_boundary_before(text: &str, at: usize) -> usize {
    (0..=at.min(text.len())).rev().find(|index| text.is_char_boundary(*index)).unwrap_or(0)
}
