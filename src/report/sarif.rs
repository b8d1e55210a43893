//! The report as SARIF 2.1.0 (OASIS standard), for code scanning.

use std::io::{self, Write};

use percent_encoding::{AsciiSet, NON_ALPHANUMERIC, utf8_percent_encode};
use serde::{Serialize, Serializer};
use serde_json::{Value, json};

use super::cleaned::clean_report;
use super::format::in_memory;
use super::rule::RuleHelp;
use super::summary::{scan_warning, tally_outcomes, worst_first};
use super::wire::{ExchangeInfo, Finding, FindingStatus, Report, Status};
use super::words::{describe_harm, format_operation, source_places};
use crate::model::{Confidence, Role, Severity};

/// What a URI path holds unencoded (RFC 3986 §3.3), slashes included.
const PATH: &AsciiSet = &NON_ALPHANUMERIC.remove(b'-').remove(b'.').remove(b'_').remove(b'~').remove(b'/');

/// Writes the report as a SARIF log with one run. Checks that `rules` does not describe get what their findings say.
///
/// # Errors
/// When the writer takes no more.
pub fn write(report: &Report, rules: &[RuleHelp], out: &mut dyn Write) -> io::Result<()> {
    serde_json::to_writer_pretty(&mut *out, &Log::new(&clean_report(report), rules))?;
    out.write_all(b"\n")
}

/// The log as one text; empty, and so no log to any reader, where it cannot be written.
pub fn render(report: &Report, rules: &[RuleHelp]) -> String {
    in_memory(|out| write(report, rules, out))
}

/// The log: results are made one by one as they are written.
#[derive(Serialize)]
struct Log<'a> {
    #[serde(rename = "$schema")]
    schema: &'static str,
    version: &'static str,
    runs: [Run<'a>; 1],
}

/// The one run of a log.
#[derive(Serialize)]
#[serde(rename_all = "camelCase")]
struct Run<'a> {
    tool: Value,
    automation_details: Value,
    column_kind: &'static str,
    invocations: [Value; 1],
    results: Results<'a>,
    properties: Value,
}

/// The findings of a run, worst first.
struct Results<'a> {
    report: &'a Report,
    findings: Vec<&'a Finding>,
    checks: Vec<&'a str>,
}

impl Serialize for Results<'_> {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        serializer.collect_seq(self.findings.iter().map(|finding| build_result(self.report, finding, &self.checks)))
    }
}

impl<'a> Log<'a> {
    fn new(report: &'a Report, rules: &[RuleHelp]) -> Self {
        let findings = worst_first(&report.findings);
        let mut checks: Vec<&str> = findings.iter().map(|finding| finding.check.as_str()).collect();
        checks.sort_unstable();
        checks.dedup();
        let described: Vec<Value> = checks.iter().map(|check| build_rule(check, rules, &findings)).collect();
        let run = Run {
            tool: json!({ "driver": {
                "name": report.tool.name,
                "version": report.tool.version,
                "rules": described,
            }}),
            // One category for all scans: code scanning closes the alerts that a later upload lacks.
            automation_details: json!({ "id": "routewarden/" }),
            column_kind: "unicodeCodePoints",
            invocations: [build_invocation(report)],
            properties: json!({
                "scan": report.scan.id,
                "baseUrl": report.scan.base_url,
                "grade": report.score.grade,
                "withheldBecause": report.score.withheld_because,
                "coverage": report.score.coverage,
                "outcomes": outcome_counts(report),
                "policy": report.policy,
                "questions": report.questions,
            }),
            results: Results { report, findings, checks },
        };

        Self {
            schema: "https://docs.oasis-open.org/sarif/sarif/v2.1.0/errata01/os/schemas/sarif-schema-2.1.0.json",
            version: "2.1.0",
            runs: [run],
        }
    }
}

/// Pairs of check and operation by what came of them; `tested` is broken and held together.
fn outcome_counts(report: &Report) -> Value {
    let counts = tally_outcomes(&report.coverage);
    json!({
        "broken": counts.broken,
        "held": counts.held,
        "undecided": counts.undecided,
        "notTried": counts.not_tried,
        "notApplicable": counts.not_applicable,
        "tested": counts.tested(),
    })
}

fn build_rule(check: &str, rules: &[RuleHelp], findings: &[&Finding]) -> Value {
    let help = rules.iter().find(|rule| rule.id == check);
    // A report may be older than the checks of this program: its findings then describe the rule.
    let first = findings.iter().find(|finding| finding.check == check);
    let title = help.map(|rule| rule.title.as_str()).or(first.map(|finding| finding.title.as_str())).unwrap_or(check);
    let severity = help.map(|rule| rule.severity).or(first.map(|finding| finding.severity)).unwrap_or(Severity::Info);
    let owasp = help.map(|rule| &rule.owasp).or(first.map(|finding| &finding.owasp));
    let cwe = help.map(|rule| &rule.cwe).or(first.map(|finding| &finding.cwe));
    let mut tags = vec!["security".to_owned()];
    tags.extend(owasp.into_iter().flatten().cloned());
    tags.extend(cwe.into_iter().flatten().map(|number| format!("external/cwe/cwe-{number:03}")));
    let mut rule = json!({
        "id": check,
        "name": check,
        "shortDescription": { "text": break_links(title) },
        "defaultConfiguration": { "level": sarif_level(severity, Confidence::Confirmed) },
        "properties": { "tags": tags, "security-severity": security_severity(severity) },
    });

    if let (Some(help), Some(fields)) = (help, rule.as_object_mut()) {
        fields.insert("help".to_owned(), json!({ "text": help.help_markdown, "markdown": help.help_markdown }));
    }
    rule
}

