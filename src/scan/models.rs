//! Operations that a model may stand behind though the document does not say so: asked before the checks, or told.

use super::count::{Stage, Ticked};
use super::run::ScanInput;
use crate::access::AccessTable;
use crate::act::{Accounts, Acting, Maker};
use crate::checks::{ActCx, CheckCx, Excluded, Shared};
use crate::conversation::{Met, ask_candidates as ask, find_candidates};
use crate::llm::LlmSettings;
use crate::model::{Mode, OperationId, clean_name};

/// Most operations that are named in one note.
const MOST_NAMED: usize = 12;

/// What is needed to find out which operations face a model.
pub(super) struct ModelSearch<'s> {
    pub(super) acting: &'s [Acting],
    pub(super) access: &'s AccessTable<'s>,
    pub(super) maker: &'s Maker<'s>,
    pub(super) shared: &'s Shared,
}

/// Finds out which operations face a model; gives the settings that know them, and what came of the others.
pub(super) async fn find_models(
    input: &ScanInput<'_>,
    search: &ModelSearch<'_>,
    ticked: Ticked<'_>,
) -> (LlmSettings, Met) {
    let ModelSearch { acting, access, maker, shared } = *search;
    let mut llm = input.llm.clone();

    if !input.checks.iter().any(|check| check.meta().id.starts_with("llm/")) {
        return (llm, Met::default());
    }
    let chosen = acting.iter().filter(|acting| (input.selected)(&acting.operation));
    let may = find_candidates(&input.api, &input.llm, chosen);

    if may.is_empty() {
        return (llm, Met::default());
    }
    if input.mode > Mode::Passive {
        ticked(Stage::Models, 0, may.len() as u64, 0);
    }
    // To be spoken to, they are taken for models.
    let supposed =
        LlmSettings { met: may.iter().map(|acting| acting.operation.id.clone()).collect(), ..input.llm.clone() };
    let none = Accounts::default();
    let accounts = input.act.as_ref().map_or(&none, |act| &act.accounts);
    let excluded = Excluded(input.excluded);
    let cx = CheckCx { survey: access.survey(), probe: input.probe, shared, llm: &supposed, access, excluded };
    let met = ask(ActCx::new(&cx, maker, accounts, input.mode).talking(), &may).await;
    llm.met.clone_from(&met.models);

    (llm, met)
}

/// What the user should know of it.
pub(super) fn user_notes(input: &ScanInput<'_>, met: &Met) -> Vec<String> {
    let Met { models, others, unasked } = met;
    let mut notes = Vec::new();

    if !models.is_empty() {
        notes.push(format!("a model answers at {}: its answers show it, the document does not", list_names(models)));
    }
    if !others.is_empty() {
        notes.push(format!(
            "two plain questions were sent to {}, and no sign of a model came back; where one stands behind it all the same, name it in `endpoints` of [llm]",
            list_names(others)
        ));
    }

    if !unasked.is_empty() {
        let way = if input.llm.max_calls == Some(0) {
            "`max_calls` in [llm] is 0"
        } else if input.mode == Mode::Passive {
            "a scan in active mode asks two plain questions where the document hints at one, and `endpoints` of [llm] names what is known"
        } else if input.mode == Mode::Active {
            "nothing in the document hints at one, and people might read the question; name it in `endpoints` of [llm], or scan in intrusive mode"
        } else {
            "name it in `endpoints` of [llm] to have it asked"
        };
        notes.push(format!("a model may stand behind {}: not asked; {way}", list_names(unasked)));
    }

    notes
}

fn list_names(operations: &[OperationId]) -> String {
    let mut names: Vec<String> = operations.iter().take(MOST_NAMED).map(|id| clean_name(id.as_str(), 80)).collect();
    if operations.len() > MOST_NAMED {
        names.push(format!("{} more", operations.len() - MOST_NAMED));
    }
    names.join(", ")
}
