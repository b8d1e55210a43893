//! What an id gives away: whether others can be counted or decoded from it, and whether anybody could guess it.

#[cfg(test)]
mod tests;

use std::collections::{BTreeMap, BTreeSet};

use serde_json::Value;

use super::leaves::scalar_text;
use super::objects::{Object, ObjectKey};
use super::run::Survey;
use super::slots::{Slot, is_uuid, missing_like, readable_base64};
use crate::model::ANONYMOUS;

/// The longest number that is tried out in reasonable time, in digits.
const MAX_GUESSED_DIGITS: usize = 8;
/// Below this every id can be asked for.
const SMALL: u128 = 1_000_000;
/// Steps between ids of one counter.
const SMALL_STEP: u128 = 100;
/// How deep ids are unwrapped.
const MAX_WRAPS: u8 = 3;

/// What one id is.
#[derive(Debug, Clone, PartialEq, Eq)]
enum IdShape {
    /// A number, behind a fixed text and within wrappings.
    Number { wrap: String, prefix: String, digits: String },
    /// A UUID of version 1: clock and machine.
    Clocked { node: String, time: u128 },
    /// Chosen by people: a name, an address, a date.
    Chosen,
    /// Nothing to count; why.
    Random(&'static str),
}

/// Returns how an id can be guessed.
///
/// # Errors
/// Why it cannot.
pub fn how_guessable(id: &str) -> Result<&'static str, &'static str> {
    match id_shape(id, MAX_WRAPS) {
        IdShape::Number { digits, .. } if digits.len() > MAX_GUESSED_DIGITS => Err("long numbers"),
        IdShape::Number { wrap, prefix, .. } => Ok(match (wrap.is_empty(), prefix.is_empty()) {
            (false, _) => "an encoded number",
            (true, false) => "a number behind a fixed text",
            (true, true) => "a short number",
        }),
        IdShape::Chosen => Ok("a name that people choose"),
        // One alone leaves the clock open; only several of one machine narrow it down.
        IdShape::Clocked { .. } => Err("UUIDs"),
        IdShape::Random(why) => Err(why),
    }
}

/// Ids that can be counted or decoded, and how.
#[derive(Debug, PartialEq, Eq)]
pub struct CountableIds {
    /// Those it shows on.
    pub ids: BTreeSet<String>,
    /// The reason as a sentence.
    pub because: String,
}

/// What the ids of one resource are.
#[derive(Debug, PartialEq, Eq)]
pub enum IdJudgement {
    /// They can be counted or decoded.
    Countable(CountableIds),
    /// They cannot, for this reason.
    Sound(&'static str),
    /// Too few are known.
    TooFew,
}

/// Judges the ids of one resource together: one id alone shows no step, and `least` of one kind must be known.
pub fn judge_ids(ids: &BTreeSet<String>, least: usize) -> IdJudgement {
    let shapes: Vec<(&String, IdShape)> = ids.iter().map(|id| (id, id_shape(id, MAX_WRAPS))).collect();
    let mut numbers: BTreeMap<(String, String), BTreeMap<u128, &String>> = BTreeMap::new();
    let mut clocks: BTreeMap<String, BTreeMap<u128, &String>> = BTreeMap::new();
    let mut why = None;

    for (id, shape) in shapes {
        match shape {
            IdShape::Number { wrap, prefix, digits } => {
                let group = numbers.entry((wrap, prefix)).or_default();
                group.extend(digits.parse().ok().map(|number: u128| (number, id)));
            }
            IdShape::Clocked { node, time } => _ = clocks.entry(node).or_default().insert(time, id),
            IdShape::Chosen => why = Some("people choose them"),
            IdShape::Random(reason) => why = why.or(Some(reason)),
        }
    }

    if let Some((_, times)) = clocks.into_iter().find(|(_, times)| times.len() >= 2) {
        return countable_judgement(
            &times,
            "UUIDs of version 1 from one machine: its clock and its address".to_owned(),
        );
    }

    let largest = numbers.into_iter().max_by_key(|(_, group)| group.len());
    // A few numbers among ids of another kind came there by another way.
    match largest.filter(|(_, group)| group.len() * 2 > ids.len()) {
        Some(((wrap, prefix), group)) if group.len() >= least => match judge_sequence(&prefix, &group) {
            Ok(how) => countable_judgement(&group, describe_numbers(&wrap, &prefix, how)),
            Err(reason) => IdJudgement::Sound(reason),
        },
        Some(_) => IdJudgement::TooFew,
        None => why.map_or(IdJudgement::TooFew, IdJudgement::Sound),
    }
}

fn countable_judgement(group: &BTreeMap<u128, &String>, because: String) -> IdJudgement {
    IdJudgement::Countable(CountableIds { ids: group.values().map(|id| (*id).clone()).collect(), because })
}

fn describe_numbers(wrap: &str, prefix: &str, how: &str) -> String {
    let behind = if prefix.is_empty() { String::new() } else { " behind a fixed text".to_owned() };
    let within = if wrap.is_empty() { String::new() } else { format!(" within {wrap}") };
    format!("{how}{behind}{within}")
}

/// Whether numbers are those of a counter.
///
/// # Errors
/// Why they need not be.
fn judge_sequence(prefix: &str, group: &BTreeMap<u128, &String>) -> Result<&'static str, &'static str> {
    let numbers: Vec<u128> = group.keys().copied().collect();
    let all = |test: fn(u128) -> bool| numbers.iter().all(|number| test(*number));

    if prefix.is_empty() && all(|number| (1900..=2100).contains(&number)) {
        return Err("the numbers may be years");
    }
    if all(is_day) {
        return Err("the numbers are dates");
    }
    if all(|number| number < SMALL) {
        return Ok("small numbers");
    }
    let steps = numbers.windows(2).filter_map(|pair| Some(pair.last()? - pair.first()?));
    let small = steps.filter(|step| *step <= SMALL_STEP).count();

    // Removed rows leave gaps, so that half of the steps is enough; one small step may be chance.
    if small >= 2 && small * 2 >= numbers.len() - 1 {
        return Ok("numbers that differ by small steps");
    }
    Err("the numbers lie far apart")
}

/// `20310509`.
fn is_day(number: u128) -> bool {
    let (year, month, day) = (number / 10_000, number / 100 % 100, number % 100);
    (1900..=2100).contains(&year) && (1..=12).contains(&month) && (1..=31).contains(&day)
}

/// The known ids of one resource, of which one caller owns some.
#[derive(Debug)]
pub struct KnownIds {
    /// The resource.
    pub resource: String,
    /// All of them.
    pub ids: BTreeSet<String>,
    /// The caller that owns most of them.
    pub owner: String,
    /// Those of the owner that no list shows to strangers or its peers.
    pub own: BTreeSet<String>,
    /// The scan made all of them, one right after the other: two that are neighbours were counted.
    pub all_made: bool,
}

impl Survey {
    /// Returns the ids of the first of a slot's resources of which a caller owns an object. What no caller owns may be a
    /// catalogue.
    pub fn known_ids(&self, slot: &Slot) -> Option<KnownIds> {
        slot.resources.iter().find_map(|resource| self.ids_of(resource, slot))
    }

