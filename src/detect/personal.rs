//! Personal data by validators, never by shape alone: card numbers, bank accounts, social security numbers.
//! E-mail addresses are only counted: an answer without one is rare, and few of them are secret.

use std::ops::Range;
use std::sync::LazyLock;

use regex::Regex;

/// Longer values of fields are no number, whatever separates its digits.
const MAX_FIELD_BYTES: usize = 256;
/// Only this much of one text is looked at.
const MAX_TEXT_BYTES: usize = 2 * 1024 * 1024;
/// More values of one text are not told.
const MAX_FOUND: usize = 1_000;

/// What a value is.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum PersonalKind {
    /// A payment card's number: Luhn's digit (ISO/IEC 7812-1) and a prefix and length that a network issues.
    CardNumber,
    /// An international bank account number (ISO 13616): its country's length, and the remainder 1 of 97.
    Iban,
    /// A social security number of the United States, under a name that says so.
    SocialSecurity,
}

impl PersonalKind {
    /// A stable name: `card-number`.
    pub fn name(self) -> &'static str {
        match self {
            Self::CardNumber => "card-number",
            Self::Iban => "iban",
            Self::SocialSecurity => "social-security-number",
        }
    }
}

/// A place where personal data stands.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct PersonalHit {
    /// What it is.
    pub kind: PersonalKind,
    /// Bytes of the text.
    pub range: Range<usize>,
}

/// Numbers that networks, payment providers and standards publish for tests and documentation.
const SAMPLES: [&str; 30] = [
    "4111111111111111",
    "4012888888881881",
    "4222222222222",
    "4242424242424242",
    "4000056655665556",
    "4000000000000002",
    "4000000000009995",
    "4000002500003155",
    "4012000033330026",
    "4005519200000004",
    "4009348888881881",
    "4500600000000061",
    "5555555555554444",
    "5105105105105100",
    "5200828282828210",
    "5454545454545454",
    "2223003122003222",
    "2223000048400011",
    "378282246310005",
    "371449635398431",
    "6011111111111117",
    "6011000990139424",
    "6011000400000000",
    "30569309025904",
    "38520000023237",
    "3056930009020004",
    "3530111333300000",
    "3566002020360505",
    "6200000000000005",
    "6304000000000000",
];
/// Accounts of the standard's and the banks' own documentation.
const SAMPLE_IBANS: [&str; 14] = [
    "GB82WEST12345698765432",
    "GB29NWBK60161331926819",
    "GB33BUKB20201555555555",
    "DE89370400440532013000",
    "DE75512108001245126199",
    "FR1420041010050500013M02606",
    "FR7630006000011234567890189",
    "NL91ABNA0417164300",
    "ES9121000418450200051332",
    "IT60X0542811101000000123456",
    "BE68539007547034",
    "CH9300762011623852957",
    "AT611904300234573201",
    "IE29AIBK93115212345678",
];
/// The countries of each length (ISO 13616 registry).
const IBAN_LENGTHS: [(usize, &str); 18] = [
    (15, "NO"),
    (16, "BE"),
    (18, "DK FI FK FO GL NL SD"),
    (19, "MK SI"),
    (20, "AT BA EE KZ LT LU MN XK"),
    (21, "CH HR LI LV"),
    (22, "BG BH CR DE GB GE IE ME RS VA"),
    (23, "AE GI IL IQ OM SO TL"),
    (24, "AD CZ ES MD PK RO SA SE SK TN VG"),
    (25, "LY PT ST"),
    (26, "IS TR"),
    (27, "BI DJ FR GR IT MC MR SM"),
    (28, "AL AZ BY CY DO GT HN HU LB NI PL SV"),
    (29, "BR EG PS QA UA"),
    (30, "JO KW MU YE"),
    (31, "MT SC"),
    (32, "LC"),
    (33, "RU"),
];

static CARD: LazyLock<Option<Regex>> = LazyLock::new(|| Regex::new(r"\b[2-6]\d{3}(?:[ -]?\d{2,6}){2,4}\b").ok());
static IBAN: LazyLock<Option<Regex>> =
    LazyLock::new(|| Regex::new(r"\b[A-Z]{2}\d{2}(?:[A-Z0-9]{11,30}|(?: [A-Z0-9]{4}){2,7}(?: [A-Z0-9]{1,3})?)\b").ok());
