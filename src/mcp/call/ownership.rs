//! `check_route_ownership`: the question may take longer than the client waits, so the work goes on by itself, and the
//! same question asked again takes it up.

use std::time::Duration;

use tokio::sync::watch;
use tokio::time::Instant;
use tokio_util::sync::CancellationToken;

use super::refused::CallRefused;
use super::waiting::{Waiters, Waiting};
use super::{CallOutcome, ToolCall};
use crate::app::{App, AppError, Matrix, Overrides, OwnershipRequest, Progress};
use crate::mcp::answer::{RoutePage, ownership_answer};
use crate::mcp::wire::OwnershipArguments;
use crate::model::ScanId;

/// Questions whose work may go on at one time.
const MAX_PENDING: usize = 4;
/// How long an answer that nobody took is kept; later the API may have changed.
const KEEP: Duration = Duration::from_secs(120);

/// Work that was begun for a question.
#[derive(Debug, Clone)]
pub(super) struct Pending {
    /// When the question was asked last.
    asked: Instant,
    progress: watch::Receiver<Progress>,
    done: watch::Receiver<Option<Result<Matrix, AppError>>>,
    cancel: CancellationToken,
    waiters: Waiters,
}

pub(super) async fn answer_call(call: ToolCall<'_>) -> CallOutcome {
    let arguments: OwnershipArguments = call.arguments()?;
    reads_only(&arguments)?;
    let page =
        RoutePage::read(arguments.cursor.as_deref()).ok_or(CallRefused::ForeignCursor("check_route_ownership"))?;
    if arguments.scan_id.is_some() {
        return read_stored(&call, arguments, page).await;
    }
    if arguments.cursor.is_some() {
        return Err(CallRefused::CursorWithoutScan);
    }
    // The arguments are the key, so that the same call made again finds the work that it began.
    let key = serde_json::to_string(&arguments).unwrap_or_default();
    let (mut pending, waiting) = take_up(&call, &key, arguments)?;
    let seen = pending.progress.clone();
    let cancel = pending.cancel.clone();
    let ended = async {
        match pending.done.wait_for(Option::is_some).await.as_deref() {
            Ok(Some(result)) => result.clone(),
            _ => Err(AppError::Internal("the work ended without a result".to_owned())),
        }
    };

    let waited = call.wait(ended, seen.clone(), (waiting, &cancel)).await;
    if !matches!(waited, Ok(None) | Err(CallRefused::CancelledAlone)) {
        // Answered or given up: the next question starts anew.
        call.shared.calls().matrices.remove(&key);
    }
    match waited? {
        Some(matrix) => Ok(ownership_answer(&matrix?, page)),
        None => Err(CallRefused::StillRunning(seen.borrow().clone())),
    }
}

/// Answers from a stored scan: nothing is sent, so there is nothing to wait for.
async fn read_stored(call: &ToolCall<'_>, arguments: OwnershipArguments, page: RoutePage) -> CallOutcome {
    let request = build_request(call, arguments);
    let (tell, _) = watch::channel(Progress::default());
    let read = call.app().check_route_ownership(request, tell, CancellationToken::new());
    Ok(ownership_answer(&call.quick(read).await?, page))
}

/// A stored scan is only read: nothing about it can be changed any more.
fn reads_only(arguments: &OwnershipArguments) -> Result<(), CallRefused> {
    let given = [
        ("target", arguments.target.is_some()),
        ("identities", !arguments.identities.is_empty()),
        ("config", arguments.config.is_some()),
        ("mode", arguments.mode.is_some()),
        ("source", arguments.source.is_some()),
    ];

    match given.iter().find(|(_, given)| *given && arguments.scan_id.is_some()) {
        Some((name, _)) => Err(CallRefused::ReadsOnly(name)),
        None => Ok(()),
    }
}

/// The work that goes on for this question, or new work.
fn take_up(call: &ToolCall<'_>, key: &str, arguments: OwnershipArguments) -> Result<(Pending, Waiting), CallRefused> {
    let mut calls = call.shared.calls();
    calls.matrices.retain(|_, pending| pending.done.borrow().is_none() || pending.asked.elapsed() < KEEP);

    if let Some(pending) = calls.matrices.get_mut(key) {
        pending.asked = Instant::now();
        let waiting = pending.waiters.join();
        return Ok((pending.clone(), waiting));
    }
    // Each question is a scan of its own, and all of them may go to one small server.
    if calls.matrices.len() >= MAX_PENDING {
        return Err(CallRefused::TooManyQuestions(MAX_PENDING));
    }
    while calls.tasks.try_join_next().is_some() {}
    let request = build_request(call, arguments);
    let (pending, work) = prepare_matrix(call.app().clone(), request, call.shared.ending.child_token());

    // The set owns the work: it outlives the call, and ends by itself, by its token, or with the server.
    calls.tasks.spawn(work);
    calls.matrices.insert(key.to_owned(), pending.clone());
    let waiting = pending.waiters.join_as_starter();
    Ok((pending, waiting))
}

fn build_request(call: &ToolCall<'_>, arguments: OwnershipArguments) -> OwnershipRequest {
    OwnershipRequest {
        route: arguments.route,
        target: arguments.target,
        config: call.config(arguments.config),
        overrides: Overrides {
            mode: call.mode.or(arguments.mode),
            without_undo: call.shared.only_reads(),
            identities: arguments.identities,
            source: arguments.source.map(Into::into),
            ..Overrides::default()
        },
        scan: arguments.scan_id.map(ScanId),
    }
}

fn prepare_matrix(
    app: App,
    request: OwnershipRequest,
    cancel: CancellationToken,
) -> (Pending, impl Future<Output = ()> + Send + 'static) {
    let (tell, progress) = watch::channel(Progress::default());
    let (finish, done) = watch::channel(None);
    let stop = cancel.clone();
    let work = async move {
        let result = app.check_route_ownership(request, tell, stop).await;
        finish.send_replace(Some(result));
    };
    (Pending { asked: Instant::now(), progress, done, cancel, waiters: Waiters::default() }, work)
}
