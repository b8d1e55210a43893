//! Who gets what, route by route, from the running API.

use tokio::sync::watch;
use tokio_util::sync::CancellationToken;

use super::answers::{Matrix, MatrixRow, OwnershipRequest, Progress, ScanRequest};
use super::error::AppError;
use super::finish;
use super::joining::join_words;
use super::matrix::{CHECKS, build_ownership};
use super::prepare::prepare_scan;
use super::recording::ScanTold;
use super::state::App;
use crate::config::operation_matches;
use crate::model::{Operation, ScanId, clean_name};
use crate::report::{OperationRef, Ownership, Report, Status};
use crate::scan::ScanOutcome;

impl App {
    /// Who gets what, route by route: from a stored scan without a request, or else from the running API.
    ///
    /// # Errors
    /// As [`App::start`], and [`AppError::Cancelled`]; [`AppError::Unknown`] for a stored scan that is not there.
    pub async fn check_route_ownership(
        &self,
        request: OwnershipRequest,
        progress: watch::Sender<Progress>,
        cancel: CancellationToken,
    ) -> Result<Matrix, AppError> {
        match &request.scan {
            Some(id) => of_report(self.report(Some(id)).await?, request.route.as_deref()),
            None => self.look_at_owners(request, progress, cancel).await,
        }
    }

    /// A scan with the checks that the matrix rests on.
    async fn look_at_owners(
        &self,
        request: OwnershipRequest,
        progress: watch::Sender<Progress>,
        cancel: CancellationToken,
    ) -> Result<Matrix, AppError> {
        let mut overrides = request.overrides;
        overrides.checks = CHECKS.iter().map(|check| (*check).to_owned()).collect();
        let scan = ScanRequest { target: request.target, config: request.config, overrides, ..ScanRequest::default() };
        let mut prepared = prepare_scan(self, &scan).await?;
        let route = request.route.map(|route| by_operation_id(&prepared.api.operations, route));
        let asked = asked_operations(route.as_deref(), &prepared.api.operations)?;

        if prepared.selected.is_empty() {
            // One route needs but a few of the reads of a large API.
            prepared.selected = asked;
        }
        let id = ScanId(format!("{:032x}", rand::random::<u128>()));
        let told = ScanTold::new(progress);
        let record = self.begin_record(&id, &prepared, (&told, None));
        let looked = self.look(&id, &prepared, &told, cancel.clone()).await;
        let mut outcome = match looked.and_then(|outcome| trusted(outcome, &cancel)) {
            Ok(outcome) => outcome,
            Err(error) => {
                record.forget().await;
                return Err(error);
            }
        };
        outcome.report.scan.source = prepared.source();
        let mut matrix = build_ownership(&prepared, &outcome);
        join_words(&prepared.words, &mut matrix).await;
        outcome.report.ownership = Some(matrix);
        let running = record.stop().await;
        finish::complete_report(self, &prepared, &mut outcome.report).await?;
        drop(running);
        // The journal goes once a stored report names what stays: a crash before that leaves it to `undo`.
        outcome.close_journal();

        of_report(outcome.report, route.as_deref())
    }
}

/// The outcome, where something can be concluded from it.
fn trusted(outcome: ScanOutcome, cancel: &CancellationToken) -> Result<ScanOutcome, AppError> {
    if cancel.is_cancelled() || outcome.report.scan.status == Status::Interrupted {
        return Err(AppError::Cancelled);
    }
    // Trust that was lost late leaves what was seen before; without one valid answer there is nothing to show.
    if let Some(because) = &outcome.report.scan.untrusted_because
        && outcome.survey.operations.iter().all(|surveyed| surveyed.valid().next().is_none())
    {
        return Err(AppError::Untrusted(because.clone()));
    }
    if let (Status::TargetDied, Some(because)) = (outcome.report.scan.status, &outcome.report.scan.untrusted_because) {
        return Err(AppError::Untrusted(because.clone()));
    }
    Ok(outcome)
}

