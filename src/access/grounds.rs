//! Reasons to hold that an object is meant for its owner, or open: how much each says, and what it is drawn from.

use std::sync::Arc;

use crate::model::{Exchange, OperationId};

/// How much a ground says, strongest first.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub enum Rank {
    /// The user said so.
    Stated,
    /// A route refused the same relation on an object that it serves its owner: the authors wrote a rule.
    Rule,
    /// A list leaves the object out, or what it belongs to is kept: who may see it is decided somewhere.
    Scope,
    /// A field names the owner, or a write is refused: who owns it is known, which says less of who may see it.
    Ownership,
    /// A field that public objects have too (`author`) names the owner: it says something beside a scope alone.
    Hint,
}

/// What a ground is drawn from: two of one kind, and of no two routes, are one witness.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub enum Witness {
    /// The user.
    User,
    /// Another route's answer.
    Route,
    /// The collection of the very path that was claimed: `/drafts` of `/drafts/{slug}`. It is what its caller can reach.
    Collection,
    /// Fields of the object.
    Fields,
    /// What the object belongs to.
    Parent,
    /// The owner's own list at the claimed route.
    OwnList,
    /// The object is the owner's account, with what people keep to themselves.
    Account,
    /// The handler of another route, as its source reads: what the code does, and not what was seen to happen.
    Source,
}

/// One reason to hold that an object is meant for its owner.
#[derive(Debug, Clone)]
pub struct Ground {
    /// How much it says.
    pub rank: Rank,
    /// What it is drawn from.
    pub witness: Witness,
    /// The route that shows it; none for what the object itself or the user says.
    pub route: Option<OperationId>,
    /// The sentence for people.
    pub because: String,
    /// The exchange that shows it, where one does.
    pub exchange: Option<Arc<Exchange>>,
}

/// Everything that speaks for and against a claim.
#[derive(Debug, Clone, Default)]
pub struct Grounds {
    /// For the owner alone, strongest first.
    pub private: Vec<Ground>,
    /// Routes that let the caller reach the same by right, with the sentence.
    pub open: Vec<(OperationId, String)>,
    /// Another caller of the owner's rank at the same route: its name, and whether it was served.
    pub bystander: Option<(String, bool)>,
    /// A group that both callers belong to and the object names.
    pub shared_group: Option<String>,
    /// Fields among the shown values that people keep to themselves.
    pub private_fields: Vec<String>,
    /// Heard routes serve the object to callers without a credential.
    pub open_to_strangers: bool,
}

impl Ground {
    /// Returns whether the running API showed it, or the user said it: what the source reads is neither.
    pub fn is_seen(&self) -> bool {
        self.witness != Witness::Source
    }
}

impl Grounds {
    /// Returns what the handler of another route says in its source.
    pub fn written(&self) -> Option<&Ground> {
        self.private.iter().find(|ground| !ground.is_seen())
    }
}
