//! Calls that take long as tasks, for clients of the present era that have the extension: the call answers at once with the
//! task's id, and the client asks how far it is.

use std::fmt;
use std::ops::Deref;
use std::time::Duration;

use rmcp::RoleServer;
use rmcp::model::{
    CallToolResponse, CallToolResult, CreateTaskResult, ErrorCode, ErrorData, JsonObject, ProtocolVersion,
};
use rmcp::service::RequestContext;
use rmcp::task_manager::{TaskContext, TaskExit, TaskManager, TaskOptions};
use serde_json::{Value, json};
use tokio::sync::watch;
use tokio_util::sync::CancellationToken;

use crate::app::Progress;
use crate::mcp::progress::describe_progress;

/// The extension's name in capabilities.
const EXTENSION: &str = "io.modelcontextprotocol/tasks";
/// How long a task is kept: longer than a scan takes, also one without a limit of its own.
const KEPT_FOR: Duration = Duration::from_secs(24 * 60 * 60);
/// How often a client should ask.
const ASK_EVERY_MS: u64 = 1000;
/// How often a task says how far it is.
const PERIOD: Duration = Duration::from_secs(1);
/// Tasks that may go on at one time; further calls are answered like those of clients without the extension.
const MOST_TASKS: usize = 16;
/// How long a cancelled call may take to stop its work.
const STOPS_WITHIN: Duration = Duration::from_secs(5);

/// The tasks of a server.
#[derive(Default)]
pub(in crate::mcp) struct CallTasks(TaskManager);

impl fmt::Debug for CallTasks {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("CallTasks").field("running", &self.0.running_task_count()).finish()
    }
}

impl Deref for CallTasks {
    type Target = TaskManager;

    fn deref(&self) -> &TaskManager {
        &self.0
    }
}

/// Whether a client of the present era has tasks. The older era had an extension of this name with other messages.
fn has_tasks(context: &RequestContext<RoleServer>) -> bool {
    let is_modern = context.protocol_version().is_some_and(|version| version >= ProtocolVersion::V_2026_07_28);
    is_modern && context.client_capabilities().is_some_and(|capabilities| capabilities.supports_tasks())
}

/// Refuses a request about tasks of a client that does not have them.
///
/// # Errors
/// That the client must say that it has them.
pub(in crate::mcp) fn require_tasks(context: &RequestContext<RoleServer>) -> Result<(), ErrorData> {
    if has_tasks(context) {
        return Ok(());
    }
    let required = json!({ "requiredCapabilities": { "extensions": { EXTENSION: {} } } });
    let because = format!("the client must declare the extension {EXTENSION} with this request");
    Err(ErrorData::new(ErrorCode::MISSING_REQUIRED_CLIENT_CAPABILITY, because, Some(required)))
}

/// Whether a call of this tool with these arguments begins work, or waits for some.
pub(super) fn takes_long(tool: &str, arguments: Option<&JsonObject>) -> bool {
    let given = |name: &str| arguments.and_then(|all| all.get(name)).filter(|value| !value.is_null());
    match tool {
        // A plan and a page are there at once.
        "scan_api" => given("cursor").is_none() && given("dry_run") != Some(&Value::Bool(true)),
        "check_route_ownership" => given("scan_id").is_none(),
        _ => false,
    }
}

impl CallTasks {
    /// Whether one more call of this client may become a task.
    pub(super) fn admits(&self, context: &RequestContext<RoleServer>) -> bool {
        has_tasks(context) && self.0.running_task_count() < MOST_TASKS
    }

    /// Starts work as a task. It is given the task, and what is cancelled when nobody wants it any more.
    pub(super) fn start<W>(
        &self,
        begin: impl FnOnce(TaskContext, CancellationToken) -> W + Send + 'static,
    ) -> CallToolResponse
    where
        W: Future<Output = CallToolResult> + Send + 'static,
    {
        let options = TaskOptions::default()
            .with_ttl_ms(u64::try_from(KEPT_FOR.as_millis()).unwrap_or(u64::MAX))
            .with_poll_interval_ms(ASK_EVERY_MS)
            .with_status_message("starting");
        let task = self.0.spawn(options, |task| {
            Box::pin(async move {
                let abandoned = CancellationToken::new();
                let mut work = Box::pin(begin(task.clone(), abandoned.clone()));
                tokio::select! {
                    result = work.as_mut() => Ok(result),
                    () = task.cancelled() => {
                        abandoned.cancel();
                        // The call itself stops its work where that is its right.
                        let _ = tokio::time::timeout(STOPS_WITHIN, work).await;
                        Err(TaskExit::Cancelled)
                    }
                }
            })
        });
        CallToolResponse::from(CreateTaskResult::new(task))
    }
}

/// Says how far a task is until it is dropped.
pub(super) async fn tell_task(task: &TaskContext, seen: watch::Receiver<Progress>) {
    loop {
        let words = describe_progress(&seen.borrow());
        task.set_status_message(words);
        tokio::time::sleep(PERIOD).await;
    }
}
