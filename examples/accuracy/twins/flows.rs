//! Flows with nodes: nodes count from one in every flow, and so do flows in the API. A node of the caller's own flow is
//! no flow of another user, though it may have its number.

use serde_json::{Value, json};

use crate::case::{Accounts, Case, Twin, sound, weak};
use crate::kit::{
    Call, Route, World, behind_entry, created, described, house, is_mine, keep, list_of, mine, no_content, object, ok,
    op, refer,
};

pub const TWIN: Twin = Twin {
    name: "flows",
    style: "nodes nested in the caller's flow",
    mode: "active",
    accounts: Accounts::Tokens(&[("cora", "user"), ("dave", "user")]),
    build,
    routes,
    base,
    id: |_| json!({"type": "integer"}),
    cases,
    pair: ("cora", "dave"),
};

fn build(on: &[&'static str]) -> World {
    let mut w = house("Kd1!xT6_wS8@nR3#vM9zB4qC7hF2gL5p", &[(1, "cora", "user"), (2, "dave", "user")], on);
    for (id, user, name) in [(1, 1, "Sort the post"), (2, 2, "Ring the bell"), (3, 2, "Count the geese")] {
        w.put("flows", flow(id, user, name));
        w.put(
            "runs",
            json!({"id": id + 200, "user_id": user, "note": format!("{name}, at night"), "took_ms": id * 731}),
        );
    }
    w
}

/// A flow as everybody's begins: three nodes of a kind, numbered within it.
fn flow(id: u64, user: u64, name: &str) -> Value {
    let node = |number: u64, kind: &str| json!({"id": number, "type": kind, "template": "starter", "data": {"text": format!("{kind} of the starter")}});
    let nodes = [node(1, "input"), node(2, "prompt"), node(3, "output")];
    let edges = [json!({"source": 1, "target": 2}), json!({"source": 2, "target": 3})];
    json!({"id": id, "user_id": user, "name": name, "data": {"nodes": nodes, "edges": edges}})
}

fn base() -> Value {
    let mut flow = object("id!:i user_id!:i name!");
    flow["properties"]["data"] = refer("Graph");
    described(
        "Flows",
        &[
            ("Node", object("id!:i type! template! data:o")),
            (
                "Graph",
                json!({"type": "object", "properties": {"nodes": list_of(refer("Node")), "edges": list_of(object("source!:i target!:i"))}}),
            ),
            ("Flow", flow),
            ("FlowInput", object("name!")),
            ("Run", object("id!:i user_id!:i note! took_ms!:i")),
            ("RunInput", object("note!")),
        ],
    )
}

fn routes(_: &[&'static str]) -> Vec<Route> {
    behind_entry([flows(), runs()])
}

/// The next number of a table; flows are few.
fn next(w: &World, table: &str) -> u64 {
    w.rows(table).iter().filter_map(|row| row["id"].as_u64()).max().unwrap_or_default() + 1
}

fn flows() -> Vec<Route> {
    vec![
        op("GET", "/flows", "read_flows", |w, c| Ok(ok(mine(w, c, "flows", "user_id"))))
            .gives(200, list_of(refer("Flow"))),
        op("POST", "/flows", "create_flow", |w, c| {
            let id = next(w, "flows");
            let row = flow(id, c.me["id"].as_u64().unwrap_or_default(), c.field("name"));
            Ok(created(format!("/flows/{id}"), w.put("flows", row)))
        })
        .takes(refer("FlowInput"))
        .gives(201, refer("Flow")),
        op("GET", "/flows/{flow_id}", "read_flow", |w, c| Ok(ok(w.owned("flows", c.at(0), "/user_id", c, "")?)))
            .gives(200, refer("Flow")),
        op("PATCH", "/flows/{flow_id}", "update_flow", |w, c| {
            w.owned("flows", c.at(0), "/user_id", c, "")?;
            Ok(ok(w.set("flows", c.at(0), &keep(&c.body, &["name"])).unwrap_or_default()))
        })
        .takes(refer("FlowInput"))
        .gives(200, refer("Flow")),
        op("DELETE", "/flows/{flow_id}", "delete_flow", |w, c| {
            w.owned("flows", c.at(0), "/user_id", c, "")?;
            w.cut("flows", c.at(0));
            Ok(no_content())
        })
        .gives(204, Value::Null),
        op("GET", "/flows/{flow_id}/nodes", "read_nodes", |w, c| {
            Ok(ok(w.owned("flows", c.at(0), "/user_id", c, "")?["data"]["nodes"].clone()))
        })
        .gives(200, list_of(refer("Node"))),
    ]
}

/// The run of the path, if it is the caller's.
fn own_run(w: &World, c: &Call) -> Option<Value> {
    w.row("runs", c.at(0)).ok().filter(|row| is_mine(row, "user_id", c))
}

fn runs() -> Vec<Route> {
    vec![
        op("GET", "/runs", "read_runs", |w, c| {
            let all = w.weak("run-list").then(|| w.rows("runs").to_vec());
            Ok(ok(all.unwrap_or_else(|| w.of("runs", "user_id", &c.me["id"])).into()))
        })
        .gives(200, list_of(refer("Run"))),
        op("POST", "/runs", "create_run", |w, c| {
            let id = next(w, "runs");
            let row = json!({"id": id, "user_id": c.me["id"], "note": c.body["note"], "took_ms": id * 731});
            Ok(created(format!("/runs/{id}"), w.put("runs", row)))
        })
        .takes(refer("RunInput"))
        .gives(201, refer("Run")),
        op("GET", "/runs/{run_id}", "read_run", |w, c| own_run(w, c).map(ok).ok_or_else(|| w.missing()))
            .gives(200, refer("Run")),
        op("DELETE", "/runs/{run_id}", "delete_run", |w, c| {
            own_run(w, c).ok_or_else(|| w.missing())?;
            w.cut("runs", c.at(0));
            Ok(no_content())
        })
        .gives(204, Value::Null),
    ]
}

fn cases() -> Vec<Case> {
    vec![
        sound("authz/bola-list", "GET /flows", "own flows; their nodes have numbers of others' flows")
            .by("GET /flows", ""),
        sound("authz/bola-read", "GET /flows/{flow_id} | GET /flows/{flow_id}/nodes", "foreign is 404")
            .by("GET /flows/2", ""),
        sound("authz/bola-write", "PATCH /flows/{flow_id}", "foreign is 404").by("PATCH /flows/2", r#"{"name": "x"}"#),
        sound("authz/bola-delete", "DELETE /flows/{flow_id}", "foreign is 404").by("DELETE /flows/2", ""),
        weak("authz/bola-list", "GET /runs", "run-list", "lists everybody's; the item's own route refuses")
            .by("GET /runs", ""),
        sound("authz/bola-read", "GET /runs/{run_id}", "foreign is 404").by("GET /runs/202", ""),
    ]
}
