//! Asks the few requests that tell whether a caller was meant to get an object: the same object by its other routes, as
//! the same caller; the same request as a third caller; and what the object belongs to.

use std::collections::HashSet;
use std::sync::Arc;

use super::fact::{AccessOutcome, Fact, FactTable, relation_to};
use crate::model::{AccessClaim, AccessVerb, SeenValue};
use crate::probe::{Answer, Ask, AskCaller, Probe, Response, SendError, Values, operation_url};
use crate::survey::{
    AnswerKind, Baseline, ObjectKey, Person, Survey, Surveyed, is_whole, leaves_of, read_refusal, scalar_text,
};

/// Most other routes to the same object that are asked.
const MAX_SIBLINGS: usize = 2;

/// A read that was sent for facts about a claim.
struct FactRequest<'a> {
    route: &'a Surveyed,
    key: &'a ObjectKey,
    claim: &'a AccessClaim,
    caller: &'a str,
    answer: &'a Arc<Answer>,
}

/// Where exploring looks and writes to.
#[derive(Debug, Clone, Copy)]
pub struct Explorer<'a> {
    /// What was learnt before.
    pub survey: &'a Survey,
    /// The way to the target.
    pub probe: &'a Probe,
    /// Where the facts go.
    pub facts: &'a FactTable,
}

