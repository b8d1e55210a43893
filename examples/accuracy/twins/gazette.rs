//! A gazette with optional sign-in that its document calls required: readers are served without, and signed-in ones see
//! what they marked. One route asks whose a list is only of those who signed in.

use serde_json::{Value, json};

use crate::case::{Accounts, Case, Twin, sound, weak};
use crate::kit::{
    Call, Door, Route, World, behind_entry, created, described, house, is_mine, keep, list_of, made, merge, mine,
    no_content, object, ok, op, refer, same,
};

pub const TWIN: Twin = Twin {
    name: "gazette",
    style: "optional sign-in, documented as required",
    mode: "active",
    accounts: Accounts::Auto,
    build,
    routes,
    base,
    id: |name| json!({"type": if name == "slug" { "string" } else { "integer" }}),
    cases,
    pair: ("lars", "mona"),
};

fn build(on: &[&'static str]) -> World {
    let mut w = house("Qs4@wL7!nF2_xT9#bK6vH1zR8mC3jP5d", &[(1, "lars", "writer"), (2, "mona", "writer")], on);
    for (slug, author) in [("the-tide-tables", "mona"), ("rope-and-knots", "lars")] {
        w.put(
            "articles",
            json!({"slug": slug, "author": author, "title": slug.replace('-', " "),
                                 "body": format!("What {author} has to say at length"), "marked_by": []}),
        );
    }
    for (id, owner) in [(901, 1), (902, 2)] {
        w.put("readings", json!({"id": id, "owner_id": owner, "note": format!("Read again in winter, {id}")}));
    }
    w
}

fn base() -> Value {
    described(
        "Gazette",
        &[
            ("Author", object("username! following!:b")),
            ("Article", object("slug! title! body! author!:@Author marked!:b")),
            ("ArticleInput", object("title! body!")),
            ("ArticleChange", object("body!")),
            ("Reading", object("id!:i owner_id!:i note!")),
            ("ReadingInput", object("note!")),
        ],
    )
}

/// An article as its reader sees it.
fn shown(row: &Value, c: &Call) -> Value {
    let marked = row["marked_by"].as_array().is_some_and(|by| by.contains(&c.me["username"]));
    let author = json!({"username": row["author"], "following": false});
    json!({"slug": row["slug"], "title": row["title"], "body": row["body"], "author": author, "marked": marked})
}

fn routes(_: &[&'static str]) -> Vec<Route> {
    behind_entry([articles(), readings()])
}

fn articles() -> Vec<Route> {
    vec![
        op("GET", "/articles", "GetArticles", |w, c| {
            let all: Vec<Value> = w.rows("articles").iter().map(|row| shown(row, c)).collect();
            Ok(ok(json!({"articlesCount": all.len(), "articles": all})))
        })
        .door(Door::Unlocked)
        .gives(200, json!({"type": "object", "properties": {"articles": list_of(refer("Article")), "articlesCount": {"type": "integer"}}})),
        op("POST", "/articles", "CreateArticle", |w, c| {
            let slug = format!("{}-{}", c.field("title").to_lowercase().replace(' ', "-"), w.serial());
            let mut row = json!({"slug": slug, "author": c.me["username"], "marked_by": []});
            merge(&mut row, &keep(&c.body, &["title", "body"]));
            let row = w.put("articles", row);
            Ok(created(format!("/articles/{slug}"), json!({"article": shown(&row, c)})))
        })
        .takes(refer("ArticleInput"))
        .gives(201, json!({"type": "object", "properties": {"article": refer("Article")}})),
        op("GET", "/articles/{slug}", "GetArticle", |w, c| {
            Ok(ok(json!({"article": shown(&w.row("articles", c.at(0))?, c)})))
        })
        .door(Door::Unlocked)
        .gives(200, json!({"type": "object", "properties": {"article": refer("Article")}})),
        op("PUT", "/articles/{slug}", "UpdateArticle", |w, c| {
            let row = w.row("articles", c.at(0))?;
            if !same(&row["author"], &c.me["username"]) {
                return Err(w.refuse(403, "you did not write this"));
            }
            let row = w.set("articles", c.at(0), &keep(&c.body, &["body"])).unwrap_or_default();
            Ok(ok(json!({"article": shown(&row, c)})))
        })
        .takes(refer("ArticleChange"))
        .gives(200, json!({"type": "object", "properties": {"article": refer("Article")}})),
        op("DELETE", "/articles/{slug}", "DeleteArticle", |w, c| {
            let row = w.row("articles", c.at(0))?;
            if !same(&row["author"], &c.me["username"]) {
                return Err(w.refuse(403, "you did not write this"));
            }
            w.cut("articles", c.at(0));
            Ok(no_content())
        })
        .gives(204, Value::Null),
        op("GET", "/profiles/{username}", "GetProfile", |w, c| {
            let user = w.find("users", "username", c.at(0)).ok_or_else(|| w.missing())?;
            Ok(ok(json!({"profile": {"username": user["username"], "following": false}})))
        })
        .door(Door::Unlocked)
        .gives(200, json!({"type": "object", "properties": {"profile": refer("Author")}})),
    ]
}

fn readings() -> Vec<Route> {
    vec![
        op("GET", "/readings", "ListReadings", |w, c| Ok(ok(mine(w, c, "readings", "owner_id"))))
            .gives(200, list_of(refer("Reading"))),
        op("POST", "/readings", "AddReading", |w, c| Ok(made(w, c, "readings", "owner_id", &["note"])))
            .takes(refer("ReadingInput"))
            .gives(201, refer("Reading")),
        // Asks whose it is of those who signed in, and of nobody else.
        op("GET", "/readings/{reading_id}", "GetReading", |w, c| {
            let row = w.row("readings", c.at(0))?;
            let is_let_in = c.me.is_null() || is_mine(&row, "owner_id", c);
            if is_let_in { Ok(ok(row)) } else { Err(w.missing()) }
        })
        .door(Door::Forgetful("reading-open"))
        .gives(200, refer("Reading")),
        op("DELETE", "/readings/{reading_id}", "DropReading", |w, c| {
            w.owned("readings", c.at(0), "/owner_id", c, "")?;
            w.cut("readings", c.at(0));
            Ok(no_content())
        })
        .gives(204, Value::Null),
    ]
}

fn cases() -> Vec<Case> {
    vec![
        sound("authn/missing", "GET /articles/{slug} | GET /articles", "the anonymous list shows the same")
            .by_nobody("GET /articles/the-tide-tables", ""),
        sound("authn/missing", "GET /profiles/{username}", "stands under every article")
            .by_nobody("GET /profiles/mona", ""),
        sound("authz/bola-read", "GET /articles/{slug} | GET /profiles/{username}", "published")
            .by("GET /articles/the-tide-tables", ""),
        sound("authz/bola-list", "GET /articles", "published").by("GET /articles", ""),
        sound("authz/bola-write", "PUT /articles/{slug}", "403 for foreign")
            .by("PUT /articles/the-tide-tables", r#"{"body": "x"}"#),
        sound("token/signature-not-verified", "GET /articles | GET /articles/{slug}", "served without a token too"),
        weak(
            "authn/missing",
            "GET /readings/{reading_id}",
            "reading-open",
            "only those who sign in are asked whose it is",
        )
        .by_nobody("GET /readings/902", ""),
        sound("authz/bola-read", "GET /readings/{reading_id}", "foreign is 404 for whoever signs in")
            .by("GET /readings/902", ""),
    ]
}
