//! Says what to change: a patch of the user's own files where the handler is found, advice where it is not. Writes nothing
//! unless it is asked to.

mod advice;
mod apply;
mod facts;
mod patch;
mod proof;
mod siblings;

use std::path::{Path, PathBuf};

use super::answers::{Fix, FixRequest};
use super::error::AppError;
use super::state::{App, from_store};
use crate::model::{FindingId, ScanId};
use crate::report::{Finding, Report};

pub use apply::Applied;

/// The most findings of one plan.
const MOST_FINDINGS: usize = 50;

/// Findings of one scan that are to be repaired together.
struct FixSubject {
    findings: Vec<Finding>,
    report: Report,
}

impl App {
    /// Says what to change, for findings or a check. Several findings get one consistent patch. Writes nothing.
    ///
    /// # Errors
    /// [`AppError::Unknown`] and [`AppError::Usage`].
    pub async fn suggest_fix(&self, request: FixRequest) -> Result<Fix, AppError> {
        let (mut fix, place) = self.advise(&request).await?;
        let Some((subject, source)) = place else { return Ok(fix) };
        let with_test = request.with_test;
        let is_named = request.framework.is_some();

        // Reading a tree and looking at a change in it are work for a thread that nothing else waits for.
        let made = tokio::task::spawn_blocking(move || {
            patch::build_for_findings(&subject.findings, &subject.report, &source, with_test)
        });
        let made = made.await.map_err(|error| AppError::Internal(error.to_string()))?;

        // A framework that the user named is kept, whatever the handlers show.
        if let Some((framework, place)) = made.shown.as_ref().filter(|_| !is_named) {
            advice::adapt_to_framework(&mut fix, *framework, place);
        }
        made.write_into(&mut fix);
        Ok(fix)
    }

    /// Advice, and where there are findings, these with the source to patch.
    async fn advise(&self, request: &FixRequest) -> Result<(Fix, Option<(FixSubject, PathBuf)>), AppError> {
        let subject = self.subject(request).await?;
        let source = self.source_of(request, subject.as_ref());
        let first = subject.as_ref().and_then(|subject| subject.findings.first());
        let fix = advice::fix_from_remedy(request, first, &source)?;

        Ok((fix, subject.map(|subject| (subject, source))))
    }

    /// The named findings with the report of their scan.
    async fn subject(&self, request: &FixRequest) -> Result<Option<FixSubject>, AppError> {
        let ids: Vec<&FindingId> = request.finding_id.iter().chain(&request.finding_ids).collect();
        if ids.len() > MOST_FINDINGS {
            return Err(AppError::Usage(format!("at most {MOST_FINDINGS} findings are repaired at once")));
        }
        let store = match ids.is_empty() {
            true => return Ok(None),
            false => self.store().await?,
        };
        let scan = request.scan_id.as_ref().map(ScanId::as_str);
        let (mut findings, mut scan_of) = (Vec::new(), None);

        for id in ids {
            let found = store.finding(id.as_str(), scan).await.map_err(from_store)?;
            let (of, finding): (String, Finding) = found.ok_or_else(|| super::explain::unknown_finding(id, scan))?;
            // The facts of one patch come from one report: that of the first finding.
            scan_of.get_or_insert(of);

            // A whole id and a beginning of it may name the same finding.
            if !findings.iter().any(|known: &Finding| known.id == finding.id) {
                findings.push(finding);
            }
        }

        let Some(scan) = scan_of else { return Ok(None) };
        let report = store.report(&scan).await.map_err(from_store)?;
        Ok(report.map(|report| FixSubject { findings, report }))
    }

    /// The source tree: the named one, the one of the scan, the folder of its configuration, or the current one.
    fn source_of(&self, request: &FixRequest, subject: Option<&FixSubject>) -> PathBuf {
        let named = request.source.as_ref().map(|source| self.shared.folder.join(source));
        let scan = subject.map(|subject| &subject.report.scan);
        let scanned = scan.and_then(|scan| scan.source.as_ref()).map(PathBuf::from).filter(|path| path.is_dir());
        let config = scan.and_then(|scan| scan.config.as_ref());
        let beside = config.and_then(|path| Path::new(path).parent().map(Path::to_path_buf));

        named.or(scanned).or(beside).unwrap_or_else(|| self.shared.folder.clone())
    }
}
