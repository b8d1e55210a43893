//! What callers were seen to be able to do: for the ownership matrix, and as facts for the judgement of all claims.

use std::sync::{Arc, PoisonError};

use super::lab::Lab;
use super::look::ObjectView;
use crate::access::{AccessOutcome, Fact, relation_to};
use crate::act::{Acting, Created};
use crate::model::{AccessVerb, Operation, OperationId};
use crate::probe::Answer;
use crate::survey::ObjectKey;

/// What a caller was seen to be able to do on an operation that changes state; for the ownership matrix.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct ObservedAccess {
    /// The operation.
    pub operation: OperationId,
    /// The caller that tried.
    pub caller: String,
    /// The owner of the object; empty where it had none.
    pub owner: String,
    /// It had an effect.
    pub effect: bool,
    /// How that is known.
    pub because: String,
    /// The status that refused the caller, where one did.
    pub refused_with: Option<u16>,
}

impl Lab<'_> {
    /// Returns what was seen of the callers so far.
    pub fn accesses(&self) -> Vec<ObservedAccess> {
        self.accesses.lock().unwrap_or_else(PoisonError::into_inner).clone()
    }

    /// Notes what a caller was seen to be able to do.
    pub(crate) fn note(&self, acting: &Acting, caller: &str, owner: &str, effect: bool, because: impl Into<String>) {
        let access = ObservedAccess {
            operation: acting.operation.id.clone(),
            caller: caller.to_owned(),
            owner: owner.to_owned(),
            effect,
            because: because.into(),
            refused_with: None,
        };

        self.accesses.lock().unwrap_or_else(PoisonError::into_inner).push(access);
    }

    /// Notes that a caller was refused a function that is no matter of one object.
    pub(crate) fn note_refusal(&self, acting: &Acting, caller: &str, answer: &Answer, because: impl Into<String>) {
        let access = ObservedAccess {
            operation: acting.operation.id.clone(),
            caller: caller.to_owned(),
            owner: String::new(),
            effect: false,
            because: because.into(),
            refused_with: answer.status(),
        };

        self.accesses.lock().unwrap_or_else(PoisonError::into_inner).push(access);
    }

    /// Returns the object under which facts about an object of the scan's own are kept: itself, or else another one of the
    /// same kind and caller that the survey knows. Whose such objects are is one rule.
    pub(crate) fn key_of(&self, created: &Created) -> ObjectKey {
        let key = |created: &Created| (created.object.resource.clone(), created.id.clone());
        let known = |key: &ObjectKey| self.survey.owners.contains_key(key);
        let made = self.maker.made();
        let alike = made.iter().filter(|other| other.producer == created.producer && other.caller == created.caller);

        std::iter::once(key(created)).chain(alike.map(key)).find(known).unwrap_or_else(|| key(created))
    }

    /// Keeps what a caller did to an object as a fact.
    pub(super) fn record(
        &self,
        operation: &Operation,
        (verb, created): (AccessVerb, &Created),
        caller: &str,
        outcome: AccessOutcome,
        answer: &Answer,
    ) {
        self.facts.record(Fact {
            operation: operation.id.clone(),
            verb,
            object: self.key_of(created),
            caller: caller.to_owned(),
            relation: relation_to(&self.survey.people, &created.caller, caller),
            outcome,
            exchange: Some(Arc::clone(&answer.exchange)),
            values: crate::access::values_of(answer),
        });
    }

    /// Keeps whether a caller was shown an object as a fact.
    pub(super) fn record_look(&self, route: &Operation, created: &Created, caller: &str, seen: &ObjectView) {
        let named = crate::act::ends_in_slot(&route.path);
        let verb = if named { AccessVerb::Read } else { AccessVerb::List };
        let outcome = match (&seen.object, seen.telling) {
            (Some(_), _) => AccessOutcome::Served,
            (None, true) if named => {
                AccessOutcome::Refused(format!("status {}", super::answers::status_of(&seen.answer)))
            }
            // A list that lacks the object refuses nothing: it may show one part of many.
            (None, true) if seen.answer.response().is_some_and(|response| response.is_success()) => {
                AccessOutcome::Absent
            }
            _ => return,
        };

        self.record(route, (verb, created), caller, outcome, &seen.answer);
    }
}
