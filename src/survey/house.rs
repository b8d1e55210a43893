//! Fields that are for the house alone, by name and value: notes about a customer, a purchase price, a risk score.

use super::leaves::Leaf;
use super::names::{role_mark, singular_of, split_words};
use crate::detect::exposure::is_placeholder;
use crate::model::Severity;

/// What a field is that should not have left, by name and value.
#[derive(Debug, Clone, Copy)]
pub struct HouseField {
    /// In words.
    pub what: &'static str,
    /// How bad it is that it left.
    pub severity: Severity,
}

/// Compound names of what is for the house alone. Single words (`cost`, `margin`, `score`) mean too many things.
const HOUSE_NAMES: &[(&str, &str)] = &[
    ("internalnote", "a note for the house"),
    ("internalcomment", "a note for the house"),
    ("internalremark", "a note for the house"),
    ("staffnote", "a note for the house"),
    ("adminnote", "a note for the house"),
    ("admincomment", "a note for the house"),
    ("moderatornote", "a note for the house"),
    ("agentnote", "a note for the house"),
    ("costprice", "what the house pays"),
    ("purchaseprice", "what the house pays"),
    ("wholesaleprice", "what the house pays"),
    ("buyingprice", "what the house pays"),
    ("profitmargin", "what the house earns"),
    ("grossmargin", "what the house earns"),
    ("riskscore", "what the house thinks of its customers"),
    ("fraudscore", "what the house thinks of its customers"),
    ("churnscore", "what the house thinks of its customers"),
    ("spamscore", "what the house thinks of its customers"),
    ("trustscore", "what the house thinks of its customers"),
    ("banreason", "what the house thinks of its customers"),
    ("blacklistreason", "what the house thinks of its customers"),
];

/// Names of numbers that identity documents have.
const IDENTITY_NUMBERS: &[&str] = &[
    "ssn",
    "socialsecuritynumber",
    "passportnumber",
    "passportno",
    "nationalid",
    "nationalidnumber",
    "driverslicensenumber",
];

/// Returns what a field is that is for the house alone, or an identity document's number, by its name and its value.
pub fn house_field(leaf: &Leaf) -> Option<HouseField> {
    let text = leaf.text.trim();
    // A flag says that there is something, not what; 0 and the empty text say nothing.
    if leaf.word || is_placeholder(text) || text.chars().all(|c| matches!(c, '0' | '.' | '-')) {
        return None;
    }
    // `internalNotes` and `internal_note` are one name.
    let name = split_words(&leaf.key).iter().map(|word| singular_of(word)).collect::<String>();

    if IDENTITY_NUMBERS.contains(&name.as_str()) {
        // Masked numbers (`***-**-1234`) and words such as `on file` give nothing away.
        let digits = text.chars().filter(char::is_ascii_digit).count();
        let plain = text.chars().all(|c| c.is_ascii_alphanumeric() || " -".contains(c));
        let real = (6..=20).contains(&text.chars().count()) && plain && digits >= 5;
        return real.then_some(HouseField { what: "the number of an identity document", severity: Severity::Medium });
    }

    let (_, what) = HOUSE_NAMES.iter().find(|(known, _)| name == *known)?;
    Some(HouseField { what, severity: Severity::Low })
}

/// Returns true for names that sound like a role or the house's own business.
pub fn sounds_internal(name: &str) -> bool {
    let flags = [
        "banned",
        "blocked",
        "suspended",
        "deleted",
        "permission",
        "role",
        "privilege",
        "score",
        "margin",
        "cost",
        "debug",
    ];
    role_mark(name).is_some() || split_words(name).iter().any(|word| flags.contains(&singular_of(word).as_str()))
}
