//! The ownership matrix of a scan: route by caller, who gets what. It is stored with the report, so that questions about
//! it cost no request.

use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

use super::wire::OperationRef;

/// Who gets what, as far as a scan saw.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
pub struct Ownership {
    /// What the columns mean.
    pub callers: Vec<Caller>,
    /// One row per route, in document order.
    pub routes: Vec<MatrixRow>,
}

/// One column of the matrix.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
pub struct Caller {
    /// `anonymous`, `A`, `B` or `H`.
    pub column: String,
    /// The identity's name.
    pub identity: String,
    /// Its role.
    pub role: String,
}

/// What a caller gets on a route.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "snake_case")]
pub enum Access {
    /// Gets its own object.
    Own,
    /// Gets an object of another caller.
    Others,
    /// Served, and no object of anybody's is concerned.
    Served,
    /// Refused.
    Refused,
    /// Not known.
    Unknown,
}

/// One cell of the matrix.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
pub struct Cell {
    /// `anonymous`, `A`, `B` or `H`.
    pub column: String,
    /// What the caller gets.
    pub access: Access,
    /// How that is known.
    pub because: String,
}

/// What the matrix says of one route.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "snake_case")]
pub enum RouteVerdict {
    /// Only owners (and higher roles) get their objects.
    Enforced,
    /// Someone gets what belongs to another.
    Broken,
    /// Probably broken; a condition is missing.
    Suspected,
    /// Callers without a credential were served just that, and nothing says that it should be otherwise.
    Public,
    /// No object of anybody's is concerned; callers are told apart as declared.
    NotOwned,
    /// Not known; the reason says why.
    Unknown,
}

/// One route of the matrix.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
pub struct MatrixRow {
    /// The route.
    pub operation: OperationRef,
    /// The kind of object that it gives, where its policy is known.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub resource: Option<String>,
    /// Who may reach that: `public`, `signed-in`, `group`, `owner` or `role:NAME`.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub policy: Option<String>,
    /// What the policy rests on.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub rests_on: Vec<String>,
    /// What is concluded.
    pub verdict: RouteVerdict,
    /// From what.
    pub reason: String,
    /// Caller by caller.
    pub cells: Vec<Cell>,
}
