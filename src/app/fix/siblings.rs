//! Which other route held the same check in the same scan: its own way is the best patch.

use routewarden_source::routes::RouteEntry;

use crate::code::CodeIndex;
use crate::report::{CoverageOutcome, CoverageRow, Finding, Report};

/// Checks that a route passes by the same kind of code.
const ALIKE: [&[&str]; 3] = [
    &[
        "authz/bola-read",
        "authz/bola-write",
        "authz/bola-delete",
        "authz/bola-nested",
        "authz/bola-list",
        "graphql/field-authorization",
    ],
    &["authn/missing", "authn/missing-write", "authn/inconsistent"],
    &["authz/function-read", "authz/function-write"],
];

/// Returns the route nearest to the finding's that held the same check, or one that the same code keeps.
pub(super) fn sibling_of<'a>(index: &'a CodeIndex, finding: &Finding, report: &Report) -> Option<&'a RouteEntry> {
    let alike = ALIKE.iter().find(|checks| checks.contains(&finding.check.as_str()));
    let is_alike = |check: &str| alike.map_or(check == finding.check, |checks| checks.contains(&check));
    let held = |row: &&CoverageRow| row.outcome == CoverageOutcome::Held && is_alike(&row.check);
    let own = index.entry(&finding.operation.id());
    let rows = report.coverage.iter().filter(held).filter(|row| row.operation != finding.operation);
    let mut near: Vec<(usize, bool, &RouteEntry)> = rows
        .filter_map(|row| {
            let entry = index.entry(&row.operation.id())?;
            Some((count_common_parts(&row.operation.path, &finding.operation.path), row.check == finding.check, entry))
        })
        // One handler may serve several routes; it is no model for itself.
        .filter(|(_, _, entry)| own.is_none_or(|own| own.handler != entry.handler))
        .collect();
    // The path breaks the last tie, so that one scan always gives one patch.
    near.sort_by(|a, b| (b.0, b.1).cmp(&(a.0, a.1)).then_with(|| a.2.path.cmp(&b.2.path)));
    near.first().map(|(_, _, entry)| *entry)
}

/// Returns how many leading parts two paths share.
fn count_common_parts(a: &str, b: &str) -> usize {
    a.split('/').zip(b.split('/')).take_while(|(a, b)| a == b).count()
}
