//! What the source shows where nothing can be asked: the API does not run, has no document, or only checks of the source
//! are wanted. Nothing is proven by it, so there is no grade and no clean end.

use std::sync::Arc;
use std::time::Duration;

use super::answers::{RecheckOutcome, RecheckRow, ScanRequest};
use super::error::AppError;
use super::prepare::{DescribedTarget, Prepared, read_config_and_scope, source_is_named};
use super::recheck::WantedFinding;
use super::recording::ScanRecord;
use super::scan::{Finished, build_plan_report};
use super::source::run_on_own_thread;
use super::state::App;
use super::{document, finish, recheck};
use crate::checks::{Check, SourceCx, is_of_source};
use crate::model::{Api, OperationId, ScanId};
use crate::report::{Finding, Report, Status, Withheld};
use crate::scan::{ReadInput, read_findings};

/// Reading all handlers may take so long.
const PATIENCE: Duration = Duration::from_secs(120);
/// What every report of the source alone says.
const UNPROVEN: &str = "its findings are read in the source, and proven by nothing";

/// Returns the configuration with an empty document, and why there is none, where the user named a source and the
/// document cannot be had because the target does not answer, or because none was named.
///
/// # Errors
/// The fault of the document, in every other case.
pub(super) fn without_document(
    app: &App,
    request: &ScanRequest,
    error: AppError,
) -> Result<(DescribedTarget, String), AppError> {
    let (config, scope) = read_config_and_scope(app, request)?;
    let is_named = request.target.is_some() || config.target.openapi.is_some();
    // A document that is there and wrong is for the user to mend; the source must not hide that.
    let because = match &error {
        AppError::Untrusted(because) => because.clone(),
        AppError::Usage(_) if !is_named => "there is no document, and no address to ask".to_owned(),
        _ => return Err(error),
    };
    // A folder that was merely found may be of another project, so it stands in for no document.
    if !source_is_named(&config, &request.overrides) {
        return Err(error);
    }
    let found = document::LoadedDocument { api: Api::default(), origin: None };
    Ok((DescribedTarget { config, scope, found }, because))
}

/// Returns why only the source is read where all wanted checks are of the source.
///
/// # Errors
/// [`AppError::Usage`] where there is no source to read.
pub(super) fn only_source(checks: &[&'static dyn Check], has_source: bool) -> Result<Option<String>, AppError> {
    // Of an empty choice `all` would hold, and the API would not be asked at all.
    if checks.is_empty() || !checks.iter().all(|check| is_of_source(*check)) {
        return Ok(None);
    }
    if !has_source {
        return Err(AppError::Usage("these checks read the source: name its folder with `source`".to_owned()));
    }
    Ok(Some("only checks of the source were wanted".to_owned()))
}

/// Reads the source, and stores what it shows as a report that cannot be trusted.
pub(super) async fn read_alone(
    app: &App,
    id: &ScanId,
    prepared: &Prepared,
    (wanted, record): (&WantedFinding, ScanRecord),
) -> Result<Finished, AppError> {
    let because = prepared.alone.clone().unwrap_or_default();
    let mut report = build_plan_report(id, prepared);
    // The plan is one of requests, and none is sent.
    report.plan.clear();
    report.scan.status = Status::Untrusted;
    report.scan.untrusted_because = Some(format!("nothing was asked: {because}; {UNPROVEN}"));
    report.score.withheld = Some(Withheld::NoTrust);
    report.score.withheld_because = report.scan.untrusted_because.clone();
    report.findings = read_source_findings(app, prepared).await;

    if !wanted.is_empty() {
        recheck::mark_report(wanted, &mut report);
    }
    let running = record.stop().await;
    finish::complete_report(app, prepared, &mut report).await?;
    drop(running);
    let recheck = build_recheck_rows(wanted, &report);
    Ok(Finished { report, recheck })
}

/// Adds what the source shows to the report of a scan that got no answer.
pub(super) async fn add_findings(app: &App, prepared: &Prepared, report: &mut Report) {
    let found = read_source_findings(app, prepared).await;
    if !found.is_empty() {
        report.notes.push(format!("the API was not reached; {UNPROVEN}"));
        report.findings.extend(found);
    }
}

async fn read_source_findings(app: &App, prepared: &Prepared) -> Vec<Finding> {
    let started_at = jiff::Timestamp::now();
    let Some(code) = prepared.code.as_ref().map(Arc::clone) else { return Vec::new() };
    let wanted = prepared.api.operations.iter();
    let wanted = wanted.filter(|operation| prepared.is_selected(operation) && !prepared.is_excluded(operation));
    let wanted: Vec<OperationId> = wanted.map(|operation| operation.id.clone()).collect();
    let Some(facts) = run_on_own_thread(PATIENCE, move || code.read_facts(&wanted)).await else { return Vec::new() };
    let cx = SourceCx { api: &prepared.api, facts: &facts };

    read_findings(&ReadInput { cx, checks: &prepared.checks, redactor: &app.shared.redactor, started_at })
}

/// Returns what the source shows of each finding now. That it shows one no more proves no repair.
fn build_recheck_rows(wanted: &WantedFinding, report: &Report) -> Vec<RecheckRow> {
    let row = |finding: &Finding| {
        let still = report.findings.iter().find(|other| other.id == finding.id);
        let (outcome, because) = match still {
            Some(still) => (RecheckOutcome::StillVulnerable, still.claim.clone()),
            None => {
                let because = "the source does not show it any more; only a scan of the running API proves that";
                (RecheckOutcome::Inconclusive, because.to_owned())
            }
        };

        RecheckRow { finding_id: finding.id.clone(), outcome, because }
    };

    wanted.findings().map(row).collect()
}
