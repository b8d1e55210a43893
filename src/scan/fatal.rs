//! A target that died during the scan, as a finding: the request that was asked last, and what shows that it ended the
//! service.

use std::sync::Arc;

use super::run::ScanInput;
use super::{convert, finding_fingerprint, operation_ref};
use crate::checks::find_check;
use crate::model::{Clause, Draft, EvidenceItem, Exchange, OperationId, Role, clean_name};
use crate::probe::{Death, Probe};
use crate::report::{CoverageOutcome, CoverageRow, Finding, Report, Status};

/// The check that reports it.
const CHECK: &str = "validation/server-error";

/// Returns why the scan ended early, with the request that was asked last.
pub(super) fn describe_death(probe: &Probe, death: &Death, when: &str) -> String {
    let redact = |text: &str| probe.redactor().line(text, 400);
    redact(&format!(
        "the target died {when}: {}; the last request before that was {}; is it running, and what does its log say?",
        death.manner(),
        death.last_request()
    ))
}

/// Looks whether the target died while what the scan wrote was undone, and reports that; whether it did.
pub(super) async fn notice_late_death(probe: &Probe, report: &mut Report) -> bool {
    if probe.death().is_some() {
        return false;
    }
    probe.look_after_undoing().await;
    let Some(death) = probe.death() else { return false };
    let because = describe_death(probe, death, "while what the scan wrote was undone");
    report.scan.requests = probe.sent();
    // The earlier reason becomes a note: that the target died comes first.
    report.notes.extend(report.scan.untrusted_because.replace(because.clone()));
    report.scan.untrusted_step = None;
    report.scan.status = Status::TargetDied;
    report.score.value = None;
    report.score.grade = None;
    report.score.withheld_because = Some(because);

    true
}

/// Returns the finding with its row of the coverage; `None` where no read had been served before: such a target may not
/// have been well to begin with.
pub(super) fn death_finding(input: &ScanInput<'_>, death: &Death) -> Option<(Finding, CoverageRow)> {
    death.good.as_ref()?;
    let meta = find_check(CHECK)?.meta();
    let operation = last_operation(input, death);
    let draft = build_draft(death, operation.clone());
    let id = finding_fingerprint(&input.api.title, CHECK, &draft.cause);
    let finding = convert::finding_from_draft(input, meta, id, &draft, &[]);
    let row = CoverageRow {
        operation: operation_ref(&operation),
        check: CHECK.to_owned(),
        outcome: CoverageOutcome::Broken,
        because: finding.claim.clone(),
        step: None,
        see: None,
        proof: None,
    };

    Some((finding, row))
}

/// The operation of the last request; its method and path where the document knows none.
fn last_operation(input: &ScanInput<'_>, death: &Death) -> OperationId {
    let request = &death.last.request;
    let path = url::Url::parse(&request.url).map_or_else(|_| "/".to_owned(), |url| url.path().to_owned());
    input
        .probe
        .operation_of(&request.method, &request.url)
        .unwrap_or_else(|| OperationId(format!("{} {}", request.method, clean_name(&path, 200))))
}

fn build_draft(death: &Death, operation: OperationId) -> Draft {
    let clause = |name, holds, because: &str| Clause { name, holds: Some(holds), because: because.to_owned() };
    let clauses = vec![
        clause("broke-off", death.broke_off(), "the connection ended in this very request"),
        clause("alone", death.alone, "no other request was under way"),
        clause("served-before", death.served_before, "what was asked before it was a read, and it was served"),
        clause(
            "silent-since",
            death.looks.len() > 1,
            &format!("a read that was served before was asked again: {}", death.manner()),
        ),
    ];
    let item = |role, exchange: &Arc<Exchange>| EvidenceItem { role, exchange: Arc::clone(exchange) };
    let mut exchanges = vec![item(Role::Attack, &death.last)];
    exchanges.extend(death.good.iter().map(|good| item(Role::Baseline, good)));

    // The last request may itself be the one that was not answered, and is shown once.
    if !Arc::ptr_eq(&death.silence, &death.last) {
        exchanges.push(item(Role::Control, &death.silence));
    }
    exchanges.extend(death.looks.iter().map(|look| item(Role::Control, look)));
    Draft {
        cause: operation.0.clone(),
        operation,
        site: "request".to_owned(),
        claim: format!("after {} the target was gone: {}", death.last_request(), death.manner()),
        severity: None,
        clauses,
        exchanges,
        observation: false,
        access: None,
    }
}
