//! Where the command line meets the report's formats.

use anyhow::bail;

use crate::app::CheckPage;
use crate::report::Report;

use super::outputs::Format;

/// How text is laid out; other formats do not care.
#[derive(Debug, Clone, Copy)]
pub(super) struct Shape {
    /// Colours.
    pub color: bool,
    /// Columns.
    pub width: usize,
    /// Everything rather than the usual.
    pub verbose: bool,
}

/// The report in a format.
///
/// # Errors
/// When the format cannot be made.
pub(super) fn render(format: Format, report: &Report, pages: &[CheckPage], shape: Shape) -> anyhow::Result<String> {
    let _ = (report, pages, shape.color, shape.width, shape.verbose);
    bail!("the {} format is not wired yet", format.as_str())
}

/// What changed between two reports, for people.
///
/// # Errors
/// When it cannot be made.
pub(super) fn render_diff(older: &Report, newer: &Report, shape: Shape) -> anyhow::Result<String> {
    let _ = (older, newer, shape);
    bail!("diff is not wired yet")
}
