//! The end of a scan: suppressions, what was known before, the score, the history.

use std::collections::BTreeMap;

use super::error::AppError;
use super::prepare::Prepared;
use super::state::{App, from_store};
use crate::code::CodeIndex;
use crate::report::{self, CodeRef, Finding, Report, Status};
use crate::store::Store;

/// Finishes a report and stores it.
pub(super) async fn complete_report(app: &App, prepared: &Prepared, report: &mut Report) -> Result<(), AppError> {
    let marks = prepared.marks();
    report.notes.extend(marks.expired());
    if let Some(code) = &prepared.code {
        report.findings.iter_mut().for_each(|finding| locate_trace(code, finding));
    }
    // The history is a convenience: a scan that cannot be kept has found what it found all the same.
    let (store, earlier) = match open_history(app, &report.scan.base_url).await {
        Ok((store, earlier)) => (Some(store), earlier),
        Err(error) => {
            report.notes.push(unsaved_scan_note(&error));
            (None, BTreeMap::new())
        }
    };

    marks.put_on(&mut report.findings, &earlier);

    // A grade speaks for the whole API; a scan that ended early and a recheck saw a part of it.
    if report.scan.status == Status::Complete && report.scan.recheck_of.is_none() {
        report.score = report::compute_score(&report.findings, &report.coverage);
    }
    if let Some(store) = store
        && let Err(error) = store.save(report).await
    {
        report.notes.push(unsaved_scan_note(&from_store(error)));
    }
    Ok(())
}

/// A stack trace in an answer names the very line that the fault came from.
fn locate_trace(code: &CodeIndex, finding: &mut Finding) {
    let bodies = finding.exchanges.iter().filter_map(|exchange| exchange.response.as_ref());
    if let Some(place) = bodies.filter_map(|response| code.place_in_trace(&response.body)).next() {
        finding.code = Some(CodeRef::from(&place));
    }
}

/// The history, and when each finding of this target was seen first.
async fn open_history<'a>(app: &'a App, base_url: &str) -> Result<(&'a Store, BTreeMap<String, String>), AppError> {
    let store = app.store().await?;
    let earlier = store.first_seen(base_url).await.map_err(from_store)?;
    Ok((store, earlier))
}

fn unsaved_scan_note(error: &AppError) -> String {
    format!("this scan is not in the history, so it cannot be explained or rechecked by its id later: {error}")
}
