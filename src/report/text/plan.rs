//! What a dry run says: the operations that will be asked with their checks and the most requests they may cost, why
//! they are asked, and what will not be asked and why.

use super::page::{TextPage, Tone};
use crate::report::plan_groups::{PlanGroup, asked_groups, skipped_groups};
use crate::report::wire::{PlanRow, Report};
use crate::report::words::format_operation;

const MAX_ROWS: usize = 60;
const MAX_GROUPS: usize = 20;
/// Operations that are named of one group.
const MAX_NAMED: usize = 3;

pub(super) fn render(page: &mut TextPage, report: &Report) {
    let asked: Vec<&PlanRow> = report.plan.iter().filter(|row| row.skipped_because.is_none()).collect();
    let most = report.plan.iter().fold(0_u64, |sum, row| sum.saturating_add(row.max_requests));
    page.heading(&format!("Plan: {} of {} operations, at most {most} requests", asked.len(), report.plan.len()));
    let shown = page.cap(MAX_ROWS);
    let width = asked.iter().take(shown).map(|row| format_operation(&row.operation).chars().count()).max();
    let width = width.unwrap_or(0).min(page.options.width / 2);

    for row in asked.iter().take(shown) {
        let lead = format!("{:<width$}  {:>5}  ", format_operation(&row.operation), row.max_requests);
        let (tone, what) = list_checks(row);
        page.line(2, &[(Tone::Plain, &lead), (tone, &what)]);
    }
    page.more(2, asked.len().saturating_sub(shown), "operations");
    let skipped = report.plan.len() - asked.len();
    render_groups(page, &format!("Asked: {}, because", asked.len()), &asked_groups(&report.plan));

    render_groups(page, &format!("Not asked: {skipped}, because"), &skipped_groups(&report.plan));
}

fn list_checks(row: &PlanRow) -> (Tone, String) {
    match row.checks.as_slice() {
        [] => (Tone::Dim, "no check applies".to_owned()),
        checks => (Tone::Plain, format!("{}: {}", checks.len(), checks.join(", "))),
    }
}

fn render_groups(page: &mut TextPage, heading: &str, groups: &[PlanGroup<'_>]) {
    if groups.is_empty() {
        return;
    }
    page.heading(heading);
    let shown = page.cap(MAX_GROUPS);

    for group in groups.iter().take(shown) {
        page.line(2, &[(Tone::Plain, &format!("{:>4}  {}", group.operations.len(), group.because))]);
        let named = page.cap(MAX_NAMED);
        let names: Vec<String> = group.operations.iter().take(named).map(|each| format_operation(each)).collect();
        let more = group.operations.len().saturating_sub(named);
        let more = if more > 0 { format!(" and {more} more") } else { String::new() };
        page.line(8, &[(Tone::Dim, &format!("{}{more}", names.join(", ")))]);
    }

    page.more(2, groups.len().saturating_sub(shown), "reasons");
}
