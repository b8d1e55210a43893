//! Stored scans, findings and the catalogue as resources. Hosts whose models cannot read resources lose nothing: the
//! tools give the same.

use rmcp::model::{CacheScope, ErrorData, ReadResourceResult, Resource, ResourceContents, ResourceTemplate};
use serde_json::{Value, json};

use super::answer::{Page, explain_answer, running_answer, scan_answer, so_far_answer};
use super::exit;
use crate::app::{App, AppError, CheckPage, Finished, HistoryRow, Syntax};
use crate::model::{FindingId, ScanId, clean_text};
use crate::report::{self, Format, Report, RuleHelp, Status, TextOptions};

/// The most scans in the listing.
const MAX_SCANS: usize = 100;
/// The most scans whose reports are listed as resources.
const MAX_LISTED: usize = 20;
/// The most characters of a title.
const MAX_TITLE_CHARS: usize = 160;
/// The largest report that is handed out; larger ones are for the command line.
const MAX_REPORT_BYTES: usize = 4 * 1024 * 1024;
/// How long a client may keep what does not change any more: a stored report, a manual page.
const STORED_TTL_MS: u64 = 300_000;

const SCHEME: &str = "routewarden://";
const JSON: &str = "application/json";
const MARKDOWN: &str = "text/markdown";

/// The formats of a report as resources: file name, media type.
const FORMATS: [(&str, &str); 4] =
    [("json", JSON), ("sarif", "application/sarif+json"), ("html", "text/html"), ("md", MARKDOWN)];

/// The listing of scans, and the reports of the latest ones.
pub(super) async fn list(app: &App) -> Vec<Resource> {
    let mut all =
        vec![Resource::new(format!("{SCHEME}scans"), "scans").with_title("Stored scans").with_mime_type(JSON)];
    // A history that cannot be read is reported where it is asked for.
    let rows = app.project_history(MAX_LISTED).await.unwrap_or_default();
    all.extend(rows.iter().take(MAX_LISTED).map(|row| {
        let id = exit::message_text(app, &row.scan_id);
        Resource::new(format!("{SCHEME}scans/{id}/report.md"), format!("report-{id}"))
            .with_title(exit::message_text(app, &title_scan(row)))
            .with_mime_type(MARKDOWN)
    }));

    all
}

/// `http://127.0.0.1:5000: grade C, 2026-11-30 21:04`
fn title_scan(row: &HistoryRow) -> String {
    let outcome = match &row.grade {
        Some(grade) => format!("grade {grade}"),
        None if row.status == "complete" => "no grade".to_owned(),
        None => row.status.clone(),
    };
    // A person tells scans of one day apart by the minute.
    let started: String = row.started_at.chars().take(16).collect();
    clean_text(&format!("{}: {outcome}, {}", row.base_url, started.replace('T', " ")), MAX_TITLE_CHARS)
}

/// What can be asked for by id.
pub(super) fn list_templates() -> Vec<ResourceTemplate> {
    let of = |path: &str, name: &str, title: &str, mime: &str| {
        ResourceTemplate::new(format!("{SCHEME}{path}"), name).with_title(title).with_mime_type(mime)
    };
    let mut all = vec![of("scans/{scan_id}", "scan", "Scan in brief", JSON)];
    all.extend(FORMATS.iter().map(|(format, mime)| {
        of(
            &format!("scans/{{scan_id}}/report.{format}"),
            &format!("report-{format}"),
            &format!("Report as {format}"),
            mime,
        )
    }));

    all.push(of("findings/{finding_id}", "finding", "Finding with its proof", JSON));
    all.push(of("checks/{+check_id}", "check", "Manual page of a check", MARKDOWN));
    all
}

/// One resource.
///
/// # Errors
/// Not found, in the code that the client's version of the protocol has for it; internal errors of the store.
pub(super) async fn read(app: &App, uri: &str) -> Result<ReadResourceResult, ErrorData> {
    let path = uri.strip_prefix(SCHEME).ok_or_else(|| not_found(app, uri, "unknown scheme"))?;
    let mut lasting = path.starts_with("checks/");
    let (mime, text) = match path.split_once('/') {
        None if path == "scans" => (JSON, scan_list_text(app).await.map_err(|error| resource_error(app, uri, &error))?),
        Some(("scans", rest)) => {
            let (mime, text, is_settled) = read_scan(app, uri, rest).await?;
            lasting = is_settled;
            (mime, text)
        }
        Some(("findings", id)) => {
            let explained = app
                .explain_finding(&FindingId::from(id), None)
                .await
                .map_err(|error| resource_error(app, uri, &error))?;
            (JSON, exit::harmless_answer(explain_answer(&explained)).to_string())
        }
        Some(("checks", id)) => {
            let page = app.checks().into_iter().find(|page| page.id == id);
            (MARKDOWN, render_manual(&page.ok_or_else(|| not_found(app, uri, "no such check"))?))
        }
        _ => return Err(not_found(app, uri, "no such resource")),
    };

    let (text, replaced) = app.tripwire(syntax_of(mime), &text);
    if replaced {
        tracing::warn!("a secret was about to leave in a resource; it was replaced");
    }
    // A scan changes while it runs, and the list with every scan.
    Ok(ReadResourceResult::new(vec![ResourceContents::text(text, uri).with_mime_type(mime)])
        .with_ttl_ms(if lasting { STORED_TTL_MS } else { 0 })
        .with_cache_scope(CacheScope::Private))
}

