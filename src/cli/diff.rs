//! `routewarden diff`: what changed between two stored scans.

use crate::model::ScanId;

use super::cx::Cx;
use super::exit::Exit;
use super::render::{Shape, render_diff};

/// Options of `diff`.
#[derive(Debug, clap::Args)]
pub struct DiffArgs {
    /// The earlier scan
    pub older: String,
    /// The later scan
    pub newer: String,
}

/// Prints. Comparing judges nothing: the exit code is 0 whatever changed.
pub(super) async fn run(cx: &Cx, args: DiffArgs) -> anyhow::Result<Exit> {
    let older = cx.app.report(Some(&ScanId::from(args.older))).await?;
    let newer = cx.app.report(Some(&ScanId::from(args.newer))).await?;
    let shape = Shape { color: cx.colors(), width: cx.width(), verbose: cx.verbose };
    cx.print(render_diff(&older, &newer, shape)?)?;
    Ok(Exit::Clean)
}
