//! A wiki: slugs and user names in the path, pages that everybody may edit, drafts that nobody else may see.

use serde_json::{Value, json};

use crate::case::{Accounts, Case, Twin, sound, weak};
use crate::kit::{
    Auth, Call, Door, Route, SignUp, World, created, keep, list_of, no_content, object, ok, only, op, refer, reply,
    same, text,
};

pub const TWIN: Twin = Twin {
    name: "wiki",
    style: "slugs, owner by user name",
    mode: "active",
    accounts: Accounts::Auto,
    build,
    routes,
    base,
    id: |_| json!({"type": "string"}),
    cases,
    pair: ("lena", "knut"),
};

fn build(on: &[&'static str]) -> World {
    let fail = |status, text: &str| reply(status, json!({"detail": text}));
    let mut w = World::new(Auth::Jwt { key: "Yw5_cN8!rT2zQ7#vB4xL9mK1sD6gJ3hF" }, "username", fail, on);
    for name in ["lena", "knut"] {
        w.seed_user(
            json!({"username": name, "about": format!("{name} writes here"), "last_ip": "198.51.100.7"}),
            name,
            "author",
        );
    }
    w.put(
        "pages",
        json!({"slug": "moss-gardens", "author": "knut", "title": "Moss gardens", "text": "Keep them wet."}),
    );
    w.put("pages", json!({"slug": "stone-walls", "author": "lena", "title": "Stone walls", "text": "Begin below."}));
    w.put("comments", json!({"comment_id": 71, "page": "moss-gardens", "author": "lena", "text": "And shaded."}));
    w.put(
        "drafts",
        json!({"slug": "knuts-secret-pond", "author": "knut", "title": "Pond", "text": "Not for others yet"}),
    );
    w.put("drafts", json!({"slug": "lenas-first-fern", "author": "lena", "title": "Fern", "text": "Half a thought"}));
    w
}

fn base() -> Value {
    json!({
        "info": {"title": "Wiki", "version": "0.9"},
        "security": [{"token": []}],
        "components": {
            "securitySchemes": {"token": {"type": "http", "scheme": "bearer", "bearerFormat": "JWT"}},
            "schemas": {
                "Join": object("username! password!:password about"),
                "Enter": object("username! password!:password"),
                "Ticket": object("jwt!"),
                "Profile": object("username! about! role"),
                "ProfileIn": object("about!"),
                "PageIn": object("title! text!"),
                "PageText": object("text!"),
                "Page": object("slug! author! title! text!"),
                "CommentIn": object("text!"),
                "Comment": object("comment_id!:i page! author text!"),
                "Contact": object("message!"),
            }
        }
    })
}

fn routes(_: &[&'static str]) -> Vec<Route> {
    let mut all = accounts();
    all.extend(people());
    all.extend(pages());
    all.extend(comments());
    all.extend(drafts());
    all
}

fn accounts() -> Vec<Route> {
    vec![
        op("POST", "/join", "join", |w, c| {
            let columns = json!({"username": c.body["username"], "about": c.or("about", json!("")), "last_ip": "203.0.113.9",
                                 "role": "author"});
            match w.sign_up(c, columns, false)? {
                SignUp::Made(user) => {
                    let place = format!("/users/{}", text(&user["username"]));
                    Ok(created(place, only(&user, &["username", "about", "role"])))
                }
                SignUp::Silent => Ok(no_content()),
            }
        })
        .open()
        .takes(refer("Join"))
        .gives(201, refer("Profile")),
        op("POST", "/enter", "enter", |w, c| {
            let user = w.sign_in(c)?;
            Ok(ok(json!({"jwt": w.open(&user)})))
        })
        .open()
        .takes(refer("Enter"))
        .gives(200, refer("Ticket")),
        op("GET", "/whoami", "whoami", |w, c| {
            let mut shown = vec!["username", "about", "role"];
            shown.extend(w.weak("hash-shown").then_some("password_hash"));
            shown.extend(w.weak("undeclared-ip").then_some("last_ip"));
            Ok(ok(only(&c.me, &shown)))
        })
        .gives(200, refer("Profile")),
        // Anybody may write to the editors; that is what the form is for.
        op("POST", "/contact", "contactEditors", |w, c| {
            let id = w.serial();
            w.put("contact", json!({"id": id, "message": c.body["message"]}));
            Ok(reply(202, json!({"id": id})))
        })
        .open()
        .takes(refer("Contact"))
        .gives(202, object("id:i")),
    ]
}

fn people() -> Vec<Route> {
    vec![
        op("GET", "/users/{username}", "readProfile", |w, c| {
            Ok(ok(only(&w.row("users", c.at(0))?, &["username", "about", "role"])))
        })
        .says("The public profile of an author")
        .gives(200, refer("Profile")),
        op("PUT", "/users/{username}", "writeProfile", |w, c| {
            w.owned("users", c.at(0), "/username", c, "profile-write")?;
            let row = w.set("users", c.at(0), &keep(&c.body, &["about"])).unwrap_or_default();
            Ok(ok(only(&row, &["username", "about", "role"])))
        })
        .takes(refer("ProfileIn"))
        .gives(200, refer("Profile")),
        op("DELETE", "/users/{username}", "leave", |w, c| {
            w.owned("users", c.at(0), "/username", c, "")?;
            w.cut("users", c.at(0));
            Ok(no_content())
        })
        .gives(204, Value::Null),
    ]
}

fn slug(w: &mut World, c: &Call) -> String {
    let words: String = c.field("title").chars().map(|c| if c.is_alphanumeric() { c } else { '-' }).collect();
    format!("{}-{}", words.to_lowercase(), w.serial())
}

fn pages() -> Vec<Route> {
    vec![
        op("GET", "/pages", "listPages", |w, _| Ok(ok(json!({"items": w.rows("pages")}))))
            .door(Door::Unlocked)
            .gives(200, json!({"type": "object", "properties": {"items": list_of(refer("Page"))}})),
        op("POST", "/pages", "createPage", |w, c| {
            let slug = slug(w, c);
            let row =
                json!({"slug": slug, "author": c.me["username"], "title": c.body["title"], "text": c.body["text"]});
            Ok(created(format!("/pages/{slug}"), w.put("pages", row)))
        })
        .takes(refer("PageIn"))
        .gives(201, refer("Page")),
        // The document asks for a token here, and the page is public.
        op("GET", "/pages/{slug}", "readPage", |w, c| Ok(ok(w.row("pages", c.at(0))?)))
            .door(Door::Unlocked)
            .gives(200, refer("Page")),
        op("PUT", "/pages/{slug}", "editPage", |w, c| {
            w.row("pages", c.at(0))?;
            Ok(ok(w.set("pages", c.at(0), &keep(&c.body, &["text"])).unwrap_or_default()))
        })
        .says("Edit a page; every author may")
        .takes(refer("PageText"))
        .gives(200, refer("Page")),
        op("DELETE", "/pages/{slug}", "removePage", |w, c| {
            let row = w.row("pages", c.at(0))?;
            if !same(&row["author"], &c.me["username"]) {
                return Err(w.refuse(403, "only its first author may remove a page"));
            }
            w.cut("pages", c.at(0));
            Ok(no_content())
        })
        .gives(204, Value::Null),
    ]
}

fn comments() -> Vec<Route> {
    vec![
        op("GET", "/pages/{slug}/comments", "listComments", |w, c| {
            let page = w.row("pages", c.at(0))?;
            Ok(ok(json!({"items": w.of("comments", "page", &page["slug"])})))
        })
        .open()
        .gives(200, json!({"type": "object", "properties": {"items": list_of(refer("Comment"))}})),
        op("POST", "/pages/{slug}/comments", "addComment", |w, c| {
            w.row("pages", c.at(0))?;
            let id = w.serial();
            let row = json!({"comment_id": id, "page": c.at(0), "author": c.me["username"], "text": c.body["text"]});
            Ok(reply(201, w.put("comments", row)))
        })
        .door(Door::Forgetful("anonymous-comment"))
        .takes(refer("CommentIn"))
        .gives(201, refer("Comment")),
        // Looks at the comment alone; comments are public, so the page in the path gives nothing away.
        op("GET", "/pages/{slug}/comments/{comment_id}", "readComment", |w, c| Ok(ok(w.row("comments", c.at(1))?)))
            .open()
            .gives(200, refer("Comment")),
    ]
}

fn drafts() -> Vec<Route> {
    vec![
        op("GET", "/drafts", "listDrafts", |w, c| {
            Ok(ok(json!({"items": w.of("drafts", "author", &c.me["username"])})))
        })
        .gives(200, json!({"type": "object", "properties": {"items": list_of(refer("Page"))}})),
        op("POST", "/drafts", "createDraft", |w, c| {
            let slug = slug(w, c);
            let row =
                json!({"slug": slug, "author": c.me["username"], "title": c.body["title"], "text": c.body["text"]});
            Ok(created(format!("/drafts/{slug}"), w.put("drafts", row)))
        })
        .takes(refer("PageIn"))
        .gives(201, refer("Page")),
        op("GET", "/drafts/{slug}", "readDraft", |w, c| {
            Ok(ok(w.owned("drafts", c.at(0), "/author", c, "draft-read")?))
        })
        .gives(200, refer("Page")),
        op("DELETE", "/drafts/{slug}", "dropDraft", |w, c| {
            w.owned("drafts", c.at(0), "/author", c, "")?;
            w.cut("drafts", c.at(0));
            Ok(no_content())
        })
        .gives(204, Value::Null),
    ]
}

fn cases() -> Vec<Case> {
    vec![
        weak("authz/bola-read", "GET /drafts/{slug}", "draft-read", "any author reads any draft")
            .by("GET /drafts/knuts-secret-pond", ""),
        sound("authz/bola-read", "GET /pages/{slug}", "public content").by("GET /pages/moss-gardens", ""),
        sound("authz/bola-read", "GET /users/{username}", "public profiles").by("GET /users/knut", ""),
        weak("authz/bola-write", "PUT /users/{username}", "profile-write", "any author rewrites any profile")
            .by("PUT /users/knut", r#"{"about": "x"}"#),
        sound("authz/bola-write", "PUT /pages/{slug}", "a wiki: everybody may edit")
            .by("PUT /pages/moss-gardens", r#"{"text": "x"}"#),
        sound("authz/bola-delete", "DELETE /pages/{slug}", "only the first author may")
            .by("DELETE /pages/moss-gardens", ""),
        sound("authz/existence-oracle", "DELETE /pages/{slug}", "403 and 404 differ for pages that all can see anyway"),
        sound("authz/bola-nested", "GET /pages/{slug}/comments/{comment_id}", "public under every parent"),
        sound("authn/missing", "GET /pages/{slug} | GET /pages", "public content that is described as protected")
            .by_nobody("GET /pages/moss-gardens", ""),
        weak("authn/missing-write", "POST /pages/{slug}/comments", "anonymous-comment", "stores what nobody signed")
            .by_nobody("POST /pages/moss-gardens/comments", r#"{"text": "x"}"#),
        sound("authn/missing-write", "POST /contact", "a contact form, declared as open")
            .by_nobody("POST /contact", r#"{"message": "x"}"#),
        weak("authn/weak-password-accepted", "POST /join", "trivial-passwords", "takes any password"),
        sound("authz/role-escalation", "POST /join", "a role in the body is ignored"),
        weak("token/alg-none", "*", "alg-none", "unsigned tokens are accepted"),
        sound("token/weak-secret", "*", "a random key"),
        sound("token/expired-accepted", "*", "exp is looked at"),
        weak("property/excessive-exposure", "GET /whoami", "hash-shown", "the account carries the password's hash"),
        weak("property/undocumented-field", "GET /whoami", "undeclared-ip", "an address that is not declared"),
    ]
}
