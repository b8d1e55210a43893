//! Fields that callers must not set for themselves: which ones they are by name and value, and other values of theirs.

use serde_json::{Value, json};

use super::values::is_same_value;
use crate::act::{POWER_WORDS, is_tombstone};
use crate::model::Api;
use crate::survey::{ends_in_id, is_strong_owner_name, role_word, scalar_text, split_words};

/// What a field decides.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub(crate) enum Right {
    /// Who may do what.
    Role,
    /// Whose it is.
    Ownership,
    /// Whether somebody looked at it and agreed.
    Approval,
    /// What it costs or is worth.
    Money,
    /// How much one may use.
    Quota,
}

impl Right {
    /// In words: a field of ...
    pub(crate) fn as_str(self) -> &'static str {
        match self {
            Self::Role => "privilege",
            Self::Ownership => "ownership",
            Self::Approval => "approval",
            Self::Money => "money",
            Self::Quota => "allowance",
        }
    }

    /// Whether it gives power over more than the object itself.
    pub(crate) fn is_power(self) -> bool {
        matches!(self, Self::Role | Self::Ownership)
    }
}

const APPROVALS: &[&str] = &[
    "verified",
    "approved",
    "confirmed",
    "validated",
    "paid",
    "trusted",
    "featured",
    "certified",
    "vetted",
    "accredited",
    "reviewed",
];
const MONEY: &[&str] =
    &["balance", "credit", "credits", "discount", "price", "fee", "wallet", "cashback", "commission", "salary"];
const MONEY_ENDS: &[&str] = &["total", "amount", "points", "cost", "bonus"];
const QUOTAS: &[&str] = &["plan", "tier", "quota", "allowance", "premium", "vip", "limit"];

/// What a field decides, by its name and the value that it has; `None` for anything that does no harm.
pub(crate) fn right_of(name: &str, value: &Value) -> Option<Right> {
    let parts = split_words(name);
    let joined = parts.join("");
    let last = parts.last().map(String::as_str).unwrap_or_default();
    let asks = parts.first().is_some_and(|word| matches!(word.as_str(), "is" | "has" | "can"));
    let any = |list: &[&str]| parts.iter().any(|word| list.contains(&word.as_str()));

    if ends_in_id(name) || parts.len() == 1 && last == "owner" {
        return (is_strong_owner_name(name) && scalar_text(value).is_some()).then_some(Right::Ownership);
    }
    let known_role = matches!(joined.as_str(), "usertype" | "accesslevel" | "userrole" | "isadmin" | "issuperuser");
    // Loosely typed stores keep a flag as 0 or null.
    let flag = value.is_boolean() || value.is_null() || matches!(value.as_i64(), Some(0 | 1));

    // `role_count` only mentions a role, so the last word decides, or the form of a question (`is_staff_member`).
    if known_role || POWER_WORDS.contains(&last) || (asks && flag && any(POWER_WORDS)) {
        return Some(Right::Role);
    }
    if flag && APPROVALS.contains(&last) || matches!(joined.as_str(), "kycstatus" | "verificationstatus") {
        return Some(Right::Approval);
    }
    // What waits for a decision is not its maker's to decide.
    if matches!(last, "status" | "state") && value.as_str().is_some_and(is_waiting) {
        return Some(Right::Approval);
    }
    // Decimals are often sent as text, so that they keep their digits.
    let number = value.is_number() || value.as_str().is_some_and(|text| text.parse::<f64>().is_ok());

    if number && (any(MONEY) || MONEY_ENDS.contains(&last)) {
        return Some(Right::Money);
    }
    let quota = QUOTAS.contains(&last) && (number || value.is_string() || flag);
    (quota || number && any(&["quota", "allowance"])).then_some(Right::Quota)
}

/// Words for what has not been decided yet: the state of what a caller has just made.
fn is_waiting(text: &str) -> bool {
    matches!(
        text.to_ascii_lowercase().as_str(),
        "draft"
            | "pending"
            | "new"
            | "open"
            | "submitted"
            | "review"
            | "in_review"
            | "unpaid"
            | "inactive"
            | "unverified"
            | "unapproved"
            | "created"
            | "requested"
            | "processing"
            | "waiting"
            | "placed"
            | "received"
            | "reserved"
            | "booked"
            | "none"
    )
}

/// Words for what has been decided, by how much harm they do.
const DECIDED: &[&str] =
    &["approved", "paid", "verified", "accepted", "confirmed", "completed", "shipped", "active", "resolved", "done"];

/// Words of higher roles.
const HIGHER: &[&str] =
    &["admin", "administrator", "superuser", "superadmin", "root", "owner", "staff", "manager", "moderator"];

/// Whether a role's name is a higher one's: `ROLE_ADMIN`, `super-user`.
pub(crate) fn is_higher(text: &str) -> bool {
    role_word(text).is_some()
        || split_words(text).iter().any(|word| HIGHER.contains(&word.as_str()))
        || HIGHER.contains(&split_words(text).join("").as_str())
}

/// A field that decides a right, as it is now.
#[derive(Clone, Copy)]
pub(crate) struct RightField<'a> {
    /// Its name.
    pub(crate) name: &'a str,
    /// What it decides.
    pub(crate) right: Right,
    /// Its value.
    pub(crate) present: &'a Value,
}

