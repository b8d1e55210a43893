//! Reads JSON without building it: one pass over the bytes that gives names and strings with the way to them. Checks no
//! more than where things stand, since what is no JSON must only be told from it.

use std::ops::Range;

use super::super::secrets::may_name_secret;
use super::origin::unescape_json;

/// Deeper JSON is not read.
const MAX_DEPTH: usize = 512;
/// Names whose answer is remembered.
const REMEMBERED: usize = 256;

/// A string between its quotes.
#[derive(Debug, Clone)]
pub(super) struct JsonPiece {
    /// Bytes of the text.
    pub range: Range<usize>,
    /// Whether a backslash stands in it.
    pub escaped: bool,
    /// Whether `%` or `&` stands in it.
    pub coded: bool,
}

/// What comes next.
pub(super) enum Event {
    Name(JsonPiece),
    Text(JsonPiece),
    /// The text is over: all of it was JSON.
    End,
    /// The text is over before its JSON is.
    Cut,
    /// It is no JSON.
    Fault,
    /// It nests too deep.
    Deep,
}

/// A step on the way to a value.
#[derive(Debug)]
enum JsonStep {
    /// Before the first name.
    Open,
    Field {
        range: Range<usize>,
        marked: bool,
        secret: bool,
        /// What the object says it is called, where a name and its value are two fields.
        called: Option<Called>,
    },
    Item(usize),
}

/// The name in `{"name": "DB_PASSWORD", "value": "…"}`, as lists of variables, headers and settings have it.
#[derive(Debug, Clone)]
struct Called {
    range: Range<usize>,
    marked: bool,
}

#[derive(Clone, Copy, PartialEq)]
enum WantedToken {
    Value,
    /// Or the end of an empty list.
    FirstItem,
    /// Or the end of an empty object.
    FirstName,
    Name,
    /// A comma or the end of what is open.
    Next,
}

/// Reads one JSON value.
pub(super) struct JsonReader<'a> {
    text: &'a str,
    at: usize,
    end: usize,
    wanted: WantedToken,
    steps: Vec<JsonStep>,
    remembered: Vec<(Range<usize>, bool)>,
}

impl<'a> JsonReader<'a> {
    /// A reader of a part of a text; `None` when no JSON with strings begins there.
    pub fn new(text: &'a str, part: Range<usize>) -> Option<Self> {
        let start = text.get(part.clone())?.trim_start_matches('\u{feff}').trim_start();
        let at = part.end - start.len();
        start.starts_with(['{', '[', '"']).then(|| Self {
            text,
            at,
            end: part.end,
            wanted: WantedToken::Value,
            steps: Vec::new(),
            remembered: vec![(0..0, false); REMEMBERED],
        })
    }

    /// The next name or string.
    pub fn next(&mut self) -> Event {
        loop {
            let Some(byte) = self.skip_space() else {
                let whole = self.steps.is_empty() && self.wanted == WantedToken::Next;
                return if whole { Event::End } else { Event::Cut };
            };
            match (self.wanted, byte) {
                (WantedToken::FirstName | WantedToken::Name, b'"') => return self.name(),
                (WantedToken::FirstName, b'}') | (WantedToken::FirstItem, b']') => self.close(),
                (WantedToken::Value | WantedToken::FirstItem, b'"') => {
                    self.wanted = WantedToken::Next;
                    return self.string().map_or(Event::Cut, Event::Text);
                }
                (WantedToken::Value | WantedToken::FirstItem, b'{' | b'[') => {
                    if self.steps.len() >= MAX_DEPTH {
                        return Event::Deep;
                    }
                    self.open(byte);
                }
                (WantedToken::Value | WantedToken::FirstItem, _) => {
                    if !self.scalar() {
                        return if self.at >= self.end { Event::Cut } else { Event::Fault };
                    }
                }
                (WantedToken::Next, b',') => match self.steps.last_mut() {
                    Some(JsonStep::Item(index)) => {
                        *index += 1;
                        self.at += 1;
                        self.wanted = WantedToken::Value;
                    }
                    Some(_) => {
                        self.at += 1;
                        self.wanted = WantedToken::Name;
                    }
                    None => return Event::Fault,
                },
                (WantedToken::Next, b'}') if matches!(self.steps.last(), Some(JsonStep::Field { .. })) => self.close(),
                (WantedToken::Next, b']') if matches!(self.steps.last(), Some(JsonStep::Item(_))) => self.close(),
                _ => return Event::Fault,
            }
        }
    }

