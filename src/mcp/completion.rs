//! Completion of what a person types into a prompt or a resource's address: ids and routes of stored scans, and checks.

use rmcp::model::{ArgumentInfo, CompleteRequestParams, CompletionInfo, Reference};

use super::{exit, prompts, resources};
use crate::app::App;
use crate::model::{ScanId, clean_name};
use crate::report::Report;

/// The most scans that are looked through.
const MAX_SCANS: usize = 100;
/// The most reports that are opened: a person waits at each letter.
const MAX_REPORTS: usize = 5;
/// The most characters of one proposal; a longer one is no name.
const MAX_CHARS: usize = 300;

/// Returns what the argument may be, the nearest first. For a prompt or a template that is not there nothing is proposed:
/// clients ask while a person types, and an error would be shown at each letter.
pub(super) async fn complete(app: &App, request: &CompleteRequestParams) -> CompletionInfo {
    let is_known = match &request.r#ref {
        Reference::Prompt(prompt) => prompts::list().iter().any(|known| known.name == prompt.name),
        Reference::Resource(template) => {
            resources::list_templates().iter().any(|known| known.uri_template == template.uri)
        }
        _ => false,
    };
    if !is_known {
        return CompletionInfo::default();
    }

    let known = find_values(app, &request.argument.name).await;
    // Routes come from the target: text of somebody else's.
    let known = known.into_iter().map(|value| exit::message_text(app, &clean_name(&value, MAX_CHARS))).collect();
    choose_nearest(known, &request.argument)
}

/// All that an argument of this name could be. A history that cannot be read proposes nothing; whoever needs it is told.
async fn find_values(app: &App, argument: &str) -> Vec<String> {
    match argument {
        "check_id" => app.checks().into_iter().map(|page| page.id).collect(),
        "scan_id" => {
            let rows = app.project_history(MAX_SCANS).await.unwrap_or_default();
            rows.into_iter().map(|row| row.scan_id).collect()
        }
        "target" => {
            let rows = app.project_history(MAX_SCANS).await.unwrap_or_default();
            rows.into_iter().flat_map(|row| [row.document, row.base_url]).collect()
        }
        "finding_id" => {
            find_in_reports(app, |report| report.findings.iter().map(|finding| finding.id.clone()).collect()).await
        }
        "route" => {
            find_in_reports(app, |report| report.coverage.iter().map(|row| row.operation.id().0).collect()).await
        }
        _ => Vec::new(),
    }
}

/// What the latest scan that has any of it has: a question on one route, or a plan, is stored too and has little.
async fn find_in_reports(app: &App, values: impl Fn(&Report) -> Vec<String>) -> Vec<String> {
    for row in app.project_history(MAX_REPORTS).await.unwrap_or_default() {
        let Ok(report) = app.report(Some(&ScanId(row.scan_id))).await else { continue };
        let found = values(&report);
        if !found.is_empty() {
            return found;
        }
    }
    Vec::new()
}

/// What begins with the text comes before what only has it in it.
fn choose_nearest(known: Vec<String>, argument: &ArgumentInfo) -> CompletionInfo {
    let typed = argument.value.to_lowercase();
    let mut seen = std::collections::HashSet::new();
    let mut fitting: Vec<String> = known
        .into_iter()
        .filter(|value| !value.is_empty() && value.to_lowercase().contains(&typed) && seen.insert(value.clone()))
        .collect();
    // Stable, so that the newest scan stays first.
    fitting.sort_by_key(|value| !value.to_lowercase().starts_with(&typed));

    let total = u32::try_from(fitting.len()).unwrap_or(u32::MAX);
    let has_more = fitting.len() > CompletionInfo::MAX_VALUES;
    fitting.truncate(CompletionInfo::MAX_VALUES);
    CompletionInfo::with_pagination(fitting, Some(total), has_more).unwrap_or_default()
}
