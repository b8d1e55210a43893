//! What a dry run says: operation by operation, the checks and the most requests they may cost.

use super::page::{Page, Tone};
use crate::report::wire::{PlanRow, Report};
use crate::report::words::operation;

const MAX_ROWS: usize = 60;

pub(super) fn render(page: &mut Page, report: &Report) {
    let asked = report.plan.iter().filter(|row| row.skipped_because.is_none()).count();
    let most = report.plan.iter().fold(0_u64, |sum, row| sum.saturating_add(row.max_requests));
    page.heading(&format!("Plan: {asked} of {} operations, at most {most} requests", report.plan.len()));
    let shown = page.cap(MAX_ROWS);
    let width = report.plan.iter().take(shown).map(|row| operation(&row.operation).chars().count()).max();
    let width = width.unwrap_or(0).min(page.options.width / 2);
    for row in report.plan.iter().take(shown) {
        let (tone, what) = what(row);
        let lead = format!("{:<width$}  {:>5}  ", operation(&row.operation), row.max_requests);
        page.line(2, &[(Tone::Plain, &lead), (tone, &what)]);
    }
    page.more(2, report.plan.len().saturating_sub(shown), "operations");
}

fn what(row: &PlanRow) -> (Tone, String) {
    match &row.skipped_because {
        Some(reason) => (Tone::Doubt, format!("not asked: {reason}")),
        None if row.checks.is_empty() => (Tone::Dim, "no check applies".to_owned()),
        None => (Tone::Plain, format!("{}: {}", row.checks.len(), row.checks.join(", "))),
    }
}
