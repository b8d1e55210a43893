//! `routewarden coverage`: how far a stored scan came with each operation, and what would take it further.

use anyhow::Context as _;

use crate::model::ScanId;
use crate::report::{Reach, ReachRow, Reached};

use super::cx::CommandCx;
use super::exit::Exit;
use super::layout::{LayoutColumn, render_table, wrap_text};
use super::outputs::AnswerOptions;

/// Options of `coverage`.
#[derive(Debug, clap::Args)]
pub struct CoverageArgs {
    /// A scan's id [default: the latest]
    pub scan: Option<String>,
    #[command(flatten)]
    pub(super) answer: AnswerOptions,
}

/// Prints. Nothing is asked and nothing is judged: the exit code is 0 whatever was tested.
pub(super) async fn run(cx: &CommandCx, args: CoverageArgs) -> anyhow::Result<Exit> {
    let scan = args.scan.map(ScanId::from);
    let report = cx.app.report(scan.as_ref()).await?;
    let none = || {
        format!(
            "scan {} does not say how far it came: it sent nothing, or an older version made it; scan again",
            report.scan.id
        )
    };

    let reach = report.reach.as_ref().with_context(none)?;
    args.answer.print(cx, reach, |reach| render_reach(reach, cx.width()))?;
    Ok(Exit::Clean)
}

fn render_reach(reach: &Reach, width: usize) -> String {
    let mut out = wrap_text(&reach.sentence(), width, 0);
    out.push('\n');
    let columns =
        [LayoutColumn { heading: "came to", shrinks: false }, LayoutColumn { heading: "operation", shrinks: true }];
    let mut rows: Vec<&ReachRow> = reach.operations.iter().collect();
    // A stable sort: operations that came equally far keep the order of the report.
    rows.sort_by_key(|row| row.reached);
    let cells: Vec<Vec<String>> =
        rows.iter().map(|row| vec![row.reached.words().to_owned(), row.operation.id().to_string()]).collect();
    out.push_str(&render_table(&columns, &cells, width));

    for row in rows.iter().filter(|row| row.reached != Reached::Decided) {
        let because = row.because.as_deref().unwrap_or("no reason is known");
        out.push_str(&wrap_text(
            &format!("\n{}: {}: {because}", row.operation.id(), row.reached.words_held_back()),
            width,
            0,
        ));

        if let Some(step) = &row.step {
            out.push_str(&wrap_text(&format!("→ {step}"), width, 2));
        }
    }

    out
}
