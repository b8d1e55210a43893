//! A help desk that answers 200 to everything: `{"success": false}` is its only refusal.

use serde_json::{Value, json};

use crate::case::{Accounts, Case, Twin, sound, weak};
use crate::kit::{
    Auth, Call, Door, Reply, Route, SignUp, World, keep, key_of, list_of, object, ok, only, op, refer, without,
};

pub const TWIN: Twin = Twin {
    name: "desk",
    style: "errors with status 200",
    mode: "active",
    accounts: Accounts::Auto,
    build,
    routes,
    base,
    id: |_| json!({"type": "string"}),
    cases,
    pair: ("uma", "vik"),
};

fn build(on: &[&'static str]) -> World {
    let fail = |status, text: &str| ok(json!({"success": false, "errorCode": status, "error": text}));
    let mut w = World::new(Auth::Opaque { header: "authorization", prefix: "Bearer " }, "login", fail, on);
    for (id, name) in [("u7f3ab91c", "uma"), ("u5e08d2b6", "vik")] {
        w.seed_user(json!({"userId": id, "city": format!("{name}town")}), name, "client");
        w.put("orders", json!({"orderId": format!("r{name}40c7"), "userId": id, "item": format!("chair of {name}"), "state": "open"}));
        w.put("tickets", json!({"ticketId": format!("t{name}91de"), "userId": id, "subject": format!("{name} cannot print"), "closed": false}));
        w.put("notes", json!({"noteId": format!("n{name}2288"), "ownerId": id, "text": format!("{name} thinks")}));
    }
    w
}

fn base() -> Value {
    json!({
        "info": {"title": "Desk", "version": "1"},
        "security": [{"bearer": []}],
        "components": {
            "securitySchemes": {"bearer": {"type": "http", "scheme": "bearer"}},
            "schemas": {
                "Entry": object("login! password!:password city"), "Pass": object("login! password!:password"),
                "User": object("userId! login! city role"), "UserChange": object("city!"),
                "Order": object("orderId! userId! item! state!"), "OrderInput": object("item!"),
                "Ticket": object("ticketId! userId! subject! closed!:b"), "TicketInput": object("subject!"),
                "Note": object("noteId! ownerId! text!"), "NoteInput": object("text!"),
            }
        }
    })
}

fn answer(schema: Value) -> Value {
    json!({"type": "object", "required": ["success"],
           "properties": {"success": {"type": "boolean"}, "data": schema, "error": {"type": "string"}, "errorCode": {"type": "integer"}}})
}

fn fine(data: Value) -> Reply {
    ok(json!({"success": true, "data": data}))
}

fn fresh(letter: char) -> String {
    format!("{letter}{:016x}", rand::random::<u64>())
}

fn routes(_: &[&'static str]) -> Vec<Route> {
    let mut all = accounts();
    all.extend(orders());
    all.extend(tickets());
    all.extend(notes());
    all
}

fn accounts() -> Vec<Route> {
    vec![
        op("POST", "/api/signup", "account#signup", |w, c| {
            let columns = json!({"userId": fresh('u'), "city": c.or("city", json!("")), "role": "client"});
            match w.sign_up(c, columns, false)? {
                SignUp::Made(user) => Ok(fine(without(&user, &["password_hash"]))),
                SignUp::Silent => Ok(fine(Value::Null)),
            }
        })
        .open()
        .takes(refer("Entry"))
        .gives(200, answer(refer("User"))),
        op("POST", "/api/login", "account#login", |w, c| {
            let user = w.sign_in(c)?;
            Ok(fine(json!({"token": w.open(&user)})))
        })
        .open()
        .takes(refer("Pass"))
        .gives(200, answer(object("token!"))),
        op("POST", "/api/logout", "account#logout", |w, c| {
            let token = c.header("authorization").and_then(|held| held.strip_prefix("Bearer ")).unwrap_or_default();
            w.sessions.remove(token);
            Ok(fine(json!({})))
        })
        .gives(200, answer(json!({"type": "object"}))),
        op("GET", "/api/me", "account#me", |_, c| Ok(fine(without(&c.me, &["password_hash"]))))
            .gives(200, answer(refer("User"))),
        // Repeats the request in its answer; stores the city alone.
        op("PATCH", "/api/me", "account#change", |w, c| {
            let row = w.set("users", &key_of(&c.me), &keep(&c.body, &["city"])).unwrap_or_default();
            Ok(fine(echo(&without(&row, &["password_hash"]), c)))
        })
        .takes(refer("UserChange"))
        .gives(200, answer(refer("User"))),
    ]
}

/// A row with what the caller sent laid over it.
fn echo(row: &Value, c: &Call) -> Value {
    let mut shown = row.clone();
    for (key, value) in c.body.as_object().into_iter().flatten() {
        shown[key.as_str()] = value.clone();
    }
    shown
}

fn orders() -> Vec<Route> {
    vec![
        op("GET", "/api/orders", "orders#list", |w, c| Ok(fine(w.of("orders", "userId", &c.me["userId"]).into())))
            .gives(200, answer(list_of(refer("Order")))),
        op("POST", "/api/orders", "orders#add", |w, c| {
            let row = json!({"orderId": fresh('r'), "userId": c.me["userId"], "item": c.body["item"], "state": "open"});
            Ok(fine(echo(&w.put("orders", row), c)))
        })
        .takes(refer("OrderInput"))
        .gives(200, answer(refer("Order"))),
        op("GET", "/api/orders/{orderId}", "orders#get", |w, c| {
            Ok(fine(w.owned("orders", c.at(0), "/userId", c, "order-read")?))
        })
        .gives(200, answer(refer("Order"))),
        // Says yes to everybody and to every id; only the owner's change is kept.
        op("PATCH", "/api/orders/{orderId}", "orders#change", |w, c| {
            if w.owned("orders", c.at(0), "/userId", c, "").is_ok() {
                w.set("orders", c.at(0), &keep(&c.body, &["item"]));
            }
            Ok(fine(only(&echo(&json!({"orderId": c.at(0)}), c), &["orderId", "item"])))
        })
        .takes(refer("OrderInput"))
        .gives(200, answer(object("orderId item"))),
        op("DELETE", "/api/orders/{orderId}", "orders#remove", |w, c| {
            w.owned("orders", c.at(0), "/userId", c, "")?;
            w.cut("orders", c.at(0));
            Ok(fine(json!({})))
        })
        .gives(200, answer(json!({"type": "object"}))),
    ]
}

fn tickets() -> Vec<Route> {
    vec![
        op("GET", "/api/tickets", "tickets#list", |w, c| {
            let all = w.weak("ticket-list").then(|| w.rows("tickets").to_vec());
            Ok(fine(all.unwrap_or_else(|| w.of("tickets", "userId", &c.me["userId"])).into()))
        })
        .gives(200, answer(list_of(refer("Ticket")))),
        op("POST", "/api/tickets", "tickets#add", |w, c| {
            let row = json!({"ticketId": fresh('t'), "userId": c.me["userId"], "subject": c.body["subject"], "closed": false});
            Ok(fine(w.put("tickets", row)))
        })
        .takes(refer("TicketInput"))
        .gives(200, answer(refer("Ticket"))),
        op("GET", "/api/tickets/{ticketId}", "tickets#get", |w, c| {
            Ok(fine(w.owned("tickets", c.at(0), "/userId", c, "")?))
        })
        .gives(200, answer(refer("Ticket"))),
        op("PUT", "/api/tickets/{ticketId}", "tickets#replace", |w, c| {
            let may = c.me.is_null() && w.weak("anonymous-ticket");
            if !may {
                w.owned("tickets", c.at(0), "/userId", c, "")?;
            }
            let row = w.set("tickets", c.at(0), &keep(&c.body, &["subject"]));
            row.map(fine).ok_or_else(|| w.missing())
        })
        .door(Door::Forgetful("anonymous-ticket"))
        .takes(refer("TicketInput"))
        .gives(200, answer(refer("Ticket"))),
        op("GET", "/api/tickets/{ticketId}/print", "tickets#print", |w, c| {
            Ok(fine(w.owned("tickets", c.at(0), "/userId", c, "print-open")?))
        })
        .says("The ticket as it is printed")
        .door(Door::Forgetful("print-open"))
        .gives(200, answer(refer("Ticket"))),
        op("DELETE", "/api/tickets/{ticketId}", "tickets#remove", |w, c| {
            w.owned("tickets", c.at(0), "/userId", c, "")?;
            w.cut("tickets", c.at(0));
            Ok(fine(json!({})))
        })
        .gives(200, answer(json!({"type": "object"}))),
    ]
}

fn notes() -> Vec<Route> {
    vec![
        op("GET", "/api/notes", "notes#list", |w, c| {
            // A user may ask for the own notes by id; for those of others the answer is no.
            let asked = c.query("userId").unwrap_or_default();
            if !asked.is_empty() && asked != key_of(&c.me) {
                return Err(w.refuse(403, "these are not your notes"));
            }
            Ok(fine(w.of("notes", "ownerId", &c.me["userId"]).into()))
        })
        .query("userId", json!({"type": "string"}))
        .gives(200, answer(list_of(refer("Note")))),
        op("POST", "/api/notes", "notes#add", |w, c| {
            let own = c.me["userId"].clone();
            let owner = if w.weak("note-owner") { c.or("ownerId", own) } else { own };
            Ok(fine(w.put("notes", json!({"noteId": fresh('n'), "ownerId": owner, "text": c.body["text"]}))))
        })
        .takes(refer("NoteInput"))
        .gives(200, answer(refer("Note"))),
        op("DELETE", "/api/notes/{noteId}", "notes#remove", |w, c| {
            w.owned("notes", c.at(0), "/ownerId", c, "")?;
            w.cut("notes", c.at(0));
            Ok(fine(json!({})))
        })
        .gives(200, answer(json!({"type": "object"}))),
    ]
}

fn cases() -> Vec<Case> {
    vec![
        weak("authz/bola-read", "GET /api/orders/{orderId}", "order-read", "no owner check")
            .by("GET /api/orders/rvik40c7", ""),
        sound("authz/bola-read", "GET /api/tickets/{ticketId}", "refuses with status 200")
            .by("GET /api/tickets/tvik91de", ""),
        sound("authz/bola-write", "PATCH /api/orders/{orderId}", "says yes and stores nothing")
            .by("PATCH /api/orders/rvik40c7", r#"{"item": "table"}"#),
        sound("authz/bola-delete", "DELETE /api/orders/{orderId}", "refuses with status 200")
            .by("DELETE /api/orders/rvik40c7", ""),
        weak("authz/bola-list", "GET /api/tickets", "ticket-list", "lists everybody's; the item's own route refuses")
            .by("GET /api/tickets", ""),
        weak(
            "authz/bola-body",
            "POST /api/notes",
            "note-owner",
            "ownerId in the body, which is not declared, is stored",
        )
        .by("POST /api/notes", r#"{"text": "x", "ownerId": "u5e08d2b6"}"#),
        sound("authz/bola-body", "GET /api/notes", "userId in the query is checked")
            .by("GET /api/notes?userId=u5e08d2b6", ""),
        sound("authz/existence-oracle", "GET /api/tickets/{ticketId}", "the same soft refusal for both"),
        sound("authz/role-escalation", "PATCH /api/me", "a role is echoed and not stored"),
        weak("authn/missing", "GET /api/tickets/{ticketId}/print", "print-open", "served to anybody")
            .by_nobody("GET /api/tickets/tvik91de/print", ""),
        sound("authn/missing", "GET /api/orders/{orderId}", "refuses nobody with status 200")
            .by_nobody("GET /api/orders/rvik40c7", ""),
        weak("authn/missing-write", "PUT /api/tickets/{ticketId}", "anonymous-ticket", "nobody may rewrite a ticket")
            .by_nobody("PUT /api/tickets/tvik91de", r#"{"subject": "x"}"#),
        sound("authn/weak-password-accepted", "POST /api/signup", "refuses weak passwords with status 200"),
        sound("token/logout-ineffective", "POST /api/logout", "the session ends"),
        sound("property/mass-assignment", "POST /api/orders", "unknown fields are echoed and not stored"),
        sound("property/undocumented-field", "GET /api/orders/{orderId}", "answers what is declared"),
    ]
}
