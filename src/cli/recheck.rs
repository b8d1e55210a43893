//! `routewarden recheck`: runs the recorded proof of findings again.

use serde::Serialize;

use crate::app::{RecheckOutcome, RecheckRow, ScanRequest};
use crate::model::{Face, FindingId, ScanId};
use crate::report::{Status, untrusted_reason};

use super::cx::CommandCx;
use super::exit::Exit;
use super::interrupts::Interrupts;
use super::layout::wrap_text;
use super::options::{LimitOptions, ModeOption, ScopeOptions, TargetOptions, build_overrides};
use super::outputs::AnswerOptions;
use super::scan;

/// Options of `recheck`.
#[derive(Debug, clap::Args)]
pub struct RecheckArgs {
    /// Ids of findings
    #[arg(required = true)]
    pub finding: Vec<String>,
    /// The scan they are taken from [default: the latest]
    #[arg(long, value_name = "ID")]
    pub scan: Option<String>,
    /// How much the recheck may do [default: as the scan did]
    #[arg(long, value_enum)]
    pub(super) mode: Option<ModeOption>,
    #[command(flatten)]
    pub(super) options: TargetOptions,
    #[command(flatten)]
    pub(super) limits: LimitOptions,
    #[command(flatten)]
    pub(super) answer: AnswerOptions,
}

/// What is printed with `--format json`.
#[derive(Debug, Serialize)]
struct PrintedRecheck<'a> {
    scan_id: &'a str,
    recheck: &'a [RecheckRow],
}

/// Rechecks and prints.
pub(super) async fn run(cx: &CommandCx, args: RecheckArgs) -> anyhow::Result<Exit> {
    let scope = ScopeOptions { mode: args.mode, ..ScopeOptions::default() };
    let request = ScanRequest {
        overrides: build_overrides(&args.options, scope, &args.limits),
        config: args.options.config,
        recheck: args.finding.into_iter().map(FindingId::from).collect(),
        recheck_scan: args.scan.map(ScanId::from),
        ..ScanRequest::default()
    };

    let Some(finished) = scan::run_to_end(cx, &mut Interrupts::listen()?, request).await? else {
        return Ok(Exit::Interrupted);
    };
    let info = &finished.report.scan;
    let answer = PrintedRecheck { scan_id: &info.id, recheck: &finished.recheck };
    args.answer.print(cx, &answer, |answer| render_outcomes(answer.recheck, cx.width()))?;

    if let Some(because) = untrusted_reason(info, Face::CommandLine) {
        cx.remark(format!("{}: {because}", info.status.alarm()));
    }
    Ok(exit_of(info.status, &finished.recheck))
}

/// 0 when all are repaired, 1 when one is not or the route is broken, 3 when one could not be told.
pub fn exit_of(status: Status, rows: &[RecheckRow]) -> Exit {
    let any = |outcomes: &[RecheckOutcome]| rows.iter().any(|row| outcomes.contains(&row.outcome));
    match status {
        Status::Untrusted | Status::Budget | Status::TargetDied | Status::Harm => Exit::Untrusted,
        Status::Interrupted => Exit::Interrupted,
        // One finding that persists decides, however many others are repaired.
        _ if any(&[RecheckOutcome::StillVulnerable, RecheckOutcome::Broken, RecheckOutcome::NewWeakness]) => {
            Exit::Found
        }
        // No row at all is no proof of a repair.
        _ if rows.is_empty() || any(&[RecheckOutcome::Inconclusive]) => Exit::Untrusted,
        _ => Exit::Clean,
    }
}

fn render_outcomes(rows: &[RecheckRow], width: usize) -> String {
    let mut out = String::new();
    for row in rows {
        let outcome = match row.outcome {
            RecheckOutcome::StillVulnerable => "still vulnerable",
            RecheckOutcome::Fixed => "fixed",
            RecheckOutcome::Broken => "broken: the owner is refused too",
            RecheckOutcome::NewWeakness => "refused now, but the route shows another weakness",
            RecheckOutcome::Inconclusive => "inconclusive",
        };

        out.push_str(&wrap_text(&format!("{}  {outcome}", row.finding_id), width, 0));
        out.push_str(&wrap_text(&row.because, width, 4));
    }

    out
}
