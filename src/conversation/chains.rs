//! Which operation of a chain is asked: the first one that a scan comes to, since the others answer with the same words.

use std::collections::HashMap;
use std::sync::{Mutex, PoisonError};

use crate::llm::SiblingGroup;
use crate::model::OperationId;

/// Who speaks for each chain.
#[derive(Debug, Default)]
pub(crate) struct Chains(Mutex<HashMap<String, OperationId>>);

impl Chains {
    /// The operation that is asked in the place of this one, where it is another one.
    pub(crate) fn speaker(&self, chain: &SiblingGroup, operation: &OperationId) -> Option<OperationId> {
        let mut known = self.0.lock().unwrap_or_else(PoisonError::into_inner);
        let speaker = known.entry(chain.key.clone()).or_insert_with(|| operation.clone());
        (speaker != operation).then(|| speaker.clone())
    }
}
