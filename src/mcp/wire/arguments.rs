//! The arguments of the tools. None of them is a token, a password or a header value, and none ever will be.

use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

use crate::model::Mode;

/// Arguments of `scan_api`.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields, default)]
pub struct ScanArguments {
    /// OpenAPI document (path, URL) or base URL. Default: configured or found.
    pub target: Option<String>,
    /// Path of routewarden.toml.
    pub config: Option<String>,
    /// Default passive.
    pub mode: Option<Mode>,
    /// Check ids or families: authz, authz/bola-read.
    pub checks: Vec<String>,
    /// Operations: GET /users/{id}; * is a wildcard.
    pub operations: Vec<String>,
    /// Configured identities.
    pub identities: Vec<String>,
    /// Folder of the API's source code.
    pub source: Option<String>,
    /// Make throw-away accounts (active).
    pub auto_accounts: Option<bool>,
    /// Up to 8 more prompts for LLMs (active).
    pub llm_prompts: Vec<String>,
    /// Default 900; 0: no limit.
    pub max_seconds: Option<u64>,
    /// Plan only, send nothing.
    pub dry_run: bool,
    /// Finding ids to prove again.
    pub recheck: Vec<String>,
    /// Continue, report or page this scan.
    pub scan_id: Option<String>,
    /// next_cursor, with scan_id.
    pub cursor: Option<String>,
}

/// Arguments of `explain_finding`.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct ExplainArguments {
    /// Its id, rw-..., or a beginning of that.
    pub finding_id: String,
    /// Default: the latest scan with it.
    #[serde(default)]
    pub scan_id: Option<String>,
}

/// Arguments of `check_route_ownership`.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields, default)]
pub struct OwnershipArguments {
    /// GET /invoices/{id}, or a path. Default: all routes.
    pub route: Option<String>,
    /// As in scan_api.
    pub target: Option<String>,
    /// Read a stored scan; sends nothing.
    pub scan_id: Option<String>,
    /// As in scan_api.
    pub identities: Vec<String>,
    /// As in scan_api.
    pub config: Option<String>,
    /// As in scan_api.
    pub source: Option<String>,
    /// As in scan_api.
    pub mode: Option<Mode>,
    /// next_cursor, with scan_id.
    pub cursor: Option<String>,
}

/// Arguments of `suggest_fix`.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields, default)]
pub struct FixArguments {
    /// The finding to repair.
    pub finding_id: Option<String>,
    /// Several findings: one patch.
    #[serde(default)]
    pub finding_ids: Vec<String>,
    /// Also a regression test each.
    #[serde(default)]
    pub with_test: bool,
    /// If there is no finding.
    pub route: Option<String>,
    /// A check id, if there is no finding.
    pub check: Option<String>,
    /// Default: the scan's.
    pub source: Option<String>,
    /// Default: recognised.
    pub framework: Option<String>,
}
