//! Signed tokens, each server with one fault; and a sound one with a route that any token seems to open.

use std::sync::Arc;

use axum::Router;
use axum::extract::Path;
use axum::http::HeaderMap;
use axum::response::Response;
use axum::routing::get;
use base64::Engine as _;
use base64::engine::general_purpose::URL_SAFE_NO_PAD;
use hmac::{Hmac, KeyInit, Mac};
use serde_json::{Value, json};

use super::kit::{Document, Draft, Identities, ok, unauthorized};

pub(super) fn drafts() -> Vec<Draft> {
    vec![
        draft("tokens-unsigned", Fault::Unsigned),
        draft("tokens-none", Fault::None),
        draft("tokens-guessable", Fault::Guessable),
        draft("tokens-titled", Fault::Titled),
        draft("tokens-eternal", Fault::Eternal),
        draft("tokens-repaired", Fault::Absent),
        public_beside_empty(),
    ]
}

/// What is wrong with the check.
#[derive(Clone, Copy, PartialEq, Eq)]
enum Fault {
    /// The signature is not looked at.
    Unsigned,
    /// `none` is refused as it is spelt, any other mix of capitals is not.
    None,
    /// The key is a word.
    Guessable,
    /// The key is the name of the service.
    Titled,
    /// The key is a word, and the expiry is not looked at either.
    Eternal,
    /// Nothing.
    Absent,
}

const ISSUED: i64 = 1_900_000_000;

fn encode(value: &Value) -> String {
    URL_SAFE_NO_PAD.encode(value.to_string())
}

fn decode(part: &str) -> Option<Value> {
    serde_json::from_slice(&URL_SAFE_NO_PAD.decode(part).ok()?).ok()
}

fn mac(key: &[u8], body: &str) -> Hmac<sha2::Sha256> {
    let mut mac = <Hmac<sha2::Sha256> as KeyInit>::new_from_slice(key).unwrap();
    mac.update(body.as_bytes());
    mac
}

fn token(algorithm: &str, subject: &str, expires: i64, key: Option<&[u8]>) -> String {
    let claims = json!({"sub": subject, "scope": "wallet", "iat": ISSUED, "exp": expires});
    let body = format!("{}.{}", encode(&json!({"typ": "JWT", "alg": algorithm})), encode(&claims));
    let signature = key.map(|key| URL_SAFE_NO_PAD.encode(mac(key, &body).finalize().into_bytes()));
    format!("{body}.{}", signature.unwrap_or_default())
}

/// The subject of the token, if the server takes it.
fn subject(fault: Fault, key: &[u8], headers: &HeaderMap) -> Option<String> {
    let token = headers.get("authorization")?.to_str().ok()?.strip_prefix("Bearer ")?;
    let (body, signature) = token.rsplit_once('.')?;
    let (head, payload) = body.split_once('.')?;
    let algorithm = decode(head)?["alg"].as_str()?.to_owned();
    let none = algorithm != "none" && algorithm.eq_ignore_ascii_case("none") && signature.is_empty();
    let signed = || {
        algorithm == "HS256"
            && mac(key, body).verify_slice(&URL_SAFE_NO_PAD.decode(signature).unwrap_or_default()).is_ok()
    };
    let taken = fault == Fault::Unsigned || (fault == Fault::None && none) || signed();
    let claims = decode(payload)?;
    let current = claims["exp"].as_i64()? > jiff::Timestamp::now().as_second() || fault == Fault::Eternal;
    let known = |name: &&str| matches!(*name, "alice" | "bob");
    (taken && current).then(|| claims["sub"].as_str().filter(known).map(str::to_owned)).flatten()
}

fn wallet(of: &str) -> Value {
    let (iban, balance) =
        if of == "alice" { ("LT12 1000 0111 0100 1000", 182_355) } else { ("EE38 2200 2210 2014 5685", 90_412) };
    json!({"holder": of, "iban": iban, "balance_cents": balance, "cards": [{"scheme": "debit", "limit_cents": 150_000}]})
}

fn key(fault: Fault) -> Vec<u8> {
    match fault {
        Fault::Guessable | Fault::Eternal => b"changeme".to_vec(),
        Fault::Titled => b"greenleaf-clinic".to_vec(),
        _ => rand::random::<[u8; 32]>().to_vec(),
    }
}

async fn own_wallet(fault: Fault, key: Arc<Vec<u8>>, headers: HeaderMap) -> Response {
    subject(fault, &key, &headers).map_or_else(unauthorized, |who| ok(wallet(&who)))
}

