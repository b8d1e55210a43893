//! `scan_api`: starts a scan, or waits for, reports on and pages one that was started before.

use std::sync::Arc;

use super::refused::CallRefused;
use super::{CallOutcome, ToolCall};
use crate::app::{Finished, Overrides, ScanHandle, ScanRequest};
use crate::mcp::answer::{Page, running_answer, scan_answer};
use crate::mcp::wire::ScanArguments;
use crate::model::{FindingId, ScanId};

/// Scans that may run at one time; each has its own pace, and targets are somebody's laptop.
const MAX_SCANS: usize = 4;

/// Seconds that a scan may take where nothing says otherwise.
const USUAL_MAX_SECONDS: u64 = 900;

pub(super) async fn answer_call(call: ToolCall<'_>) -> CallOutcome {
    let arguments: ScanArguments = call.arguments()?;
    let page = Page::read(arguments.cursor.as_deref())?;

    match &arguments.scan_id {
        None if arguments.cursor.is_some() => Err(CallRefused::CursorWithoutScan),
        // Beside `recheck`, the id names the scan that the findings are from, and continues nothing.
        Some(id) if arguments.recheck.is_empty() => {
            continues_only(&arguments)?;
            resume_scan(&call, ScanId(id.clone()), page).await
        }
        _ => start_scan(&call, arguments).await,
    }
}

/// With `scan_id` nothing about the scan can be changed any more.
fn continues_only(arguments: &ScanArguments) -> Result<(), CallRefused> {
    let given = [
        ("target", arguments.target.is_some()),
        ("config", arguments.config.is_some()),
        ("mode", arguments.mode.is_some()),
        ("checks", !arguments.checks.is_empty()),
        ("operations", !arguments.operations.is_empty()),
        ("identities", !arguments.identities.is_empty()),
        ("source", arguments.source.is_some()),
        ("auto_accounts", arguments.auto_accounts.is_some()),
        ("llm_prompts", !arguments.llm_prompts.is_empty()),
        ("max_seconds", arguments.max_seconds.is_some()),
        ("dry_run", arguments.dry_run),
    ];

    match given.iter().find(|(_, given)| *given) {
        Some((name, _)) => Err(CallRefused::ContinuesOnly(name)),
        None => Ok(()),
    }
}

async fn start_scan(call: &ToolCall<'_>, arguments: ScanArguments) -> CallOutcome {
    room_for_one_more(call)?;
    let started = tokio::select! {
        started = call.app().start(build_request(call, arguments)) => started?,
        () = call.abandoned() => return Err(CallRefused::CancelledBeforeScan),
    };
    // Remembered before the wait: a call that is abandoned later leaves a scan that still counts.
    call.shared.calls().scans.push(started.clone());
    wait_for_scan(call, started, Page::First).await
}

fn room_for_one_more(call: &ToolCall<'_>) -> Result<(), CallRefused> {
    let mut calls = call.shared.calls();
    calls.scans.retain(|scan| scan.done.borrow().is_none());

    if calls.scans.len() < MAX_SCANS {
        return Ok(());
    }
    let ids = calls.scans.iter().map(|scan| scan.id.as_str().to_owned()).collect();
    Err(CallRefused::TooManyScans { most: MAX_SCANS, ids })
}

fn build_request(call: &ToolCall<'_>, arguments: ScanArguments) -> ScanRequest {
    ScanRequest {
        target: arguments.target,
        config: call.config(arguments.config),
        overrides: Overrides {
            mode: call.mode.or(arguments.mode),
            without_undo: call.shared.only_reads(),
            checks: arguments.checks,
            operations: arguments.operations,
            identities: arguments.identities,
            source: arguments.source.map(Into::into),
            auto_accounts: arguments.auto_accounts,
            llm_prompts: arguments.llm_prompts,
            max_seconds: arguments.max_seconds,
            usual_max_seconds: Some(USUAL_MAX_SECONDS),
            ..Overrides::default()
        },
        dry_run: arguments.dry_run,
        recheck: arguments.recheck.into_iter().map(FindingId).collect(),
        recheck_scan: arguments.scan_id.map(ScanId),
    }
}

async fn resume_scan(call: &ToolCall<'_>, id: ScanId, page: Page) -> CallOutcome {
    // A scan of this process has its rows of a recheck, which the history does not keep.
    if let Some(handle) = call.app().running(&id) {
        return wait_for_scan(call, handle, page).await;
    }
    let report = call.app().report(Some(&id)).await?;
    Ok(scan_answer(&Finished { report, recheck: Vec::new() }, page))
}

/// Waits as long as the client does. A scan that takes longer goes on; cancelling the call stops it.
async fn wait_for_scan(call: &ToolCall<'_>, mut handle: ScanHandle, page: Page) -> CallOutcome {
    let (id, seen, cancel) = (handle.id.clone(), handle.progress.clone(), handle.cancel.clone());
    match call.wait(handle.finished(), seen.clone(), &cancel).await? {
        Some(finished) => {
            let finished: Arc<Finished> =
                finished.map_err(|error| CallRefused::ScanFailed { error, scan: id.clone() })?;
            Ok(scan_answer(&finished, page))
        }
        None => Ok(running_answer(&id, &seen.borrow())),
    }
}
