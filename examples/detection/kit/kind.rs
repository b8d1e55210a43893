//! Kinds of values and the labelled cases made of them.

use std::ops::Range;

use super::draw::Draw;
use super::forms::{Form, Placed, render};

/// Stands before the secret within a value until the place of the secret is known (private use, never in a value).
pub const OPEN: char = '\u{E000}';
/// Stands behind it.
pub const SHUT: char = '\u{E001}';

/// One kind of secret or look-alike and how values of it are made.
pub struct Kind {
    /// Names the kind in labels and tables.
    pub name: &'static str,
    /// How people call such a value in a sentence.
    pub what: &'static str,
    /// Names of fields in which such a value stands; the first is the most usual.
    pub names: &'static [&'static str],
    /// The documents in which it is placed.
    pub forms: &'static [Form],
    /// Makes one value; marks the secret in it with [`marked`] unless the whole value is one.
    pub make: fn(&mut Draw) -> String,
}

/// Writes a kind as one entry of a list.
pub fn kind(
    name: &'static str,
    what: &'static str,
    names: &'static [&'static str],
    forms: &'static [Form],
    make: fn(&mut Draw) -> String,
) -> Kind {
    Kind { name, what, names, forms, make }
}

/// A document with a label.
pub struct Case {
    /// Names the kind.
    pub kind: &'static str,
    /// Belongs to the kinds that nobody looks at when tuning rules.
    pub held_out: bool,
    pub form: Form,
    pub text: String,
    /// Where the planted secret stands; `None` for a look-alike.
    pub secret: Option<Range<usize>>,
}

impl Kind {
    /// About a third of the kinds, by the FNV-1a of their names, so that adding a kind moves no other.
    pub fn is_held_out(&self) -> bool {
        let sum = self
            .name
            .bytes()
            .fold(0xCBF2_9CE4_8422_2325_u64, |sum, byte| (sum ^ u64::from(byte)).wrapping_mul(0x0100_0000_01B3));
        (sum >> 17) % 3 == 0
    }

    /// `n` cases of a secret: forms in turn, names by chance.
    pub fn planted(&self, n: usize, draw: &mut Draw) -> Vec<Case> {
        self.cases(n, draw, true)
    }

    /// `n` cases of a look-alike.
    pub fn look_alikes(&self, n: usize, draw: &mut Draw) -> Vec<Case> {
        self.cases(n, draw, false)
    }

    fn cases(&self, n: usize, draw: &mut Draw, is_secret: bool) -> Vec<Case> {
        let first = draw.below(self.forms.len());
        let forms = self.forms.iter().copied().cycle().skip(first).take(n);
        forms.map(|form| self.case(form, draw, is_secret)).collect()
    }

    fn case(&self, form: Form, draw: &mut Draw, is_secret: bool) -> Case {
        let made = (self.make)(draw);
        let value = if is_secret && !made.contains(OPEN) { marked(&made) } else { made };
        let name = draw.pick(self.names);
        let text = render(form, &Placed { name, what: self.what, value: &value }, draw);
        let (text, secret) = unmarked(&text);
        Case { kind: self.name, held_out: self.is_held_out(), form, text, secret: secret.filter(|_| is_secret) }
    }
}

/// The secret part of a value, between marks.
pub fn marked(secret: &str) -> String {
    format!("{OPEN}{secret}{SHUT}")
}

/// The text without its marks, and where the first marked part stands in it.
fn unmarked(text: &str) -> (String, Option<Range<usize>>) {
    let start = text.find(OPEN);
    let clean: String = text.chars().filter(|c| !matches!(*c, OPEN | SHUT)).collect();
    let range = start.and_then(|start| {
        let end = text.find(SHUT)?;
        Some(start..end.checked_sub(OPEN.len_utf8())?)
    });
    (clean, range)
}
