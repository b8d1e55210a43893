//! What `check_route_ownership` answers.

use std::collections::BTreeMap;

use schemars::JsonSchema;
use serde::Serialize;

use super::PolicyLine;
use crate::app::{Access, Caller, RouteVerdict};

/// Route by caller: who gets what.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, JsonSchema)]
pub struct OwnershipAnswer {
    /// The stored scan behind it.
    pub scan_id: String,
    /// Why nothing may be concluded, with what to do.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub untrusted_because: Option<String>,
    /// What the columns mean; on the first page.
    #[serde(skip_serializing_if = "Vec::is_empty")]
    pub callers: Vec<Caller>,
    /// Who may reach which kind of object, what that rests on, and the routes that break it.
    #[serde(skip_serializing_if = "Vec::is_empty")]
    pub policy: Vec<PolicyLine>,
    /// Routes by verdict.
    #[schemars(with = "BTreeMap<String, u64>")]
    pub counts: BTreeMap<String, u64>,
    /// This page of the routes, in document order; pages go from the worst verdicts to the harmless ones.
    pub routes: Vec<RouteRow>,
    /// Where the next page of routes starts.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub next_cursor: Option<String>,
    /// Findings that the matrix rests on; on the first page.
    #[serde(skip_serializing_if = "Vec::is_empty")]
    pub findings: Vec<String>,
    /// What would make more cells known.
    #[serde(skip_serializing_if = "Vec::is_empty")]
    pub next_steps: Vec<String>,
    /// What was cut from this answer, and how to get it.
    #[serde(skip_serializing_if = "Vec::is_empty")]
    pub left_out: Vec<String>,
}

/// One route.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, JsonSchema)]
pub struct RouteRow {
    /// Method and path.
    pub route: String,
    /// The kind of object that it gives, where one is known.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub resource: Option<String>,
    /// What is concluded.
    pub verdict: RouteVerdict,
    /// From what.
    pub reason: String,
    /// What each caller gets, by its column.
    #[schemars(with = "BTreeMap<String, Access>")]
    pub cells: BTreeMap<String, Access>,
    /// How that is known, by column; only where few routes are shown.
    #[serde(skip_serializing_if = "BTreeMap::is_empty")]
    #[schemars(with = "BTreeMap<String, String>")]
    pub because: BTreeMap<String, String>,
    /// What the source says of the handler, and whether the running API agrees.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub source: Option<String>,
}
