//! A depot in which a PUT makes what is not there: a foreign crate is taken over by it and vanishes from its owner's view.
//! Drawers are made in the same way, each caller's under its own name.

use serde_json::{Value, json};

use crate::case::{Accounts, Case, Twin, sound, weak};
use crate::kit::{
    Call, Route, World, behind_entry, created, described, house, list_of, mine, no_content, object, ok, op, refer,
    text, without,
};

pub const TWIN: Twin = Twin {
    name: "depot",
    style: "PUT makes, and takes over",
    mode: "active",
    accounts: Accounts::Auto,
    build,
    routes,
    base,
    id: |_| json!({"type": "string"}),
    cases,
    pair: ("ilse", "jon"),
};

fn build(on: &[&'static str]) -> World {
    let mut w = house("Rj5!zN9@kX2_wT7#cV4mB8qS1hF6gL3d", &[(1, "ilse", "porter"), (2, "jon", "porter")], on);
    for (id, owner, name) in [("cr-8f21", 1, "ilse"), ("cr-9d37", 2, "jon")] {
        w.put("crates", json!({"id": id, "owner_id": owner, "label": format!("Glass of {name}, this side up")}));
        w.put("drawers", json!({"key": format!("{owner}/top"), "owner_id": owner, "name": "top", "label": format!("Twine of {name}")}));
    }
    w
}

fn base() -> Value {
    described(
        "Depot",
        &[
            ("Crate", object("id! owner_id!:i label!")),
            ("Drawer", object("name! owner_id!:i label!")),
            ("Label", object("label!")),
            ("DrawerInput", object("name! label!")),
        ],
    )
}

fn routes(_: &[&'static str]) -> Vec<Route> {
    behind_entry([crates(), drawers()])
}

fn put_crate(w: &mut World, c: &Call, id: &str) -> Value {
    w.cut("crates", id);
    w.put("crates", json!({"id": id, "owner_id": c.me["id"], "label": c.body["label"]}))
}

fn crates() -> Vec<Route> {
    vec![
        op("GET", "/crates", "listCrates", |w, c| Ok(ok(mine(w, c, "crates", "owner_id"))))
            .gives(200, list_of(refer("Crate"))),
        op("POST", "/crates", "bringCrate", |w, c| {
            let id = format!("cr-{:08x}", rand::random::<u32>());
            Ok(created(format!("/crates/{id}"), put_crate(w, c, &id)))
        })
        .takes(refer("Label"))
        .gives(201, refer("Crate")),
        op("GET", "/crates/{crate_id}", "getCrate", |w, c| Ok(ok(w.owned("crates", c.at(0), "/owner_id", c, "")?)))
            .gives(200, refer("Crate")),
        // Writes the whole row, its owner included.
        op("PUT", "/crates/{crate_id}", "putCrate", |w, c| {
            w.owned("crates", c.at(0), "/owner_id", c, "crate-takeover")?;
            Ok(ok(put_crate(w, c, c.at(0))))
        })
        .takes(refer("Label"))
        .gives(200, refer("Crate")),
        op("DELETE", "/crates/{crate_id}", "fetchCrate", |w, c| {
            w.owned("crates", c.at(0), "/owner_id", c, "")?;
            w.cut("crates", c.at(0));
            Ok(no_content())
        })
        .gives(204, Value::Null),
    ]
}

/// The key of the caller's drawer of this name.
fn drawer(c: &Call, name: &str) -> String {
    format!("{}/{name}", text(&c.me["id"]))
}

fn put_drawer(w: &mut World, c: &Call, name: &str) -> Value {
    let key = drawer(c, name);
    w.cut("drawers", &key);
    let row = json!({"key": key, "owner_id": c.me["id"], "name": name, "label": c.body["label"]});
    without(&w.put("drawers", row), &["key"])
}

fn drawers() -> Vec<Route> {
    vec![
        op("GET", "/drawers", "listDrawers", |w, c| {
            let own = w.of("drawers", "owner_id", &c.me["id"]);
            Ok(ok(own.iter().map(|row| without(row, &["key"])).collect()))
        })
        .gives(200, list_of(refer("Drawer"))),
        op("POST", "/drawers", "addDrawer", |w, c| {
            if w.row("drawers", &drawer(c, c.field("name"))).is_ok() {
                return Err(w.refuse(409, "you have such a drawer"));
            }
            Ok(created(format!("/drawers/{}", c.field("name")), put_drawer(w, c, c.field("name"))))
        })
        .takes(refer("DrawerInput"))
        .gives(201, refer("Drawer")),
        op("GET", "/drawers/{name}", "getDrawer", |w, c| {
            Ok(ok(without(&w.row("drawers", &drawer(c, c.at(0)))?, &["key"])))
        })
        .gives(200, refer("Drawer")),
        // Makes the caller's own drawer, whoever else has one of this name.
        op("PUT", "/drawers/{name}", "putDrawer", |w, c| Ok(ok(put_drawer(w, c, c.at(0)))))
            .takes(refer("Label"))
            .gives(200, refer("Drawer")),
        op("DELETE", "/drawers/{name}", "emptyDrawer", |w, c| {
            w.row("drawers", &drawer(c, c.at(0)))?;
            w.cut("drawers", &drawer(c, c.at(0)));
            Ok(no_content())
        })
        .gives(204, Value::Null),
    ]
}

fn cases() -> Vec<Case> {
    vec![
        weak(
            "authz/bola-write",
            "PUT /crates/{crate_id}",
            "crate-takeover",
            "the crate becomes the intruder's, and its owner sees it no more",
        )
        .by("PUT /crates/cr-9d37", r#"{"label": "x"}"#),
        sound("authz/bola-read", "GET /crates/{crate_id}", "foreign is 404").by("GET /crates/cr-9d37", ""),
        sound("authz/bola-delete", "DELETE /crates/{crate_id}", "foreign is 404").by("DELETE /crates/cr-9d37", ""),
        sound("authz/bola-write", "PUT /drawers/{name}", "makes the caller's own of the same name")
            .by("PUT /drawers/top", r#"{"label": "x"}"#),
        sound("authz/bola-read", "GET /drawers/{name}", "the caller's own of the same name").by("GET /drawers/top", ""),
        sound("authz/bola-delete", "DELETE /drawers/{name}", "the caller's own of the same name"),
    ]
}
