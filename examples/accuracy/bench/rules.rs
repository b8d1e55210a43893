//! What the rules that scanners commonly use would say of an intruder's request. The request goes to fresh copies of the
//! API, through the same dispatch as over a socket, so that no scan has touched what it meets.

use std::collections::BTreeSet;

use serde_json::Value;

use crate::case::{Attack, By, Twin};
use crate::kit::{Call, Reply, World, answer, document};

/// The likeness at which answers are taken for the same.
const ALIKE: f64 = 0.7;

/// Whether each rule calls the answer a weakness: status, same answer, likeness.
pub fn verdicts(twin: &Twin, on: &[&'static str], attack: Attack) -> Option<[bool; 3]> {
    let intruder = match attack.by {
        By::Intruder => Some(twin.pair.0),
        By::User(name) => Some(name),
        By::Nobody => None,
    };
    let (owner, rightful) = attack.rightful.unwrap_or((twin.pair.1, attack.path));
    let theirs = send(twin, on, attack, intruder)?.0;
    let owners = send(twin, on, Attack { path: rightful, ..attack }, Some(owner))?.0;
    let is_success = |reply: &Reply| (200..300).contains(&reply.status);
    // Without a rightful answer there is nothing to compare with.
    let is_same = is_success(&owners) && theirs.status == owners.status && theirs.body == owners.body;
    let is_like = is_success(&owners) && likeness(&theirs.body, &owners.body) >= ALIKE;
    Some([is_success(&theirs), is_same, is_like])
}

/// The answer, and the copy of the API that gave it.
fn send(twin: &Twin, on: &[&'static str], attack: Attack, user: Option<&str>) -> Option<(Reply, World)> {
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
    let reply = answer(&mut world, &routes, &document, call);
    Some((reply, world))
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
    use crate::case::Label;
    use crate::twins::ALL;

    /// What an attack gives under these switches: the answer, and the rows afterwards.
    fn effect(twin: &Twin, on: &[&'static str], attack: Attack) -> (u16, Value, String) {
        let user = match attack.by {
            By::Intruder => Some(twin.pair.0),
            By::User(name) => Some(name),
            By::Nobody => None,
        };
        let (reply, world) = send(twin, on, attack, user).unwrap_or_else(|| panic!("{}: no such user", twin.name));
        (reply.status, reply.body, format!("{:?}", world.tables))
    }

    #[test]
    fn a_weak_attack_succeeds_under_its_switch_and_not_without() {
        for twin in ALL {
            for case in (twin.cases)() {
                let (Label::Weak(switch), Some(attack)) = (case.label, case.attack) else { continue };
                let (weak, sound) = (effect(twin, &[switch], attack), effect(twin, &[], attack));
                let name = format!("{} {}", twin.name, case.operations);
                assert!((200..300).contains(&weak.0), "{name}: {weak:?}");
                assert_ne!(weak, sound, "{name}");
            }
        }
    }

    #[test]
    fn the_weaknesses_of_an_api_leave_its_sound_cases_alone() {
        for twin in ALL {
            for case in (twin.cases)().into_iter().filter(|case| case.label == Label::Sound) {
                let Some(attack) = case.attack else { continue };
                let (weak, sound) = (effect(twin, &twin.switches(), attack), effect(twin, &[], attack));
                assert_eq!(weak.0, sound.0, "{} {}", twin.name, case.operations);
            }
        }
    }

    #[test]
    fn every_labelled_operation_exists() {
        for twin in ALL {
            let routes = (twin.routes)(&twin.switches());
            let names: BTreeSet<String> =
                routes.iter().map(|route| format!("{} {}", route.method, route.path)).collect();
            for case in (twin.cases)().iter().filter(|case| case.operations != "*") {
                for operation in case.operations.split(" | ") {
                    assert!(names.contains(operation), "{}: {operation}", twin.name);
                }
            }
        }
    }

    #[test]
    fn answers_of_one_shape_are_alike_and_a_refusal_is_not() {
        let mine = json!({"id": 1, "title": "Rent of the cellar", "amount": 90});
        let yours = json!({"id": 2, "title": "Coffee for the kitchen", "amount": 7});
        assert!(likeness(&mine, &yours) >= ALIKE);
        assert!(likeness(&mine, &json!({"error": "not found"})) < ALIKE);
    }
}
