//! The protocol handler: a cheap view of what all connections share. One is made per session, and per request in the
//! stateless era, so nothing may live in it.

use std::future::{Future, ready};
use std::path::PathBuf;
use std::sync::{Arc, Mutex};
use std::time::Duration;

use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;
use rmcp::model::{
    CacheScope, CallToolRequestParams, CallToolResponse, CancelTaskParams, CompleteRequestParams, CompleteResult,
    DiscoverResult, ErrorData, GetPromptRequestParams, GetPromptResponse, GetTaskParams, GetTaskResult, Icon,
    Implementation, ListPromptsResult, ListResourceTemplatesResult, ListResourcesResult, ListToolsResult,
    PaginatedRequestParams, ProtocolVersion, ReadResourceRequestParams, ReadResourceResponse, ServerCapabilities,
    ServerConfig, SubscribeRequestParams, SubscriptionFilter, Tool, UnsubscribeRequestParams, UpdateTaskParams,
};
use rmcp::service::{RequestContext, SubscriptionContext};
use rmcp::{RoleServer, ServerHandler};
use tokio_util::sync::CancellationToken;

use super::call::tasks::{CallTasks, require_tasks};
use super::call::{Calls, run_tool};
use super::subscriptions::{ScanLookout, SessionSubscriptions, can_be_followed, limit_filter, serve_subscription};
use super::{completion, prompts, resources, tools, view};
use crate::app::{App, FenceRules};
use crate::model::Mode;

/// Milliseconds after which `scan_api` answers though the scan still runs; for tests and for hosts with odd timeouts.
pub const SOFT_DEADLINE_VARIABLE: &str = "ROUTEWARDEN_SOFT_DEADLINE_MS";
/// What does not depend on the target stays as it is while the program runs.
const STATIC_TTL_MS: u64 = 300_000;
/// What the model is told of the server as a whole; hosts cut it at 2,048 characters.
const INSTRUCTIONS: &str = include_str!("../../tools/instructions.md");
/// What a host may show beside the server's name.
const ICON: &str = include_str!("../../tools/icon.svg");
/// Where a person reads more.
const WEBSITE: &str = env!("CARGO_PKG_REPOSITORY");

/// How long a call may take before it answers with what is known.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct CallTimeLimits {
    /// For a client that hears nothing meanwhile; the shortest timeout of a host is a minute.
    pub silent: Duration,
    /// For a client that gets progress notifications.
    pub with_progress: Duration,
}

impl Default for CallTimeLimits {
    fn default() -> Self {
        Self { silent: Duration::from_secs(45), with_progress: Duration::from_secs(240) }
    }
}

impl CallTimeLimits {
    /// The usual limits, or the one of [`SOFT_DEADLINE_VARIABLE`] for both.
    pub fn from_environment() -> Self {
        let given = std::env::var(SOFT_DEADLINE_VARIABLE).ok().and_then(|text| text.parse().ok());
        given.map(Duration::from_millis).map_or_else(Self::default, |both| Self { silent: both, with_progress: both })
    }
}

/// How to serve.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct ServerOptions {
    /// How long calls may take.
    pub limits: CallTimeLimits,
    /// The configuration file of calls that name none; the folder's own without it.
    pub config: Option<PathBuf>,
    /// Folders besides the working folder that files which a model names may lie in.
    pub roots: Vec<PathBuf>,
    /// The most that scans may do. It is the user's word for everything up to it; without it, a scan that does more than
    /// the configuration says is asked about.
    pub max_mode: Option<Mode>,
    /// The most that the token of a client allows, where tokens say so. It is no word of the user's for anything.
    pub granted: Option<Mode>,
}

impl ServerOptions {
    /// The limits of the environment, and the folder's configuration.
    pub fn from_environment() -> Self {
        Self { limits: CallTimeLimits::from_environment(), ..Self::default() }
    }

    /// With this configuration file for calls that name none.
    #[must_use]
    pub fn with_config(self, config: Option<PathBuf>) -> Self {
        Self { config, ..self }
    }

    /// With these folders besides the working folder for the files that a model names.
    #[must_use]
    pub fn with_roots(self, roots: Vec<PathBuf>) -> Self {
        Self { roots, ..self }
    }

    /// With this as the most that scans may do.
    #[must_use]
    pub fn with_max_mode(self, max_mode: Option<Mode>) -> Self {
        Self { max_mode, ..self }
    }
}

/// What all connections share.
#[derive(Debug)]
pub(super) struct ServerShared {
    pub(super) app: App,
    pub(super) options: ServerOptions,
    /// What a model may name without the user being asked.
    pub(super) fence: FenceRules,
    /// Cancelled when the server ends, so that no call holds it up.
    pub(super) ending: CancellationToken,
    /// What this server started and has not seen the end of; held for moments only, never across an await.
    pub(super) calls: Mutex<Calls>,
    /// Calls of clients that have tasks.
    pub(super) tasks: CallTasks,
    pub(super) lookout: Arc<ScanLookout>,
}