impl Explorer<'_> {
    /// Adds the facts around a read that a caller was served: its siblings, a third caller, its parents.
    ///
    /// # Errors
    /// When the scan is stopped or its budget is spent.
    pub async fn explore(&self, surveyed: &Surveyed, owner: &Baseline, claim: &AccessClaim) -> Result<(), SendError> {
        self.ask_siblings(surveyed, claim).await?;
        self.ask_bystander(surveyed, owner, claim).await?;
        self.ask_parents(owner, claim).await
    }

    /// Adds what other routes to the same object answer the caller.
    async fn ask_siblings(&self, surveyed: &Surveyed, claim: &AccessClaim) -> Result<(), SendError> {
        let key = key_of(claim);
        let siblings = self.survey.operations.iter().filter(|other| other.operation.id != surveyed.operation.id);
        let siblings = siblings.filter_map(|other| {
            let baseline = other.valid_of(&claim.owner).filter(|own| own.object.as_ref() == Some(&key))?;
            // A route that shows the owner other values of the object answers another question.
            shows_half(&baseline.first, &claim.values).then_some((other, baseline))
        });
        for (other, baseline) in siblings.take(MAX_SIBLINGS) {
            // The caller alone changes in the owner's own request, so that a refusal is about who asks.
            let answer = self.probe.send(&baseline.ask_as(AskCaller::named(&claim.caller))).await?;
            let asked = FactRequest { route: other, key: &key, claim, caller: &claim.caller, answer: &answer };
            self.record_read(&asked, &baseline.masks);
        }
        Ok(())
    }

    /// Adds what the route of a listed object answers the caller, with the owner's own request as its control.
    ///
    /// # Errors
    /// When the scan is stopped or its budget is spent.
    pub async fn ask_object_route(&self, claim: &AccessClaim) -> Result<(), SendError> {
        let key = key_of(claim);
        // A route to a part of the object may be kept stricter or looser than the whole.
        for other in self.survey.operations.iter().filter(|other| is_whole(other)) {
            let Some(baseline) = other.valid_of(&claim.owner) else { continue };
            let Some((slot, object)) = other.slots.last().zip(self.survey.objects.known.get(&key)) else { continue };
            let same_kind = baseline.object.as_ref().is_some_and(|known| known.0 == key.0);
            let Some(value) = object.slot_value(slot).filter(|_| same_kind) else { continue };
            let mut values = baseline.values.clone();
            values.insert((slot.place, slot.name.clone()), value.clone());
            let Ok(url) = operation_url(self.probe.base_url(), &other.operation, &values) else { continue };
            // The baseline may be of another object; a refusal that quotes the new id must still be known as one.
            let mut masks = baseline.masks.clone();
            masks.push(key.1.clone());

            // Without the owner as a control, a refusal of the caller might be a refusal of all.
            for caller in [&claim.owner, &claim.caller] {
                let ask = Ask { url: url.clone(), ..baseline.ask_as(AskCaller::named(caller)) };
                let answer = self.probe.send(&ask).await?;
                self.record_read(&FactRequest { route: other, key: &key, claim, caller, answer: &answer }, &masks);
            }
            return Ok(());
        }

        Ok(())
    }

    /// Adds what a third caller of the owner's rank gets by the same request.
    async fn ask_bystander(&self, surveyed: &Surveyed, owner: &Baseline, claim: &AccessClaim) -> Result<(), SendError> {
        let Some(third) = self.third(claim) else { return Ok(()) };
        let answer = self.probe.send(&owner.ask_as(AskCaller::named(&third.name))).await?;
        let outcome = match read_refusal(&answer, &surveyed.shapes(), &surveyed.volatile, &owner.masks) {
            AnswerKind::Refused(because) => AccessOutcome::Refused(because),
            // A target that is busy has judged nobody.
            AnswerKind::NoData(because) if !answer.response().is_some_and(Response::is_success) => {
                AccessOutcome::Unclear(because)
            }
            // A success that cannot be judged may be the object as well.
            AnswerKind::Data | AnswerKind::NoData(_) => AccessOutcome::Served,
        };
        let key = key_of(claim);
        let asked = FactRequest { route: surveyed, key: &key, claim, caller: &third.name, answer: &answer };
        self.record(&asked, outcome);

        Ok(())
    }

    fn third(&self, claim: &AccessClaim) -> Option<&Person> {
        let owner = self.survey.people.get(&claim.owner)?;
        // A caller that is not shown to be signed in may be refused for its dead token, which shows no rule.
        self.survey.people.all.iter().find(|person| {
            person.rank == owner.rank && person.name != claim.owner && person.name != claim.caller && person.signed_in
        })
    }

    /// Adds whether the caller is served what the object belongs to, by the parent's own route.
    async fn ask_parents(&self, owner: &Baseline, claim: &AccessClaim) -> Result<(), SendError> {
        let Some(object) = self.survey.objects.known.get(&key_of(claim)) else { return Ok(()) };
        for (resource, value) in object.context.iter().take(MAX_SIBLINGS) {
            let Some(key) = scalar_text(value).map(|id| (resource.clone(), id)) else { continue };
            let Some(route) = self.survey.operations.iter().find(|route| {
                is_whole(route) && route.slots.last().is_some_and(|slot| slot.resources.contains(resource))
            }) else {
                continue;
            };
            let Some(values) = parent_values(route, owner, value) else { continue };
            let Ok(url) = operation_url(self.probe.base_url(), &route.operation, &values) else { continue };

            // A parent that not even its owner is served says nothing of the caller.
            for caller in [&claim.owner, &claim.caller] {
                let answer = self.probe.send(&Ask::get(AskCaller::named(caller), url.clone())).await?;
                let outcome =
                    match read_refusal(&answer, &route.shapes(), &route.volatile, std::slice::from_ref(&key.1)) {
                        AnswerKind::Data => AccessOutcome::Served,
                        AnswerKind::Refused(because) => AccessOutcome::Refused(because),
                        AnswerKind::NoData(because) => AccessOutcome::Unclear(because),
                    };
                self.record(&FactRequest { route, key: &key, claim, caller, answer: &answer }, outcome);
            }
        }

        Ok(())
    }

    /// Records whether a route that shows the object served it.
    fn record_read(&self, asked: &FactRequest<'_>, masks: &[String]) {
        let outcome = match read_refusal(asked.answer, &asked.route.shapes(), &asked.route.volatile, masks) {
            // The caller may be served another view, or its own object: the claimed values show which.
            AnswerKind::Data if shows_half(asked.answer, &asked.claim.values) => AccessOutcome::Served,
            AnswerKind::Data => AccessOutcome::Unclear("an answer without the object's values".to_owned()),
            AnswerKind::Refused(because) => AccessOutcome::Refused(because),
            AnswerKind::NoData(because) => AccessOutcome::Unclear(because),
        };

        self.record(asked, outcome);
    }

    fn record(&self, asked: &FactRequest<'_>, outcome: AccessOutcome) {
        let FactRequest { route, key, claim, caller, answer } = *asked;
        self.facts.record(Fact {
            operation: route.operation.id.clone(),
            verb: AccessVerb::Read,
            object: key.clone(),
            caller: caller.to_owned(),
            relation: relation_to(&self.survey.people, &claim.owner, caller),
            outcome,
            exchange: Some(Arc::clone(&answer.exchange)),
            values: values_of(answer),
        });
    }
}

fn key_of(claim: &AccessClaim) -> ObjectKey {
    (claim.resource.clone(), claim.object.clone())
}

/// The values of a parent's route, from the child's own request.
fn parent_values(route: &Surveyed, child: &Baseline, id: &serde_json::Value) -> Option<Values> {
    let (last, before) = route.slots.split_last()?;
    let mut values = Values::new();

    // Ids further up come from the child's own request, so that the address is one that its owner may use.
    for slot in before {
        let place = (slot.place, slot.name.clone());
        values.insert(place.clone(), child.values.get(&place)?.clone());
    }
    values.insert((last.place, last.name.clone()), id.clone());
    Some(values)
}

/// Returns the values in an answer, for a fact.
pub fn values_of(answer: &Answer) -> Option<Arc<HashSet<String>>> {
    let response = answer.response()?;
    Some(Arc::new(leaves_of(response).into_iter().map(|leaf| leaf.text).collect()))
}

fn shows_half(answer: &Answer, values: &[SeenValue]) -> bool {
    let Some(shown) = values_of(answer) else { return false };
    values.iter().filter(|value| shown.contains(&value.text)).count() * 2 >= values.len()
}
