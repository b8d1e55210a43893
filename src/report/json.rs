//! The report as JSON: written for programs, read back for baselines and from the store.

use std::io::{self, Write};

use schemars::generate::SchemaSettings;
use serde::Deserialize;
use thiserror::Error;

use super::format::in_memory;
use super::wire::{Report, SCHEMA_VERSION};

/// Why a text is no report that this version can read.
#[derive(Debug, Clone, PartialEq, Eq, Error)]
pub enum ReportError {
    /// A newer version of this program wrote it.
    #[error(
        "report has schema_version {0}, and this version of routewarden reads up to {SCHEMA_VERSION}; help: update routewarden"
    )]
    Newer(u64),
    /// Not JSON, or not in the shape of a report.
    #[error("not a report of routewarden: {0}; help: write one with `routewarden scan --format json -o FILE`")]
    Malformed(String),
}

/// Writes the report, indented, keys in the order of the contract.
///
/// # Errors
/// When the writer takes no more.
pub fn write(report: &Report, out: &mut dyn Write) -> io::Result<()> {
    serde_json::to_writer_pretty(&mut *out, report)?;
    out.write_all(b"\n")
}

/// The report as one text; empty, and so no report to any reader, where it cannot be written.
pub fn render(report: &Report) -> String {
    in_memory(|out| write(report, out))
}

/// Reads a report; fields that this version does not know are ignored.
///
/// # Errors
/// [`ReportError::Newer`] for a greater `schema_version`, whatever else the text holds; else [`ReportError::Malformed`].
pub fn read_report(text: &str) -> Result<Report, ReportError> {
    #[derive(Deserialize)]
    struct Version {
        schema_version: u64,
    }
    let malformed = |error: serde_json::Error| ReportError::Malformed(error.to_string());
    // Editors and shells of Windows put a byte order mark at the beginning.
    let text = text.trim_start_matches('\u{feff}');
    // The version goes first: a newer report may have another shape, and is not malformed.
    let Version { schema_version } = serde_json::from_str(text).map_err(malformed)?;

    if schema_version > u64::from(SCHEMA_VERSION) {
        return Err(ReportError::Newer(schema_version));
    }
    serde_json::from_str(text).map_err(malformed)
}

/// The JSON Schema (2020-12) of the report, as committed in `tools/report.schema.json`.
pub fn report_schema() -> String {
    let schema = SchemaSettings::draft2020_12().into_generator().into_root_schema_for::<Report>();
    let mut text = serde_json::to_string_pretty(&schema).unwrap_or_else(|_| "{}".to_owned());
    text.push('\n');
    text
}