impl ServerShared {
    /// The most that a scan may do.
    pub(super) fn most_mode(&self) -> Mode {
        let granted = self.options.granted.unwrap_or(Mode::Intrusive);
        self.options.max_mode.unwrap_or(Mode::Intrusive).min(granted)
    }

    /// The most that it may do without a question.
    pub(super) fn agreed_mode(&self) -> Mode {
        self.options.max_mode.unwrap_or_else(|| self.fence.vouched.mode()).min(self.most_mode())
    }

    /// Whether nothing may be written to a target.
    pub(super) fn only_reads(&self) -> bool {
        self.most_mode() == Mode::Passive
    }
}

/// The handler.
#[derive(Debug, Clone)]
pub struct McpServer {
    shared: Arc<ServerShared>,
    /// What the session of a client of the older era follows.
    session: Arc<SessionSubscriptions>,
}

impl McpServer {
    /// A server over `app`. Opens nothing but the configuration: what it names now is the user's. `ending` ends every call
    /// that waits.
    pub fn new(app: App, options: ServerOptions, ending: CancellationToken) -> Self {
        let fence = FenceRules { roots: options.roots.clone(), vouched: app.vouch() };
        let lookout = ScanLookout::new(app.clone(), ending.clone());
        let (calls, tasks) = (Mutex::default(), CallTasks::default());
        let shared = Arc::new(ServerShared { app, options, fence, ending, calls, tasks, lookout });
        Self { shared, session: Arc::default() }
    }

    /// The same server for a further session.
    pub(super) fn for_session(&self) -> Self {
        Self { shared: Arc::clone(&self.shared), session: Arc::default() }
    }

    /// Begins to tell a session of the older era when the list of scans changes. In the present one clients ask for it.
    fn follow_in_session(&self, context: &RequestContext<RoleServer>) {
        if context.protocol_version().is_some_and(|version| version < ProtocolVersion::V_2026_07_28) {
            self.session.begin(&self.shared.lookout, context.peer.clone());
        }
    }

    /// What the model is told, with what this server was started with.
    fn instructions(&self) -> String {
        let said = INSTRUCTIONS.trim_end();
        match self.shared.options.max_mode {
            Some(most) => format!(
                "{said}\n\nThis server was started with --max-mode {}: higher modes are refused.",
                most.as_str()
            ),
            None => said.to_owned(),
        }
    }

    /// Stops everything that runs, and stores it.
    pub(super) async fn end(&self) {
        // Calls are let go first, so that their clients get an answer while scans still undo their writes.
        self.shared.ending.cancel();
        self.shared.tasks.shutdown();
        self.shared.settle().await;
        self.shared.app.shut_down().await;
    }
}

impl ServerHandler for McpServer {
    fn get_info(&self) -> ServerConfig {
        let capabilities = ServerCapabilities::builder()
            .enable_tools()
            .enable_resources()
            .enable_resources_subscribe()
            .enable_resources_list_changed()
            .enable_prompts()
            .enable_completions()
            .enable_extensions_with(view::extension())
            .enable_tasks()
            .build();
        ServerConfig::new(capabilities).with_server_info(describe_server()).with_instructions(self.instructions())
    }

