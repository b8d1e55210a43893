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
    vec![
        essays_twin(true),
        essays_twin(false),
        readings_twin(true),
        readings_twin(false),
        standing_orders_twin(),
        invitations_twin(),
        halls_twin(true),
        halls_twin(false),
    ]
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

/// Sound: the order 3 is alice's, and the standing order 3 bob's.
fn standing_orders_twin() -> Draft {
    let orders = json!([
        {"id": 3, "state": "open", "total": 4150, "remark": "ring twice"},
        {"id": 4, "state": "shipped", "total": 990, "remark": "leave at the gate"},
    ]);
    let standing = json!([
        {"id": 4, "weekday": "MONDAY", "product": "rye bread", "quantity": 12},
        {"id": 3, "weekday": "FRIDAY", "product": "oat milk", "quantity": 6},
    ]);
    let own =
        |all: &Value, who: &str| json!({"content": [all[usize::from(who == "bob")]], "number": 0, "totalElements": 1});
    let (listed, regular) = (orders.clone(), standing.clone());
    let one = |who: &'static str, id: &str| match (who, id) {
        ("alice", "3") => ok(json!({"id": 3, "state": "open", "total": 4150, "remark": "ring twice"})),
        ("bob", "4") => ok(json!({"id": 4, "state": "shipped", "total": 990, "remark": "leave at the gate"})),
        _ => refuse(403, "not your order"),
    };
    Draft {
        name: "standing-orders",
        router: Router::new()
            .route("/orders", signed(SCHEME, move |who| ok(own(&listed, who))))
            .route("/orders/{orderId}", signed_at(SCHEME, one))
            .route("/standing-orders", signed(SCHEME, move |who| ok(own(&regular, who)))),
        document: Document::new("Bakery", SCHEME)
            .get("/orders", "Orders", &json!({"content": orders, "number": 0, "totalElements": 1}))
            .get("/orders/{orderId}", "One order", &orders[0])
            .get("/standing-orders", "Standing orders", &json!({"content": standing, "number": 0, "totalElements": 1})),
        identities: SCHEME.identities(&[("alice", "user"), ("bob", "user")]),
        expect: vec![],
    }
}

/// Sound: whoever has the code of an invitation is shown what it is for, and the document asks for sign-in everywhere.
fn invitations_twin() -> Draft {
    let invitation = json!({"code": "q7Xz-19ab-Lm42", "team": "Rowing club Elbe", "role": "cox"});
    let (shown, listed) = (invitation.clone(), json!([invitation]));
    let one = move |axum::extract::Path(code): axum::extract::Path<String>| {
        let found = shown["code"] == code;
        async move { if found { ok(shown) } else { refuse(404, "no such invitation") } }
    };
    Draft {
        name: "invitations-by-code",
        router: Router::new()
            .route("/me", signed(SCHEME, |who| ok(json!({"id": who, "name": who}))))
            .route(
                "/invitations",
                signed(SCHEME, move |who| ok(if who == "alice" { listed.clone() } else { json!([]) })),
            )
            .route("/invitations/{code}", get(one)),
        document: Document::new("Clubs", SCHEME)
            .get("/me", "The signed-in person", &json!({"id": "alice", "name": "alice"}))
            .get("/invitations", "Invitations of one's own teams", &json!([invitation]))
            .get("/invitations/{code}", "What an invitation is for", &invitation),
        identities: SCHEME.identities(&[("alice", "user"), ("bob", "user")]),
        expect: vec![],
    }
}

/// The halls of a town, which its members alone read; who belongs where stands in the memberships of each person alone.
fn halls_twin(weak: bool) -> Draft {
    let town = |who: &str| if who == "alice" { "elm-court" } else { "oak-yard" };
    let halls = |town: &str| json!([{"hall": format!("h-{town}"), "doorCode": format!("4471-{town}"), "seats": 80}]);
    let me = move |who: &'static str| {
        ok(json!({"id": who, "memberships": [{"tenant": town(who), "name": "A town", "role": "resident"}]}))
    };
    let list = move |who: &'static str, tenant: &str| match tenant {
        "elm-court" | "oak-yard" if weak || tenant == town(who) => ok(json!({"halls": halls(tenant)})),
        _ => refuse(404, "no such town"),
    };
    Draft {
        name: if weak { "halls-weak" } else { "halls-repaired" },
        router: Router::new()
            .route("/me", signed(SCHEME, me))
            .route("/t/{tenant}/halls", signed_at(SCHEME, list))
            .route(
                "/t/{tenant}/rules",
                signed_at(SCHEME, move |who, tenant| match tenant {
                    tenant if tenant == town(who) => ok(json!({"text": format!("No bells in {tenant} after ten.")})),
                    _ => refuse(404, "no such town"),
                }),
            ),
        document: Document::new("Towns", SCHEME)
            .get(
                "/me",
                "The signed-in person",
                &json!({"id": "alice", "memberships": [{"tenant": "elm-court", "name": "A town", "role": "resident"}]}),
            )
            .get("/t/{tenant}/halls", "Halls", &json!({"halls": halls("elm-court")}))
            .get("/t/{tenant}/rules", "Rules", &json!({"text": "No bells."})),
        identities: SCHEME.identities(&[("alice", "user"), ("bob", "user")]),
        expect: if weak { vec![("authz/bola-read", "GET /t/{tenant}/halls")] } else { vec![] },
    }
}
