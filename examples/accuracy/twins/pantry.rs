//! A pantry of secrets that shows none: counts, booleans and sentences stand under names that end in "password". One
//! route carries a real hash.

use serde_json::{Value, json};

use crate::case::{Accounts, Case, Twin, sound, weak};
use crate::kit::{Route, World, described, entry, house, list_of, merge, object, ok, only, op, refer};

pub const TWIN: Twin = Twin {
    name: "pantry",
    style: "harmless fields named password",
    mode: "active",
    accounts: Accounts::Auto,
    build,
    routes,
    base,
    id: |_| json!({"type": "integer"}),
    cases,
    pair: ("nora", "olaf"),
};

fn build(on: &[&'static str]) -> World {
    let mut w = house("Zk3_pX8!hV6#mT1@rB9wS4fN7qL2cG5j", &[(1, "nora", "member"), (2, "olaf", "member")], on);
    w.put("jars", json!({"id": 71, "label": "Quince", "shelf": 3}));
    w
}

fn base() -> Value {
    let open = |text: &str| json!({"type": "object", "additionalProperties": true, "description": text});
    described(
        "Pantry",
        &[
            ("Account", open("The caller's account")),
            ("Summary", open("How many of what are kept")),
            ("Rules", open("What a password must be like, and where help is")),
            ("Member", object("id!:i username! role")),
            ("Jar", object("id!:i label! shelf:i")),
        ],
    )
}

fn routes(_: &[&'static str]) -> Vec<Route> {
    let mut all = entry();
    all.extend([
        // How the account signs in; nothing of what it signs in with.
        op("GET", "/account", "getAccount", |_, c| {
            let mut shown = only(&c.me, &["id", "username"]);
            merge(
                &mut shown,
                &json!({"password": true, "has_password": true, "password_changed": false, "must_change_password": 0,
                        "one_time_password": "off", "password_changed_at": "2025-02-11T09:30:00Z", "passwords": 1}),
            );
            Ok(ok(shown))
        })
        .gives(200, refer("Account")),
        op("GET", "/summary", "getSummary", |w, _| {
            Ok(ok(json!({"jars": w.rows("jars").len() + 30, "password": 1412, "passwords": 38, "passphrase": 77,
                         "by_kind": [{"kind": "login", "weak_password": 412}, {"kind": "card", "weak_password": 0}]})))
        })
        .gives(200, refer("Summary")),
        op("GET", "/rules", "getRules", |_, _| {
            Ok(ok(json!({"minimum_password": "twelve characters", "sign_in_with_password": "enabled",
                         "lost_password": "Ask at the front desk", "forgot_password": "/help/forgot",
                         "reset_password": "https://pantry.example/reset", "expires_password": "never"})))
        })
        .gives(200, refer("Rules")),
        op("GET", "/members", "listMembers", |w, _| {
            Ok(ok(w.rows("users").iter().map(|row| only(row, &["id", "username", "role"])).collect()))
        })
        .gives(200, list_of(refer("Member"))),
        op("GET", "/members/{member_id}", "getMember", |w, c| {
            let row = w.row("users", c.at(0))?;
            let shown: &[&str] = if w.weak("hash-shown") {
                &["id", "username", "role", "password_hash"]
            } else {
                &["id", "username", "role"]
            };
            Ok(ok(only(&row, shown)))
        })
        .gives(200, refer("Member")),
        op("GET", "/jars", "listJars", |w, _| Ok(ok(w.rows("jars").into()))).gives(200, list_of(refer("Jar"))),
    ]);
    all
}

fn cases() -> Vec<Case> {
    vec![
        sound("property/excessive-exposure", "GET /account", "booleans and counts, and how one signs in"),
        sound("property/excessive-exposure", "GET /summary", "numbers are no passwords"),
        sound("property/excessive-exposure", "GET /rules", "sentences under names that end in password"),
        sound("data/secret-in-response", "GET /account | GET /summary | GET /rules", "no secret of any service"),
        weak(
            "property/excessive-exposure",
            "GET /members/{member_id}",
            "hash-shown",
            "the hash of a member's password",
        )
        .by("GET /members/2", ""),
        sound("authz/bola-list", "GET /members", "members know each other").by("GET /members", ""),
    ]
}
