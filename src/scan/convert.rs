//! From the engine's types to the report's: redacted, cleaned, capped.

use std::time::Instant;

use super::run::ScanInput;
use super::trust::Trust;
use super::{collect, operation_ref};
use crate::checks::Meta;
use crate::model::{
    DocumentIssue, Draft, Effect, EvidenceItem, Exchange, FindingId, OperationId, Outcome, Role, clean_text,
};
use crate::report::{
    ClauseInfo, CodeRef, CoverageRow, ExchangeInfo, Finding, FindingStatus, IdentityInfo, Issue, NextStep, PolicyRow,
    Question, Rebuild, Report, RequestInfo, ResponseInfo, SCHEMA_VERSION, ScanInfo, SpecRef, Status, Tool, Withheld,
    compute_score,
};
use crate::survey::Survey;

/// Longest body in a report, in characters.
const MAX_BODY: usize = 4_000;
/// Most exchanges of one finding.
const MAX_EXCHANGES: usize = 8;
/// Most document issues in a report.
const MAX_ISSUES: usize = 200;

/// What the report is put together from.
#[derive(Debug)]
pub(super) struct ReportParts {
    pub(super) findings: Vec<Finding>,
    pub(super) coverage: Vec<CoverageRow>,
    pub(super) next_steps: Vec<NextStep>,
    pub(super) policy: Vec<crate::access::ResourcePolicy>,
    pub(super) questions: Vec<crate::access::PolicyQuestion>,
    pub(super) trust: Trust,
    pub(super) rebuild: Option<Rebuild>,
    pub(super) started: Instant,
}

/// The whole report.
pub(super) fn build_report(input: &ScanInput<'_>, survey: &Survey, parts: ReportParts) -> Report {
    let mut score = compute_score(&parts.findings, &parts.coverage);
    // Where a scan broke off or cannot be trusted, silence is no merit that a grade could count.
    if parts.trust.status != Status::Complete {
        score.value = None;
        score.grade = None;
        score.withheld = Some(Withheld::NoTrust);
        let because = parts.trust.untrusted_because.as_ref().map(|because| match &parts.trust.step {
            Some(step) => format!("{because}; {step}"),
            None => because.clone(),
        });
        score.withheld_because = Some(because.unwrap_or_else(|| "the scan did not run to its end".to_owned()));
    }

    Report {
        schema_version: SCHEMA_VERSION,
        tool: Tool { name: "routewarden".to_owned(), version: env!("CARGO_PKG_VERSION").to_owned() },
        scan: ScanInfo {
            id: input.id.clone(),
            started_at: input.started_at.to_string(),
            duration_ms: u64::try_from(parts.started.elapsed().as_millis()).unwrap_or(u64::MAX),
            mode: input.mode,
            base_url: input.probe.base_url().to_string().trim_end_matches('/').to_owned(),
            document: clean_text(&input.probe.redactor().url(&input.api.document), 500),
            config: input.config.clone(),
            source: None,
            recheck_of: None,
            identities: identity_infos(survey),
            requests: input.probe.sent(),
            status: parts.trust.status,
            untrusted_because: parts.trust.untrusted_because,
            untrusted_step: parts.trust.step,
        },
        policy: parts.policy.into_iter().map(policy_row).collect(),
        questions: parts.questions.into_iter().map(question_row).collect(),
        harm: Vec::new(),
        ownership: None,
        score,
        findings: parts.findings,
        coverage: parts.coverage,
        reach: None,
        document_issues: report_issues(&input.api.issues),
        writes: Vec::new(),
        plan: Vec::new(),
        next_steps: parts.next_steps,
        rebuild: parts.rebuild,
        notes: report_notes(input, survey),
    }
}

fn policy_row(row: crate::access::ResourcePolicy) -> PolicyRow {
    PolicyRow {
        resource: row.resource,
        fields: row.fields,
        policy: row.level.to_string(),
        rests_on: row.rests_on.iter().map(|text| clean_text(text, 300)).collect(),
        broken_by: row.broken_by.iter().map(|id| clean_text(id.as_str(), 300)).collect(),
    }
}

fn question_row(question: crate::access::PolicyQuestion) -> Question {
    Question { about: question.about, question: question.question, answer_with: question.answer_with }
}

/// Issues of the document, capped.
pub fn report_issues(all: &[DocumentIssue]) -> Vec<Issue> {
    all.iter()
        .take(MAX_ISSUES)
        .map(|issue| Issue {
            at: clean_text(&issue.at, 300),
            line: issue.line,
            message: clean_text(&issue.message, 300),
        })
        .collect()
}

pub(super) fn identity_infos(survey: &Survey) -> Vec<IdentityInfo> {
    let info = |person: &crate::survey::Person| IdentityInfo {
        name: person.name.clone(),
        role: person.role.clone(),
        signed_in: person.signed_in,
    };
    survey.people.all.iter().map(info).collect()
}