    /// Marks the name that was given last.
    pub fn mark(&mut self) {
        if let Some(JsonStep::Field { marked, .. }) = self.steps.last_mut() {
            *marked = true;
        }
    }

    /// Whether the string that was given last says what the object is called.
    pub fn is_naming(&self) -> bool {
        let Some(JsonStep::Field { range, called: None, .. }) = self.steps.last() else { return false };
        let field = self.text.get(range.clone()).unwrap_or_default();
        ["name", "key", "variable", "header"].iter().any(|name| field.eq_ignore_ascii_case(name))
    }

    /// Keeps what the object is called. A title or a sentence is no name.
    pub fn call(&mut self, piece: &JsonPiece, marked: bool) {
        let text = self.text.get(piece.range.clone()).unwrap_or_default();
        let is_plain = |byte: u8| byte.is_ascii_alphanumeric() || b"_-. ".contains(&byte);
        if let Some(JsonStep::Field { called, .. }) = self.steps.last_mut()
            && text.len() <= 64
            && text.bytes().all(is_plain)
        {
            *called = Some(Called { range: piece.range.clone(), marked });
        }
    }

    /// What the value is called that is being read.
    fn called(&self) -> Option<&Called> {
        let Some(JsonStep::Field { range, called, .. }) = self.steps.last() else { return None };
        let is_value = self.text.get(range.clone()).is_some_and(|name| name.eq_ignore_ascii_case("value"));
        called.as_ref().filter(|_| is_value)
    }

    /// Whether one of the last three steps is a marked name, or the value is called by one.
    pub fn is_marked(&self) -> bool {
        // The name that decides may stand some steps up: `credentials` in `credentials[0].value`.
        self.called().is_some_and(|called| called.marked)
            || self.steps.iter().rev().take(3).any(|step| matches!(step, JsonStep::Field { marked: true, .. }))
    }

