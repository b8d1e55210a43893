//! What models were asked in a scan and what they said, and how much that has cost.

use std::collections::{HashMap, HashSet};
use std::sync::{Arc, Mutex, PoisonError};

use sha2::{Digest, Sha256};

use super::chains::Chains;
use super::kept::Listed;
use super::stop::Exhausted;
use super::talk::Reply;
use crate::llm::LlmSettings;
use crate::model::OperationId;

/// Most characters that the model behind one operation may answer with in one scan.
const MAX_OUTPUT_CHARS: usize = 300_000;

/// So many calls in a row are waited for in vain.
const MAX_LATE: u8 = 3;

/// By these statuses nothing answers at an address.
const ABSENT: [u16; 4] = [404, 405, 410, 501];

/// What was asked before; shared by all checks of models.
#[derive(Debug, Default)]
pub(crate) struct Memory {
    /// Held only to read or add, never across an await. Checks that write come one at a time, so that no question is
    /// asked twice side by side, and no operation has more than one under way.
    state: Mutex<MemoryState>,
    /// How many operations face a model, where so many were met; held only to read or set.
    operations: Mutex<Option<(usize, u64)>>,
    /// Which operation is asked in the place of its siblings.
    pub(crate) chains: Chains,
}

#[derive(Debug, Default)]
struct MemoryState {
    said: HashMap<[u8; 32], Arc<Reply>>,
    calls: u64,
    spent: HashMap<OperationId, OperationCost>,
    slowed: HashMap<OperationId, Exhausted>,
    /// Operations that gave an answer which can be judged.
    answered: HashSet<OperationId>,
    listed: HashMap<String, Arc<Listed>>,
}

/// What one operation has cost.
#[derive(Debug, Default)]
struct OperationCost {
    calls: u64,
    /// In characters.
    output: usize,
    /// Calls without an answer in time, since the last one with one.
    late: u8,
}

impl Memory {
    /// How many operations face a model; counted once, and again when others were met.
    pub(crate) fn operations(&self, met: usize, count: impl FnOnce() -> usize) -> u64 {
        let mut known = self.operations.lock().unwrap_or_else(PoisonError::into_inner);
        if let Some((_, operations)) = known.filter(|(before, _)| *before == met) {
            return operations;
        }
        let operations = count() as u64;
        *known = Some((met, operations));
        operations
    }

    /// Whether a model answered anybody.
    pub(crate) fn has_answer(&self) -> bool {
        !self.locked().answered.is_empty()
    }

    /// What an operation answered is no model's.
    pub(crate) fn is_no_model(&self, operation: &OperationId) {
        self.locked().answered.remove(operation);
    }

    /// What lists showed a caller before anything was said.
    pub(crate) fn listed(&self, who: &str) -> Option<Arc<Listed>> {
        self.locked().listed.get(who).cloned()
    }

    /// Keeps it.
    pub(crate) fn keep_listed(&self, who: &str, listed: Listed) -> Arc<Listed> {
        let listed = Arc::new(listed);
        self.locked().listed.insert(who.to_owned(), Arc::clone(&listed));
        listed
    }

    /// What was said when the same was asked before.
    pub(crate) fn get(&self, key: &[u8; 32]) -> Option<Arc<Reply>> {
        self.locked().said.get(key).cloned()
    }

    /// Takes one call from the budget; says what ended the calls where there is none left.
    pub(crate) fn take(
        &self,
        operation: &OperationId,
        settings: &LlmSettings,
        operations: u64,
    ) -> Result<(), Exhausted> {
        let mut state = self.locked();
        // A model that is to be left alone stays so, whatever budget is left.
        if let Some(end) = state.slowed.get(operation) {
            return Err(*end);
        }
        if let Some(most) = settings.max_calls.filter(|most| state.calls >= *most) {
            return Err(Exhausted::Scan(most));
        }
        let each = settings.calls_each(operations);
        let spent = state.spent.entry(operation.clone()).or_default();

        if spent.calls >= each {
            return Err(Exhausted::Model(each));
        }
        if spent.output >= MAX_OUTPUT_CHARS {
            return Err(Exhausted::Output(MAX_OUTPUT_CHARS));
        }
        spent.calls += 1;
        state.calls += 1;
        Ok(())
    }

    /// Keeps what was said.
    pub(crate) fn keep(&self, key: [u8; 32], operation: &OperationId, said: Reply) -> Arc<Reply> {
        let said = Arc::new(said);
        let mut state = self.locked();
        // Every text stands in the channel of the whole answer once more, hence the half.
        state.spent.entry(operation.clone()).or_default().output +=
            said.reading.channels.iter().map(|channel| channel.text.chars().count()).sum::<usize>() / 2;
        if said.usable().is_ok() {
            state.answered.insert(operation.clone());
        }
        let late = &mut state.spent.entry(operation.clone()).or_default().late;
        *late = if said.answer.is_late() { *late + 1 } else { 0 };

        if *late >= MAX_LATE {
            state.slowed.insert(operation.clone(), Exhausted::Late);
        }
        // One 429 is enough: further calls would show the same limit and burden the target.
        if said.answer.status() == Some(429) {
            state.slowed.insert(operation.clone(), Exhausted::Slowed);
        }
        // Only before the first usable answer: later a 404 may be about one conversation.
        let absent = said.answer.status().filter(|status| ABSENT.contains(status));

        if let Some(status) = absent.filter(|_| !state.answered.contains(operation)) {
            state.slowed.insert(operation.clone(), Exhausted::Absent(status));
        }
        state.said.insert(key, Arc::clone(&said));
        said
    }

    fn locked(&self) -> std::sync::MutexGuard<'_, MemoryState> {
        self.state.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

/// A digest of what makes two questions the same.
pub(crate) fn question_digest(parts: &[&str]) -> [u8; 32] {
    let mut digest = Sha256::new();
    for part in parts {
        // The length parts the texts, so that no two lists of them run together to the same bytes.
        digest.update(part.len().to_le_bytes());
        digest.update(part);
    }
    digest.finalize().into()
}
