//! Which findings a row of an answer stands for: one each, but one row for all observations of a check, since a large API
//! has the same observation on most of its routes.

use std::collections::BTreeMap;

use crate::model::Confidence;
use crate::report::{Finding, FindingStatus, Report};

/// The findings of one row.
pub(super) struct RowFindings<'a> {
    /// The one that the row tells of.
    pub(super) first: &'a Finding,
    /// How many more it stands for.
    pub(super) more: u64,
}

impl RowFindings<'_> {
    /// How many findings it stands for.
    pub(super) fn count(&self) -> u64 {
        self.more.saturating_add(1)
    }
}

/// The findings that count, worst first: neither suppressed nor gone.
pub(super) fn list_open(report: &Report) -> Vec<&Finding> {
    let is_open = |finding: &&Finding| finding.suppressed.is_none() && finding.status != FindingStatus::Fixed;
    report.findings.iter().filter(is_open).collect()
}

/// Puts findings into rows, in their order; a row of observations stands where the first one does.
pub(super) fn merge_rows<'a>(open: &[&'a Finding]) -> Vec<RowFindings<'a>> {
    let mut rows: Vec<RowFindings<'a>> = Vec::new();
    let mut kinds = BTreeMap::new();

    for finding in open.iter().copied() {
        if finding.confidence == Confidence::Observation {
            let at = *kinds.entry((finding.check.as_str(), finding.severity)).or_insert(rows.len());
            if let Some(row) = rows.get_mut(at) {
                row.more = row.more.saturating_add(1);
                continue;
            }
        }

        rows.push(RowFindings { first: finding, more: 0 });
    }
    rows
}

/// How many findings rows stand for.
pub(super) fn count_findings(rows: &[RowFindings<'_>]) -> u64 {
    rows.iter().map(RowFindings::count).fold(0, u64::saturating_add)
}
