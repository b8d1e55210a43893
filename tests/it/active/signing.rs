//! Signing up, in and out: twins with bearer tokens, cookie sessions and form sign-ins.

use std::collections::HashMap;
use std::sync::{Arc, Mutex};

use axum::Router;
use axum::extract::State;
use axum::http::{HeaderMap, StatusCode};
use axum::response::{IntoResponse, Response};
use axum::routing::{get, post};
use base64::Engine as _;
use base64::engine::general_purpose::URL_SAFE_NO_PAD;
use routewarden::report::Report;
use serde_json::{Map, Value, json};

use super::kit::{
    Db, Server, account_paths, finding, ok, plain, public, refuse, said, scan, scan_with, serve, takes, unauthorized,
};

#[derive(Clone, Copy, PartialEq, Eq, Debug)]
enum Transport {
    Bearer,
    Cookie,
    Form,
    /// E-mail addresses, other names, UUIDs, everything in an envelope, and 200 for refusals too; the sign-out takes the
    /// refresh token.
    Envelope,
}

/// What a sign-out does.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
enum Logout {
    Sound,
    /// Answers and forgets nothing.
    Weak,
    /// Ends every session of the account.
    Everywhere,
    /// Forgets nothing and says so.
    Refusing,
    /// Forgets nothing, and the token runs out in ten minutes beside a refresh token.
    ShortLived,
    /// One token for each account, which the sign-out ends.
    OneToken,
    /// The same, and the sign-out ends nothing.
    OneTokenWeak,
    /// Whoever is signed out is shown a guest.
    Guest,
}

/// How a wrong password and an unknown name are answered.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
enum Refusal {
    Same,
    /// 404 for a name that nobody has.
    Status,
    /// Both 200, with another message.
    Message,
    /// The same but for the name, the time and a number.
    Echo,
    /// The wording changes by itself.
    Fickle,
    /// Names that nobody has are told to slow down.
    Limited,
    /// A password without a space is malformed (400), and is not looked at.
    Malformed,
    /// The same by the name that OAuth has for a wrong password (RFC 6749).
    Grant,
}

/// What stops guesses.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
enum Limit {
    /// 429 from the sixth on.
    Slow,
    None,
    /// The answers stay the same, and the right password is refused from the tenth on.
    Silent,
    /// Another message from the sixth on.
    Message,
    /// The same answers, held back from the fourth on.
    Delay,
    /// Nothing happens, and a header announces a hundred.
    Announced,
    /// 429 from the 26th on.
    Late,
}

/// Which passwords a sign-up takes.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
enum Policy {
    Twelve,
    Any,
    /// Six characters.
    Six,
    /// Answers 200 with an error in it.
    Soft,
    /// Answers 201 and makes no account.
    Pretended,
    /// The sign-in does not look at passwords.
    Unread,
    /// Two accounts a day.
    Two,
}

#[derive(Clone)]
struct App {
    db: Db,
    transport: Transport,
    logout: Logout,
    refusal: Refusal,
    limit: Limit,
    policy: Policy,
    failures: Arc<Mutex<HashMap<String, usize>>>,
    answers: Arc<Mutex<usize>>,
    issued: Arc<Mutex<Vec<String>>>,
}

fn sound() -> App {
    App {
        db: Db::seeded(),
        transport: Transport::Bearer,
        logout: Logout::Sound,
        refusal: Refusal::Same,
        limit: Limit::Slow,
        policy: Policy::Twelve,
        failures: Arc::default(),
        answers: Arc::default(),
        issued: Arc::default(),
    }
}

impl App {
    fn no(&self, status: u16, message: &str) -> Response {
        if self.transport == Transport::Envelope {
            return ok(json!({"success": false, "error": {"code": status, "message": message}}));
        }
        if status == 401 && message == "sign in first" { unauthorized() } else { refuse(status, message) }
    }

    fn shown(&self, user: Value) -> Value {
        let user = public(user);
        if self.transport != Transport::Envelope {
            return user;
        }
        let id = user["id"].as_u64().unwrap();
        json!({"success": true, "data": {"userId": format!("5b1f0c9e-77aa-4d1e-9f00-{id:012x}"), "emailAddress": user["email"], "fullName": user["username"]}})
    }

    fn token(&self, headers: &HeaderMap) -> Option<String> {
        if self.transport == Transport::Cookie {
            let line = headers.get("cookie")?.to_str().ok()?;
            return line.split("; ").find_map(|pair| pair.strip_prefix("sid=")).map(str::to_owned);
        }
        Some(headers.get("authorization")?.to_str().ok()?.strip_prefix("Bearer ")?.to_owned())
    }

