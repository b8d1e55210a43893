//! Lists that are views of a collection: what was sent and what was received, of which two people each see a part.

use axum::Router;
use serde_json::{Value, json};

use super::kit::{Document, Draft, Scheme, find, ok, only, refuse, signed, signed_at};

pub(super) fn drafts() -> Vec<Draft> {
    vec![twin(true), twin(false)]
}

const SCHEME: Scheme = Scheme::Bearer;

fn offers() -> Value {
    let offer = |id: &str, from: &str, to: &str, boat: &str, cents: u32, note: &str| json!({"offerId": id, "from": from, "to": to, "boat": boat, "cents": cents, "note": note});
    json!([
        offer("bid-55101", "alice", "carol", "Sloop Petrel", 1_840_000, "Cash, before the summer"),
        offer("bid-55102", "carol", "alice", "Dinghy Tern", 88_100, "Could you include the oars"),
        offer("bid-55103", "alice", "bob", "Yawl Osprey", 2_610_000, "Subject to survey"),
        offer("bid-55207", "bob", "maria", "Cutter Skua", 3_975_000, "My last word"),
        offer("bid-55208", "maria", "bob", "Yawl Osprey", 2_455_000, "The mast is old"),
    ])
}

fn twin(weak: bool) -> Draft {
    let view = |side: &'static str| {
        signed(SCHEME, move |who| ok(json!({"offers": only(&offers(), |offer| offer[side] == who)})))
    };
    let one = signed_at(SCHEME, move |who, id| {
        let found = find(&offers(), "/offerId", id);
        let found = found.filter(|offer| weak || offer["from"] == who || offer["to"] == who);
        found.map_or_else(|| refuse(404, "no such offer"), ok)
    });
    let list = json!({"offers": offers()});
    Draft {
        name: if weak { "views-weak" } else { "views-repaired" },
        router: Router::new()
            .route("/me", signed(SCHEME, |who| ok(json!({"login": who}))))
            .route("/offers/sent", view("from"))
            .route("/offers/received", view("to"))
            .route("/offers/{offerId}", one),
        document: Document::new("Boats", SCHEME)
            .get("/me", "Who am I", &json!({"login": "alice"}))
            .get("/offers/sent", "Offers I made", &list)
            .get("/offers/received", "Offers made to me", &list)
            .get("/offers/{offerId}", "One offer", &offers()[0]),
        identities: SCHEME.identities(&[("alice", "user"), ("bob", "user")]),
        expect: if weak { vec![("authz/bola-read", "GET /offers/{offerId}")] } else { vec![] },
    }
}

mod tests {
    use super::super::named;
    use super::super::requests::get;

    #[tokio::test]
    async fn an_offer_is_for_both_sides_and_for_others_only_in_the_weak_twin() {
        for (name, stranger) in [("views-weak", 200), ("views-repaired", 404)] {
            let twin = named(name).await;
            assert_eq!(get(&twin, "alice", "/offers/bid-55207").await.status, stranger);
            assert_eq!(get(&twin, "bob", "/offers/bid-55101").await.status, stranger);
            assert_eq!(get(&twin, "bob", "/offers/bid-55103").await.status, 200);
            assert!(get(&twin, "bob", "/offers/received").await.has("bid-55103"));
            assert!(!get(&twin, "alice", "/offers/sent").await.has("bid-55207"));
        }
    }
}
