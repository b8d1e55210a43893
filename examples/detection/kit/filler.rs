//! Ordinary fields of API answers: what stands around a secret, and what a large answer is made of. No secrets here.

use serde_json::{Map, Value, json};

use super::draw::Draw;

const FIRST: &[&str] =
    &["Ada", "Boris", "Chiara", "Dmitri", "Elif", "Farah", "Goran", "Hana", "Ines", "Jonas", "Kemal"];
const LAST: &[&str] =
    &["Abbott", "Brandt", "Costa", "Duarte", "Eriksen", "Fontaine", "Grigoriou", "Haas", "Ito", "Jansen"];
const STATES: &[&str] = &["active", "pending", "archived", "failed", "queued", "succeeded", "draft"];
const NOUNS: &[&str] = &["invoice", "project", "shipment", "booking", "ticket", "device", "pipeline", "report"];
const SENTENCES: &[&str] = &[
    "Please check the attached summary before Friday.",
    "The import finished with two warnings.",
    "Customer asked for a refund of the second item.",
    "Moved to the new region; no action is needed.",
    "Waiting for the carrier to confirm the pick-up.",
    "Escalated to the team on call, see the thread.",
    "All steps were green except for the nightly export.",
];

pub fn noun(draw: &mut Draw) -> &'static str {
    draw.pick(NOUNS)
}

pub fn sentence(draw: &mut Draw) -> &'static str {
    draw.pick(SENTENCES)
}

pub fn person(draw: &mut Draw) -> String {
    format!("{} {}", draw.pick(FIRST), draw.pick(LAST))
}

pub fn email(draw: &mut Draw) -> String {
    let (first, last) = (draw.pick(FIRST), draw.pick(LAST));
    format!("{}.{}@example.{}", first.to_lowercase(), last.to_lowercase(), draw.pick(&["com", "org", "net"]))
}

/// One field with a harmless value.
pub fn field(draw: &mut Draw) -> (&'static str, Value) {
    match draw.below(18) {
        0 => ("id", json!(draw.between(1, 9_000_000))),
        1 => ("uuid", json!(draw.uuid('4'))),
        2 => ("created_at", json!(draw.time())),
        3 => ("updatedAt", json!(draw.time())),
        4 => ("name", json!(person(draw))),
        5 => ("email", json!(email(draw))),
        6 => ("status", json!(draw.pick(STATES))),
        7 => ("url", json!(format!("https://api.example.com/v2/{}s/{}", noun(draw), draw.between(1, 99_999)))),
        8 => ("count", json!(draw.below(5000))),
        9 => ("tags", json!([draw.word(), draw.word()])),
        10 => ("description", json!(sentence(draw))),
        11 => ("is_default", json!(draw.one_in(2))),
        12 => ("amount", json!(f64::from(u32::try_from(draw.below(900_000)).unwrap_or(0)) / 100.0)),
        13 => ("currency", json!(draw.pick(&["EUR", "USD", "GBP", "JPY"]))),
        14 => ("region", json!(draw.pick(&["eu-west-1", "us-east-2", "ap-south-1"]))),
        15 => ("etag", json!(format!("W/\"{}\"", draw.hex(16)))),
        16 => {
            ("address", json!({"street": format!("{} Lane {}", draw.word(), draw.below(200)), "zip": draw.digits(5)}))
        }
        _ => ("permissions", json!(["read", "write", draw.word()])),
    }
}

/// An object of about `n` ordinary fields.
pub fn object(draw: &mut Draw, n: usize) -> Map<String, Value> {
    (0..n).map(|_| field(draw)).map(|(name, value)| (name.to_owned(), value)).collect()
}
