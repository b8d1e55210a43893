//! The interactive view of findings, proofs and ownership, for hosts that show pages of servers (MCP Apps, SEP-1865). It is
//! one file that loads nothing; what it shows it gets from the answers of the tools.

use rmcp::RoleServer;
use rmcp::model::{
    CacheScope, ClientCapabilities, ExtensionCapabilities, MetaObject, ReadResourceResult, Resource, ResourceContents,
    Tool,
};
use rmcp::service::RequestContext;
use serde_json::{Map, Value, json};

/// The name of the extension.
const EXTENSION: &str = "io.modelcontextprotocol/ui";
/// Where the view is read.
pub(super) const VIEW_URI: &str = "ui://routewarden/scan";
/// The kind of page that hosts say they show.
const VIEW_TYPE: &str = "text/html;profile=mcp-app";
const PAGE: &str = include_str!("../../tools/view/scan.html");
/// It stays as it is while the program runs.
const VIEW_TTL_MS: u64 = 300_000;
/// The one tool whose answers it does not show: hosts show a patch better.
const NOT_SHOWN: &str = "suggest_fix";

/// Returns true for a client that shows pages of servers.
pub(super) fn can_show(context: &RequestContext<RoleServer>) -> bool {
    context.client_capabilities().as_ref().is_some_and(announces_pages)
}

fn announces_pages(capabilities: &ClientCapabilities) -> bool {
    let settings = capabilities.extensions.as_ref().and_then(|all| all.get(EXTENSION));
    let types = settings.and_then(|settings| settings.get("mimeTypes")).and_then(Value::as_array);
    types.is_some_and(|types| types.iter().any(|kind| kind == VIEW_TYPE))
}

/// Returns the settings by which the server announces the extension.
pub(super) fn extension() -> ExtensionCapabilities {
    ExtensionCapabilities::from_iter([(EXTENSION.to_owned(), Map::new())])
}

/// Names the view with the tools whose answers it shows. Only for clients that show it: others would pay for the words.
pub(super) fn link_tools(mut tools: Vec<Tool>) -> Vec<Tool> {
    for tool in tools.iter_mut().filter(|tool| tool.name != NOT_SHOWN) {
        // The second name is that of hosts from before the extension was settled.
        tool.meta = Some(as_meta(json!({ "ui": { "resourceUri": VIEW_URI }, "ui/resourceUri": VIEW_URI })));
    }
    tools
}

/// The view in the list of resources.
pub(super) fn describe_view() -> Resource {
    Resource::new(VIEW_URI, "scan-view").with_title("Scan, proofs and ownership").with_mime_type(VIEW_TYPE)
}

/// The page itself.
pub(super) fn read_view() -> ReadResourceResult {
    // The page has a stricter policy within itself; hosts make theirs of this one.
    let nothing = json!({ "connectDomains": [], "resourceDomains": [], "frameDomains": [], "baseUriDomains": [] });
    let meta = as_meta(json!({ "ui": { "csp": nothing, "prefersBorder": true } }));
    let page = ResourceContents::text(PAGE, VIEW_URI).with_mime_type(VIEW_TYPE).with_meta(meta);

    ReadResourceResult::new(vec![page]).with_ttl_ms(VIEW_TTL_MS).with_cache_scope(CacheScope::Public)
}

fn as_meta(value: Value) -> MetaObject {
    serde_json::from_value(value).unwrap_or_default()
}
