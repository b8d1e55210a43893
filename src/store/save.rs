//! Writing a scan: the report whole, and the columns it is found by.

use jiff::Timestamp;
use sqlx::{Sqlite, Transaction};

use super::error::StoreError;
use super::open::Store;
use crate::model::{Confidence, Severity};
use crate::report::{Finding, FindingStatus, Report, Status};

impl Store {
    /// Keeps the report; one with the same scan id is replaced.
    ///
    /// # Errors
    /// As [`Store::open`].
    ///
    /// # Cancel safety
    /// Dropping the future leaves the report as it was before.
    pub async fn save(&self, report: &Report) -> Result<(), StoreError> {
        let json = serde_json::to_string(report)
            .map_err(|error| StoreError::Unstorable { scan: report.scan.id.clone(), because: error.to_string() })?;
        let write = async {
            // Takes the write lock at once: a read that turns into a write meets a busy database without waiting for it.
            let mut transaction = self.pool.begin_with("BEGIN IMMEDIATE").await?;
            write_scan(&mut transaction, report, &json, self.project.as_deref()).await?;
            // A report that replaces an earlier one may have lost findings, which must not be found any more.
            sqlx::query("DELETE FROM finding WHERE scan_id = ?1")
                .bind(&report.scan.id)
                .execute(&mut *transaction)
                .await?;
            for finding in &report.findings {
                write_finding(&mut transaction, report, finding).await?;
            }
            transaction.commit().await
        };

        write.await.map_err(|error| self.fault(&error))
    }
}

async fn write_scan(
    cx: &mut Transaction<'_, Sqlite>,
    report: &Report,
    json: &str,
    project: Option<&str>,
) -> sqlx::Result<()> {
    let scan = &report.scan;
    let open = || report.findings.iter().filter(|finding| finding.status != FindingStatus::Fixed);
    let severe = open().filter(|finding| is_severe(finding)).count();
    sqlx::query(
        "INSERT INTO scan (id, started_at, started_us, base_url, target, document, status, grade, findings, severe, report,
             recheck_of, mode, requests, project)
         VALUES (?1, ?2, ?3, ?4, ?5, ?6, ?7, ?8, ?9, ?10, ?11, ?12, ?13, ?14, ?16)
         ON CONFLICT (id) DO UPDATE SET started_at = ?2, started_us = ?3, base_url = ?4, target = ?5, document = ?6,
             status = ?7, grade = ?8, findings = ?9, severe = ?10, report = ?11, recheck_of = ?12, mode = ?13,
             requests = MAX(requests, ?14), process = CASE WHEN ?7 = 'running' THEN process END,
             phase = CASE WHEN ?7 = 'running' THEN phase END, beat_us = CASE WHEN ?7 = 'running' THEN ?15 END,
             project = COALESCE(project, ?16)",
    )
    .bind(&scan.id)
    .bind(&scan.started_at)
    .bind(micros_from_rfc3339(&scan.started_at).unwrap_or_else(|| Timestamp::now().as_microsecond()))
    .bind(&scan.base_url)
    .bind(base_url_key(&scan.base_url))
    .bind(&scan.document)
    .bind(status_name(scan.status))
    .bind(&report.score.grade)
    .bind(count_as_i64(open().count()))
    .bind(count_as_i64(severe))
    .bind(json)
    .bind(&scan.recheck_of)
    .bind(scan.mode.as_str())
    .bind(i64::try_from(scan.requests).unwrap_or(i64::MAX))
    .bind(Timestamp::now().as_microsecond())
    // What another project's process settles stays where it was.
    .bind(project)
    .execute(&mut **cx)
    .await?;

    Ok(())
}

async fn write_finding(cx: &mut Transaction<'_, Sqlite>, report: &Report, finding: &Finding) -> sqlx::Result<()> {
    // Dates are compared as numbers: RFC 3339 texts with different fractions do not sort by time.
    let seen = micros_from_rfc3339(&finding.first_seen).or_else(|| micros_from_rfc3339(&report.scan.started_at));
    sqlx::query(
        "INSERT OR IGNORE INTO finding
             (scan_id, finding_id, check_id, severity, confidence, method, path, first_seen, first_seen_us)
         VALUES (?1, ?2, ?3, ?4, ?5, ?6, ?7, ?8, ?9)",
    )
    .bind(&report.scan.id)
    .bind(&finding.id)
    .bind(&finding.check)
    .bind(finding.severity.as_str())
    .bind(finding.confidence.as_str())
    .bind(finding.operation.method.as_str())
    .bind(&finding.operation.path)
    .bind(&finding.first_seen)
    .bind(seen.unwrap_or_else(|| Timestamp::now().as_microsecond()))
    .execute(&mut **cx)
    .await?;

    Ok(())
}

/// What two spellings of one base URL have in common.
pub(super) fn base_url_key(base_url: &str) -> &str {
    base_url.trim_end_matches('/')
}

/// As the report's JSON spells it.
pub(super) fn status_name(status: Status) -> &'static str {
    match status {
        Status::Planned => "planned",
        Status::Running => "running",
        Status::Complete => "complete",
        Status::Interrupted => "interrupted",
        Status::Budget => "budget",
        Status::TargetDied => "target-died",
        Status::Harm => "harm",
        Status::Untrusted => "untrusted",
    }
}

fn is_severe(finding: &Finding) -> bool {
    finding.severity >= Severity::High && finding.confidence == Confidence::Confirmed && finding.suppressed.is_none()
}

fn micros_from_rfc3339(rfc3339: &str) -> Option<i64> {
    rfc3339.parse::<Timestamp>().ok().map(Timestamp::as_microsecond)
}

fn count_as_i64(n: usize) -> i64 {
    i64::try_from(n).unwrap_or(i64::MAX)
}
