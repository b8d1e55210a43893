//! `[identities.NAME.login]`: how to get a token when the scan starts.

use std::collections::BTreeMap;

use serde_json::{Map, Value as Json};
use thiserror::Error;
use toml::de::DeValue;

use super::error::ConfigError;
use super::identities::{SignInForm, is_token};
use super::operations::check_operation;
use super::reader::{ConfigSource, Section, TomlValue};
use super::secrets::{self, Purpose};
use crate::detect::Redactor;
use crate::model::{LoginRecipe, Secret, TokenSource};

const KEYS: [&str; 5] = ["operation", "body", "token", "send", "content_type"];
const JSON: &str = "application/json";
const FORM: &str = "application/x-www-form-urlencoded";
/// What a token is sent as unless the file says otherwise.
pub(super) const DEFAULT_SEND: &str = "Authorization: Bearer {token}";
const MAX_DEPTH: usize = 32;

/// Reads one sign-in.
pub(super) fn read_recipe(
    form: &SignInForm<'_>,
    value: &TomlValue<'_>,
    warnings: &mut Vec<String>,
) -> Result<LoginRecipe, ConfigError> {
    let source = form.source;
    let section = Section::new(source, &form.path, value, &KEYS)?;
    let operation = section.required("operation")?;
    check_operation(operation).map_err(|reason| {
        source.open_fault(section.place("operation"), format!("`{}`: {reason}", section.path("operation")))
    })?;
    let mut body = LoginBody { source, prefix: &form.prefix, secrets: BTreeMap::new(), warnings };
    let json = match section.value("body") {
        Some(value) => body.json(&section.path("body"), "", value, 0)?,
        None => Json::Null,
    };
    Ok(LoginRecipe {
        operation: operation.trim().to_owned(),
        body: json,
        secrets: body.secrets,
        content_type: content_type(&section)?,
        token: token_source(&section)?,
        send: read_send_line(&section)?,
    })
}

struct LoginBody<'a, 'w> {
    source: &'a ConfigSource<'a>,
    prefix: &'a str,
    secrets: BTreeMap<String, Secret>,
    warnings: &'w mut Vec<String>,
}

impl LoginBody<'_, '_> {
    /// The value as JSON, with a placeholder for each secret. `field` is the key it stands under.
    fn json(&mut self, path: &str, field: &str, value: &TomlValue<'_>, depth: usize) -> Result<Json, ConfigError> {
        if depth > MAX_DEPTH {
            return Err(self.source.fault(value.span(), format!("`{path}` is nested too deeply")).into());
        }
        match value.get_ref() {
            DeValue::String(text) => self.string(path, field, text, value),
            DeValue::Integer(number) => {
                self.refuse_literal(path, field, value)?;
                let parsed = i64::from_str_radix(number.as_str(), number.radix());
                parsed
                    .map(Json::from)
                    .map_err(|_| self.source.fault(value.span(), format!("`{path}` is too large")).into())
            }
            DeValue::Float(number) => Ok(number.as_str().parse::<f64>().map_or(Json::Null, Json::from)),
            DeValue::Boolean(flag) => Ok(Json::from(*flag)),
            DeValue::Datetime(date) => Ok(Json::from(date.to_string())),
            DeValue::Array(items) => {
                let items = items.iter().map(|item| self.json(path, field, item, depth + 1));
                Ok(Json::Array(items.collect::<Result<_, _>>()?))
            }
            // Before plain tables: `{ env = … }` in a body is a secret, and no object to send.
            DeValue::Table(table) if is_source(table.keys().map(|key| key.get_ref().as_ref())) => {
                self.secret(path, field, value)
            }
            DeValue::Table(_) => {
                let section = Section::open(self.source, path, value)?;
                let mut object = Map::new();

                for (key, _, value) in section.entries() {
                    object.insert(key.to_owned(), self.json(&section.path(key), key, value, depth + 1)?);
                }
                Ok(Json::Object(object))
            }
        }
    }

    fn string(&self, path: &str, field: &str, text: &str, value: &TomlValue<'_>) -> Result<Json, ConfigError> {
        if !text.is_empty() {
            self.refuse_literal(path, field, value)?;
        }
        if secrets::looks_secret(text) {
            return Err(self.literal(path, field, value));
        }
        // A text like the scan's own placeholder would be filled with a secret of another field.
        if text.contains("{secret:") {
            let message = format!("`{path}`: write {{ env = \"…\" }} in place of the string for a secret");
            return Err(self.source.fault(value.span(), message).into());
        }
        Ok(Json::from(text))
    }

    fn refuse_literal(&self, path: &str, field: &str, value: &TomlValue<'_>) -> Result<(), ConfigError> {
        if Redactor::is_sensitive_name(field) { Err(self.literal(path, field, value)) } else { Ok(()) }
    }

    fn literal(&self, path: &str, field: &str, value: &TomlValue<'_>) -> ConfigError {
        let line = format!("{field} = {{ ENV }}");
        secrets::refuse_literal(self.source, &self.purpose(path, field, &line), value.span())
    }

    fn secret(&mut self, path: &str, field: &str, value: &TomlValue<'_>) -> Result<Json, ConfigError> {
        let line = format!("{field} = {{ ENV }}");
        let purpose = self.purpose(path, field, &line);
        let secret = secrets::read_value(self.source, &purpose, value, self.warnings)?;
        Ok(Json::from(store_secret(&mut self.secrets, field, secret)))
    }

