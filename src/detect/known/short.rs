//! Forms that are too short for the index of grams.

use std::sync::Arc;

use aho_corasick::{AhoCorasick, MatchKind};

use super::forms::KnownForm;
use super::reading::KnownReading;

/// Automata for short forms.
pub(super) struct Short {
    exact: ShortValueMachine,
    folded: ShortValueMachine,
}

struct ShortValueMachine {
    /// Nothing is looked for without one.
    automaton: Option<AhoCorasick>,
    forms: Vec<Arc<KnownForm>>,
}

impl Short {
    /// `None` when the automata would be too large.
    pub fn new(forms: Vec<Arc<KnownForm>>) -> Option<Self> {
        let (exact, folded) = forms.into_iter().partition(|form| form.exact);
        Some(Self { exact: ShortValueMachine::new(exact, false)?, folded: ShortValueMachine::new(folded, true)? })
    }

    /// Whether undoing escapes would spoil one of the forms.
    pub fn looks_escaped(&self) -> bool {
        [&self.exact, &self.folded].iter().any(|machine| machine.forms.iter().any(|form| form.looks_escaped()))
    }

    /// Calls back with every form and where it stands.
    pub fn each(&self, reading: &KnownReading<'_>, mut found: impl FnMut(&KnownForm, usize)) {
        for machine in [&self.exact, &self.folded] {
            let Some(automaton) = &machine.automaton else { continue };
            // One short value may stand within another, and each has a name of its own in the report.
            for at in automaton.find_overlapping_iter(reading.bytes()) {
                if let Some(form) = machine.forms.get(at.pattern().as_usize())
                    && form.is_at(reading, at.start())
                {
                    found(form, at.start());
                }
            }
        }
    }
}

impl ShortValueMachine {
    fn new(forms: Vec<Arc<KnownForm>>, fold: bool) -> Option<Self> {
        if forms.is_empty() {
            return Some(Self { automaton: None, forms });
        }
        let automaton = AhoCorasick::builder()
            .ascii_case_insensitive(fold)
            .match_kind(MatchKind::Standard)
            .build(forms.iter().map(|form| &form.bytes))
            .ok()?;
        Some(Self { automaton: Some(automaton), forms })
    }
}
