//! The facts that the survey's answers hold: reads of objects, lists, and what strangers were given.

use std::collections::BTreeSet;
use std::sync::Arc;

use super::fact::{AccessOutcome, Fact, relation_to};
use crate::model::{ANONYMOUS, AccessVerb};
use crate::survey::{AnswerKind, Baseline, ObjectKey, Survey, Surveyed, read_refusal};

/// Returns the facts of a survey about objects whose owner is known.
pub(super) fn survey_facts(survey: &Survey) -> Vec<Fact> {
    let mut facts: Vec<Fact> = survey.operations.iter().flat_map(|surveyed| read_facts(survey, surveyed)).collect();
    facts.extend(list_facts(survey));
    facts
}

fn read_facts(survey: &Survey, surveyed: &Surveyed) -> Vec<Fact> {
    let mut facts = Vec::new();
    for baseline in surveyed.by.values() {
        let Some((key, owner)) = owned_object(survey, baseline) else { continue };
        let outcome = if baseline.valid(&surveyed.volatile) {
            AccessOutcome::Served
        } else {
            match read_refusal(&baseline.first, &surveyed.shapes(), &surveyed.volatile, &baseline.masks) {
                AnswerKind::Refused(because) => AccessOutcome::Refused(because),
                // What is no clear refusal (429, 5xx, an error with status 200) shows nothing of who may read.
                _ => continue,
            }
        };

        facts.push(Fact {
            operation: surveyed.operation.id.clone(),
            verb: AccessVerb::Read,
            object: key.clone(),
            caller: baseline.caller.clone(),
            relation: relation_to(&survey.people, owner, &baseline.caller),
            outcome,
            exchange: Some(Arc::clone(&baseline.first.exchange)),
            values: None,
        });
    }

    facts.extend(stranger_fact(survey, surveyed));
    facts
}

/// What a caller without a credential got at the address of a signed-in one.
fn stranger_fact(survey: &Survey, surveyed: &Surveyed) -> Option<Fact> {
    let (key, _) = owned_object(survey, surveyed.asked_by_strangers()?)?;
    let outcome = match surveyed.anonymous_reading()? {
        AnswerKind::Data => AccessOutcome::Served,
        AnswerKind::Refused(because) => AccessOutcome::Refused(because),
        AnswerKind::NoData(because) => AccessOutcome::Unclear(because),
    };
    Some(Fact {
        operation: surveyed.operation.id.clone(),
        verb: AccessVerb::Read,
        object: key.clone(),
        caller: ANONYMOUS.to_owned(),
        relation: super::fact::Relation::Anonymous,
        outcome,
        exchange: surveyed.anonymous.as_ref().map(|answer| Arc::clone(&answer.exchange)),
        values: None,
    })
}

fn owned_object<'s>(survey: &'s Survey, baseline: &'s Baseline) -> Option<(&'s ObjectKey, &'s str)> {
    let key = baseline.object.as_ref()?;
    survey.owner(key).map(|(owner, _)| (key, owner))
}

/// An object stands in a list for some of the callers that were served it, and is left out for the others.
fn list_facts(survey: &Survey) -> Vec<Fact> {
    let mut facts = Vec::new();
    for ((operation, _), callers) in &survey.objects.lists {
        let shown: BTreeSet<&ObjectKey> = callers.values().flatten().collect();
        for key in shown {
            let Some((owner, _)) = survey.owner(key) else { continue };
            // A caller whose list failed is not among them, so that a failure never reads as an absence.
            for (caller, listed) in callers {
                let outcome = if listed.contains(key) { AccessOutcome::Served } else { AccessOutcome::Absent };
                let answer = survey.operation(operation).and_then(|surveyed| surveyed.by.get(caller));
                facts.push(Fact {
                    operation: operation.clone(),
                    verb: AccessVerb::List,
                    object: key.clone(),
                    caller: caller.clone(),
                    relation: relation_to(&survey.people, owner, caller),
                    outcome,
                    exchange: answer.map(|baseline| Arc::clone(&baseline.first.exchange)),
                    values: None,
                });
            }
        }
    }

    facts
}
