//! Missing and uneven authentication: redirects to a sign-in page, API keys that only one route fails to check, and a
//! document that asks for more than the server does.

use axum::Router;
use axum::extract::Path;
use axum::http::HeaderMap;
use axum::response::{Html, IntoResponse, Redirect, Response};
use axum::routing::get;
use serde_json::{Value, json};

use super::kit::{Document, Draft, Scheme, find, ok, only, refuse, unauthorized};

pub(super) fn drafts() -> Vec<Draft> {
    vec![records_twin(true), records_twin(false), warehouse_twin(true), warehouse_twin(false), catalogue_trap()]
}

const RECORDS: Scheme = Scheme::Cookie("sid");

fn records() -> Value {
    json!([
        {"recordId": "rec-7c1f04", "patient": {"login": "alice", "name": "Alice Nkemelu", "born": "1991-03-22"},
         "finding": "Fracture of the left radius", "physician": "Dr. Halvorsen", "next_visit": "2031-06-11"},
        {"recordId": "rec-a90e57", "patient": {"login": "bob", "name": "Bob Ferreira", "born": "1968-10-05"},
         "finding": "Allergy to penicillin", "physician": "Dr. Ostrowska", "next_visit": "2031-05-28"},
    ])
}

fn sign_in() -> Response {
    Redirect::to("/login").into_response()
}

async fn own_records(headers: HeaderMap) -> Response {
    let Some(who) = RECORDS.who(&headers) else { return sign_in() };
    ok(json!({"records": only(&records(), |record| record["patient"]["login"] == who)}))
}

async fn record(weak: bool, headers: HeaderMap, Path(id): Path<String>) -> Response {
    let who = RECORDS.who(&headers);
    if who.is_none() && !weak {
        return sign_in();
    }
    match find(&records(), "/recordId", &id) {
        Some(record) if weak || who.is_some_and(|who| record["patient"]["login"] == who) => ok(record),
        _ => refuse(404, "no such record"),
    }
}

fn records_twin(weak: bool) -> Draft {
    let me = async |headers: HeaderMap| RECORDS.who(&headers).map_or_else(sign_in, |who| ok(json!({"login": who})));
    let page = async || Html("<!doctype html><title>Sign in</title><form method=post><input name=login></form>");
    Draft {
        name: if weak { "records-weak" } else { "records-repaired" },
        router: Router::new()
            .route("/login", get(page))
            .route("/me", get(me))
            .route("/records", get(own_records))
            .route("/records/{recordId}", get(move |headers, id| record(weak, headers, id))),
        document: Document::new("Patient portal", RECORDS)
            .get("/me", "Who am I", &json!({"login": "alice"}))
            .get("/records", "My records", &json!({"records": records()}))
            .get("/records/{recordId}", "One record", &records()[0]),
        identities: RECORDS.identities(&[("alice", "user"), ("bob", "user")]),
        expect: if weak { vec![("authn/missing", "GET /records/{recordId}")] } else { vec![] },
    }
}

const WAREHOUSE: Scheme = Scheme::ApiKey("X-API-Key");

async fn keyed(careless: bool, headers: HeaderMap, body: Value) -> Response {
    let let_in = WAREHOUSE.who(&headers).is_some() || (careless && WAREHOUSE.presented(&headers).is_some());
    if let_in { ok(body) } else { unauthorized() }
}

/// The movements take any key in the weak twin; what they tell is the same for every client.
fn warehouse_twin(weak: bool) -> Draft {
    let stock = json!({"stock": [{"article": "bolt-m8", "count": 48210}, {"article": "washer-m8", "count": 91044}]});
    let bins = json!({"bins": [{"bin": "R4-112", "article": "bolt-m8"}, {"bin": "R4-113", "article": "washer-m8"}]});
    let suppliers = json!({"suppliers": [{"name": "Kestrel Fasteners", "lead_days": 12}]});
    let racks = json!({"racks": [{"rack": "R4", "load_kg": 2210}, {"rack": "R5", "load_kg": 1874}]});
    let movements = json!({"movements": [{"article": "bolt-m8", "from": "R4-112", "to": "dock-7", "count": 5500}]});
    let hours = json!({"hours": [{"gate": "north", "from": "06:00", "to": "22:00"}]});
    let opening = hours.clone();
    let route = |careless: bool, body: &Value| {
        let body = body.clone();
        get(move |headers| keyed(careless, headers, body))
    };
    let me = async |headers: HeaderMap| {
        WAREHOUSE
            .who(&headers)
            .map_or_else(unauthorized, |who| ok(json!({"client": who, "contract": format!("contract of {who}")})))
    };
    Draft {
        name: if weak { "warehouse-weak" } else { "warehouse-repaired" },
        router: Router::new()
            .route("/v3/client", get(me))
            .route("/v3/warehouse/stock", route(false, &stock))
            .route("/v3/warehouse/bins", route(false, &bins))
            .route("/v3/warehouse/suppliers", route(false, &suppliers))
            .route("/v3/warehouse/racks", route(false, &racks))
            .route("/v3/warehouse/movements", route(weak, &movements))
            // Public in the document too, so that it takes any key is no outlier.
            .route("/v3/warehouse/hours", get(async move || ok(opening))),
        document: Document::new("Warehouse", WAREHOUSE)
            .get("/v3/client", "The client of the key", &json!({"client": "alice", "contract": "contract of alice"}))
            .get("/v3/warehouse/stock", "Stock", &stock)
            .get("/v3/warehouse/bins", "Bins", &bins)
            .get("/v3/warehouse/suppliers", "Suppliers", &suppliers)
            .get("/v3/warehouse/racks", "Racks", &racks)
            .get("/v3/warehouse/movements", "Movements of the day", &movements)
            .open("/v3/warehouse/hours", "When the gate is open", &hours),
        identities: WAREHOUSE.identities(&[("alice", "user"), ("bob", "user")]),
        expect: if weak { vec![("authn/inconsistent", "GET /v3/warehouse/movements")] } else { vec![] },
    }
}

