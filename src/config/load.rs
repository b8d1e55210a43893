//! From a file or its text to a checked [`Config`].

use std::path::Path;

use toml::de::DeTable;

use super::Env;
use super::env_file::EnvFile;
use super::error::{ConfigError, Fault};
use super::reader::{ConfigSource, Section};
use super::settings::Config;
use super::{capped, identities, intent, sections, wfc};

const MAX_CONFIG_BYTES: u64 = 1024 * 1024;
const ROOT_KEYS: [&str; 8] = ["target", "scan", "identities", "intent", "llm", "detect", "vocabulary", "suppress"];
const TARGET_KEYS: [&str; 8] =
    ["openapi", "overlay", "graphql", "graphql_schema", "base_url", "source", "allow", "auth"];

/// Reads a configuration file. Paths in it are relative to its folder. Variables that `env` lacks are looked for in
/// `.env` beside it.
///
/// # Errors
/// [`ConfigError`] with place and help; no secret is ever part of it.
pub fn load(path: &Path, env: &Env<'_>) -> Result<Config, ConfigError> {
    let text = read_text(path)?;
    let folder = path.parent().unwrap_or(Path::new(""));
    let name = path.file_name().map_or_else(|| path.to_string_lossy(), |name| name.to_string_lossy());
    let env_file = EnvFile::beside(folder);
    let mut config = parse_source(&ConfigSource { file: &name, text: &text, folder, env, env_file: &env_file })?;
    config.path = path.to_owned();

    Ok(config)
}

/// Reads the text of a configuration file.
pub(super) fn read_text(path: &Path) -> Result<String, ConfigError> {
    capped::read_capped(path, MAX_CONFIG_BYTES)
        .map_err(|reason| ConfigError::Read { path: path.to_owned(), reason: reason.to_string() })
}

/// Reads the text of a configuration that lies in `folder`; `name` is what messages call it.
///
/// # Errors
/// [`ConfigError`] with place and help; no secret is ever part of it.
pub fn parse(text: &str, folder: &Path, name: &str, env: &Env<'_>) -> Result<Config, ConfigError> {
    parse_source(&ConfigSource { file: name, text, folder, env, env_file: &EnvFile::default() })
}

fn parse_source(source: &ConfigSource<'_>) -> Result<Config, ConfigError> {
    let table = DeTable::parse(source.text).map_err(|error| syntax_fault(source, &error))?;
    let root = Section::root(source, table.get_ref(), &ROOT_KEYS)?;
    let mut config = Config { path: source.folder.join(source.file), ..Config::default() };
    let warnings = &mut config.warnings;

    if let Some(value) = root.value("identities") {
        config.identities = identities::read_all(source, value, warnings)?;
    }
    if let Some(value) = root.value("target") {
        let section = Section::new(source, "target", value, &TARGET_KEYS)?;
        config.target = sections::read_target(&section, warnings)?;

        if let Some(file) = section.string("auth")? {
            let fault = |message: String| source.open_fault(section.place("auth"), message);
            // Two lists of callers would need a rule for names that stand in both.
            if root.value("identities").is_some() {
                return Err(
                    fault("`target.auth` is read in place of [identities.*]; keep one of them".to_owned()).into()
                );
            }
            let text = capped::read_capped(&source.folder.join(file), MAX_CONFIG_BYTES)
                .map_err(|reason| fault(format!("failed to read `{file}`: {reason}")))?;
            config.identities =
                wfc::read_identities(&text, warnings).map_err(|reason| fault(format!("{file}: {reason}")))?;
            warnings.push(format!("{file} holds secrets: keep it out of version control"));
        }
    }

    if let Some(value) = root.value("scan") {
        config.scan = sections::read_scan(source, value)?;
    }
    if let Some(value) = root.value("intent") {
        config.intent = intent::read_statements(source, value)?;
    }
    if let Some(value) = root.value("llm") {
        config.llm = sections::read_llm(source, value, warnings)?;
    }
    if let Some(value) = root.value("detect") {
        config.detect = sections::read_detect(source, value, warnings)?;
    }
    if let Some(value) = root.value("vocabulary") {
        config.vocabulary = sections::read_vocabulary(source, value)?;
    }
    config.suppress = sections::read_suppressions(&root, crate::model::today(), warnings)?;
    Ok(config)
}

/// What the TOML parser says, without the line's values: an unclosed quote may be a secret's.
fn syntax_fault(source: &ConfigSource<'_>, error: &toml::de::Error) -> Fault {
    let span = error.span().unwrap_or(0..0);
    let message = error.message().lines().next().unwrap_or("not valid TOML").to_owned();
    source.fault(span, message)
}