fn report_notes(input: &ScanInput<'_>, survey: &Survey) -> Vec<String> {
    let mut notes = input.notes.clone();
    notes.extend(input.probe.notes());
    let changes = |effect: &Effect| matches!(effect, Effect::Writes | Effect::Deletes);
    let changing = input.api.operations.iter().filter(|operation| changes(&operation.effect)).count();

    if changing > 0 && input.act.is_none() {
        let which = if changing == 1 {
            "1 operation that changes state was"
        } else {
            &format!("{changing} operations that change state were")
        };
        notes.push(format!("{which} not asked: the scan is passive (active mode writes to objects of its own alone)"));
    }

    if survey.objects.left_out > 0 {
        notes.push(format!(
            "{} objects beyond the caps (400 a resource, 20000 in all) were not looked at",
            survey.objects.left_out
        ));
    }

    if input.api.issues.len() > MAX_ISSUES {
        notes.push(format!("{} more document issues are not listed", input.api.issues.len() - MAX_ISSUES));
    }
    if let Some(error) = &survey.stopped_by {
        notes.push(format!("some operations were not asked: {error}"));
    }
    notes
}

/// One finding for the report.
pub(super) fn finding_from_draft(
    input: &ScanInput<'_>,
    meta: &Meta,
    id: FindingId,
    draft: &Draft,
    also: &[&OperationId],
) -> Finding {
    let operation = input.api.operations.iter().find(|operation| operation.id == draft.operation);
    let redact = |text: &str, max: usize| input.probe.redactor().line(text, max);
    let attack = draft.exchanges.iter().find(|item| item.role == Role::Attack);
    Finding {
        id: id.0,
        check: meta.id.to_owned(),
        title: meta.title.to_owned(),
        severity: collect::effective_severity(meta, draft),
        confidence: draft.confidence(),
        operation: operation_ref(&draft.operation),
        also: also.iter().map(|id| operation_ref(id)).collect(),
        site: redact(&draft.site, 200),
        owasp: meta.owasp.iter().map(|entry| (*entry).to_owned()).collect(),
        cwe: meta.cwe.to_vec(),
        claim: redact(&draft.claim, 300),
        clauses: clause_infos(draft, &redact),
        exchanges: draft.exchanges.iter().take(MAX_EXCHANGES).map(exchange_info).collect(),
        replay: attack.map(|item| clean_text(&item.exchange.replay, 2_000)).unwrap_or_default(),
        spec: operation.filter(|operation| operation.is_documented()).map(|operation| SpecRef {
            file: clean_text(&input.probe.redactor().url(&input.api.document), 500),
            // An operation on line 1 stands in a document of one line: no place to look at.
            line: operation.spec.line.filter(|line| *line > 1),
        }),
        code: operation.and_then(|operation| operation.handler.place()).map(CodeRef::from),
        remedy: meta.remedy.to_owned(),
        first_seen: input.started_at.to_string(),
        status: FindingStatus::New,
        suppressed: None,
    }
}

fn clause_infos(draft: &Draft, redact: &dyn Fn(&str, usize) -> String) -> Vec<ClauseInfo> {
    let info = |clause: &crate::model::Clause| ClauseInfo {
        name: clause.name.to_owned(),
        holds: clause.holds,
        because: redact(&clause.because, 400),
    };
    draft.clauses.iter().map(info).collect()
}

fn exchange_info(item: &EvidenceItem) -> ExchangeInfo {
    let Exchange { identity, request, outcome, .. } = &*item.exchange;
    let headers = |all: &[(String, String)]| {
        all.iter().map(|(name, value)| (clean_text(name, 100), clean_text(value, 500))).collect()
    };
    let (response, fault) = match outcome {
        Outcome::Response(response) => (
            Some(ResponseInfo {
                status: response.status,
                headers: headers(&response.headers),
                body: clean_body(&response.body),
                truncated: response.truncated,
            }),
            None,
        ),
        Outcome::Timeout => (None, Some("no answer in time".to_owned())),
        Outcome::Unreachable(text) | Outcome::Broken(text) => (None, Some(clean_text(text, 300))),
    };

    ExchangeInfo {
        role: item.role,
        identity: identity.clone(),
        request: RequestInfo {
            method: request.method.clone(),
            url: clean_text(&request.url, 1_000),
            headers: headers(&request.headers),
            body: request.body.as_deref().map(clean_body),
        },
        response,
        fault,
    }
}

/// A body: every line cleaned, the whole capped.
fn clean_body(text: &str) -> String {
    let capped: String = text.chars().take(MAX_BODY).collect();
    let cut = if capped.len() < text.len() { "…" } else { "" };
    let lines: Vec<String> = capped.lines().map(|line| clean_text(line, MAX_BODY)).collect();
    format!("{}{cut}", lines.join("\n"))
}
