//! Removals whose own words say that the row stays ("Archive a project", "Void a shipment"), and how many of what was
//! removed may only be hidden.

use crate::model::{Api, Method, Operation, UndoOutcome, item_shape, path_shape};
use crate::report::{Report, Write};
use crate::survey::split_words;

/// Words of a removal after which a row is usually kept.
const WORDS: &str = "archive archives archived void voids withdraw withdraws deactivate deactivates disable disables trash \
                     hide hides soft softly cancel cancels close closes retire retires suspend suspends revoke revokes";

/// Says of what is undone that the application may keep its row, where the removal's own words speak for it.
pub fn name_hidden(api: &Api, report: &mut Report) {
    for write in report.writes.iter_mut().filter(|write| write.is_undone()) {
        let removal = removal_of(api, &write.operation);
        let Some((removal, word)) = removal.and_then(|removal| Some((removal, hiding_word(removal)?))) else {
            continue;
        };
        write.outcome = UndoOutcome::Hidden;
        write.because = Some(format!(
            "nothing shows it any more; {} says `{word}`, so that the application may keep a hidden row",
            removal.id
        ));
    }

    let note = hidden_note(&report.writes);
    report.notes.extend(note);
}

/// Returns what removes the things that a creation makes.
fn removal_of<'a>(api: &'a Api, creation: &str) -> Option<&'a Operation> {
    let below = item_shape(creation.split_once(' ')?.1);
    let mut removals = api.operations.iter().filter(|operation| operation.method == Method::Delete);
    removals.find(|operation| path_shape(&operation.path) == below)
}

fn hiding_word(removal: &Operation) -> Option<&'static str> {
    let id = removal.operation_id.as_deref().unwrap_or_default();
    let said: Vec<String> = removal.summary.split_whitespace().chain([id]).flat_map(split_words).collect();
    WORDS.split_whitespace().find(|word| said.iter().any(|it| it == word))
}

/// How many things were removed whose rows the application may only have marked or hidden.
fn hidden_note(writes: &[Write]) -> Option<String> {
    let hidden = writes.iter().filter(|write| write.is_hidden()).count();
    (hidden > 0).then(|| {
        format!(
            "{hidden} objects were removed as far as the API shows, and the application may keep their rows, marked or \
             hidden as removed: `writes` names them, and why"
        )
    })
}
