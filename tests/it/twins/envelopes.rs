//! Servers that answer everything with status 200 and tell success from refusal by a `code` in the body.

use axum::Router;
use axum::extract::Path;
use axum::http::HeaderMap;
use axum::response::Response;
use axum::routing::get;
use serde_json::{Value, json};

use super::kit::{Document, Draft, Scheme, find, ok, only};

pub(super) fn drafts() -> Vec<Draft> {
    vec![twin(true), twin(false)]
}

const SCHEME: Scheme = Scheme::Bearer;

fn sealed(data: &Value) -> Value {
    json!({"code": 0, "msg": "ok", "data": data})
}

fn denied(code: u32, message: &str) -> Response {
    ok(json!({"code": code, "msg": message, "data": null}))
}

fn rentals() -> Value {
    let rental = |id: &str, renter: &str, name: &str, address: &str, cents: u32| json!({"rentalId": id, "renter": renter, "renterName": name, "address": address, "depositCents": cents, "machine": "Mini excavator"});
    json!([
        rental("rnt-4410071", "alice", "Alice Nkemelu", "Quay Street 14, Port Ellery", 41_250),
        rental("rnt-4410072", "alice", "Alice Nkemelu", "Mill Lane 2, Port Ellery", 18_900),
        rental("rnt-4410533", "bob", "Bob Ferreira", "Harbour Row 81, Sandwick", 77_310),
    ])
}

fn audit() -> Value {
    json!([{"seq": 90_114, "actor": "maria", "did": "refund", "rental": "rnt-4410533", "cents": 77_310},
           {"seq": 90_115, "actor": "carol", "did": "price", "machine": "Plate compactor", "cents": 3_990}])
}

fn payroll() -> Value {
    json!([{"worker": "carol", "gross": 311_870, "iban": "NL20INGB0001234567"}, {"worker": "maria", "gross": 402_115, "iban": "NL02ABNA0123456789"}])
}

fn answered(headers: &HeaderMap, answer: impl Fn(&str) -> Option<Value>) -> Response {
    match SCHEME.who(headers) {
        None => denied(4010, "token missing or invalid"),
        Some(who) => answer(who).map_or_else(|| denied(4030, "no permission"), |data| ok(sealed(&data))),
    }
}

fn mine(who: &str) -> Value {
    json!(only(&rentals(), |rental| who == "maria" || rental["renter"] == who))
}

async fn rental(weak: bool, headers: HeaderMap, Path(id): Path<String>) -> Response {
    answered(&headers, |who| {
        find(&rentals(), "/rentalId", &id).filter(|rental| weak || who == "maria" || rental["renter"] == who)
    })
}

fn twin(weak: bool) -> Draft {
    Draft {
        name: if weak { "envelopes-weak" } else { "envelopes-repaired" },
        router: Router::new()
            .route("/api/me", get(async |headers: HeaderMap| answered(&headers, |who| Some(json!({"login": who})))))
            .route("/api/rentals", get(async |headers: HeaderMap| answered(&headers, |who| Some(mine(who)))))
            .route("/api/rentals/{rentalId}", get(move |headers, id| rental(weak, headers, id)))
            .route(
                "/api/admin/audit",
                get(async move |headers: HeaderMap| answered(&headers, |who| (weak || who == "maria").then(audit))),
            )
            .route(
                "/api/admin/payroll",
                get(async |headers: HeaderMap| answered(&headers, |who| (who == "maria").then(payroll))),
            ),
        document: Document::new("Machine rental", SCHEME)
            .get("/api/me", "Who am I", &sealed(&json!({"login": "alice"})))
            .get("/api/rentals", "My rentals", &sealed(&rentals()))
            .get("/api/rentals/{rentalId}", "One rental", &sealed(&rentals()[0]))
            .get("/api/admin/audit", "What was done", &sealed(&audit()))
            .get("/api/admin/payroll", "What everybody is paid", &sealed(&payroll())),
        identities: SCHEME.identities(&[("alice", "user"), ("bob", "user"), ("maria", "manager")]),
        expect: if weak {
            vec![("authz/bola-read", "GET /api/rentals/{rentalId}"), ("authz/function-read", "GET /api/admin/audit")]
        } else {
            vec![]
        },
    }
}

mod tests {
    use super::super::named;
    use super::super::requests::{anonymous, get};

    #[tokio::test]
    async fn refusals_are_told_by_the_code_alone() {
        let (weak, repaired) = (named("envelopes-weak").await, named("envelopes-repaired").await);
        for path in ["/api/rentals/rnt-4410533", "/api/admin/audit"] {
            assert_eq!(get(&weak, "alice", path).await.json()["code"], 0);
            let refused = get(&repaired, "alice", path).await;
            assert_eq!((refused.status, &refused.json()["code"]), (200, &serde_json::json!(4030)));
        }
        for twin in [&weak, &repaired] {
            assert_eq!(get(twin, "alice", "/api/admin/payroll").await.json()["code"], 4030);
            assert!(get(twin, "maria", "/api/admin/payroll").await.has("INGB"));
            let nobody = anonymous(twin, "/api/rentals").await;
            assert_eq!((nobody.status, &nobody.json()["code"]), (200, &serde_json::json!(4010)));
            assert!(!get(twin, "alice", "/api/rentals").await.has("Sandwick"));
        }
    }
}
