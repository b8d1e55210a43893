//! `[target]`, `[scan]`, `[llm]`, `[detect]` and `[[suppress]]`.

use std::path::Path;
use std::sync::Arc;
use std::time::Duration;

use jiff::civil::Date;
use url::Url;

use super::capped;
use super::error::ConfigError;
use super::login::check_pointer;
use super::operations::{check_operation, check_pattern};
use super::reader::{ConfigSource, Section, TomlValue, read_date};
use super::secrets::{self, Purpose};
use super::settings::{Detect, Llm, LlmEndpoint, ScanSettings, Suppression, Target};
use crate::detect::secrets::load_user_rules;
use crate::model::{Mode, Origin, Scope, Secret};
use crate::vocabulary::{ConceptWords, concept_names, split_words};

/// Reads `[target]`; its `auth` is read by the caller.
pub(super) fn read_target(section: &Section<'_>, warnings: &mut Vec<String>) -> Result<Target, ConfigError> {
    let mut allow = Vec::new();
    for (text, span) in section.strings("allow")? {
        let fault =
            |reason: String| section.source.open_fault(span.clone(), format!("`{}`: {reason}", section.path("allow")));
        let origin = Origin::parse(text).map_err(|error| {
            let help = "an origin is scheme, host and port, as in `https://staging.example.com`";
            section.source.fault(span.clone(), format!("`{}`: {error}", section.path("allow"))).with_help(help)
        })?;
        // A wildcard could let requests out to hosts that the user never had in mind.
        if text.contains('*') {
            return Err(fault("origins are listed one by one; `*` is not a wildcard here".to_owned()).into());
        }
        // Scope is by origin: a path that seems to narrow it must not give a false sense of safety.
        if Url::parse(text).is_ok_and(|url| !matches!(url.path(), "" | "/")) {
            warnings.push(format!("allow: the path of {text} does not narrow it; all of {origin} may be asked"));
        }
        allow.push(origin);
    }

    let base_url = section.string("base_url")?.map(str::to_owned);
    if let Some(text) = &base_url {
        check_base_url(section, text, &allow, warnings)?;
    }
    let source = section.string("source")?.map(|path| section.source.folder.join(path));

    if let Some(folder) = source.as_ref().filter(|folder| !folder.is_dir()) {
        warnings.push(format!("source: {} is not a folder; code is not looked at", folder.display()));
    }
    let openapi = section.string("openapi")?.map(|document| resolve_document(section.source.folder, document));
    let overlay = section.string("overlay")?.map(|path| section.source.folder.join(path));
    let graphql = section.string("graphql")?.map(str::to_owned);
    if let Some(path) = graphql.as_ref().filter(|path| !path.starts_with('/') || path.contains(['?', '#', '{'])) {
        let reason = format!("`target.graphql`: a path below the base URL, such as `/graphql`, not `{path}`");
        return Err(section.source.fault(section.place("graphql"), reason).into());
    }
    let graphql_schema = section.string("graphql_schema")?.map(|path| section.source.folder.join(path));
    Ok(Target { openapi, overlay, graphql, graphql_schema, base_url, source, allow })
}

fn resolve_document(folder: &Path, document: &str) -> String {
    let is_url = document.starts_with("http://") || document.starts_with("https://");
    if is_url { document.to_owned() } else { folder.join(document).to_string_lossy().into_owned() }
}

fn check_base_url(
    section: &Section<'_>,
    text: &str,
    allow: &[Origin],
    warnings: &mut Vec<String>,
) -> Result<(), ConfigError> {
    let fault =
        |reason: String| section.source.fault(section.place("base_url"), format!("`target.base_url`: {reason}"));
    let origin = Origin::parse(text).map_err(|error| fault(error.to_string()))?;
    let url = Url::parse(text).map_err(|error| fault(error.to_string()))?;

    // Paths of operations are appended, and would end up within the query.
    if url.query().is_some() || url.fragment().is_some() {
        return Err(fault("an address without `?` and `#`".to_owned()).into());
    }
    // Only a warning: `--allow` may still permit it, and a plan sends nothing.
    if Scope::new(allow.iter().cloned()).permit(url).is_err() {
        warnings.push(format!("{origin} is out of scope: add it to `allow` in [target] if it is yours to test"));
    }
    Ok(())
}

