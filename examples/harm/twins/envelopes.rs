//! Creations that do not answer 201 with the object: other statuses, five envelopes, an address alone, nothing, a fault.

use serde_json::{Value, json};

use super::notes::{self, BASE, CARELESS, add};
use crate::kit::{Handler, Route, created, key_of, no_content, ok, reply};
use crate::twin::Twin;

fn creating(status: u16, handler: Handler) -> Vec<Route> {
    // The schema of the document's answer is left open, as such documents do.
    notes::with(vec![notes::create().answered(handler).gives(status, json!({}))])
}

pub const TWO_HUNDRED: Twin = Twin {
    name: "made-200",
    about: "200 instead of 201 on creation",
    routes: || creating(200, |w, c| Ok(ok(add(w, c)))),
    ..CARELESS
};

pub const DATA: Twin = Twin {
    name: "made-data",
    about: "{data: {id}}",
    routes: || creating(201, |w, c| Ok(reply(201, json!({"data": add(w, c)})))),
    ..BASE
};

pub const RESULT: Twin = Twin {
    name: "made-result",
    about: "{id, result: {...}}, the id outside",
    routes: || {
        creating(200, |w, c| {
            let row = add(w, c);
            Ok(ok(json!({"id": row["id"], "result": {"title": row["title"], "body": row["body"]}})))
        })
    },
    ..CARELESS
};

pub const PERMISSIONS: Twin = Twin {
    name: "made-permissions",
    about: "{data, permissions}",
    routes: || {
        creating(201, |w, c| {
            let row = add(w, c);
            Ok(reply(201, json!({"data": row, "permissions": {"write": [format!("account:{}", key_of(&c.me))]}})))
        })
    },
    ..BASE
};

pub const LISTED: Twin = Twin {
    name: "made-list",
    about: "[x]",
    routes: || creating(201, |w, c| Ok(reply(201, json!([add(w, c)])))),
    ..CARELESS
};

pub const ADDRESS: Twin = Twin {
    name: "made-address",
    about: "201, Location and no body",
    routes: || {
        creating(201, |w, c| {
            let row = add(w, c);
            Ok(created(format!("/notes/{}", key_of(&row)), Value::Null))
        })
    },
    ..BASE
};

pub const NOTHING: Twin = Twin {
    name: "made-silent",
    about: "204 and no word of what was made",
    routes: || {
        creating(204, |w, c| {
            add(w, c);
            Ok(no_content())
        })
    },
    ..CARELESS
};

pub const FAILING: Twin = Twin {
    name: "made-failing",
    about: "the row is stored, then the answer is 500",
    routes: || {
        creating(201, |w, c| {
            add(w, c);
            Err(w.refuse(500, "the index could not be written"))
        })
    },
    ..BASE
};

pub const NESTED: Twin = Twin {
    name: "made-nested",
    about: "{status, response: {note: {...}}} with 202",
    routes: || creating(202, |w, c| Ok(reply(202, json!({"status": "ok", "response": {"note": add(w, c)}})))),
    ..CARELESS
};

pub const PAGED: Twin = Twin {
    name: "made-paged",
    about: "no body, and a list that shows two of all",
    routes: || {
        let list = notes::list().answered(|w, c| {
            let all = crate::kit::mine(w, c, notes::TABLE, "owner_id");
            let page = c.query("page").and_then(|page| page.parse::<usize>().ok()).unwrap_or(1).max(1);
            let some: Vec<Value> = all.as_array().into_iter().flatten().skip((page - 1) * 2).take(2).cloned().collect();
            Ok(ok(json!(some)))
        });
        let mut routes = creating(201, |w, c| {
            add(w, c);
            Ok(reply(201, json!({"ok": true})))
        });
        routes.retain(|route| route.path != "/notes" || route.method != "GET");
        routes.push(list.query("page", json!({"type": "integer"})));
        routes
    },
    ..BASE
};
