//! Answers as flat lists of leaves, and what it means for two of them to be the same.

use std::collections::{BTreeMap, BTreeSet};

use serde_json::Value;

use super::names::split_words;
use crate::probe::Response;

/// Most leaves that are looked at in one answer.
const MAX_LEAVES: usize = 4_000;
/// Most bytes of all leaves of one answer together, names and places included.
const MAX_LEAF_BYTES: usize = 8 << 20;
/// Deepest nesting that is looked at.
const MAX_DEPTH: usize = 24;
/// Longest name of a field that is looked at.
const MAX_NAME: usize = 200;
/// Most lines that are looked at in an answer that is not JSON.
const MAX_LINES: usize = 400;

/// One scalar of an answer.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord)]
pub struct Leaf {
    /// Where it stands, array positions as `*`: `/items/*/id`.
    pub path: String,
    /// Where it stands exactly: `/items/0/id`.
    pub at: String,
    /// Its last name, without the array positions behind it.
    pub key: String,
    /// Its value as text.
    pub text: String,
    /// It is a number.
    pub number: bool,
    /// It is `true`, `false` or `null`.
    pub word: bool,
}

impl Leaf {
    /// Whether the value says enough to be recognised elsewhere: text of four or more characters, numbers of three or
    /// more digits. `true`, `false` and `null` say nothing.
    pub fn is_telling(&self) -> bool {
        if self.word {
            false
        } else if self.number {
            self.text.chars().filter(char::is_ascii_digit).count() >= 3
        } else {
            self.text.chars().count() >= 4
        }
    }
}

/// A scalar as text; `None` for arrays, objects, booleans and null, which identify nothing.
pub fn scalar_text(value: &Value) -> Option<String> {
    match value {
        Value::String(text) => Some(text.clone()),
        Value::Number(number) => Some(number.to_string()),
        _ => None,
    }
}

/// The leaves of an answer: scalars of JSON, lines of anything else.
pub fn leaves_of(response: &Response) -> Vec<Leaf> {
    match &response.json {
        Some(json) => json_leaves(json),
        None => response
            .text
            .lines()
            .map(str::trim)
            .filter(|line| !line.is_empty())
            .take(MAX_LINES)
            .enumerate()
            .map(|(index, line)| Leaf {
                path: "line".to_owned(),
                at: format!("line {index}"),
                key: String::new(),
                text: line.to_owned(),
                number: false,
                word: false,
            })
            .collect(),
    }
}

/// Returns the leaves of `wanted` that stand in an answer at the same path with the same value.
pub fn present_leaves<'l>(wanted: &'l [Leaf], response: &Response) -> Vec<&'l Leaf> {
    let given: BTreeSet<(String, String)> =
        leaves_of(response).into_iter().map(|leaf| (leaf.path, leaf.text)).collect();
    wanted.iter().filter(|leaf| given.contains(&(leaf.path.clone(), leaf.text.clone()))).collect()
}

/// Returns the leaf of a list's item that holds this id; another number of the same value is no id.
pub fn item_with_id<'l>(all: &'l [Leaf], id: &str) -> Option<&'l Leaf> {
    let holds = |leaf: &&Leaf| leaf.text == id && leaf.path.contains('*');
    let is_id = |leaf: &&Leaf| {
        let last = split_words(&leaf.key).pop().unwrap_or_default();
        matches!(last.as_str(), "id" | "uuid" | "guid" | "uid" | "pk" | "slug")
    };
    all.iter().filter(holds).find(is_id).or_else(|| all.iter().find(holds))
}

/// Returns the leaves of the item of a list that has this id.
pub fn item_leaves(response: &Response, id: &str) -> Vec<Leaf> {
    let all = leaves_of(response);
    // Leaves of one array item share all of their address but the last step.
    let item = item_with_id(&all, id).and_then(|leaf| leaf.at.rsplit_once('/'));
    // A leaf at the top has the whole answer for a parent, and belongs to no item.
    let item = item.map(|(parent, _)| format!("{parent}/")).filter(|item| item != "/");

    all.into_iter().filter(|leaf| item.as_ref().is_some_and(|item| leaf.at.starts_with(item))).collect()
}

/// A container on the way to its leaves; names are built child by child, so that wide and deep answers cost no memory.
struct LeafFrame<'a> {
    path: String,
    at: String,
    key: String,
    rest: Rest<'a>,
}

