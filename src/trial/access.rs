//! What callers were seen to be able to do.

use super::lab::Lab;
use crate::act::Acting;
use crate::model::OperationId;

/// What a caller was seen to be able to do on an operation that changes state; for the ownership matrix.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Access {
    /// The operation.
    pub operation: OperationId,
    /// The caller that tried.
    pub caller: String,
    /// The owner of the object; empty where it had none.
    pub owner: String,
    /// It had an effect.
    pub effect: bool,
    /// How that is known.
    pub because: String,
}

impl Lab<'_> {
    /// Returns what was seen of the callers so far.
    pub fn accesses(&self) -> Vec<Access> {
        self.accesses.lock().unwrap_or_else(std::sync::PoisonError::into_inner).clone()
    }

    /// Notes what a caller was seen to be able to do.
    pub(crate) fn note(&self, acting: &Acting, caller: &str, owner: &str, effect: bool, because: impl Into<String>) {
        let access = Access {
            operation: acting.operation.id.clone(),
            caller: caller.to_owned(),
            owner: owner.to_owned(),
            effect,
            because: because.into(),
        };
        self.accesses.lock().unwrap_or_else(std::sync::PoisonError::into_inner).push(access);
    }
}
