//! Small wordings that the formats share.

use super::operation_ref::OperationRef;
use super::wire::{ExchangeInfo, Finding, HarmRow, NextStep, ScanInfo};
use crate::model::{Face, Role};

/// Most operations that a step names.
const MAX_ON: usize = 3;

/// Returns a step with the operations that it opens: the first of them by name, then how many more.
pub fn next_step(step: &NextStep, face: Face) -> String {
    let action = step.action.words(face);
    let shown: Vec<String> = step.on.iter().take(MAX_ON).map(format_operation).collect();
    let more = step.operations.saturating_sub(shown.len() as u64);

    match (shown.is_empty(), more) {
        (true, 0) => action,
        (true, 1) => format!("{action} (opens 1 operation)"),
        (true, more) => format!("{action} (opens {more} operations)"),
        (false, 0) => format!("{action} (opens {})", shown.join(", ")),
        (false, more) => format!("{action} (opens {} and {more} more)", shown.join(", ")),
    }
}

/// Returns why nothing may be concluded, and what to do about it; `None` where the scan can be trusted.
pub fn untrusted_reason(scan: &ScanInfo, face: Face) -> Option<String> {
    let because = scan.untrusted_because.as_ref()?;
    Some(match &scan.untrusted_step {
        Some(step) => format!("{because}; {}", step.words(face)),
        None => because.clone(),
    })
}

/// Returns one line on what is not as it was.
pub(super) fn describe_harm(row: &HarmRow) -> String {
    let likely = row.likely.as_ref().map(|likely| format!("; most likely by {likely}")).unwrap_or_default();
    format!("{} as {}: {} before, {} now{likely}", format_operation(&row.operation), row.identity, row.before, row.now)
}

/// Returns why an operation was not asked, without saying that it was not: the heading above does.
pub fn reason_alone(because: &str) -> &str {
    because.strip_prefix("not asked: ").unwrap_or(because)
}

/// Returns the part of a scan's id that tells it from others.
pub(super) fn short_id(scan: &ScanInfo) -> String {
    scan.id.chars().take(8).collect()
}

/// `GET /x`
pub(super) fn format_operation(operation: &OperationRef) -> String {
    format!("{} {}", operation.method.as_str(), operation.path)
}

/// The lower-case name of a part in the proof.
pub(super) fn role_name(role: Role) -> &'static str {
    match role {
        Role::Attack => "attack",
        Role::Baseline => "baseline",
        Role::Control => "control",
        Role::Readback => "readback",
    }
}

/// Status code, or why there is none.
pub(super) fn answer_status(exchange: &ExchangeInfo) -> String {
    match (&exchange.response, &exchange.fault) {
        (Some(response), _) => response.status.to_string(),
        (None, Some(fault)) => fault.clone(),
        (None, None) => "no answer".to_owned(),
    }
}

/// `✓`, `✗` or `?`.
pub(super) fn clause_mark(holds: Option<bool>) -> &'static str {
    match holds {
        Some(true) => "✓",
        Some(false) => "✗",
        None => "?",
    }
}

/// `app.py:88 get_invoice`, then `openapi.yaml:41`, as far as known.
pub(super) fn source_places(finding: &Finding) -> Vec<String> {
    let code = finding.code.as_ref().map(|code| format!("{}:{} {}", code.file, code.line, code.function));
    let spec = finding.spec.as_ref().map(|spec| match spec.line {
        Some(line) => format!("{}:{line}", spec.file),
        None => spec.file.clone(),
    });
    [code, spec].into_iter().flatten().collect()
}

/// Check id, OWASP entries and CWE numbers.
pub(super) fn finding_references(finding: &Finding) -> Vec<String> {
    let mut parts = vec![finding.check.clone()];
    parts.extend(finding.owasp.iter().cloned());
    parts.extend(finding.cwe.iter().map(|number| format!("CWE-{number}")));
    parts
}

/// Milliseconds as people say them.
pub(super) fn format_duration(milliseconds: u64) -> String {
    match milliseconds {
        0..1000 => format!("{milliseconds} ms"),
        1000..60_000 => format!("{}.{} s", milliseconds / 1000, milliseconds % 1000 / 100),
        _ => format!("{} min {} s", milliseconds / 60_000, milliseconds % 60_000 / 1000),
    }
}

/// `alice (user)`, `bob (user, not signed in)`.
pub(super) fn format_identities(report: &super::wire::Report) -> String {
    let identities: Vec<String> = report
        .scan
        .identities
        .iter()
        .map(|identity| {
            let signed_in = if identity.signed_in { "" } else { ", not signed in" };
            format!("{} ({}{signed_in})", identity.name, identity.role)
        })
        .collect();
    if identities.is_empty() { "nobody signed in".to_owned() } else { identities.join(", ") }
}