    fn caller(&self, headers: &HeaderMap) -> Option<u64> {
        let token = self.token(headers)?;
        self.db.lock().tokens.iter().find(|(known, _)| *known == token).map(|(_, id)| *id)
    }

    fn open(&self, id: u64) -> Response {
        let one = matches!(self.logout, Logout::OneToken | Logout::OneTokenWeak);
        let known = self.db.lock().tokens.iter().find(|(_, owner)| *owner == id).map(|(token, _)| token.clone());
        let random = format!("{:032x}", rand::random::<u128>());
        let token = match known {
            Some(token) if one => token,
            _ if self.logout == Logout::ShortLived => {
                let now = jiff::Timestamp::now().as_second();
                let part = |value: Value| URL_SAFE_NO_PAD.encode(value.to_string());
                let claims = json!({"sub": id.to_string(), "jti": random, "iat": now, "exp": now + 600});
                format!("{}.{}.{random}", part(json!({"alg": "HS256", "typ": "JWT"})), part(claims))
            }
            _ => random.clone(),
        };
        self.db.lock().tokens.push((token.clone(), id));
        self.issued.lock().unwrap().push(token.clone());
        match self.transport {
            Transport::Cookie => {
                let lines =
                    [("set-cookie", format!("sid={token}; HttpOnly; Path=/")), ("set-cookie", "lang=en".into())];
                (axum::response::AppendHeaders(lines), axum::Json(json!({"ok": true}))).into_response()
            }
            Transport::Envelope => ok(
                json!({"success": true, "data": {"session": {"accessToken": token, "refreshToken": format!("refresh-{token}")}}}),
            ),
            _ if self.logout == Logout::ShortLived => {
                ok(json!({"access_token": token, "refresh_token": format!("r{random}")}))
            }
            _ => ok(json!({"access_token": token, "token_type": "bearer"})),
        }
    }
}

/// JSON or a form, under the names of the store.
fn fields(headers: &HeaderMap, body: &str) -> Value {
    let mut all = raw_fields(headers, body);
    if let Some(email) = all.get("emailAddress").cloned() {
        all["username"] = email.clone();
        all["email"] = email;
    }
    all
}

fn raw_fields(headers: &HeaderMap, body: &str) -> Value {
    let kind = headers.get("content-type").and_then(|kind| kind.to_str().ok()).unwrap_or_default();
    if kind.starts_with("application/x-www-form-urlencoded") {
        let pairs = url::form_urlencoded::parse(body.as_bytes());
        return Value::Object(pairs.map(|(name, value)| (name.into_owned(), json!(value))).collect());
    }
    serde_json::from_str(body).unwrap_or_default()
}

async fn register(State(app): State<App>, headers: HeaderMap, body: String) -> Response {
    let body = fields(&headers, &body);
    for field in ["username", "email", "password"] {
        if body[field].as_str().is_none_or(str::is_empty) {
            return app.no(400, &format!("{field} is required"));
        }
    }
    let length = body["password"].as_str().unwrap().len();
    match app.policy {
        Policy::Twelve if length < 12 => return app.no(400, "the password needs 12 characters"),
        Policy::Two if app.db.lock().users.len() >= 4 => return app.no(403, "come back tomorrow"),
        Policy::Six if length < 6 => return app.no(400, "the password needs 6 characters"),
        Policy::Soft if length < 12 => return ok(json!({"success": false, "message": "the password is too short"})),
        Policy::Pretended if length < 12 => {
            return (StatusCode::CREATED, axum::Json(json!({"id": 99, "username": body["username"]}))).into_response();
        }
        _ => {}
    }
    let id = app.db.fresh_id();
    let user = json!({"id": id, "username": body["username"], "email": body["email"], "password": body["password"], "role": "user"});
    app.db.lock().users.push(user.clone());
    (StatusCode::CREATED, axum::Json(app.shown(user))).into_response()
}

