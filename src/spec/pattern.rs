//! Makes a text that a regular expression matches, for the expressions that documents use. Gives up on the rest.

use std::collections::HashMap;
use std::sync::{LazyLock, Mutex, PoisonError};

use regex::{Regex, RegexBuilder};

/// The longest expression that is looked at.
const MAX_PATTERN: usize = 1000;
/// The longest text that is made.
const MAX_TEXT: usize = 4096;
/// The most pieces that are written for one text.
const MAX_STEPS: usize = 50_000;
/// How deep groups may nest.
const MAX_DEPTH: u32 = 12;

/// How a text must be.
#[derive(Debug, Clone, Copy)]
pub(super) struct Length {
    /// In characters.
    pub(super) min: usize,
    /// In characters.
    pub(super) max: usize,
}

/// Whether an expression is found in a text; `None` when the expression cannot be read (look-ahead for example).
pub(super) fn matches_text(pattern: &str, text: &str) -> Option<bool> {
    if pattern.len() > MAX_PATTERN {
        return None;
    }
    compiled(pattern).map(|regex| regex.is_match(text))
}

/// The most expressions that are kept compiled: a document uses a few of them in many places.
const MOST_COMPILED: usize = 64;

/// Returns the compiled expression; `None` when it cannot be read.
fn compiled(pattern: &str) -> Option<Regex> {
    static COMPILED: LazyLock<Mutex<HashMap<String, Option<Regex>>>> = LazyLock::new(Mutex::default);
    let mut compiled = COMPILED.lock().unwrap_or_else(PoisonError::into_inner);

    if let Some(regex) = compiled.get(pattern) {
        return regex.clone();
    }
    // To forget all at once costs a few compilations, and needs no order of use.
    if compiled.len() >= MOST_COMPILED {
        compiled.clear();
    }
    // Bounded, since the document's author chooses the expression.
    let regex = RegexBuilder::new(pattern).size_limit(1 << 20).dfa_size_limit(1 << 20).build().ok();
    compiled.insert(pattern.to_owned(), regex.clone());
    regex
}

/// A text of this length that the expression matches, if one can be made. `turn` varies it.
pub(super) fn make_text(pattern: &str, length: Length, turn: usize) -> Option<String> {
    if pattern.len() > MAX_PATTERN {
        return None;
    }
    let mut parser = Parser { rest: pattern.chars().collect(), at: 0 };
    let choice = parser.choice(0)?;

    // What is left over was not understood.
    if parser.at < parser.rest.len() {
        return None;
    }
    // First with as few repetitions as allowed, then with more until the text is long enough.
    for extra in [0, 1, length.min, length.min.saturating_sub(1), length.min / 2] {
        let mut text = String::new();
        let mut writer = PatternWriter { out: &mut text, extra: extra.min(MAX_TEXT), turn, steps: MAX_STEPS };
        writer.choice(&choice);
        let count = text.chars().count();
        let fits = count >= length.min && count <= length.max && text.len() < MAX_TEXT;

        // An expression that the engine cannot read cannot be checked: what its pieces make stands.
        if fits && matches_text(pattern, &text) != Some(false) {
            return Some(text);
        }
    }

    None
}

#[derive(Debug)]
enum Atom {
    Char(char),
    Class { ranges: Vec<(char, char)>, negated: bool },
    Group(Vec<Vec<PatternPiece>>),
    Nothing,
}

#[derive(Debug)]
struct PatternPiece {
    atom: Atom,
    min: usize,
    max: usize,
}

struct Parser {
    rest: Vec<char>,
    at: usize,
}

impl Parser {
    fn peek(&self) -> Option<char> {
        self.rest.get(self.at).copied()
    }

    fn take(&mut self, wanted: char) -> bool {
        let found = self.peek() == Some(wanted);
        self.at += usize::from(found);
        found
    }

    fn choice(&mut self, depth: u32) -> Option<Vec<Vec<PatternPiece>>> {
        if depth > MAX_DEPTH {
            return None;
        }
        let mut branches = vec![self.sequence(depth)?];

        while self.take('|') {
            branches.push(self.sequence(depth)?);
        }
        Some(branches)
    }

    fn sequence(&mut self, depth: u32) -> Option<Vec<PatternPiece>> {
        let mut pieces = Vec::new();
        while let Some(next) = self.peek() {
            if matches!(next, '|' | ')') {
                break;
            }
            let atom = self.atom(depth)?;
            let (min, max) = self.repetition()?;
            pieces.push(PatternPiece { atom, min, max });
        }

        Some(pieces)
    }

    fn atom(&mut self, depth: u32) -> Option<Atom> {
        let next = self.peek()?;
        self.at += 1;
        Some(match next {
            '^' | '$' => Atom::Nothing,
            '.' => Atom::Class { ranges: vec![('a', 'z'), ('0', '9')], negated: false },
            '[' => self.class()?,
            '\\' => self.escape()?,
            '(' => {
                if self.take('?') && !self.take(':') {
                    // A name is fine; look-around and flags are not understood.
                    self.take('P');

                    if !self.take('<') || matches!(self.peek(), Some('=' | '!')) {
                        return None;
                    }
                    while !self.take('>') {
                        self.peek()?;
                        self.at += 1;
                    }
                }

                let group = self.choice(depth + 1)?;
                if !self.take(')') {
                    return None;
                }
                Atom::Group(group)
            }
            '*' | '+' | '?' => return None,
            other => Atom::Char(other),
        })
    }

