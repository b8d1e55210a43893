//! Follows a scan that another process runs, by what that process keeps of it.

use std::time::Duration;

use tokio::sync::watch;

use super::answers::Progress;
use super::error::AppError;
use super::state::{App, from_store};
use crate::model::ScanId;
use crate::report::{Report, Status};

/// How often the row is looked at.
const PERIOD: Duration = Duration::from_millis(500);
/// How long the row of a scan that starts is waited for, in all.
const MOST_LOOKS: usize = 50;
const BETWEEN_LOOKS: Duration = Duration::from_millis(20);

/// What a scan that still runs has kept.
#[derive(Debug, Clone, PartialEq)]
pub struct KeptSoFar {
    /// What was found so far.
    pub report: Report,
    /// What it is at.
    pub phase: Option<String>,
}

impl App {
    /// Follows a stored scan to its end, or to the end of its process, and gives its report.
    ///
    /// # Errors
    /// [`AppError::Unknown`] when there is no such scan.
    ///
    /// # Cancel safety
    /// Dropping the future stops nothing but the looking.
    pub async fn follow_scan(&self, id: &ScanId, progress: &watch::Sender<Progress>) -> Result<Report, AppError> {
        loop {
            // Settled first: a scan whose process is gone would be waited for without an end.
            let row = self.settled_store().await?.row(id.as_str()).await.map_err(from_store)?;
            let Some(row) = row.filter(|row| row.status == "running") else { return self.report(Some(id)).await };
            progress.send_modify(|known| {
                known.phase = "running in another process";
                known.requests = known.requests.max(row.requests);
                known.findings = row.findings;
            });
            tokio::time::sleep(PERIOD).await;
        }
    }

    /// What a scan that still runs has found so far. One that started a moment ago has no row yet: that is waited for, since
    /// whoever gets its id may look for it from another process.
    pub async fn kept_so_far(&self, id: &ScanId) -> Option<KeptSoFar> {
        for _ in 0..MOST_LOOKS {
            if let Some(kept) = self.so_far(id).await {
                return Some(kept);
            }
            if self.running(id).is_none_or(|handle| handle.done.borrow().is_some()) {
                return None;
            }
            tokio::time::sleep(BETWEEN_LOOKS).await;
        }
        None
    }

    /// What a scan that still runs, here or elsewhere, has found so far; `None` where it has ended or kept nothing yet.
    pub async fn so_far(&self, id: &ScanId) -> Option<KeptSoFar> {
        let store = self.settled_store().await.ok()?;
        let row = store.row(id.as_str()).await.ok().flatten().filter(|row| row.status == "running")?;
        let mut report = store.report(id.as_str()).await.ok().flatten()?;
        // The row is written more often than the report.
        report.scan.requests = report.scan.requests.max(row.requests);
        (report.scan.status == Status::Running).then_some(KeptSoFar { report, phase: row.phase })
    }
}
