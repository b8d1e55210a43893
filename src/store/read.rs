//! Reading stored scans: by id or the beginning of one, by target, by finding.

use std::collections::BTreeMap;

use sqlx::Row;
use sqlx::sqlite::SqliteRow;

use super::error::StoreError;
use super::open::Store;
use super::save::{base_url_key, status_name};
use crate::report::{self, Finding, Report, Status};

/// How many ids an ambiguous beginning names before it only says that there are more.
const MAX_CANDIDATES: usize = 8;

/// One stored scan in a listing.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct StoredScanRow {
    /// Its id.
    pub scan_id: String,
    /// RFC 3339.
    pub started_at: String,
    /// Where requests went.
    pub base_url: String,
    /// The document.
    pub document: String,
    /// How it ended, as in a report's `status`.
    pub status: String,
    /// Grade, where one was given.
    pub grade: Option<String>,
    /// Findings in all, without those that were fixed.
    pub findings: u64,
    /// Confirmed findings of high or critical severity that no suppression covers.
    pub severe: u64,
    /// How much it may do; unknown of scans of older versions.
    pub mode: Option<String>,
    /// Requests that it sent.
    pub requests: u64,
    /// The process that it runs in, while it runs.
    pub process: Option<u32>,
    /// What it is at, while it runs.
    pub phase: Option<String>,
}

impl Store {
    /// The report of a scan, named by its id or a beginning that no other id shares. `None` when nothing fits.
    ///
    /// # Errors
    /// [`StoreError::Ambiguous`] when several fit, [`StoreError::Report`] when a newer version wrote it.
    pub async fn report(&self, scan: &str) -> Result<Option<Report>, StoreError> {
        let Some(id) = self.scan_id(scan).await? else { return Ok(None) };
        let row = sqlx::query("SELECT id, report FROM scan WHERE id = ?1").bind(id).fetch_optional(&self.pool).await;
        self.read(row)
    }

    /// The newest scan that sent something and has ended; a plan or a recheck alone does not count.
    ///
    /// # Errors
    /// As [`Store::report`].
    pub async fn latest(&self) -> Result<Option<Report>, StoreError> {
        let row = sqlx::query(
            "SELECT id, report FROM scan WHERE status NOT IN (?1, ?2) AND recheck_of IS NULL
             ORDER BY started_us DESC, rowid DESC LIMIT 1",
        )
        .bind(status_name(Status::Planned))
        .bind(status_name(Status::Running))
        .fetch_optional(&self.pool)
        .await;

        self.read(row)
    }

    /// The newest complete scan of this target.
    ///
    /// # Errors
    /// As [`Store::report`].
    pub async fn previous(&self, base_url: &str) -> Result<Option<Report>, StoreError> {
        let row = sqlx::query(
            "SELECT id, report FROM scan WHERE target = ?1 AND status = ?2 AND recheck_of IS NULL
             ORDER BY started_us DESC, rowid DESC LIMIT 1",
        )
        .bind(base_url_key(base_url))
        .bind(status_name(Status::Complete))
        .fetch_optional(&self.pool)
        .await;

        self.read(row)
    }

    /// A finding by its id, or by a beginning that no other finding shares (`rw-` may be left out), with the id of the
    /// scan it was taken from: the given one, or the newest that has it.
    ///
    /// # Errors
    /// [`StoreError::Ambiguous`] when several findings or scans fit; else as [`Store::report`].
    pub async fn finding(&self, id: &str, scan: Option<&str>) -> Result<Option<(String, Finding)>, StoreError> {
        let within = match scan {
            Some(scan) => match self.scan_id(scan).await? {
                Some(id) => Some(id),
                None => return Ok(None),
            },
            None => None,
        };

        // Made whole first: one finding is in many scans, and a beginning must mean the same one in all of them.
        let Some(id) = self.finding_id(id, within.as_deref()).await? else { return Ok(None) };
        let row = sqlx::query(
            "SELECT scan.id, scan.report FROM finding JOIN scan ON scan.id = finding.scan_id
             WHERE finding.finding_id = ?1 AND (?2 IS NULL OR scan.id = ?2)
             ORDER BY scan.started_us DESC, scan.rowid DESC LIMIT 1",
        )
        .bind(&id)
        .bind(within)
        .fetch_optional(&self.pool)
        .await;
        let Some(report) = self.read(row)? else { return Ok(None) };
        let scan = report.scan.id;

        Ok(report.findings.into_iter().find(|finding| finding.id == id).map(|finding| (scan, finding)))
    }

    /// When each finding was first seen, over all scans of this target that have ended.
    ///
    /// # Errors
    /// As [`Store::open`].
    pub async fn first_seen(&self, base_url: &str) -> Result<BTreeMap<String, String>, StoreError> {
        // SQLite takes the bare column from the row that holds the minimum (lang_select.html, "bare columns").
        let rows = sqlx::query(
            "SELECT finding.finding_id, finding.first_seen, MIN(finding.first_seen_us)
             FROM finding JOIN scan ON scan.id = finding.scan_id
             WHERE scan.target = ?1 AND scan.status <> ?2 GROUP BY finding.finding_id",
        )
        .bind(base_url_key(base_url))
        .bind(status_name(Status::Running))
        .fetch_all(&self.pool)
        .await;
        let pairs = rows.and_then(|rows| rows.iter().map(|row| Ok((row.try_get(0)?, row.try_get(1)?))).collect());

        pairs.map_err(|error| self.fault(&error))
    }