/// What of a container was not looked at yet.
enum Rest<'a> {
    Fields(serde_json::map::Iter<'a>),
    Items(std::iter::Enumerate<std::slice::Iter<'a, Value>>),
}

impl<'a> LeafFrame<'a> {
    /// `None` for scalars.
    fn open(path: String, at: String, key: String, value: &'a Value) -> Option<Self> {
        let rest = match value {
            Value::Object(fields) => Rest::Fields(fields.iter()),
            Value::Array(items) => Rest::Items(items.iter().enumerate()),
            _ => return None,
        };
        Some(Self { path, at, key, rest })
    }

    /// The next child with its path, its exact place and its name.
    fn next(&mut self) -> Option<(String, String, String, &'a Value)> {
        match &mut self.rest {
            Rest::Fields(fields) => {
                let (name, inner) = fields.next()?;
                let name: String = name.chars().take(MAX_NAME).collect();
                // Escapes as in a JSON Pointer (RFC 6901) keep slashes in names from looking like steps.
                let step = name.replace('~', "~0").replace('/', "~1");
                Some((format!("{}/{step}", self.path), format!("{}/{step}", self.at), name, inner))
            }
            Rest::Items(items) => {
                let (index, inner) = items.next()?;
                Some((format!("{}/*", self.path), format!("{}/{index}", self.at), self.key.clone(), inner))
            }
        }
    }
}

fn json_leaves(json: &Value) -> Vec<Leaf> {
    let mut found: Vec<Leaf> = Vec::new();
    let mut n_bytes = 0;
    let none = String::new;
    let mut open: Vec<LeafFrame<'_>> = LeafFrame::open(none(), none(), none(), json).into_iter().collect();

    if open.is_empty() {
        found.push(leaf_from_scalar(none(), none(), none(), json));
    }
    // Depth first, first child first, so that leaves come in document order.
    while found.len() < MAX_LEAVES && n_bytes < MAX_LEAF_BYTES {
        let depth = open.len();
        let Some(frame) = open.last_mut() else { break };

        match frame.next() {
            None => {
                open.pop();
            }
            Some((path, at, key, inner)) if inner.is_object() || inner.is_array() => {
                if depth < MAX_DEPTH {
                    open.extend(LeafFrame::open(path, at, key, inner));
                }
            }
            Some((path, at, key, scalar)) => {
                let leaf = leaf_from_scalar(path, at, key, scalar);
                n_bytes += leaf.path.len() + leaf.at.len() + leaf.key.len() + leaf.text.len();
                found.push(leaf);
            }
        }
    }

    found
}

fn leaf_from_scalar(path: String, at: String, key: String, scalar: &Value) -> Leaf {
    let text = match scalar {
        Value::String(text) => text.clone(),
        other => other.to_string(),
    };
    Leaf { path, at, key, text, number: scalar.is_number(), word: scalar.is_boolean() || scalar.is_null() }
}

/// Whether a value looks made for this one answer: times, UUIDs, long random text. Two refusals may differ in such.
pub fn looks_volatile(text: &str) -> bool {
    let bytes = text.as_bytes();
    let digits = bytes.iter().filter(|byte| byte.is_ascii_digit()).count();
    let hex = bytes.iter().all(|byte| byte.is_ascii_hexdigit() || *byte == b'-');
    let time = digits >= 8 && bytes.len() >= 16 && text.contains(':') && (text.contains('-') || text.contains('/'));
    // Seconds since 1970 have been this large since 2001; milliseconds are larger.
    let epoch = bytes.len() >= 10 && text.parse::<f64>().is_ok_and(|number| number >= 1.0e9);

    (hex && bytes.len() >= 16) || time || epoch
}

/// Whether two answers say the same: equal status, and equal leaves once the volatile paths are left out, the ids that
/// were asked for are masked, and values that look made for one answer count as equal.
pub fn is_same_answer(a: &Response, b: &Response, volatile: &BTreeSet<String>, masks: &[String]) -> bool {
    a.status == b.status && canonical_leaves(a, volatile, masks) == canonical_leaves(b, volatile, masks)
}

fn canonical_leaves(response: &Response, volatile: &BTreeSet<String>, masks: &[String]) -> BTreeMap<String, String> {
    leaves_of(response)
        .into_iter()
        .filter(|leaf| !volatile.contains(&leaf.path))
        .map(|leaf| {
            let text = if looks_volatile(&leaf.text) { "(varies)".to_owned() } else { mask_ids(&leaf.text, masks) };
            (leaf.at, text)
        })
        .collect()
}

fn mask_ids(text: &str, masks: &[String]) -> String {
    let mut masked = text.to_owned();
    for id in masks.iter().filter(|id| !id.is_empty()) {
        if masked == *id {
            return "(id)".to_owned();
        }
        // Short ids stand inside other numbers; only whole words of them are masked.
        if id.len() >= 6 {
            masked = masked.replace(id.as_str(), "(id)");
        } else {
            masked = mask_word(&masked, id);
        }
    }

    masked
}

fn mask_word(text: &str, id: &str) -> String {
    let mut masked = String::with_capacity(text.len());
    let mut rest = text;

    while let Some(at) = rest.find(id) {
        let (before, found) = rest.split_at(at);
        let after = found.get(id.len()..).unwrap_or_default();
        let joined = before.chars().next_back().is_some_and(char::is_alphanumeric)
            || after.chars().next().is_some_and(char::is_alphanumeric);
        masked.push_str(before);
        masked.push_str(if joined { id } else { "(id)" });
        rest = after;
    }

    masked.push_str(rest);
    masked
}
