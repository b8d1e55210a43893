//! `routewarden scan`: starts a scan, follows it to its end, prints the report.

use std::sync::Arc;

use crate::app::{AppError, Finished, ScanHandle, ScanRequest};
use crate::model::Face;
use crate::report::{Report, untrusted_reason};

use super::cx::CommandCx;
use super::exit::Exit;
use super::follow::{Ended, Watched, wait_with_progress};
use super::interrupts::Interrupts;
use super::options::{JudgeOptions, LimitOptions, ScopeOptions, TargetOptions, build_overrides};
use super::outputs::Outputs;

/// Options of `scan`.
#[derive(Debug, clap::Args)]
pub struct ScanArgs {
    /// OpenAPI document (path or URL), or a base URL under which the usual places are tried
    /// [default: as configured, or else what is found in this folder]
    pub target: Option<String>,
    /// Send nothing: show which checks apply to which operation, and the most requests they may cost
    #[arg(long)]
    pub dry_run: bool,
    #[command(flatten)]
    pub(super) options: TargetOptions,
    #[command(flatten)]
    pub(super) scope: ScopeOptions,
    #[command(flatten)]
    pub(super) limits: LimitOptions,
    /// Where reports go.
    #[command(flatten)]
    pub outputs: Outputs,
    #[command(flatten)]
    pub(super) judge: JudgeOptions,
}

/// Scans and prints.
pub(super) async fn run(cx: &CommandCx, args: ScanArgs) -> anyhow::Result<Exit> {
    args.outputs.check()?;
    // Outputs and baseline are looked at before anything is sent: a scan takes minutes, a wrong path none.
    let bar = args.judge.bar()?;
    let mut overrides = build_overrides(&args.options, args.scope, &args.limits);
    overrides.baseline = args.judge.baseline;
    let request = ScanRequest {
        target: args.target,
        config: args.options.config,
        overrides,
        dry_run: args.dry_run,
        ..ScanRequest::default()
    };

    let Some(finished) = run_to_end(cx, &mut Interrupts::listen()?, request).await? else {
        return Ok(Exit::Interrupted);
    };
    // The report comes before the remark, so that the reason of the exit code is the last line on a terminal.
    args.outputs.emit(cx, &finished.report)?;
    explain_exit(cx, &finished.report);
    Ok(Exit::of_report(&finished.report, &bar))
}

/// Starts a scan and waits for its end; `None` when the user left before there was anything to show.
///
/// # Errors
/// [`AppError`], as from the use case.
pub(super) async fn run_to_end(
    cx: &CommandCx,
    interrupts: &mut Interrupts,
    request: ScanRequest,
) -> anyhow::Result<Option<Arc<Finished>>> {
    let Some(started) = interrupts.or(cx.app.start(request)).await else { return Ok(None) };
    let handle = started?;
    let watched = Watched { progress: handle.progress.clone(), cancel: handle.cancel.clone() };
    let mut waiting = handle.clone();

    match wait_with_progress(cx, interrupts, watched, waiting.finished()).await {
        Ok(Ended::Answer(finished)) => {
            // A second Ctrl-C must still work while the last rows are stored.
            let _ = interrupts.or(cx.app.shut_down()).await;
            Ok(Some(finished))
        }
        Ok(Ended::Left) => Ok(None),
        Err(AppError::Cancelled) => load_stored_scan(cx, &handle).await,
        Err(error) => Err(error.into()),
    }
}

/// What an interrupted scan stored before it ended.
async fn load_stored_scan(cx: &CommandCx, handle: &ScanHandle) -> anyhow::Result<Option<Arc<Finished>>> {
    let report = cx.app.report(Some(&handle.id)).await.map_err(|_| AppError::Cancelled)?;
    Ok(Some(Arc::new(Finished { report, recheck: Vec::new() })))
}

fn explain_exit(cx: &CommandCx, report: &Report) {
    if let Some(because) = untrusted_reason(&report.scan, Face::CommandLine) {
        cx.remark(format!("{}: {because}", report.scan.status.alarm()));
    }
}
