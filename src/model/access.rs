//! Who reached whose object: what a check claims, to be judged from all facts of a scan.

use serde::{Deserialize, Serialize};

use super::ids::OperationId;

/// What was done to an object.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize, schemars::JsonSchema)]
#[serde(rename_all = "lowercase")]
pub enum AccessVerb {
    /// It was read by its id.
    Read,
    /// A collection showed it.
    List,
    /// It was made.
    Create,
    /// Its values were changed.
    Change,
    /// It was removed.
    Delete,
    /// A function was called on it.
    Call,
}

/// A claim that a caller reached an object that is not its own.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct AccessClaim {
    /// The route.
    pub operation: OperationId,
    /// What was done.
    pub verb: AccessVerb,
    /// The kind of object: `invoice`.
    pub resource: String,
    /// Its id.
    pub object: String,
    /// Paths of the fields whose owner-specific values were shown or changed; empty for the object as a whole.
    pub fields: Vec<String>,
    /// The object's owner.
    pub owner: String,
    /// The caller that reached it.
    pub caller: String,
}
