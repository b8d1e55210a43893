//! Objects that do not stay where they were made: addresses from titles, a new id with every version, keys of the caller's
//! choice that may be taken.

use serde_json::{Value, json};

use super::notes::{self, entry_and_exit};
use crate::kit::{
    Answer, Call, Route, World, created, keep, key_of, list_of, merge, mine, no_content, object, ok, op, refer, reply,
    uuid,
};
use crate::twin::{PLAIN, STAFFED, Twin, careless, seeded, with_switches};

pub const SLUGS: Twin = Twin {
    name: "slugs",
    about: "addresses made from titles; an update moves the object",
    build: || {
        let mut w = careless();
        for (owner, title) in [(1, "Ask about the roof"), (2, "Seeds for the spring")] {
            w.put(TABLE, json!({"slug": slug(title), "owner_id": owner, "title": title, "body": "Text"}));
        }
        w
    },
    routes: articles,
    schemas,
    id: |_| json!({"type": "string"}),
    ..PLAIN
};

pub const VERSIONS: Twin = Twin {
    name: "moving-ids",
    about: "every update gives the object a new id; the old one is 404",
    build: || {
        let mut w = with_switches(&["versions"]);
        for (owner, title) in [(1, "Ask about the roof"), (2, "Seeds for the spring")] {
            w.put(TABLE, json!({"slug": uuid(), "owner_id": owner, "title": title, "body": "Text"}));
        }
        w
    },
    ..SLUGS
};

/// Whoever comes first has a key; whoever comes later overwrites.
pub const UPSERT: Twin = Twin {
    name: "upsert",
    about: "PUT makes what is not there and overwrites what is, foreign or not",
    build: || with_pages(careless()),
    routes: upserts,
    schemas: || vec![("Page", object("key! owner_id!:i text!")), ("NewPage", object("text!"))],
    id: |_| json!({"type": "string"}),
    ..PLAIN
};

pub const UPSERT_SOUND: Twin = Twin {
    name: "upsert-sound",
    about: "PUT makes what is not there; what is another's is refused",
    build: || with_pages(seeded()),
    ..UPSERT
};

pub const CHOSEN: Twin = Twin {
    name: "chosen-ids",
    about: "POST with an id in the body; one that is taken is overwritten",
    build: || notes::with_notes(careless()),
    routes: || notes::with(vec![chosen()]),
    schemas: || {
        let mut all = notes::schemas();
        all.push(("ChosenNote", object("id:i title! body")));
        all
    },
    ..PLAIN
};

/// The lowest free number is given again: after a removal, another user's object stands under the id.
pub const REUSED: Twin = Twin {
    name: "reused-ids",
    about: "a removed id is at once another user's",
    build: || notes::with_notes(careless()),
    routes: || {
        notes::with(vec![notes::delete().answered(|w, c| {
            let row = notes::own(w, c, "open-delete")?;
            w.cut(notes::TABLE, c.at(0));
            if row["body"] == json!("by Otto") {
                let number = w.serial();
                w.put("lost", json!({"id": number, "note": row["id"]}));
                return Ok(no_content());
            }
            // Otto works at the same time.
            w.put(
                notes::TABLE,
                json!({"id": row["id"], "owner_id": 2, "title": "Bread for Sunday", "body": "by Otto"}),
            );
            Ok(no_content())
        })])
    },
    schemas: notes::schemas,
    configured: STAFFED,
    server_written: &["lost"],
    is_foreign: |table, row| table == notes::TABLE && row["body"] == json!("by Otto"),
    judge: |_, after| {
        let lost = after.rows("lost").iter();
        lost.map(|row| format!("{} {} of another user, made meanwhile, was removed", notes::TABLE, row["note"]))
            .collect()
    },
    ..PLAIN
};

const TABLE: &str = "articles";

fn schemas() -> Vec<(&'static str, Value)> {
    vec![("NewArticle", object("title! body!")), ("Article", object("slug! owner_id!:i title! body"))]
}

