//! The use cases: scan, explain, ownership, fix, and the history behind them. Both faces call these and nothing below.

mod answers;
mod error;

use std::path::PathBuf;
use std::sync::Arc;

use tokio::sync::watch;
use tokio_util::sync::CancellationToken;

pub use answers::{
    Access, Caller, Cell, CheckPage, Explanation, Fix, FixRequest, HistoryRow, Matrix, MatrixRow, Overrides,
    OwnershipRequest, Progress, RecheckOutcome, RecheckRow, RouteVerdict, ScanRequest,
};
pub use error::AppError;

use crate::model::{FindingId, ScanId};
use crate::report::Report;

/// The program behind both faces. Cheap to clone; everything it holds is shared.
#[derive(Debug, Clone)]
pub struct App {
    #[expect(dead_code, reason = "used by the use cases")]
    folder: PathBuf,
}

/// A scan that was started and may still run.
#[derive(Debug, Clone)]
pub struct ScanHandle {
    /// Its id.
    pub id: ScanId,
    /// How far it is.
    pub progress: watch::Receiver<Progress>,
    /// Stops it; what was found until then is stored.
    pub cancel: CancellationToken,
    /// `None` while it runs.
    pub done: watch::Receiver<Option<Result<Arc<Finished>, AppError>>>,
}

/// What a scan came to.
#[derive(Debug, Clone, PartialEq)]
pub struct Finished {
    /// The report.
    pub report: Report,
    /// One row per finding that was to be checked again; empty for an ordinary scan.
    pub recheck: Vec<RecheckRow>,
}

impl ScanHandle {
    /// Waits for the end.
    ///
    /// # Errors
    /// What the scan failed with.
    ///
    /// # Cancel safety
    /// Dropping the future does not stop the scan; `cancel` does.
    pub async fn finished(&mut self) -> Result<Arc<Finished>, AppError> {
        let seen = self.done.wait_for(Option::is_some).await;
        match seen.as_deref() {
            Ok(Some(result)) => result.clone(),
            _ => Err(AppError::Internal("the scan ended without a result".to_owned())),
        }
    }
}

impl App {
    /// `folder` is where relative paths, `routewarden.toml` and the document are looked for; `data` is where the
    /// history is kept, the user's data folder without it. Opens nothing yet.
    pub fn new(folder: PathBuf, data: Option<PathBuf>) -> Self {
        let _ = data;
        Self { folder }
    }

    /// Starts a scan, a dry run or a recheck in the background.
    ///
    /// # Errors
    /// [`AppError::Usage`] when request, configuration or document are wrong: nothing was started.
    pub async fn start(&self, request: ScanRequest) -> Result<ScanHandle, AppError> {
        let _ = request;
        Err(AppError::Internal("not built".into()))
    }

    /// The handle of a scan that runs, or ran in this process.
    pub fn running(&self, id: &ScanId) -> Option<ScanHandle> {
        let _ = id;
        None
    }

    /// A stored report; with no id the latest.
    ///
    /// # Errors
    /// [`AppError::Unknown`] when there is none.
    pub async fn report(&self, id: Option<&ScanId>) -> Result<Report, AppError> {
        let _ = id;
        Err(AppError::Internal("not built".into()))
    }

    /// Stored scans, newest first, at most `limit`.
    ///
    /// # Errors
    /// [`AppError::Internal`] when the history cannot be read.
    pub async fn history(&self, limit: usize) -> Result<Vec<HistoryRow>, AppError> {
        let _ = limit;
        Err(AppError::Internal("not built".into()))
    }

    /// Explains a finding from its stored evidence; `id` may be a unique beginning of a finding's id.
    ///
    /// # Errors
    /// [`AppError::Unknown`] when there is no such finding.
    pub async fn explain_finding(&self, id: &FindingId, scan: Option<&ScanId>) -> Result<Explanation, AppError> {
        let _ = (id, scan);
        Err(AppError::Internal("not built".into()))
    }

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
        let _ = (request, progress, cancel);
        Err(AppError::Internal("not built".into()))
    }

    /// What to change, for a finding or a check. Writes nothing.
    ///
    /// # Errors
    /// [`AppError::Unknown`] and [`AppError::Usage`].
    pub async fn suggest_fix(&self, request: FixRequest) -> Result<Fix, AppError> {
        let _ = request;
        Err(AppError::Internal("not built".into()))
    }

    /// The catalogue of checks, in its order.
    pub fn checks(&self) -> Vec<CheckPage> {
        Vec::new()
    }

    /// The text that may go out: every known secret in it, in any coding, replaced. The last tripwire of both faces;
    /// `true` when something was replaced, which is a fault worth a warning.
    pub fn tripwire(&self, text: String) -> (String, bool) {
        (text, false)
    }

    /// Stops what runs and stores it.
    pub async fn shut_down(&self) {}
}
