//! From `tools/call` to a use case and back. A wrong call is a fault that the model can repair; only a tool that does
//! not exist is an error of the protocol.

mod asking;
mod consent;
mod ownership;
mod refused;
mod scan;
pub(super) mod tasks;
mod waiting;

use std::collections::{BTreeMap, BTreeSet};
use std::path::PathBuf;
use std::sync::{Arc, MutexGuard, PoisonError};
use std::time::Duration;

use rmcp::RoleServer;
use rmcp::model::{CallToolRequestParams, CallToolResponse, CallToolResult, ErrorData, JsonObject, Tool};
use rmcp::service::RequestContext;
use rmcp::task_manager::TaskContext;
use serde::de::DeserializeOwned;
use serde_json::Value;
use tokio::sync::watch;
use tokio::task::JoinSet;
use tokio_util::sync::CancellationToken;

use self::consent::CallConsent;
use self::refused::CallRefused;
use self::waiting::{Waiters, Waiting};
use super::answer::{explain_answer, fix_answer};
use super::arguments::parse_arguments;
use super::server::ServerShared;
use super::wire::{ExplainArguments, FixArguments};
use super::{exit, patience, progress, tools};
use crate::app::{App, AppError, FixRequest, Progress, ScanHandle};
use crate::model::{FindingId, Mode, ScanId};

/// What this server has going on besides the calls that wait for it.
#[derive(Debug, Default)]
pub(super) struct Calls {
    /// Scans that were started here; those that have ended are dropped when the next one starts.
    scans: Vec<StartedScan>,
    /// Scans whose place is taken, and that are on their way to start.
    starting: usize,
    /// Ownership questions that outlived their call, by their arguments.
    matrices: BTreeMap<String, ownership::Pending>,
    /// What the user agreed to while this server runs.
    agreed: BTreeSet<String>,
    /// Their work; awaited when the server ends.
    tasks: JoinSet<()>,
}

/// A scan that was started here.
#[derive(Debug)]
struct StartedScan {
    handle: ScanHandle,
    waiters: Waiters,
}

/// How long cancelled work may take to end.
const SETTLE: Duration = Duration::from_secs(2);

/// Nobody waits at the line for a task: it takes as long as its work does.
const TASK_PATIENCE: Duration = Duration::from_secs(7 * 24 * 60 * 60);

/// What a tool came to, before it goes out.
type CallOutcome = Result<Value, CallRefused>;

/// Carries one call out.
///
/// # Errors
/// Invalid parameters when there is no such tool.
pub(super) async fn run_tool(
    shared: &Arc<ServerShared>,
    request: CallToolRequestParams,
    context: RequestContext<RoleServer>,
) -> Result<CallToolResponse, ErrorData> {
    let name = request.name.as_ref();
    let most = shared.most_mode();
    let Some(tool) = tools::find_by_name(most, name) else {
        let names: Vec<&str> = tools::all(most).iter().map(|tool| tool.name.as_ref()).collect();
        let message =
            exit::message_text(&shared.app, &format!("there is no tool `{name}`; there are {}", names.join(", ")));
        return Err(ErrorData::invalid_params(message, None));
    };

    let answers = request.input_responses.unwrap_or_default();
    let (name, schema, arguments) = (tool.name.as_ref(), &tool.input_schema, request.arguments);
    let mut call = ToolCall { shared, tool, name, schema, arguments, mode: None, context, task: None };

    // Before any argument is used: a call that is refused must have touched nothing.
    match consent::ask_if_needed(&call, &answers).await {
        CallConsent::Given(mode) => call.mode = mode,
        CallConsent::Asked(question) => return Ok((*question).into()),
        CallConsent::Refused(message) => return Ok(exit::fault_result(&shared.app, &message).into()),
    }
    // Only now: a task has no way to ask the user that every client knows.
    if tasks::takes_long(name, call.arguments.as_ref()) && shared.tasks.admits(&call.context) {
        return Ok(start_task(call));
    }
    Ok(answer_call(call).await.into())
}

/// Starts a call as a task.
fn start_task(call: ToolCall<'_>) -> CallToolResponse {
    let shared = Arc::clone(call.shared);
    let (tool, arguments, mode, mut context) = (call.tool, call.arguments, call.mode, call.context);
    call.shared.tasks.start(move |task, abandoned| async move {
        // The request ends with its answer; what is abandoned from here on is the task.
        context.ct = abandoned;
        let (name, schema, task) = (tool.name.as_ref(), &tool.input_schema, Some(task));
        answer_call(ToolCall { shared: &shared, tool, name, schema, arguments, mode, context, task }).await
    })
}

