//! `[intent]`: what the user says of who is meant to reach what.

use jiff::civil::Date;

use super::error::ConfigError;
use super::reader::{ConfigSource, Section, TomlValue, as_string, read_date};
use crate::model::{AccessLevel, IntentOrigin, IntentSource, IntentSubject, StatedIntent, clean_text};

/// `level` says the same as `policy`.
const KEYS: [&str; 4] = ["policy", "level", "reason", "expires"];
const MAX_STATEMENTS: usize = 10_000;
const MAX_REASON: usize = 500;

/// Reads `[intent]` in the order of the file.
pub(super) fn read_statements(
    source: &ConfigSource<'_>,
    value: &TomlValue<'_>,
) -> Result<Vec<StatedIntent>, ConfigError> {
    let all = Section::open(source, "intent", value)?;
    let mut stated = Vec::new();

    for (key, span, value) in all.entries() {
        let fault = |message: String| source.open_fault(span.clone(), message);
        if stated.len() == MAX_STATEMENTS {
            return Err(fault(format!("more than {MAX_STATEMENTS} statements in [intent]")).into());
        }
        let subject = IntentSubject::parse(key).map_err(|reason| {
            let help = "a key is an operation, as in \"GET /articles/{slug}\", or a resource, as in \"resource:order\"";
            fault(format!("`{}` in [intent]: {reason}", clean_text(key, 120))).with_help(help)
        })?;
        let IntentWords { level, reason, expires } = read_statement(source, &format!("intent.\"{key}\""), value)?;
        let line = u32::try_from(source.line(span.start)).ok();
        let place =
            IntentSource { origin: IntentOrigin::Configuration, file: source.file.to_owned(), line, of_path: false };
        stated.push(StatedIntent { subject, level, reason, expires, source: place });
    }

    Ok(stated)
}

struct IntentWords {
    level: AccessLevel,
    reason: Option<String>,
    expires: Option<Date>,
}

/// A level alone, or a table with reason and last day.
fn read_statement(source: &ConfigSource<'_>, path: &str, value: &TomlValue<'_>) -> Result<IntentWords, ConfigError> {
    if value.get_ref().as_table().is_none() {
        return Ok(IntentWords { level: read_level(source, path, value)?, reason: None, expires: None });
    }
    let section = Section::new(source, path, value, &KEYS)?;
    let (key, value) = match (section.value("policy"), section.value("level")) {
        (Some(value), None) => ("policy", value),
        (None, Some(value)) => ("level", value),
        (Some(_), Some(_)) => {
            let message = format!("`{path}` has both `policy` and `level`, which say the same; keep one of them");
            return Err(source.open_fault(section.place("level"), message).into());
        }
        (None, None) => {
            let fault = source.open_fault(value.span(), format!("`{path}` does not say who is meant to reach it"));
            return Err(fault.with_help(format!("add policy = \"...\": {}", AccessLevel::NAMES)).into());
        }
    };

    let reason =
        section.string("reason")?.map(|text| clean_text(text.trim(), MAX_REASON)).filter(|text| !text.is_empty());
    Ok(IntentWords {
        level: read_level(source, &section.path(key), value)?,
        reason,
        expires: read_date(&section, "expires")?,
    })
}

fn read_level(source: &ConfigSource<'_>, path: &str, value: &TomlValue<'_>) -> Result<AccessLevel, ConfigError> {
    let text = as_string(source, path, value)?;
    AccessLevel::parse(text).ok_or_else(|| {
        let message = format!("`{path}`: `{}` is no level", clean_text(text, 60));
        source.open_fault(value.span(), message).with_help(AccessLevel::advice(text)).into()
    })
}
