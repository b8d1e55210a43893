//! Explains a finding from its stored evidence and the check's manual page. Sends nothing.

use super::answers::Explanation;
use super::error::AppError;
use super::state::{App, from_store};
use crate::model::{FindingId, ScanId};

impl App {
    /// Explains a finding from its stored evidence; `id` may be a unique beginning of a finding's id.
    ///
    /// # Errors
    /// [`AppError::Unknown`] when there is no such finding.
    pub async fn explain_finding(&self, id: &FindingId, scan: Option<&ScanId>) -> Result<Explanation, AppError> {
        let scan = scan.map(ScanId::as_str);
        let found = self.store().await?.finding(id.as_str(), scan).await.map_err(from_store)?;
        let (scan_id, finding) = found.ok_or_else(|| unknown_finding(id, scan))?;
        // A stored finding may be of a check that this version has no more.
        let manual = self.checks().into_iter().find(|page| page.id == finding.check).map(|page| page.manual);
        let next_steps = vec![
            format!(
                "see what to change, with a test of it: suggest_fix with finding_id {0} and with_test (or `routewarden fix {0} \
                 --test`); several findings together get one diff",
                finding.id
            ),
            format!("see the proof happen again, with fresh sessions: `routewarden replay {}`", finding.id),
            format!(
                "after the change, run the same proof again: scan_api with recheck [\"{0}\"] (or `routewarden recheck {0}`)",
                finding.id
            ),
        ];
        Ok(Explanation {
            finding_id: finding.id,
            scan_id,
            check: finding.check,
            title: finding.title,
            severity: finding.severity,
            confidence: finding.confidence,
            operation: finding.operation,
            also: finding.also,
            claim: finding.claim,
            clauses: finding.clauses,
            exchanges: finding.exchanges,
            replay: finding.replay,
            spec: finding.spec,
            code: finding.code,
            manual: manual.unwrap_or_default(),
            owasp: finding.owasp,
            cwe: finding.cwe,
            next_steps,
        })
    }
}

/// There is no such finding.
pub(super) fn unknown_finding(id: &FindingId, scan: Option<&str>) -> AppError {
    let whereabouts = scan.map_or_else(|| "any stored scan".to_owned(), |scan| format!("scan {scan}"));
    AppError::Unknown(format!(
        "there is no finding `{id}` in {whereabouts}; run scan_api and take an id from its findings"
    ))
}
