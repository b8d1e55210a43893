//! Bodies for signing up and in, and where an answer carries the token: what documents and servers commonly do.

use serde_json::{Map, Value, json};

use super::bodies::{Body, build_body};
use super::fields::{Field, is_email};
use super::further::{inner_object, wrap_in_object};
use super::kinds::{Acting, is_password};
use super::privileges::{least_value, names_privilege};
use crate::model::{Api, Place, SchemeKind, TokenSource};
use crate::probe::Response;
use crate::survey::{leaves_of, split_words};

/// Stands for the password in bodies that are kept.
pub const PASSWORD: &str = "{secret:password}";
/// Longest password that is made.
pub const PASSWORD_LENGTH: usize = 20;

/// Who a throw-away account is.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Persona {
    /// User name; also what its objects are known by.
    pub username: String,
    /// E-mail address in a domain that nobody can have (RFC 2606).
    pub email: String,
}

impl Persona {
    /// A persona of a marker.
    pub fn new(marker: &str) -> Self {
        Self { username: marker.to_owned(), email: format!("{marker}@example.com") }
    }

    /// By what a sign-up's body names it: its user name, or else its address.
    pub(super) fn signed_as(&self, body: &Value) -> &str {
        let within = inner_object(&mut body.clone()).cloned().unwrap_or_default();
        let named = within.values().any(|value| *value == self.username);
        if named { &self.username } else { &self.email }
    }
}

/// The body of a sign-up, the password as a placeholder.
pub fn sign_up_body(api: &Api, acting: &Acting, who: &Persona) -> Body {
    let mut made = build_body(api, acting, &who.username).unwrap_or_else(Body::empty);
    if !made.value.is_object() {
        made.value = json!({});
    }
    let (wrapper, declared) = acting.inner_fields(api);
    wrap_in_object(&mut made.value, wrapper);

    if let Some(members) = inner_object(&mut made.value) {
        for field in &declared {
            // Documents often mark a name and an address as optional where one of the two must be there.
            let credential = is_password(&field.name) || is_email(&field.name) || is_user_name(&field.name);
            if (credential || is_confirmation(&field.name)) && !members.contains_key(&field.name) {
                members.insert(field.name.clone(), json!(""));
            }
        }

        // A refusal corrects these usual names where they are wrong.
        if members.is_empty() && declared.is_empty() {
            for name in ["username", "email", "password"] {
                members.insert(name.to_owned(), json!(""));
            }
        }
        for (name, value) in members.iter_mut() {
            let field = declared.iter().find(|field| field.name == *name);
            personalise_field(api, (name, field), value, who);
        }
    }

    made
}

fn personalise_field(api: &Api, (name, field): (&str, Option<&Field>), value: &mut Value, who: &Persona) {
    if is_password(name) || is_confirmation(name) {
        *value = json!(PASSWORD);
    } else if is_email(name) {
        *value = json!(who.email);
    } else if is_user_name(name) {
        *value = json!(who.username);
    } else if let Some(least) = field.filter(|_| names_privilege(name)).and_then(|field| least_value(api, field)) {
        *value = least;
    } else if value.is_boolean() && names_consent(name) {
        // Sign-ups are refused without consent to their terms.
        *value = json!(true);
    }
}

fn names_consent(name: &str) -> bool {
    split_words(name).iter().any(|word| {
        matches!(word.as_str(), "terms" | "tos" | "accept" | "accepted" | "agree" | "agreed" | "consent" | "gdpr")
    })
}

/// Whether a field takes the password again.
pub fn is_confirmation(name: &str) -> bool {
    let joined = split_words(name).join("");
    joined.contains("pass")
        && ["confirm", "repeat", "again", "verif", "2", "retype"].iter().any(|word| joined.contains(word))
}

/// Whether a field takes the name to sign in with.
pub fn is_user_name(name: &str) -> bool {
    matches!(
        split_words(name).join("").as_str(),
        "username" | "user" | "login" | "handle" | "nickname" | "userid" | "loginname" | "accountname"
    )
}

/// The bodies of a sign-in that may be right, best first.
pub fn sign_in_bodies(api: &Api, acting: &Acting, who: &Persona, signed_up: &Value) -> Vec<Body> {
    let mut made = build_body(api, acting, "").unwrap_or_else(Body::empty);
    let (wrapper, declared) = acting.inner_fields(api);
    wrap_in_object(&mut made.value, wrapper.clone());
    let sample = inner_object(&mut made.value).cloned().unwrap_or_default();
    let signed_up = inner_object(&mut signed_up.clone()).cloned().unwrap_or_default();
    let mut names: Vec<String> = sample.keys().cloned().collect();
    names.extend(
        declared.iter().map(|field| field.name.clone()).filter(|name| !names.contains(name)).collect::<Vec<_>>(),
    );
    // An optional field, such as a one-time code, may change what the sign-in asks for.
    names.retain(|name| {
        let credential =
            is_password(name) || is_email(name) || is_identifier(name) || split_words(name).join("") == "granttype";
        credential || declared.iter().any(|field| field.name == *name && field.required)
    });
    if !names.iter().any(|name| is_password(name)) {
        // Nothing is documented: what was signed up with.
        names = signed_up.keys().cloned().collect();
        names.retain(|name| is_password(name) || is_email(name) || is_identifier(name));
    }
    let has_name = signed_up.iter().any(|(name, value)| is_user_name(name) && value.as_str() == Some(&who.username));
    // Some APIs sign in by a name and others by an address: what the sign-up took comes first.
    let (first, second) = if has_name { (&who.username, &who.email) } else { (&who.email, &who.username) };
    let with = |identifier: &str| {
        let mut members = Map::new();
        for name in &names {
            let value = if is_password(name) {
                json!(PASSWORD)
            } else if is_email(name) {
                json!(who.email)
            } else if is_identifier(name) {
                json!(identifier)
            } else if split_words(name).join("") == "granttype" {
                // The password grant (RFC 6749 section 4.3) must be named.
                json!("password")
            } else {
                sample.get(name).cloned().unwrap_or(json!(""))
            };
            members.insert(name.clone(), value);
        }

        let value = match &wrapper {
            Some(wrapper) => json!({wrapper: members}),
            None => Value::Object(members),
        };
        Body { media_type: made.media_type.clone(), value, marked: Vec::new() }
    };

    let mut bodies = vec![with(first), with(second)];
    bodies.dedup();
    bodies
}

