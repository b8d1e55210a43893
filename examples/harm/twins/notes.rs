//! The parts that most twins are put together from: an entry with a way to leave, and notes that have an owner.

use serde_json::{Value, json};

use crate::kit::{
    Call, Reply, Route, World, created, entry, key_of, list_of, make, merge, mine, no_content, object, ok, op, refer,
};
use crate::twin::{PLAIN, Twin, careless, seeded};

/// The caller's own notes.
pub const TABLE: &str = "notes";

/// Sign-up, sign-in, `/me`, and leaving.
pub fn entry_and_exit() -> Vec<Route> {
    let mut routes = entry();
    routes.push(leave());
    routes
}

/// `DELETE /me`.
pub fn leave() -> Route {
    op("DELETE", "/me", "leave", |w, c| {
        w.cut("users", &key_of(&c.me));
        Ok(no_content())
    })
    .gives(204, Value::Null)
}

/// What twins of notes are built on.
pub const BASE: Twin = Twin { build: || with_notes(seeded()), schemas, ..PLAIN };

/// The same, where every handler lets everybody in.
pub const CARELESS: Twin = Twin { build: || with_notes(careless()), ..BASE };

pub fn schemas() -> Vec<(&'static str, Value)> {
    vec![("NewNote", object("title! body")), ("Note", object("id!:i owner_id!:i title! body"))]
}

/// One note of each of the three people.
pub fn seed_notes(w: &mut World) {
    for (id, owner, title) in
        [(11, 1, "Ask about the roof"), (12, 2, "Seeds for the spring"), (13, 3, "Keys of the shed")]
    {
        w.put(TABLE, json!({"id": id, "owner_id": owner, "title": title, "body": format!("Remember {id}")}));
    }
}

/// A world with these notes.
pub fn with_notes(mut w: World) -> World {
    seed_notes(&mut w);
    w
}

pub fn list() -> Route {
    op("GET", "/notes", "listNotes", |w, c| Ok(ok(mine(w, c, TABLE, "owner_id")))).gives(200, list_of(refer("Note")))
}

/// Makes a note of the caller's.
pub fn add(w: &mut World, c: &Call) -> Value {
    make(w, c, TABLE, "owner_id", &["title", "body"])
}

pub fn create() -> Route {
    op("POST", "/notes", "createNote", |w, c| {
        let row = add(w, c);
        Ok(created(format!("/notes/{}", key_of(&row)), row))
    })
    .takes(refer("NewNote"))
    .gives(201, refer("Note"))
}

/// The note that the path names, for its owner.
pub fn own(w: &World, c: &Call, switch: &str) -> Result<Value, Reply> {
    w.owned(TABLE, c.at(0), "/owner_id", c, switch)
}

pub fn read() -> Route {
    op("GET", "/notes/{id}", "getNote", |w, c| Ok(ok(own(w, c, "open-read")?))).gives(200, refer("Note"))
}

pub fn update() -> Route {
    op("PUT", "/notes/{id}", "updateNote", |w, c| {
        own(w, c, "open-write")?;
        Ok(ok(change(w, c)))
    })
    .takes(refer("NewNote"))
    .gives(200, refer("Note"))
}

/// Writes title and body of the note that the path names.
pub fn change(w: &mut World, c: &Call) -> Value {
    let mut fields = json!({"title": c.body["title"]});
    if let Some(body) = c.body.get("body") {
        merge(&mut fields, &json!({"body": body}));
    }
    w.set(TABLE, c.at(0), &fields).unwrap_or_default()
}

pub fn delete() -> Route {
    op("DELETE", "/notes/{id}", "deleteNote", |w, c| {
        own(w, c, "open-delete")?;
        w.cut(TABLE, c.at(0));
        Ok(no_content())
    })
    .gives(204, Value::Null)
}

/// Everything, with these in the place of the usual ones.
pub fn with(mut replaced: Vec<Route>) -> Vec<Route> {
    let mut routes = entry_and_exit();
    routes.extend([list(), create(), read(), update(), delete()]);
    routes.retain(|route| !replaced.iter().any(|new| new.method == route.method && new.path == route.path));
    routes.append(&mut replaced);
    routes
}

/// The same without some operations: `DELETE /notes/{id}`.
pub fn less(routes: Vec<Route>, gone: &[&str]) -> Vec<Route> {
    let named = |route: &Route| format!("{} {}", route.method, route.path);
    routes.into_iter().filter(|route| !gone.contains(&named(route).as_str())).collect()
}
