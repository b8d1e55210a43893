//! A cellar whose searches take what a framework makes of `name[$eq]`: an operator, a word in brackets, or nothing. Its
//! server answers TRACE.

use serde_json::{Value, json};

use crate::case::{Accounts, Case, Twin, sound, weak};
use crate::kit::{
    Call, Handler, Reply, Route, World, described, house, list_of, login, me, object, ok, op, refer, reply, text,
};

pub const TWIN: Twin = Twin {
    name: "cellar",
    style: "document database",
    mode: "intrusive",
    accounts: Accounts::SignIn(&[("ines", "guest"), ("karl", "guest")], "POST /login", "/access_token"),
    build,
    routes: |_| [vec![login(), me()], wines()].into_iter().flatten().collect(),
    base,
    id: |_| json!({"type": "integer"}),
    cases,
    pair: ("karl", "ines"),
};

fn build(on: &[&'static str]) -> World {
    let mut w = house("Cw4$yT7!bN2_qL9#rK6vD1xM8hF3jS5z", &[(1, "ines", "guest"), (2, "karl", "guest")], on);
    for (id, name) in [(40, "Riesling"), (41, "Silvaner"), (42, "Riesling"), (43, "Dornfelder")] {
        w.put("wines", json!({"id": id, "name": name, "place": format!("Shelf {id} on the left")}));
    }
    w.before = Some(trace);
    w
}

/// Repeats a TRACE, as old servers do; a sound one says which methods it has.
fn trace(w: &mut World, c: &Call) -> Option<Reply> {
    if c.method != "TRACE" {
        return None;
    }
    let lines: Vec<String> = c.headers.iter().map(|(name, value)| format!("{name}: {value}")).collect();
    Some(match w.weak("answers-trace") {
        true => ok(json!(format!("TRACE {} HTTP/1.1\n{}", c.path, lines.join("\n")))),
        false => reply(405, Value::Null),
    })
}

fn base() -> Value {
    described("Cellar", &[("Wine", object("id!:i name! place!"))])
}

fn found(w: &World, is_found: impl Fn(&str) -> bool) -> Reply {
    let found = w.rows("wines").iter().filter(|row| is_found(&text(&row["name"])));
    ok(found.cloned().collect())
}

/// What stands in brackets behind `name`, and the value.
fn bracketed(c: &Call) -> Option<(&str, &str)> {
    c.query.iter().find_map(|(key, value)| Some((key.strip_prefix("name[")?.strip_suffix(']')?, value.as_str())))
}

fn wines() -> Vec<Route> {
    let list = |path, name, handler: Handler| {
        op("GET", path, name, handler).query("name", json!({"type": "string"})).gives(200, list_of(refer("Wine")))
    };
    vec![
        // An object in the place of a text is a query of its own, unless only texts are taken.
        list("/wines", "listWines", |w, c| match (c.query("name"), bracketed(c)) {
            (Some(name), _) => Ok(found(w, |known| known == name)),
            (None, Some(("$eq", name))) if w.weak("operators") => Ok(found(w, |known| known == name)),
            (None, Some(_)) if w.weak("operators") => Err(w.refuse(400, "no such operator")),
            (None, Some(_)) => Err(w.refuse(400, "name is a text")),
            (None, None) => Ok(found(w, |_| true)),
        }),
        // Drops what stands in brackets, whatever it is.
        list("/wines/plain", "listPlain", |w, c| match c.query("name").or(bracketed(c).map(|(_, name)| name)) {
            Some(name) => Ok(found(w, |known| known == name)),
            None => Ok(found(w, |_| true)),
        }),
        // Does not know the parameter.
        list("/wines/all", "listAll", |w, _| Ok(found(w, |_| true))),
    ]
}

fn cases() -> Vec<Case> {
    vec![
        weak("inject/nosql", "GET /wines", "operators", "an operator of the query in brackets"),
        sound("inject/nosql", "GET /wines/plain", "any word in brackets is dropped"),
        sound("inject/nosql", "GET /wines/all", "the parameter is ignored, with brackets and without"),
        weak("config/trace-method", "*", "answers-trace", "TRACE repeats the request"),
        sound("inject/sql", "GET /wines", "no query is put together from texts"),
    ]
}