/// Sound: the document asks for a key on the catalogue, the server gives the same public text to everybody. That is worth an
/// `inventory/drift` observation and nothing more.
fn catalogue_trap() -> Draft {
    let books = json!({"books": [
        {"isbn": "978-0-00-110022-1", "title": "Tide Tables of the North", "price_cents": 2990},
        {"isbn": "978-0-00-110023-8", "title": "Bread for Two", "price_cents": 1850},
    ]});
    let (list, one) = (books.clone(), books["books"].clone());
    let me = async |headers: HeaderMap| {
        WAREHOUSE
            .who(&headers)
            .map_or_else(unauthorized, |who| ok(json!({"reader": who, "shelf": format!("shelf of {who}")})))
    };
    Draft {
        name: "catalogue-open",
        router: Router::new().route("/reader", get(me)).route("/books", get(async move || ok(list))).route(
            "/books/{isbn}",
            get(async move |Path(isbn): Path<String>| {
                find(&one, "/isbn", &isbn).map_or_else(|| refuse(404, "no such book"), ok)
            }),
        ),
        document: Document::new("Book shop", WAREHOUSE)
            .get("/reader", "The reader of the key", &json!({"reader": "alice", "shelf": "shelf of alice"}))
            .get("/books", "Books on offer", &books)
            .get("/books/{isbn}", "One book", &books["books"][0]),
        identities: WAREHOUSE.identities(&[("alice", "user"), ("bob", "user")]),
        expect: vec![],
    }
}

mod tests {
    use super::super::named;
    use super::super::requests::{anonymous, get, presenting};

    #[tokio::test]
    async fn a_record_needs_no_session_only_in_the_weak_twin() {
        let (weak, repaired) = (named("records-weak").await, named("records-repaired").await);
        assert!(anonymous(&weak, "/records/rec-a90e57").await.has("penicillin"));
        let refused = anonymous(&repaired, "/records/rec-a90e57").await;
        assert_eq!((refused.status, refused.headers["location"].to_str().unwrap()), (303, "/login"));
        assert_eq!(get(&repaired, "alice", "/records/rec-a90e57").await.status, 404);
        for twin in [&weak, &repaired] {
            assert!(get(twin, "bob", "/records/rec-a90e57").await.has("penicillin"));
            assert_eq!(anonymous(twin, "/records").await.status, 303);
            assert_eq!(presenting(twin, "nonsense", "/me").await.status, 303);
        }
    }

    #[tokio::test]
    async fn any_key_opens_the_movements_only_in_the_weak_twin() {
        let path = "/v3/warehouse/movements";
        let (weak, repaired) = (named("warehouse-weak").await, named("warehouse-repaired").await);
        assert_eq!(presenting(&weak, "nonsense", path).await.status, 200);
        assert_eq!(presenting(&repaired, "nonsense", path).await.status, 401);
        for twin in [&weak, &repaired] {
            assert_eq!(anonymous(twin, path).await.status, 401);
            assert!(get(twin, "alice", path).await.has("dock-7"));
            assert_eq!(anonymous(twin, "/v3/warehouse/hours").await.status, 200);
            for sibling in ["stock", "bins", "suppliers", "racks"] {
                assert_eq!(presenting(twin, "nonsense", &format!("/v3/warehouse/{sibling}")).await.status, 401);
                assert_eq!(get(twin, "bob", &format!("/v3/warehouse/{sibling}")).await.status, 200);
            }
        }
    }

    #[tokio::test]
    async fn the_catalogue_is_public_though_the_document_asks_for_a_key() {
        let twin = named("catalogue-open").await;
        assert_eq!(anonymous(&twin, "/books").await.text, get(&twin, "alice", "/books").await.text);
        assert!(anonymous(&twin, "/books/978-0-00-110023-8").await.has("Bread for Two"));
        assert_eq!(anonymous(&twin, "/reader").await.status, 401);
    }
}
