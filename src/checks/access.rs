//! What checks of object access share: pairs that can be tried, facts and claims of who reached what.

use std::borrow::Borrow;
use std::sync::Arc;

use super::context::{CheckCx, Pair};
use super::rule::Violation;
use crate::access::{AccessOutcome, Explorer, Fact, Ruling, relation_to};
use crate::model::{AccessClaim, AccessVerb, Draft, OperationId, SeenValue, Severity, Silence, clean_name};
use crate::probe::Answer;
use crate::survey::{AnswerKind, Leaf, ObjectKey, Slot, Surveyed};

/// The advice where a second caller is missing.
const SECOND_CALLER: &str = "add a second identity of the same role to routewarden.toml";

/// Who reached whose object by which route.
#[derive(Debug, Clone, Copy)]
pub(crate) struct ReachedObject<'a> {
    pub(crate) operation: &'a OperationId,
    pub(crate) verb: AccessVerb,
    pub(crate) key: &'a ObjectKey,
    pub(crate) owner: &'a str,
    pub(crate) caller: &'a str,
}

impl<'a> ReachedObject<'a> {
    /// Returns what a pair is about: the intruder reads the owner's object.
    pub(crate) fn of_pair(surveyed: &'a Surveyed, pair: &Pair<'a>) -> Option<Self> {
        Some(Self {
            operation: &surveyed.operation.id,
            verb: AccessVerb::Read,
            key: pair.baseline.object.as_ref()?,
            owner: &pair.owner.name,
            caller: &pair.intruder.name,
        })
    }

    /// Returns the claim that it was wrong to reach it.
    pub(crate) fn claim<L: Borrow<Leaf>>(self, shown: &[L]) -> AccessClaim {
        AccessClaim {
            operation: self.operation.clone(),
            verb: self.verb,
            resource: self.key.0.clone(),
            object: self.key.1.clone(),
            values: seen_values(shown),
            fields: Vec::new(),
            owner: self.owner.to_owned(),
            caller: self.caller.to_owned(),
            open: false,
            account: false,
            reduced: false,
        }
    }
}

impl CheckCx<'_> {
    /// Adds a fact to what is known of who reaches what.
    pub(crate) fn note_access(&self, reached: ReachedObject<'_>, outcome: AccessOutcome, answer: &Answer) {
        self.access.facts().record(Fact {
            operation: reached.operation.clone(),
            verb: reached.verb,
            object: reached.key.clone(),
            caller: reached.caller.to_owned(),
            relation: relation_to(&self.survey.people, reached.owner, reached.caller),
            outcome,
            exchange: Some(Arc::clone(&answer.exchange)),
            values: crate::access::values_of(answer),
        });
    }

    /// Returns what asks for the facts around a claim.
    pub(crate) fn explorer(&self) -> Explorer<'_> {
        Explorer { survey: self.survey, probe: self.probe, facts: self.access.facts() }
    }

    /// Returns true where a draft's claim would be confirmed by the facts so far: no further pair need be tried.
    pub(crate) fn is_settled(&self, draft: &Draft) -> bool {
        let none = std::collections::BTreeSet::new();
        let ruling = draft.access.as_ref().map(|claim| self.access.model().judge(claim, &none, &none));
        matches!(ruling, None | Some(Ruling::Broken { confirmed: true, .. }))
    }

    /// Returns why no two callers can play intruder and owner here.
    pub(crate) fn no_pair(&self, surveyed: &Surveyed) -> Silence {
        let people = &self.survey.people.all;
        let absent: Vec<&str> =
            people.iter().filter(|person| !person.signed_in).map(|person| person.name.as_str()).collect();
        let two = "needs two signed-in identities of the same role";
        if people.len() >= 2 && people.len() - absent.len() < 2 {
            let names = absent.join(", ");
            return Silence::not_tried(format!("{names} did not sign in, and two callers are needed"))
                .with_help(format!("see to it that {names} can sign in"));
        }
        if people.is_empty() {
            return Silence::not_tried(two)
                .with_help("add two identities of the same role to routewarden.toml (`routewarden init` shows how)");
        }
        let owned = surveyed
            .valid()
            .any(|baseline| baseline.object.as_ref().is_some_and(|key| self.survey.owner(key).is_some()));
        if people.len() < 2 || owned {
            return Silence::not_tried(two).with_help(SECOND_CALLER);
        }
        let id = &surveyed.operation.id;
        let help = match surveyed.slots.last().filter(|slot| slot.names_object()) {
            Some(Slot { name, .. }) => {
                format!("name one for {id}: `owns = {{ {name} = [\"<id>\"] }}` under its owner in routewarden.toml")
            }
            None => format!("let each caller have something of its own that {id} shows"),
        };
        Silence::not_tried("no object is known that belongs to one caller").with_help(help)
    }
}

/// Returns the outcome of a read by its reading.
pub(crate) fn outcome_of(reading: &AnswerKind) -> AccessOutcome {
    match reading {
        AnswerKind::Data => AccessOutcome::Served,
        AnswerKind::Refused(because) => AccessOutcome::Refused(because.clone()),
        AnswerKind::NoData(because) => AccessOutcome::Unclear(because.clone()),
    }
}

/// Returns leaves as values of a claim.
pub(crate) fn seen_values<L: Borrow<Leaf>>(shown: &[L]) -> Vec<SeenValue> {
    let value = |leaf: &Leaf| SeenValue { path: leaf.path.clone(), key: leaf.key.clone(), text: leaf.text.clone() };
    shown.iter().map(|leaf| value(leaf.borrow())).collect()
}

/// Returns the names of the fields among shown leaves that hold what people keep to themselves.
pub(crate) fn private_fields<L: Borrow<Leaf>>(shown: &[L]) -> Vec<String> {
    let values = seen_values(shown);
    crate::access::private_fields(&values.iter().collect::<Vec<_>>())
}

impl Pair<'_> {
    /// Returns the owner's object in words: `note 17`.
    pub(crate) fn describe_object(&self, surveyed: &Surveyed) -> String {
        let resource = self.baseline.object.as_ref().map_or("object", |key| key.0.as_str());
        let id = self.baseline.object_id(&surveyed.slots).unwrap_or_default();
        format!("{} {}", clean_name(resource, 40), clean_name(&id, 60))
    }
}

/// Returns the finding about an object that the last slot of a read names; `severity` where it is not the usual one.
pub(crate) fn object_finding(surveyed: &Surveyed, claim: String, severity: Option<Severity>) -> Violation<'_> {
    let site = surveyed.slots.last().map(Slot::site).unwrap_or_default();
    let path = surveyed.operation.path.as_str();
    // What GraphQL shows within an object is let out by the field that gives the object.
    let field = path.rfind('}').and_then(|end| path.get(..=end)).filter(|_| surveyed.operation.is_graphql());
    Violation { severity, ..Violation::of(surveyed, site, field.unwrap_or(path), claim) }
}
