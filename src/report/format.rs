//! The formats by name.

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

/// Writes a report in a format; `rules` are the checks that SARIF describes.
pub fn render(format: Format, report: &Report, rules: &[RuleHelp], text: TextOptions) -> String {
    match format {
        Format::Text => text::render(report, text),
        Format::Json => json::render(report),
        Format::Sarif => sarif::render(report, rules),
        Format::Junit => junit::render(report),
        Format::Html => html::render(report),
        Format::Markdown => markdown::render(report),
    }
}
