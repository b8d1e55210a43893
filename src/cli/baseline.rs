//! The findings that a baseline report has; they fail no run.

use std::collections::BTreeSet;
use std::path::Path;

use anyhow::{Context, bail};

use crate::report::{Report, SCHEMA_VERSION};

/// Far more than any report; what is greater is not read.
const MOST_BYTES: u64 = 256 * 1024 * 1024;

/// Ids of the findings of a report that was written with `--format json`.
///
/// # Errors
/// When the file is no such report.
pub(super) fn load_ids(path: &Path) -> anyhow::Result<BTreeSet<String>> {
    let shown = path.display();
    let metadata = std::fs::metadata(path).with_context(|| format!("the baseline `{shown}` cannot be read"))?;

    if !metadata.is_file() {
        bail!("the baseline `{shown}` is not a file");
    }
    // A wrong path may lead to a dump or an image, which would fill the memory before it fails as JSON.
    let size = metadata.len();

    if size > MOST_BYTES {
        bail!("the baseline `{shown}` has {size} bytes; a report has at most {MOST_BYTES}");
    }
    let text = std::fs::read_to_string(path).with_context(|| format!("the baseline `{shown}` cannot be read"))?;
    let report: Report = serde_json::from_str(&text).with_context(|| {
        format!("the baseline `{shown}` is no report; write one with `routewarden scan --format json -o {shown}`")
    })?;
    // A later version may have other ids for the same findings: all known ones would fail the run.
    if report.schema_version > SCHEMA_VERSION {
        bail!("the baseline `{shown}` was written by a later version of routewarden");
    }
    Ok(report.findings.into_iter().map(|finding| finding.id).collect())
}
