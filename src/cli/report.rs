//! `routewarden report`: the report of a stored scan, in any format.

use crate::model::ScanId;

use super::cx::CommandCx;
use super::exit::Exit;
use super::outputs::Outputs;

/// Options of `report`.
#[derive(Debug, clap::Args)]
pub struct ReportArgs {
    /// A scan's id [default: the latest]
    pub scan: Option<String>,
    /// Where reports go.
    #[command(flatten)]
    pub outputs: Outputs,
}

/// Prints. Printing judges nothing: the exit code is 0 whatever was found.
pub(super) async fn run(cx: &CommandCx, args: ReportArgs) -> anyhow::Result<Exit> {
    args.outputs.check()?;
    let scan = args.scan.map(ScanId::from);
    let report = cx.app.report(scan.as_ref()).await?;
    args.outputs.emit(cx, &report)?;

    Ok(Exit::Clean)
}