fn is_identifier(name: &str) -> bool {
    is_user_name(name)
        || matches!(
            split_words(name).join("").as_str(),
            "identifier" | "usernameoremail" | "emailorusername" | "name" | "account" | "phone" | "id"
        )
}

/// Keys that tokens stand under, surest first.
const TOKEN_KEYS: &[&str] = &[
    "accesstoken",
    "access",
    "token",
    "authtoken",
    "jwt",
    "jwttoken",
    "idtoken",
    "bearertoken",
    "bearer",
    "sessiontoken",
    "sessionid",
    "apikey",
    "apitoken",
    "key",
    "session",
    "authorization",
    "auth",
];

/// Whether the API's document has sessions in cookies.
pub(super) fn takes_cookies(api: &Api) -> bool {
    api.schemes.values().any(|scheme| matches!(&scheme.kind, SchemeKind::ApiKey(Place::Cookie, _)))
}

/// Where an answer carries a token.
pub fn token_in(api: &Api, response: &Response) -> Vec<TokenSource> {
    tokens_in(takes_cookies(api), response)
}

/// The same where it is known whether the API has sessions in cookies.
pub(super) fn tokens_in(by_cookie: bool, response: &Response) -> Vec<TokenSource> {
    let mut found = Vec::new();
    let sets_cookie = response.headers.iter().any(|(name, value)| name == "set-cookie" && is_session_cookie(value));

    // Where the document has sessions in cookies the cookie goes first; elsewhere it may only count visits.
    if sets_cookie && by_cookie {
        found.push(TokenSource::Cookie("*".to_owned()));
    }
    let all = leaves_of(response);

    for key in TOKEN_KEYS {
        // A shorter text, or one with spaces, is a label such as `token: bearer`.
        let is_token = |text: &str| text.len() >= 8 && !text.contains(char::is_whitespace);
        let leaf = all
            .iter()
            .find(|leaf| split_words(&leaf.key).join("") == *key && is_token(leaf.text.trim_start_matches("Bearer ")));
        found.extend(leaf.filter(|_| response.json.is_some()).map(|leaf| TokenSource::Pointer(leaf.at.clone())));
    }

    // Under a name of its own: what is a JWT by its form (RFC 7519) and does not renew another.
    let jwt = all.iter().filter(|_| response.json.is_some()).find(|leaf| {
        leaf.text.starts_with("eyJ")
            && leaf.text.matches('.').count() == 2
            && !split_words(&leaf.key).iter().any(|word| word == "refresh")
    });
    if let Some(leaf) = jwt {
        let source = TokenSource::Pointer(leaf.at.clone());
        if !found.contains(&source) {
            found.push(source);
        }
    }

    for name in ["authorization", "x-auth-token", "x-access-token", "x-session-token", "access-token"] {
        if response.header(name).is_some() {
            found.push(TokenSource::Header(name.to_owned()));
        }
    }
    if sets_cookie && !by_cookie {
        found.push(TokenSource::Cookie("*".to_owned()));
    }
    found
}

fn is_session_cookie(line: &str) -> bool {
    let (name, rest) = line.split_once('=').unwrap_or((line, ""));
    let name = name.trim().to_ascii_lowercase();
    let value = rest.split(';').next().unwrap_or_default().trim();
    // Cookies against forged requests and for display hold no session.
    value.len() >= 8 && !["csrf", "xsrf", "lang", "locale", "theme"].iter().any(|word| name.contains(word))
}

/// The header lines by which a token may be sent, likeliest first; the document's schemes go before custom.
pub fn token_header_lines(api: &Api, source: &TokenSource) -> Vec<String> {
    if matches!(source, TokenSource::Cookie(_)) {
        return vec!["Authorization: Bearer {token}".to_owned()];
    }
    let mut lines: Vec<String> = Vec::new();

    for scheme in api.schemes.values() {
        match &scheme.kind {
            SchemeKind::Bearer | SchemeKind::OAuth2(_) | SchemeKind::OpenIdConnect(_) => {
                lines.push("Authorization: Bearer {token}".to_owned());
            }
            SchemeKind::OtherHttp(name) => lines.push(format!("Authorization: {name} {{token}}")),
            SchemeKind::ApiKey(Place::Header, name) if name.eq_ignore_ascii_case("authorization") => {
                // A key in the Authorization header is in practice a token behind some prefix.
                lines.extend(
                    ["Bearer ", "Token ", "", "JWT "].map(|prefix| format!("Authorization: {prefix}{{token}}")),
                );
            }
            SchemeKind::ApiKey(Place::Header, name) => lines.push(format!("{name}: {{token}}")),
            _ => {}
        }
    }

    lines.extend(
        [
            "Authorization: Bearer {token}",
            "Authorization: Token {token}",
            "Authorization: {token}",
            "X-Auth-Token: {token}",
            "X-Access-Token: {token}",
        ]
        .map(str::to_owned),
    );
    let mut seen = std::collections::BTreeSet::new();
    lines.retain(|line| seen.insert(line.to_lowercase()));
    // Each line costs a request for each place of a token.
    lines.truncate(8);

    lines
}
