//! An atelier whose orders are kept to their owner by five routes and leaked by two: neither leak is an excuse for the
//! other.

use serde_json::{Value, json};

use crate::case::{Accounts, Case, Twin, sound, weak};
use crate::kit::{
    Call, Door, Route, World, behind_entry, created, described, house, is_mine, key_of, list_of, make, mine, object,
    ok, only, op, refer,
};

pub const TWIN: Twin = Twin {
    name: "atelier",
    style: "kept by five routes, leaked by two",
    mode: "active",
    accounts: Accounts::Auto,
    build,
    routes,
    base,
    id: |_| json!({"type": "integer"}),
    cases,
    pair: ("ada", "bert"),
};

fn build(on: &[&'static str]) -> World {
    let mut w = house("Ty6_zK1!wS9#cD3@hL8vN5fQ2xB7mJ4g", &[(1, "ada", "customer"), (2, "bert", "customer")], on);
    for (id, customer, title, street) in [
        (7001, 1, "A walnut lectern", "Heron Walk 5"),
        (7002, 2, "A pear wood cradle", "Cooper Lane 18"),
        (7003, 2, "Two ash stools", "Cooper Lane 18"),
    ] {
        w.put("orders", json!({"id": id, "customer_id": customer, "title": title, "ship_to": street, "state": "open"}));
        w.put("lines", json!({"id": id + 500, "order_id": id, "text": format!("Work on {title}"), "hours": id % 17}));
    }
    w
}

fn base() -> Value {
    let mut order = object("id!:i customer_id!:i title! ship_to! state!");
    order["description"] = json!("Something that is being made");
    described(
        "Atelier",
        &[
            ("Order", order),
            ("OrderInput", object("title! ship_to!")),
            ("Line", object("id!:i order_id!:i text! hours!:i")),
            ("Entry", object("id!:i title! state!")),
            ("Outcome", object("success!:b message")),
        ],
    )
}

fn routes(_: &[&'static str]) -> Vec<Route> {
    behind_entry([orders(), around()])
}

/// The caller's order; what is foreign and what is missing are one to the caller.
fn own(w: &World, c: &Call) -> Option<Value> {
    w.row("orders", c.at(0)).ok().filter(|row| is_mine(row, "customer_id", c))
}

fn orders() -> Vec<Route> {
    vec![
        op("GET", "/orders", "listOrders", |w, c| Ok(ok(mine(w, c, "orders", "customer_id"))))
            .gives(200, list_of(refer("Order"))),
        op("POST", "/orders", "placeOrder", |w, c| {
            let row = make(w, c, "orders", "customer_id", &["title", "ship_to"]);
            let row = w.set("orders", &key_of(&row), &json!({"state": "open"})).unwrap_or_default();
            let id = w.number();
            w.put("lines", json!({"id": id, "order_id": row["id"], "text": "Measuring", "hours": 1}));
            Ok(created(format!("/orders/{}", key_of(&row)), row))
        })
        .takes(refer("OrderInput"))
        .gives(201, refer("Order")),
        // The first leak: every user reads every order.
        op("GET", "/orders/{order_id}", "getOrder", |w, c| {
            Ok(ok(w.owned("orders", c.at(0), "/customer_id", c, "order-read")?))
        })
        .gives(200, refer("Order")),
        op("PUT", "/orders/{order_id}", "changeOrder", |w, c| {
            own(w, c).ok_or_else(|| w.refuse(403, "this is not one of your orders"))?;
            let fields = only(&c.body, &["title", "ship_to"]);
            Ok(ok(w.set("orders", c.at(0), &fields).unwrap_or_default()))
        })
        .takes(refer("OrderInput"))
        .gives(200, refer("Order"))
        .gives(403, Value::Null),
        op("DELETE", "/orders/{order_id}", "cancelOrder", |w, c| {
            if own(w, c).is_none() {
                return Ok(ok(json!({"success": false, "message": "you have no such order"})));
            }
            w.cut("orders", c.at(0));
            // Lines go with their order.
            let id = json!(c.at(0));
            for line in w.of("lines", "order_id", &id) {
                w.cut("lines", &key_of(&line));
            }
            Ok(ok(json!({"success": true})))
        })
        .gives(200, refer("Outcome")),
        op("GET", "/orders/{order_id}/lines", "listLines", |w, c| {
            let order = own(w, c).ok_or_else(|| w.missing())?;
            Ok(ok(w.of("lines", "order_id", &order["id"]).into()))
        })
        .gives(200, list_of(refer("Line"))),
    ]
}

fn around() -> Vec<Route> {
    vec![
        op("GET", "/agenda", "showAgenda", |w, c| {
            let own = w.of("orders", "customer_id", &c.me["id"]);
            Ok(ok(own.iter().map(|row| only(row, &["id", "title", "state"])).collect()))
        })
        .says("What is still to be made")
        .gives(200, list_of(refer("Entry"))),
        // The second leak: the report that was to be the caller's own is served to anybody, with all orders.
        op("GET", "/reports/daily", "dailyReport", |w, c| {
            let all = w.weak("report-open").then(|| w.rows("orders").to_vec());
            let rows = all.unwrap_or_else(|| w.of("orders", "customer_id", &c.me["id"]));
            Ok(ok(json!({"count": rows.len(), "orders": rows})))
        })
        .door(Door::Forgetful("report-open"))
        .says("The orders of the day")
        .gives(
            200,
            json!({"type": "object", "properties": {"count": {"type": "integer"}, "orders": list_of(refer("Order"))}}),
        ),
    ]
}

fn cases() -> Vec<Case> {
    vec![
        weak(
            "authz/bola-read",
            "GET /orders/{order_id}",
            "order-read",
            "by id to every user; five routes say otherwise",
        )
        .by("GET /orders/7002", ""),
        weak("authn/missing", "GET /reports/daily", "report-open", "a report with everybody's orders, for anybody")
            .by_nobody("GET /reports/daily", ""),
        sound("authz/bola-list", "GET /orders", "the caller's own").by("GET /orders", ""),
        sound("authz/bola-list", "GET /agenda", "the caller's own").by("GET /agenda", ""),
        sound("authz/bola-write", "PUT /orders/{order_id}", "403 for foreign and for missing")
            .by("PUT /orders/7002", r#"{"title": "x", "ship_to": "y"}"#),
        sound("authz/bola-delete", "DELETE /orders/{order_id}", "refuses with status 200, and nothing is deleted")
            .by("DELETE /orders/7002", ""),
        sound("authz/bola-read", "GET /orders/{order_id}/lines", "children of a foreign order are 404")
            .by("GET /orders/7002/lines", ""),
        sound("authz/existence-oracle", "PUT /orders/{order_id}", "403 for both"),
        sound("authn/missing", "GET /orders/{order_id} | GET /orders | GET /agenda", "401 for strangers")
            .by_nobody("GET /orders/7002", ""),
    ]
}