static EMAIL: LazyLock<Option<Regex>> =
    LazyLock::new(|| Regex::new(r"\b[A-Za-z0-9._%+\-]{1,64}@([A-Za-z0-9\-]{1,63}(?:\.[A-Za-z0-9\-]{1,63})+)\b").ok());

/// Card numbers and bank accounts in a text, in its order; published samples are none. At most 1,000, of the first
/// 2 MiB.
pub fn find_numbers(text: &str) -> Vec<PersonalHit> {
    let end = (0..=text.len().min(MAX_TEXT_BYTES)).rev().find(|at| text.is_char_boundary(*at)).unwrap_or(0);
    let text = text.get(..end).unwrap_or_default();
    let kinds = [(&CARD, PersonalKind::CardNumber), (&IBAN, PersonalKind::Iban)];
    let mut found = Vec::new();

    for (regex, kind) in kinds {
        let Some(regex) = regex.as_ref() else { continue };
        let valid = regex.find_iter(text).filter_map(|place| match kind {
            PersonalKind::Iban => Some(place.start()..place.start() + iban_end(place.as_str())?),
            // One check digit lets every tenth number pass, so what stands around it counts as well.
            _ => {
                let number = place.as_str();
                let is_one = is_card_number(number) && !is_sample(number) && !is_within_number(text, place.range());
                is_one.then(|| place.range())
            }
        });
        found.extend(valid.map(|range| PersonalHit { kind, range }).take(MAX_FOUND));
    }

    found.sort_by_key(|hit| hit.range.start);
    found
}

/// What a whole field gives away: also a social security number, which nothing but its name tells from a part number.
pub fn in_field(name: &str, text: &str) -> Option<PersonalKind> {
    let text = text.trim();
    let name: String = name.chars().filter(char::is_ascii_alphanumeric).map(|c| c.to_ascii_lowercase()).collect();
    let about_people = name.ends_with("ssn") || name.contains("socialsecurity");

    if about_people && is_social_security_number(text) {
        return Some(PersonalKind::SocialSecurity);
    }
    // A longer text is no number by itself, and takes its time to search.
    if text.len() > MAX_FIELD_BYTES {
        return None;
    }
    find_numbers(text).into_iter().find(|hit| hit.range == (0..text.len())).map(|hit| hit.kind)
}

/// How many e-mail addresses stand in a text, those of documentation (RFC 2606) left out.
pub fn n_emails(text: &str) -> usize {
    let Some(regex) = EMAIL.as_ref() else { return 0 };
    let domains = regex.captures_iter(text).filter_map(|captures| captures.get(1));
    domains.filter(|domain| !is_reserved_domain(domain.as_str())).take(MAX_FOUND).count()
}

fn is_reserved_domain(domain: &str) -> bool {
    let domain = domain.to_ascii_lowercase();
    let names = ["example.com", "example.org", "example.net"];
    names.iter().any(|name| domain == *name || domain.strip_suffix(name).is_some_and(|rest| rest.ends_with('.')))
        || [".test", ".example", ".invalid", ".localhost"].iter().any(|ending| domain.ends_with(ending))
}

/// Area, group and serial as the Social Security Administration issues them; published samples are none.
fn is_social_security_number(text: &str) -> bool {
    let parts: Vec<&str> = text.split('-').collect();
    let digits: String = parts.concat();
    let lengths: Vec<usize> = parts.iter().map(|part| part.len()).collect();

    if digits.len() != 9 || !digits.bytes().all(|b| b.is_ascii_digit()) || !(lengths == [3, 2, 4] || lengths == [9]) {
        return false;
    }
    let (area, rest) = digits.split_at(3);
    let (group, serial) = rest.split_at(2);
    let samples = ["078051120", "219099999", "123456789", "111223333", "123121234"];
    !matches!(area, "000" | "666")
        && !area.starts_with('9')
        && group != "00"
        && serial != "0000"
        && !samples.contains(&digits.as_str())
}

