//! GraphQL endpoints: what strangers may learn of the schema, and ownership by fields, from the configuration to the report.

use std::sync::{Arc, Mutex};

use axum::extract::{Request, State};
use axum::http::{HeaderMap, Method};
use axum::routing::post;
use axum::{Json, Router};
use routewarden::app::ScanRequest;
use routewarden::report::{CoverageOutcome, Report};
use serde_json::{Value, json};
use tokio::task::JoinSet;

use crate::engine::harness::{Bench, coverage};

const SCHEMA: &str = "type Query { me: User notes: [Note!]! note(id: ID!): Note } \
                      type User { id: ID! name: String } type Note { id: ID! text: String author: User }";
const CHECK: &str = "graphql/field-authorization";

/// How an endpoint answers what it does not serve.
#[derive(Clone, Copy, Default)]
struct Endpoint {
    suggests: bool,
    /// Notes are served to whoever is signed in.
    is_careless: bool,
}

fn note(id: u64, owner: u64) -> Value {
    json!({"id": id.to_string(), "text": format!("Only for {owner}: the {id}th page"), "author": {"id": owner.to_string(), "name": format!("user {owner}")}})
}

fn data_for(endpoint: Endpoint, query: &str, id: &str, who: u64) -> Value {
    let own = who.to_string();
    let all = [note(51, 1), note(52, 2), note(53, 1), note(54, 2)];
    let is_own = |one: &&Value| one["author"]["id"] == own.as_str();
    if query.contains("{me{") {
        return json!({"me": {"id": who.to_string(), "name": format!("user {who}")}});
    }
    if query.contains("{notes") {
        return json!({"notes": all.iter().filter(is_own).collect::<Vec<_>>()});
    }
    let found = all.iter().filter(|one| one["id"] == id).find(|one| endpoint.is_careless || is_own(one));
    json!({"note": found})
}

async fn ask(State(endpoint): State<Arc<Endpoint>>, headers: HeaderMap, Json(asked): Json<Value>) -> Json<Value> {
    let query = asked["query"].as_str().unwrap_or_default();
    assert!(!query.contains("mutation "), "{query}");
    if query.contains("__schema") {
        return Json(json!({"errors": [{"message": "introspection is off"}]}));
    }
    if query.contains("__schem") {
        let hint = if endpoint.suggests { " Did you mean \"notes\"?" } else { "" };
        return Json(json!({"errors": [{"message": format!("Cannot query field \"__schem\".{hint}")}]}));
    }
    if query == "query{__typename}" {
        return Json(json!({"data": {"__typename": "Query"}}));
    }
    let who = match headers.get("x-key").and_then(|key| key.to_str().ok()) {
        Some("key-of-alice-81723") => 1,
        Some("key-of-bob-55310") => 2,
        _ => return Json(json!({"errors": [{"message": "sign in first", "extensions": {"code": "UNAUTHENTICATED"}}]})),
    };
    let id = asked["variables"]["id"].as_str().unwrap_or_default();
    Json(json!({"data": data_for(*endpoint, query, id, who)}))
}

async fn scan(endpoint: Endpoint) -> Report {
    let listener = tokio::net::TcpListener::bind("127.0.0.1:0").await.unwrap();
    let base_url = format!("http://{}", listener.local_addr().unwrap());
    let app = Router::new().route("/api/graphql", post(ask)).with_state(Arc::new(endpoint));
    let serving = tokio::spawn(async move { axum::serve(listener, app).await });
    let config = format!(
        "[target]\ngraphql = \"/graphql\"\ngraphql_schema = \"schema.graphql\"\nbase_url = \"{base_url}/api\"\n\n\
         [identities.alice]\nrole = \"user\"\napi_key = {{ header = \"X-Key\", env = \"A_KEY\" }}\n\n\
         [identities.bob]\nrole = \"user\"\napi_key = {{ header = \"X-Key\", env = \"B_KEY\" }}\n"
    );
    let bench = Bench::new(&config, None, &super::shop::env());
    std::fs::write(bench.folder.path().join("schema.graphql"), SCHEMA).unwrap();
    let report = bench.scan().await;
    serving.abort();
    report
}

fn found(report: &Report, check: &str) -> Vec<String> {
    let found = report.findings.iter().filter(|finding| finding.check == check);
    found.map(|finding| format!("{}: {}", finding.operation.id(), finding.claim)).collect()
}