    fn ids_of(&self, resource: &str, slot: &Slot) -> Option<KnownIds> {
        // What no answer showed is a guess of the scan.
        let shown = |key: &ObjectKey, object: &Object| key.0 == *resource && !object.seen_by.is_empty();
        let all = self.objects.for_slot(slot).filter(|(key, object, _)| shown(key, object));
        let all: Vec<(&ObjectKey, &Object, String)> =
            all.filter_map(|(key, object, value)| Some((key, object, scalar_text(value)?))).collect();
        let owner_of = |key: &ObjectKey| self.owner(key).map(|(name, _)| name);

        // The one with the most shows the steps best; the first configured of equals, in every scan.
        let count = |name: &str| all.iter().filter(|(key, ..)| owner_of(key) == Some(name)).count();
        let people = self.people.all.iter().map(|person| person.name.as_str()).filter(|name| count(name) > 0);
        let owner = people.rev().max_by_key(|name| count(name))?.to_owned();
        let peers = self.people.peers(&owner);
        let others: Vec<&str> = peers.iter().map(|peer| peer.name.as_str()).chain([ANONYMOUS]).collect();
        // An id that others are shown anyway need not be guessed.
        let is_shared =
            |key: &ObjectKey| others.iter().any(|other| self.objects.is_listed_under(key, Some(slot), other));
        let own = all.iter().filter(|(key, ..)| owner_of(key) == Some(&owner) && !is_shared(key));
        Some(KnownIds {
            resource: resource.to_owned(),
            own: own.map(|(_, _, id)| id.clone()).collect(),
            all_made: all.iter().all(|(_, object, _)| object.created_by.is_some()),
            ids: all.into_iter().map(|(_, _, id)| id).collect(),
            owner,
        })
    }
}

/// Returns an id of the same form that no object has, and that is not the survey's missing one, which is long. Servers
/// that look at the length answer the two differently, and that shows: numbers are shorter here, and those behind a text
/// keep their width where they have one. The last number of a width is one that counters seldom come to.
pub fn other_missing_like(known: &Value) -> Option<Value> {
    const SALT: u64 = 40_961;
    let last = |width: usize| 10_u64.checked_pow(u32::try_from(width).ok()?)?.checked_sub(3);
    let text = scalar_text(known)?;
    let head = text.trim_end_matches(|c: char| c.is_ascii_digit());
    let digits = text.get(head.len()..)?;

    if head.is_empty() && digits.len() <= 8 {
        let number = last(digits.len().max(7))?;
        let changed = if known.is_number() { Value::from(number) } else { Value::String(number.to_string()) };
        return (changed != *known).then_some(changed);
    }
    let fixed = (4..=9).contains(&digits.len()) || (digits.len() >= 2 && digits.starts_with('0'));

    if head.is_empty() || !fixed || readable_base64(&text).is_some() || how_guessable(&text).is_err() {
        return Some(missing_like(known, SALT));
    }
    let changed = format!("{head}{}", last(digits.len())?);
    (changed != text).then_some(Value::String(changed))
}

fn id_shape(id: &str, depth: u8) -> IdShape {
    if is_uuid(id) {
        return uuid_shape(id);
    }
    if is_digits(id) {
        return number_shape("", id);
    }
    // The look within comes before the one for hashes: hexadecimal digits may spell a number.
    if let Some((wrap, inner)) = unwrap_encoding(id).filter(|_| depth > 0) {
        return match id_shape(&inner, depth - 1) {
            IdShape::Number { wrap: within, prefix, digits } => {
                let wrap = if within.is_empty() { wrap.to_owned() } else { format!("{within} within {wrap}") };
                IdShape::Number { wrap, prefix, digits }
            }
            other => other,
        };
    }

    if id.len() >= 12 && id.bytes().all(|byte| byte.is_ascii_hexdigit()) {
        return IdShape::Random("hexadecimal text, as of hashes");
    }
    if is_ulid(id) {
        return IdShape::Random("ULIDs: ordered by time, with 80 random bits");
    }
    text_shape(id)
}

fn number_shape(prefix: &str, digits: &str) -> IdShape {
    // Counters of databases end at 19 digits: a signed number of 64 bits.
    if digits.len() > 19 {
        return IdShape::Random("long numbers");
    }
    IdShape::Number { wrap: String::new(), prefix: prefix.to_owned(), digits: digits.to_owned() }
}

/// RFC 9562: the version is the 13th digit.
fn uuid_shape(id: &str) -> IdShape {
    let hex: String = id.chars().filter(char::is_ascii_hexdigit).collect();
    let part = |from: usize, to: usize| hex.get(from..to).unwrap_or_default();

    match part(12, 13) {
        "1" => {
            let time = format!("{}{}{}", part(13, 16), part(8, 12), part(0, 8));
            // Clock sequence and node stay the same while a machine runs.
            let node = part(16, 32).to_ascii_lowercase();
            IdShape::Clocked { node, time: u128::from_str_radix(&time, 16).unwrap_or_default() }
        }
        "7" => IdShape::Random("UUIDs of version 7: ordered by time, with 74 random bits"),
        // Zeros up to the last digits are no version 0, but a number that is written as a UUID.
        "0" if part(0, 24).bytes().all(|byte| byte == b'0') => {
            let digits = u128::from_str_radix(&hex, 16).unwrap_or_default().to_string();
            IdShape::Number { wrap: "a UUID".to_owned(), prefix: String::new(), digits }
        }
        _ => IdShape::Random("random UUIDs"),
    }
}

/// The text within base64 or within hexadecimal digits.
fn unwrap_encoding(id: &str) -> Option<(&'static str, String)> {
    readable_base64(id).map(|inner| ("base64", inner)).or_else(|| Some(("hexadecimal", readable_hex(id)?)))
}

fn readable_hex(id: &str) -> Option<String> {
    if id.len() < 8 || !id.len().is_multiple_of(2) || !id.bytes().all(|byte| byte.is_ascii_hexdigit()) {
        return None;
    }
    let bytes: Option<Vec<u8>> =
        (0..id.len()).step_by(2).map(|at| u8::from_str_radix(id.get(at..at + 2)?, 16).ok()).collect();
    let inner = String::from_utf8(bytes?).ok()?;
    let plain = inner.chars().all(|c| c.is_ascii_graphic()) && inner.chars().any(|c| c.is_ascii_digit());

    plain.then_some(inner)
}

/// Crockford's base32, 26 characters of it.
fn is_ulid(id: &str) -> bool {
    let alphabet = |byte: u8| byte.is_ascii_digit() || (byte.is_ascii_alphabetic() && !b"ILOUilou".contains(&byte));
    id.len() == 26 && id.starts_with(|c: char| ('0'..='7').contains(&c)) && id.bytes().all(alphabet)
}

/// A name, a number behind a text, or neither.
fn text_shape(id: &str) -> IdShape {
    if id.parse::<jiff::civil::Date>().is_ok() {
        return IdShape::Chosen;
    }
    let head = id.trim_end_matches(|c: char| c.is_ascii_digit());
    let digits = id.get(head.len()..).unwrap_or_default();

    if !is_readable(head) {
        return IdShape::Random("random text");
    }
    // The 2 of `alice2` is part of a name; an address is one whatever it ends in.
    if digits.is_empty() || id.contains('@') { IdShape::Chosen } else { number_shape(head, digits) }
}

/// Words as people write them, and numbers between them: nothing that was drawn at random.
fn is_readable(text: &str) -> bool {
    text.chars().any(char::is_alphabetic)
        && text
            .split(|c: char| !c.is_alphanumeric())
            .filter(|word| !word.is_empty())
            .all(|word| is_digits(word) || is_word(word.trim_end_matches(|c: char| c.is_ascii_digit())))
}

fn is_word(word: &str) -> bool {
    if !word.chars().all(char::is_alphabetic) {
        return false;
    }
    // Random text changes its case often; names that are written together do so once.
    let turns = word.chars().zip(word.chars().skip(1)).filter(|(a, b)| a.is_lowercase() && b.is_uppercase()).count();
    let length = word.chars().count();
    let vowels = word.chars().filter(|c| !c.is_ascii() || "aeiouyAEIOUY".contains(*c)).count();

    // `cus`, `INV` and `trip` are words here; `xkqzvbnt` and `aKqZvB` are not.
    length <= 3 || (turns <= 1 && vowels * 6 >= length)
}

fn is_digits(text: &str) -> bool {
    !text.is_empty() && text.bytes().all(|byte| byte.is_ascii_digit())
}
