//! What the user's `exclude` and `include` make of the operations: the one is never asked, the other only reads.

use crate::config::operation_matches;
use crate::model::{Api, Effect, Operation, clean_name, name_first};
use crate::spec::takes_password;

/// The most operations that one note names.
const MAX_NAMED: usize = 5;

/// The user's patterns.
pub(super) struct UserChoice<'a> {
    /// Operations that are never asked.
    pub(super) excluded: &'a [String],
    /// Operations that only read.
    pub(super) included: &'a [String],
}

impl UserChoice<'_> {
    /// Settles the doubts that the user answered, and returns what there is to say of that. Where both patterns name an
    /// operation it is not asked.
    pub(super) fn settle(&self, api: &mut Api) -> Vec<String> {
        let mut notes = self.unmatched(api);
        let (mut excluded, mut writes, mut passwords) = (Vec::new(), Vec::new(), Vec::new());

        for operation in api.operations.iter_mut().filter(|operation| matches_any_pattern(self.included, operation)) {
            match operation.effect {
                _ if matches_any_pattern(self.excluded, operation) => excluded.push(operation.id.to_string()),
                // A pattern that is too wide must not let a passive scan write.
                Effect::Writes | Effect::Deletes => writes.push(operation.id.to_string()),
                // A guessed password may lock an account, so no value is made up for one.
                Effect::Doubtful(_) if asks_password(operation) => passwords.push(operation.id.to_string()),
                Effect::Doubtful(_) => {
                    operation.effect = Effect::Reads;
                    operation.effect_because = "by your word (`include`)".to_owned();
                }
                Effect::Reads => {}
            }
        }

        let told = [
            (excluded, "`exclude` wins where `include` names the same operation"),
            (writes, "`include` settles doubts about GETs; what changes state follows the mode"),
            (passwords, "`include` settles nothing where a password is taken, as none is made up"),
        ];
        notes.extend(
            told.into_iter().filter(|(found, _)| !found.is_empty()).map(|(found, says)| name_operations(says, &found)),
        );

        notes
    }

    fn unmatched(&self, api: &Api) -> Vec<String> {
        let is_idle = |pattern: &&String| {
            !api.operations.iter().any(|operation| matches_any_pattern(std::slice::from_ref(*pattern), operation))
        };
        let idle = self.included.iter().filter(is_idle).take(MAX_NAMED);
        idle.map(|pattern| format!("`include` names no operation: {}", clean_name(pattern, 100))).collect()
    }
}

/// Returns whether one of the patterns names an operation.
pub(super) fn matches_any_pattern(patterns: &[String], operation: &Operation) -> bool {
    // A question of GraphQL's is known by its id: its address is the scan's own.
    let (method, path) = operation.id.as_str().split_once(' ').unwrap_or((operation.method.as_str(), &operation.path));
    patterns.iter().any(|pattern| operation_matches(pattern, method, path))
}

fn asks_password(operation: &Operation) -> bool {
    operation.parameters.iter().any(|value| takes_password(&value.name))
}

fn name_operations(says: &str, found: &[String]) -> String {
    format!("{says}: {}", name_first(found, MAX_NAMED, |id| clean_name(id, 100)))
}
