//! Scans under way: a row from the start, what was found so far, and what becomes of it when the process ends first.

use std::path::Path;

use jiff::Timestamp;
use sqlx::Row;
use sqlx::sqlite::SqliteRow;

use super::error::StoreError;
use super::locks::{LockState, ScanLock};
use super::open::Store;
use super::save::status_name;
use crate::model::Mode;
use crate::report::{Report, Status, Withheld, compute_score};

/// Where the file system knows no locks, a scan that wrote nothing for so long has ended. It writes every few seconds.
const MOST_SILENCE_US: i64 = 60_000_000;
/// The most scans that are settled at one time.
const MOST_SETTLED: i64 = 100;

/// A scan of this process whose row says that it runs. Dropping it says that the process has done with it.
#[derive(Debug)]
pub struct RunningScan {
    store: Store,
    id: String,
    _lock: ScanLock,
}

/// What a row says of a scan whose process is gone.
struct LeftRow {
    process: Option<i64>,
    phase: Option<String>,
    requests: u64,
}

impl Store {
    /// Notes a scan that begins: from here on other processes see it.
    ///
    /// # Errors
    /// As [`Store::open`].
    pub async fn begin(&self, report: &Report, process: u32) -> Result<RunningScan, StoreError> {
        // The lock comes first: a row without one is of a process that is gone.
        let lock = ScanLock::take(self.folder(), &report.scan.id)?;
        self.save(report).await?;
        let noted = sqlx::query("UPDATE scan SET process = ?2, phase = 'starting', beat_us = ?3 WHERE id = ?1")
            .bind(&report.scan.id)
            .bind(i64::from(process))
            .bind(Timestamp::now().as_microsecond())
            .execute(&self.pool)
            .await;

        noted.map_err(|error| self.fault(&error))?;
        Ok(RunningScan { store: self.clone(), id: report.scan.id.clone(), _lock: lock })
    }

    /// Settles what processes left behind that ended before their scans did: such a scan is interrupted, and its report is
    /// what was found until then. Returns how many there were.
    ///
    /// # Errors
    /// As [`Store::open`].
    pub async fn settle_ended(&self) -> Result<usize, StoreError> {
        let rows = sqlx::query("SELECT id, beat_us FROM scan WHERE status = 'running' ORDER BY id LIMIT ?1")
            .bind(MOST_SETTLED)
            .fetch_all(&self.pool)
            .await;
        let read = |row: &SqliteRow| Ok((row.try_get::<String, _>(0)?, row.try_get::<Option<i64>, _>(1)?));
        let rows = rows.and_then(|rows| rows.iter().map(read).collect::<sqlx::Result<Vec<_>>>());
        let mut settled = 0;

        for (id, beat) in rows.map_err(|error| self.fault(&error))? {
            let silence = beat.map_or(i64::MAX, |beat| Timestamp::now().as_microsecond().saturating_sub(beat));
            // Kept while the row is written: two that look at one time would both write it.
            let _lock = match ScanLock::look(self.folder(), &id) {
                LockState::Held => continue,
                LockState::Untold if silence < MOST_SILENCE_US => continue,
                LockState::Untold => None,
                LockState::Free(lock) => lock,
            };
            settled += usize::from(self.settle(&id).await?);
        }
        Ok(settled)
    }

    /// Settles one scan, unless it came to its end in between.
    async fn settle(&self, id: &str) -> Result<bool, StoreError> {
        let row = sqlx::query("SELECT process, phase, requests FROM scan WHERE id = ?1 AND status = 'running'")
            .bind(id)
            .fetch_optional(&self.pool)
            .await;
        let read = |row: SqliteRow| {
            let requests = row.try_get::<i64, _>(2)?.unsigned_abs();
            Ok(LeftRow { process: row.try_get(0)?, phase: row.try_get(1)?, requests })
        };
        let row = row.and_then(|row| row.map(read).transpose());
        let Some(left) = row.map_err(|error| self.fault(&error))? else { return Ok(false) };
        let Some(mut report) = self.report(id).await?.filter(|report| report.scan.status == Status::Running) else {
            return Ok(false);
        };

        close_report(&mut report, &left);
        self.save(&report).await?;
        Ok(true)
    }

    /// The folder of the database.
    fn folder(&self) -> &Path {
        self.path.parent().unwrap_or(&self.path)
    }
}

impl RunningScan {
    /// Keeps what was found so far.
    ///
    /// # Errors
    /// As [`Store::open`].
    ///
    /// # Cancel safety
    /// Dropping the future leaves what was kept before.
    pub async fn keep(&self, report: &Report) -> Result<(), StoreError> {
        self.store.save(report).await
    }

    /// Says that the scan lives, what it is at, and how many requests it has sent.
    ///
    /// # Errors
    /// As [`Store::open`].
    ///
    /// # Cancel safety
    /// Dropping the future leaves what was said before.
    pub async fn beat(&self, phase: &str, requests: u64) -> Result<(), StoreError> {
        let said =
            sqlx::query("UPDATE scan SET phase = ?2, requests = ?3, beat_us = ?4 WHERE id = ?1 AND status = 'running'")
                .bind(&self.id)
                .bind(phase)
                .bind(i64::try_from(requests).unwrap_or(i64::MAX))
                .bind(Timestamp::now().as_microsecond())
                .execute(&self.store.pool)
                .await;
        said.map(drop).map_err(|error| self.store.fault(&error))
    }

    /// Takes the row of a scan back that came to nothing.
    ///
    /// # Errors
    /// As [`Store::open`].
    pub async fn forget(self) -> Result<(), StoreError> {
        let gone = sqlx::query("DELETE FROM scan WHERE id = ?1 AND status = ?2")
            .bind(&self.id)
            .bind(status_name(Status::Running))
            .execute(&self.store.pool)
            .await;
        gone.map(drop).map_err(|error| self.store.fault(&error))
    }
}

/// Makes the report of a scan that runs that of one which ended with its process.
fn close_report(report: &mut Report, left: &LeftRow) {
    report.scan.requests = report.scan.requests.max(left.requests);
    let process = left.process.map(|process| format!(" {process}")).unwrap_or_default();
    let phase = left.phase.as_deref().map(|phase| format!(" during `{phase}`")).unwrap_or_default();
    let because = format!(
        "ended with its process{process}{phase}, so far: {} findings, {} requests, {} pairs of check and operation; scan again \
         for the rest",
        report.findings.len(),
        report.scan.requests,
        report.coverage.len()
    );

    report.scan.status = Status::Interrupted;
    report.score = compute_score(&report.findings, &report.coverage);
    report.score.value = None;
    report.score.grade = None;
    report.score.withheld = Some(Withheld::NoTrust);
    report.score.withheld_because = Some(because.clone());
    report.scan.untrusted_because = Some(because);
    if report.scan.mode > Mode::Passive {
        let left = "what it had written at the target is removed by `routewarden undo`, or by the next active scan of this target";
        report.notes.push(left.to_owned());
    }
}
