//! The facts that answers to creations, sign-ups and sign-ins hold: whose objects they show their caller, its own account
//! among them.

use std::collections::HashSet;
use std::sync::Arc;

use super::explore::values_of;
use super::fact::{AccessOutcome, Fact, relation_to};
use super::field_groups::fields_shown;
use crate::model::{AccessVerb, OperationId};
use crate::probe::Answer;
use crate::survey::{Object, ObjectKey, Sign, Survey, is_soft_error};

/// Most objects of others that one answer is looked through for.
const MAX_SHOWN: usize = 200;

/// An answer to a request that made something, or signed up or in.
#[derive(Debug, Clone)]
pub struct SeenAnswer {
    /// The operation.
    pub operation: OperationId,
    /// What it does for its caller.
    pub verb: AccessVerb,
    /// The caller.
    pub caller: String,
    /// What came back.
    pub answer: Arc<Answer>,
}

impl SeenAnswer {
    /// Returns the facts in it. What it shows of others' objects it lets its caller read; its caller's own is what the
    /// request was about.
    pub fn facts(&self, survey: &Survey) -> Vec<Fact> {
        let Some(response) = self.answer.response().filter(|response| response.is_success()) else { return Vec::new() };
        let (Some(json), Some(values)) = (response.json.as_ref(), values_of(&self.answer)) else { return Vec::new() };

        // Where a 200 says of itself that it failed, nothing was made and no caller was signed in.
        if is_soft_error(response) {
            return Vec::new();
        }
        let owned = survey.owners.iter().filter(|(key, _)| values.contains(&key.1));
        let shown = owned.filter(|(key, (owner, signs))| {
            // A sign-in may show no more of the account than its id, and is still about it.
            let is_account = *owner == self.caller && signs.contains(&Sign::IsCaller);
            let object = survey.objects.known.get(*key);
            is_account && self.verb == AccessVerb::Call || object.is_some_and(|object| is_shown(json, key, object))
        });
        shown.take(MAX_SHOWN).map(|(key, (owner, _))| self.fact(survey, key, owner, &values)).collect()
    }

    fn fact(&self, survey: &Survey, key: &ObjectKey, owner: &str, values: &Arc<HashSet<String>>) -> Fact {
        Fact {
            operation: self.operation.clone(),
            verb: if owner == self.caller { self.verb } else { AccessVerb::Read },
            object: key.clone(),
            caller: self.caller.clone(),
            relation: relation_to(&survey.people, owner, &self.caller),
            outcome: AccessOutcome::Served,
            exchange: Some(Arc::clone(&self.answer.exchange)),
            values: Some(Arc::clone(values)),
        }
    }
}

/// Returns true where an answer shows most of an object: its id alone may stand there for something else.
fn is_shown(json: &serde_json::Value, key: &ObjectKey, object: &Object) -> bool {
    let shown = fields_shown(json, key, object).len();
    // Of an object with two fields, half would be the id alone.
    shown >= 2 && shown * 2 >= object.fields.len()
}
