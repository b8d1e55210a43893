//! `.env` beside a configuration: secrets for a server whose assistant hands no environment on. It is read only when
//! the environment lacks a variable, and only when no other user of the machine could read it.

use std::cell::OnceCell;
use std::collections::BTreeMap;
use std::path::{Path, PathBuf};

use thiserror::Error;

use super::capped::{FileUnread, read_capped};
use crate::model::Secret;

/// The file's name, beside the configuration.
pub(super) const ENV_FILE: &str = ".env";
const MAX_BYTES: u64 = 64 * 1024;

/// Why a `.env` that is there is not used.
#[derive(Debug, Error)]
pub(super) enum EnvFileRefused {
    #[error("`.env` is not read, as other users of this machine could read it too")]
    Open,
    #[error("failed to read `.env`: {0}")]
    Unread(FileUnread),
    /// The line's number alone: the rest of it may be a secret.
    #[error("line {0} of `.env` is not of the form NAME=value")]
    Line(usize),
}

/// The values of `.env`, read when the first one is asked for.
#[derive(Default)]
pub(super) struct EnvFile {
    path: Option<PathBuf>,
    values: OnceCell<Result<BTreeMap<String, Secret>, EnvFileRefused>>,
}

impl EnvFile {
    /// Names the file of a folder; it need not be there.
    pub fn beside(folder: &Path) -> Self {
        Self { path: Some(folder.join(ENV_FILE)), values: OnceCell::new() }
    }

    /// Returns what the file says of a variable; nothing where there is no file.
    pub fn get(&self, name: &str) -> Result<Option<&Secret>, &EnvFileRefused> {
        let values =
            self.values.get_or_init(|| self.path.as_deref().map_or_else(|| Ok(BTreeMap::new()), read_variables));
        values.as_ref().map(|values| values.get(name))
    }
}

fn read_variables(path: &Path) -> Result<BTreeMap<String, Secret>, EnvFileRefused> {
    match std::fs::metadata(path) {
        Err(error) if error.kind() == std::io::ErrorKind::NotFound => return Ok(BTreeMap::new()),
        Err(error) => return Err(EnvFileRefused::Unread(error.into())),
        Ok(metadata) if is_open_to_others(&metadata) => return Err(EnvFileRefused::Open),
        Ok(_) => {}
    }

    let text = read_capped(path, MAX_BYTES).map_err(EnvFileRefused::Unread)?;
    // Editors on Windows put a mark before the text, which would become a part of the first name.
    let text = text.strip_prefix('\u{feff}').unwrap_or(&text);
    let mut values = BTreeMap::new();

    for (index, line) in text.lines().map(str::trim).enumerate() {
        if line.is_empty() || line.starts_with('#') {
            continue;
        }
        let (name, value) = parse_assignment(line).ok_or(EnvFileRefused::Line(index + 1))?;
        values.insert(name.to_owned(), Secret::new(value));
    }

    Ok(values)
}

/// Reads `NAME=value`, with or without `export`. Nothing in the value is expanded: passwords have dollar signs.
fn parse_assignment(line: &str) -> Option<(&str, String)> {
    let line = line.strip_prefix("export ").unwrap_or(line);
    let (name, value) = line.split_once('=')?;
    let name = name.trim();
    is_variable(name).then_some(())?;

    Some((name, unquote_value(value.trim())?))
}

/// Returns true for what a shell takes as the name of a variable.
pub(super) fn is_variable(name: &str) -> bool {
    name.bytes().all(|byte| byte.is_ascii_alphanumeric() || byte == b'_')
        && name.bytes().next().is_some_and(|first| !first.is_ascii_digit())
}

/// Takes the quotes off as a shell does, or the comment behind a value without quotes.
fn unquote_value(value: &str) -> Option<String> {
    let is_quoted = value.starts_with(['"', '\'']);
    if !is_quoted {
        return Some(value.find(" #").and_then(|at| value.get(..at)).unwrap_or(value).trim_end().to_owned());
    }
    let mut out = String::new();
    let mut quote = None;
    let mut chars = value.chars();

    while let Some(each) = chars.next() {
        match (quote, each) {
            // After a blank only a comment may follow: a shell would read anything else in another way.
            (None, ' ' | '\t') => return chars.as_str().trim_start().starts_with('#').then_some(out),
            (None, '"' | '\'') => quote = Some(each),
            (Some(open), close) if open == close => quote = None,
            // Within single quotes a backslash is itself, as in a shell.
            (None | Some('"'), '\\') => out.push(chars.next()?),
            (_, other) => out.push(other),
        }
    }

    quote.is_none().then_some(out)
}

#[cfg(unix)]
fn is_open_to_others(metadata: &std::fs::Metadata) -> bool {
    use std::os::unix::fs::PermissionsExt as _;
    metadata.permissions().mode() & 0o077 != 0
}

/// Elsewhere files of a user's own folder are not open to others by default, and there is no mode to look at.
#[cfg(not(unix))]
fn is_open_to_others(_metadata: &std::fs::Metadata) -> bool {
    false
}
