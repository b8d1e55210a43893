//! The values that are looked for, and tokens that resemble them.

use base64::Engine as _;
use base64::engine::general_purpose::URL_SAFE_NO_PAD;
use routewarden::detect::known::Needle;
use routewarden::model::Secret;

use crate::draw::Draw;
use crate::other::Piece;

const LETTERS: &str = "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789";
const BASE64URL: &str = "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789-_";
const BASE32: &str = "abcdefghijklmnopqrstuvwxyz234567";
const DIGITS: &str = "0123456789";
const HEX: &str = "0123456789abcdef";

/// What a value is.
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub enum Kind {
    /// A signed token of a person.
    Jwt,
    /// 32 random letters and digits.
    Opaque,
    /// 26 characters of base32.
    Canary,
    /// A key behind a vendor's prefix.
    ApiKey,
    /// 36 characters.
    Uuid,
    /// 12 characters.
    Password,
}

impl Kind {
    /// For tables.
    pub fn name(self) -> &'static str {
        match self {
            Self::Jwt => "jwt",
            Self::Opaque => "opaque",
            Self::Canary => "canary",
            Self::ApiKey => "api key",
            Self::Uuid => "uuid",
            Self::Password => "password",
        }
    }
}

/// A value that is looked for.
pub struct Value {
    /// What it is.
    pub kind: Kind,
    /// The value itself.
    pub text: String,
}

impl Value {
    /// For the finder.
    pub fn needle(&self) -> Needle {
        Needle { name: self.kind.name().to_owned(), value: Secret::new(self.text.clone()) }
    }
}

/// So many values of each kind.
pub fn draw(draw: &mut Draw, times: usize) -> Vec<Value> {
    let kinds = [Kind::Jwt, Kind::Opaque, Kind::Canary, Kind::ApiKey, Kind::Uuid, Kind::Password];
    kinds.iter().flat_map(|kind| vec![*kind; times]).map(|kind| Value { kind, text: value(draw, kind) }).collect()
}

fn value(draw: &mut Draw, kind: Kind) -> String {
    match kind {
        Kind::Jwt => jwt(draw),
        Kind::Opaque => draw.text(LETTERS, 32),
        Kind::Canary => draw.text(BASE32, 26),
        Kind::ApiKey => format!("sk-ant-{}-{}", "api03", draw.text(BASE64URL, 93)),
        Kind::Uuid => [8, 4, 4, 4, 12].map(|length| draw.text(HEX, length)).join("-"),
        Kind::Password => draw.text("abcdefghijkmnpqrstuvwxyzABCDEFGHJKLMNPQRSTUVWXYZ23456789!$%&*+-#", 12),
    }
}

/// A token as many services make them: the same header, issuer and names of claims.
fn jwt(draw: &mut Draw) -> String {
    let name = draw.of(&["alice", "bob", "carol", "dan", "erin", "frank"]).copied().unwrap_or_default();
    let issued = 1_762_900_000 + draw.below(90_000);
    let claims = format!(
        r#"{{"iss":"https://auth.shop.test/","aud":"https://api.shop.test","sub":"auth0|{}","name":"{name}","role":"user","iat":{issued},"exp":{}}}"#,
        draw.text(HEX, 24),
        issued + 3600
    );
    let header = URL_SAFE_NO_PAD.encode(r#"{"alg":"HS256","typ":"JWT"}"#);
    format!("{header}.{}.{}", URL_SAFE_NO_PAD.encode(claims), draw.text(BASE64URL, 43))
}

/// About so many bytes of other values of the same kinds, one a line.
pub fn others(draw: &mut Draw, known: &[Value], n_bytes: usize) -> Vec<Piece> {
    let kinds: Vec<Kind> = known.iter().map(|value| value.kind).collect();
    let mut pieces = Vec::new();
    while pieces.len() * 1024 * 1024 < n_bytes {
        let mut text = String::new();
        while text.len() < 1024 * 1024 {
            let kind = draw.of(&kinds).copied().unwrap_or(Kind::Jwt);
            let number = draw.text(DIGITS, 6);
            text.push_str(&format!(
                "{{\"id\":{number},\"kind\":\"{}\",\"value\":\"{}\"}}\n",
                kind.name(),
                value(draw, kind)
            ));
        }
        pieces.push(Piece { from: "other values of the same kinds".to_owned(), text });
    }
    pieces
}
