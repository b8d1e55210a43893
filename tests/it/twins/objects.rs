//! Objects by id: UUIDs with a nested owner, and user names in the path behind envelopes at status 200.

use axum::Router;
use axum::extract::Path;
use axum::http::HeaderMap;
use axum::response::Response;
use axum::routing::get;
use serde_json::{Value, json};

use super::kit::{Document, Draft, Scheme, find, ok, only, refuse, unauthorized};

pub(super) fn drafts() -> Vec<Draft> {
    vec![notes_twin(true), notes_twin(false), profiles_twin(true), profiles_twin(false)]
}

const NOTES: Scheme = Scheme::Bearer;

fn person(name: &str) -> Value {
    let id = match name {
        "alice" => "0b0f4ad2-6f0e-4c1f-9a5e-5a4f9c1d7e01",
        _ => "9d2c7f18-33ab-4a67-8a0c-0c8f2b6e4d02",
    };
    json!({"id": id, "name": name})
}

fn notes() -> Value {
    let note = |id: &str, by: &str, title: &str, body: &str, labels: &[&str]| {
        json!({"id": id, "title": title, "body": body, "createdBy": person(by), "labels": labels,
               "updatedAt": "2031-03-04T10:22:31Z", "revision": 3})
    };
    json!([
        note(
            "5f1d9a0e-8a38-4d07-8f53-0d7f0c4b1101",
            "alice",
            "Garden plan",
            "Beans beside the shed, tomatoes in front",
            &["home"]
        ),
        note(
            "5f1d9a0e-8a38-4d07-8f53-0d7f0c4b1102",
            "alice",
            "Books",
            "Return the atlas on Thursday",
            &["library", "due"]
        ),
        note("c2e6b7d4-1c55-4b3f-a7a2-6e9d8f3a2201", "bob", "Locker", "Combination is 44-17-32, left bank", &["gym"]),
        note(
            "c2e6b7d4-1c55-4b3f-a7a2-6e9d8f3a2202",
            "bob",
            "Doctor",
            "Blood pressure 142 over 91, see again in May",
            &["health"]
        ),
    ])
}

fn is_by(note: &Value, who: &str) -> bool {
    note["createdBy"]["name"] == who
}

async fn my_notes(headers: HeaderMap) -> Response {
    let Some(who) = NOTES.who(&headers) else { return unauthorized() };
    let own = only(&notes(), |note| is_by(note, who));
    ok(json!({"data": {"items": own, "next": null}}))
}

async fn note(weak: bool, headers: HeaderMap, Path(id): Path<String>) -> Response {
    let Some(who) = NOTES.who(&headers) else { return unauthorized() };
    match find(&notes(), "/id", &id) {
        Some(note) if weak || is_by(&note, who) => ok(json!({"data": note})),
        _ => refuse(404, "no such note"),
    }
}

fn notes_twin(weak: bool) -> Draft {
    let me = async |headers: HeaderMap| match NOTES.who(&headers) {
        Some(who) => ok(json!({"data": person(who)})),
        None => unauthorized(),
    };
    Draft {
        name: if weak { "notes-weak" } else { "notes-repaired" },
        router: Router::new()
            .route("/api/me", get(me))
            .route("/api/notes", get(my_notes))
            .route("/api/notes/{noteId}", get(move |headers, id| note(weak, headers, id))),
        document: Document::new("Notes", NOTES)
            .get("/api/me", "Who am I", &json!({"data": person("alice")}))
            .get("/api/notes", "My notes", &json!({"data": {"items": notes(), "next": null}}))
            .get("/api/notes/{noteId}", "One note", &json!({"data": notes()[0]})),
        identities: NOTES.identities(&[("alice", "user"), ("bob", "user")]),
        expect: if weak { vec![("authz/bola-read", "GET /api/notes/{noteId}")] } else { vec![] },
    }
}

const PROFILES: Scheme = Scheme::ApiKey("X-Access-Key");

fn profiles() -> Value {
    json!([
        {"username": "alice", "account_id": 700143, "full_name": "Alice Marchetti", "born": "1988-07-14", "mobile": "+39 055 555 8821",
         "address": {"street": "Via dei Serragli 41", "town": "Firenze"}, "tax_number": "MRCLCA88L54D612K"},
        {"username": "bob", "account_id": 700288, "full_name": "Bob Castellan", "born": "1979-12-02", "mobile": "+39 041 555 3390",
         "address": {"street": "Calle Lunga 2204", "town": "Venezia"}, "tax_number": "CSTBBO79T02L736Z"},
    ])
}

