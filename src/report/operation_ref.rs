//! How a report names an operation.

use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

use crate::model::{Method, OperationId};

/// An operation by its parts.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize, JsonSchema)]
pub struct OperationRef {
    /// Method.
    #[schemars(with = "String")]
    pub method: Method,
    /// Path template.
    pub path: String,
}

impl OperationRef {
    /// Returns its id.
    pub fn id(&self) -> OperationId {
        OperationId(format!("{} {}", self.method, self.path))
    }
}
