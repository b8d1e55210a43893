//! Findings of the source alone: nothing was asked, so nothing is proven and there are no exchanges.

use std::collections::BTreeSet;

use super::{finding_fingerprint, operation_ref};
use crate::checks::{Check, Meta, SourceCx, SourceDraft};
use crate::detect::Redactor;
use crate::model::{Clause, clean_text};
use crate::report::{ClauseInfo, CodeRef, Finding, FindingStatus, SpecRef};

/// Most findings of the source in one report.
const MOST_FINDINGS: usize = 200;

/// What the source is read for.
#[derive(Debug, Clone, Copy)]
pub struct ReadInput<'a> {
    /// The operations, and what the code shows of them.
    pub cx: SourceCx<'a>,
    /// The chosen checks.
    pub checks: &'a [&'static dyn Check],
    /// What keeps secrets out of the report.
    pub redactor: &'a Redactor,
    /// When the reading began.
    pub started_at: jiff::Timestamp,
}

/// Returns what the checks of the source find, the worst first; of one cause, the first.
pub fn read_findings(input: &ReadInput<'_>) -> Vec<Finding> {
    let mut found: Vec<Finding> = Vec::new();
    let mut causes = BTreeSet::new();

    for check in input.checks {
        for read in check.read_source(input.cx) {
            let finding = finding_from_source(input, check.meta(), &read);
            if causes.insert(finding.id.clone()) {
                found.push(finding);
            }
        }
    }

    found.sort_by(|a, b| {
        let place = |finding: &Finding| (finding.operation.path.clone(), finding.operation.method);
        b.severity.cmp(&a.severity).then_with(|| place(a).cmp(&place(b)))
    });
    found.truncate(MOST_FINDINGS);
    found
}

fn finding_from_source(input: &ReadInput<'_>, meta: &Meta, read: &SourceDraft) -> Finding {
    let draft = &read.draft;
    let redact = |text: &str, max: usize| input.redactor.line(text, max);
    let clause = |clause: &Clause| ClauseInfo {
        name: clause.name.to_owned(),
        holds: clause.holds,
        because: redact(&clause.because, 400),
    };
    let operation = input.cx.api.operations.iter().find(|operation| operation.id == draft.operation);
    Finding {
        id: finding_fingerprint(&input.cx.api.title, meta.id, &draft.cause).0,
        check: meta.id.to_owned(),
        title: meta.title.to_owned(),
        severity: draft.severity.unwrap_or(meta.severity),
        confidence: draft.confidence(),
        operation: operation_ref(&draft.operation),
        also: Vec::new(),
        site: redact(&draft.site, 200),
        owasp: meta.owasp.iter().map(|entry| (*entry).to_owned()).collect(),
        cwe: meta.cwe.to_vec(),
        claim: redact(&draft.claim, 300),
        clauses: draft.clauses.iter().map(clause).collect(),
        exchanges: Vec::new(),
        replay: String::new(),
        spec: operation.filter(|operation| operation.is_documented()).map(|operation| SpecRef {
            file: clean_text(&input.redactor.url(&input.cx.api.document), 500),
            line: operation.spec.line.filter(|line| *line > 1),
        }),
        code: Some(CodeRef::from(&read.place)),
        remedy: meta.remedy.to_owned(),
        first_seen: input.started_at.to_string(),
        status: FindingStatus::New,
        suppressed: None,
    }
}
