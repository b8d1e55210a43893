//! What can be asked next: per operation and caller, the requests that the known objects allow.

use super::baseline::Surveyed;
use super::leaves::scalar_text;
use super::names::split_words;
use super::objects::{Object, ObjectKey};
use super::ownership::is_strangers;
use super::run::{Survey, Surveyor};
use super::slots::Slot;
use crate::model::{ANONYMOUS, Operation, Place};
use crate::probe::Values;
use crate::spec::Samples;

/// Objects that are tried for one caller before its baseline is given up.
const MAX_TRIES: usize = 3;

/// One request of a caller, before it is sent.
pub(super) struct ReadPlan {
    pub(super) caller: String,
    pub(super) object: Option<ObjectKey>,
    pub(super) values: Values,
}

impl Surveyor<'_> {
    fn callers(&self) -> Vec<String> {
        let names: Vec<String> = self
            .probe
            .identities()
            .iter()
            .filter(|identity| self.probe.sessions().get(&identity.name).is_some())
            .map(|identity| identity.name.clone())
            .collect();
        // Without any session the API is read as strangers see it.
        if names.is_empty() { vec![ANONYMOUS.to_owned()] } else { names }
    }

    /// What can be asked now that was not asked before: per operation, a list of plans per caller.
    pub(super) fn work(&self, survey: &Survey, first: bool, examples: bool) -> Vec<(usize, Vec<Vec<ReadPlan>>)> {
        let mut work = Vec::new();
        for (index, surveyed) in survey.operations.iter().enumerate() {
            // The first wave asks what needs no id; what it shows fills the slots of the later ones.
            if surveyed.skipped.is_some() || (first != surveyed.slots.is_empty()) {
                continue;
            }
            // Examples are a last resort: their ids are tried only where no answer gave one that works.
            if examples && surveyed.valid().next().is_some() {
                continue;
            }
            let mut plans = Vec::new();

            for caller in self.callers() {
                if surveyed.by.get(&caller).is_some_and(|baseline| !examples || baseline.valid(&surveyed.volatile)) {
                    continue;
                }
                let found = if examples {
                    self.example_plan(&surveyed.operation, &surveyed.slots, &caller).into_iter().collect()
                } else {
                    self.plans(survey, surveyed, &caller)
                };
                if !found.is_empty() {
                    plans.push(found);
                }
            }

            if !plans.is_empty() {
                work.push((index, plans));
            }
        }

        work
    }

    /// Plans of one caller, best object first: its own ones, else ones that are nobody's.
    fn plans(&self, survey: &Survey, surveyed: &Surveyed, caller: &str) -> Vec<ReadPlan> {
        let fixed = self.fixed_values(&surveyed.operation, &surveyed.slots);
        let Some(last) = surveyed.slots.last() else {
            return vec![ReadPlan { caller: caller.to_owned(), object: None, values: fixed }];
        };
        let mut own = Vec::new();
        let mut shared = Vec::new();

        for (key, object, value) in survey.objects.for_slot(last) {
            let owner = survey.owner(key).map(|(name, _)| name);
            let pile = match owner {
                Some(name) if name == caller => &mut own,
                // An id that stands for a stranger's object is never asked for, even where an answer let it out.
                None if object.seen_by.contains(caller) && !is_strangers(key, object, &survey.people) => &mut shared,
                _ => continue,
            };

            let mut values = fixed.clone();
            for ((place, name), fixed) in &mut values {
                // `/customers/{id}/statements/{year}`: the year of the very object.
                if let Some(seen) = object.fields.get(name).filter(|_| *place == Place::Path) {
                    fixed.clone_from(seen);
                }
            }

            values.insert((last.place, last.name.clone()), value.clone());
            if fill_parents(survey, surveyed, object, caller, &mut values) {
                let shown_to = survey.objects.shown_to(key).max(object.seen_by.len());
                pile.push((shown_to, ReadPlan { caller: caller.to_owned(), object: Some(key.clone()), values }));
            }
        }

        // What the fewest are shown says most about who may see it.
        own.sort_by_key(|(shown_to, _)| *shown_to);
        own.extend(shared);
        own.into_iter().take(MAX_TRIES).map(|(_, plan)| plan).collect()
    }

    /// The document's own example, where every slot has one.
    fn example_plan(&self, operation: &Operation, slots: &[Slot], caller: &str) -> Option<ReadPlan> {
        let mut values = self.fixed_values(operation, slots);
        let samples = Samples::new(&self.api, 1);

        for slot in slots {
            let parameter = operation.parameters.iter().find(|p| p.place == slot.place && p.name == slot.name)?;
            let schema = parameter.schema.and_then(|id| self.api.schemas.get(id));
            let has_example = is_time(&slot.name)
                || parameter.example.is_some()
                || schema.is_some_and(|schema| schema.default.is_some() || !schema.examples.is_empty());
            if !has_example {
                return None;
            }
            values.insert((slot.place, slot.name.clone()), samples.parameter(parameter));
        }

        let last = slots.last()?;
        let id = values.get(&(last.place, last.name.clone())).and_then(scalar_text)?;
        Some(ReadPlan { caller: caller.to_owned(), object: Some((last.resources.first()?.clone(), id)), values })
    }

    /// Parameters that are no slots: required ones, and path parameters that choose among fixed values.
    fn fixed_values(&self, operation: &Operation, slots: &[Slot]) -> Values {
        let mut values = Samples::new(&self.api, 1).required(operation);
        values.retain(|(place, name), _| !slots.iter().any(|slot| slot.place == *place && slot.name == *name));
        values
    }
}

/// Fills the slots before the last one: from where the object was seen, from its own fields, else with the caller's own.
fn fill_parents(survey: &Survey, surveyed: &Surveyed, object: &Object, caller: &str, values: &mut Values) -> bool {
    let Some((_, parents)) = surveyed.slots.split_last() else { return true };
    for slot in parents {
        let from_context = slot.resources.iter().find_map(|resource| object.context.get(resource));
        let from_field = || object.fields.get(&slot.name).filter(|value| scalar_text(value).is_some());
        let from_own = || {
            survey
                .objects
                .for_slot(slot)
                .find(|(key, _, _)| survey.owner(key).is_some_and(|(name, _)| name == caller))
                .map(|(_, _, value)| value)
        };

        let from_seen = || {
            survey
                .objects
                .for_slot(slot)
                .find(|(_, object, _)| object.seen_by.contains(caller))
                .map(|(_, _, value)| value)
        };

        let Some(value) = from_context.or_else(from_field).or_else(from_own).or_else(from_seen) else { return false };
        values.insert((slot.place, slot.name.clone()), value.clone());
    }

    true
}

/// A year needs no object to be known: any will do to begin with.
fn is_time(name: &str) -> bool {
    split_words(name)
        .last()
        .is_some_and(|word| matches!(word.as_str(), "year" | "month" | "day" | "week" | "quarter" | "date"))
}
