//! How servers are set up: caching of private answers, versions that were left running, pages for developers.

use axum::Router;
use axum::extract::Query;
use axum::http::{HeaderMap, header};
use axum::response::{Html, IntoResponse, Response};
use axum::routing::get;
use serde_json::{Value, json};

use super::kit::{Document, Draft, Scheme, ok, unauthorized};

pub(super) fn drafts() -> Vec<Draft> {
    vec![lobby_twin(true), lobby_twin(false), every_path_trap(), own_metrics_trap()]
}

const LOBBY: Scheme = Scheme::Bearer;

fn keys_of(who: &str) -> Value {
    json!({"guest": who, "room": format!("Room of {who}, third floor"), "keys": 2})
}

async fn desk(weak: bool, headers: HeaderMap) -> Response {
    let Some(who) = LOBBY.who(&headers) else { return unauthorized() };
    let caching = if weak { "public, max-age=600" } else { "private, max-age=600" };
    ([(header::CACHE_CONTROL, caching)], ok(keys_of(who))).into_response()
}

/// Version 1 names the guest in the query, and asked nobody to sign in.
async fn old_keys(weak: bool, headers: HeaderMap, Query(query): Query<Vec<(String, String)>>) -> Response {
    let named = query.iter().find(|(name, _)| name == "guest").map_or("alice", |(_, value)| value.as_str());
    match LOBBY.who(&headers) {
        Some(who) => ok(keys_of(who)),
        None if weak => ok(keys_of(named)),
        None => unauthorized(),
    }
}

async fn environment(weak: bool) -> Response {
    if weak { ok(json!({"activeProfiles": [], "propertySources": [{"name": "env"}]})) } else { unauthorized() }
}

fn lobby_twin(weak: bool) -> Draft {
    let keys = async |headers: HeaderMap| LOBBY.who(&headers).map_or_else(unauthorized, |who| ok(keys_of(who)));
    Draft {
        name: if weak { "lobby-weak" } else { "lobby-repaired" },
        router: Router::new()
            .route("/desk", get(move |headers| desk(weak, headers)))
            .route("/api/v2/keys", get(keys))
            .route("/api/v1/keys", get(move |headers, query| old_keys(weak, headers, query)))
            .route("/actuator/env", get(move || environment(weak))),
        document: Document::new("Lobby", LOBBY).get("/desk", "My room", &keys_of("alice")).get(
            "/api/v2/keys",
            "My keys",
            &keys_of("alice"),
        ),
        identities: LOBBY.identities(&[("alice", "user"), ("bob", "user")]),
        expect: if weak {
            vec![
                ("config/cacheable-private", "GET /desk"),
                ("inventory/old-version", "GET /api/v2/keys"),
                ("config/debug-endpoint", "GET /desk"),
            ]
        } else {
            vec![]
        },
    }
}

/// Sound: one page for every path, with the words of pages for developers in it; caches may keep what is for anybody.
fn every_path_trap() -> Draft {
    let page = "<title>App</title> EVALEX Interactive Console, H2 Console jsessionid, phpinfo() PHP Version 8";
    let hours =
        || async { ([(header::CACHE_CONTROL, "public, max-age=600")], ok(json!({"open": "from dawn to dusk"}))) };
    Draft {
        name: "lobby-one-page",
        router: Router::new()
            .route("/desk", get(|headers| desk(false, headers)))
            .route("/hours", get(hours))
            .fallback(async move || Html(page)),
        document: Document::new("Lobby", LOBBY).get("/desk", "My room", &keys_of("alice")).open(
            "/hours",
            "Opening hours",
            &json!({"open": "from dawn to dusk"}),
        ),
        identities: LOBBY.identities(&[("alice", "user"), ("bob", "user")]),
        expect: vec![],
    }
}

/// Sound: pages with the names of pages for developers, and content of their own. Metrics are an observation.
fn own_metrics_trap() -> Draft {
    let text = |text: &'static str| get(async move || text);
    Draft {
        name: "lobby-own-pages",
        router: Router::new()
            .route("/desk", get(|headers| desk(false, headers)))
            .route("/metrics", text("# HELP rooms Rooms that are taken.\n# TYPE rooms gauge\nrooms 12\n"))
            .route("/.env", text("Guests ask for the environment=here"))
            .route("/debug/vars", get(async || ok(json!({"cmdline": ["lobby"]})))),
        document: Document::new("Lobby", LOBBY).get("/desk", "My room", &keys_of("alice")),
        identities: LOBBY.identities(&[("alice", "user"), ("bob", "user")]),
        expect: vec![],
    }
}

mod tests {
    use super::super::named;
    use super::super::requests::{anonymous, get};

    #[tokio::test]
    async fn the_lobby_leaves_its_old_version_open_only_in_the_weak_twin() {
        let (weak, repaired) = (named("lobby-weak").await, named("lobby-repaired").await);
        for twin in [&weak, &repaired] {
            assert_eq!(anonymous(twin, "/api/v2/keys").await.status, 401);
            assert!(get(twin, "alice", "/api/v1/keys").await.has("Room of alice"));
        }
        assert!(anonymous(&weak, "/api/v1/keys").await.has("Room of alice"));
        assert_eq!(anonymous(&repaired, "/api/v1/keys").await.status, 401);
        assert_eq!(get(&weak, "alice", "/desk").await.headers["cache-control"], "public, max-age=600");
        assert_eq!(get(&repaired, "alice", "/desk").await.headers["cache-control"], "private, max-age=600");
    }
}
