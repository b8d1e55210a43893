//! Tallies with opaque tokens: made of the name of their owner, or of that and something that nobody knows.

use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;
use serde_json::{Value, json};

use crate::case::{Accounts, Case, Twin, sound, weak};
use crate::kit::{
    Auth, Route, World, behind_entry, described, key_of, list_of, login, made, mine, no_content, object, ok, op,
    peopled, refer, text,
};

pub const TWIN: Twin = Twin {
    name: "tally",
    style: "opaque tokens",
    mode: "active",
    accounts: Accounts::Auto,
    build,
    routes,
    base,
    id: |_| json!({"type": "integer"}),
    cases: || {
        vec![
            weak("token/predictable", "*", "token-of-name", "the token is the name, encoded"),
            sound("token/long-lived", "*", "opaque"),
            sound("token/sensitive-claims", "*", "opaque"),
        ]
    },
    pair: ("dora", "emil"),
};

/// Sound: the name is readable in the token, and so is a part that nobody knows.
pub const RANDOM: Twin = Twin { name: "tally-random", style: "readable tokens with a random part", cases, ..TWIN };

fn build(on: &[&'static str]) -> World {
    let auth = Auth::Opaque { header: "authorization", prefix: "Bearer " };
    let mut w = peopled(auth, &[(1, "dora", "guest"), (2, "emil", "guest")], on);
    for (id, guest, name) in [(951, 1, "dora"), (952, 2, "emil")] {
        w.put("marks", json!({"id": id, "guest_id": guest, "text": format!("Notches of {name}, twelve of them")}));
    }
    w
}

fn base() -> Value {
    described("Tally", &[("Mark", object("id!:i guest_id!:i text!")), ("MarkInput", object("text!"))])
}

fn routes(_: &[&'static str]) -> Vec<Route> {
    let own = login().answered(|w, c| {
        let user = w.sign_in(c)?;
        let random = if w.weak("token-of-name") { String::new() } else { format!(":{:016x}", rand::random::<u64>()) };
        let token = STANDARD.encode(format!("guest:{}{random}", text(&user["username"])));
        w.sessions.insert(token.clone(), key_of(&user));
        Ok(ok(json!({"access_token": token})))
    });
    let mut all = behind_entry([marks()]);
    all.retain(|route| route.path != "/login");
    all.push(own);
    all
}

fn marks() -> Vec<Route> {
    vec![
        op("GET", "/marks", "listMarks", |w, c| Ok(ok(mine(w, c, "marks", "guest_id"))))
            .gives(200, list_of(refer("Mark"))),
        op("POST", "/marks", "addMark", |w, c| Ok(made(w, c, "marks", "guest_id", &["text"])))
            .takes(refer("MarkInput"))
            .gives(201, refer("Mark")),
        op("DELETE", "/marks/{mark_id}", "cutMark", |w, c| {
            w.owned("marks", c.at(0), "/guest_id", c, "")?;
            w.cut("marks", c.at(0));
            Ok(no_content())
        })
        .gives(204, Value::Null),
    ]
}

fn cases() -> Vec<Case> {
    vec![
        sound("token/predictable", "GET /marks", "a random part beside the name"),
        sound("token/predictable", "GET /me", "the same"),
    ]
}