async fn scan_list_text(app: &App) -> Result<String, AppError> {
    let rows = app.project_history(MAX_SCANS).await?;
    Ok(exit::harmless_answer(serde_json::to_value(rows).unwrap_or_default()).to_string())
}

/// A scan in brief or its report: media type, text, and whether it stays as it is.
async fn read_scan(app: &App, uri: &str, rest: &str) -> Result<(&'static str, String, bool), ErrorData> {
    let (id, file) = rest.split_once('/').map_or((rest, None), |(id, file)| (id, Some(file)));
    let format = match file {
        None => None,
        Some(file) => Some(
            FORMATS
                .iter()
                .find(|(format, _)| file.strip_prefix("report.") == Some(format))
                .ok_or_else(|| not_found(app, uri, "reports are report.json, .sarif, .html and .md"))?,
        ),
    };

    let id = ScanId::from(id);
    if format.is_none() {
        if let Some(kept) = app.kept_so_far(&id).await {
            return Ok((JSON, exit::harmless_answer(so_far_answer(kept, Page::First)).to_string(), false));
        }
        // A scan whose history cannot be written has a summary all the same.
        if let Some(handle) = app.running(&id).filter(|handle| handle.done.borrow().is_none()) {
            return Ok((
                JSON,
                exit::harmless_answer(running_answer(&id, &handle.progress.borrow())).to_string(),
                false,
            ));
        }
    }
    let report = app.report(Some(&id)).await.map_err(|error| resource_error(app, uri, &error))?;
    let is_settled = report.scan.status != Status::Running;
    let Some((format, mime)) = format else {
        let finished = Finished { report, recheck: Vec::new() };
        return Ok((JSON, exit::harmless_answer(scan_answer(&finished, Page::First)).to_string(), false));
    };
    let text = render_report(app, format, &report)
        .and_then(|text| exit::harmless_document(&text, mime.ends_with("json")))
        .ok_or_else(|| ErrorData::internal_error(format!("the report cannot be rendered as {format}"), None))?;
    // Measured after rendering: the same report is several times larger in one format than in another.
    if text.len() > MAX_REPORT_BYTES {
        let message = format!(
            "the report has {} bytes, more than a resource may have ({MAX_REPORT_BYTES}); `routewarden report {id} --format {format}` prints it",
            text.len()
        );
        return Err(ErrorData::internal_error(exit::message_text(app, &message), None));
    }

    Ok((mime, text, is_settled))
}

fn syntax_of(mime: &str) -> Syntax {
    match mime {
        MARKDOWN => Syntax::Markdown,
        "text/html" => Syntax::Markup,
        _ => Syntax::Json,
    }
}

/// A report in one of the formats of [`FORMATS`]; `None` for a format that is not there, and for what cannot be written.
fn render_report(app: &App, format: &str, report: &Report) -> Option<String> {
    let format: Format = format.parse().ok()?;
    let rules: Vec<RuleHelp> = app.checks().into_iter().map(build_rule_help).collect();
    let mut bytes = Vec::new();
    report::write_report(format, report, &rules, TextOptions::default(), &mut bytes).ok()?;

    String::from_utf8(bytes).ok()
}

fn build_rule_help(page: CheckPage) -> RuleHelp {
    let CheckPage { id, title, severity, owasp, cwe, manual, .. } = page;
    RuleHelp { id, title, severity, help_markdown: manual, owasp, cwe }
}

fn render_manual(page: &CheckPage) -> String {
    let cwe: Vec<String> = page.cwe.iter().map(|number| format!("CWE-{number}")).collect();
    format!(
        "# {}\n\n`{}` · {} · {} · {} · {} mode\n\n{}\n",
        page.title,
        page.id,
        page.severity,
        page.owasp.join(", "),
        cwe.join(", "),
        page.level.as_str(),
        page.manual.trim()
    )
}

fn resource_error(app: &App, uri: &str, error: &AppError) -> ErrorData {
    match error {
        AppError::Unknown(message) | AppError::Usage(message) => not_found(app, uri, message),
        other => ErrorData::internal_error(exit::message_text(app, &other.to_string()), None),
    }
}

fn not_found(app: &App, uri: &str, why: &str) -> ErrorData {
    let uri: Value = exit::message_text(app, &uri.chars().take(300).collect::<String>()).into();
    ErrorData::resource_not_found(
        exit::message_text(app, &format!("no such resource: {why}")),
        Some(json!({ "uri": uri })),
    )
}
