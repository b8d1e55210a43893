//! `routewarden diff`: what changed between two stored scans.

use crate::model::ScanId;
use crate::report;

use super::cx::CommandCx;
use super::exit::Exit;
use super::outputs::AnswerOptions;
use super::render::{PageShape, render_diff};

/// Options of `diff`.
#[derive(Debug, clap::Args)]
pub struct DiffArgs {
    /// The earlier scan
    pub older: String,
    /// The later scan
    pub newer: String,
    #[command(flatten)]
    pub(super) answer: AnswerOptions,
}

/// Prints. Comparing judges nothing: the exit code is 0 whatever changed.
pub(super) async fn run(cx: &CommandCx, args: DiffArgs) -> anyhow::Result<Exit> {
    let older = cx.app.report(Some(&ScanId::from(args.older))).await?;
    let newer = cx.app.report(Some(&ScanId::from(args.newer))).await?;
    let shape = PageShape { color: cx.colors(), width: cx.width(), verbose: cx.verbose };
    args.answer.print(cx, &report::compare_reports(&older, &newer), |diff| render_diff(diff, shape))?;

    Ok(Exit::Clean)
}
