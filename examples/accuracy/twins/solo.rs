//! An API of which only the administrator's account is configured: nobody of a lower role is there who could be let in.
//! Served twice: with the role in the configuration, and with an administrator that the configuration calls a user.

use serde_json::{Value, json};

use crate::case::{Accounts, Case, Twin, sound};
use crate::kit::{
    Auth, Door, Route, World, created, described, list_of, me, no_content, object, ok, only, op, peopled, refer,
};

pub const TWIN: Twin = Twin {
    name: "solo",
    style: "the only identity is an administrator",
    mode: "active",
    accounts: Accounts::Tokens(&[("hana", "admin")]),
    build,
    routes,
    base,
    id: |_| json!({"type": "integer"}),
    cases,
    pair: ("ivan", "hana"),
};

/// The same, and the configuration says nothing of the role; the account itself does.
pub const UNSAID: Twin = Twin {
    name: "solo-unsaid",
    style: "an administrator configured as a user",
    accounts: Accounts::Tokens(&[("hana", "user")]),
    ..TWIN
};

const STAFF: Door = Door::Role(&["admin"], "");

fn build(on: &[&'static str]) -> World {
    let people = [(1, "hana", "admin"), (2, "ivan", "user")];
    let mut w = peopled(Auth::Opaque { header: "authorization", prefix: "Bearer " }, &people, on);
    w.put("jobs", json!({"id": 21, "line": "rotate the logs"}));
    w.put("wallets", json!({"id": 31, "owner_id": 2, "cents": 417_730}));
    w.put("audit", json!({"id": 41, "what": "wallet 31 was opened by ivan"}));
    w
}

fn base() -> Value {
    described(
        "Solo",
        &[
            ("Job", object("id!:i line!")),
            ("JobInput", object("line!")),
            ("Wallet", object("id!:i owner_id!:i cents!:i")),
            ("Entry", object("id!:i what!")),
            ("Settings", object("site_title! open_for_sign_up!:b")),
        ],
    )
}

fn routes(_: &[&'static str]) -> Vec<Route> {
    vec![
        me(),
        op("GET", "/wallets", "listWallets", |w, c| Ok(ok(w.of("wallets", "owner_id", &c.me["id"]).into())))
            .gives(200, list_of(refer("Wallet"))),
        op("GET", "/admin/users", "adminUsers", |w, _| {
            Ok(ok(w.rows("users").iter().map(|row| only(row, &["id", "username", "role"])).collect()))
        })
        .door(STAFF)
        .gives(200, list_of(refer("User"))),
        op("GET", "/admin/audit", "adminAudit", |w, _| Ok(ok(w.rows("audit").into())))
            .door(STAFF)
            .gives(200, list_of(refer("Entry"))),
        op("GET", "/admin/wallets", "adminWallets", |w, _| Ok(ok(w.rows("wallets").into())))
            .door(STAFF)
            .gives(200, list_of(refer("Wallet"))),
        op("GET", "/admin/settings", "adminSettings", |_, _| {
            Ok(ok(json!({"site_title": "The ledger of the quay", "open_for_sign_up": false})))
        })
        .door(STAFF)
        .gives(200, refer("Settings")),
        op("GET", "/admin/jobs", "adminJobs", |w, _| Ok(ok(w.rows("jobs").into())))
            .door(STAFF)
            .gives(200, list_of(refer("Job"))),
        op("POST", "/admin/jobs", "adminAddJob", |w, c| {
            let id = w.serial();
            Ok(created(format!("/admin/jobs/{id}"), w.put("jobs", json!({"id": id, "line": c.body["line"]}))))
        })
        .door(STAFF)
        .takes(refer("JobInput"))
        .gives(201, refer("Job")),
        op("DELETE", "/admin/jobs/{job_id}", "adminDropJob", |w, c| {
            w.row("jobs", c.at(0))?;
            w.cut("jobs", c.at(0));
            Ok(no_content())
        })
        .door(STAFF)
        .gives(204, Value::Null),
    ]
}

fn cases() -> Vec<Case> {
    vec![
        sound(
            "authz/function-read",
            "GET /admin/users | GET /admin/audit | GET /admin/wallets | GET /admin/settings | GET /admin/jobs",
            "the caller is an administrator, and users are refused",
        )
        .by("GET /admin/users", ""),
        sound(
            "authz/function-write",
            "POST /admin/jobs | DELETE /admin/jobs/{job_id}",
            "the caller is an administrator, and users are refused",
        )
        .by("POST /admin/jobs", r#"{"line": "x"}"#),
        sound("authz/bola-list", "GET /admin/wallets", "an administrator's overview").by("GET /admin/wallets", ""),
    ]
}
