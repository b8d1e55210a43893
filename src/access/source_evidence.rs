//! What the source says of other routes, as evidence: a handler that holds an object to its owner speaks for that object's
//! being its owner's. It says what the code does, not what happens, so it ranks below every rule that was seen at work, and
//! is not heard at all where the running API contradicts it.

use std::collections::BTreeSet;

use super::fact::{AccessOutcome, Fact, Relation};
use super::grounds::{Ground, Rank, Witness};
use crate::code::{HandlerWord, HandlerWords, OwnershipWord};
use crate::model::{ANONYMOUS, AccessClaim, AccessVerb, Method, Operation, OperationId, clean_name};
use crate::survey::{Survey, id_slots, resource_of_model, resource_of_path};

/// What the source says of the handlers of an API.
#[derive(Debug, Default)]
pub struct SourceEvidence {
    /// Routes whose handlers are found, and neither look at the owner nor at a role.
    careless: BTreeSet<OperationId>,
    ties: Vec<WrittenTie>,
}

/// A kind of object that a handler holds to its owner.
#[derive(Debug)]
struct WrittenTie {
    operation: OperationId,
    verb: AccessVerb,
    /// It answers the object itself, not a part of it.
    is_whole: bool,
    resource: String,
    because: String,
}

impl SourceEvidence {
    /// Takes what the source says, unless a handler that looks at the owner was seen to serve a stranger: then the source
    /// is not what runs, or reads otherwise than it works.
    pub fn of(words: &HandlerWords, survey: &Survey, facts: &[Fact]) -> Self {
        let find = |id: &OperationId| survey.api.operations.iter().find(|operation| operation.id == *id);
        let ties = words.iter().filter_map(|(id, word)| Some(ties_of(survey, find(id)?, word)));
        let ties: Vec<WrittenTie> = ties.flatten().collect();

        if ties.iter().any(|tie| facts.iter().any(|fact| contradicts_tie(fact, tie))) {
            return Self::default();
        }
        // A handler that asks for a role may serve its holders by right, without a look at the owner.
        let is_careless = |word: &HandlerWord| word.word != OwnershipWord::Checked && !word.is_role_gated;
        let careless = words.iter().filter(|(_, word)| is_careless(word)).map(|(id, _)| id.clone()).collect();
        Self { careless, ties }
    }

    /// Returns the grounds for a claim: none where the source says of the accused route itself that it looks at the owner
    /// or a role, or has no such route.
    pub(super) fn grounds(&self, claim: &AccessClaim, left_out: &BTreeSet<OperationId>) -> Vec<Ground> {
        // A parameter of a route is claimed apart from it: `GET /boards?tenantId`.
        let route = OperationId::from(claim.operation.as_str().split('?').next().unwrap_or_default());

        // A claim that nobody made asks for what is known of a kind of object.
        let is_asked = route.as_str().is_empty();

        if claim.caller == ANONYMOUS || !(is_asked || self.careless.contains(&route)) {
            return Vec::new();
        }
        let is_heard = |tie: &&WrittenTie| tie.operation != route && !left_out.contains(&tie.operation);
        let of_kind = self.ties.iter().filter(|tie| tie.resource == claim.resource).filter(is_heard);
        let mut grounds: Vec<Ground> = of_kind.filter_map(|tie| ground_from_tie(claim, tie)).collect();

        // All that one source says is one witness: its authors.
        grounds.sort_by(|a, b| (a.rank, &a.route).cmp(&(b.rank, &b.route)));
        grounds.truncate(1);
        grounds
    }

    /// Returns what the source says of a kind of object, the strongest first.
    pub(super) fn of_resource(&self, resource: &str, left_out: &BTreeSet<OperationId>) -> Vec<&str> {
        let is_heard = |tie: &&WrittenTie| tie.resource == resource && !left_out.contains(&tie.operation);
        self.ties.iter().filter(is_heard).map(|tie| tie.because.as_str()).collect()
    }
}

/// Returns how much a tie says: who may read is told by reads, who may change also by changes.
fn ground_from_tie(claim: &AccessClaim, tie: &WrittenTie) -> Option<Ground> {
    // What only its owner may remove, others may still be meant to edit.
    let is_lesser = tie.verb == AccessVerb::Delete && claim.verb != AccessVerb::Delete;
    let rank = match (claim.verb.is_read(), tie.verb.is_read()) {
        (true, true) if tie.is_whole => Rank::Scope,
        (false, false) if !is_lesser => Rank::Scope,
        (false, true) if tie.is_whole => Rank::Scope,
        // A handler of a part holds that part to the owner, which says nothing of the whole.
        (true, true) | (false, true) => return None,
        _ => Rank::Ownership,
    };

    Some(Ground {
        rank,
        witness: Witness::Source,
        route: Some(tie.operation.clone()),
        because: tie.because.clone(),
        exchange: None,
    })
}

/// Returns whether the running API served a stranger what the code holds to its owner.
fn contradicts_tie(fact: &Fact, tie: &WrittenTie) -> bool {
    fact.operation == tie.operation
        && fact.object.0 == tie.resource
        && fact.outcome == AccessOutcome::Served
        // A member of the owner's group may pass the handler's own check, which is no contradiction.
        && matches!(fact.relation, Relation::Peer | Relation::Lower | Relation::Anonymous | Relation::Invalid)
}

fn ties_of(survey: &Survey, operation: &Operation, word: &HandlerWord) -> Vec<WrittenTie> {
    // One access that nothing ties may be the one that counts.
    if word.word != OwnershipWord::Checked {
        return Vec::new();
    }
    let slots = id_slots(&survey.api, operation);
    let mut ties: Vec<WrittenTie> = Vec::new();

    for tie in &word.ties {
        let by_slot = tie.ids.iter().filter_map(|id| slots.iter().find(|slot| slot.name == *id));
        let by_slot = by_slot.filter_map(|slot| slot.resources.first().cloned());
        let by_model = tie.model.as_deref().and_then(resource_of_model);

        for resource in by_model.into_iter().chain(by_slot) {
            if ties.iter().any(|known| known.resource == resource) {
                continue;
            }
            let at = clean_name(operation.id.as_str(), 120);
            ties.push(WrittenTie {
                operation: operation.id.clone(),
                verb: verb_of(operation),
                is_whole: resource_of_path(&operation.path).as_ref() == Some(&resource),
                because: format!("the source of {at} holds each {resource} to its owner ({})", tie.because),
                resource,
            });
        }
    }

    ties
}

fn verb_of(operation: &Operation) -> AccessVerb {
    match operation.method {
        Method::Delete => AccessVerb::Delete,
        method if method.is_safe() => AccessVerb::Read,
        _ => AccessVerb::Change,
    }
}
