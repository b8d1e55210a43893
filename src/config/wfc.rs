//! Web Fuzzing Commons `auth.yaml` (schema `wfc/schemas/auth.yaml`, old and new token fields) as identities.
//! The format keeps secrets in the file itself; they become [`Secret`]s here and are never part of a message.

use std::collections::BTreeMap;

use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;
use serde_json::{Map, Value};
use thiserror::Error;

use super::identities::{NameRefused, check_name, default_rank, is_token};
use super::login::{DEFAULT_SEND, HeaderLineRefused, PointerRefused, check_pointer, check_send, store_secret};
use super::operations::{PatternRefused, check_operation};
use crate::detect::Redactor;
use crate::model::{Consent, Credential, Identity, LoginRecipe, Secret, TokenSource};

/// A cookie of this name stands for all cookies that the sign-in sets: the format does not name them.
const ALL_COOKIES: &str = "*";
const MAX_USERS: usize = 32;
const MAX_DEPTH: usize = 32;

/// Why the whole file cannot be used. None of its values is in it but names of users.
#[derive(Debug, Clone, PartialEq, Eq, Error)]
pub(super) enum AuthFileRefused {
    #[error("not valid YAML")]
    NoYaml,
    /// The line.
    #[error("not valid YAML at line {0}")]
    NoYamlAt(usize),
    #[error("it has no list `auth`")]
    NoUsers,
    #[error("more than {limit} users", limit = MAX_USERS)]
    TooManyUsers,
    /// Counted from 1.
    #[error("user {0} has no `name`")]
    NoName(usize),
    #[error(transparent)]
    Name(#[from] NameRefused),
    #[error("`{0}` stands there twice")]
    Twice(String),
    /// The warnings about all of them.
    #[error("no usable user; {0}")]
    NoneUsable(String),
}

/// Why one user is left out.
#[derive(Debug, Clone, PartialEq, Eq, Error)]
enum UserRefused {
    #[error("neither fixedHeaders nor loginEndpointAuth")]
    NoCredential,
    #[error("fixedHeaders is empty")]
    NoHeader,
    #[error("its header is not valid")]
    Header,
    #[error("its Basic credential is not valid")]
    Basic,
    #[error("its Basic credential has no colon")]
    BasicWithoutColon,
    #[error("a sign-in on another server is not supported")]
    OtherServer,
    #[error("loginEndpointAuth has no `endpoint`")]
    NoEndpoint,
    #[error("headers of the sign-in request are not supported")]
    SignInHeaders,
    #[error(transparent)]
    Operation(#[from] PatternRefused),
    #[error("the sign-in's content type is neither JSON nor a form")]
    ContentType,
    /// The key.
    #[error("payloadUserPwd has no `{0}`")]
    NoPayloadField(&'static str),
    #[error("payloadRaw is not valid JSON")]
    PayloadNotJson,
    #[error("loginEndpointAuth has neither `token` nor `expectCookies: true`")]
    NoToken,
    #[error(transparent)]
    Pointer(#[from] PointerRefused),
    #[error("`extractFrom` is `body` or `header`")]
    ExtractFrom,
    #[error("a token that is sent in the query is not supported")]
    TokenInQuery,
    #[error("the token's header {0}")]
    TokenHeader(#[from] HeaderLineRefused),
}

/// Reads all users of the file. What cannot be expressed is a warning if the others remain, an error otherwise.
pub(super) fn read_identities(text: &str, warnings: &mut Vec<String>) -> Result<Vec<Identity>, AuthFileRefused> {
    // The parser's message may quote the text, so only the place is passed on.
    let file: Value = yaml_serde::from_str(text)
        .map_err(|error| error.location().map_or(AuthFileRefused::NoYaml, |at| AuthFileRefused::NoYamlAt(at.line())))?;
    let users = file.get("auth").and_then(Value::as_array).ok_or(AuthFileRefused::NoUsers)?;

    if users.len() > MAX_USERS {
        return Err(AuthFileRefused::TooManyUsers);
    }
    let template = file.get("authTemplate").cloned().unwrap_or(Value::Null);
    let mut found: Vec<Identity> = Vec::new();

    for (index, user) in users.iter().enumerate() {
        let user = merge_template(&template, user, 0);
        let name = user.get("name").and_then(Value::as_str).ok_or(AuthFileRefused::NoName(index + 1))?;
        check_name(name)?;

        // Evidence names callers: two of one name would be one.
        if found.iter().any(|other| other.name.eq_ignore_ascii_case(name)) {
            return Err(AuthFileRefused::Twice(name.to_owned()));
        }
        match read_credential(&user, name, warnings) {
            Ok(credential) => found.push(build_identity(name, credential, warnings)),
            // Other tools that read the file know more ways to sign in; the users that fit are worth a scan.
            Err(reason) => warnings.push(format!("user {name} of auth.yaml is left out: {reason}")),
        }
    }

    if found.is_empty() { Err(AuthFileRefused::NoneUsable(warnings.join("; "))) } else { Ok(found) }
}

/// The format knows no roles; only a telling name makes an administrator.
fn build_identity(name: &str, credential: Credential, warnings: &mut Vec<String>) -> Identity {
    let lower = name.to_ascii_lowercase();
    let is_admin = ["admin", "root", "superuser"].iter().any(|word| lower.contains(word));

    if is_admin {
        warnings.push(format!("{name} is taken for an administrator because of the name"));
    }
    let role = if is_admin { "admin" } else { "user" };
    Identity {
        name: name.to_owned(),
        role: role.to_owned(),
        rank: default_rank(role),
        credential,
        owns: BTreeMap::new(),
        consent: Consent::default(),
    }
}

/// The user's own entries before those of `authTemplate`.
fn merge_template(template: &Value, own: &Value, depth: usize) -> Value {
    match (template, own) {
        (Value::Object(template), Value::Object(own)) if depth < MAX_DEPTH => {
            let mut all = template.clone();
            for (key, value) in own {
                let value = merge_template(template.get(key).unwrap_or(&Value::Null), value, depth + 1);
                all.insert(key.clone(), value);
            }
            Value::Object(all)
        }
        (template, Value::Null) => template.clone(),
        _ => own.clone(),
    }
}

fn read_credential(user: &Value, name: &str, warnings: &mut Vec<String>) -> Result<Credential, UserRefused> {
    // A template gives its sign-in to users with fixed headers as well; without a payload it signs nobody in.
    let has_payload = |login: &Value| ["payloadRaw", "payloadUserPwd"].iter().any(|key| login.get(*key).is_some());
    let login = user.get("loginEndpointAuth").filter(|login| login.is_object());

    if let Some(login) = login.filter(|login| has_payload(login) || user.get("fixedHeaders").is_none()) {
        return Ok(Credential::Login(read_recipe(login)?));
    }
    let headers = user.get("fixedHeaders").and_then(Value::as_array).ok_or(UserRefused::NoCredential)?;
    let headers: Vec<(&str, &str)> =
        headers.iter().filter_map(|header| Some((text_field(header, "name")?, text_field(header, "value")?))).collect();
    // A list often holds `Accept` and the like beside the credential, which is the one that is kept.
    let telling = |name: &str| name.eq_ignore_ascii_case("cookie") || Redactor::is_sensitive_name(name);
    let chosen = headers.iter().find(|(name, _)| telling(name)).or(headers.first()).ok_or(UserRefused::NoHeader)?;

    if headers.len() > 1 {
        warnings.push(format!("user {name} of auth.yaml: of several fixed headers only {} is sent", chosen.0));
    }
    fixed_header(chosen.0, chosen.1)
}

fn fixed_header(name: &str, value: &str) -> Result<Credential, UserRefused> {
    if !is_token(name) || value.contains(char::is_control) || value.trim().is_empty() {
        return Err(UserRefused::Header);
    }
    let (scheme, rest) = value.split_once(' ').unwrap_or(("", value));
    let secret = Secret::new(rest.trim());

    match (name.to_ascii_lowercase().as_str(), scheme.to_ascii_lowercase().as_str()) {
        ("authorization", "bearer") => Ok(Credential::Bearer(secret)),
        ("authorization", "basic") => {
            let pair = STANDARD.decode(rest.trim()).ok().and_then(|bytes| String::from_utf8(bytes).ok());
            let pair = pair.ok_or(UserRefused::Basic)?;
            let (user, password) = pair.split_once(':').ok_or(UserRefused::BasicWithoutColon)?;
            Ok(Credential::Basic(user.to_owned(), Secret::new(password)))
        }
        ("authorization", scheme) if !scheme.is_empty() => {
            let template = format!("{} {{secret}}", value.get(..scheme.len()).unwrap_or_default());
            Ok(Credential::Header { name: name.to_owned(), template, secret })
        }
        // Several cookies in one header have no single name; they are sent as they stand.
        ("cookie", _) if value.matches('=').count() == 1 && !value.contains(';') => {
            let (cookie, secret) = value.split_once('=').unwrap_or_default();
            Ok(Credential::Cookie(cookie.trim().to_owned(), Secret::new(secret.trim())))
        }
        _ => Ok(Credential::ApiKeyHeader(name.to_owned(), Secret::new(value.trim()))),
    }
}

fn read_recipe(login: &Value) -> Result<LoginRecipe, UserRefused> {
    let endpoint = match (text_field(login, "endpoint"), text_field(login, "externalEndpointURL")) {
        (Some(endpoint), _) => endpoint,
        // Credentials must not leave for an address that the scope was not asked about.
        (None, Some(_)) => return Err(UserRefused::OtherServer),
        (None, None) => return Err(UserRefused::NoEndpoint),
    };
    // Without these headers the sign-in would be refused, and the user would look for the fault in the password.
    if login.get("headers").and_then(Value::as_array).is_some_and(|headers| !headers.is_empty()) {
        return Err(UserRefused::SignInHeaders);
    }
    let operation = format!("{} {endpoint}", text_field(login, "verb").unwrap_or("POST").to_ascii_uppercase());
    check_operation(&operation)?;
    let content_type = text_field(login, "contentType").unwrap_or("application/json").to_ascii_lowercase();
    let is_form = content_type.contains("x-www-form-urlencoded");

    if !is_form && !content_type.contains("json") {
        return Err(UserRefused::ContentType);
    }
    let mut secrets = BTreeMap::new();
    let body = hide_secrets(read_payload(login, is_form)?, "", &mut secrets, 0);
    let (token, send) = read_token_source(login)?;
    let content_type = if is_form { "application/x-www-form-urlencoded" } else { "application/json" }.to_owned();

    Ok(LoginRecipe { operation, body, secrets, content_type, token, send })
}

fn read_payload(login: &Value, is_form: bool) -> Result<Value, UserRefused> {
    if let Some(pair) = login.get("payloadUserPwd").filter(|pair| pair.is_object()) {
        let field = |key: &'static str| text_field(pair, key).ok_or(UserRefused::NoPayloadField(key));
        let mut body = Map::new();
        body.insert(field("usernameField")?.to_owned(), Value::from(field("username")?));

        // The field may have any name, so the value says itself that it is a secret.
        body.insert(field("passwordField")?.to_owned(), serde_json::json!({ SECRET: field("password")? }));
        return Ok(Value::Object(body));
    }

    let Some(raw) = text_field(login, "payloadRaw") else { return Ok(Value::Null) };
    if is_form {
        let pairs = url::form_urlencoded::parse(raw.as_bytes());
        return Ok(Value::Object(
            pairs.map(|(key, value)| (key.into_owned(), Value::from(value.into_owned()))).collect(),
        ));
    }

    serde_json::from_str(raw).map_err(|_| UserRefused::PayloadNotJson)
}

/// Marks a string of the payload as a secret, whatever its field is called.
const SECRET: &str = "\u{0}secret";

/// Puts a placeholder in place of each secret of the body.
fn hide_secrets(value: Value, field: &str, secrets: &mut BTreeMap<String, Secret>, depth: usize) -> Value {
    match value {
        Value::String(text) if Redactor::is_sensitive_name(field) && !text.is_empty() => {
            Value::from(store_secret(secrets, field, Secret::new(text)))
        }
        Value::Object(object) if depth < MAX_DEPTH => {
            if let Some(text) = object.get(SECRET).and_then(Value::as_str) {
                return Value::from(store_secret(secrets, field, Secret::new(text)));
            }
            let hidden = object.into_iter().map(|(key, value)| {
                let value = hide_secrets(value, &key, secrets, depth + 1);
                (key, value)
            });
            Value::Object(hidden.collect())
        }
        Value::Array(items) if depth < MAX_DEPTH => {
            Value::Array(items.into_iter().map(|item| hide_secrets(item, field, secrets, depth + 1)).collect())
        }
        other => other,
    }
}

fn read_token_source(login: &Value) -> Result<(TokenSource, String), UserRefused> {
    if login.get("expectCookies").and_then(Value::as_bool) == Some(true) {
        return Ok((TokenSource::Cookie(ALL_COOKIES.to_owned()), DEFAULT_SEND.to_owned()));
    }
    let token = login.get("token").filter(|token| token.is_object());
    let token = token.ok_or(UserRefused::NoToken)?;
    let selector = text_field(token, "extractSelector").or(text_field(token, "extractFromField")).unwrap_or_default();
    let source = match text_field(token, "extractFrom").unwrap_or("body") {
        "body" => {
            check_pointer(selector)?;
            TokenSource::Pointer(selector.to_owned())
        }
        "header" if is_token(selector) => TokenSource::Header(selector.to_owned()),
        _ => return Err(UserRefused::ExtractFrom),
    };

    // Sent as a header instead, the token would be ignored, and the caller would pass for an anonymous one.
    if text_field(token, "sendIn").is_some_and(|place| place != "header") {
        return Err(UserRefused::TokenInQuery);
    }
    let header = text_field(token, "sendName").or(text_field(token, "httpHeaderName")).unwrap_or("Authorization");
    let template = match (text_field(token, "sendTemplate"), text_field(token, "headerPrefix")) {
        (Some(template), _) => template.to_owned(),
        (None, prefix) => format!("{}{{token}}", prefix.unwrap_or_default()),
    };
    let send = format!("{header}: {template}");
    check_send(&send)?;
    Ok((source, send))
}

fn text_field<'v>(value: &'v Value, key: &str) -> Option<&'v str> {
    value.get(key).and_then(Value::as_str)
}
