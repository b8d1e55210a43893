//! A keeper of doors: an administrator ends the sessions of others, which is no signing out, beside an ordinary sign-out.

use serde_json::{Value, json};

use crate::case::{Accounts, Case, Twin, sound, weak};
use crate::kit::{
    Auth, Door, Route, World, described, key_of, list_of, login, made, me, mine, no_content, object, ok, op, peopled,
    refer,
};

pub const TWIN: Twin = Twin {
    name: "keeper",
    style: "an administrator ends others' sessions",
    mode: "active",
    accounts: Accounts::SignIn(
        &[("emil", "member"), ("fleur", "member"), ("zora", "admin")],
        "POST /login",
        "/access_token",
    ),
    build,
    routes,
    base,
    id: |_| json!({"type": "integer"}),
    cases,
    pair: ("emil", "fleur"),
};

fn build(on: &[&'static str]) -> World {
    let people = [(1, "emil", "member"), (2, "fleur", "member"), (3, "zora", "admin")];
    let mut w = peopled(Auth::Opaque { header: "authorization", prefix: "Bearer " }, &people, on);
    for (id, member) in [(711, 1), (712, 2)] {
        w.put("keys", json!({"id": id, "member_id": member, "opens": format!("The cellar door {id}")}));
    }
    w
}

fn base() -> Value {
    described(
        "Keeper",
        &[
            ("Key", object("id!:i member_id!:i opens!")),
            ("KeyInput", object("opens!")),
            ("Revocation", object("user_id!:i")),
            ("Revoked", object("revoked!:i")),
        ],
    )
}

fn routes(_: &[&'static str]) -> Vec<Route> {
    let mut all = vec![login(), me()];
    all.extend(sessions());
    all.extend(keys());
    all
}

fn sessions() -> Vec<Route> {
    vec![
        op("POST", "/logout", "signOut", |w, c| {
            let token = c.header("authorization").and_then(|held| held.strip_prefix("Bearer ")).unwrap_or_default();
            if !w.weak("logout-keeps") {
                w.sessions.remove(token);
            }
            Ok(no_content())
        })
        .says("Sign out")
        .gives(204, Value::Null),
        // Ends the sessions of the user that the body names, and none of the caller's.
        op("POST", "/admin/sessions/revoke", "revokeSessions", |w, c| {
            let user = w.user(&c.body["user_id"].to_string());
            let key = user.as_ref().map(key_of).unwrap_or_default();
            let before = w.sessions.len();
            w.sessions.retain(|_, held| *held != key);
            Ok(ok(json!({"revoked": before - w.sessions.len()})))
        })
        .door(Door::Role(&["admin"], ""))
        .says("Revoke the sessions of a user")
        .takes(refer("Revocation"))
        .gives(200, refer("Revoked")),
        op("POST", "/admin/users/{user_id}/logout", "logoutUser", |w, c| {
            let key = key_of(&w.row("users", c.at(0))?);
            w.sessions.retain(|_, held| *held != key);
            Ok(no_content())
        })
        .door(Door::Role(&["admin"], ""))
        .says("Sign a user out everywhere")
        .gives(204, Value::Null),
    ]
}

fn keys() -> Vec<Route> {
    vec![
        op("GET", "/keys", "listKeys", |w, c| Ok(ok(mine(w, c, "keys", "member_id"))))
            .gives(200, list_of(refer("Key"))),
        op("POST", "/keys", "cutKey", |w, c| Ok(made(w, c, "keys", "member_id", &["opens"])))
            .takes(refer("KeyInput"))
            .gives(201, refer("Key")),
        op("GET", "/keys/{key_id}", "getKey", |w, c| Ok(ok(w.owned("keys", c.at(0), "/member_id", c, "")?)))
            .gives(200, refer("Key")),
        op("DELETE", "/keys/{key_id}", "returnKey", |w, c| {
            w.owned("keys", c.at(0), "/member_id", c, "")?;
            w.cut("keys", c.at(0));
            Ok(no_content())
        })
        .gives(204, Value::Null),
    ]
}

fn cases() -> Vec<Case> {
    vec![
        weak("token/logout-ineffective", "POST /logout", "logout-keeps", "the token lives on"),
        sound("token/logout-ineffective", "POST /admin/sessions/revoke", "ends the sessions of whom the body names"),
        sound(
            "token/logout-ineffective",
            "POST /admin/users/{user_id}/logout",
            "ends the sessions of whom the path names",
        ),
        sound(
            "authz/function-write",
            "POST /admin/sessions/revoke | POST /admin/users/{user_id}/logout",
            "refuse members",
        )
        .by("POST /admin/sessions/revoke", r#"{"user_id": 2}"#),
        sound("authz/bola-read", "GET /keys/{key_id}", "foreign is 404").by("GET /keys/712", ""),
    ]
}