    fn purpose<'p>(&self, path: &str, field: &str, line: &'p str) -> Purpose<'p> {
        let suggested_variable = format!("{}_{}", self.prefix, secrets::variable_part(field));
        Purpose { path: path.to_owned(), suggested_variable, line }
    }
}

/// Puts a secret aside and returns what stands for it in the body.
pub(super) fn store_secret(secrets: &mut BTreeMap<String, Secret>, field: &str, secret: Secret) -> String {
    let base: String =
        field.chars().take(48).map(|c| if c.is_ascii_alphanumeric() || c == '_' { c } else { '_' }).collect();
    let base = if base.is_empty() { "secret".to_owned() } else { base };
    let mut name = base.clone();
    let mut count = 1;

    // Two fields of one name in different objects have secrets of their own.
    while secrets.contains_key(&name) {
        count += 1;
        name = format!("{base}_{count}");
    }
    let placeholder = format!("{{secret:{name}}}");
    secrets.insert(name, secret);
    placeholder
}

/// `{ env = … }` or `{ file = … }` and nothing else.
fn is_source<'k>(keys: impl Iterator<Item = &'k str>) -> bool {
    let keys: Vec<&str> = keys.collect();
    !keys.is_empty() && keys.iter().all(|key| secrets::SOURCES.contains(key))
}

fn content_type(section: &Section<'_>) -> Result<String, ConfigError> {
    match section.string("content_type")? {
        // The document tells, once it is read.
        None => Ok(String::new()),
        Some("json" | JSON) => Ok(JSON.to_owned()),
        Some("form" | FORM) => Ok(FORM.to_owned()),
        Some(_) => {
            let message = format!("`{}` is `{JSON}` or `{FORM}`", section.path("content_type"));
            Err(section.source.open_fault(section.place("content_type"), message).into())
        }
    }
}

fn token_source(section: &Section<'_>) -> Result<TokenSource, ConfigError> {
    let path = section.path("token");
    let Some(value) = section.value("token") else {
        let fault = section.source.fault(section.span.clone(), format!("`{path}` is missing: where the answer has it"));
        let help = "token = \"/access_token\" (JSON pointer), { header = \"…\" } or { cookie = \"…\" }";
        return Err(fault.with_help(help).into());
    };
    if let Some(pointer) = value.get_ref().as_str() {
        // A token was put where its place in the answer belongs; the message must not repeat it.
        if secrets::looks_secret(pointer) {
            let purpose = Purpose { path, suggested_variable: "TOKEN".to_owned(), line: "bearer = { ENV }" };
            return Err(secrets::refuse_literal(section.source, &purpose, value.span()));
        }
        check_pointer(pointer).map_err(|reason| {
            let fault = section.source.open_fault(value.span(), format!("`{path}`: {reason}"));
            fault
                .with_help(format!("a JSON pointer (RFC 6901) begins with a slash: \"/{}\"", pointer.replace('.', "/")))
        })?;
        return Ok(TokenSource::Pointer(pointer.to_owned()));
    }

    let table = Section::new(section.source, &path, value, &["header", "cookie"])?;
    let name = |key| table.required(key).map(str::to_owned);

    match (table.value("header"), table.value("cookie")) {
        (Some(_), None) => Ok(TokenSource::Header(name("header")?)),
        (None, Some(_)) => Ok(TokenSource::Cookie(name("cookie")?)),
        _ => Err(table.source.fault(table.span.clone(), format!("`{path}` has either `header` or `cookie`")).into()),
    }
}

/// Why a text is no JSON pointer.
#[derive(Debug, Clone, PartialEq, Eq, Error)]
pub(super) enum PointerRefused {
    #[error("no JSON pointer")]
    NoPointer,
    #[error("`~` stands only in `~0` and `~1`")]
    Escape,
}

/// Says what is wrong with a JSON pointer (RFC 6901 §3).
pub(super) fn check_pointer(pointer: &str) -> Result<(), PointerRefused> {
    if !pointer.is_empty() && !pointer.starts_with('/') {
        return Err(PointerRefused::NoPointer);
    }
    let bad_escape = pointer.split('~').skip(1).any(|after| !after.starts_with(['0', '1']));
    if bad_escape { Err(PointerRefused::Escape) } else { Ok(()) }
}

fn read_send_line(section: &Section<'_>) -> Result<String, ConfigError> {
    let line = section.string("send")?.unwrap_or(DEFAULT_SEND);
    check_send(line).map_err(|reason| {
        section.source.fault(section.place("send"), format!("`{}` {reason}", section.path("send")))
    })?;
    Ok(line.to_owned())
}

/// Why a line cannot carry a token.
#[derive(Debug, Clone, PartialEq, Eq, Error)]
pub(super) enum HeaderLineRefused {
    #[error("is a header line, as in `{line}`", line = DEFAULT_SEND)]
    NoLine,
    #[error("is no valid header line")]
    NotValid,
    #[error("has no {{token}} in it")]
    NoToken,
}

/// Says what is wrong with `Header: value with {token}`.
pub(super) fn check_send(line: &str) -> Result<(), HeaderLineRefused> {
    let Some((name, value)) = line.split_once(':') else {
        return Err(HeaderLineRefused::NoLine);
    };
    if !is_token(name.trim()) || value.contains(char::is_control) {
        return Err(HeaderLineRefused::NotValid);
    }
    if value.contains("{token}") { Ok(()) } else { Err(HeaderLineRefused::NoToken) }
}
