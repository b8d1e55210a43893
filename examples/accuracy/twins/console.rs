//! A console of feature switches in which `admin` stands before nearly every path and means nothing: every user of the
//! console works there. Served twice: where nothing refuses anybody, and where one route refuses the lower role.

use serde_json::{Value, json};

use crate::case::{Accounts, Case, Twin, sound};
use crate::kit::{
    Auth, Door, Route, World, created, described, keep, list_of, me, no_content, object, ok, only, op, peopled, refer,
};

pub const TWIN: Twin = Twin {
    name: "console",
    style: "/admin before nearly every path",
    mode: "active",
    accounts: Accounts::Tokens(&[("ann", "editor"), ("ben", "editor"), ("chief", "admin")]),
    build,
    routes: |_| open_routes(),
    base,
    id: |_| json!({"type": "string"}),
    cases,
    pair: ("ann", "chief"),
};

/// The same with one route that is the administrators' alone: the prefix still does not divide the API.
pub const STAFFED: Twin = Twin {
    name: "console-staffed",
    style: "/admin everywhere, one refusal",
    routes: |_| {
        let mut all = open_routes();
        all.push(people());
        all.extend(people_admin());
        all
    },
    cases: || {
        let mut all = cases();
        all.push(
            sound(
                "authz/function-write",
                "POST /api/admin/people-admin/validate-phrase",
                "only judges what it is given, and is meant for every user",
            )
            .by("POST /api/admin/people-admin/validate-phrase", r#"{"phrase": "x"}"#),
        );
        all.push(
            sound("authz/function-write", "POST /api/admin/people-admin", "refuses editors")
                .by("POST /api/admin/people-admin", r#"{"username": "x"}"#),
        );
        all.push(
            sound("authz/function-read", "GET /api/admin/people", "refuses editors")
                .by("GET /api/admin/people", "")
                .against("chief", "/api/admin/people"),
        );
        all
    },
    ..TWIN
};

fn build(on: &[&'static str]) -> World {
    let people = [(1, "ann", "editor"), (2, "ben", "editor"), (3, "chief", "admin")];
    let mut w = peopled(Auth::Opaque { header: "authorization", prefix: "Bearer " }, &people, on);
    for (name, text) in [("new-checkout", "The checkout of one page"), ("dark-mode", "For tired eyes")] {
        w.put("features", json!({"name": name, "project": "default", "description": text, "enabled": false}));
    }
    w.put("projects", json!({"project": "default", "title": "Everything", "members": 3}));
    w.put("tags", json!({"tag": "mobile", "colour": "teal"}));
    w.put("environments", json!({"environment": "production", "sort": 2}));
    w.put("events", json!({"event_id": 90, "kind": "feature-created", "feature": "dark-mode"}));
    w
}

fn base() -> Value {
    described(
        "Console",
        &[
            ("Feature", object("name! project! description! enabled!:b")),
            ("FeatureInput", object("name! description!")),
            ("FeatureChange", object("description!")),
            ("Project", object("project! title! members:i")),
            ("Tag", object("tag! colour!")),
            ("Environment", object("environment! sort:i")),
            ("Event", object("event_id!:i kind! feature!")),
            ("PersonInput", object("username!")),
            ("Phrase", object("phrase!")),
            ("Stats", object("features!:i projects!:i")),
            ("Health", object("status!")),
        ],
    )
}

fn open_routes() -> Vec<Route> {
    let mut all = around();
    all.extend(features());
    all
}

fn around() -> Vec<Route> {
    vec![
        op("GET", "/health", "health", |_, _| Ok(ok(json!({"status": "fine"})))).open().gives(200, refer("Health")),
        me().at("/api/admin/user"),
        op("GET", "/api/admin/projects", "Projects#getProjects", |w, _| Ok(ok(w.rows("projects").into())))
            .gives(200, list_of(refer("Project"))),
        op("GET", "/api/admin/tags", "Tags#getTags", |w, _| Ok(ok(w.rows("tags").into())))
            .gives(200, list_of(refer("Tag"))),
        op("GET", "/api/admin/environments", "Environments#getEnvironments", |w, _| {
            Ok(ok(w.rows("environments").into()))
        })
        .gives(200, list_of(refer("Environment"))),
        op("GET", "/api/admin/events", "Events#getEvents", |w, _| Ok(ok(w.rows("events").into())))
            .gives(200, list_of(refer("Event"))),
        op("GET", "/api/admin/stats", "Stats#getStats", |w, _| {
            Ok(ok(json!({"features": w.rows("features").len() + 4400, "projects": w.rows("projects").len() + 130})))
        })
        .gives(200, refer("Stats")),
    ]
}

fn features() -> Vec<Route> {
    vec![
        op("GET", "/api/admin/features", "Features#getFeatures", |w, _| Ok(ok(w.rows("features").into())))
            .gives(200, list_of(refer("Feature"))),
        op("POST", "/api/admin/features", "Features#createFeature", |w, c| {
            if w.row("features", c.field("name")).is_ok() {
                return Err(w.refuse(409, "there is such a feature"));
            }
            let row = json!({"name": c.body["name"], "project": "default", "description": c.body["description"], "enabled": false});
            Ok(created(format!("/api/admin/features/{}", c.field("name")), w.put("features", row)))
        })
        .takes(refer("FeatureInput"))
        .gives(201, refer("Feature")),
        op("GET", "/api/admin/features/{name}", "Features#getFeature", |w, c| Ok(ok(w.row("features", c.at(0))?)))
            .gives(200, refer("Feature")),
        op("PUT", "/api/admin/features/{name}", "Features#updateFeature", |w, c| {
            w.row("features", c.at(0))?;
            Ok(ok(w.set("features", c.at(0), &keep(&c.body, &["description"])).unwrap_or_default()))
        })
        .takes(refer("FeatureChange"))
        .gives(200, refer("Feature")),
        op("DELETE", "/api/admin/features/{name}", "Features#deleteFeature", |w, c| {
            w.row("features", c.at(0))?;
            w.cut("features", c.at(0));
            Ok(no_content())
        })
        .gives(204, Value::Null),
    ]
}

fn people() -> Route {
    op("GET", "/api/admin/people", "People#getPeople", |w, _| {
        Ok(ok(w.rows("users").iter().map(|row| only(row, &["id", "username", "role"])).collect()))
    })
    .door(Door::Role(&["admin"], ""))
    .gives(200, list_of(refer("User")))
    .gives(403, Value::Null)
}

/// What administrators do with people, and a form of theirs that every user may have judged.
fn people_admin() -> Vec<Route> {
    let administrators = Door::Role(&["admin"], "");
    vec![
        op("GET", "/api/admin/people-admin", "PeopleAdmin#getPeople", |w, _| {
            Ok(ok(w.rows("users").iter().map(|row| only(row, &["id", "username", "role"])).collect()))
        })
        .door(administrators)
        .gives(200, list_of(refer("User")))
        .gives(403, Value::Null),
        op("POST", "/api/admin/people-admin", "PeopleAdmin#createPerson", |w, c| {
            let row = json!({"username": c.field("username")});
            Ok(created(format!("/api/admin/people-admin/{}", c.field("username")), w.put("guests", row)))
        })
        .door(administrators)
        .takes(refer("PersonInput"))
        .gives(201, refer("PersonInput"))
        .gives(403, Value::Null),
        op("POST", "/api/admin/people-admin/validate-phrase", "PeopleAdmin#validatePhrase", |w, c| {
            if c.field("phrase").is_empty() {
                return Err(w.refuse(400, "a phrase is needed"));
            }
            Ok(ok(json!({"long_enough": c.field("phrase").len() > 9})))
        })
        .takes(refer("Phrase"))
        .gives(200, json!({})),
    ]
}

fn cases() -> Vec<Case> {
    vec![
        sound(
            "authz/function-read",
            "GET /api/admin/features | GET /api/admin/features/{name}",
            "every user works there",
        )
        .by("GET /api/admin/features", ""),
        sound(
            "authz/function-read",
            "GET /api/admin/projects | GET /api/admin/tags | GET /api/admin/environments | GET /api/admin/events",
            "the prefix stands before everything",
        )
        .by("GET /api/admin/projects", ""),
        sound("authz/function-read", "GET /api/admin/stats | GET /api/admin/user", "for every user")
            .by("GET /api/admin/stats", ""),
        sound("authz/function-write", "POST /api/admin/features", "every user makes features")
            .by("POST /api/admin/features", r#"{"name": "x-1", "description": "x"}"#),
        sound(
            "authz/function-write",
            "PUT /api/admin/features/{name} | DELETE /api/admin/features/{name}",
            "every user changes features",
        )
        .by("PUT /api/admin/features/dark-mode", r#"{"description": "x"}"#),
        sound("authz/bola-write", "PUT /api/admin/features/{name}", "features belong to nobody in particular")
            .by("PUT /api/admin/features/dark-mode", r#"{"description": "x"}"#),
        sound("authz/bola-delete", "DELETE /api/admin/features/{name}", "features belong to nobody in particular")
            .by("DELETE /api/admin/features/dark-mode", ""),
    ]
}
