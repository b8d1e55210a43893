//! Credentials in addresses, beside what stands there rightly.

use std::collections::HashMap;

use axum::Router;
use axum::extract::Query;
use axum::http::HeaderMap;
use axum::response::Response;
use axum::routing::get;
use base64::Engine as _;
use base64::engine::general_purpose::URL_SAFE_NO_PAD;
use serde_json::{Value, json};

use super::kit::{Document, Draft, Identities, Scheme, ok, opaque, refuse, signed, unauthorized};

pub(super) fn drafts() -> Vec<Draft> {
    vec![
        meters("meters-query-weak", true, false),
        meters("meters-header-repaired", false, false),
        meters("meters-query-failing", true, true),
        exports("exports-own-token-weak", |who| format!("/files/{who}.csv?access_token={}", opaque(who)), true),
        exports("exports-session-weak", |who| format!("/files/{who}.csv?t={}", session(who)), true),
        exports("exports-repaired", |who| format!("/files/{who}.csv"), false),
        exports("exports-signed-link", |who| format!("/files/{who}.csv?sig={}", ticket(who)), false),
        exports(
            "exports-foreign-keys",
            |who| {
                format!(
                    "https://maps.example/{who}?key=AIzaSyA7bC3dE5fG7hI9jK1lM3nO5pQ7rS9tU1v&page_token={}",
                    opaque("page")
                )
            },
            false,
        ),
        resets(),
    ]
}

const HEADER: Scheme = Scheme::ApiKey("X-Api-Key");
const BEARER: Scheme = Scheme::Bearer;

fn reading(who: &str) -> Value {
    json!({"customer": who, "meter": format!("meter-{who}-88120"), "kwh": if who == "alice" { 2410 } else { 3977 }})
}

/// Who sent which key in the query.
fn who_asks(query: &HashMap<String, String>) -> Option<&'static str> {
    ["alice", "bob"].into_iter().find(|who| query.get("api_key") == Some(&opaque(who)))
}

/// Readings for a key: in the query, or in a header.
fn meters(name: &'static str, in_query: bool, failing: bool) -> Draft {
    let read = async move |headers: HeaderMap, Query(query): Query<HashMap<String, String>>| {
        let who = if in_query { who_asks(&query) } else { HEADER.who(&headers) };
        match who {
            Some(who) => ok(reading(who)),
            None if failing => refuse(503, "try later"),
            None => unauthorized(),
        }
    };
    let mut identities = Identities::default();
    for who in ["alice", "bob"] {
        let variable = format!("TWIN_{}", who.to_uppercase());
        let place = if in_query { "query = \"api_key\"" } else { "header = \"X-Api-Key\"" };
        let credential = format!("api_key = {{ {place}, env = \"{variable}\" }}");
        identities.add(who, "user", &credential, (variable, opaque(who)));
    }
    let scheme = match in_query {
        true => json!({"type": "apiKey", "in": "query", "name": "api_key"}),
        false => json!({"type": "apiKey", "in": "header", "name": "X-Api-Key"}),
    };
    // Where nobody else is ever told no, somebody has to be.
    let open = async |headers: HeaderMap, Query(query): Query<HashMap<String, String>>| {
        let who = who_asks(&query).or_else(|| HEADER.who(&headers));
        who.map_or_else(unauthorized, |who| ok(json!({"login": who})))
    };
    Draft {
        name,
        router: Router::new().route("/reading", get(read)).route("/me", get(open)),
        document: Document::with_scheme("Meters", scheme).get("/reading", "My reading", &reading("alice")).get(
            "/me",
            "Who am I",
            &json!({"login": "alice"}),
        ),
        identities,
        expect: if in_query { vec![("authn/credential-in-url", "GET /me")] } else { vec![] },
    }
}