/// Carries out a call that may be.
async fn answer_call(call: ToolCall<'_>) -> CallToolResult {
    let app = call.app().clone();
    let outcome = match call.name {
        "scan_api" => scan::answer_call(call).await,
        "explain_finding" => explain_finding(call).await,
        "check_route_ownership" => ownership::answer_call(call).await,
        _ => suggest_fix(call).await,
    };

    match outcome {
        Ok(value) => exit::tool_result(&app, value),
        Err(refused) => exit::fault_result(&app, &refused.to_string()),
    }
}

/// One call on its way.
struct ToolCall<'a> {
    shared: &'a Arc<ServerShared>,
    tool: &'static Tool,
    name: &'a str,
    schema: &'a JsonObject,
    arguments: Option<JsonObject>,
    /// What its scan may do, by the user's word or the configuration's; nothing where it begins none.
    mode: Option<Mode>,
    context: RequestContext<RoleServer>,
    /// The task that it is, where it is one.
    task: Option<TaskContext>,
}

impl ToolCall<'_> {
    fn app(&self) -> &App {
        &self.shared.app
    }

    fn arguments<T: DeserializeOwned>(&self) -> Result<T, CallRefused> {
        Ok(parse_arguments(self.schema, self.arguments.clone())?)
    }

    /// The configuration that the model named, or else the server's.
    fn config(&self, named: Option<String>) -> Option<PathBuf> {
        named.map(PathBuf::from).or_else(|| self.shared.options.config.clone())
    }

    /// How long this call may take.
    fn patience(&self) -> Duration {
        if self.task.is_some() {
            return TASK_PATIENCE;
        }
        let limits = self.shared.options.limits;
        // Hosts that hear of progress start their timeout anew; others give up after a minute.
        if self.context.meta.get_progress_token().is_some() { limits.with_progress } else { limits.silent }
    }

    /// Resolves when nobody waits for the answer any more.
    async fn abandoned(&self) {
        tokio::select! {
            () = self.context.ct.cancelled() => {}
            () = self.shared.ending.cancelled() => {}
        }
    }

    /// Tells the client how far the work is; never resolves.
    async fn follow(&self, seen: watch::Receiver<Progress>) {
        if let Some(task) = &self.task {
            return tasks::tell_task(task, seen).await;
        }
        progress::send_notifications(self.context.peer.clone(), self.context.meta.get_progress_token(), seen).await;
    }

    /// Does quick work, unless nobody waits for it any more.
    async fn quick<T>(&self, work: impl Future<Output = Result<T, AppError>>) -> Result<T, CallRefused> {
        tokio::select! {
            done = work => Ok(done?),
            () = self.abandoned() => Err(CallRefused::Cancelled),
        }
    }

    /// Waits for `work`, which ends when `cancel` is called; `None` when it takes longer than the client waits. A call
    /// that is abandoned stops the work only where that is its right.
    async fn wait<T>(
        &self,
        work: impl Future<Output = T>,
        seen: watch::Receiver<Progress>,
        (waiting, cancel): (Waiting, &CancellationToken),
    ) -> Result<Option<T>, CallRefused> {
        let own = CancellationToken::new();
        let waited = tokio::select! {
            waited = patience::wait_for_work(work, self.abandoned(), self.patience(), &own) => waited,
            () = self.follow(seen) => Ok(None),
        };
        match waited {
            Err(abandoned) if waiting.abandon(cancel) => Err(abandoned.into()),
            Err(_) => Err(CallRefused::CancelledAlone),
            Ok(waited) => Ok(waited),
        }
    }
}

impl ServerShared {
    /// A panic elsewhere leaves the list usable.
    fn calls(&self) -> MutexGuard<'_, Calls> {
        self.calls.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// Waits a moment for work that `ending` has cancelled.
    pub(super) async fn settle(&self) {
        // Taken out first: a lock must not be held while tasks that may need it are awaited.
        let tasks = std::mem::take(&mut self.calls().tasks);
        let _ = tokio::time::timeout(SETTLE, tasks.join_all()).await;
    }
}

async fn explain_finding(call: ToolCall<'_>) -> CallOutcome {
    let arguments: ExplainArguments = call.arguments()?;
    let scan = arguments.scan_id.map(ScanId);
    let explained = call.quick(call.app().explain_finding(&FindingId(arguments.finding_id), scan.as_ref())).await?;
    Ok(explain_answer(&explained))
}

async fn suggest_fix(call: ToolCall<'_>) -> CallOutcome {
    let arguments: FixArguments = call.arguments()?;
    if arguments.finding_id.is_none() && arguments.finding_ids.is_empty() && arguments.check.is_none() {
        return Err(CallRefused::NothingToFix);
    }
    let request = FixRequest {
        finding_id: arguments.finding_id.map(FindingId),
        finding_ids: arguments.finding_ids.into_iter().map(FindingId).collect(),
        with_test: arguments.with_test,
        scan_id: None,
        route: arguments.route,
        check: arguments.check,
        source: arguments.source.map(Into::into),
        framework: arguments.framework,
    };

    Ok(fix_answer(&call.quick(call.app().suggest_fix(request)).await?))
}