/// A number within a fraction, a longer number or an identifier is no card's.
fn is_within_number(text: &str, range: Range<usize>) -> bool {
    let before = text.get(..range.start).and_then(|text| text.chars().next_back());
    let after: Vec<char> = text.get(range.end..).unwrap_or_default().chars().take(2).collect();
    // A mark behind the number joins it to more only where more follows: else it ends a sentence.
    let joins = |c: char| matches!(c, '.' | '-' | '_' | '/' | '+' | ':');
    before.is_some_and(joins)
        || matches!(after.as_slice(), [mark, next] if joins(*mark) && next.is_ascii_alphanumeric())
}

/// Returns where the account ends that a text begins with: behind groups of four, a further word looks like a group.
fn iban_end(text: &str) -> Option<usize> {
    let country = text.get(..2)?;
    let length = IBAN_LENGTHS.iter().find(|(_, all)| all.split(' ').any(|known| known == country))?.0;
    let written = text.char_indices().filter(|(_, letter)| *letter != ' ');
    let (last, _) = written.clone().nth(length - 1)?;
    let account: String = written.take(length).map(|(_, letter)| letter).collect();
    // In the middle of a group nothing ends.
    let is_whole = text.get(last + 1..)?.chars().next().is_none_or(|after| after == ' ');

    (is_whole && is_iban(&account)).then_some(last + 1)
}

fn is_iban(account: &str) -> bool {
    let Some((head, tail)) = account.split_at_checked(4) else { return false };
    // The digits are 98 less a remainder of 97, so that these are never issued, though the remainder may be 1.
    let is_issued = head.get(2..).and_then(|digits| digits.parse().ok()).is_some_and(|sum| (2..=98_u8).contains(&sum));
    if SAMPLE_IBANS.contains(&account) || !is_issued {
        return false;
    }

    // Zeros alone are a form to be filled in.
    let filled = tail.bytes().filter(|byte| *byte != b'0').count() >= 4;
    // Country and check digits go to the end and letters count from 10 on: ISO 13616 demands remainder 1.
    let remainder = tail.chars().chain(head.chars()).filter_map(|c| c.to_digit(36)).fold(0, |rest, digit| {
        let scale = if digit > 9 { 100 } else { 10 };
        (rest * scale + digit) % 97
    });
    filled && remainder == 1
}

/// Luhn (ISO/IEC 7812-1) and a prefix and length that a card network issues.
pub fn is_card_number(text: &str) -> bool {
    let separators = text.chars().all(|c| c.is_ascii_digit() || c == ' ' || c == '-');
    let digits: Vec<u32> = text.chars().filter_map(|c| c.to_digit(10)).collect();

    if !separators || !(13..=19).contains(&digits.len()) {
        return false;
    }
    is_issued(&digits) && is_luhn_valid(&digits)
}

/// Whether a number is one that networks and payment providers publish.
fn is_sample(text: &str) -> bool {
    let digits: String = text.chars().filter(char::is_ascii_digit).collect();
    SAMPLES.contains(&digits.as_str())
}

fn is_issued(digits: &[u32]) -> bool {
    let prefix = |length: usize| digits.iter().take(length).fold(0, |value, digit| value * 10 + digit);
    match digits.len() {
        13 | 19 => prefix(1) == 4 || prefix(2) == 62 || prefix(4) == 6011,
        14 => matches!(prefix(2), 36 | 38 | 39) || (300..=305).contains(&prefix(3)),
        15 => matches!(prefix(2), 34 | 37),
        16 => {
            prefix(1) == 4
                || (51..=55).contains(&prefix(2))
                || (2221..=2720).contains(&prefix(4))
                || matches!(prefix(2), 62 | 65)
                || prefix(4) == 6011
                || (644..=649).contains(&prefix(3))
                || (3528..=3589).contains(&prefix(4))
        }
        _ => false,
    }
}

fn is_luhn_valid(digits: &[u32]) -> bool {
    let sum: u32 = digits
        .iter()
        .rev()
        .enumerate()
        .map(|(index, digit)| match (index % 2, digit * 2) {
            (0, _) => *digit,
            (_, double) if double > 9 => double - 9,
            (_, double) => double,
        })
        .sum();
    sum.is_multiple_of(10)
}