    fn discover(
        &self,
        _context: RequestContext<RoleServer>,
    ) -> impl Future<Output = Result<DiscoverResult, ErrorData>> + Send + '_ {
        let versions = self.supported_protocol_versions().into_owned();
        ready(Ok(DiscoverResult::from_server_info(versions, self.get_info())
            .with_ttl_ms(STATIC_TTL_MS)
            .with_cache_scope(CacheScope::Public)))
    }

    fn list_tools(
        &self,
        _page: Option<PaginatedRequestParams>,
        context: RequestContext<RoleServer>,
    ) -> impl Future<Output = Result<ListToolsResult, ErrorData>> + Send + '_ {
        let (all, shows) = (tools::all(self.shared.most_mode()).to_vec(), view::can_show(&context));
        // The list is made from files of the program, so it is the same for all and may be kept; unless tokens narrow it, or
        // the client shows pages.
        let is_common = self.shared.options.granted.is_none() && !shows;
        let scope = if is_common { CacheScope::Public } else { CacheScope::Private };
        ready(Ok(ListToolsResult::with_all_items(if shows { view::link_tools(all) } else { all })
            .with_ttl_ms(STATIC_TTL_MS)
            .with_cache_scope(scope)))
    }

    fn get_tool(&self, name: &str) -> Option<Tool> {
        tools::find_by_name(self.shared.most_mode(), name).cloned()
    }

    async fn call_tool(
        &self,
        request: CallToolRequestParams,
        context: RequestContext<RoleServer>,
    ) -> Result<CallToolResponse, ErrorData> {
        run_tool(&self.shared, request, context).await
    }

    async fn list_resources(
        &self,
        _page: Option<PaginatedRequestParams>,
        context: RequestContext<RoleServer>,
    ) -> Result<ListResourcesResult, ErrorData> {
        // Only who has seen the list can miss something in it.
        self.follow_in_session(&context);
        let mut all = resources::list(&self.shared.app).await;
        if view::can_show(&context) {
            all.push(view::describe_view());
        }
        // Each scan adds a resource, and which scans there are concerns this user alone.
        Ok(ListResourcesResult::with_all_items(all).with_ttl_ms(0).with_cache_scope(CacheScope::Private))
    }

    fn list_resource_templates(
        &self,
        _page: Option<PaginatedRequestParams>,
        _context: RequestContext<RoleServer>,
    ) -> impl Future<Output = Result<ListResourceTemplatesResult, ErrorData>> + Send + '_ {
        ready(Ok(ListResourceTemplatesResult::with_all_items(resources::list_templates())
            .with_ttl_ms(STATIC_TTL_MS)
            .with_cache_scope(CacheScope::Public)))
    }

    async fn read_resource(
        &self,
        request: ReadResourceRequestParams,
        _context: RequestContext<RoleServer>,
    ) -> Result<ReadResourceResponse, ErrorData> {
        if request.uri == view::VIEW_URI {
            return Ok(view::read_view().into());
        }
        resources::read(&self.shared.app, &request.uri).await.map(ReadResourceResponse::from)
    }

    fn accepted_subscription_filter(&self, requested: &SubscriptionFilter) -> Option<SubscriptionFilter> {
        Some(limit_filter(requested.supported_by(&self.get_info().capabilities)))
    }

    async fn listen(&self, context: SubscriptionContext) -> Result<(), ErrorData> {
        serve_subscription(&self.shared.lookout, context).await;
        Ok(())
    }

    async fn subscribe(
        &self,
        request: SubscribeRequestParams,
        context: RequestContext<RoleServer>,
    ) -> Result<(), ErrorData> {
        if !can_be_followed(&request.uri) {
            let because = "only routewarden://scans, and what lies below it, can be subscribed to";
            return Err(ErrorData::resource_not_found(because, None));
        }
        if !self.session.add(request.uri) {
            return Err(ErrorData::invalid_params("too many subscriptions; unsubscribe from some", None));
        }
        self.follow_in_session(&context);
        Ok(())
    }

    fn unsubscribe(
        &self,
        request: UnsubscribeRequestParams,
        _context: RequestContext<RoleServer>,
    ) -> impl Future<Output = Result<(), ErrorData>> + Send + '_ {
        self.session.remove(&request.uri);
        ready(Ok(()))
    }

    fn get_task(
        &self,
        request: GetTaskParams,
        context: RequestContext<RoleServer>,
    ) -> impl Future<Output = Result<GetTaskResult, ErrorData>> + Send + '_ {
        let found = require_tasks(&context).and_then(|()| self.shared.tasks.get_task(&request.task_id));
        ready(found.map(GetTaskResult::new))
    }

    fn update_task(
        &self,
        request: UpdateTaskParams,
        context: RequestContext<RoleServer>,
    ) -> impl Future<Output = Result<(), ErrorData>> + Send + '_ {
        let UpdateTaskParams { task_id, input_responses, .. } = request;
        ready(require_tasks(&context).and_then(|()| self.shared.tasks.update_task(&task_id, input_responses)))
    }

    fn cancel_task(
        &self,
        request: CancelTaskParams,
        context: RequestContext<RoleServer>,
    ) -> impl Future<Output = Result<(), ErrorData>> + Send + '_ {
        ready(require_tasks(&context).and_then(|()| self.shared.tasks.cancel_task(&request.task_id)))
    }

    fn list_prompts(
        &self,
        _page: Option<PaginatedRequestParams>,
        _context: RequestContext<RoleServer>,
    ) -> impl Future<Output = Result<ListPromptsResult, ErrorData>> + Send + '_ {
        ready(Ok(ListPromptsResult::with_all_items(prompts::list())
            .with_ttl_ms(STATIC_TTL_MS)
            .with_cache_scope(CacheScope::Public)))
    }

    fn get_prompt(
        &self,
        request: GetPromptRequestParams,
        _context: RequestContext<RoleServer>,
    ) -> impl Future<Output = Result<GetPromptResponse, ErrorData>> + Send + '_ {
        ready(prompts::get(&request.name, request.arguments.as_ref()).map(GetPromptResponse::from))
    }

    async fn complete(
        &self,
        request: CompleteRequestParams,
        _context: RequestContext<RoleServer>,
    ) -> Result<CompleteResult, ErrorData> {
        Ok(CompleteResult::new(completion::complete(&self.shared.app, &request).await))
    }
}

/// What a host shows of the server.
fn describe_server() -> Implementation {
    // Within the address itself: a host must not have to ask the network for it.
    let icon = format!("data:image/svg+xml;base64,{}", STANDARD.encode(ICON.trim_end()));
    let icon = Icon::new(icon).with_mime_type("image/svg+xml").with_sizes(vec!["any".to_owned()]);
    Implementation::new("routewarden", env!("CARGO_PKG_VERSION"))
        .with_title("Routewarden")
        .with_description(env!("CARGO_PKG_DESCRIPTION"))
        .with_icons(vec![icon])
        .with_website_url(WEBSITE)
}
