//! An assay office whose tokens are signed with a shared key, which is a common word at times. Each counter reads them by
//! itself: one takes `kid` for a path, one looks at no claim that restricts a token.

use base64::Engine as _;
use base64::engine::general_purpose::URL_SAFE_NO_PAD;
use jsonwebtoken::{Algorithm, DecodingKey, EncodingKey, crypto};
use serde_json::{Value, json};

use crate::case::{Accounts, Case, Twin, sound, weak};
use crate::kit::{
    Call, Door, Handler, Reply, Route, World, described, digest, house, key_of, list_of, now, object, ok, only, op,
    refer, text,
};

pub const TWIN: Twin = Twin {
    name: "assay",
    style: "HS256 with kid, aud and iss",
    mode: "intrusive",
    accounts: Accounts::SignIn(&[("bea", "guest"), ("carl", "guest")], "POST /login", "/access_token"),
    build,
    routes: |_| routes(),
    base,
    id: |_| json!({"type": "integer"}),
    cases,
    pair: ("bea", "carl"),
};

const AUDIENCE: &str = "assay-office";
const ISSUER: &str = "https://assay.example/";

fn build(on: &[&'static str]) -> World {
    let mut w = house("unused here", &[(1, "bea", "guest"), (2, "carl", "guest")], on);
    for (id, guest, name) in [(931, 1, "bea"), (932, 2, "carl")] {
        for table in ["ores", "ingots", "rings"] {
            w.put(table, json!({"id": id, "guest_id": guest, "text": format!("Weighed for {name}, {table} at dawn")}));
        }
    }
    w
}

fn base() -> Value {
    described("Assay office", &[("Piece", object("id!:i guest_id!:i text!"))])
}

fn secret(w: &World) -> &'static [u8] {
    if w.weak("common-key") { b"secret" } else { b"Vw4!kB9@zN2_xR7#cT5mQ8pS1hF6gL3d" }
}

/// What a counter forgets.
#[derive(Clone, Copy, Default)]
struct Laxity {
    kid_is_a_path: bool,
    any_claims: bool,
}

fn issue(w: &World, user: &Value) -> Option<String> {
    let lives = if w.weak("long-lived") { 30 * 86_400 } else { 900 };
    let mut claims = json!({
        "sub": key_of(user), "iat": now(), "nbf": now() - 5, "exp": now() + lives, "aud": AUDIENCE, "iss": ISSUER, "role": user["role"]
    });
    if w.weak("hash-in-token") {
        let salted = digest(&text(&user["username"]));
        claims["profile"] = json!({"password_hash": format!("$6$rounds=5000${}${salted}", &salted[..12])});
    }
    let part = |value: &Value| URL_SAFE_NO_PAD.encode(value.to_string());
    let input = format!("{}.{}", part(&json!({"alg": "HS256", "typ": "JWT", "kid": "keys/assay-1"})), part(&claims));
    let signature = crypto::sign(input.as_bytes(), &EncodingKey::from_secret(secret(w)), Algorithm::HS256).ok()?;
    Some(format!("{input}.{signature}"))
}

fn claims_of(w: &World, token: &str, lax: Laxity) -> Option<Value> {
    let (input, signature) = token.rsplit_once('.')?;
    let (head, payload) = input.split_once('.')?;
    let part = |part: &str| serde_json::from_slice::<Value>(&URL_SAFE_NO_PAD.decode(part).ok()?).ok();
    let (head, claims) = (part(head)?, part(payload)?);
    let kid = head["kid"].as_str().unwrap_or_default();
    // The file that a path leads to: there is nothing in this one.
    let key = if lax.kid_is_a_path && kid.ends_with("/dev/null") { b"".as_slice() } else { secret(w) };
    let is_signed = head["alg"] == "HS256"
        && crypto::verify(signature, input.as_bytes(), &DecodingKey::from_secret(key), Algorithm::HS256)
            .unwrap_or(false);
    let is_alive = claims["exp"].as_u64().is_some_and(|end| end > now());
    let begun = claims["nbf"].as_u64().is_none_or(|begin| begin <= now());
    let fits = lax.any_claims || (begun && claims["aud"] == AUDIENCE && claims["iss"] == ISSUER);
    (is_signed && is_alive && fits).then_some(claims)
}

fn shown(w: &World, c: &Call, table: &str, lax: Laxity) -> Result<Reply, Reply> {
    let token = c.header("authorization").and_then(|line| line.strip_prefix("Bearer "));
    let user = token.and_then(|token| claims_of(w, token, lax)).and_then(|claims| w.user(&text(&claims["sub"])));
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
            let token = issue(w, &user).ok_or_else(|| w.refuse(500, "no token today"))?;
            Ok(ok(json!({"access_token": token})))
        })
        .open()
        .takes(refer("Login"))
        .gives(200, refer("Token")),
        op("GET", "/me", "me", |w, c| shown(w, c, "me", Laxity::default()))
            .door(Door::Unlocked)
            .gives(200, refer("User")),
        counter("/ores", "listOres", |w, c| {
            shown(w, c, "ores", Laxity { kid_is_a_path: w.weak("kid-path"), ..Laxity::default() })
        }),
        counter("/ingots", "listIngots", |w, c| {
            shown(w, c, "ingots", Laxity { any_claims: w.weak("any-claims"), ..Laxity::default() })
        }),
        counter("/rings", "listRings", |w, c| shown(w, c, "rings", Laxity::default())),
    ]
}

fn cases() -> Vec<Case> {
    vec![
        weak("token/weak-secret", "*", "common-key", "the key is a common word"),
        weak("token/kid-injection", "GET /ores", "kid-path", "takes `kid` for the path of the key"),
        sound("token/kid-injection", "GET /ingots", "lax about claims, and has one key"),
        sound("token/kid-injection", "GET /rings | GET /me", "has one key"),
        weak("token/claims-unchecked", "GET /ingots", "any-claims", "looks at no aud, iss or nbf"),
        sound("token/claims-unchecked", "GET /rings | GET /me", "looks at all of them, though the key is known"),
        sound("token/claims-unchecked", "GET /ores", "lax about `kid`, and looks at all of them"),
        weak("token/long-lived", "*", "long-lived", "thirty days"),
        weak("token/sensitive-claims", "*", "hash-in-token", "the hash of the password stands in the token"),
        sound("token/embedded-key", "*", "looks at no `jwk`"),
        sound("token/key-confusion", "*", "signed with a shared key"),
        sound("token/expired-accepted", "*", "exp is looked at"),
    ]
}
