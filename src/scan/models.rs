//! Operations that a model may stand behind though the document does not say so: asked before the checks, or told.

use super::run::{ScanInput, Stage, Ticked};
use crate::act::{Accounts, Maker};
use crate::checks::{ActCx, CheckCx, Met, Shared, candidates, meet as ask};
use crate::llm::Settings;
use crate::model::{Mode, OperationId, clean_name};
use crate::survey::Survey;

/// Most operations that are named in one note.
const MOST_NAMED: usize = 6;

/// Finds out which operations face a model; gives the settings that know them, and the operations that were not asked.
pub(super) async fn meet(
    input: &ScanInput<'_>,
    survey: &Survey,
    maker: &Maker<'_>,
    shared: &Shared,
    ticked: Ticked<'_>,
) -> (Settings, Vec<OperationId>) {
    let mut llm = input.llm.clone();
    if !input.checks.iter().any(|check| check.meta().id.starts_with("llm/")) {
        return (llm, Vec::new());
    }
    let all = input.act.is_none().then(|| crate::act::acting(&input.api, input.excluded));
    let chosen = all.as_deref().unwrap_or(maker.acting).iter().filter(|acting| (input.selected)(&acting.operation));
    let none = Accounts::default();
    let accounts = input.act.as_ref().map_or(&none, |act| &act.accounts);
    let cx = CheckCx { survey, probe: input.probe, shared, llm: &input.llm };
    let may = candidates(&ActCx::new(&cx, maker, accounts, input.mode), chosen);
    if may.is_empty() {
        return (llm, Vec::new());
    }
    if input.mode > Mode::Passive {
        ticked(Stage::Models, 0, may.len() as u64, 0);
    }
    // To be spoken to, they are taken for models.
    let supposed =
        Settings { met: may.iter().map(|acting| acting.operation.id.clone()).collect(), ..input.llm.clone() };
    let cx = CheckCx { llm: &supposed, ..cx };
    let Met { models, unasked } = ask(&ActCx::new(&cx, maker, accounts, input.mode), &may).await;
    llm.met = models;
    (llm, unasked)
}

/// What the user should know of it.
pub(super) fn note(input: &ScanInput<'_>, llm: &Settings, unasked: &[OperationId]) -> Vec<String> {
    let mut notes = Vec::new();
    if !llm.met.is_empty() {
        notes.push(format!("a model answers at {}: its answers show it, the document does not", named(&llm.met)));
    }
    if !unasked.is_empty() {
        let way = if input.mode == Mode::Passive {
            "`--mode active` asks it two plain questions to find out, or name it in [[llm.endpoints]]"
        } else {
            "name it in [[llm.endpoints]] to have it asked"
        };
        notes.push(format!("a model may stand behind {}, which was not asked: {way}", named(unasked)));
    }
    notes
}

fn named(operations: &[OperationId]) -> String {
    let mut names: Vec<String> = operations.iter().take(MOST_NAMED).map(|id| clean_name(id.as_str(), 80)).collect();
    if operations.len() > MOST_NAMED {
        names.push(format!("{} more", operations.len() - MOST_NAMED));
    }
    names.join(", ")
}
