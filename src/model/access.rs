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

impl AccessVerb {
    /// Returns true where values were shown and nothing was changed.
    pub fn is_read(self) -> bool {
        matches!(self, Self::Read | Self::List)
    }
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
    /// The owner-specific values that were shown; empty for a write.
    pub values: Vec<SeenValue>,
    /// Names of the fields that were changed; empty for a read, and for the object as a whole.
    pub fields: Vec<String>,
    /// The object's owner.
    pub owner: String,
    /// The caller that reached it.
    pub caller: String,
    /// Callers without a credential got the same by the same route.
    pub open: bool,
    /// The object is the owner's account: whose it is needs no evidence.
    pub account: bool,
    /// Fewer than half of the owner's values were shown, none of them private: it may be a view for others.
    pub reduced: bool,
}

/// A value that was shown, with its place in the answer.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct SeenValue {
    /// Where it stands, array positions as `*`: `/items/*/id`.
    pub path: String,
    /// Its last name.
    pub key: String,
    /// The value as text.
    pub text: String,
}
