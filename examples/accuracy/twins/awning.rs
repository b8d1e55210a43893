//! An awning that answers every path with one page, which has the words of all pages for developers in it. Its document is
//! public and names what only administrators do.

use serde_json::{Value, json};

use crate::case::{Accounts, Case, Twin, sound, weak};
use crate::kit::{
    Call, Door, Reply, Route, World, behind_entry, described, house, list_of, made, mine, no_content, object, ok, op,
    refer,
};

pub const TWIN: Twin = Twin {
    name: "awning",
    style: "one page for every path",
    mode: "active",
    accounts: Accounts::Auto,
    build,
    routes,
    base,
    id: |_| json!({"type": "integer"}),
    cases,
    pair: ("xenia", "york"),
};

const KNOWN: [&str; 6] = ["/register", "/login", "/me", "/shades", "/admin", "/api"];

fn build(on: &[&'static str]) -> World {
    let mut w = house("Lk6!rD2@wQ9_pX4#vB7mS1nF8hG3zT5c", &[(1, "xenia", "guest"), (2, "york", "guest")], on);
    w.before = Some(every_path);
    for (id, guest, name) in [(801, 1, "xenia"), (802, 2, "york")] {
        w.put("shades", json!({"id": id, "guest_id": guest, "text": format!("Stripes for {name}, green and white")}));
    }
    w
}

/// The page of a single-page application, which its server gives for every path that it does not know.
fn every_path(_: &mut World, c: &Call) -> Option<Reply> {
    if KNOWN.iter().any(|known| c.path.starts_with(known)) {
        return None;
    }
    let page = "ref: refs/ propertySources memstats Apache Server Status Server uptime phpinfo() PHP Version EVALEX \
                Interactive Console /debug/pprof/ goroutine # HELP # TYPE";
    Some(ok(json!(page)).with("content-type", "text/html"))
}

fn base() -> Value {
    described("Awning", &[("Shade", object("id!:i guest_id!:i text!")), ("ShadeInput", object("text!"))])
}

fn routes(on: &[&'static str]) -> Vec<Route> {
    let mut inner = op("GET", "/admin/shades", "listAllShades", |w, _| Ok(ok(w.rows("shades").into())))
        .door(Door::Role(&["owner"], ""))
        .gives(200, list_of(refer("Shade")));
    if !on.contains(&"names-inner") {
        inner = inner.hidden();
    }
    behind_entry([shades(), vec![inner]])
}

fn shades() -> Vec<Route> {
    vec![
        op("GET", "/shades", "listShades", |w, c| Ok(ok(mine(w, c, "shades", "guest_id"))))
            .gives(200, list_of(refer("Shade"))),
        op("POST", "/shades", "orderShade", |w, c| Ok(made(w, c, "shades", "guest_id", &["text"])))
            .takes(refer("ShadeInput"))
            .gives(201, refer("Shade")),
        op("DELETE", "/shades/{shade_id}", "cancelShade", |w, c| {
            w.owned("shades", c.at(0), "/guest_id", c, "")?;
            w.cut("shades", c.at(0));
            Ok(no_content())
        })
        .gives(204, Value::Null),
    ]
}

fn cases() -> Vec<Case> {
    vec![
        weak("inventory/document-exposed", "*", "names-inner", "the public document names what administrators do"),
        sound("config/debug-endpoint", "GET /me", "one page for every path, with the words of them all"),
        sound("config/debug-endpoint", "GET /shades", "the same"),
    ]
}
