//! Fields that nobody should get, beside fields that only sound like them.

use axum::Router;
use axum::http::HeaderMap;
use axum::response::Response;
use axum::routing::get;
use serde_json::{Value, json};

use super::kit::{Document, Draft, Scheme, ok, unauthorized};

pub(super) fn drafts() -> Vec<Draft> {
    vec![members_twin(true), members_twin(false)]
}

const SCHEME: Scheme = Scheme::ApiKey("X-Member-Token");

/// Masked values, own contact data, flags and references: none of it is exposure.
fn shown(who: &str) -> Value {
    json!({
        "handle": who, "email": format!("{who}@choir.example"), "voice": if who == "alice" { "alto" } else { "bass" },
        "password": "********", "password_changed_at": "2031-01-30", "has_pin": true, "secret_question_id": 3,
        "token_count": 2, "publicKeyFingerprint": "SHA256:5up3d1ffr3n7", "card": "**** **** **** 4242",
    })
}

async fn member(weak: bool, headers: HeaderMap) -> Response {
    let Some(who) = SCHEME.who(&headers) else { return unauthorized() };
    let mut member = shown(who);
    if weak {
        member["password"] = json!(if who == "alice" { "Brahms-Requiem-45" } else { "Contrabass!1824" });
        member["passwordDigest"] =
            json!("$argon2id$v=19$m=19456,t=2,p=1$c29tZXNhbHRoZXJlMTI$4mJ0c1uNcv9mB8VYk0T1l9nG1oB7mI0r1Q2f3m5s6tU");
    }
    ok(json!({"status": "success", "data": {"member": member}}))
}

fn members_twin(weak: bool) -> Draft {
    Draft {
        name: if weak { "members-weak" } else { "members-repaired" },
        router: Router::new().route("/accounts/self", get(move |headers| member(weak, headers))),
        document: Document::new("Choir", SCHEME).get(
            "/accounts/self",
            "My membership",
            &json!({"status": "success", "data": {"member": shown("alice")}}),
        ),
        identities: SCHEME.identities(&[("alice", "user"), ("bob", "user")]),
        expect: if weak { vec![("property/excessive-exposure", "GET /accounts/self")] } else { vec![] },
    }
}

mod tests {
    use super::super::named;
    use super::super::requests::{anonymous, get};

    #[tokio::test]
    async fn the_password_is_given_only_in_the_weak_twin() {
        let (weak, repaired) = (named("members-weak").await, named("members-repaired").await);
        let open = get(&weak, "alice", "/accounts/self").await;
        assert!(open.has("Brahms-Requiem-45") && open.has("$argon2id$"));
        let closed = get(&repaired, "alice", "/accounts/self").await;
        assert_eq!(closed.json()["data"]["member"]["password"], "********");
        assert!(!closed.has("argon2id"));
        assert_eq!(anonymous(&weak, "/accounts/self").await.status, 401);
    }
}
