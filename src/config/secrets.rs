//! Secrets stand in the environment or in files, never in the configuration.

use std::ops::Range;
use std::path::Path;

use super::capped::read_capped;
use super::env_file::{EnvFileRefused, is_variable};
use super::error::ConfigError;
use super::reader::{ConfigSource, Section, TomlValue};
use crate::detect::{exposure, jwt};
use crate::model::Secret;

const MAX_SECRET_BYTES: u64 = 64 * 1024;
/// Keys that say where a secret is.
pub(super) const SOURCES: [&str; 2] = ["env", "file"];

/// Who the secret belongs to, and how the line would have to read.
pub(super) struct Purpose<'a> {
    /// `identities.alice.bearer`
    pub path: String,
    /// `ALICE_TOKEN`, for the help.
    pub suggested_variable: String,
    /// The line with `ENV` in place of the source: `bearer = ENV`.
    pub line: &'a str,
}

impl Purpose<'_> {
    fn help(&self) -> String {
        let line = self.line.replace("ENV", &format!("env = \"{}\"", self.suggested_variable));
        format!("read it from the environment: {line}")
    }
}

/// Reads `{ env = "NAME" }` or `{ file = "path" }`; a literal is refused without being shown.
pub(super) fn read_value(
    source: &ConfigSource<'_>,
    purpose: &Purpose<'_>,
    value: &TomlValue<'_>,
    warnings: &mut Vec<String>,
) -> Result<Secret, ConfigError> {
    if value.get_ref().as_table().is_none() {
        return Err(refuse_literal(source, purpose, value.span()));
    }
    let section = Section::new(source, &purpose.path, value, &SOURCES)?;
    from_section(&section, purpose, warnings)
}

/// The same for a table that has other keys as well.
pub(super) fn from_section(
    section: &Section<'_>,
    purpose: &Purpose<'_>,
    warnings: &mut Vec<String>,
) -> Result<Secret, ConfigError> {
    let (text, span) = match (section.string("env")?, section.string("file")?) {
        (Some(variable), None) => (from_env(section, purpose, variable)?, section.place("env")),
        (None, Some(path)) => (from_file(section, path, warnings)?, section.place("file")),
        (Some(_), Some(_)) => {
            let message = format!("`{}` has both `env` and `file`", purpose.path);
            return Err(section.source.fault(section.span.clone(), message).into());
        }
        (None, None) => {
            let message = format!("`{}` does not say where the secret is", purpose.path);
            return Err(section.source.fault(section.span.clone(), message).with_help(purpose.help()).into());
        }
    };

    // Files end in a line break that is no part of the secret.
    let text = text.trim();
    if text.is_empty() {
        return Err(section.source.fault(span, format!("the secret of `{}` is empty", purpose.path)).into());
    }
    // A line break in a header value would begin another header; keys in PEM have many by nature.
    if text.contains(char::is_control) && !text.starts_with("-----BEGIN") {
        let message = format!("the secret of `{}` has a line break or control character in it", purpose.path);
        return Err(section.source.fault(span, message).into());
    }
    Ok(Secret::new(text))
}

/// The error for a secret that stands in the file.
pub(super) fn refuse_literal(source: &ConfigSource<'_>, purpose: &Purpose<'_>, span: Range<usize>) -> ConfigError {
    let message = format!("`{}` is a secret and must not stand in this file", purpose.path);
    source.fault(span, message).with_help(purpose.help()).into()
}

/// Whether a literal string is certainly a secret, whatever its name.
pub(super) fn looks_secret(text: &str) -> bool {
    !jwt::find_ranges(text).is_empty() || exposure::sensitive_value("", &serde_json::Value::from(text)).is_some()
}

/// `ALICE` for `alice-2` is `ALICE_2`.
pub(super) fn variable_part(name: &str) -> String {
    name.chars().map(|c| if c.is_ascii_alphanumeric() { c.to_ascii_uppercase() } else { '_' }).collect()
}

fn from_env(section: &Section<'_>, purpose: &Purpose<'_>, variable: &str) -> Result<String, ConfigError> {
    let place = section.place("env");
    let is_name = is_variable(variable);
    let given = if is_name { (section.source.env)(variable) } else { None };

    if let Some(value) = given.as_ref().filter(|value| is_given(value)) {
        return Ok(value.clone());
    }

    // The environment comes first: what was set for this run means more than a file that lies there.
    let filed = if is_name { section.source.env_file.get(variable) } else { Ok(None) };

    if let Ok(Some(value)) = filed {
        return Ok(value.expose().to_owned());
    }
    // A variable that is set and empty is reported as empty: the user would look for a missing one in vain.
    if let (Some(empty), Ok(_)) = (given.filter(|value| value.trim().is_empty()), &filed) {
        return Ok(empty);
    }
    // Keys such as `sk_live_…` are valid names of variables too.
    let shown = is_name && !looks_secret(variable) && !(variable.len() >= 20 && has_both_cases_and_digits(variable));

    if !shown {
        let message = format!("`{}.env` is the name of an environment variable, not the secret itself", purpose.path);
        return Err(section.source.fault(place, message).with_help(purpose.help()).into());
    }
    let missing = format!("`{}`: the environment variable {variable} is not set", purpose.path);
    let (message, help) = match filed {
        Err(refused @ EnvFileRefused::Open) => (format!("{missing}, and {refused}"), "chmod 600 .env".to_owned()),
        Err(refused) => (format!("{missing}, and {refused}"), "each line of it is NAME=value".to_owned()),
        Ok(_) => (missing, missing_help(variable)),
    };
    Err(section.source.open_fault(place, message).with_help(help).into())
}

/// Returns false for what hosts that fill in `${env:VARIABLE}` give where it is not set: nothing, or the placeholder.
fn is_given(value: &str) -> bool {
    let value = value.trim();
    let is_placeholder = value.starts_with("${") && value.ends_with('}');
    !value.is_empty() && !is_placeholder
}

fn missing_help(variable: &str) -> String {
    format!(
        "set it where routewarden starts (`export {variable}=…`, or `env` of the server in the assistant's MCP settings), or write {variable}=… into `.env` beside this file (`chmod 600 .env`)"
    )
}

fn has_both_cases_and_digits(text: &str) -> bool {
    let has = |test: fn(&u8) -> bool| text.bytes().any(|byte| test(&byte));
    has(u8::is_ascii_digit) && has(u8::is_ascii_lowercase) && has(u8::is_ascii_uppercase)
}

fn from_file(section: &Section<'_>, path: &str, warnings: &mut Vec<String>) -> Result<String, ConfigError> {
    let full = section.source.folder.join(path);
    let text = read_capped(&full, MAX_SECRET_BYTES).map_err(|reason| {
        section.source.open_fault(section.place("file"), format!("failed to read `{path}`: {reason}"))
    })?;
    // A warning and no fault: containers mount secrets readable for all, and users cannot change that.
    if is_world_readable(&full) {
        warnings.push(format!("every user of this machine can read {path}; `chmod 600 {path}` would keep it"));
    }
    Ok(text)
}

#[cfg(unix)]
fn is_world_readable(path: &Path) -> bool {
    use std::os::unix::fs::PermissionsExt as _;
    std::fs::metadata(path).is_ok_and(|metadata| metadata.permissions().mode() & 0o004 != 0)
}

#[cfg(not(unix))]
fn is_world_readable(_path: &Path) -> bool {
    false
}