/// Returns another value of a field's own vocabulary. `used` are values that are not taken; `higher` are the names of
/// higher roles among the callers.
pub(crate) fn other_value(api: &Api, field: RightField<'_>, higher: &[String], used: &[Value]) -> Option<Value> {
    let RightField { name, right, present } = field;
    let fits = |value: &Value| !is_same_value(value, present) && !used.iter().any(|known| is_same_value(known, value));

    if right == Right::Ownership {
        // Whose value would it be? Only objects of other callers tell.
        return None;
    }
    // No application is likely to add these numbers by itself, and the second differs from the first.
    let more = if used.is_empty() { 37 } else { 41 };
    let found = match present {
        Value::Bool(flag) => Some(json!(!flag)),
        Value::Number(number) if matches!(right, Right::Role | Right::Approval) => {
            number.as_i64().filter(|flag| matches!(flag, 0 | 1)).map(|flag| json!(1 - flag))
        }
        Value::Number(number) => match number.as_i64() {
            Some(whole) => whole.checked_add(more).map(|sum| json!(sum)),
            #[expect(clippy::cast_precision_loss, reason = "two small numbers")]
            None => number.as_f64().map(|part| json!(part + more as f64)),
        },
        Value::String(text) if right != Right::Role && text.parse::<f64>().is_ok() => {
            Some(json!(add_to_decimal(text, more)))
        }
        Value::String(text) => words_of(api, name, right, text, higher).into_iter().map(Value::String).find(&fits),
        Value::Array(items) if right == Right::Role => {
            let text = items.first().and_then(Value::as_str).unwrap_or("user");
            words_of(api, name, right, text, higher).into_iter().next().map(|word| json!([word]))
        }
        Value::Null if right == Right::Role => Some(json!("admin")),
        Value::Null if right == Right::Approval => Some(json!(true)),
        _ => None,
    };

    found.filter(fits)
}

/// `12.50` and 37 are `49.50`.
fn add_to_decimal(text: &str, more: i64) -> String {
    let decimals = text.split_once('.').map_or(0, |(_, behind)| behind.len());
    #[expect(clippy::cast_precision_loss, reason = "a small number")]
    let sum = text.parse::<f64>().unwrap_or_default() + more as f64;
    format!("{sum:.decimals$}")
}

/// Words that a text field may take instead, likeliest first, spelled as its own.
fn words_of(api: &Api, name: &str, right: Right, present: &str, higher: &[String]) -> Vec<String> {
    let declared = listed_values(api, name);
    let spelled = |word: &&str| match_spelling(present, word);

    match right {
        Right::Role => {
            let mut found: Vec<String> = declared.iter().filter(|word| is_higher(word)).cloned().collect();
            // Words that can mean nothing but a higher role come first.
            found.sort_by_key(|word| role_word(word).is_none());

            if found.is_empty() {
                found.extend(higher.iter().map(|word| match_spelling(present, word)));
                found.extend(["admin", "administrator"].iter().map(|word| match_spelling(present, word)));
            }
            found
        }
        Right::Approval => {
            let known: Vec<String> = DECIDED.iter().map(spelled).filter(|word| declared.contains(word)).collect();
            // A state that ends the object would take it out of its owner's view.
            let more = declared.iter().filter(|word| *word != present && !is_end(word)).cloned();
            let mut found: Vec<String> = known.into_iter().chain(more).collect();

            if declared.is_empty() {
                found.extend(DECIDED.iter().take(4).map(spelled));
            }
            found
        }
        Right::Quota => {
            // Plans are usually listed from the smallest to the largest.
            let mut found: Vec<String> = declared.iter().rev().filter(|word| *word != present).cloned().collect();
            if declared.is_empty() {
                found.extend(["premium", "enterprise"].iter().map(spelled));
            }
            found
        }
        Right::Ownership | Right::Money => Vec::new(),
    }
}

/// States after which an object is out of sight.
fn is_end(word: &str) -> bool {
    let object = serde_json::Map::from_iter([("status".to_owned(), json!(word))]);
    is_tombstone(&object)
}

/// The texts that any schema of the document lists for a field of this name.
pub(crate) fn listed_values(api: &Api, name: &str) -> Vec<String> {
    let wanted = split_words(name);
    let mut found: Vec<String> = Vec::new();
    let properties = api.schemas.nodes.iter().flat_map(|schema| &schema.properties);

    for (_, id) in properties.filter(|(known, _)| split_words(known) == wanted).take(200) {
        let Some(schema) = crate::act::resolve_schema(api, *id) else { continue };
        for word in schema.enumeration.iter().filter_map(Value::as_str) {
            if !found.iter().any(|known| known == word) {
                found.push(word.to_owned());
            }
        }
    }

    found
}

/// A word in the spelling of another: `USER` makes `ADMIN`, `ROLE_USER` `ROLE_ADMIN`, `User` `Admin`.
fn match_spelling(present: &str, word: &str) -> String {
    let word = word.to_lowercase();
    let is_upper = present.chars().any(char::is_alphabetic) && !present.chars().any(char::is_lowercase);
    let prefix = present.get(..5).filter(|start| start.eq_ignore_ascii_case("role_"));

    if is_upper {
        return format!("{}{}", prefix.unwrap_or_default(), word.to_uppercase());
    }
    let mut letters = word.chars();

    match letters.next().filter(|_| present.starts_with(char::is_uppercase)) {
        Some(first) => first.to_uppercase().chain(letters).collect(),
        None => format!("{}{word}", prefix.unwrap_or_default()),
    }
}
