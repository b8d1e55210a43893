//! An orchard whose lists have pages: bounded, unbounded, refused and short ones.

use serde_json::{Value, json};

use crate::case::{Accounts, Case, Twin, sound, weak};
use crate::kit::{Call, Handler, Reply, Route, World, described, house, list_of, login, me, object, ok, op, refer};

pub const TWIN: Twin = Twin {
    name: "orchard",
    style: "pages",
    mode: "intrusive",
    accounts: Accounts::SignIn(&[("jan", "guest"), ("kim", "guest")], "POST /login", "/access_token"),
    build,
    routes: |_| [vec![login(), me()], fruits()].into_iter().flatten().collect(),
    base,
    id: |_| json!({"type": "integer"}),
    cases,
    pair: ("jan", "kim"),
};

const LARGEST: usize = 20;

fn build(on: &[&'static str]) -> World {
    let mut w = house("Zs2!nB8@kN4_wQ6#cV9yT3pS1hF7gL5d", &[(1, "jan", "guest"), (2, "kim", "guest")], on);
    for id in 0..60 {
        w.put("apples", json!({"id": 6_000 + id, "name": format!("Apple of tree {id}")}));
    }
    for id in 0..12 {
        w.put("quinces", json!({"id": 7_000 + id, "name": format!("Quince of tree {id}")}));
    }
    w.before = Some(gate);
    w
}

/// Counts what comes for one path in a row, as gateways do, unless there is none.
fn gate(w: &mut World, c: &Call) -> Option<Reply> {
    let known = w.sessions.get("gate").and_then(|kept| kept.split_once(' '));
    let before = known.filter(|(_, path)| *path == c.path).and_then(|(count, _)| count.parse::<u32>().ok());
    let count = before.unwrap_or_default() + 1;
    w.sessions.insert("gate".to_owned(), format!("{count} {}", c.path));
    let is_burst = c.path == "/me" && count > 12;
    (is_burst && !w.weak("no-gate")).then(|| w.refuse(429, "slow down").with("retry-after", "1"))
}

fn base() -> Value {
    described("Orchard", &[("Fruit", object("id!:i name!"))])
}

fn page(w: &World, table: &str, size: usize) -> Result<Reply, Reply> {
    Ok(ok(w.rows(table).iter().take(size).cloned().collect()))
}

fn asked(c: &Call) -> usize {
    c.query("limit").and_then(|size| size.parse().ok()).unwrap_or(10)
}

fn list(path: &'static str, name: &str, schema: Value, handler: Handler) -> Route {
    op("GET", path, name, handler).query("limit", schema).gives(200, list_of(refer("Fruit")))
}

fn fruits() -> Vec<Route> {
    let bounded = || json!({"type": "integer", "minimum": 1, "maximum": LARGEST, "default": 10});
    vec![
        list("/apples", "listApples", bounded(), |w, c| {
            let size = if w.weak("no-bound") { asked(c) } else { asked(c).min(LARGEST) };
            page(w, "apples", size)
        }),
        // Refuses what is more than a page.
        list("/apples/ripe", "listRipeApples", bounded(), |w, c| match asked(c) {
            size if size > LARGEST => Err(w.refuse(400, "at most 20")),
            size => page(w, "apples", size),
        }),
        // Has fewer than a page holds.
        list("/quinces", "listQuinces", bounded(), |w, c| page(w, "quinces", asked(c))),
        // The document names no largest page, and the list is short.
        list("/apples/all", "listAllApples", json!({"type": "integer"}), |w, c| page(w, "apples", asked(c))),
    ]
}

fn cases() -> Vec<Case> {
    vec![
        weak("limits/unbounded-page", "GET /apples", "no-bound", "gives forty where the document allows twenty"),
        sound("limits/unbounded-page", "GET /apples/ripe", "more is refused"),
        sound("limits/unbounded-page", "GET /quinces", "too few to be more than a page"),
        sound("limits/unbounded-page", "GET /apples/all", "no largest page, and sixty in all"),
        weak("limits/no-rate-limit", "*", "no-gate", "twenty in a burst, and no word of a limit"),
    ]
}
