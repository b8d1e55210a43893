//! Shelves that refuse with an empty list: what hangs below a foreign shelf is answered 200 and `[]`, as for a shelf that
//! is not there. One route below forgets to look.

use serde_json::{Value, json};

use crate::case::{Accounts, Case, Twin, sound, weak};
use crate::kit::{
    Call, Door, Route, World, behind_entry, created, described, house, is_mine, list_of, made, mine, no_content,
    object, ok, op, refer,
};

pub const TWIN: Twin = Twin {
    name: "shelves",
    style: "an empty list as refusal",
    mode: "active",
    accounts: Accounts::Auto,
    build,
    routes,
    base,
    id: |_| json!({"type": "integer"}),
    cases,
    pair: ("zita", "abel"),
};

fn build(on: &[&'static str]) -> World {
    let mut w = house("Lr7#vF1@xC9_qM4!zT8kB3wN6hS2gD5j", &[(1, "zita", "reader"), (2, "abel", "reader")], on);
    for (id, owner, name) in [(601, 1, "zita"), (602, 2, "abel")] {
        w.put("shelves", json!({"id": id, "owner_id": owner, "label": format!("By the window of {name}")}));
        w.put(
            "books",
            json!({"id": id + 50, "shelf_id": id, "owner_id": owner, "title": format!("The winters of {name}")}),
        );
        w.put(
            "loans",
            json!({"id": id + 80, "shelf_id": id, "borrower": format!("A friend of {name}"), "since": "2025-01-17"}),
        );
    }
    w
}

fn base() -> Value {
    described(
        "Shelves",
        &[
            ("Shelf", object("id!:i owner_id!:i label!")),
            ("ShelfInput", object("label!")),
            ("Book", object("id!:i shelf_id!:i owner_id!:i title!")),
            ("BookInput", object("title!")),
            ("Loan", object("id!:i shelf_id!:i borrower! since!")),
            ("LoanInput", object("borrower! since!")),
        ],
    )
}

fn routes(_: &[&'static str]) -> Vec<Route> {
    behind_entry([shelves(), below()])
}

fn shelves() -> Vec<Route> {
    vec![
        op("GET", "/shelves", "listShelves", |w, c| Ok(ok(mine(w, c, "shelves", "owner_id"))))
            .gives(200, list_of(refer("Shelf"))),
        op("POST", "/shelves", "addShelf", |w, c| Ok(made(w, c, "shelves", "owner_id", &["label"])))
            .takes(refer("ShelfInput"))
            .gives(201, refer("Shelf")),
        op("DELETE", "/shelves/{shelf_id}", "dropShelf", |w, c| {
            let shelf = w.owned("shelves", c.at(0), "/owner_id", c, "")?;
            w.cut("shelves", c.at(0));
            // What stands on a shelf goes with it.
            w.cut_below(&["books", "loans"], "shelf_id", &shelf["id"]);
            Ok(no_content())
        })
        .gives(204, Value::Null),
    ]
}

/// The shelf of the path, if it is the caller's.
fn own(w: &World, c: &Call) -> Option<Value> {
    w.row("shelves", c.at(0)).ok().filter(|row| is_mine(row, "owner_id", c))
}

fn below() -> Vec<Route> {
    vec![
        op("GET", "/shelves/{shelf_id}/books", "listBooks", |w, c| {
            let books = own(w, c).map(|shelf| w.of("books", "shelf_id", &shelf["id"]));
            Ok(ok(books.unwrap_or_default().into()))
        })
        .door(Door::Unlocked)
        .gives(200, list_of(refer("Book"))),
        op("POST", "/shelves/{shelf_id}/books", "addBook", |w, c| {
            let shelf = own(w, c).ok_or_else(|| w.missing())?;
            let id = w.number();
            let row = json!({"id": id, "shelf_id": shelf["id"], "owner_id": c.me["id"], "title": c.body["title"]});
            Ok(created(format!("/shelves/{}/books", c.at(0)), w.put("books", row)))
        })
        .takes(refer("BookInput"))
        .gives(201, refer("Book")),
        // Whose books are wanted stands in the query; those of others are none.
        op("GET", "/books", "searchBooks", |w, c| {
            let asked = c.query("owner_id").map_or_else(|| c.me["id"].clone(), |id| json!(id));
            let is_own = crate::kit::same(&asked, &c.me["id"]);
            let books = if is_own { w.of("books", "owner_id", &asked) } else { Vec::new() };
            Ok(ok(books.into()))
        })
        .query("owner_id", json!({"type": "integer"}))
        .gives(200, list_of(refer("Book"))),
        op("GET", "/shelves/{shelf_id}/loans", "listLoans", |w, c| {
            let shelf = own(w, c).or_else(|| w.row("shelves", c.at(0)).ok().filter(|_| w.weak("loan-read")));
            Ok(ok(shelf.map(|shelf| w.of("loans", "shelf_id", &shelf["id"])).unwrap_or_default().into()))
        })
        .gives(200, list_of(refer("Loan"))),
        op("POST", "/shelves/{shelf_id}/loans", "lend", |w, c| {
            let shelf = own(w, c).ok_or_else(|| w.missing())?;
            let id = w.number();
            let row =
                json!({"id": id, "shelf_id": shelf["id"], "borrower": c.body["borrower"], "since": c.body["since"]});
            Ok(created(format!("/shelves/{}/loans", c.at(0)), w.put("loans", row)))
        })
        .takes(refer("LoanInput"))
        .gives(201, refer("Loan")),
    ]
}

fn cases() -> Vec<Case> {
    vec![
        weak(
            "authz/bola-read",
            "GET /shelves/{shelf_id}/loans",
            "loan-read",
            "looks at no owner, where its sibling does",
        )
        .by("GET /shelves/602/loans", ""),
        sound("authz/bola-read", "GET /shelves/{shelf_id}/books", "an empty list for a foreign shelf")
            .by("GET /shelves/602/books", ""),
        sound("authn/missing", "GET /shelves/{shelf_id}/books", "an empty list for strangers")
            .by_nobody("GET /shelves/602/books", ""),
        sound("authz/existence-oracle", "GET /shelves/{shelf_id}/books", "an empty list for foreign and for missing"),
        sound("authz/bola-body", "GET /books", "an empty list for the id of another").by("GET /books?owner_id=2", ""),
        sound("token/signature-not-verified", "GET /shelves/{shelf_id}/books", "a forged token gets an empty list"),
    ]
}
