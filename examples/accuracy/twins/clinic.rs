//! A clinic: roles in the token, routes of an administrator, records that belong to one patient.

use serde_json::{Value, json};

use crate::case::{Accounts, Case, Twin, sound, weak};
use crate::kit::{
    Auth, Door, Route, SignUp, World, created, keep, key_of, list_of, no_content, object, ok, op, refer, reply, without,
};

pub const TWIN: Twin = Twin {
    name: "clinic",
    style: "roles, admin routes, sign-in",
    mode: "active",
    accounts: Accounts::SignIn(
        &[("pia", "patient"), ("quin", "patient"), ("chief", "admin")],
        "POST /auth/token",
        "/access",
    ),
    build,
    routes,
    base,
    id: |_| json!({"type": "integer", "format": "int64"}),
    cases,
    pair: ("pia", "quin"),
};

const ADMIN: Door = Door::Role(&["admin"], "");

fn build(on: &[&'static str]) -> World {
    let key = if on.contains(&"guessable-key") { "changeme" } else { "Hn6#bT2!yU9_vC4@mX7kQ1wE5rZ8pL3s" };
    let mut w = World::new(Auth::Jwt { key }, "username", |status, text| reply(status, json!({"detail": text})), on);
    for (id, name, role) in [(61, "pia", "patient"), (62, "quin", "patient"), (63, "chief", "admin")] {
        w.seed_user(json!({"id": id, "phone": format!("+49 30 5550{id}")}), name, role);
    }
    w.put("records", json!({"id": 8101, "patient_id": 61, "finding": "A sprained ankle"}));
    w.put("records", json!({"id": 8102, "patient_id": 62, "finding": "Needs new glasses"}));
    w.put("announcements", json!({"id": 8201, "text": "The lift is out of order"}));
    w.put("rosters", json!({"id": 8301, "text": "Chief is on duty on Friday"}));
    w.put("audit", json!({"id": 8401, "actor": "chief", "act": "changed the roster", "address": "192.0.2.44"}));
    w
}

fn base() -> Value {
    json!({
        "info": {"title": "Clinic", "version": "2025.1"},
        "security": [{"bearerAuth": []}],
        "components": {
            "securitySchemes": {"bearerAuth": {"type": "http", "scheme": "bearer", "bearerFormat": "JWT"}},
            "schemas": {
                "Credentials": object("username! password!:password"), "Access": object("access!"),
                "NewUser": object("username! password!:password phone role:patient|nurse|admin"),
                "User": object("id!:i username! phone role!:patient|nurse|admin"), "UserChange": object("phone!"),
                "RoleChange": object("role!:patient|nurse|admin"), "Record": object("id!:i patient_id!:i finding!"),
                "NewRecord": object("finding!"), "Text": object("text!"), "Line": object("id!:i text!"),
                "AuditEntry": object("id!:i actor! act! address!"),
            }
        }
    })
}

fn routes(_: &[&'static str]) -> Vec<Route> {
    let mut all = people();
    all.extend(records());
    all.extend(board());
    all.extend(staff());
    all
}

fn people() -> Vec<Route> {
    vec![
        op("POST", "/auth/token", "auth#token", |w, c| {
            let user = w.sign_in(c)?;
            Ok(ok(json!({"access": w.open(&user)})))
        })
        .open()
        .takes(refer("Credentials"))
        .gives(200, refer("Access")),
        op("GET", "/users/me", "users#readMe", |w, c| {
            let hidden: &[&str] = if w.weak("hash-shown") { &[] } else { &["password_hash"] };
            Ok(ok(without(&c.me, hidden)))
        })
        .gives(200, refer("User")),
        op("PUT", "/users/me", "users#updateMe", |w, c| {
            let fields: &[&str] = if w.weak("own-role") { &["phone", "role"] } else { &["phone"] };
            let row = w.set("users", &key_of(&c.me), &keep(&c.body, fields)).unwrap_or_default();
            Ok(ok(without(&row, &["password_hash"])))
        })
        .takes(refer("UserChange"))
        .gives(200, refer("User")),
        op("PATCH", "/users/me/contact", "users#updateContact", |w, c| {
            let row = w.set("users", &key_of(&c.me), &keep(&c.body, &["phone"])).unwrap_or_default();
            Ok(ok(without(&row, &["password_hash"])))
        })
        .takes(refer("UserChange"))
        .gives(200, refer("User")),
    ]
}

fn records() -> Vec<Route> {
    vec![
        op("GET", "/records", "records#list", |w, c| Ok(ok(w.of("records", "patient_id", &c.me["id"]).into())))
            .gives(200, list_of(refer("Record"))),
        op("POST", "/records", "records#create", |w, c| {
            let id = w.serial();
            let row = json!({"id": id, "patient_id": c.me["id"], "finding": c.body["finding"]});
            Ok(created(format!("/records/{id}"), w.put("records", row)))
        })
        .takes(refer("NewRecord"))
        .gives(201, refer("Record")),
        // Staff may look; patients see their own.
        op("GET", "/records/{record_id}", "records#get", |w, c| {
            let is_staff = c.me["role"] == json!("admin");
            let row =
                if is_staff { w.row("records", c.at(0)) } else { w.owned("records", c.at(0), "/patient_id", c, "") };
            row.map(ok)
        })
        .gives(200, refer("Record")),
        op("DELETE", "/records/{record_id}", "records#delete", |w, c| {
            w.owned("records", c.at(0), "/patient_id", c, "")?;
            w.cut("records", c.at(0));
            Ok(no_content())
        })
        .gives(204, Value::Null),
    ]
}

fn board() -> Vec<Route> {
    vec![
        op("GET", "/announcements", "board#list", |w, _| Ok(ok(w.rows("announcements").into())))
            .gives(200, list_of(refer("Line"))),
        op("POST", "/admin/announcements", "admin#announce", |w, c| {
            let id = w.serial();
            Ok(reply(201, w.put("announcements", json!({"id": id, "text": c.body["text"]}))))
        })
        .door(Door::Role(&["admin"], "announce"))
        .takes(refer("Text"))
        .gives(201, refer("Line")),
        op("DELETE", "/admin/announcements/{announcement_id}", "admin#withdraw", |w, c| {
            w.row("announcements", c.at(0))?;
            w.cut("announcements", c.at(0));
            Ok(no_content())
        })
        .door(ADMIN)
        .gives(204, Value::Null),
        op("GET", "/admin/rosters", "admin#rosters", |w, _| Ok(ok(w.rows("rosters").into())))
            .door(ADMIN)
            .gives(200, list_of(refer("Line"))),
        op("POST", "/admin/rosters", "admin#addRoster", |w, c| {
            let id = w.serial();
            Ok(reply(201, w.put("rosters", json!({"id": id, "text": c.body["text"]}))))
        })
        .door(ADMIN)
        .takes(refer("Text"))
        .gives(201, refer("Line")),
        op("DELETE", "/admin/rosters/{roster_id}", "admin#removeRoster", |w, c| {
            w.row("rosters", c.at(0))?;
            w.cut("rosters", c.at(0));
            Ok(no_content())
        })
        .door(ADMIN)
        .gives(204, Value::Null),
        op("GET", "/admin/audit", "admin#audit", |w, _| Ok(ok(w.rows("audit").into())))
            .door(Door::Role(&["admin"], "audit-read"))
            .gives(200, list_of(refer("AuditEntry"))),
    ]
}

fn staff() -> Vec<Route> {
    vec![
        op("GET", "/admin/users", "admin#users", |w, _| {
            Ok(ok(w.rows("users").iter().map(|row| without(row, &["password_hash"])).collect()))
        })
        .door(ADMIN)
        .gives(200, list_of(refer("User"))),
        op("POST", "/admin/users", "admin#createUser", |w, c| {
            let id = w.serial();
            let columns = json!({"id": id, "phone": c.or("phone", json!("")), "role": c.or("role", json!("patient"))});
            match w.sign_up(c, columns, false)? {
                SignUp::Made(user) => Ok(created(format!("/admin/users/{id}"), without(&user, &["password_hash"]))),
                SignUp::Silent => Ok(no_content()),
            }
        })
        .door(ADMIN)
        .takes(refer("NewUser"))
        .gives(201, refer("User")),
        op("PUT", "/admin/users/{user_id}/role", "admin#setRole", |w, c| {
            w.row("users", c.at(0))?;
            let row = w.set("users", c.at(0), &keep(&c.body, &["role"])).unwrap_or_default();
            Ok(ok(without(&row, &["password_hash"])))
        })
        .door(ADMIN)
        .takes(refer("RoleChange"))
        .gives(200, refer("User")),
        op("DELETE", "/admin/users/{user_id}", "admin#deleteUser", |w, c| {
            w.row("users", c.at(0))?;
            w.cut("users", c.at(0));
            Ok(no_content())
        })
        .door(ADMIN)
        .gives(204, Value::Null),
    ]
}

fn cases() -> Vec<Case> {
    vec![
        sound("authz/bola-read", "GET /records/{record_id}", "foreign is 404; staff may look")
            .by("GET /records/8102", ""),
        sound("authz/bola-delete", "DELETE /records/{record_id}", "foreign is 404").by("DELETE /records/8102", ""),
        weak("authz/function-read", "GET /admin/audit", "audit-read", "patients read the audit trail")
            .by("GET /admin/audit", "")
            .against("chief", "/admin/audit"),
        sound("authz/function-read", "GET /admin/users | GET /admin/rosters", "refuses patients")
            .by("GET /admin/users", "")
            .against("chief", "/admin/users"),
        sound("authz/function-read", "GET /announcements", "for everybody in the house").by("GET /announcements", ""),
        weak("authz/function-write", "POST /admin/announcements", "announce", "patients announce to the house")
            .by("POST /admin/announcements", r#"{"text": "x"}"#)
            .against("chief", "/admin/announcements"),
        sound("authz/function-write", "POST /admin/rosters", "refuses patients")
            .by("POST /admin/rosters", r#"{"text": "x"}"#)
            .against("chief", "/admin/rosters"),
        weak("authz/role-escalation", "PUT /users/me", "own-role", "role in the body is stored"),
        sound("authz/role-escalation", "PATCH /users/me/contact", "a role is ignored"),
        weak("token/stale-role", "*", "stale-role", "the role is read from the token"),
        weak("token/weak-secret", "*", "guessable-key", "signed with a framework's default"),
        weak("token/expired-accepted", "*", "expired-tokens", "exp is not looked at"),
        weak("property/excessive-exposure", "GET /users/me", "hash-shown", "the account carries the password's hash"),
        sound("token/alg-none", "*", "unsigned tokens are refused"),
        sound("property/mass-assignment", "PATCH /users/me/contact", "takes what is declared and no more"),
        sound("authn/missing", "GET /announcements", "asks for a token").by_nobody("GET /announcements", ""),
    ]
}
