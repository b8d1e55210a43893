//! `POST /auth/forgot-password`: what is answered for an account, and for nobody.

use axum::extract::State;
use axum::http::HeaderMap;
use axum::response::Response;
use axum::routing::post;
use axum::{Json, Router};
use serde_json::{Value, json};

use super::kit::{Db, Server, account_routes, document, finding, ok, refuse, said, scan, serve, takes};

const ASK: &str = "POST /auth/forgot-password";

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Kind {
    /// 404 for addresses that nobody has.
    Status,
    /// The same status with another sentence.
    Message,
    /// The same for all.
    Uniform,
    /// The same for all, with the address and a reference of its own in it.
    Echo,
    /// The same for all, until a limit sets in.
    Limited,
}

#[derive(Clone)]
struct App {
    db: Db,
    kind: Kind,
    asked: std::sync::Arc<std::sync::Mutex<Vec<String>>>,
}

async fn ask(State(app): State<App>, _: HeaderMap, Json(body): Json<Value>) -> Response {
    let Some(email) = body["email"].as_str().filter(|email| email.contains('@')) else {
        return refuse(422, "email is required");
    };
    app.asked.lock().unwrap().push(email.to_owned());
    let known = app.db.lock().users.iter().any(|user| user["email"] == email);
    let count = app.asked.lock().unwrap().len();
    match app.kind {
        Kind::Status if !known => refuse(404, "there is no such account"),
        Kind::Message if !known => ok(json!({"message": "We do not know this address"})),
        Kind::Limited if count > 2 => refuse(429, "slow down"),
        Kind::Echo => ok(json!({"message": format!("If {email} is known, a mail is on its way"),
                                "reference": format!("{:032x}", rand::random::<u128>())})),
        _ => ok(json!({"message": "If the address is known, a mail is on its way"})),
    }
}

async fn server(kind: Kind) -> (Server, App) {
    let db = Db::seeded();
    let app = App { db: db.clone(), kind, asked: std::sync::Arc::default() };
    let mut operation = takes(&json!({"email": "a@b.test"}), "200");
    operation["security"] = json!([]);
    let document = document("Resets", json!({"/auth/forgot-password": {"post": operation}}));
    let routes = Router::new().route("/auth/forgot-password", post(ask)).with_state(app.clone());
    (serve(&db, account_routes(&db).merge(routes), document).await, app)
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_reset_that_tells_which_accounts_exist_is_confirmed() {
    for kind in [Kind::Status, Kind::Message] {
        let (server, app) = server(kind).await;
        let before = server.db.dump();
        let report = scan(&server, "intrusive").await;
        let found = finding(&report, "authn/user-enumeration", ASK);
        assert_eq!(said(&report, "authn/user-enumeration", ASK), "confirmed", "{kind:?}: {found:?}");
        assert_eq!(server.db.dump(), before);
        // Nobody's mailbox is written to but those of a domain that receives none.
        let asked = app.asked.lock().unwrap();
        assert!(asked.len() >= 6 && asked.iter().all(|email| email.ends_with("@example.com")), "{asked:?}");
    }
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_reset_that_tells_nothing_is_silent() {
    for (kind, says) in [(Kind::Uniform, "Held"), (Kind::Echo, "Held"), (Kind::Limited, "Undecided")] {
        let (server, _) = server(kind).await;
        let report = scan(&server, "intrusive").await;
        let text = said(&report, "authn/user-enumeration", ASK);
        assert!(text.starts_with(says), "{kind:?}: {text}");
    }
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn no_reset_is_asked_for_below_intrusive_mode() {
    let (server, app) = server(Kind::Status).await;
    scan(&server, "active").await;
    assert_eq!(app.asked.lock().unwrap().len(), 0);
}
