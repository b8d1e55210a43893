//! What both faces share: where things are, the history, the scans under way, and everything secret that was seen.

use std::collections::{BTreeMap, HashMap};
use std::io::Write;
use std::path::PathBuf;
use std::sync::{Arc, Mutex, PoisonError};

use tokio::sync::OnceCell;
use tokio::task::JoinSet;

use super::answers::{CheckPage, HistoryRow};
use super::error::AppError;
use super::scan::ScanHandle;
use crate::checks;
use crate::detect::{Redactor, Syntax, Tripwire};
use crate::model::ScanId;
use crate::report::Report;
use crate::store::{Store, StoreError, StoredScanRow, locate_folder};

/// Most scans of this process that are remembered; the history has all.
pub(super) const MAX_REMEMBERED: usize = 64;

/// The program behind both faces. Cheap to clone; everything it holds is shared.
#[derive(Debug, Clone)]
pub struct App {
    pub(super) shared: Arc<AppShared>,
}

/// What all clones share.
#[derive(Debug)]
pub(super) struct AppShared {
    pub(super) folder: PathBuf,
    pub(super) data: Option<PathBuf>,
    pub(super) config: Option<PathBuf>,
    environment: BTreeMap<String, String>,
    /// Opened when it is first needed, so that starting costs nothing.
    store: OnceCell<Store>,
    pub(super) redactor: Redactor,
    /// Held only to look up or insert.
    pub(super) scans: Mutex<HashMap<ScanId, ScanHandle>>,
    /// The scans under way; awaited by [`App::shut_down`].
    pub(super) tasks: Mutex<JoinSet<()>>,
}

impl From<AppShared> for App {
    fn from(shared: AppShared) -> Self {
        Self { shared: Arc::new(shared) }
    }
}

impl App {
    /// `folder` is where relative paths, `routewarden.toml` and the document are looked for; `data` is where the
    /// history is kept, the user's data folder without it. Opens nothing yet.
    pub fn new(folder: PathBuf, data: Option<PathBuf>) -> Self {
        AppShared {
            folder,
            data,
            config: None,
            environment: BTreeMap::new(),
            store: OnceCell::new(),
            redactor: Redactor::new(),
            scans: Mutex::default(),
            tasks: Mutex::default(),
        }
        .into()
    }

    /// What this was made with, and nothing opened or begun.
    fn afresh(&self) -> AppShared {
        let shared = &self.shared;
        AppShared {
            folder: shared.folder.clone(),
            data: shared.data.clone(),
            config: shared.config.clone(),
            environment: shared.environment.clone(),
            store: OnceCell::new(),
            redactor: shared.redactor.clone(),
            scans: Mutex::default(),
            tasks: Mutex::default(),
        }
    }

    /// The same use cases, which teach this redactor every secret that they meet, so that somebody else can keep them
    /// back too: the logs.
    #[must_use]
    pub fn with_redactor(&self, redactor: Redactor) -> Self {
        AppShared { redactor, ..self.afresh() }.into()
    }

    /// The same use cases, where these variables come before the process's own environment.
    #[must_use]
    pub fn with_environment(&self, environment: BTreeMap<String, String>) -> Self {
        AppShared { environment, ..self.afresh() }.into()
    }

    /// The same use cases in another folder.
    #[must_use]
    pub fn with_folder(&self, folder: PathBuf) -> Self {
        AppShared { folder, ..self.afresh() }.into()
    }

    /// The same use cases, where this configuration is used when a request names none.
    #[must_use]
    pub fn with_config(&self, config: PathBuf) -> Self {
        AppShared { config: Some(config), ..self.afresh() }.into()
    }

    /// The same use cases with a history of their own, in a folder of this name within this one's.
    ///
    /// # Errors
    /// [`AppError::Internal`] when there is no folder for the history.
    pub fn with_own_history(&self, name: &str) -> Result<Self, AppError> {
        let folder = locate_folder(self.shared.data.as_deref()).map_err(from_store)?;
        let data = Some(folder.join("principals").join(name));
        Ok(AppShared { data, ..self.afresh() }.into())
    }

    /// A variable of the environment.
    pub(super) fn variable(&self, name: &str) -> Option<String> {
        self.shared.environment.get(name).cloned().or_else(|| std::env::var(name).ok())
    }

    /// The history.
    pub(super) async fn store(&self) -> Result<&Store, AppError> {
        let open = async || Ok(Store::open(self.shared.data.as_deref()).await?.of_project(&self.shared.folder));
        self.shared.store.get_or_try_init(open).await.map_err(from_store)
    }

    /// Opens the history while a scan waits for its target. A failure shows when the history is needed.
    pub(super) fn open_history_early(&self) {
        let app = self.clone();
        tokio::spawn(async move { app.store().await.map(|_| ()) });
    }

