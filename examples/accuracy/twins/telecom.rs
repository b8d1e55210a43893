//! A telephone company: kebab-case names, operators that are companies, and functions of its own staff.

use serde_json::{Value, json};

use crate::case::{Accounts, Case, Twin, sound, weak};
use crate::kit::{
    Auth, Door, Route, SignUp, World, created, keep, list_of, no_content, object, ok, op, refer, reply, same, without,
};

pub const TWIN: Twin = Twin {
    name: "telecom",
    style: "kebab-case, domain words like operator",
    mode: "active",
    accounts: Accounts::SignIn(
        &[("rosa", "customer"), ("sven", "customer"), ("boss", "admin")],
        "POST /login",
        "/id-token",
    ),
    build,
    routes,
    base,
    id: |_| json!({"type": "string"}),
    cases,
    pair: ("rosa", "sven"),
};

const STAFF: Door = Door::Role(&["admin"], "");

fn build(on: &[&'static str]) -> World {
    let fail = |status, text: &str| reply(status, json!({"fault": {"code": status, "text": text}}));
    let mut w = World::new(Auth::Jwt { key: "Pj4!sG8_nF1@xM6#cV9bZ3kT7qW2yR5u" }, "user-name", fail, on);
    for (id, name, role) in
        [("acc-4b1e9f", "rosa", "customer"), ("acc-7c2d8a", "sven", "customer"), ("acc-9d3f6b", "boss", "admin")]
    {
        w.seed_user(json!({"account-id": id}), name, role);
        w.put("lines", json!({"line-id": format!("ln-{name}-31ac"), "account-id": id, "number": format!("+44 20 7946 0{}", name.len() * 111)}));
        w.put("subscribers", json!({"subscriber-id": format!("sub-{name}-88e1"), "account-id": id, "full-name": format!("{name} Example"), "street": format!("{name} street 9")}));
    }
    w.put("operators", json!({"operator-id": "op-nordtel", "name": "Nordtel", "contact": "peering@nordtel.example"}));
    w.put("operators", json!({"operator-id": "op-suedfon", "name": "Suedfon", "contact": "peering@suedfon.example"}));
    w.put("usage", json!({"usage-id": "us-1", "region": "north", "gigabytes": 88213}));
    w.put("outages", json!({"outage-id": "out-1", "region": "north", "cause": "A digger at mast 7731"}));
    w.put("tariffs", json!({"tariff-id": "ta-1", "label": "Evening", "cents": 190}));
    w
}

fn base() -> Value {
    json!({
        "info": {"title": "Telecom", "version": "11"},
        "security": [{"id-token": []}],
        "components": {
            "securitySchemes": {"id-token": {"type": "http", "scheme": "bearer", "bearerFormat": "JWT"}},
            "schemas": {
                "Login": object("user-name! password!:password"), "IdToken": object("id-token!"),
                "NewAccount": object("user-name! password!:password"), "Account": object("account-id! user-name! role!"),
                "RoleChange": object("role!:customer|admin"),
                "Line": object("line-id! account-id! number!"), "NewLine": object("number!"),
                "Subscriber": object("subscriber-id! account-id! full-name! street!"), "NewSubscriber": object("full-name! street!"),
                "Operator": object("operator-id! name! contact!"), "Usage": object("usage-id! region! gigabytes!:i"),
                "Outage": object("outage-id! region! cause!"),
                "Tariff": object("tariff-id! label! cents!:i"), "NewTariff": object("label! cents!:i"),
            }
        }
    })
}

fn routes(_: &[&'static str]) -> Vec<Route> {
    let mut all = accounts();
    all.extend(lines());
    all.extend(subscribers());
    all.extend(operators());
    all.extend(tariffs());
    all
}

fn accounts() -> Vec<Route> {
    vec![
        op("POST", "/login", "log-in", |w, c| {
            let user = w.sign_in(c)?;
            Ok(ok(json!({"id-token": w.open(&user)})))
        })
        .open()
        .takes(refer("Login"))
        .gives(200, refer("IdToken")),
        op("GET", "/accounts/self", "own-account", |_, c| Ok(ok(without(&c.me, &["password_hash"]))))
            .gives(200, refer("Account")),
        op("GET", "/accounts", "list-accounts", |w, _| {
            Ok(ok(w.rows("users").iter().map(|row| without(row, &["password_hash"])).collect()))
        })
        .door(STAFF)
        .gives(200, list_of(refer("Account"))),
        op("POST", "/accounts", "open-account", |w, c| {
            let id = format!("acc-{:08x}", rand::random::<u32>());
            match w.sign_up(c, json!({"account-id": id, "role": "customer"}), false)? {
                SignUp::Made(user) => Ok(created(format!("/accounts/{id}"), without(&user, &["password_hash"]))),
                SignUp::Silent => Ok(no_content()),
            }
        })
        .door(STAFF)
        .takes(refer("NewAccount"))
        .gives(201, refer("Account")),
        op("PATCH", "/accounts/{account-id}", "change-account", |w, c| {
            w.row("users", c.at(0))?;
            let row = w.set("users", c.at(0), &keep(&c.body, &["role"])).unwrap_or_default();
            Ok(ok(without(&row, &["password_hash"])))
        })
        .door(STAFF)
        .takes(refer("RoleChange"))
        .gives(200, refer("Account")),
        op("DELETE", "/accounts/{account-id}", "close-account", |w, c| {
            w.row("users", c.at(0))?;
            w.cut("users", c.at(0));
            Ok(no_content())
        })
        .door(STAFF)
        .gives(204, Value::Null),
    ]
}

fn lines() -> Vec<Route> {
    vec![
        op("GET", "/lines", "list-lines", |w, c| Ok(ok(w.of("lines", "account-id", &c.me["account-id"]).into())))
            .gives(200, list_of(refer("Line"))),
        op("POST", "/lines", "order-line", |w, c| {
            let id = format!("ln-{:08x}", rand::random::<u32>());
            let row = json!({"line-id": id, "account-id": c.me["account-id"], "number": c.body["number"]});
            Ok(created(format!("/lines/{id}"), w.put("lines", row)))
        })
        .takes(refer("NewLine"))
        .gives(201, refer("Line")),
        op("GET", "/lines/{line-id}", "read-line", |w, c| {
            let row = w.row("lines", c.at(0))?;
            let no = if w.weak("line-oracle") { w.refuse(403, "not your line") } else { w.missing() };
            if same(&row["account-id"], &c.me["account-id"]) { Ok(ok(row)) } else { Err(no) }
        })
        .gives(200, refer("Line")),
        op("DELETE", "/lines/{line-id}", "cut-line", |w, c| {
            w.owned("lines", c.at(0), "/account-id", c, "")?;
            w.cut("lines", c.at(0));
            Ok(no_content())
        })
        .gives(204, Value::Null),
    ]
}

fn subscribers() -> Vec<Route> {
    vec![
        op("GET", "/subscribers", "list-subscribers", |w, c| {
            Ok(ok(w.of("subscribers", "account-id", &c.me["account-id"]).into()))
        })
        .gives(200, list_of(refer("Subscriber"))),
        op("POST", "/subscribers", "add-subscriber", |w, c| {
            let id = format!("sub-{:08x}", rand::random::<u32>());
            let row = json!({"subscriber-id": id, "account-id": c.me["account-id"], "full-name": c.body["full-name"],
                             "street": c.body["street"]});
            Ok(created(format!("/subscribers/{id}"), w.put("subscribers", row)))
        })
        .takes(refer("NewSubscriber"))
        .gives(201, refer("Subscriber")),
        op("GET", "/subscribers/{subscriber-id}", "read-subscriber", |w, c| {
            Ok(ok(w.owned("subscribers", c.at(0), "/account-id", c, "subscriber-open")?))
        })
        .door(Door::Forgetful("subscriber-open"))
        .gives(200, refer("Subscriber")),
        op("DELETE", "/subscribers/{subscriber-id}", "remove-subscriber", |w, c| {
            w.owned("subscribers", c.at(0), "/account-id", c, "")?;
            w.cut("subscribers", c.at(0));
            Ok(no_content())
        })
        .gives(204, Value::Null),
    ]
}

fn operators() -> Vec<Route> {
    vec![
        // Operators are other telephone companies, and customers choose among them.
        op("GET", "/operators", "list-operators", |w, _| Ok(ok(w.rows("operators").into())))
            .gives(200, list_of(refer("Operator"))),
        op("GET", "/operators/{operator-id}", "read-operator", |w, c| Ok(ok(w.row("operators", c.at(0))?)))
            .gives(200, refer("Operator")),
        op("GET", "/internal/usage", "internal-usage", |w, _| Ok(ok(w.rows("usage").into())))
            .door(Door::Role(&["admin"], "usage-read"))
            .gives(200, list_of(refer("Usage"))),
        op("GET", "/internal/outages", "internal-outages", |w, _| Ok(ok(w.rows("outages").into())))
            .door(STAFF)
            .gives(200, list_of(refer("Outage"))),
    ]
}

fn tariffs() -> Vec<Route> {
    vec![
        op("GET", "/tariffs", "list-tariffs", |w, _| Ok(ok(w.rows("tariffs").into())))
            .gives(200, list_of(refer("Tariff"))),
        op("POST", "/internal/tariffs", "add-tariff", |w, c| {
            let id = format!("ta-{:08x}", rand::random::<u32>());
            Ok(reply(
                201,
                w.put("tariffs", json!({"tariff-id": id, "label": c.body["label"], "cents": c.body["cents"]})),
            ))
        })
        .door(STAFF)
        .takes(refer("NewTariff"))
        .gives(201, refer("Tariff")),
        op("PUT", "/internal/tariffs/{tariff-id}", "change-tariff", |w, c| {
            w.row("tariffs", c.at(0))?;
            Ok(ok(w.set("tariffs", c.at(0), &keep(&c.body, &["label", "cents"])).unwrap_or_default()))
        })
        .door(Door::Role(&["admin"], "tariff-write"))
        .takes(refer("NewTariff"))
        .gives(200, refer("Tariff")),
        op("DELETE", "/internal/tariffs/{tariff-id}", "remove-tariff", |w, c| {
            w.row("tariffs", c.at(0))?;
            w.cut("tariffs", c.at(0));
            Ok(no_content())
        })
        .door(STAFF)
        .gives(204, Value::Null),
    ]
}

fn cases() -> Vec<Case> {
    vec![
        sound("authz/bola-read", "GET /operators/{operator-id}", "companies, for all customers")
            .by("GET /operators/op-nordtel", ""),
        sound("authz/bola-list", "GET /operators | GET /tariffs", "for all customers").by("GET /operators", ""),
        weak("authz/existence-oracle", "GET /lines/{line-id}", "line-oracle", "403 for foreign, 404 for missing"),
        weak("authz/function-read", "GET /internal/usage", "usage-read", "customers read a figure of the house")
            .by("GET /internal/usage", "")
            .against("boss", "/internal/usage"),
        sound("authz/function-read", "GET /operators", "a domain word that looks like a role").by("GET /operators", ""),
        sound("authz/function-read", "GET /internal/outages", "refuses customers")
            .by("GET /internal/outages", "")
            .against("boss", "/internal/outages"),
        weak("authz/function-write", "PUT /internal/tariffs/{tariff-id}", "tariff-write", "customers change prices")
            .by("PUT /internal/tariffs/ta-1", r#"{"label": "x", "cents": 1}"#)
            .against("boss", "/internal/tariffs/ta-1"),
        sound("authz/function-write", "POST /internal/tariffs", "refuses customers")
            .by("POST /internal/tariffs", r#"{"label": "x", "cents": 1}"#)
            .against("boss", "/internal/tariffs"),
        weak("authn/missing", "GET /subscribers/{subscriber-id}", "subscriber-open", "served to anybody")
            .by_nobody("GET /subscribers/sub-sven-88e1", ""),
        sound("authn/missing", "GET /lines/{line-id}", "asks for a token").by_nobody("GET /lines/ln-sven-31ac", ""),
        weak("token/stale-role", "*", "stale-role", "the role is read from the token"),
        weak("token/signature-not-verified", "*", "any-signature", "any signature is accepted"),
        sound("token/weak-secret", "*", "a random key"),
        sound("property/undocumented-field", "GET /lines/{line-id}", "answers what is declared"),
    ]
}