    fn escape(&mut self) -> Option<Atom> {
        let next = self.peek()?;
        self.at += 1;
        let class = |ranges: &[(char, char)], negated| Atom::Class { ranges: ranges.to_vec(), negated };
        Some(match next {
            'd' => class(&[('0', '9')], false),
            'w' => class(&[('a', 'z'), ('0', '9')], false),
            's' => Atom::Char(' '),
            'D' | 'S' => class(&[('a', 'z')], false),
            'W' => Atom::Char('-'),
            'b' | 'A' | 'z' | 'Z' => Atom::Nothing,
            'n' => Atom::Char('\n'),
            't' => Atom::Char('\t'),
            'r' => Atom::Char('\r'),
            'p' => {
                let property: String = self.rest.get(self.at..)?.iter().take_while(|c| **c != '}').collect();
                self.at += property.chars().count() + 1;

                match property.as_str() {
                    "{L" | "{Ll" | "{Letter" | "{Alphabetic" => class(&[('a', 'z')], false),
                    "{Lu" => class(&[('A', 'Z')], false),
                    "{N" | "{Nd" => class(&[('0', '9')], false),
                    _ => return None,
                }
            }
            'u' | 'x' => {
                let digits: String =
                    self.rest.get(self.at..self.at + if next == 'u' { 4 } else { 2 })?.iter().collect();
                self.at += digits.len();
                Atom::Char(char::from_u32(u32::from_str_radix(&digits, 16).ok()?)?)
            }

            // Back references are not understood.
            '1'..='9' | 'k' | 'B' | 'P' => return None,
            other => Atom::Char(other),
        })
    }

    fn class(&mut self) -> Option<Atom> {
        let negated = self.take('^');
        let mut ranges = Vec::new();
        let mut first = true;

        loop {
            let next = self.peek()?;
            self.at += 1;
            let start = match next {
                ']' if !first => break,
                '\\' => match self.escape()? {
                    Atom::Char(found) => found,
                    Atom::Class { ranges: more, .. } => {
                        ranges.extend(more);
                        first = false;
                        continue;
                    }
                    _ => return None,
                },
                other => other,
            };

            first = false;
            let is_range = self.peek() == Some('-') && self.rest.get(self.at + 1).is_some_and(|end| *end != ']');

            if !is_range {
                ranges.push((start, start));
                continue;
            }
            self.at += 1;
            let mut end = self.peek()?;
            self.at += 1;

            if end == '\\' {
                match self.escape()? {
                    Atom::Char(found) => end = found,
                    _ => return None,
                }
            }

            ranges.push((start, end));
        }

        Some(Atom::Class { ranges, negated })
    }

    fn repetition(&mut self) -> Option<(usize, usize)> {
        let bounds = match self.peek() {
            Some('*') => (0, MAX_TEXT),
            Some('+') => (1, MAX_TEXT),
            Some('?') => (0, 1),
            Some('{') => {
                let body: String = self.rest.get(self.at + 1..)?.iter().take_while(|c| **c != '}').collect();
                self.at += body.chars().count() + 1;
                let (min, max) = body.split_once(',').unwrap_or((&body, &body));
                let min = min.trim().parse().ok()?;
                (min, if max.trim().is_empty() { MAX_TEXT } else { max.trim().parse().ok()? })
            }
            _ => return Some((1, 1)),
        };

        self.at += 1;
        // Lazy and possessive repetitions match the same texts.
        let _ = self.take('?') || self.take('+');
        (bounds.0 <= bounds.1).then_some(bounds)
    }
}

struct PatternWriter<'o> {
    out: &'o mut String,
    /// Repetitions beyond the fewest, shared by all pieces.
    extra: usize,
    turn: usize,
    /// Empty groups cost too.
    steps: usize,
}

impl PatternWriter<'_> {
    fn choice(&mut self, branches: &[Vec<PatternPiece>]) {
        for piece in branches.first().into_iter().flatten() {
            let more = self.extra.min(piece.max - piece.min);
            if !matches!(piece.atom, Atom::Nothing) {
                self.extra -= more;
            }
            for _ in 0..piece.min + more {
                if self.out.len() >= MAX_TEXT || self.steps == 0 {
                    return;
                }
                self.steps -= 1;

                match &piece.atom {
                    Atom::Char(found) => self.out.push(*found),
                    Atom::Class { ranges, negated } => self.out.push(self.pick(ranges, *negated)),
                    Atom::Group(branches) => self.choice(branches),
                    Atom::Nothing => {}
                }
            }
        }
    }

    fn pick(&self, ranges: &[(char, char)], negated: bool) -> char {
        let inside = |found: char| ranges.iter().any(|(start, end)| (*start..=*end).contains(&found));
        // Characters that servers take readily come first; a class with none of them gives its own first one.
        let friendly = ('a'..='z').chain('0'..='9').chain('A'..='Z').chain(['-', '_', '.', ' ', '/', '+']);
        let fitting: Vec<char> = friendly.filter(|found| inside(*found) != negated).collect();
        let turn = (self.turn + self.out.len()) % fitting.len().max(1);

        fitting.get(turn).copied().or_else(|| ranges.first().map(|(start, _)| *start)).unwrap_or('a')
    }
}
