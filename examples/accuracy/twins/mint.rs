//! A mint whose tokens are signed with a private key. Its public key is shown, as it should be; one counter takes that key
//! for a shared secret when the token says so, another takes the key that the token brings along.

use base64::Engine as _;
use base64::engine::general_purpose::{STANDARD, URL_SAFE_NO_PAD};
use jsonwebtoken::{Algorithm, DecodingKey, EncodingKey, crypto};
use serde_json::{Value, json};

use crate::case::{Accounts, Case, Twin, sound, weak};
use crate::kit::{
    Call, Door, Handler, Reply, Route, World, described, house, key_of, list_of, now, object, ok, only, op, refer, text,
};

pub const TWIN: Twin = Twin {
    name: "mint",
    style: "RS256, JWKS",
    mode: "intrusive",
    accounts: Accounts::SignIn(&[("zoe", "guest"), ("abel", "guest")], "POST /login", "/access_token"),
    build,
    routes: |_| routes(),
    base,
    id: |_| json!({"type": "integer"}),
    cases,
    pair: ("zoe", "abel"),
};

const PRIVATE: &str = include_str!("mint_key.txt");
const MODULUS: &str = include_str!("mint_modulus.txt");
const PUBLIC: &str = include_str!("mint_public.txt");
const DAY: u64 = 86_400;

fn build(on: &[&'static str]) -> World {
    let mut w = house("unused here", &[(1, "zoe", "guest"), (2, "abel", "guest")], on);
    for (id, guest, name) in [(901, 1, "zoe"), (902, 2, "abel")] {
        for table in ["coins", "medals", "notes"] {
            w.put(table, json!({"id": id, "guest_id": guest, "text": format!("Struck for {name}, {table} of silver")}));
        }
    }
    w
}

fn base() -> Value {
    described("Mint", &[("Piece", object("id!:i guest_id!:i text!")), ("Keys", object("keys:o"))])
}

/// What a counter forgets about the token's header.
#[derive(Clone, Copy, Default)]
struct Trust {
    public_key_as_secret: bool,
    key_of_the_token: bool,
}

fn issue(user: &Value) -> Option<String> {
    let head = json!({"alg": "RS256", "typ": "JWT", "kid": "mint-1"});
    // A day, and what the protocols put into tokens.
    let claims = json!({
        "sub": key_of(user), "iat": now(), "exp": now() + DAY, "email": "guest@mint.example", "name": user["username"],
        "csrf": "6f1c0b7e2d9a4583", "at_hash": "77QmUPtjPfzWtF2AnpK9RQ", "nonce": "n-0S6_WzA2Mj"
    });
    let part = |value: &Value| URL_SAFE_NO_PAD.encode(value.to_string());
    let input = format!("{}.{}", part(&head), part(&claims));
    let key = EncodingKey::from_rsa_der(&STANDARD.decode(PRIVATE.trim()).ok()?);
    let signature = crypto::sign(input.as_bytes(), &key, Algorithm::RS256).ok()?;
    Some(format!("{input}.{signature}"))
}

fn claims_of(token: &str, trust: Trust) -> Option<Value> {
    let (input, signature) = token.rsplit_once('.')?;
    let (head, payload) = input.split_once('.')?;
    let part = |part: &str| serde_json::from_slice::<Value>(&URL_SAFE_NO_PAD.decode(part).ok()?).ok();
    let (head, claims) = (part(head)?, part(payload)?);
    let own = || DecodingKey::from_rsa_components(MODULUS.trim(), "AQAB").ok();
    let jwk = Some(&head["jwk"]).filter(|jwk| trust.key_of_the_token && jwk.is_object());
    let (key, algorithm) = match (head["alg"].as_str()?, jwk) {
        ("RS256", Some(jwk)) => {
            (DecodingKey::from_rsa_components(jwk["n"].as_str()?, jwk["e"].as_str()?).ok()?, Algorithm::RS256)
        }
        ("RS256", None) => (own()?, Algorithm::RS256),
        ("HS256", _) if trust.public_key_as_secret => (DecodingKey::from_secret(PUBLIC.as_bytes()), Algorithm::HS256),
        _ => return None,
    };
    let is_signed = crypto::verify(signature, input.as_bytes(), &key, algorithm).unwrap_or(false);
    let is_alive = claims["exp"].as_u64().is_some_and(|end| end > now());
    (is_signed && is_alive).then_some(claims)
}

fn shown(w: &World, c: &Call, table: &str, trust: Trust) -> Result<Reply, Reply> {
    let token = c.header("authorization").and_then(|line| line.strip_prefix("Bearer "));
    let claims = token.and_then(|token| claims_of(token, trust));
    let user = claims.and_then(|claims| w.user(&text(&claims["sub"])));
    let Some(user) = user else { return Err(w.refuse(401, "sign in first").with("www-authenticate", "Bearer")) };
    if table == "me" {
        return Ok(ok(only(&user, &["id", "username", "role"])));
    }
    Ok(ok(w.of(table, "guest_id", &user["id"]).into()))
}

fn counter(path: &'static str, name: &str, handler: Handler) -> Route {
    op("GET", path, name, handler).door(Door::Unlocked).gives(200, list_of(refer("Piece")))
}

fn routes() -> Vec<Route> {
    vec![
        op("POST", "/login", "login", |w, c| {
            let user = w.sign_in(c)?;
            let token = issue(&user).ok_or_else(|| w.refuse(500, "no token today"))?;
            Ok(ok(json!({"access_token": token})))
        })
        .open()
        .takes(refer("Login"))
        .gives(200, refer("Token")),
        op("GET", "/me", "me", |w, c| shown(w, c, "me", Trust::default()))
            .door(Door::Unlocked)
            .gives(200, refer("User")),
        counter("/coins", "listCoins", |w, c| {
            shown(w, c, "coins", Trust { public_key_as_secret: w.weak("confused"), ..Trust::default() })
        }),
        counter("/medals", "listMedals", |w, c| {
            shown(w, c, "medals", Trust { key_of_the_token: w.weak("trusts-jwk"), ..Trust::default() })
        }),
        counter("/notes", "listNotes", |w, c| shown(w, c, "notes", Trust::default())),
        // Meant for everybody.
        op("GET", "/.well-known/jwks.json", "getKeys", |_, _| {
            let key =
                json!({"kty": "RSA", "kid": "mint-1", "alg": "RS256", "use": "sig", "n": MODULUS.trim(), "e": "AQAB"});
            Ok(ok(json!({"keys": [key]})))
        })
        .open()
        .gives(200, refer("Keys")),
    ]
}

fn cases() -> Vec<Case> {
    vec![
        weak(
            "token/key-confusion",
            "GET /coins",
            "confused",
            "takes the public key for a secret when the token says HS256",
        ),
        sound("token/key-confusion", "GET /medals | GET /me", "HS256 is refused, whatever it is signed with"),
        sound("token/key-confusion", "GET /notes", "the same; the public key is shown, as it should be"),
        weak("token/embedded-key", "GET /medals", "trusts-jwk", "takes the key that the token brings along"),
        sound("token/embedded-key", "GET /coins", "confused about algorithms, and looks at no `jwk`"),
        sound("token/embedded-key", "GET /notes | GET /me", "looks at no `jwk`"),
        sound("token/kid-injection", "*", "there is one key, whatever `kid` says"),
        sound("token/claims-unchecked", "*", "nobody can sign"),
        sound("token/long-lived", "*", "a day, to the second"),
        sound("token/sensitive-claims", "*", "a name, an address, and what the protocols put there"),
        sound("token/predictable", "*", "signed"),
    ]
}