fn build_result(report: &Report, finding: &Finding, checks: &[&str]) -> Value {
    let mut result = json!({
        "ruleId": finding.check,
        "ruleIndex": checks.binary_search(&finding.check.as_str()).unwrap_or_default(),
        "level": sarif_level(finding.severity, finding.confidence),
        "message": { "text": break_links(&format!("{}: {}", finding.title, finding.claim)) },
        "locations": [build_location(report, finding)],
        // By the id of the finding an alert stays the same when its line moves.
        "partialFingerprints": { "routewardenFindingId/v1": finding.id },
        "baselineState": baseline_state(finding.status),
        "properties": {
            "id": finding.id,
            "confidence": finding.confidence,
            "severity": finding.severity,
            "site": finding.site,
            "operation": format_operation(&finding.operation),
            "also": finding.also.iter().map(format_operation).collect::<Vec<_>>(),
            "replay": finding.replay,
            "remedy": finding.remedy,
            "firstSeen": finding.first_seen,
            "places": source_places(finding),
        },
    });

    let Some(fields) = result.as_object_mut() else { return result };
    if let Some(reason) = &finding.suppressed {
        fields.insert("suppressions".to_owned(), json!([{ "kind": "external", "justification": break_links(reason) }]));
    }
    if let Some(attack) = finding.exchanges.iter().find(|exchange| exchange.role == Role::Attack) {
        fields.insert("webRequest".to_owned(), build_request(attack));
        fields.insert("webResponse".to_owned(), build_response(attack));
    }
    result
}

/// The handler where it is known, else the operation in the document, else the document.
fn build_location(report: &Report, finding: &Finding) -> Value {
    let (file, line) = match (&finding.code, &finding.spec) {
        (Some(code), _) => (&code.file, Some(code.line)),
        (None, Some(spec)) => (&spec.file, spec.line),
        (None, None) => (&report.scan.document, None),
    };
    json!({
        "physicalLocation": {
            "artifactLocation": { "uri": uri_reference(file) },
            // Viewers that show code want a line, and SARIF lines begin with 1.
            "region": { "startLine": line.unwrap_or(1).max(1) },
        },
        "logicalLocations": [{ "fullyQualifiedName": format_operation(&finding.operation) }],
    })
}

fn build_invocation(report: &Report) -> Value {
    let mut invocation = json!({ "executionSuccessful": report.scan.status == Status::Complete });
    let Some(fields) = invocation.as_object_mut() else { return invocation };

    // SARIF demands a date; a report that was read from a file may hold any text.
    if let Ok(started) = report.scan.started_at.parse::<jiff::Timestamp>() {
        fields.insert("startTimeUtc".to_owned(), json!(started.to_string()));
    }
    let mut notifications = Vec::new();

    if let Some((headline, text)) = scan_warning(report) {
        let level = if report.scan.status.is_alarm() { "error" } else { "warning" };
        notifications
            .push(json!({ "level": level, "message": { "text": break_links(&format!("{headline}: {text}")) } }));
    }
    notifications.extend(
        report
            .harm
            .iter()
            .map(|row| json!({ "level": "error", "message": { "text": break_links(&describe_harm(row)) } })),
    );
    notifications
        .extend(report.notes.iter().map(|note| json!({ "level": "note", "message": { "text": break_links(note) } })));
    fields.insert("toolExecutionNotifications".to_owned(), Value::Array(notifications));

    invocation
}

fn build_request(exchange: &ExchangeInfo) -> Value {
    let request = &exchange.request;
    let mut value = json!({ "method": request.method, "target": request.url, "headers": request.headers });

    if let (Some(body), Some(fields)) = (&request.body, value.as_object_mut()) {
        fields.insert("body".to_owned(), json!({ "text": body }));
    }
    value
}

fn build_response(exchange: &ExchangeInfo) -> Value {
    match &exchange.response {
        Some(response) => json!({
            "statusCode": response.status,
            "headers": response.headers,
            "body": { "text": response.body },
        }),
        None => json!({ "noResponseReceived": true }),
    }
}

/// A suspicion is one level lower than the same weakness proved.
fn sarif_level(severity: Severity, confidence: Confidence) -> &'static str {
    match (severity, confidence) {
        (Severity::Critical | Severity::High, Confidence::Confirmed) => "error",
        (Severity::Critical | Severity::High, Confidence::Suspected) | (Severity::Medium, Confidence::Confirmed) => {
            "warning"
        }
        _ => "note",
    }
}

/// The middle of the CVSS band of the same name, as code scanning sorts by it.
fn security_severity(severity: Severity) -> &'static str {
    match severity {
        Severity::Critical => "9.5",
        Severity::High => "8.0",
        Severity::Medium => "5.5",
        Severity::Low => "2.0",
        Severity::Info => "0.1",
    }
}

fn baseline_state(status: FindingStatus) -> &'static str {
    match status {
        FindingStatus::New => "new",
        FindingStatus::Known => "unchanged",
        FindingStatus::Fixed => "absent",
    }
}

/// A link or a relative path as a URI reference; code scanning takes paths relative to the repository.
fn uri_reference(file: &str) -> String {
    // `C:\api.yaml` parses as an address of the scheme `c`.
    if let Ok(url) = url::Url::parse(file)
        && matches!(url.scheme(), "http" | "https" | "file")
    {
        return url.to_string();
    }
    let path = file.replace('\\', "/");
    let encoded = utf8_percent_encode(path.trim_start_matches("./"), PATH).to_string();
    if encoded.starts_with('/') { format!("file://{encoded}") } else { encoded }
}

/// Text of a message: `[text](target)` would be a link to SARIF viewers.
fn break_links(text: &str) -> String {
    text.replace("](", "] (")
}