async fn login(State(app): State<App>, headers: HeaderMap, body: String) -> Response {
    if app.transport == Transport::Form
        && headers.get("content-type").is_none_or(|kind| kind != "application/x-www-form-urlencoded")
    {
        return app.no(415, "a form, please");
    }
    let body = fields(&headers, &body);
    let name = body["username"].as_str().unwrap_or_default().to_owned();
    let user = app.db.lock().users.iter().find(|user| user["username"] == body["username"]).cloned();
    let failed = *app.failures.lock().unwrap().entry(name.clone()).or_default();
    if app.limit == Limit::Slow && failed >= 5 || app.limit == Limit::Late && failed >= 25 {
        return app.no(429, "too many attempts");
    }
    let right = |user: &Value| user["password"] == body["password"] || app.policy == Policy::Unread;
    if let Some(user) = user.as_ref().filter(|user| right(user)) {
        if app.limit == Limit::Silent && failed >= 10 {
            return app.no(401, "wrong user name or password");
        }
        app.failures.lock().unwrap().remove(&name);
        return app.open(user["id"].as_u64().unwrap());
    }
    app.failures.lock().unwrap().insert(name.clone(), failed + 1);
    if app.limit == Limit::Delay && failed >= 3 {
        tokio::time::sleep(std::time::Duration::from_millis(350)).await;
    }
    if app.limit == Limit::Message && failed >= 5 {
        return app.no(401, "this account is locked for a while");
    }
    let turn = {
        let mut answers = app.answers.lock().unwrap();
        *answers += 1;
        *answers - 1
    };
    let mut response = match (app.refusal, user.is_some()) {
        (Refusal::Status, false) => app.no(404, "no such user"),
        (Refusal::Status, true) => app.no(401, "wrong password"),
        (Refusal::Message, known) => {
            ok(json!({"success": false, "message": if known { "wrong password" } else { "no such user" }}))
        }
        (Refusal::Echo, _) => {
            let at = jiff::Timestamp::now().to_string();
            let id = format!("req-{}", rand::random::<u16>());
            (
                StatusCode::UNAUTHORIZED,
                axum::Json(json!({"error": format!("cannot sign {name} in"), "at": at, "id": id})),
            )
                .into_response()
        }
        (Refusal::Fickle, _) if turn / 2 % 2 == 0 => app.no(403, "no"),
        (Refusal::Limited, false) => app.no(429, "slow down"),
        (Refusal::Malformed, _) => app.no(400, "malformed request"),
        (Refusal::Grant, _) => refuse(400, "invalid_grant"),
        _ => app.no(401, "wrong user name or password"),
    };
    if app.limit == Limit::Announced {
        response.headers_mut().insert("x-ratelimit-remaining", (100 - failed).to_string().parse().unwrap());
    }
    response
}

async fn logout(State(app): State<App>, headers: HeaderMap, body: String) -> Response {
    let Some(id) = app.caller(&headers) else { return app.no(401, "sign in first") };
    let token = app.token(&headers).unwrap();
    if app.transport == Transport::Envelope && fields(&headers, &body)["refreshToken"] != format!("refresh-{token}") {
        return app.no(400, "refreshToken is not one");
    }
    match app.logout {
        Logout::Sound | Logout::Guest => app.db.lock().tokens.retain(|(known, _)| *known != token),
        Logout::Everywhere | Logout::OneToken => app.db.lock().tokens.retain(|(_, owner)| *owner != id),
        Logout::Weak | Logout::ShortLived | Logout::OneTokenWeak => {}
        Logout::Refusing => return app.no(400, "not now"),
    }
    if app.transport == Transport::Envelope {
        return ok(json!({"success": true, "data": null}));
    }
    StatusCode::NO_CONTENT.into_response()
}

async fn me(State(app): State<App>, headers: HeaderMap) -> Response {
    match app.caller(&headers).and_then(|id| app.db.user(id)) {
        Some(user) => ok(app.shown(user)),
        None if app.logout == Logout::Guest && app.token(&headers).is_some_and(|token| token.len() == 32) => {
            ok(json!({"id": 0, "username": "guest", "email": "guest@corp.test", "role": "guest"}))
        }
        None => app.no(401, "sign in first"),
    }
}

async fn leave(State(app): State<App>, headers: HeaderMap) -> Response {
    let Some(id) = app.caller(&headers) else { return app.no(401, "sign in first") };
    let mut tables = app.db.lock();
    tables.users.retain(|user| user["id"] != id);
    tables.tokens.retain(|(_, owner)| *owner != id);
    StatusCode::NO_CONTENT.into_response()
}

