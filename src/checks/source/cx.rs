//! What checks of the source work with, and what they come to.

use crate::checks::rule::{Rule, Violation};
use crate::code::{CodeFacts, HandlerFacts};
use crate::model::{Api, Draft, HandlerPlace, Operation, OperationId, Security};

/// What checks of the source work with.
#[derive(Debug, Clone, Copy)]
pub struct SourceCx<'a> {
    /// The API: the document's operations, or the routes of the source.
    pub api: &'a Api,
    /// What the code shows.
    pub facts: &'a CodeFacts,
}

/// A finding in the source, with the line that it is about.
#[derive(Debug)]
pub struct SourceDraft {
    /// The finding.
    pub draft: Draft,
    /// The line.
    pub place: HandlerPlace,
}

impl<'a> SourceCx<'a> {
    /// Returns the operations whose handlers were read, in the order of the document, with what was read.
    pub(super) fn handlers(self) -> impl Iterator<Item = (&'a Operation, &'a HandlerFacts)> {
        let facts = &self.facts.handlers;
        self.api.operations.iter().filter_map(|operation| Some((operation, facts.get(&operation.id)?)))
    }

    pub(super) fn operation(self, id: &OperationId) -> Option<&'a Operation> {
        self.api.operations.iter().find(|operation| operation.id == *id)
    }
}

/// Returns the finding with the condition that no source can meet: that it was seen at work. It is suspected for good.
pub(super) fn read_only(mut rule: Rule, finding: Violation<'_>, place: &HandlerPlace) -> SourceDraft {
    let unproven = "read in the source, not proven: nothing was asked of a running API";
    rule.weigh("seen-at-work", None, unproven);
    SourceDraft { draft: rule.draft(finding), place: place.clone() }
}

/// Returns whether the document says that strangers may call an operation.
pub(super) fn is_public(operation: &Operation) -> bool {
    matches!(operation.security, Security::Public | Security::Optional(_))
}