    /// The newest scans, newest first, at most `limit`.
    ///
    /// # Errors
    /// As [`Store::open`].
    pub async fn history(&self, limit: usize) -> Result<Vec<StoredScanRow>, StoreError> {
        self.rows(limit, None, None).await
    }

    /// The newest scans of this project, newest first, at most `limit`.
    ///
    /// # Errors
    /// As [`Store::open`].
    pub async fn project_history(&self, limit: usize) -> Result<Vec<StoredScanRow>, StoreError> {
        self.rows(limit, None, self.project.as_deref()).await
    }

    /// What the listing says of one scan, a recheck among them; its report is not read.
    ///
    /// # Errors
    /// As [`Store::report`].
    pub async fn row(&self, scan: &str) -> Result<Option<StoredScanRow>, StoreError> {
        let Some(id) = self.scan_id(scan).await? else { return Ok(None) };
        Ok(self.rows(1, Some(&id), None).await?.into_iter().next())
    }

    /// The newest scans, all or those of a project, or one of this id.
    async fn rows(
        &self,
        limit: usize,
        id: Option<&str>,
        project: Option<&str>,
    ) -> Result<Vec<StoredScanRow>, StoreError> {
        let rows = sqlx::query(
            "SELECT id, started_at, base_url, document, status, grade, findings, severe, mode, requests, process, phase
             FROM scan WHERE ((?2 IS NULL AND recheck_of IS NULL) OR id = ?2) AND (?3 IS NULL OR project = ?3)
             ORDER BY started_us DESC, rowid DESC LIMIT ?1",
        )
        .bind(i64::try_from(limit).unwrap_or(i64::MAX))
        .bind(id)
        .bind(project)
        .fetch_all(&self.pool)
        .await;
        let rows = rows.and_then(|rows| rows.iter().map(history_row).collect());

        rows.map_err(|error| self.fault(&error))
    }

    async fn scan_id(&self, given: &str) -> Result<Option<String>, StoreError> {
        let found =
            // `substr` and not `LIKE`: in a pattern, `_` and `%` of the input would stand for other characters.
            sqlx::query("SELECT id FROM scan WHERE substr(id, 1, length(?1)) = ?1 ORDER BY id = ?1 DESC, id LIMIT ?2")
                .bind(given)
                .bind(MAX_CANDIDATES as i64 + 1)
                .fetch_all(&self.pool)
                .await;
        self.only_one(given, "scans", found)
    }

    async fn finding_id(&self, given: &str, scan: Option<&str>) -> Result<Option<String>, StoreError> {
        // All ids begin alike, so people leave the beginning out.
        let whole = if given.starts_with("rw-") { given.to_owned() } else { format!("rw-{given}") };
        let found = sqlx::query(
            "SELECT DISTINCT finding_id FROM finding
             WHERE substr(finding_id, 1, length(?1)) = ?1 AND (?2 IS NULL OR scan_id = ?2)
             ORDER BY finding_id = ?1 DESC, finding_id LIMIT ?3",
        )
        .bind(&whole)
        .bind(scan)
        .bind(MAX_CANDIDATES as i64 + 1)
        .fetch_all(&self.pool)
        .await;

        self.only_one(&whole, "findings", found)
    }

    fn only_one(
        &self,
        given: &str,
        what: &'static str,
        rows: sqlx::Result<Vec<SqliteRow>>,
    ) -> Result<Option<String>, StoreError> {
        let ids: sqlx::Result<Vec<String>> = rows.and_then(|rows| rows.iter().map(|row| row.try_get(0)).collect());
        let mut ids = ids.map_err(|error| self.fault(&error))?;

        // The whole id stands first when it exists, and then it is not the beginning of another one that is meant.
        if ids.len() <= 1 || ids.first().is_some_and(|id| id == given) {
            return Ok(ids.into_iter().next());
        }
        if ids.len() > MAX_CANDIDATES {
            ids.truncate(MAX_CANDIDATES);
            ids.push("and more".to_owned());
        }
        Err(StoreError::Ambiguous { given: given.to_owned(), what, candidates: ids })
    }

    fn read(&self, row: sqlx::Result<Option<SqliteRow>>) -> Result<Option<Report>, StoreError> {
        let texts = row.and_then(|row| {
            row.map(|row| Ok::<(String, String), sqlx::Error>((row.try_get(0)?, row.try_get(1)?))).transpose()
        });
        let Some((scan, json)) = texts.map_err(|error| self.fault(&error))? else { return Ok(None) };
        report::read_report(&json).map(Some).map_err(|source| StoreError::Report { scan, source })
    }
}

fn history_row(row: &SqliteRow) -> sqlx::Result<StoredScanRow> {
    Ok(StoredScanRow {
        scan_id: row.try_get(0)?,
        started_at: row.try_get(1)?,
        base_url: row.try_get(2)?,
        document: row.try_get(3)?,
        status: row.try_get(4)?,
        grade: row.try_get(5)?,
        findings: row.try_get::<i64, _>(6)?.unsigned_abs(),
        severe: row.try_get::<i64, _>(7)?.unsigned_abs(),
        mode: row.try_get(8)?,
        requests: row.try_get::<i64, _>(9)?.unsigned_abs(),
        process: row.try_get::<Option<i64>, _>(10)?.and_then(|process| u32::try_from(process).ok()),
        phase: row.try_get(11)?,
    })
}