fn draft(name: &'static str, fault: Fault) -> Draft {
    let key = Arc::new(key(fault));
    let mut identities = Identities::default();
    for who in ["alice", "bob"] {
        let variable = format!("TWIN_{}", who.to_uppercase());
        let value = token("HS256", who, jiff::Timestamp::now().as_second() + 7200, Some(&key));
        identities.add(who, "user", &format!("bearer = {{ env = \"{variable}\" }}"), (variable.clone(), value));
    }
    // A trap: whatever token comes, the rates are public, so a forged one "works" too.
    let rates = json!({"rates": [{"pair": "EUR/SEK", "rate": "11.4412"}, {"pair": "EUR/NOK", "rate": "11.9080"}]});
    let shown = rates.clone();
    let title = if fault == Fault::Titled { "Greenleaf Clinic API" } else { "Wallet" };
    Draft {
        name,
        router: Router::new()
            .route("/wallet", get(move |headers| own_wallet(fault, Arc::clone(&key), headers)))
            .route("/rates", get(async move || ok(rates))),
        document: Document::with_scheme(title, json!({"type": "http", "scheme": "bearer", "bearerFormat": "JWT"}))
            .get("/wallet", "The caller's wallet", &wallet("alice"))
            .operation("/rates", "Exchange rates", &shown, json!({"security": [{}, {"main": []}]})),
        identities,
        expect: match fault {
            Fault::Unsigned => vec![("token/signature-not-verified", "GET /wallet")],
            Fault::None => vec![("token/alg-none", "GET /wallet")],
            Fault::Guessable | Fault::Titled => vec![("token/weak-secret", "GET /wallet")],
            Fault::Eternal => vec![("token/weak-secret", "GET /wallet"), ("token/expired-accepted", "GET /wallet")],
            Fault::Absent => vec![],
        },
    }
}

/// Readings of stations, for every caller whatever it carries. The first station of the list has none yet, so that its
/// empty list says nothing of tokens; the document's example has some.
fn public_beside_empty() -> Draft {
    let key = Arc::new(key(Fault::Absent));
    let mut identities = Identities::default();
    for who in ["alice", "bob"] {
        let variable = format!("TWIN_{}", who.to_uppercase());
        let value = token("HS256", who, jiff::Timestamp::now().as_second() + 7200, Some(&key));
        identities.add(who, "user", &format!("bearer = {{ env = \"{variable}\" }}"), (variable.clone(), value));
    }
    let readings = |station: &str| match station {
        "403" => json!([{"at": "2031-02-03T04:05:06Z", "level_mm": 2391, "buoy": "north-reef-7"}]),
        _ => json!([]),
    };
    let stations = json!([{"station_id": 401, "name": "South pier"}]);
    let shown = stations.clone();
    let example = json!({"parameters": [{"name": "station_id", "in": "path", "required": true, "example": 403, "schema": {"type": "integer"}}]});
    Draft {
        name: "tokens-public-beside-empty",
        router: Router::new()
            .route("/wallet", get(move |headers| own_wallet(Fault::Absent, Arc::clone(&key), headers)))
            .route("/stations", get(async move || ok(stations)))
            .route("/stations/{station_id}/readings", get(async move |Path(id): Path<String>| ok(readings(&id)))),
        document: Document::with_scheme("Buoys", json!({"type": "http", "scheme": "bearer", "bearerFormat": "JWT"}))
            .get("/wallet", "The caller's wallet", &wallet("alice"))
            .get("/stations", "Stations", &shown)
            .operation("/stations/{station_id}/readings", "Readings of a station", &readings("403"), example),
        identities,
        expect: vec![],
    }
}

mod tests {
    use super::super::requests::{anonymous, presenting};
    use super::super::{Twin, named};
    use super::{ISSUED, token};

    const FAR: i64 = 4_102_444_800;

    async fn opens(twin: &Twin, token: &str) -> bool {
        let seen = presenting(twin, token, "/wallet").await;
        assert!(matches!(seen.status, 200 | 401));
        seen.status == 200 && seen.json()["holder"] == "bob"
    }

    #[tokio::test]
    async fn each_server_takes_the_forgeries_of_its_own_fault() {
        let long_ago = 1_700_000_000;
        assert!(long_ago < ISSUED);
        for (name, expected) in [
            ("tokens-unsigned", [true, true, false, true]),
            ("tokens-none", [false, false, false, true]),
            ("tokens-guessable", [false, true, false, false]),
            ("tokens-eternal", [false, true, true, false]),
            ("tokens-repaired", [false, false, false, false]),
        ] {
            let twin = named(name).await;
            let forgeries = [
                token("HS256", "bob", FAR, Some(b"a key nobody has")),
                token("HS256", "bob", FAR, Some(b"changeme")),
                token("HS256", "bob", long_ago, Some(b"changeme")),
                token("NONE", "bob", FAR, None),
            ];
            let mut taken = Vec::new();
            for forgery in &forgeries {
                taken.push(opens(&twin, forgery).await);
            }
            assert_eq!(taken, expected, "{name}");
            let own = &twin.env.iter().find(|(variable, _)| variable.ends_with("BOB")).unwrap().1;
            assert!(opens(&twin, own).await, "{name}");
            assert_eq!(anonymous(&twin, "/wallet").await.status, 401);
            assert_eq!(presenting(&twin, "e30.e30.e30", "/wallet").await.status, 401);
            assert_eq!(presenting(&twin, "nonsense", "/rates").await.status, 200);
        }
    }

    #[tokio::test]
    async fn the_name_of_the_service_signs_only_where_it_is_the_key() {
        let forgery = token("HS256", "bob", FAR, Some(b"greenleaf-clinic"));
        assert!(opens(&named("tokens-titled").await, &forgery).await);
        assert!(!opens(&named("tokens-repaired").await, &forgery).await);
    }

    #[tokio::test]
    async fn the_plain_spelling_of_none_is_refused() {
        let twin = named("tokens-none").await;
        assert!(!opens(&twin, &token("none", "bob", FAR, None)).await);
        assert!(opens(&twin, &token("nOnE", "bob", FAR, None)).await);
    }
}
