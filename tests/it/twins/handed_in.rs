//! What is handed in to somebody: the work of a student that the teacher of the course may read; and lists that a parameter
//! narrows to what one thing holds.

use std::collections::HashMap;

use axum::Router;
use axum::extract::Query;
use axum::http::HeaderMap;
use axum::response::Response;
use axum::routing::get;
use serde_json::{Value, json};

use super::kit::{Document, Draft, Scheme, find, ok, only, refuse, signed, signed_at, unauthorized};

pub(super) fn drafts() -> Vec<Draft> {
    vec![essays_twin(true), essays_twin(false), readings_twin(true), readings_twin(false)]
}

const SCHEME: Scheme = Scheme::Bearer;

/// Bob teaches the course of alice's essay; carol writes for another teacher.
fn essays() -> Value {
    json!([
        {"id": "es-7741", "student": "alice", "teacher": "bob", "title": "On tides", "text": "The moon draws the sea."},
        {"id": "es-7742", "student": "alice", "teacher": "bob", "title": "On rivers", "text": "All rivers end."},
        {"id": "es-9010", "student": "carol", "teacher": "dora", "title": "On sand", "text": "Sand is old rock."},
    ])
}

fn may_read(essay: &Value, who: &str) -> bool {
    essay["student"] == who || essay["teacher"] == who
}

fn essays_twin(weak: bool) -> Draft {
    let list = move |who: &'static str| ok(json!(only(&essays(), |essay| weak || may_read(essay, who))));
    let one = |who: &'static str, id: &str| match find(&essays(), "/id", id) {
        Some(essay) if may_read(&essay, who) => ok(essay),
        Some(_) => refuse(403, "this essay was not handed in to you"),
        None => refuse(404, "no such essay"),
    };
    Draft {
        name: if weak { "essays-weak" } else { "essays-handed-in" },
        router: Router::new()
            .route("/me", signed(SCHEME, |who| ok(json!({"id": who, "name": who}))))
            .route("/essays", signed(SCHEME, list))
            .route("/essays/{id}", signed_at(SCHEME, one)),
        document: Document::new("Essays", SCHEME)
            .get("/me", "The signed-in person", &json!({"id": "alice", "name": "alice"}))
            .get("/essays", "Essays", &essays())
            .get("/essays/{id}", "One essay", &essays()[0]),
        identities: SCHEME.identities(&[("alice", "user"), ("bob", "user"), ("carol", "user")]),
        expect: if weak { vec![("authz/bola-list", "GET /essays")] } else { vec![] },
    }
}

fn probes() -> Value {
    json!([
        {"id": "6f2c1d40-3a51-4e6f-9d0e-5b7a1c2d3e41", "owner": "alice", "label": "Well north"},
        {"id": "6f2c1d40-3a51-4e6f-9d0e-5b7a1c2d3e42", "owner": "bob", "label": "Well south"},
    ])
}

fn readings() -> Value {
    json!([
        {"id": "rd-1", "probe": "6f2c1d40-3a51-4e6f-9d0e-5b7a1c2d3e41", "value": 17.25, "remark": "cloudy after the storm"},
        {"id": "rd-2", "probe": "6f2c1d40-3a51-4e6f-9d0e-5b7a1c2d3e42", "value": 11.75, "remark": "clear and very cold"},
    ])
}

async fn list_readings(weak: bool, headers: HeaderMap, Query(query): Query<HashMap<String, String>>) -> Response {
    let Some(who) = SCHEME.who(&headers) else { return unauthorized() };
    let own = only(&probes(), |probe| probe["owner"] == who);
    let is_own = |reading: &Value| own.iter().any(|probe| probe["id"] == reading["probe"]);
    let shown = match query.get("probe") {
        Some(probe) => only(&readings(), |reading| reading["probe"] == *probe && (weak || is_own(reading))),
        None => only(&readings(), is_own),
    };
    ok(json!(shown))
}

fn readings_twin(weak: bool) -> Draft {
    let list = |who: &'static str| ok(json!(only(&probes(), |probe| probe["owner"] == who)));
    let one = |who: &'static str, id: &str| match find(&probes(), "/id", id) {
        Some(probe) if probe["owner"] == who => ok(probe),
        _ => refuse(404, "no such probe"),
    };
    let reading = |who: &'static str, id: &str| match find(&readings(), "/id", id) {
        Some(reading) if !only(&probes(), |it| it["owner"] == who && it["id"] == reading["probe"]).is_empty() => {
            ok(reading)
        }
        _ => refuse(404, "no such reading"),
    };
    let narrowed =
        json!({"parameters": [{"name": "probe", "in": "query", "schema": {"type": "string", "format": "uuid"}}]});
    Draft {
        name: if weak { "readings-weak" } else { "readings-repaired" },
        router: Router::new()
            .route("/probes", signed(SCHEME, list))
            .route("/probes/{id}", signed_at(SCHEME, one))
            .route("/readings/{id}", signed_at(SCHEME, reading))
            .route("/readings", get(move |headers, query| list_readings(weak, headers, query))),
        document: Document::new("Readings", SCHEME)
            .get("/probes", "Probes", &probes())
            .get("/probes/{id}", "One probe", &probes()[0])
            .get("/readings/{id}", "One reading", &readings()[0])
            .operation("/readings", "Readings, of one probe where it is named", &readings(), narrowed),
        identities: SCHEME.identities(&[("alice", "user"), ("bob", "user")]),
        // A passive scan puts nobody's ids into parameters.
        expect: vec![],
    }
}
