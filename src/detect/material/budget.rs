//! How much of a scan's answers is searched for secrets: a target decides how much it answers, and not how long a scan
//! thinks about it.

use std::sync::atomic::{AtomicUsize, Ordering};

/// So much text is searched whole in one scan.
const MOST_BYTES: usize = 64 * 1024 * 1024;
/// Of what comes after that, so much of each answer.
const BEGINNING_BYTES: usize = 64 * 1024;

/// What is left to be searched.
#[derive(Debug)]
pub struct SearchBudget(AtomicUsize);

impl Default for SearchBudget {
    fn default() -> Self {
        Self(AtomicUsize::new(MOST_BYTES))
    }
}

impl SearchBudget {
    /// Returns what of a text is searched: all of it, or its beginning when the budget is spent. A short text is always
    /// searched whole.
    pub fn allow<'t>(&self, text: &'t str) -> &'t str {
        if text.len() <= BEGINNING_BYTES {
            return text;
        }
        // A text that does not fit takes nothing, so that shorter ones after it are still searched whole.
        let spend = |left: usize| left.checked_sub(text.len());

        if self.0.fetch_update(Ordering::Relaxed, Ordering::Relaxed, spend).is_ok() {
            return text;
        }
        let end = (0..=BEGINNING_BYTES).rev().find(|at| text.is_char_boundary(*at)).unwrap_or(0);
        text.get(..end).unwrap_or_default()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_spent_budget_leaves_the_beginning_of_long_texts() {
        let budget = SearchBudget(AtomicUsize::new(300_000));
        let long = "é".repeat(100_000);
        assert_eq!(budget.allow(&long).len(), 200_000);
        assert_eq!(budget.allow(&long).len(), BEGINNING_BYTES);
        assert_eq!(budget.allow(&long[..100_000]).len(), 100_000, "what still fits is searched whole");

        assert_eq!(budget.allow(&long[..2_000]).len(), 2_000);
    }
}
