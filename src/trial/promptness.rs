//! How soon the target shows what a write did: it says how long a write that was not refused is watched before it is
//! called without effect.

use std::collections::BTreeMap;
use std::sync::{Mutex, PoisonError};
use std::time::Duration;

use crate::model::OperationId;
use crate::probe::Answer;

/// When the owner looks, each after the look before: many servers commit, or fill a view, a little later.
const LOOKS: [Duration; 3] = [Duration::ZERO, Duration::from_millis(100), Duration::from_millis(400)];
/// The same at a target that has shown its writes at once: one look more than they needed, and sooner.
const PROMPT_LOOKS: [Duration; FEWEST] = [Duration::ZERO, Duration::from_millis(20)];
const FEWEST: usize = 2;
/// Other operations that must have shown their effects at once before that is expected of one that has shown none.
const SEEN_BEFORE: usize = 2;
/// The target has only taken the write in (RFC 9110, section 15.3.3), and does it later.
const ACCEPTED: u16 = 202;

/// The latest look that each operation needed for its effect to show.
#[derive(Debug, Default)]
pub(super) struct Promptness {
    /// By operation; held only to add or read.
    needed: Mutex<BTreeMap<String, usize>>,
}

/// The looks at an effect of one write.
pub(super) struct EffectWatch<'a> {
    promptness: &'a Promptness,
    operation: String,
    /// Those before the looks that are still to come.
    pauses: &'static [Duration],
    /// Looks so far.
    taken: usize,
}

impl EffectWatch<'_> {
    /// Waits until the next look is due; false where it was looked often enough.
    pub(super) async fn is_due(&mut self) -> bool {
        let Some((pause, later)) = self.pauses.split_first() else { return false };
        if !pause.is_zero() {
            tokio::time::sleep(*pause).await;
        }
        (self.pauses, self.taken) = (later, self.taken + 1);
        true
    }

    /// Notes that the last look showed the effect.
    pub(super) fn showed(&self) {
        self.promptness.note(&self.operation, self.taken.saturating_sub(1));
    }
}

impl Promptness {
    /// Returns the looks at an effect of a write that was answered so.
    pub(super) fn watch(&self, operation: &OperationId, answer: &Answer) -> EffectWatch<'_> {
        let operation = operation.to_string();
        let pauses = self.pauses(&operation, answer);
        EffectWatch { promptness: self, operation, pauses, taken: 0 }
    }

    fn pauses(&self, operation: &str, answer: &Answer) -> &'static [Duration] {
        match self.looks_for(operation) {
            _ if answer.status() == Some(ACCEPTED) => &LOOKS,
            FEWEST => &PROMPT_LOOKS,
            most => LOOKS.get(..most).unwrap_or(&LOOKS),
        }
    }

    fn looks_for(&self, operation: &str) -> usize {
        let needed = self.needed.lock().unwrap_or_else(PoisonError::into_inner);
        match needed.get(operation) {
            Some(look) => (look + FEWEST).min(LOOKS.len()),
            None if needed.len() >= SEEN_BEFORE && needed.values().all(|look| *look == 0) => FEWEST,
            None => LOOKS.len(),
        }
    }

    /// Notes at which look, from 0, an effect of this operation showed.
    fn note(&self, operation: &str, look: usize) {
        let mut needed = self.needed.lock().unwrap_or_else(PoisonError::into_inner);
        let latest = needed.entry(operation.to_owned()).or_default();
        *latest = look.max(*latest);
    }
}

#[cfg(test)]
mod tests {
    use super::{LOOKS, Promptness};

    #[test]
    fn an_operation_is_watched_longer_than_its_effects_needed() {
        let promptness = Promptness::default();
        assert_eq!(promptness.looks_for("a"), LOOKS.len());
        promptness.note("a", 0);
        assert_eq!((promptness.looks_for("a"), promptness.looks_for("b")), (2, 3));
        promptness.note("c", 0);
        assert_eq!(promptness.looks_for("b"), 2);
        promptness.note("c", 1);

        assert_eq!((promptness.looks_for("a"), promptness.looks_for("b"), promptness.looks_for("c")), (2, 3, 3));
    }
}
