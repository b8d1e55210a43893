//! What a configuration would reach, told without reading a secret: origins, variables and files. Whoever did not write
//! it can be shown this before it is used.

use std::collections::BTreeSet;
use std::path::{Path, PathBuf};

use serde::Deserialize;
use toml::{Table, Value};
use url::Url;

use super::env_file::ENV_FILE;
use super::error::ConfigError;
use super::load::read_text;
use crate::model::{Mode, Origin};

/// How deep tables are looked into; no setting lies deeper.
const MAX_DEPTH: usize = 24;

/// What a configuration names beyond itself.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct ConfigReach {
    /// Origins of `base_url`, `openapi` and `allow`.
    pub origins: BTreeSet<String>,
    /// Environment variables that secrets are read from.
    pub variables: BTreeSet<String>,
    /// Files that secrets are read from, resolved.
    pub secrets: BTreeSet<PathBuf>,
    /// Operations that only read by the word of its author (`include`).
    pub included: BTreeSet<String>,
    /// Other files and folders: document, Overlay, source tree, rules.
    pub files: BTreeSet<PathBuf>,
    /// The document, where it is a file, resolved.
    pub document: Option<PathBuf>,
    /// Says where requests go (`base_url`, `allow`), so that no document decides it.
    pub fixes_origin: bool,
    /// The mode of scans that name none.
    pub mode: Option<Mode>,
}

impl ConfigReach {
    /// Reads what a configuration file names. No variable and no other file is read.
    ///
    /// # Errors
    /// [`ConfigError`] when the file cannot be read or is no TOML.
    pub fn of_file(path: &Path) -> Result<Self, ConfigError> {
        let text = read_text(path)?;
        let folder = path.parent().unwrap_or(Path::new(""));
        let table: Table = toml::from_str(&text)
            .map_err(|_| ConfigError::Read { path: path.to_owned(), reason: "it is no TOML".to_owned() })?;
        let mut reach = Self::default();

        if let Some(target) = table.get("target").and_then(Value::as_table) {
            reach.add_target(target, folder);
        }
        let included = table.get("scan").and_then(|scan| scan.get("include")).and_then(Value::as_array);
        let included = included.into_iter().flatten().filter_map(Value::as_str);
        reach.included.extend(included.map(|pattern| crate::model::clean_name(pattern, 200)));
        let mode = table.get("scan").and_then(|scan| scan.get("mode"));
        reach.mode = mode.and_then(|mode| Mode::deserialize(mode.clone()).ok());
        let rules = table.get("detect").and_then(|detect| detect.get("rules")).and_then(Value::as_str);
        reach.files.extend(rules.map(|file| resolve_path(&folder.join(file))));
        reach.add_secrets(&Value::Table(table), folder, 0);
        let env_file = folder.join(ENV_FILE);

        // Any of the variables may come from there, though the configuration does not name it.
        if !reach.variables.is_empty() && env_file.is_file() {
            reach.secrets.insert(resolve_path(&env_file));
        }
        Ok(reach)
    }

    /// The same, with the `.env` beside this configuration, which may come to be there later.
    #[must_use]
    pub fn with_env_file(mut self, config: &Path) -> Self {
        // Only the folder is resolved: a link that is put in the file's place leads elsewhere, and is another file.
        let folder = resolve_path(config.parent().unwrap_or(Path::new("")));
        self.secrets.insert(folder.join(ENV_FILE));
        self
    }

    /// Whether any credential is read.
    pub fn has_credentials(&self) -> bool {
        !self.variables.is_empty() || !self.secrets.is_empty()
    }

    /// Returns what this reaches and `other` does not, in words.
    pub fn beyond(&self, other: &Self) -> Vec<String> {
        let origins = self.origins.difference(&other.origins).map(|origin| format!("requests to {origin}"));
        let variables =
            self.variables.difference(&other.variables).map(|name| format!("the environment variable {name}"));
        let secrets = self.secrets.difference(&other.secrets).map(|path| format!("the file {}", path.display()));
        let included = self.included.difference(&other.included).map(|each| format!("{each} as a mere read"));

        origins.chain(variables).chain(secrets).chain(included).collect()
    }

    fn add_target(&mut self, target: &Table, folder: &Path) {
        let text = |key: &str| target.get(key).and_then(Value::as_str);
        let allowed = target.get("allow").and_then(Value::as_array).into_iter().flatten().filter_map(Value::as_str);
        let named = text("base_url").into_iter().chain(allowed).chain(text("openapi").filter(|text| is_url(text)));

        for address in named {
            self.origins.extend(Url::parse(address).ok().and_then(|url| Origin::of(&url).ok()).map(|o| o.to_string()));
        }
        self.fixes_origin = text("base_url").is_some() || target.get("allow").is_some();
        self.document = text("openapi").filter(|text| !is_url(text)).map(|file| resolve_path(&folder.join(file)));
        let files =
            [text("openapi").filter(|text| !is_url(text)), text("overlay"), text("graphql_schema"), text("source")];
        self.files.extend(files.into_iter().flatten().map(|file| resolve_path(&folder.join(file))));
        // A WFC file holds credentials in plain text, so it counts as a secret and not as a file.
        self.secrets.extend(text("auth").map(|file| resolve_path(&folder.join(file))));
    }

    /// Every table may say where a secret is; no other key of a configuration is called `env` or `file`.
    fn add_secrets(&mut self, value: &Value, folder: &Path, depth: usize) {
        if depth > MAX_DEPTH {
            return;
        }
        match value {
            Value::Table(table) => {
                self.variables.extend(table.get("env").and_then(Value::as_str).map(str::to_owned));
                let file = table.get("file").and_then(Value::as_str);
                self.secrets.extend(file.map(|file| resolve_path(&folder.join(file))));
                table.values().for_each(|inner| self.add_secrets(inner, folder, depth + 1));
            }
            Value::Array(items) => items.iter().for_each(|item| self.add_secrets(item, folder, depth + 1)),
            _ => {}
        }
    }
}

fn is_url(text: &str) -> bool {
    text.starts_with("http://") || text.starts_with("https://")
}

/// A path without links and steps up, where it exists.
fn resolve_path(path: &Path) -> PathBuf {
    path.canonicalize().unwrap_or_else(|_| path.to_owned())
}
