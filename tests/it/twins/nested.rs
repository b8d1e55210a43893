//! Children under parents: slugs and order numbers, behind `Authorization: Token …`.

use axum::Router;
use axum::extract::Path;
use axum::http::HeaderMap;
use axum::response::Response;
use axum::routing::get;
use serde_json::{Value, json};

use super::kit::{Document, Draft, Scheme, find, ok, only, refuse, unauthorized};

pub(super) fn drafts() -> Vec<Draft> {
    vec![shops_twin(true), shops_twin(false)]
}

const SCHEME: Scheme = Scheme::Token;

fn shops() -> Value {
    json!([
        {"slug": "linden-ceramics", "account": "alice", "title": "Linden Ceramics", "payout_account": "PA-331-8802"},
        {"slug": "harbour-maps", "account": "bob", "title": "Harbour Maps", "payout_account": "PA-908-1147"},
    ])
}

fn orders() -> Value {
    let order = |no: &str, shop: &str, buyer: &str, street: &str, total: i64| {
        json!({"orderNo": no, "shop": shop, "buyer": {"name": buyer, "street": street}, "totalCents": total,
               "lines": [{"article": "A-771", "count": 2}], "placedAt": "2031-04-01T12:00:00Z"})
    };
    json!([
        order("LC-2031-771", "linden-ceramics", "Greta Holm", "Skolgatan 8", 12950),
        order("LC-2031-772", "linden-ceramics", "Ivo Radic", "Ilica 120", 8840),
        order("HM-2031-118", "harbour-maps", "Saoirse Quinn", "Quay Street 31", 45300),
        order("HM-2031-119", "harbour-maps", "Teun Bakker", "Havenkade 5", 27810),
    ])
}

fn owns(who: &str, slug: &str) -> bool {
    find(&shops(), "/slug", slug).is_some_and(|shop| shop["account"] == who)
}

async fn me(headers: HeaderMap) -> Response {
    SCHEME.who(&headers).map_or_else(unauthorized, |who| ok(json!({"account": who, "currency": "EUR"})))
}

async fn list(headers: HeaderMap) -> Response {
    let Some(who) = SCHEME.who(&headers) else { return unauthorized() };
    ok(json!({"results": only(&shops(), |shop| shop["account"] == who)}))
}

async fn shop(headers: HeaderMap, Path(slug): Path<String>) -> Response {
    let Some(who) = SCHEME.who(&headers) else { return unauthorized() };
    if owns(who, &slug) { ok(find(&shops(), "/slug", &slug).unwrap_or_default()) } else { refuse(403, "not your shop") }
}

async fn shop_orders(headers: HeaderMap, Path(slug): Path<String>) -> Response {
    let Some(who) = SCHEME.who(&headers) else { return unauthorized() };
    if !owns(who, &slug) {
        return refuse(403, "not your shop");
    }
    ok(json!({"results": only(&orders(), |order| order["shop"] == slug.as_str())}))
}

/// Weak: the shop is checked, the order is looked up by its number alone.
async fn order(weak: bool, headers: HeaderMap, Path((slug, no)): Path<(String, String)>) -> Response {
    let Some(who) = SCHEME.who(&headers) else { return unauthorized() };
    if !owns(who, &slug) {
        return refuse(403, "not your shop");
    }
    match find(&orders(), "/orderNo", &no) {
        Some(order) if weak || order["shop"] == slug.as_str() => ok(order),
        _ => refuse(404, "no such order in this shop"),
    }
}

fn shops_twin(weak: bool) -> Draft {
    Draft {
        name: if weak { "shops-weak" } else { "shops-repaired" },
        router: Router::new()
            .route("/account", get(me))
            .route("/shops", get(list))
            .route("/shops/{shopSlug}", get(shop))
            .route("/shops/{shopSlug}/orders", get(shop_orders))
            .route("/shops/{shopSlug}/orders/{orderNo}", get(move |headers, path| order(weak, headers, path))),
        document: Document::new("Shops", SCHEME)
            .get("/account", "My account", &json!({"account": "alice", "currency": "EUR"}))
            .get("/shops", "My shops", &json!({"results": shops()}))
            .get("/shops/{shopSlug}", "One shop", &shops()[0])
            .get("/shops/{shopSlug}/orders", "Orders of a shop", &json!({"results": orders()}))
            .get("/shops/{shopSlug}/orders/{orderNo}", "One order", &orders()[0]),
        identities: SCHEME.identities(&[("alice", "user"), ("bob", "user")]),
        expect: if weak { vec![("authz/bola-nested", "GET /shops/{shopSlug}/orders/{orderNo}")] } else { vec![] },
    }
}

mod tests {
    use super::super::named;
    use super::super::requests::{anonymous, get};

    #[tokio::test]
    async fn a_foreign_order_under_the_own_shop_is_served_only_in_the_weak_twin() {
        let crossed = "/shops/linden-ceramics/orders/HM-2031-118";
        let (weak, repaired) = (named("shops-weak").await, named("shops-repaired").await);
        assert!(get(&weak, "alice", crossed).await.has("Quay Street 31"));
        assert_eq!(get(&repaired, "alice", crossed).await.status, 404);
        for twin in [&weak, &repaired] {
            assert_eq!(get(twin, "alice", "/shops/harbour-maps/orders/HM-2031-118").await.status, 403);
            assert_eq!(get(twin, "alice", "/shops/harbour-maps/orders/LC-2031-771").await.status, 403);
            assert!(get(twin, "bob", "/shops/harbour-maps/orders/HM-2031-118").await.has("Quay Street 31"));
            assert_eq!(get(twin, "alice", "/shops/linden-ceramics/orders/XX-0000-000").await.status, 404);
            assert_eq!(get(twin, "alice", "/shops/harbour-maps").await.status, 403);
            assert_eq!(get(twin, "alice", "/shops/harbour-maps/orders").await.status, 403);
            assert_eq!(anonymous(twin, crossed).await.status, 401);
        }
    }
}