    /// The name that the string stands under itself, when that may be a secret's.
    pub fn secret_name(&self) -> Option<&'a str> {
        if let Some(called) = self.called() {
            return self.text.get(called.range.clone()).filter(|name| may_name_secret(name));
        }
        match self.steps.last()? {
            JsonStep::Field { range, secret: true, .. } => self.text.get(range.clone()),
            _ => None,
        }
    }

    /// The names among the last three steps, first things first, and what the value is called.
    pub fn last_names(&self) -> impl Iterator<Item = &'a str> {
        let steps = self.steps.get(self.steps.len().saturating_sub(3)..).unwrap_or_default();
        let names = steps.iter().filter_map(|step| match step {
            JsonStep::Field { range, .. } => self.text.get(range.clone()),
            _ => None,
        });
        names.chain(self.called().and_then(|called| self.text.get(called.range.clone())))
    }

    /// RFC 6901.
    pub fn pointer(&self) -> String {
        let mut pointer = String::new();
        for step in &self.steps {
            pointer.push('/');
            match step {
                JsonStep::Field { range, .. } => {
                    let name = self.text.get(range.clone()).unwrap_or_default();
                    let name = if name.contains('\\') { unescape_json(name).0 } else { name.to_owned() };
                    pointer.push_str(&name.replace('~', "~0").replace('/', "~1"));
                }
                JsonStep::Item(index) => pointer.push_str(&index.to_string()),
                JsonStep::Open => {}
            }
        }

        pointer
    }

    fn skip_space(&mut self) -> Option<u8> {
        let rest = self.text.as_bytes().get(self.at..self.end)?;
        let (skipped, byte) =
            rest.iter().enumerate().find(|(_, byte)| !matches!(byte, b' ' | b'\n' | b'\r' | b'\t'))?;
        self.at += skipped;
        Some(*byte)
    }

    fn open(&mut self, byte: u8) {
        self.at += 1;
        let (step, wanted) = if byte == b'{' {
            (JsonStep::Open, WantedToken::FirstName)
        } else {
            (JsonStep::Item(0), WantedToken::FirstItem)
        };
        self.steps.push(step);
        self.wanted = wanted;
    }

    fn close(&mut self) {
        self.at += 1;
        self.steps.pop();
        self.wanted = WantedToken::Next;
    }

    fn name(&mut self) -> Event {
        let Some(piece) = self.string() else { return Event::Cut };
        match self.skip_space() {
            Some(b':') => self.at += 1,
            Some(_) => return Event::Fault,
            None => return Event::Cut,
        }
        let secret = self.is_secret(&piece.range);

        if let Some(step) = self.steps.last_mut() {
            // The next name takes the place of this one; what the object is called has to outlive it.
            let called = match step {
                JsonStep::Field { called, .. } => called.take(),
                _ => None,
            };
            *step = JsonStep::Field { range: piece.range.clone(), marked: false, secret, called };
        }

        self.wanted = WantedToken::Value;
        Event::Name(piece)
    }

    /// The answer of [`may_name_secret`], which the names of a list are asked for again and again.
    fn is_secret(&mut self, range: &Range<usize>) -> bool {
        let name = self.text.as_bytes().get(range.clone()).unwrap_or_default();
        let ends = |at: Option<&u8>| usize::from(at.copied().unwrap_or_default());
        let middle = ends(name.get(name.len() / 2));
        // A poor hash is enough: the name is compared, and a collision costs one more question.
        let place = (name.len() * 31 + ends(name.first()) * 7 + ends(name.last()) * 3 + middle) % REMEMBERED;
        if let Some((known, secret)) = self.remembered.get(place)
            && self.text.as_bytes().get(known.clone()) == Some(name)
        {
            return *secret;
        }
        let secret = std::str::from_utf8(name).is_ok_and(may_name_secret);

        if let Some(slot) = self.remembered.get_mut(place) {
            *slot = (range.clone(), secret);
        }
        secret
    }

    fn string(&mut self) -> Option<JsonPiece> {
        let start = self.at + 1;
        let rest = self.text.as_bytes().get(start..self.end)?;
        let (mut escaped, mut coded, mut skip) = (false, false, false);

        for (index, byte) in rest.iter().enumerate() {
            if skip {
                skip = false;
                continue;
            }
            match byte {
                b'"' => {
                    self.at = start + index + 1;
                    return Some(JsonPiece { range: start..start + index, escaped, coded });
                }
                b'\\' => (escaped, skip) = (true, true),
                b'%' | b'&' => coded = true,
                _ => {}
            }
        }

        self.at = self.end;
        None
    }

    /// Skips a number, `true`, `false` or `null`.
    fn scalar(&mut self) -> bool {
        let rest = self.text.as_bytes().get(self.at..self.end).unwrap_or_default();
        let length = rest.iter().take_while(|byte| byte.is_ascii_alphanumeric() || b"+-.".contains(byte)).count();
        let word = rest.get(..length).unwrap_or_default();
        let known = matches!(word, b"true" | b"false" | b"null");
        let number = || {
            word.first().is_some_and(|byte| byte.is_ascii_digit() || *byte == b'-')
                && word.iter().all(|byte| byte.is_ascii_digit() || b"+-.eE".contains(byte))
        };
        let whole = known || number();
        // A number that the end of the text cuts in two is cut, not faulty.
        self.at += if whole || length == rest.len() { length } else { 0 };
        self.wanted = WantedToken::Next;

        whole
    }
}
