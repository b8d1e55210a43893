//! JSON Web Tokens and session values. Source: RFC 7515, 7516, 7519, RFC 6265 and the frameworks' defaults.

use serde_json::{Value, json};

use crate::kit::codes::base64url;
use crate::kit::draw::{ALNUM, Draw, LOWER};
use crate::kit::filler;
use crate::kit::forms::{ANY, Form, HEADER};
use crate::kit::kind::{Kind, kind, marked};

const NAMES: &[&str] = &["access_token", "id_token", "token", "jwt", "accessToken"];
const COOKIE_NAMES: &[&str] = &["Set-Cookie", "Cookie", "cookie"];
const COOKIE: &[Form] = HEADER;

pub fn kinds() -> Vec<Kind> {
    vec![
        kind("jwt-hs256", "access token", NAMES, ANY, |d| jws(d, "HS256", 32)),
        kind("jwt-hs512", "access token", NAMES, ANY, |d| jws(d, "HS512", 64)),
        kind("jwt-rs256", "access token", NAMES, ANY, |d| jws(d, "RS256", 256)),
        kind("jwt-es256", "access token", NAMES, ANY, |d| jws(d, "ES256", 64)),
        kind("jwt-eddsa", "access token", NAMES, ANY, |d| jws(d, "EdDSA", 64)),
        kind("supabase-service-role", "Supabase service key", &["service_role_key", "supabase_key"], ANY, |d| {
            let claims = json!({"iss": "supabase", "ref": d.of(LOWER, 20),
                "role": "service_role", "iat": 1_700_000_000, "exp": 2_015_000_000});
            signed(d, &json!({"alg": "HS256", "typ": "JWT"}), &claims, 32)
        }),
        kind("jwe", "encrypted token", NAMES, ANY, |d| {
            let head = json!({"alg": "RSA-OAEP-256", "enc": "A256GCM", "kid": d.hex(16)});
            let (key, iv, text, tag) = (d.base64url(256), d.base64url(12), d.base64url(180), d.base64url(16));
            format!("{}.{key}.{iv}.{text}.{tag}", base64url(head.to_string().as_bytes()))
        }),
        kind("jwe-direct", "session token", NAMES, ANY, |d| {
            let head = json!({"alg": "dir", "enc": "A256GCM"});
            let (iv, text, tag) = (d.base64url(12), d.base64url(220), d.base64url(16));
            format!("{}..{iv}.{text}.{tag}", base64url(head.to_string().as_bytes()))
        }),
        kind("cookie-session-id", "cookie", COOKIE_NAMES, COOKIE, |d| {
            let (name, value) = (d.pick(&["sessionid", "PHPSESSID", "JSESSIONID", "connect.sid"]), d.alnum(32));
            format!("{name}={}; Path=/; HttpOnly; Secure", marked(&value))
        }),
        kind("cookie-express", "cookie", COOKIE_NAMES, COOKIE, |d| {
            let value = format!("s%3A{}.{}", d.url_safe(32), d.base64(32).replace('+', "%2B").replace('/', "%2F"));
            format!("connect.sid={}; Path=/; HttpOnly", marked(value.trim_end_matches('=')))
        }),
        kind("cookie-jwt", "cookie", COOKIE_NAMES, COOKIE, |d| {
            let value = jws(d, "HS256", 32);
            format!("access_token={}; Path=/; HttpOnly; SameSite=Lax", marked(&value))
        }),
        kind("cookie-flask", "cookie", COOKIE_NAMES, COOKIE, |d| {
            let body = base64url(json!({"user_id": d.between(1, 9999), "_fresh": true}).to_string().as_bytes());
            format!("session={}; HttpOnly; Path=/", marked(&format!("{body}.{}.{}", d.url_safe(6), d.url_safe(27))))
        }),
        kind(
            "refresh-token-opaque",
            "refresh token",
            &["refresh_token", "refreshToken"],
            super::fields::IN_FIELDS,
            |d| d.of(ALNUM, 64),
        ),
        kind(
            "session-token-opaque",
            "session token",
            &["session_token", "sessionToken"],
            super::fields::IN_FIELDS,
            |d| d.hex(64),
        ),
    ]
}

/// A signed token with claims of a user; the signature is of the length of the algorithm and random.
pub fn jws(draw: &mut Draw, algorithm: &str, signature: usize) -> String {
    let mut head = json!({"alg": algorithm, "typ": "JWT"});
    if let (Value::Object(map), true) = (&mut head, signature > 32) {
        map.insert("kid".to_owned(), json!(draw.hex(12)));
    }
    let from = draw.between(1_700_000_000, 1_790_000_000);
    let claims = json!({
        "iss": format!("https://{}/", draw.host()),
        "sub": draw.uuid('4'),
        "aud": filler::noun(draw),
        "email": filler::email(draw),
        "iat": from,
        "exp": from + 3600,
        "scope": "read write",
    });
    signed(draw, &head, &claims, signature)
}

fn signed(draw: &mut Draw, head: &Value, claims: &Value, signature: usize) -> String {
    let (head, claims) = (base64url(head.to_string().as_bytes()), base64url(claims.to_string().as_bytes()));
    format!("{head}.{claims}.{}", draw.base64url(signature))
}
