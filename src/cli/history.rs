//! `routewarden history`: stored scans.

use crate::app::HistoryRow;

use super::cx::CommandCx;
use super::exit::Exit;
use super::layout::{LayoutColumn, render_table};
use super::outputs::AnswerOptions;

/// Options of `history`.
#[derive(Debug, clap::Args)]
pub struct HistoryArgs {
    /// Most scans to list, newest first
    #[arg(long, value_name = "N", default_value_t = 20, value_parser = clap::value_parser!(u16).range(1..=1000))]
    pub limit: u16,
    #[command(flatten)]
    pub(super) answer: AnswerOptions,
}

/// Lists.
pub(super) async fn run(cx: &CommandCx, args: &HistoryArgs) -> anyhow::Result<Exit> {
    let rows = cx.app.history(usize::from(args.limit)).await?;
    if rows.is_empty() {
        cx.remark("no scan is stored yet; `routewarden demo` makes one");
    }
    args.answer.print(cx, &rows, |rows| render_history(rows, cx.width()))?;
    Ok(Exit::Clean)
}

fn render_history(rows: &[HistoryRow], width: usize) -> String {
    if rows.is_empty() {
        return String::new();
    }
    let fixed = |heading| LayoutColumn { heading, shrinks: false };
    let columns = [
        fixed("scan"),
        fixed("started"),
        fixed("status"),
        fixed("grade"),
        fixed("findings"),
        fixed("severe"),
        LayoutColumn { heading: "target", shrinks: true },
    ];
    let rows: Vec<Vec<String>> = rows.iter().map(history_cells).collect();

    render_table(&columns, &rows, width)
}

fn history_cells(row: &HistoryRow) -> Vec<String> {
    // To the second, without the zone: the column is for finding one's scan, the JSON has the whole.
    let started: String = row.started_at.chars().take(19).collect();
    vec![
        row.scan_id.clone(),
        started.replace('T', " "),
        row.status.clone(),
        row.grade.clone().unwrap_or_else(|| "-".to_owned()),
        row.findings.to_string(),
        row.severe.to_string(),
        row.base_url.clone(),
    ]
}
