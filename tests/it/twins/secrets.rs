//! Secrets of other services in answers, beside what only looks like them.

use axum::Router;
use axum::response::Response;
use serde_json::{Value, json};

use super::kit::{Document, Draft, Scheme, ok, opaque, signed};

pub(super) fn drafts() -> Vec<Draft> {
    vec![settings_twin(true), settings_twin(false), keys_page()]
}

const SCHEME: Scheme = Scheme::Bearer;

/// A key as the vendor makes them, put together here so that none stands in the repository.
pub fn payment_key(seed: &str) -> String {
    ["sk_", "live_", &opaque(seed)].concat()
}

/// Samples, masks, publishable keys, digests and ids: none of it is a secret.
fn harmless(who: &str) -> Value {
    json!({
        "shop": format!("{who}'s bakery"), "publishable": format!("pk_{}_{}", "live", opaque("public")),
        "payment_key": "sk_live_****************4242", "sample": format!("sk_live_{}", "your_key_here_0000"),
        "etag": opaque("etag"), "build": opaque("build"), "database": "postgres://<user>:<password>@db/shop",
        "next_page_token": opaque("cursor"), "certificate": "-----BEGIN CERTIFICATE-----",
    })
}

fn settings(weak: bool, who: &str) -> Response {
    let mut settings = harmless(who);
    if weak {
        settings["integrations"] = json!([{"name": "payments", "note": payment_key("payments")}]);
        settings["database"] = json!(["postgres://shop:", "Tr4vert1ne", "@db.bakery.internal/shop"].concat());
    }
    ok(settings)
}

fn settings_twin(weak: bool) -> Draft {
    Draft {
        name: if weak { "bakery-weak" } else { "bakery-repaired" },
        router: Router::new().route("/shop/settings", signed(SCHEME, move |who| settings(weak, who))),
        document: Document::new("Bakery", SCHEME).get(
            "/shop/settings",
            "Settings of my shop",
            &json!({"shop": "", "integrations": [{"name": "", "note": ""}], "database": ""}),
        ),
        identities: SCHEME.identities(&[("alice", "user"), ("bob", "user")]),
        expect: if weak { vec![("data/secret-in-response", "GET /shop/settings")] } else { vec![] },
    }
}

/// Shows callers the keys that they made here: that is what it is for.
fn keys_page() -> Draft {
    let page = |who: &str| ok(json!({"items": [{"name": "till", "value": payment_key(who)}]}));
    Draft {
        name: "bakery-keys-page",
        router: Router::new().route("/me/api-keys", signed(SCHEME, page)),
        document: Document::new("Bakery", SCHEME).get(
            "/me/api-keys",
            "My keys",
            &json!({"items": [{"name": "", "value": ""}]}),
        ),
        identities: SCHEME.identities(&[("alice", "user"), ("bob", "user")]),
        expect: vec![],
    }
}

mod tests {
    use super::super::named;
    use super::super::requests::get;
    use super::payment_key;

    #[tokio::test]
    async fn the_key_is_given_only_in_the_weak_twin() {
        let (weak, repaired) = (named("bakery-weak").await, named("bakery-repaired").await);
        assert!(get(&weak, "alice", "/shop/settings").await.has(&payment_key("payments")));
        assert!(!get(&repaired, "alice", "/shop/settings").await.has(&payment_key("payments")));
        assert!(get(&named("bakery-keys-page").await, "bob", "/me/api-keys").await.has(&payment_key("bob")));
    }
}
