//! The formats by name.

use std::io::{self, BufWriter, Write};
use std::str::FromStr;

use thiserror::Error;

use super::rule::RuleHelp;
use super::text::TextOptions;
use super::wire::Report;
use super::{html, json, junit, markdown, sarif, text};

/// In which format a report is written.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub enum Format {
    /// For a terminal.
    #[default]
    Text,
    /// For programs; the only one that can be read back.
    Json,
    /// SARIF 2.1.0, for code scanning.
    Sarif,
    /// For the test view of CI systems.
    Junit,
    /// One page for a browser.
    Html,
    /// For merge requests and tickets.
    Markdown,
}

impl Format {
    /// Every format, in the order of help texts.
    pub const ALL: [Self; 6] = [Self::Text, Self::Json, Self::Sarif, Self::Junit, Self::Html, Self::Markdown];

    /// The lower-case name.
    pub fn as_str(self) -> &'static str {
        match self {
            Self::Text => "text",
            Self::Json => "json",
            Self::Sarif => "sarif",
            Self::Junit => "junit",
            Self::Html => "html",
            Self::Markdown => "markdown",
        }
    }
}

/// A name that is no format.
#[derive(Debug, Clone, PartialEq, Eq, Error)]
#[error("unknown format {0:?}; help: text, json, sarif, junit, html or markdown")]
pub struct UnknownFormat(String);

impl FromStr for Format {
    type Err = UnknownFormat;

    fn from_str(name: &str) -> Result<Self, UnknownFormat> {
        let same =
            |format: &Self| format.as_str().eq_ignore_ascii_case(name) || (*format == Self::Markdown && name == "md");
        Self::ALL.into_iter().find(same).ok_or_else(|| UnknownFormat(name.to_owned()))
    }
}

/// So much is gathered before it is handed on: JSON is written word by word.
const BUFFER_BYTES: usize = 64 * 1024;

/// Writes a report in a format; `rules` are the checks that SARIF describes.
///
/// # Errors
/// When the writer takes no more, or the report cannot be put in this format; what was written until then is no report.
pub fn write_report(
    format: Format,
    report: &Report,
    rules: &[RuleHelp],
    text: TextOptions,
    out: &mut dyn Write,
) -> io::Result<()> {
    let mut out = BufWriter::with_capacity(BUFFER_BYTES, out);
    match format {
        Format::Text => out.write_all(text::render(report, text).as_bytes()),
        Format::Json => json::write(report, &mut out),
        Format::Sarif => sarif::write(report, rules, &mut out),
        Format::Junit => junit::write(report, &mut out),
        Format::Html => html::write(report, &mut out),
        Format::Markdown => markdown::write(report, &mut out),
    }?;
    // A `BufWriter` that is dropped swallows the fault of its last write.
    out.flush()
}

/// A report as one text, as [`write_report`] writes it; empty, and so no report to any reader, where that fails.
pub fn render_report(format: Format, report: &Report, rules: &[RuleHelp], text: TextOptions) -> String {
    in_memory(|out| write_report(format, report, rules, text, out))
}

/// What is written, as one text; empty where that fails.
pub(super) fn in_memory(write: impl FnOnce(&mut dyn Write) -> io::Result<()>) -> String {
    let mut bytes = Vec::new();
    write(&mut bytes).ok().and_then(|()| String::from_utf8(bytes).ok()).unwrap_or_default()
}
