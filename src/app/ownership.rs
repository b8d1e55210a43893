//! Who gets what, route by route, from the running API.

use tokio::sync::watch;
use tokio_util::sync::CancellationToken;

use super::answers::{Matrix, OwnershipRequest, Progress, ScanRequest};
use super::error::AppError;
use super::finish;
use super::matrix;
use super::prepare::{Prepared, prepare};
use super::state::App;
use crate::config::operation_matches;
use crate::model::{Operation, ScanId};
use crate::report::Status;

/// The checks that the matrix rests on.
pub(super) const CHECKS: &[&str] = &[
    "authz/bola-read",
    "authz/bola-write",
    "authz/bola-delete",
    "authz/bola-list",
    "authz/bola-nested",
    "authz/function-read",
    "authn/missing",
];

impl App {
    /// Who gets what, route by route, from the running API.
    ///
    /// # Errors
    /// As [`App::start`], and [`AppError::Cancelled`].
    pub async fn check_route_ownership(
        &self,
        request: OwnershipRequest,
        progress: watch::Sender<Progress>,
        cancel: CancellationToken,
    ) -> Result<Matrix, AppError> {
        let route = request.route;
        let mut overrides = request.overrides;
        overrides.checks = CHECKS.iter().map(|check| (*check).to_owned()).collect();
        let scan = ScanRequest { target: request.target, config: request.config, overrides, ..ScanRequest::default() };
        let prepared = prepare(self, &scan).await?;
        let chosen = chosen(&prepared, route.as_deref())?;
        let id = ScanId(format!("{:032x}", rand::random::<u128>()));
        let mut probe = self.probe(&prepared, cancel.clone())?;
        let mut outcome = self.look_with(&id, &prepared, &mut probe, &progress).await?;
        let matrix = matrix::matrix(&prepared, &probe, &outcome, &chosen).await;
        crate::scan::undo(&probe, &mut outcome.report).await;
        if cancel.is_cancelled() || outcome.report.scan.status == Status::Interrupted {
            return Err(AppError::Cancelled);
        }
        if let Some(because) = outcome.report.scan.untrusted_because.clone() {
            let nothing = outcome.survey.operations.iter().all(|surveyed| surveyed.valid().next().is_none());
            if nothing {
                return Err(AppError::Untrusted(because));
            }
            outcome.report.next_steps.insert(0, crate::report::NextStep { action: because, operations: 0 });
        }
        finish::finish(self, &prepared, &mut outcome.report).await?;
        Ok(matrix.finished(&outcome))
    }
}

/// The operations that the route names; all without one.
fn chosen(prepared: &Prepared, route: Option<&str>) -> Result<Vec<Operation>, AppError> {
    let Some(route) = route.map(str::trim).filter(|route| !route.is_empty()) else {
        return Ok(prepared
            .api
            .operations
            .iter()
            .filter(|operation| prepared.is_selected(operation))
            .cloned()
            .collect());
    };
    let named = |operation: &&Operation| {
        operation_matches(route, operation.method.as_str(), &operation.path)
            || operation.operation_id.as_deref() == Some(route)
            || fits(route, operation)
    };
    let found: Vec<Operation> = prepared.api.operations.iter().filter(named).cloned().collect();
    if found.is_empty() {
        let nearest = prepared.api.nearest_operation(route);
        let nearest = nearest.map(|id| crate::model::clean_name(id.as_str(), 200)).unwrap_or_default();
        let route = crate::model::clean_name(route, 200);
        return Err(AppError::Usage(format!("the document has no route `{route}`; the nearest is `{nearest}`")));
    }
    Ok(found)
}

/// Whether a concrete path, such as `/invoices/17`, or a template with other names in braces, is this operation's.
fn fits(route: &str, operation: &Operation) -> bool {
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