/// Refusals have status 200, a code and German text.
fn envelope(code: u32, message: &str, data: Value) -> Response {
    ok(json!({"code": code, "message": message, "data": data}))
}

async fn session(headers: HeaderMap) -> Response {
    let Some(who) = PROFILES.who(&headers) else { return envelope(4001, "Bitte anmelden", Value::Null) };
    let profile = find(&profiles(), "/username", who).unwrap_or_default();
    envelope(0, "ok", json!({"username": who, "account_id": profile["account_id"]}))
}

async fn profile(weak: bool, headers: HeaderMap, Path(username): Path<String>) -> Response {
    let Some(who) = PROFILES.who(&headers) else { return envelope(4001, "Bitte anmelden", Value::Null) };
    match find(&profiles(), "/username", &username) {
        Some(profile) if weak || username == who => envelope(0, "ok", profile),
        Some(_) => envelope(4003, "Kein Zugriff auf dieses Konto", Value::Null),
        None => envelope(4004, "Konto nicht gefunden", Value::Null),
    }
}

fn profiles_twin(weak: bool) -> Draft {
    let shown = |data: &Value| json!({"code": 0, "message": "ok", "data": data});
    Draft {
        name: if weak { "profiles-weak" } else { "profiles-repaired" },
        router: Router::new()
            .route("/session", get(session))
            .route("/users/v1/{username}", get(move |headers, name| profile(weak, headers, name))),
        document: Document::new("Profiles", PROFILES)
            .get("/session", "The account of the key", &shown(&json!({"username": "alice", "account_id": 700143})))
            .get("/users/v1/{username}", "The account's private profile", &shown(&profiles()[0])),
        identities: PROFILES.identities(&[("alice", "user"), ("bob", "user")]),
        expect: if weak { vec![("authz/bola-read", "GET /users/v1/{username}")] } else { vec![] },
    }
}

mod tests {
    use super::super::named;
    use super::super::requests::{anonymous, get, presenting};

    #[tokio::test]
    async fn a_foreign_note_is_readable_only_in_the_weak_twin() {
        let path = "/api/notes/c2e6b7d4-1c55-4b3f-a7a2-6e9d8f3a2201";
        let (weak, repaired) = (named("notes-weak").await, named("notes-repaired").await);
        assert!(get(&weak, "alice", path).await.has("44-17-32"));
        let refused = get(&repaired, "alice", path).await;
        assert!(refused.status == 404 && !refused.has("44-17-32"));
        for twin in [&weak, &repaired] {
            assert!(get(twin, "bob", path).await.has("44-17-32"));
            assert_eq!(anonymous(twin, path).await.status, 401);
            assert_eq!(get(twin, "alice", "/api/notes/00000000-0000-4000-8000-000000000000").await.status, 404);
            assert!(!get(twin, "alice", "/api/notes").await.has("44-17-32"));
            assert_eq!(get(twin, "alice", "/api/me").await.json()["data"]["name"], "alice");
        }
    }

    #[tokio::test]
    async fn a_foreign_profile_is_readable_only_in_the_weak_twin() {
        let (weak, repaired) = (named("profiles-weak").await, named("profiles-repaired").await);
        assert!(get(&weak, "alice", "/users/v1/bob").await.has("Calle Lunga"));
        let refused = get(&repaired, "alice", "/users/v1/bob").await;
        assert_eq!((refused.status, refused.json()["code"].as_i64()), (200, Some(4003)));
        for twin in [&weak, &repaired] {
            assert!(get(twin, "bob", "/users/v1/bob").await.has("Calle Lunga"));
            assert_eq!(anonymous(twin, "/users/v1/bob").await.json()["code"], 4001);
            assert_eq!(presenting(twin, "nonsense", "/session").await.json()["code"], 4001);
            assert_eq!(get(twin, "alice", "/users/v1/zed").await.json()["code"], 4004);
        }
    }

    #[tokio::test]
    async fn requests_are_logged() {
        let twin = named("notes-weak").await;
        get(&twin, "alice", "/api/notes?limit=3").await;
        assert_eq!(*twin.hits.lock().unwrap(), ["GET /api/notes"]);
    }
}