async fn server(app: App) -> Server {
    let mut paths = account_paths();
    paths.insert("/logout".to_owned(), json!({"post": plain("204")}));
    if app.transport == Transport::Envelope {
        paths.insert("/logout".to_owned(), json!({"post": takes(&json!({"refreshToken": "text"}), "200")}));
        let text = json!({"type": "string"});
        let body = |names: &[&str]| {
            let fields: Map<String, Value> = names.iter().map(|name| ((*name).to_owned(), text.clone())).collect();
            json!({"required": true, "content": {"application/json": {"schema": {"type": "object", "properties": fields, "required": names}}}})
        };
        paths["/register"]["post"]["requestBody"] = body(&["emailAddress", "fullName", "password", "passwordConfirm"]);
        paths["/login"]["post"]["requestBody"] = body(&["emailAddress", "password"]);
    }
    if app.transport == Transport::Form {
        let content = paths["/login"]["post"]["requestBody"]["content"].as_object_mut().unwrap();
        let schema = content.remove("application/json").unwrap();
        content.insert("application/x-www-form-urlencoded".to_owned(), schema);
    }
    let scheme = match app.transport {
        Transport::Cookie => json!({"type": "apiKey", "in": "cookie", "name": "sid"}),
        _ => json!({"type": "http", "scheme": "bearer"}),
    };
    let document = json!({"openapi": "3.0.3", "info": {"title": "Signing", "version": "1"}, "security": [{"main": []}],
                          "components": {"securitySchemes": {"main": scheme}}, "paths": paths});
    let db = app.db.clone();
    let routes = Router::new()
        .route("/register", post(register))
        .route("/login", post(login))
        .route("/logout", post(logout))
        .route("/me", get(me).delete(leave))
        .with_state(app);
    serve(&db, routes, document).await
}

const OUT: (&str, &str) = ("token/logout-ineffective", "POST /logout");
const NAMES: (&str, &str) = ("authn/user-enumeration", "POST /login");
const GUESSES: (&str, &str) = ("authn/no-throttling", "POST /login");
const PASSWORD: (&str, &str) = ("authn/weak-password-accepted", "POST /register");
const ALL: [(&str, &str); 4] = [OUT, NAMES, GUESSES, PASSWORD];