#[tokio::test(flavor = "multi_thread")]
async fn a_field_that_gives_any_note_is_confirmed_and_its_repaired_twin_held() {
    let weak = scan(Endpoint { is_careless: true, ..Endpoint::default() }).await;
    let [one] = found(&weak, CHECK).try_into().unwrap();
    assert!(one.starts_with("POST /graphql:query.note: ") && one.contains("read note 5"), "{one}");
    assert_eq!(found(&weak, "authz/bola-read"), [] as [String; 0]);
    let matrix = weak.ownership.as_ref().unwrap();
    assert!(matrix.routes.iter().any(|row| row.operation.id().as_str() == "POST /graphql:query.note"));
    let sound = scan(Endpoint::default()).await;
    assert_eq!(found(&sound, CHECK), [] as [String; 0]);
    let row = sound.coverage.iter().find(|row| row.check == CHECK && row.outcome == CoverageOutcome::Held);
    assert!(row.is_some(), "{}", coverage(&sound, CHECK, "POST /graphql:query.note"));
}

#[tokio::test(flavor = "multi_thread")]
async fn suggestions_tell_what_closed_introspection_hides() {
    let open = scan(Endpoint { suggests: true, ..Endpoint::default() }).await;
    let [one] = found(&open, "graphql/introspection").try_into().unwrap();
    assert!(one.contains("suggestions tell the schema all the same: notes"), "{one}");
    let closed = scan(Endpoint::default()).await;
    assert_eq!(found(&closed, "graphql/introspection"), [] as [String; 0]);
    let said = closed.coverage.iter().find(|row| row.check == "graphql/introspection");
    assert_eq!(said.map(|row| row.outcome), Some(CoverageOutcome::Held), "{said:?}");
}

/// Serves a document of one GraphQL endpoint, or none, and notes every POST.
async fn serve_noting(document: Value) -> (String, Arc<Mutex<Vec<String>>>, JoinSet<()>) {
    let listener = tokio::net::TcpListener::bind("127.0.0.1:0").await.unwrap();
    let base_url = format!("http://{}", listener.local_addr().unwrap());
    let posts = Arc::new(Mutex::new(Vec::new()));
    let log = Arc::clone(&posts);
    let app = Router::new().fallback(move |request: Request| {
        let (log, document) = (Arc::clone(&log), document.clone());
        async move {
            if request.method() == Method::POST {
                log.lock().unwrap().push(request.uri().path().to_owned());
            }
            if request.uri().path() == "/openapi.json" { Json(document) } else { Json(json!({"errors": []})) }
        }
    });
    let mut serving = JoinSet::new();
    serving.spawn(async move {
        axum::serve(listener, app).await.unwrap();
    });
    (base_url, posts, serving)
}

#[tokio::test(flavor = "multi_thread")]
async fn an_endpoint_that_is_excluded_is_not_asked_for_its_schema() {
    for (exclude, asked) in [("[]", true), (r#"["POST /graphql"]"#, false), (r#"["POST /graph*"]"#, false)] {
        let responses = json!({"200": {"description": "d"}});
        let document = json!({"openapi": "3.0.3", "info": {"title": "t", "version": "1"}, "paths": {
            "/graphql": {"post": {"responses": responses}}, "/me": {"get": {"responses": responses}}}});
        let (base_url, posts, _serving) = serve_noting(document.clone()).await;
        let config =
            format!("[target]\nopenapi = \"openapi.json\"\nbase_url = \"{base_url}\"\n\n[scan]\nexclude = {exclude}\n");
        Bench::new(&config, Some(&document), &[]).scan().await;
        let posts = posts.lock().unwrap();
        assert_eq!(posts.iter().any(|path| path == "/graphql"), asked, "{exclude}: {posts:?}");
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn a_base_that_says_nothing_of_graphql_is_not_posted_to_itself() {
    for (path, asked) in [("/api/orders", false), ("/api/graphql", true)] {
        let (base_url, posts, _serving) = serve_noting(Value::Null).await;
        let config = format!("[target]\nopenapi = \"{base_url}{path}\"\n");
        let bench = Bench::new(&config, None, &[]);
        assert!(bench.app.start(ScanRequest::default()).await.is_err(), "there is neither a document nor a schema");
        let posts = posts.lock().unwrap();
        assert_eq!(posts.iter().any(|posted| posted == path), asked, "{path}: {posts:?}");
        assert!(posts.iter().any(|posted| *posted == format!("{path}/graphql")), "{path}: {posts:?}");
    }
}
