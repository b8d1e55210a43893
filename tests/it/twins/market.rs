//! Sound: a marketplace whose document says nothing of security, and whose sellers want to be found.

use axum::Router;
use axum::extract::Path;
use axum::routing::get;
use serde_json::{Value, json};

use super::kit::{Document, Draft, Scheme, find, ok, only, refuse, signed};

pub(super) fn drafts() -> Vec<Draft> {
    vec![flea_market()]
}

const SCHEME: Scheme = Scheme::Bearer;

fn offers() -> Value {
    let offer = |id: &str, who: &str, street: &str, phone: &str, title: &str, cents: u32| json!({"offerId": id, "title": title, "cents": cents, "seller": {"username": who, "street": street, "phone": phone}});
    json!([
        offer("of-33107", "alice", "Quay Street 14", "+44 1475 440071", "Kayak, hardly used", 31_000),
        offer("of-33230", "bob", "Harbour Row 81", "+44 1475 440533", "Cello, three quarters", 88_500),
        offer("of-33231", "bob", "Harbour Row 81", "+44 1475 440533", "Sixty moving boxes", 1_500),
    ])
}

/// Anybody reads the offers, with the seller's name, street and number, as in a newspaper.
fn flea_market() -> Draft {
    let watched = |who: &str| json!([{"watchId": format!("w-{who}-71"), "offerId": if who == "alice" { "of-33231" } else { "of-33107" }, "note": format!("{who} waits for a lower price")}]);
    let shown = watched("alice");
    let one = async |Path(id): Path<String>| {
        find(&offers(), "/offerId", &id).map_or_else(|| refuse(404, "no such offer"), ok)
    };
    Draft {
        name: "market-undeclared",
        router: Router::new()
            .route("/me", signed(SCHEME, |who| ok(json!({"username": who}))))
            .route("/offers", get(async || ok(json!({"offers": offers()}))))
            .route("/offers/{offerId}", get(one))
            .route("/my/offers", signed(SCHEME, |who| ok(json!(only(&offers(), |it| it["seller"]["username"] == who)))))
            .route("/my/watchlist", signed(SCHEME, move |who| ok(watched(who)))),
        document: Document::without_security("Flea market")
            .operation("/me", "Who am I", &json!({"username": "alice"}), json!({}))
            .operation("/offers", "Offers", &json!({"offers": offers()}), json!({}))
            .operation("/offers/{offerId}", "One offer", &offers()[0], json!({}))
            .operation("/my/offers", "My offers", &offers(), json!({}))
            .operation("/my/watchlist", "What I watch", &shown, json!({})),
        identities: SCHEME.identities(&[("alice", "user"), ("bob", "user")]),
        expect: vec![],
    }
}

mod tests {
    use super::super::named;
    use super::super::requests::{anonymous, get};

    #[tokio::test]
    async fn offers_are_for_anybody_and_watchlists_are_not() {
        let twin = named("market-undeclared").await;
        assert!(twin.document["security"].is_null() && twin.document["components"].is_null());
        assert!(anonymous(&twin, "/offers").await.has("Harbour Row 81"));
        assert!(anonymous(&twin, "/offers/of-33230").await.has("+44 1475 440533"));
        assert_eq!(anonymous(&twin, "/my/watchlist").await.status, 401);
        assert!(!get(&twin, "alice", "/my/offers").await.has("Cello"));
    }
}
