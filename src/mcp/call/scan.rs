//! `scan_api`: starts a scan, or waits for, reports on and pages one that was started before.

use std::sync::Arc;

use tokio::sync::watch;
use tokio_util::sync::CancellationToken;

use super::refused::CallRefused;
use super::waiting::{Waiters, Waiting};
use super::{CallOutcome, StartedScan, ToolCall};
use crate::app::{Finished, Overrides, Progress, ScanHandle, ScanRequest};
use crate::mcp::answer::{Page, running_answer, scan_answer, so_far_answer};
use crate::mcp::server::ServerShared;
use crate::mcp::wire::ScanArguments;
use crate::model::{FindingId, ScanId};
use crate::report::Status;

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
    let place = reserve_place(call)?;
    let started = tokio::select! {
        started = call.app().start(build_request(call, arguments)) => started?,
        () = call.abandoned() => return Err(CallRefused::CancelledBeforeScan),
    };
    // Remembered before the wait: a call that is abandoned later leaves a scan that still counts.
    let waiting = place.fill(started.clone());
    wait_for_scan(call, started, (waiting, Page::First)).await
}

/// A place among the scans that may run at one time, given back when it is dropped.
struct ScanPlace<'a> {
    shared: &'a ServerShared,
}

impl ScanPlace<'_> {
    /// The scan takes the place until it ends.
    fn fill(self, handle: ScanHandle) -> Waiting {
        let waiters = Waiters::default();
        let waiting = waiters.join_as_starter();
        // Before the place goes: in between, one scan more than allowed could start.
        self.shared.calls().scans.push(StartedScan { handle, waiters });
        waiting
    }
}

impl Drop for ScanPlace<'_> {
    fn drop(&mut self) {
        let mut calls = self.shared.calls();
        calls.starting = calls.starting.saturating_sub(1);
    }
}

/// Takes a place before anything is prepared: many calls at one time must not all find room.
fn reserve_place<'a>(call: &ToolCall<'a>) -> Result<ScanPlace<'a>, CallRefused> {
    let mut calls = call.shared.calls();
    calls.scans.retain(|scan| scan.handle.done.borrow().is_none());

    if calls.scans.len() + calls.starting < MAX_SCANS {
        calls.starting += 1;
        return Ok(ScanPlace { shared: call.shared });
    }
    let ids = calls.scans.iter().map(|scan| scan.handle.id.as_str().to_owned()).collect();
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
    // A later page is there or it is not: nobody who pages wants to wait for the end.
    if page != Page::First
        && let Some(kept) = call.quick(async { Ok(call.app().so_far(&id).await) }).await?
    {
        return Ok(so_far_answer(kept, page));
    }
    // A scan of this process has its rows of a recheck, which the history does not keep.
    if let Some(handle) = call.app().running(&id) {
        let waiting = join_waiters(call, &id);
        return wait_for_scan(call, handle, (waiting, page)).await;
    }
    follow_scan(call, &id, page).await
}

/// Joins those who wait for a scan. One that nobody here started is waited for alone.
fn join_waiters(call: &ToolCall<'_>, id: &ScanId) -> Waiting {
    let calls = call.shared.calls();
    let started = calls.scans.iter().find(|scan| scan.handle.id == *id);
    started.map(|scan| scan.waiters.clone()).unwrap_or_default().join()
}

/// Waits for a scan that another process runs, or reads one that has ended. Cancelling the call stops nothing but the
/// waiting: the scan is its starter's.
async fn follow_scan(call: &ToolCall<'_>, id: &ScanId, page: Page) -> CallOutcome {
    let (tell, seen) = watch::channel(Progress::default());
    let nothing = CancellationToken::new();
    let waiting = Waiters::default().join();

    // Looked at before the wait: what has ended is told however short a call may take, and what is not there is named.
    let stored = call.quick(call.app().report(Some(id))).await?;
    if stored.scan.status != Status::Running {
        return Ok(scan_answer(&Finished { report: stored, recheck: Vec::new() }, page));
    }

    match call.wait(call.app().follow_scan(id, &tell), seen.clone(), (waiting, &nothing)).await? {
        Some(report) => Ok(scan_answer(&Finished { report: report?, recheck: Vec::new() }, page)),
        None => answer_running(call, id, &seen).await,
    }
}

/// Waits as long as the client does. A scan that takes longer goes on; cancelling the call stops it where this call
/// started it, or nobody else waits.
async fn wait_for_scan(call: &ToolCall<'_>, mut handle: ScanHandle, (waiting, page): (Waiting, Page)) -> CallOutcome {
    let (id, seen, cancel) = (handle.id.clone(), handle.progress.clone(), handle.cancel.clone());
    match call.wait(handle.finished(), seen.clone(), (waiting, &cancel)).await? {
        Some(finished) => {
            let finished: Arc<Finished> =
                finished.map_err(|error| CallRefused::ScanFailed { error, scan: id.clone() })?;
            Ok(scan_answer(&finished, page))
        }
        None => answer_running(call, &id, &seen).await,
    }
}

/// What is known of a scan that goes on.
async fn answer_running(call: &ToolCall<'_>, id: &ScanId, seen: &watch::Receiver<Progress>) -> CallOutcome {
    let progress = seen.borrow().clone();
    let kept = call.quick(async { Ok(call.app().kept_so_far(id).await) }).await?;
    Ok(match kept {
        Some(kept) => so_far_answer(kept, Page::First),
        None => running_answer(id, &progress),
    })
}