/// Reads `[scan]`.
pub(super) fn read_scan(source: &ConfigSource<'_>, value: &TomlValue<'_>) -> Result<ScanSettings, ConfigError> {
    let known = [
        "mode",
        "auto_accounts",
        "exclude",
        "include",
        "max_requests",
        "max_seconds",
        "rate",
        "concurrency",
        "timeout_seconds",
    ];
    let section = Section::new(source, "scan", value, &known)?;
    let patterns = |key: &str| -> Result<Vec<String>, ConfigError> {
        let mut found = Vec::new();
        for (pattern, span) in section.strings(key)? {
            check_pattern(pattern).map_err(|reason| source.open_fault(span, format!("`scan.{key}`: {reason}")))?;
            found.push(pattern.trim().to_owned());
        }
        Ok(found)
    };

    let (exclude, include) = (patterns("exclude")?, patterns("include")?);
    Ok(ScanSettings {
        mode: read_mode(&section)?,
        auto_accounts: section.boolean("auto_accounts")?,
        exclude,
        include,
        max_requests: section.integer("max_requests", 1, 10_000_000)?,
        max_seconds: section.integer("max_seconds", 0, 10_000_000)?,
        rate: section.number("rate", 10_000.0)?,
        concurrency: section.integer("concurrency", 1, 128)?.and_then(|n| usize::try_from(n).ok()),
        timeout: section.number("timeout_seconds", 600.0)?.map(Duration::from_secs_f64),
    })
}

fn read_mode(section: &Section<'_>) -> Result<Option<Mode>, ConfigError> {
    let modes = [Mode::Passive, Mode::Active, Mode::Intrusive];
    let Some(text) = section.string("mode")? else { return Ok(None) };

    if let Some(mode) = modes.into_iter().find(|mode| mode.as_str() == text) {
        return Ok(Some(mode));
    }
    let fault = section.source.open_fault(section.place("mode"), "`scan.mode` is passive, active or intrusive");
    let nearest = modes.into_iter().min_by_key(|mode| strsim::levenshtein(mode.as_str(), text));
    Err(fault.with_help(format!("did you mean `{}`?", nearest.unwrap_or_default().as_str())).into())
}

/// Reads `[llm]`.
pub(super) fn read_llm(
    source: &ConfigSource<'_>,
    value: &TomlValue<'_>,
    warnings: &mut Vec<String>,
) -> Result<Llm, ConfigError> {
    let section = Section::new(source, "llm", value, &["endpoints", "system_prompt", "max_calls", "timeout_seconds"])?;
    let mut endpoints = Vec::new();

    for endpoint in section.tables("endpoints", &["operation", "prompt", "answer"])? {
        let operation = endpoint.required("operation")?;
        let fault = |key: &str, reason: &dyn std::fmt::Display| {
            source.open_fault(endpoint.place(key), format!("`{}`: {reason}", endpoint.path(key)))
        };
        check_operation(operation).map_err(|reason| fault("operation", &reason))?;
        let pointer = |key: &str| -> Result<String, ConfigError> {
            let pointer = endpoint.required(key)?;
            check_pointer(pointer).map_err(|reason| fault(key, &reason))?;
            Ok(pointer.to_owned())
        };
        let (prompt, answer) = (pointer("prompt")?, pointer("answer")?);
        endpoints.push(LlmEndpoint { operation: operation.trim().to_owned(), prompt, answer });
    }

    let system_prompt = match section.value("system_prompt") {
        Some(value) => Some(system_prompt(source, value, warnings)?),
        None => None,
    };
    let timeout = section.number("timeout_seconds", 600.0)?.map(Duration::from_secs_f64);
    Ok(Llm { endpoints, system_prompt, max_calls: section.integer("max_calls", 0, 100_000)?, timeout })
}

/// A system prompt may have many lines, unlike a secret of a header.
fn system_prompt(
    source: &ConfigSource<'_>,
    value: &TomlValue<'_>,
    warnings: &mut Vec<String>,
) -> Result<Secret, ConfigError> {
    let line = "system_prompt = { file = \"prompts/system.txt\" }";
    let purpose =
        Purpose { path: "llm.system_prompt".to_owned(), suggested_variable: "SYSTEM_PROMPT".to_owned(), line };
    // A prompt is kept like a secret: in the file it would be published with the repository.
    if value.get_ref().as_table().is_none() {
        return Err(secrets::refuse_literal(source, &purpose, value.span()));
    }
    let section = Section::new(source, "llm.system_prompt", value, &secrets::SOURCES)?;
    let Some(path) = section.string("file")? else {
        return secrets::from_section(&section, &purpose, warnings);
    };
    let text = capped::read_capped(&source.folder.join(path), 256 * 1024)
        .map_err(|reason| source.open_fault(section.place("file"), format!("failed to read `{path}`: {reason}")))?;
    Ok(Secret::new(text.trim()))
}

