//! Ids that can be counted, and ids that only look so.

use axum::Router;
use axum::response::Response;
use serde_json::{Value, json};

use super::kit::{Document, Draft, Scheme, ok, only, refuse, signed, signed_at};

pub(super) fn drafts() -> Vec<Draft> {
    let parcels = |name: &'static str, ids: &'static [&'static str]| parcels(name, ids);
    vec![
        parcels("consignments-weak", &["48120031", "48120032", "48120034", "48120039"]),
        parcels("consignments-wrapped-weak", &["UGFyY2VsOjgx", "UGFyY2VsOjgy", "UGFyY2VsOjg0", "UGFyY2VsOjg5"]),
        parcels(
            "consignments-repaired",
            &[
                "0f8b6a34-7c1e-4f7a-9d33-2b8f5a0c6e11",
                "9ad2c6f0-41b5-4c0d-8e27-d15f3e7b9a42",
                "5e1740bd-a2c8-4d96-b7f4-83c0d6e2f159",
                "c3f98e17-06ad-4b52-a1ce-4f7d2b905e83",
            ],
        ),
        parcels(
            "consignments-by-time",
            &[
                "01HZX3K8Q5T7VJ2M9N4R6W0YBC",
                "01HZX3K8QAF1D3G5H7J9K2M4NP",
                "01HZX3K8QKZ8Y6X4W2V0T9S7RQ",
                "01HZX3K8QV5C7E9G1J3M5P7R9T",
            ],
        ),
        parcels("consignments-few", &["48120031", "48120032"]),
        statements(),
        stations(),
    ]
}

const SCHEME: Scheme = Scheme::Bearer;

/// The first half of them is alice's, the second bob's.
fn shelf(ids: &[&str]) -> Value {
    let of = |at: usize| if at * 2 < ids.len() { "alice" } else { "bob" };
    let towns = ["Port Ellery", "Sandwick", "Braga", "Faro"];
    let parcel = |(at, id): (usize, &&str)| json!({"parcel_id": id, "customer": of(at), "town": towns[at], "grams": 1_840 + 211 * at});
    ids.iter().enumerate().map(parcel).collect::<Vec<_>>().into()
}

fn gone() -> Response {
    refuse(404, "not found")
}

/// Everybody's own parcels, and nobody else's.
fn parcels(name: &'static str, ids: &'static [&'static str]) -> Draft {
    let list = signed(SCHEME, move |who| ok(json!({"parcels": only(&shelf(ids), |parcel| parcel["customer"] == who)})));
    let one = signed_at(SCHEME, move |who, id| {
        let mut found = only(&shelf(ids), |parcel| parcel["customer"] == who && parcel["parcel_id"] == id);
        found.pop().map_or_else(gone, ok)
    });
    let weak = name.ends_with("weak");
    Draft {
        name,
        router: Router::new().route("/parcels", list).route("/parcels/{parcel_id}", one),
        document: Document::new("Parcels", SCHEME).get("/parcels", "My parcels", &json!({"parcels": shelf(ids)})).get(
            "/parcels/{parcel_id}",
            "One parcel",
            &shelf(ids)[0],
        ),
        identities: SCHEME.identities(&[("alice", "user"), ("bob", "user")]),
        expect: if weak { vec![("authz/predictable-id", "GET /parcels/{parcel_id}")] } else { vec![] },
    }
}

/// One statement a year: the id is no counter.
fn statements() -> Draft {
    let all = json!([
        {"statement": "2028", "customer": "alice", "net_cents": 418_200}, {"statement": "2029", "customer": "alice", "net_cents": 511_930},
        {"statement": "2030", "customer": "bob", "net_cents": 87_410}, {"statement": "2031", "customer": "bob", "net_cents": 90_655},
    ]);
    let (listed, shown, example) = (all.clone(), all.clone(), all.clone());
    let list = signed(SCHEME, move |who| ok(json!({"statements": only(&listed, |it| it["customer"] == who)})));
    let one = signed_at(SCHEME, move |who, id| {
        only(&shown, |it| it["customer"] == who && it["statement"] == id).pop().map_or_else(gone, ok)
    });
    Draft {
        name: "statements-by-year",
        router: Router::new().route("/statements", list).route("/statements/{statement}", one),
        document: Document::new("Statements", SCHEME)
            .get("/statements", "My statements", &json!({"statements": example}))
            .get("/statements/{statement}", "The statement of a year", &example[0]),
        identities: SCHEME.identities(&[("alice", "user"), ("bob", "user")]),
        expect: vec![],
    }
}

/// A catalogue for everybody: its numbers may be counted.
fn stations() -> Draft {
    let all = json!([
        {"id": 1, "town": "Port Ellery", "platforms": 3}, {"id": 2, "town": "Sandwick", "platforms": 2}, {"id": 3, "town": "Braga", "platforms": 7},
    ]);
    let (listed, shown, example) = (all.clone(), all.clone(), all);
    let one = signed_at(SCHEME, move |_, id| {
        only(&shown, |station| station["id"].as_u64() == id.parse().ok()).pop().map_or_else(gone, ok)
    });
    Draft {
        name: "stations-public",
        router: Router::new()
            .route("/me", signed(SCHEME, |who| ok(json!({"login": who}))))
            .route("/stations", signed(SCHEME, move |_| ok(listed.clone())))
            .route("/stations/{id}", one),
        document: Document::new("Stations", SCHEME)
            .get("/me", "Who am I", &json!({"login": "alice"}))
            .get("/stations", "All stations", &example)
            .get("/stations/{id}", "One station", &example[0]),
        identities: SCHEME.identities(&[("alice", "user"), ("bob", "user")]),
        expect: vec![],
    }
}

mod tests {
    use super::super::named;
    use super::super::requests::get;

    #[tokio::test]
    async fn counting_opens_nothing_since_owners_are_asked_for() {
        let twin = named("consignments-weak").await;
        assert_eq!(get(&twin, "alice", "/parcels/48120032").await.status, 200);
        assert_eq!(get(&twin, "alice", "/parcels/48120034").await.status, 404);
        assert_eq!(get(&twin, "bob", "/parcels/48120034").await.status, 200);
    }

    #[tokio::test]
    async fn stations_are_for_everybody_and_statements_are_not() {
        let (stations, statements) = (named("stations-public").await, named("statements-by-year").await);
        assert_eq!(get(&stations, "alice", "/stations/2").await.text, get(&stations, "bob", "/stations/2").await.text);
        assert_eq!(get(&statements, "alice", "/statements/2030").await.status, 404);
        assert_eq!(get(&statements, "alice", "/statements/2029").await.status, 200);
    }
}