    /// The history, where no scan is said to run whose process is gone.
    pub(super) async fn settled_store(&self) -> Result<&Store, AppError> {
        let store = self.store().await?;
        // What cannot be settled, as on a disk that is full, can be read all the same.
        if let Err(error) = store.settle_ended().await {
            tracing::debug!("scans whose process ended were not settled: {error}");
        }
        Ok(store)
    }

    /// A stored report; with no id the latest. That of a scan that runs is what was found so far.
    ///
    /// # Errors
    /// [`AppError::Unknown`] when there is none.
    pub async fn report(&self, id: Option<&ScanId>) -> Result<Report, AppError> {
        let store = self.settled_store().await?;
        let found = match id {
            Some(id) => store.report(id.as_str()).await,
            None => store.latest().await,
        };
        found.map_err(from_store)?.ok_or_else(|| {
            AppError::Unknown(match id {
                Some(id) => format!("there is no scan `{id}`; `routewarden history` lists the stored ones"),
                None => "there is no stored scan yet; run scan_api (or `routewarden scan`) first".to_owned(),
            })
        })
    }

    /// Stored scans, newest first, at most `limit`.
    ///
    /// # Errors
    /// [`AppError::Internal`] when the history cannot be read.
    pub async fn history(&self, limit: usize) -> Result<Vec<HistoryRow>, AppError> {
        let rows = self.settled_store().await?.history(limit).await.map_err(from_store)?;
        Ok(rows.into_iter().map(build_history_row).collect())
    }

    /// Stored scans that were started in this folder, newest first, at most `limit`.
    ///
    /// # Errors
    /// [`AppError::Internal`] when the history cannot be read.
    pub async fn project_history(&self, limit: usize) -> Result<Vec<HistoryRow>, AppError> {
        let rows = self.settled_store().await?.project_history(limit).await.map_err(from_store)?;
        Ok(rows.into_iter().map(build_history_row).collect())
    }

    /// The catalogue of checks, in its order.
    pub fn checks(&self) -> Vec<CheckPage> {
        checks::all_checks().into_iter().map(|check| build_check_page(check.meta())).collect()
    }

    /// The text that may go out: every known secret in it, in any coding, replaced, so that it still is of its format.
    /// The last tripwire of both faces;
    /// `true` when something was replaced, which is a fault worth a warning.
    pub fn tripwire(&self, syntax: Syntax, text: &str) -> (String, bool) {
        let (text, hits) = self.shared.redactor.swept(syntax, text);
        (text, hits > 0)
    }

    /// The same tripwire for a text of any length, on its way to `out`.
    pub fn sweep<W: Write>(&self, syntax: Syntax, out: W) -> Tripwire<W> {
        self.shared.redactor.sweep(syntax, out)
    }

    /// Stops what runs and stores it.
    pub async fn shut_down(&self) {
        for handle in self.shared.scans.lock().unwrap_or_else(PoisonError::into_inner).values() {
            handle.cancel.cancel();
        }
        // Taken out first: no lock may be held while its tasks are awaited.
        let mut tasks = std::mem::take(&mut *self.shared.tasks.lock().unwrap_or_else(PoisonError::into_inner));
        // Cancelled scans still undo what they wrote and store what they found.
        while tasks.join_next().await.is_some() {}
    }
}

fn build_history_row(row: StoredScanRow) -> HistoryRow {
    HistoryRow {
        scan_id: row.scan_id,
        started_at: row.started_at,
        base_url: row.base_url,
        document: row.document,
        status: row.status,
        grade: row.grade,
        findings: row.findings,
        severe: row.severe,
        mode: row.mode,
        requests: row.requests,
        process: row.process,
        phase: row.phase,
    }
}

fn build_check_page(meta: &checks::Meta) -> CheckPage {
    CheckPage {
        id: meta.id.to_owned(),
        title: meta.title.to_owned(),
        severity: meta.severity,
        level: meta.level,
        owasp: meta.owasp.iter().map(|entry| (*entry).to_owned()).collect(),
        cwe: meta.cwe.to_vec(),
        remedy: meta.remedy.to_owned(),
        since: meta.since.to_owned(),
        // Doc comments begin each line with a blank, which Markdown may take for an indentation.
        manual: meta.manual.lines().map(|line| line.strip_prefix(' ').unwrap_or(line)).collect::<Vec<_>>().join("\n"),
    }
}

/// A fault of the history in the terms of the faces.
pub(super) fn from_store(error: StoreError) -> AppError {
    match error {
        // A beginning that fits several ids is the caller's to lengthen, and no fault of the disk.
        StoreError::Ambiguous { .. } => AppError::Unknown(error.to_string()),
        other => AppError::Internal(other.to_string()),
    }
}
