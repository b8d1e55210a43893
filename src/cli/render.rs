//! Where the command line meets the report's formats.

use std::io::{self, Write};

use crate::app::{CheckPage, Syntax};
use crate::report::{self, Report, ReportDiff, RuleHelp, TextOptions};

use super::outputs::Format;

/// How text is laid out; other formats do not care.
#[derive(Debug, Clone, Copy)]
pub(super) struct PageShape {
    /// Colours.
    pub color: bool,
    /// Columns.
    pub width: usize,
    /// Everything rather than the usual.
    pub verbose: bool,
}

impl From<PageShape> for TextOptions {
    fn from(shape: PageShape) -> Self {
        Self { color: shape.color, width: shape.width, verbose: shape.verbose }
    }
}

impl From<Format> for report::Format {
    fn from(format: Format) -> Self {
        match format {
            Format::Text => Self::Text,
            Format::Json => Self::Json,
            Format::Sarif => Self::Sarif,
            Format::Junit => Self::Junit,
            Format::Html => Self::Html,
            Format::Markdown => Self::Markdown,
        }
    }
}

impl From<Format> for Syntax {
    fn from(format: Format) -> Self {
        match format {
            Format::Text => Self::Text,
            Format::Json | Format::Sarif => Self::Json,
            Format::Junit | Format::Html => Self::Markup,
            Format::Markdown => Self::Markdown,
        }
    }
}

/// Writes a report in a format.
///
/// # Errors
/// When it cannot be written whole.
pub(super) fn write(
    format: Format,
    report: &Report,
    pages: &[CheckPage],
    shape: PageShape,
    out: &mut dyn Write,
) -> io::Result<()> {
    let rules: Vec<RuleHelp> = pages.iter().map(rule).collect();
    report::write(format.into(), report, &rules, shape.into(), out)
}

/// What changed between two reports, for people.
pub(super) fn render_diff(diff: &ReportDiff, shape: PageShape) -> String {
    report::diff::render(diff, shape.into())
}

fn rule(page: &CheckPage) -> RuleHelp {
    RuleHelp {
        id: page.id.clone(),
        title: page.title.clone(),
        severity: page.severity,
        help_markdown: page.manual.clone(),
        owasp: page.owasp.clone(),
        cwe: page.cwe.clone(),
    }
}
