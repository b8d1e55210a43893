//! Facts: which caller got or did what to which object, by which route, as its content or a look afterwards shows.

use std::collections::HashSet;
use std::sync::{Arc, Mutex, PoisonError};

use crate::model::{ANONYMOUS, AccessVerb, Exchange, GARBAGE, OperationId};
use crate::survey::{ObjectKey, People};

/// Most facts that are kept of one scan.
const MAX_FACTS: usize = 100_000;

/// What a caller is to the owner of an object.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub enum Relation {
    /// The owner itself.
    Owner,
    /// Of the same rank, and of one group (tenant, team) with the owner.
    Member,
    /// Of the same rank, with no group in common.
    Peer,
    /// Of a lower rank.
    Lower,
    /// Of a higher rank.
    Higher,
    /// Without a credential.
    Anonymous,
    /// With a credential that the API never issued.
    Invalid,
}

/// What came of a caller's request for an object.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum AccessOutcome {
    /// The caller got it, or its write had an effect.
    Served,
    /// The caller was turned away; how.
    Refused(String),
    /// A list that the caller was served leaves the object out.
    Absent,
    /// Nothing can be said; why.
    Unclear(String),
}

/// One thing that was seen.
#[derive(Debug, Clone)]
pub struct Fact {
    /// The route.
    pub operation: OperationId,
    /// What was asked for.
    pub verb: AccessVerb,
    /// The object.
    pub object: ObjectKey,
    /// The caller.
    pub caller: String,
    /// What the caller is to the object's owner.
    pub relation: Relation,
    /// What came of it.
    pub outcome: AccessOutcome,
    /// The exchange, where one alone shows it.
    pub exchange: Option<Arc<Exchange>>,
    /// The values in the answer, where it was asked beyond the survey.
    pub values: Option<Arc<HashSet<String>>>,
}

/// All facts of a scan; facts are only added.
#[derive(Debug, Default)]
pub struct FactTable {
    /// Held only to add or copy.
    facts: Mutex<Arc<Vec<Fact>>>,
}

impl FactTable {
    /// Adds facts; those beyond the cap are dropped, which can only cost certainty.
    pub fn extend(&self, more: impl IntoIterator<Item = Fact>) {
        // Facts are only added, so that a panic while the lock was held leaves nothing half done.
        let mut facts = self.facts.lock().unwrap_or_else(PoisonError::into_inner);
        let room = MAX_FACTS.saturating_sub(facts.len());

        // A copy is made only where a snapshot of before is still looked at.
        Arc::make_mut(&mut facts).extend(more.into_iter().take(room));
    }

    /// Adds a fact.
    pub fn record(&self, fact: Fact) {
        self.extend([fact]);
    }

    /// Returns all facts so far; those that come later do not change it.
    pub fn snapshot(&self) -> Arc<Vec<Fact>> {
        Arc::clone(&self.facts.lock().unwrap_or_else(PoisonError::into_inner))
    }
}

/// Returns what a caller is to an owner.
pub fn relation_to(people: &People, owner: &str, caller: &str) -> Relation {
    if caller == owner {
        return Relation::Owner;
    }
    // Rank comes before groups: an administrator of the owner's tenant is let in by its role, not as a member.
    match (people.get(owner), people.get(caller)) {
        (Some(owner), Some(caller)) if caller.rank < owner.rank => Relation::Lower,
        (Some(owner), Some(caller)) if caller.rank > owner.rank => Relation::Higher,
        // What is null for both is no group that they share: only values that were learnt stand in `groups`.
        (Some(owner), Some(caller)) if owner.shares_group_with(caller) => Relation::Member,
        (Some(_), Some(_)) => Relation::Peer,
        _ if caller == GARBAGE => Relation::Invalid,
        _ if caller == ANONYMOUS => Relation::Anonymous,
        _ => Relation::Invalid,
    }
}