/// Largest file of rules.
const MAX_RULES_BYTES: u64 = 4 * 1024 * 1024;

/// Reads `[detect]` and the file of rules that it names.
pub(super) fn read_detect(
    source: &ConfigSource<'_>,
    value: &TomlValue<'_>,
    warnings: &mut Vec<String>,
) -> Result<Detect, ConfigError> {
    let section = Section::new(source, "detect", value, &["rules"])?;
    let Some(file) = section.string("rules")? else { return Ok(Detect::default()) };
    let fault = |reason: String| source.open_fault(section.place("rules"), reason);
    let text = capped::read_capped(&source.folder.join(file), MAX_RULES_BYTES)
        .map_err(|reason| fault(format!("failed to read `{file}`: {reason}")))?;
    let rules = load_user_rules(&text).map_err(|reason| fault(format!("{file}: {reason}")))?;
    warnings.extend(rules.refused.iter().map(|rule| {
        let id = if rule.id.is_empty() { "a rule without id" } else { &rule.id };
        format!("{file}:{}: {id} is not used: {}", rule.line, rule.reason)
    }));
    Ok(Detect { rules: Arc::new(rules) })
}

/// Reads `[vocabulary]`: words of this API by the concept that they are read as.
pub(super) fn read_vocabulary(source: &ConfigSource<'_>, value: &TomlValue<'_>) -> Result<ConceptWords, ConfigError> {
    let concepts: Vec<&str> = concept_names().collect();
    let section = Section::new(source, "vocabulary", value, &concepts)?;
    let mut words = ConceptWords::new();

    for (concept, _, _) in section.entries() {
        let listed = words.entry(concept.to_owned()).or_default();
        for (word, place) in section.strings(concept)? {
            // Otherwise it would never be read, and nobody would know why.
            if !word.chars().any(char::is_alphanumeric) {
                return Err(source.open_fault(place, format!("`{word}` holds no word")).into());
            }
            // As names are split, so that `clearance_level` and `clearanceLevel` are one entry.
            listed.push(split_words(word).join(" "));
        }
    }
    Ok(words)
}

/// Reads `[[suppress]]`.
pub(super) fn read_suppressions(
    root: &Section<'_>,
    today: Date,
    warnings: &mut Vec<String>,
) -> Result<Vec<Suppression>, ConfigError> {
    let mut all = Vec::new();
    for section in root.tables("suppress", &["finding", "check", "operation", "reason", "expires"])? {
        let text = |key: &str| Ok::<_, ConfigError>(section.string(key)?.map(|text| text.trim().to_owned()));
        let fault =
            |key: &str, message: &str| ConfigError::from(section.source.open_fault(section.place(key), message));
        let (finding, check, operation) = (text("finding")?, text("check")?, text("operation")?);

        // Without a subject the suppression would cover every finding, or none.
        if finding.is_none() && check.is_none() && operation.is_none() {
            return Err(fault("reason", "`suppress` needs `finding`, `check` or `operation`: what it is about"));
        }
        if finding.as_ref().is_some_and(|id| !id.starts_with("rw-")) {
            return Err(fault("finding", "`suppress.finding` is the id of a finding: it begins with `rw-`"));
        }
        if let Some(Err(reason)) = operation.as_deref().map(check_pattern) {
            return Err(fault("operation", &format!("`suppress.operation`: {reason}")));
        }
        let suppression = Suppression {
            finding,
            check,
            operation,
            reason: section.required("reason")?.trim().to_owned(),
            expires: read_date(&section, "expires")?,
        };

        if suppression.is_expired(today) {
            let (what, day) = (describe_suppression(&suppression), suppression.expires.unwrap_or_default());
            warnings.push(format!("the suppression of {what} expired on {day}: it is reported again"));
        }
        all.push(suppression);
    }

    Ok(all)
}

fn describe_suppression(suppression: &Suppression) -> String {
    let parts = [&suppression.finding, &suppression.check, &suppression.operation];
    parts.into_iter().flatten().cloned().collect::<Vec<_>>().join(", ")
}