fn slug(title: &str) -> String {
    let lower = title.to_lowercase();
    let words = lower.split(|letter: char| !letter.is_ascii_alphanumeric()).filter(|word| !word.is_empty());
    words.collect::<Vec<_>>().join("-")
}

fn key_for(w: &World, title: &str) -> String {
    if w.weak("versions") { uuid() } else { slug(title) }
}

fn articles() -> Vec<Route> {
    let mut routes = entry_and_exit();
    routes.extend([
        op("GET", "/articles", "listArticles", |w, c| Ok(ok(mine(w, c, TABLE, "owner_id"))))
            .gives(200, list_of(refer("Article"))),
        op("POST", "/articles", "createArticle", |w, c| {
            let key = key_for(w, c.field("title"));
            if w.row(TABLE, &key).is_ok() {
                return Err(w.refuse(409, "there is an article of this title"));
            }
            let mut row = json!({"slug": key, "owner_id": c.me["id"]});
            merge(&mut row, &keep(&c.body, &["title", "body"]));
            Ok(created(format!("/articles/{}", key_of(&row)), w.put(TABLE, row)))
        })
        .takes(refer("NewArticle"))
        .gives(201, refer("Article")),
        op("GET", "/articles/{slug}", "getArticle", |w, c| {
            Ok(ok(w.owned(TABLE, c.at(0), "/owner_id", c, "open-read")?))
        })
        .gives(200, refer("Article")),
        op("PUT", "/articles/{slug}", "updateArticle", |w, c| {
            w.owned(TABLE, c.at(0), "/owner_id", c, "open-write")?;
            let mut fields = keep(&c.body, &["title", "body"]);
            let key = key_for(w, c.field("title"));
            merge(&mut fields, &json!({"slug": key}));
            Ok(ok(w.set(TABLE, c.at(0), &fields).unwrap_or_default()))
        })
        .takes(refer("NewArticle"))
        .gives(200, refer("Article")),
        op("DELETE", "/articles/{slug}", "deleteArticle", |w, c| {
            w.owned(TABLE, c.at(0), "/owner_id", c, "open-delete")?;
            w.cut(TABLE, c.at(0));
            Ok(no_content())
        })
        .gives(204, Value::Null),
    ]);
    routes
}

fn with_pages(mut w: World) -> World {
    for (key, owner) in [("home", 1), ("imprint", 2), ("1", 1), ("2", 2)] {
        w.put("pages", json!({"key": key, "owner_id": owner, "text": format!("The page {key}")}));
    }
    w
}

fn put_page(w: &mut World, c: &Call) -> Answer {
    let Ok(page) = w.row("pages", c.at(0)) else {
        let row = json!({"key": c.at(0), "owner_id": c.me["id"], "text": c.body["text"]});
        return Ok(reply(201, w.put("pages", row)));
    };
    if !crate::kit::is_mine(&page, "owner_id", c) && !w.weak("open-write") {
        return Err(w.refuse(403, "another's page"));
    }
    let fields = json!({"owner_id": c.me["id"], "text": c.body["text"]});
    Ok(ok(w.set("pages", c.at(0), &fields).unwrap_or_default()))
}

fn upserts() -> Vec<Route> {
    let mut routes = entry_and_exit();
    routes.extend([
        op("GET", "/pages", "listPages", |w, c| Ok(ok(mine(w, c, "pages", "owner_id"))))
            .gives(200, list_of(refer("Page"))),
        op("GET", "/pages/{key}", "getPage", |w, c| Ok(ok(w.owned("pages", c.at(0), "/owner_id", c, "open-read")?)))
            .gives(200, refer("Page")),
        op("PUT", "/pages/{key}", "putPage", put_page)
            .takes(refer("NewPage"))
            .gives(200, refer("Page"))
            .gives(201, refer("Page")),
        op("DELETE", "/pages/{key}", "deletePage", |w, c| {
            w.owned("pages", c.at(0), "/owner_id", c, "open-delete")?;
            w.cut("pages", c.at(0));
            Ok(no_content())
        })
        .gives(204, Value::Null),
    ]);
    routes
}