/// What an intrusive scan says of a check, and of the others of this file; the store must be as it was.
async fn verdict(app: App, check: (&str, &str)) -> (String, Report) {
    let issued = Arc::clone(&app.issued);
    let server = server(app).await;
    let before = server.db.dump();
    let report = scan(&server, "intrusive").await;
    let text = serde_json::to_string(&report).unwrap();
    assert!(issued.lock().unwrap().iter().all(|token| !text.contains(token)), "a token stands in the report");
    assert_eq!(server.db.dump(), before, "{:?}", report.writes);
    assert!(
        report.writes.iter().filter(|write| write.identity != "auto-weak").all(|write| write.is_undone()),
        "{:?}",
        report.writes
    );
    (said(&report, check.0, check.1), report)
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_sound_api_is_silent_whatever_its_sessions_travel_in() {
    for transport in [Transport::Bearer, Transport::Cookie, Transport::Form, Transport::Envelope] {
        let (_, report) = verdict(App { transport, ..sound() }, OUT).await;
        for (check, operation) in ALL {
            let text = said(&report, check, operation);
            assert!(text.starts_with("Held"), "{transport:?} {check}: {text}");
        }
    }
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_weak_api_is_confirmed_whatever_its_sessions_travel_in() {
    for transport in [Transport::Bearer, Transport::Cookie, Transport::Form, Transport::Envelope] {
        let app = App {
            transport,
            logout: Logout::Weak,
            refusal: Refusal::Status,
            limit: Limit::None,
            policy: Policy::Any,
            ..sound()
        };
        let (_, report) = verdict(app, OUT).await;
        for (check, operation) in ALL {
            let text = said(&report, check, operation);
            assert_eq!(text, "confirmed", "{transport:?} {check}: {:?}", finding(&report, check, operation));
        }
        let claim = &finding(&report, PASSWORD.0, PASSWORD.1).unwrap().claim;
        assert!(claim.contains("`123456`") && claim.contains("single character"), "{claim}");
        let claim = &finding(&report, GUESSES.0, GUESSES.1).unwrap().claim;
        assert!(claim.starts_with("31 wrong passwords in") && claim.contains("all judged, no limit seen"), "{claim}");
        assert!(report.writes.iter().all(|write| write.is_undone()), "{:?}", report.writes);
    }
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn sign_outs_that_end_the_token_are_silent() {
    for logout in [Logout::Everywhere, Logout::OneToken, Logout::Guest] {
        for transport in [Transport::Bearer, Transport::Cookie, Transport::Envelope] {
            let (text, report) = verdict(App { logout, transport, ..sound() }, OUT).await;
            assert!(text.starts_with("Held: the token is refused"), "{logout:?} {transport:?}: {text}");
            // What came after it had a session.
            assert!(said(&report, PASSWORD.0, PASSWORD.1).starts_with("Held"));
        }
    }
    let (text, _) = verdict(App { logout: Logout::Refusing, ..sound() }, OUT).await;
    assert!(text.starts_with("Undecided"), "{text}");
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn one_token_for_all_sign_ins_is_tried_too() {
    let (text, report) = verdict(App { logout: Logout::OneTokenWeak, ..sound() }, OUT).await;
    assert_eq!(text, "confirmed", "{:?}", finding(&report, OUT.0, OUT.1));
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_token_of_minutes_beside_a_refresh_token_is_only_suspected() {
    let (text, report) = verdict(App { logout: Logout::ShortLived, ..sound() }, OUT).await;
    assert_eq!(text, "suspected", "{:?}", finding(&report, OUT.0, OUT.1));
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn names_are_told_by_a_message_alone_and_not_by_what_varies() {
    let (text, report) = verdict(App { refusal: Refusal::Message, ..sound() }, NAMES).await;
    assert_eq!(text, "confirmed", "{:?}", finding(&report, NAMES.0, NAMES.1));
    let (text, _) = verdict(App { refusal: Refusal::Echo, ..sound() }, NAMES).await;
    assert!(text.starts_with("Held"), "{text}");
    for refusal in [Refusal::Limited, Refusal::Fickle] {
        let (text, _) = verdict(App { refusal, ..sound() }, NAMES).await;
        assert!(text.starts_with("Undecided"), "{refusal:?}: {text}");
    }
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn every_kind_of_limit_is_seen() {
    for limit in [Limit::Slow, Limit::Silent, Limit::Message, Limit::Delay, Limit::Late] {
        let (text, _) = verdict(App { limit, ..sound() }, GUESSES).await;
        assert!(text.starts_with("Held"), "{limit:?}: {text}");
    }
    let (text, report) = verdict(App { limit: Limit::Announced, ..sound() }, GUESSES).await;
    assert_eq!(text, "suspected", "{:?}", finding(&report, GUESSES.0, GUESSES.1));
    let (text, _) = verdict(App { limit: Limit::None, policy: Policy::Unread, ..sound() }, GUESSES).await;
    assert!(text.starts_with("Undecided"), "{text}");
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_password_counts_only_once_it_signs_in() {
    for policy in [Policy::Soft, Policy::Pretended] {
        let (text, _) = verdict(App { policy, ..sound() }, PASSWORD).await;
        assert!(text.starts_with("Held"), "{policy:?}: {text}");
    }
    for policy in [Policy::Unread, Policy::Two] {
        let (text, _) = verdict(App { policy, ..sound() }, PASSWORD).await;
        // Where no further account can be made, none can be seen to go either.
        assert!(text.starts_with("Undecided") || text.starts_with("NotTried"), "{policy:?}: {text}");
    }
    let (text, report) = verdict(App { policy: Policy::Six, ..sound() }, PASSWORD).await;
    assert_eq!(text, "confirmed", "{:?}", finding(&report, PASSWORD.0, PASSWORD.1));
    assert!(!finding(&report, PASSWORD.0, PASSWORD.1).unwrap().claim.contains("single"));
}

/// A scan in the name of a configured user, whose account is never guessed at.
async fn as_configured(app: App) -> Report {
    let failures = Arc::clone(&app.failures);
    let server = server(app).await;
    let identities = "[identities.ann.login]\noperation = \"POST /login\"\nbody = { username = \"seed-ann\", password = { env = \"ANN\" } }\ntoken = \"/access_token\"\nsend = \"Authorization: Bearer {token}\"\n";
    let env = [("ANN".to_owned(), "pw of seed-ann".to_owned())];
    let report = scan_with(&server, "mode = \"intrusive\"\n", identities, &env).await;
    assert!(!failures.lock().unwrap().contains_key("seed-ann"));
    report
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn tries_that_are_not_judged_are_no_wrong_passwords() {
    let report = as_configured(App { limit: Limit::None, refusal: Refusal::Malformed, ..sound() }).await;
    let text = said(&report, GUESSES.0, GUESSES.1);
    assert!(text.starts_with("Undecided") && text.contains("no password may have been looked at"), "{text}");
    let report = as_configured(App { limit: Limit::None, refusal: Refusal::Grant, ..sound() }).await;
    let text = said(&report, GUESSES.0, GUESSES.1);
    assert!(text.starts_with("Undecided") && text.contains("would be locked"), "{text}");
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn no_wrong_password_is_tried_on_a_configured_user() {
    let report = as_configured(App { limit: Limit::None, refusal: Refusal::Status, ..sound() }).await;
    let text = said(&report, GUESSES.0, GUESSES.1);
    assert!(text.starts_with("Undecided") && text.contains("would be locked"), "{text}");
    assert!(said(&report, NAMES.0, NAMES.1).starts_with("NotTried"), "{}", said(&report, NAMES.0, NAMES.1));
    assert!(said(&report, OUT.0, OUT.1).starts_with("Held"), "{}", said(&report, OUT.0, OUT.1));
}
