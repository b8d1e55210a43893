//! `/users/{id}/...`: what people show of themselves to everybody, and what they keep to themselves.

use axum::extract::{Path, State};
use axum::http::HeaderMap;
use axum::response::Response;
use axum::routing::get;
use axum::{Json, Router};
use serde_json::{Value, json};

use super::kit::{Db, account_routes, document, finding, ok, plain, refuse, said, scan, serve, unauthorized, with_id};

#[derive(Clone)]
struct App {
    db: Db,
    shown: fn(u64) -> Value,
}

async fn part(State(app): State<App>, headers: HeaderMap, Path(id): Path<u64>) -> Response {
    if app.db.caller(&headers).is_none() {
        return unauthorized();
    }
    if app.db.user(id).is_none() {
        return refuse(404, "no such user");
    }
    Json::<Value>((app.shown)(id)).0.as_object().map_or_else(|| refuse(500, "broken"), |fields| ok(json!(fields)))
}

/// What an active scan says of reading another user's part.
async fn verdict(part_name: &str, shown: fn(u64) -> Value) -> String {
    let db = Db::seeded();
    let path = format!("/users/{{id}}/{part_name}");
    let document = document("People", json!({&path: with_id(json!({"get": plain("200")}))}));
    let routes = Router::new().route(&path, get(part)).with_state(App { db: db.clone(), shown });
    let server = serve(&db, account_routes(&db).merge(routes), document).await;
    let report = scan(&server, "active").await;
    let operation = format!("GET {path}");
    let found = finding(&report, "authz/bola-read", &operation);
    format!("{} {:?}", said(&report, "authz/bola-read", &operation), found.map(|finding| &finding.claim))
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn what_people_show_of_themselves_is_no_secret() {
    let text = verdict("profile", |id| {
        json!({"id": id, "displayName": format!("Person number {id}"), "bio": format!("Likes the number {}", id * 7919),
               "joinedAt": format!("2024-03-0{}", id % 9 + 1), "avatarUrl": format!("/avatars/{}.png", id * 104_729)})
    })
    .await;
    assert!(text.starts_with("NotApplicable: shared"), "{text}");
    let text = verdict("profile", |id| json!({"id": id, "favourite": format!("The song number {}", id * 7919)})).await;
    assert!(text.starts_with("Undecided"), "{text}");
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn what_people_keep_to_themselves_is_confirmed_wherever_it_stands() {
    for part_name in ["profile", "contact"] {
        let text = verdict(part_name, |id| {
            json!({"id": id, "displayName": format!("Person number {id}"), "phone": format!("+44 20 7946 0{}", 100 + id),
                   "street": format!("{} Long Lane", id * 31)})
        })
        .await;
        assert!(text.starts_with("confirmed"), "{part_name}: {text}");
    }
    let text = verdict(
        "api-keys",
        |id| json!({"id": id, "scopes": format!("deploy-{}", id * 7919), "label": format!("ci of {}", id * 104_729)}),
    )
    .await;
    assert!(text.starts_with("confirmed"), "{text}");
}
