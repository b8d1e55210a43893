//! The findings of an earlier report, with which those of a scan are compared.

use std::collections::BTreeSet;
use std::path::Path;

use super::error::AppError;
use crate::report;

/// Returns the ids of the findings in a report below a folder; none without one. It is read before a scan: what cannot be
/// compared with is better known before a long one than after it.
///
/// # Errors
/// When it cannot be read: as an empty one it would make every finding new.
pub(super) fn read_baseline_ids(folder: &Path, path: Option<&Path>) -> Result<BTreeSet<String>, AppError> {
    let Some(path) = path.map(|path| folder.join(path)) else { return Ok(BTreeSet::new()) };
    let fault = |text: String| AppError::Usage(format!("the baseline `{}` cannot be read: {text}", path.display()));

    // A named pipe would be waited for without an end.
    if !std::fs::metadata(&path).is_ok_and(|metadata| metadata.is_file()) {
        return Err(fault("it is not a file".to_owned()));
    }
    let text = std::fs::read_to_string(&path).map_err(|error| fault(error.to_string()))?;
    let report = report::read_report(&text).map_err(|error| fault(error.to_string()))?;
    Ok(report.findings.into_iter().map(|finding| finding.id).collect())
}
