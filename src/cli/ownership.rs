//! `routewarden ownership`: who gets what, route by route.

#[cfg(test)]
mod tests;

use tokio::sync::watch;
use tokio_util::sync::CancellationToken;

use crate::app::{Access, Matrix, MatrixRow, OwnershipRequest, Progress, RouteVerdict};
use crate::model::{Face, ScanId};
use crate::report::{Agreement, PolicyRow, next_step};

use super::cx::CommandCx;
use super::exit::Exit;
use super::follow::{Ended, Watched, wait_with_progress};
use super::interrupts::Interrupts;
use super::layout::{LayoutColumn, render_table, wrap_text};
use super::options::{LimitOptions, ScopeOptions, TargetOptions, build_overrides};
use super::outputs::AnswerOptions;

/// Most grounds of one policy.
const MAX_GROUNDS: usize = 3;
const LEGEND: &str = "+ own object   ! another caller's object   o served, nobody's object   - refused   ? not known";

/// Options of `ownership`.
#[derive(Debug, clap::Args)]
pub struct OwnershipArgs {
    /// A route: `GET /invoices/{invoice_id}` or a path alone [default: all routes]
    pub route: Option<String>,
    /// OpenAPI document (path or URL) or base URL, as for `scan`
    #[arg(long)]
    pub target: Option<String>,
    /// A stored scan that answers, without a request [default: a new one]
    #[arg(long, value_name = "ID", conflicts_with = "target")]
    pub scan: Option<String>,
    #[command(flatten)]
    pub(super) options: TargetOptions,
    #[command(flatten)]
    pub(super) scope: ScopeOptions,
    #[command(flatten)]
    pub(super) limits: LimitOptions,
    #[command(flatten)]
    pub(super) answer: AnswerOptions,
}

/// Asks and prints.
pub(super) async fn run(cx: &CommandCx, args: OwnershipArgs) -> anyhow::Result<Exit> {
    let request = OwnershipRequest {
        route: args.route,
        target: args.target,
        overrides: build_overrides(&args.options, args.scope, &args.limits),
        config: args.options.config,
        scan: args.scan.map(ScanId::from),
    };

    let mut interrupts = Interrupts::listen()?;
    let (reports, progress) = watch::channel(Progress::default());
    let cancel = CancellationToken::new();
    let work = cx.app.check_route_ownership(request, reports, cancel.clone());
    let matrix = match wait_with_progress(cx, &mut interrupts, Watched { progress, cancel }, work).await? {
        Ended::Answer(matrix) => matrix,
        Ended::Left => return Ok(Exit::Interrupted),
    };
    args.answer.print(cx, &matrix, |matrix| render_matrix(matrix, cx.width()))?;
    let Some(because) = matrix.untrusted_because(Face::CommandLine) else { return Ok(Exit::Clean) };
    cx.remark(format!("the set-up could not be trusted, so nothing is concluded: {because}"));

    Ok(Exit::Untrusted)
}

fn render_matrix(matrix: &Matrix, width: usize) -> String {
    let mut out = String::new();
    for caller in &matrix.callers {
        out.push_str(&wrap_text(&format!("{} = {} ({})", caller.column, caller.identity, caller.role), width, 0));
    }
    out.push('\n');

    for row in &matrix.policy {
        out.push_str(&wrap_text(&format_policy(row), width, 0));
    }
    if !matrix.policy.is_empty() {
        out.push('\n');
    }
    out.push_str(&render_grid(matrix, width));
    out.push('\n');
    out.push_str(&wrap_text(LEGEND, width, 0));

    for row in &matrix.routes {
        out.push_str(&render_reasons(row, width));
    }
    for step in &matrix.next_steps {
        out.push_str(&wrap_text(&format!("\nnext: {}", next_step(step, Face::CommandLine)), width, 0));
    }
    out
}

/// `order: owner, by PUT /orders/{id} refuses a peer; broken by GET /orders/{id}`
fn format_policy(row: &PolicyRow) -> String {
    let grounds = row.rests_on.iter().take(MAX_GROUNDS).cloned().collect::<Vec<_>>().join(", ");
    let grounds = if grounds.is_empty() { String::new() } else { format!(", by {grounds}") };
    let broken =
        if row.broken_by.is_empty() { String::new() } else { format!("; broken by {}", row.broken_by.join(", ")) };
    format!("{}: {}{grounds}{broken}", row.about(), row.policy)
}

/// The matrix as a table: symbols before the path, so that a narrow terminal cuts the path and never a verdict.
fn render_grid(matrix: &Matrix, width: usize) -> String {
    let mut columns = vec![LayoutColumn { heading: "verdict", shrinks: false }];
    let heading = |name: &str| match name {
        "anonymous" => "anon",
        "A" => "A",
        "B" => "B",
        "H" => "H",
        _ => "*",
    };

    columns
        .extend(matrix.callers.iter().map(|caller| LayoutColumn { heading: heading(&caller.column), shrinks: false }));
    columns.push(LayoutColumn { heading: "route", shrinks: true });
    let rows: Vec<Vec<String>> = matrix
        .routes
        .iter()
        .map(|row| {
            let mut cells = vec![verdict_name(row.verdict).to_owned()];
            cells.extend(matrix.callers.iter().map(|caller| cell_symbol(row, &caller.column).to_owned()));
            cells.push(format!("{} {}", row.operation.method, row.operation.path));
            cells
        })
        .collect();
    render_table(&columns, &rows, width)
}

/// The reasons of a row that somebody should read: broken, suspected and unknown ones, cell by cell.
fn render_reasons(row: &MatrixRow, width: usize) -> String {
    // What is enforced or public needs no reading, unless the source contradicts it.
    let telling = matches!(row.verdict, RouteVerdict::Broken | RouteVerdict::Suspected | RouteVerdict::Unknown);
    let contradicted = row.source.as_ref().is_some_and(|source| source.agreement == Agreement::Disagree);

    if !telling && !contradicted {
        return String::new();
    }
    let head = format!("\n{} {}: {}", row.operation.method, row.operation.path, row.reason);
    let mut out = wrap_text(&head, width, 0);

    for cell in &row.cells {
        let line = format!("{} {}: {}", access_symbol(cell.access), cell.column, cell.because);
        out.push_str(&wrap_text(&line, width, 2));
    }
    if let Some(source) = &row.source {
        out.push_str(&wrap_text(&format!("source: {}", source.in_words()), width, 2));
    }
    out
}

fn cell_symbol(row: &MatrixRow, column: &str) -> &'static str {
    row.cells.iter().find(|cell| cell.column == column).map_or("?", |cell| access_symbol(cell.access))
}

fn access_symbol(access: Access) -> &'static str {
    match access {
        Access::Own => "+",
        Access::Others => "!",
        Access::Served => "o",
        Access::Refused => "-",
        Access::Unknown => "?",
    }
}

fn verdict_name(verdict: RouteVerdict) -> &'static str {
    match verdict {
        RouteVerdict::Enforced => "enforced",
        RouteVerdict::Broken => "BROKEN",
        RouteVerdict::Suspected => "suspected",
        RouteVerdict::Public => "public",
        RouteVerdict::NotOwned => "not owned",
        RouteVerdict::Unknown => "unknown",
    }
}
