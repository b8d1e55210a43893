//! What the user and the history say of findings: suppressed, accepted in a baseline, known before.

use std::collections::{BTreeMap, BTreeSet};

use crate::config::{Suppression, operation_matches};
use crate::report::{Finding, FindingStatus};

/// What the user said of findings beforehand.
#[derive(Debug)]
pub(super) struct FindingMarks {
    pub(super) suppress: Vec<Suppression>,
    /// Ids of the findings that are known.
    pub(super) baseline: BTreeSet<String>,
}

impl FindingMarks {
    /// Marks what is suppressed and what was known before; `earlier` has when each was first seen.
    pub(super) fn put_on(&self, findings: &mut [Finding], earlier: &BTreeMap<String, String>) {
        let today = crate::model::today();
        for suppression in self.suppress.iter().filter(|suppression| !suppression.is_expired(today)) {
            for finding in findings.iter_mut().filter(|finding| suppression_covers(suppression, finding)) {
                finding.suppressed = Some(suppression.reason.clone());
            }
        }

        for finding in findings {
            if let Some(first) = earlier.get(&finding.id) {
                finding.first_seen.clone_from(first);
                finding.status = FindingStatus::Known;
            }
            if self.baseline.contains(&finding.id) {
                finding.status = FindingStatus::Known;
            }
        }
    }

    /// Notes on suppressions that do not count any more.
    pub(super) fn expired(&self) -> impl Iterator<Item = String> {
        let today = crate::model::today();
        let expired = self.suppress.iter().filter(move |suppression| suppression.is_expired(today));
        expired.map(|suppression| format!("a suppression has expired and no longer counts: {}", suppression.reason))
    }
}

fn suppression_covers(suppression: &Suppression, finding: &Finding) -> bool {
    if let Some(id) = &suppression.finding {
        return finding.id.starts_with(id.as_str());
    }
    let check = suppression.check.as_ref().is_none_or(|check| {
        finding.check == *check || finding.check.split('/').next() == Some(check.trim_end_matches("/*"))
    });
    let operation = suppression.operation.as_ref().is_none_or(|pattern| {
        // A cause that shows elsewhere too is not settled by excusing one route.
        std::iter::once(&finding.operation)
            .chain(&finding.also)
            .all(|operation| operation_matches(pattern, operation.method.as_str(), &operation.path))
    });

    // A suppression that names neither would cover every finding.
    (suppression.check.is_some() || suppression.operation.is_some()) && check && operation
}