fn chosen() -> Route {
    notes::create()
        .answered(|w, c| {
            let Some(id) = c.body["id"].as_u64() else {
                return Ok(reply(201, notes::add(w, c)));
            };
            let mut row = json!({"id": id, "owner_id": c.me["id"]});
            merge(&mut row, &keep(&c.body, &["title", "body"]));
            w.cut(notes::TABLE, &id.to_string());
            Ok(reply(201, w.put(notes::TABLE, row)))
        })
        .takes(refer("ChosenNote"))
}

/// Nothing in an object can carry a text of the scan's.
pub const NUMBERS: Twin = Twin {
    name: "numbers",
    about: "objects of numbers alone, which no mark tells apart",
    build: || {
        let mut w = careless();
        for (id, owner) in [(51, 1), (52, 2), (53, 2)] {
            w.put("readings", json!({"id": id, "owner_id": owner, "celsius": 20 + owner, "is_final": false}));
        }
        w
    },
    routes: readings,
    schemas: || {
        vec![("NewReading", object("celsius!:i")), ("Reading", object("id!:i owner_id!:i celsius!:i is_final:b"))]
    },
    ..PLAIN
};

fn readings() -> Vec<Route> {
    let mut routes = entry_and_exit();
    routes.extend([
        op("GET", "/readings", "listReadings", |w, c| Ok(ok(mine(w, c, "readings", "owner_id"))))
            .gives(200, list_of(refer("Reading"))),
        op("POST", "/readings", "createReading", |w, c| {
            let mut row = crate::kit::make(w, c, "readings", "owner_id", &["celsius"]);
            merge(&mut row, &json!({"is_final": false}));
            w.set("readings", &key_of(&row), &row);
            Ok(reply(201, json!({"ok": true})))
        })
        .takes(refer("NewReading"))
        .gives(201, json!({})),
        op("GET", "/readings/{id}", "getReading", |w, c| {
            Ok(ok(w.owned("readings", c.at(0), "/owner_id", c, "open-read")?))
        })
        .gives(200, refer("Reading")),
        op("PATCH", "/readings/{id}", "patchReading", |w, c| {
            w.owned("readings", c.at(0), "/owner_id", c, "open-write")?;
            Ok(ok(w.set("readings", c.at(0), &keep(&c.body, &["celsius"])).unwrap_or_default()))
        })
        .takes(refer("NewReading"))
        .gives(200, refer("Reading")),
        op("DELETE", "/readings/{id}", "deleteReading", |w, c| {
            w.owned("readings", c.at(0), "/owner_id", c, "open-delete")?;
            w.cut("readings", c.at(0));
            Ok(no_content())
        })
        .gives(204, Value::Null),
    ]);
    routes
}

/// An update may give an object away.
pub const GIVEN: Twin = Twin {
    name: "given-away",
    about: "PATCH takes `owner_id`, and the note is another's from then on",
    build: || notes::with_notes(seeded()),
    routes: || {
        let mut routes = notes::less(notes::with(Vec::new()), &["PUT /notes/{id}"]);
        routes.push(
            op("PATCH", "/notes/{id}", "patchNote", |w, c| {
                notes::own(w, c, "open-write")?;
                let fields = keep(&c.body, &["title", "body", "owner_id"]);
                Ok(ok(w.set(notes::TABLE, c.at(0), &fields).unwrap_or_default()))
            })
            .takes(refer("NotePatch"))
            .gives(200, refer("Note")),
        );
        routes
    },
    schemas: || {
        let mut all = notes::schemas();
        all.push(("NotePatch", object("title body owner_id:i")));
        all
    },
    ..PLAIN
};
