//! Where the command line meets the report's formats.

use std::io::{self, Write};

use crate::app::{CheckPage, Syntax};
use crate::report::{self, Report, ReportDiff, RuleHelp, TextOptions};

use super::outputs::FormatOption;

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

impl From<FormatOption> for report::Format {
    fn from(format: FormatOption) -> Self {
        match format {
            FormatOption::Text => Self::Text,
            FormatOption::Json => Self::Json,
            FormatOption::Sarif => Self::Sarif,
            FormatOption::Junit => Self::Junit,
            FormatOption::Html => Self::Html,
            FormatOption::Markdown => Self::Markdown,
        }
    }
}

impl From<FormatOption> for Syntax {
    fn from(format: FormatOption) -> Self {
        match format {
            FormatOption::Text => Self::Text,
            FormatOption::Json | FormatOption::Sarif => Self::Json,
            FormatOption::Junit | FormatOption::Html => Self::Markup,
            FormatOption::Markdown => Self::Markdown,
        }
    }
}

/// Writes a report in a format.
///
/// # Errors
/// When it cannot be written whole.
pub(super) fn write_report(
    format: FormatOption,
    report: &Report,
    pages: &[CheckPage],
    shape: PageShape,
    out: &mut dyn Write,
) -> io::Result<()> {
    let rules: Vec<RuleHelp> = pages.iter().map(build_rule_help).collect();
    report::write_report(format.into(), report, &rules, shape.into(), out)
}

/// What changed between two reports, for people.
pub(super) fn render_diff(diff: &ReportDiff, shape: PageShape) -> String {
    report::diff::render_text(diff, shape.into())
}

fn build_rule_help(page: &CheckPage) -> RuleHelp {
    RuleHelp {
        id: page.id.clone(),
        title: page.title.clone(),
        severity: page.severity,
        help_markdown: page.manual.clone(),
        owasp: page.owasp.clone(),
        cwe: page.cwe.clone(),
    }
}