fn jwt(claims: Value, who: &str) -> String {
    let part = |value: Value| URL_SAFE_NO_PAD.encode(value.to_string());
    format!("{}.{}.{}", part(json!({"alg": "HS256", "typ": "JWT"})), part(claims), URL_SAFE_NO_PAD.encode(opaque(who)))
}

/// A JWT that opens one file and is no session.
fn ticket(who: &str) -> String {
    jwt(json!({"file": format!("{who}.csv"), "exp": 1_999_999_999}), who)
}

/// Another JWT, which the export takes as it takes the caller's own token.
fn session(who: &str) -> String {
    jwt(json!({"sub": who, "exp": 1_999_999_999}), who)
}

/// An export with the link to fetch it by.
fn exports(name: &'static str, link: fn(&str) -> String, weak: bool) -> Draft {
    let export = move |who: &str| json!({"customer": who, "rows": 1_204, "download": link(who)});
    let shown = export("alice");
    let read = async move |headers: HeaderMap| -> Response {
        let sent = BEARER.presented(&headers).unwrap_or_default();
        let by_session = ["alice", "bob"].into_iter().find(|who| session(who) == sent);
        BEARER.who(&headers).or(by_session).map_or_else(unauthorized, |who| ok(export(who)))
    };
    Draft {
        name,
        router: Router::new().route("/export", get(read)),
        document: Document::new("Exports", BEARER).get("/export", "My export", &shown),
        identities: BEARER.identities(&[("alice", "user"), ("bob", "user")]),
        expect: if weak { vec![("authn/credential-in-url", "GET /export")] } else { vec![] },
    }
}

/// The document has a word like a credential's in the query of each operation; only `/auth/check` means one.
fn resets() -> Draft {
    let answer = |who: &'static str| ok(json!({"login": who, "trips": 12, "coins": 4_410}));
    let query =
        |name: &str, kind: &str| json!({"parameters": [{"name": name, "in": "query", "schema": {"type": kind}}]});
    let example = json!({"login": "alice", "trips": 12, "coins": 4410});
    let mut router = Router::new();
    let mut document = Document::new("Journeys", BEARER);
    for (path, name, kind) in [
        ("/auth/check", "token", "string"),
        ("/trips", "page_token", "string"),
        ("/coins", "token", "string"),
        ("/usage", "max_tokens", "integer"),
        ("/forms", "csrf_token", "string"),
        ("/people", "has_password", "boolean"),
    ] {
        router = router.route(path, signed(BEARER, answer));
        document = document.operation(path, "One of mine", &example, query(name, kind));
    }
    Draft {
        name: "journeys-declared",
        router,
        document,
        identities: BEARER.identities(&[("alice", "user"), ("bob", "user")]),
        expect: vec![],
    }
}

mod tests {
    use super::super::named;
    use super::super::requests::{get, with};
    use super::{opaque, ticket};

    #[tokio::test]
    async fn the_key_is_taken_from_the_query_in_the_weak_twin_alone() {
        let path = format!("/reading?api_key={}", opaque("alice"));
        assert_eq!(with(&named("meters-query-weak").await, &path, &[]).await.status, 200);
        assert_eq!(with(&named("meters-query-weak").await, "/reading", &[]).await.status, 401);
        assert_eq!(with(&named("meters-header-repaired").await, &path, &[]).await.status, 401);
        assert_eq!(with(&named("meters-query-failing").await, "/reading", &[]).await.status, 503);
    }

    #[tokio::test]
    async fn the_token_of_the_link_signs_in_and_the_ticket_does_not() {
        let (weak, signed) = (named("exports-own-token-weak").await, named("exports-signed-link").await);
        assert!(get(&weak, "alice", "/export").await.has(&opaque("alice")));
        let seen = get(&signed, "alice", "/export").await;
        assert!(seen.has(&ticket("alice")) && !seen.has(&opaque("alice")));
        let bearing = format!("Bearer {}", ticket("alice"));
        assert_eq!(with(&signed, "/export", &[("authorization", &bearing)]).await.status, 401);
    }
}
