//! Keeps a scan in the history while it runs: its row, and about once a second what was found so far, so that other
//! processes can follow it, and nothing is lost when this one is killed. The scan never waits for it.

use std::collections::BTreeMap;
use std::sync::Arc;
use std::time::{Duration, Instant};

use futures_util::future::BoxFuture;
use tokio::sync::watch;
use tokio::task::JoinHandle;
use tokio_util::sync::{CancellationToken, DropGuard};

use super::answers::Progress;
use super::error::AppError;
use super::marks::FindingMarks;
use crate::detect::{Redactor, Syntax};
use crate::report::{Report, compute_score, read_report};
use crate::scan::SoFar;
use crate::store::{RunningScan, Store, StoreError};

/// How often it is looked whether there is something to write. What was found comes about once a second.
const PERIOD: Duration = Duration::from_secs(1);
/// Writing may take one part in so many of the time.
const SHARE: u32 = 20;
/// A sign of life comes after so many periods at the latest.
const QUIET_PERIODS: u32 = 5;

/// What a scan tells while it runs.
#[derive(Debug)]
pub(super) struct ScanTold {
    pub(super) progress: watch::Sender<Progress>,
    pub(super) so_far: watch::Sender<Arc<SoFar>>,
}

impl ScanTold {
    pub(super) fn new(progress: watch::Sender<Progress>) -> Self {
        Self { progress, so_far: watch::Sender::default() }
    }
}

/// What a scan is written down with.
pub(super) struct FirstRecord {
    /// What is known at its start.
    pub(super) report: Report,
    pub(super) marks: FindingMarks,
    pub(super) redactor: Redactor,
    /// The history, as soon as it is open.
    pub(super) store: BoxFuture<'static, Result<Store, AppError>>,
}

/// A scan that is being written down.
#[derive(Debug)]
pub(super) struct ScanRecord {
    /// Stops the writer also where the scan is dropped: nobody would speak for it any more.
    stop: DropGuard,
    writer: JoinHandle<Option<RunningScan>>,
}

impl ScanRecord {
    /// Begins to write a scan down.
    pub(super) fn begin(first: FirstRecord, told: &ScanTold) -> Self {
        let stop = CancellationToken::new();
        let writer = ScanWriter {
            first,
            earlier: BTreeMap::new(),
            progress: told.progress.subscribe(),
            so_far: told.so_far.subscribe(),
            stop: stop.clone(),
        };

        Self { stop: stop.drop_guard(), writer: tokio::spawn(writer.write()) }
    }

    /// Stops writing, so that the whole report can take the place of what was kept; the row says that the scan runs until
    /// then, and the process holds it until the result is dropped.
    pub(super) async fn stop(self) -> Option<RunningScan> {
        drop(self.stop);
        self.writer.await.ok().flatten()
    }

    /// Takes the row back: the scan came to nothing.
    pub(super) async fn forget(self) {
        let Some(running) = self.stop().await else { return };
        if let Err(error) = running.forget().await {
            tracing::debug!("the row of a scan that came to nothing stays: {error}");
        }
    }
}

/// Writes what a scan tells.
struct ScanWriter {
    first: FirstRecord,
    /// When each finding of this target was seen first.
    earlier: BTreeMap<String, String>,
    progress: watch::Receiver<Progress>,
    so_far: watch::Receiver<Arc<SoFar>>,
    stop: CancellationToken,
}

impl ScanWriter {
    /// Writes until it is told to stop. A history that cannot be written is reported at the end of the scan.
    async fn write(mut self) -> Option<RunningScan> {
        let running = match self.begin().await {
            Ok(running) => running,
            Err(error) => {
                tracing::debug!("the scan has no row while it runs: {error}");
                return None;
            }
        };
        let (mut said, mut quiet) = (Progress::default(), 0);
        let stopped = self.stop.clone();

        loop {
            let began = Instant::now();
            let work = self.write_once(&running, &mut said, &mut quiet);
            tokio::select! {
                // What is half written when the scan ends is dropped: the whole report comes instead.
                () = stopped.cancelled() => return Some(running),
                () = work => {}
            }
            let rest = async {
                tokio::time::sleep(began.elapsed() * SHARE).await;
                tokio::time::timeout(PERIOD, self.so_far.changed()).await
            };
            tokio::select! {
                () = stopped.cancelled() => return Some(running),
                rested = rest => match rested {
                    // Seen is not written: the next round takes it in.
                    Ok(Ok(())) => self.so_far.mark_changed(),
                    // Nobody tells anything any more.
                    Ok(Err(_)) => return Some(running),
                    Err(_) => {}
                },
            }
        }
    }

    async fn begin(&mut self) -> Result<RunningScan, AppError> {
        let store = (&mut self.first.store).await?;
        let fault = |error: StoreError| AppError::Internal(error.to_string());
        let sealed = seal_report(&self.first.redactor, self.first.report.clone());
        let report = sealed.ok_or_else(|| AppError::Internal("the first report cannot be written".to_owned()))?;
        let running = store.begin(&report, std::process::id()).await.map_err(fault)?;
        self.earlier = store.first_seen(&report.scan.base_url).await.unwrap_or_default();

        Ok(running)
    }

    /// Writes what is new, if anything is.
    async fn write_once(&mut self, running: &RunningScan, said: &mut Progress, quiet: &mut u32) {
        let progress = self.progress.borrow().clone();
        if self.so_far.has_changed().unwrap_or_default() {
            let so_far = Arc::clone(&self.so_far.borrow_and_update());
            let report = self.take_in(&so_far, &progress);
            let redactor = self.first.redactor.clone();
            // Searching a report for secrets takes the processor for a while, and no request may wait for it.
            let sealed = tokio::task::spawn_blocking(move || seal_report(&redactor, report)).await;
            let Ok(Some(report)) = sealed else { return };
            note_fault(running.keep(&report).await);
        } else if progress == *said && *quiet < QUIET_PERIODS {
            *quiet += 1;
            return;
        }

        note_fault(running.beat(progress.phase, progress.requests).await);
        (*said, *quiet) = (progress, 0);
    }

    fn take_in(&mut self, so_far: &SoFar, progress: &Progress) -> Report {
        let report = &mut self.first.report;
        report.findings.clone_from(&so_far.findings);
        report.coverage.clone_from(&so_far.coverage);
        report.rebuild.clone_from(&so_far.rebuild);
        report.scan.identities.clone_from(&so_far.identities);
        report.scan.requests = progress.requests;
        report.score.coverage = compute_score(&report.findings, &report.coverage).coverage;
        self.first.marks.put_on(&mut report.findings, &self.earlier);

        report.clone()
    }
}

/// The report as it may be kept: what is known to be secret is looked for once more, as in everything that goes out.
fn seal_report(redactor: &Redactor, report: Report) -> Option<Report> {
    let json = serde_json::to_string(&report).ok()?;
    match redactor.swept(Syntax::Json, &json) {
        (_, 0) => Some(report),
        (swept, _) => {
            tracing::warn!("a secret was about to be kept with a scan that runs; it was replaced");
            read_report(&swept).ok()
        }
    }
}

fn note_fault(written: Result<(), StoreError>) {
    if let Err(error) = written {
        tracing::debug!("what was found so far is not kept: {error}");
    }
}