/// A route that is named by its `operationId`, by its method and path.
fn by_operation_id(operations: &[Operation], route: String) -> String {
    let named = operations.iter().find(|operation| operation.operation_id.as_deref() == Some(route.trim()));
    named.map_or(route, |operation| operation.id.0.clone())
}

/// The matrix of a stored report, narrowed to what a route names.
fn of_report(report: Report, route: Option<&str>) -> Result<Matrix, AppError> {
    let Some(Ownership { callers, routes }) = report.ownership else {
        let id = &report.scan.id;
        return Err(AppError::Usage(format!(
            "scan {id} has no ownership matrix: it still runs, ended early, or was a plan, a recheck or an older one"
        )));
    };

    let asked = route.map(str::trim).filter(|route| !route.is_empty());
    let is_asked = |row: &MatrixRow| asked.is_none_or(|route| route_names_operation(route, &row.operation));
    let routes: Vec<MatrixRow> = if routes.iter().any(is_asked) {
        routes.into_iter().filter(is_asked).collect()
    } else if let Some(route) = asked {
        let known = routes.iter().map(|row| format!("{} {}", row.operation.method, row.operation.path));
        return Err(no_route(route, known));
    } else {
        Vec::new()
    };
    let is_listed = |place: &OperationRef| routes.iter().any(|row| row.operation == *place);
    let findings = report.findings.iter().filter(|finding| CHECKS.contains(&finding.check.as_str()));
    Ok(Matrix {
        findings: findings.filter(|finding| is_listed(&finding.operation)).map(|finding| finding.id.clone()).collect(),
        scan_id: report.scan.id,
        untrusted_because: report.scan.untrusted_because,
        untrusted_step: report.scan.untrusted_step,
        callers,
        policy: report.policy,
        questions: report.questions,
        routes,
        next_steps: report.next_steps,
    })
}

/// Returns the operations that a route names, by their ids; none where no route is given.
///
/// # Errors
/// [`AppError::Usage`], before anything is sent, where the document has no such route.
fn asked_operations(route: Option<&str>, operations: &[Operation]) -> Result<Vec<String>, AppError> {
    let Some(route) = route.map(str::trim).filter(|route| !route.is_empty()) else { return Ok(Vec::new()) };
    let place = |operation: &Operation| crate::scan::operation_ref(&operation.id);
    let named = operations.iter().filter(|operation| route_names_operation(route, &place(operation)));
    let named: Vec<String> = named.map(|operation| operation.id.0.clone()).collect();

    match named.is_empty() {
        false => Ok(named),
        true => Err(no_route(route, operations.iter().map(|operation| operation.id.0.clone()))),
    }
}

fn no_route(route: &str, known: impl Iterator<Item = String>) -> AppError {
    let near = |id: &String| strsim::jaro_winkler(id, route);
    let nearest = known.max_by(|a, b| near(a).total_cmp(&near(b))).unwrap_or_default();
    let (route, nearest) = (clean_name(route, 200), clean_name(&nearest, 200));
    AppError::Usage(format!("the document has no route `{route}`; the nearest is `{nearest}`"))
}

/// Whether a route as a user names it is this operation.
fn route_names_operation(route: &str, place: &OperationRef) -> bool {
    operation_matches(route, place.method.as_str(), &place.path) || path_fits_operation(route, place)
}

/// Whether a concrete path, such as `/invoices/17`, or a template with other names in braces, is this operation's.
fn path_fits_operation(route: &str, operation: &OperationRef) -> bool {
    let (method, path) = route.split_once(' ').map_or((None, route), |(method, path)| (Some(method), path));
    if method.is_some_and(|method| !method.eq_ignore_ascii_case(operation.method.as_str())) {
        return false;
    }
    let parts = |path: &str| path.split('/').map(str::to_owned).collect::<Vec<_>>();
    let (asked, known) = (parts(path.split('?').next().unwrap_or(path)), parts(&operation.path));
    asked.len() == known.len()
        && asked
            .iter()
            .zip(&known)
            .all(|(asked, known)| asked == known || (known.starts_with('{') && !asked.is_empty()))
}
