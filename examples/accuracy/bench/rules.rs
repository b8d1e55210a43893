//! What the rules that scanners commonly use would say of an intruder's request. The request goes to fresh copies of the
//! API, through the same dispatch as over a socket, so that no scan has touched what it meets.

use std::collections::BTreeSet;

use serde_json::Value;

use crate::case::{Attack, By, Twin};
use crate::kit::{Call, Reply, answer, document};

/// The likeness at which answers are taken for the same.
const ALIKE: f64 = 0.7;

/// Whether each rule calls the answer a weakness: status, same answer, likeness.
pub fn verdicts(twin: &Twin, on: &[&'static str], attack: Attack) -> Option<[bool; 3]> {
    let intruder = match attack.by {
        By::Intruder => Some(twin.pair.0),
        By::User(name) => Some(name),
        By::Nobody => None,
    };
    let theirs = send(twin, on, attack, intruder)?;
    let owners = send(twin, on, attack, Some(twin.pair.1))?;
    let is_success = (200..300).contains(&theirs.status);
    let is_same = theirs.status == owners.status && theirs.body == owners.body;
    Some([is_success, is_same, likeness(&theirs.body, &owners.body) >= ALIKE])
}

fn send(twin: &Twin, on: &[&'static str], attack: Attack, user: Option<&str>) -> Option<Reply> {
    let mut world = (twin.build)(on);
    let routes = (twin.routes)(on);
    let document = document((twin.base)(), &routes, twin.id);
    let (path, query) = attack.path.split_once('?').unwrap_or((attack.path, ""));
    let query = url::form_urlencoded::parse(query.as_bytes()).into_owned().collect();
    let mut call = Call { method: attack.method.to_owned(), path: path.to_owned(), query, ..Call::default() };
    if let Some(name) = user {
        let row = world.find("users", world.login, name)?;
        let (header, value) = world.credential(&row);
        call.headers.insert(header, value);
    }
    call.read_body(attack.body.as_bytes());
    Some(answer(&mut world, &routes, &document, call))
}

/// How alike two answers are, by their structure or by their text, whichever says more.
fn likeness(left: &Value, right: &Value) -> f64 {
    let (a, b) = (paths(left), paths(right));
    let structure = a.intersection(&b).count() as f64 / a.union(&b).count().max(1) as f64;
    structure.max(strsim::normalized_levenshtein(&left.to_string(), &right.to_string()))
}

fn paths(value: &Value) -> BTreeSet<String> {
    let mut found = BTreeSet::new();
    let mut open = vec![(String::new(), value)];
    while let Some((path, value)) = open.pop() {
        match value {
            Value::Object(fields) => open.extend(fields.iter().map(|(key, value)| (format!("{path}/{key}"), value))),
            Value::Array(items) => open.extend(items.iter().map(|item| (format!("{path}/*"), item))),
            _ => {
                found.insert(path);
            }
        }
    }
    found
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;

    #[test]
    fn answers_of_one_shape_are_alike_and_a_refusal_is_not() {
        let mine = json!({"id": 1, "title": "Rent of the cellar", "amount": 90});
        let yours = json!({"id": 2, "title": "Coffee for the kitchen", "amount": 7});
        assert!(likeness(&mine, &yours) >= ALIKE);
        assert!(likeness(&mine, &json!({"error": "not found"})) < ALIKE);
    }
}
