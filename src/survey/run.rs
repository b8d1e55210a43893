//! Asks every safe reading operation as every caller, in waves: what one answer shows is the next one's parameter.

use std::collections::{BTreeMap, BTreeSet};
use std::sync::Arc;

use futures_util::StreamExt as _;
use futures_util::future::BoxFuture;
use futures_util::stream;
use serde_json::Value;

use super::baseline::{Baseline, Surveyed};
use super::learn::{
    harvest_objects, learn_from_created, learn_from_lists, learn_from_me, learn_from_members, seed_accounts,
};
use super::leaves::{is_same_answer, leaves_of, scalar_text};
use super::needed::Focus;
use super::objects::{Object, ObjectKey, Objects};
use super::ownership::{Sign, signs_of};
use super::people::{People, session_facts};
use super::plans::ReadPlan;
use super::refusal::AnswerKind;
use super::slots::{id_slots, missing_like};
use crate::model::{ANONYMOUS, Api, Effect, Face, Method, Obstacle, Operation, OperationId, Step};
use crate::probe::{Answer, Ask, AskCaller, Probe, SendError, header_values, operation_url};

/// Waves after which nothing more is expected to become known.
const MAX_WAVES: usize = 6;

/// Called when a step is done: steps done, steps in all.
pub type Tick<'a> = &'a (dyn Fn(u64, u64) + Sync);

/// Everything that was learnt before any check.
#[derive(Debug)]
pub struct Survey {
    /// The API.
    pub api: Arc<Api>,
    /// The callers.
    pub people: People,
    /// The objects.
    pub objects: Objects,
    /// Whose they are: the caller's name and the signs.
    pub owners: BTreeMap<ObjectKey, (String, Vec<Sign>)>,
    /// Reading operations in document order.
    pub operations: Vec<Surveyed>,
    /// The first fault that stopped the survey, where one did.
    pub stopped_by: Option<SendError>,
}

/// What a survey needs to know.
pub struct Surveyor<'a> {
    /// The API.
    pub api: Arc<Api>,
    /// The way to it.
    pub probe: &'a Probe,
    /// Caller, parameter name, ids: what the user says of ownership.
    pub owns: Vec<(String, String, Vec<String>)>,
    /// Operations that the user excluded.
    pub excluded: &'a (dyn Fn(&Operation) -> bool + Sync),
    /// The reads that are enough, where not all operations were chosen.
    pub focus: Option<Focus>,
    /// Objects that the scan made, each with the id by which its addresses name it.
    pub created: Vec<(String, Object)>,
    /// What is known of callers beyond their sessions: caller, field, value.
    pub facts: Vec<(String, String, String)>,
}

/// One operation on its way through a wave.
type SurveyJob<'a> = BoxFuture<'a, (usize, Result<Surveyed, SendError>)>;

impl Survey {
    /// Whose an object is, and why.
    pub fn owner(&self, key: &ObjectKey) -> Option<(&str, &[Sign])> {
        self.owners.get(key).map(|(name, signs)| (name.as_str(), signs.as_slice()))
    }

    /// Returns true where a collection shows a caller nothing but its own.
    pub fn lists_only_own(&self, operation: &OperationId, caller: &str) -> bool {
        let lists = self.objects.lists.iter().filter(|((id, _), _)| id == operation);
        let is_own = |key: &ObjectKey| self.owner(key).is_some_and(|(name, _)| name == caller);
        let mut shown = lists.filter_map(|(_, callers)| callers.get(caller)).peekable();
        shown.peek().is_some() && shown.all(|listed| !listed.is_empty() && listed.iter().all(is_own))
    }

    /// A surveyed operation.
    pub fn operation(&self, id: &OperationId) -> Option<&Surveyed> {
        self.operations.iter().find(|surveyed| surveyed.operation.id == *id)
    }
}

impl Surveyor<'_> {
    /// Carries the survey out. A stop (budget, cancellation) ends it early with what is known.
    pub async fn run(&self, tick: Tick<'_>) -> Survey {
        let mut survey = self.begin();
        for wave in 0..MAX_WAVES {
            let work = self.work(&survey, wave == 0, false);
            if work.is_empty() && wave > 0 {
                break;
            }
            self.wave(&mut survey, work, tick).await;

            if wave == 0 {
                learn_from_me(&mut survey);
                survey.people.settle();
                seed_accounts(&mut survey);
            }
            learn_from_created(&mut survey);
            learn_from_lists(&mut survey);
            learn_from_members(&mut survey);
            self.attribute(&mut survey);
        }

        // What no answer showed may stand as an example in the document.
        for _ in 0..2 {
            let work = self.work(&survey, false, true);
            self.wave(&mut survey, work, tick).await;
            self.attribute(&mut survey);
        }
        self.conclude(&mut survey);
        survey
    }

    /// Returns what is known before anything is asked.
    pub(super) fn begin(&self) -> Survey {
        let mut survey = self.empty();
        for name in self.probe.identities().iter().map(|identity| identity.name.clone()) {
            if let Some(session) = self.probe.sessions().get(&name) {
                survey.people.learn(&name, session_facts(&session));
            }
        }
        for (name, field, value) in &self.facts {
            survey.people.learn(name, [(field.clone(), value.clone())]);
        }
        survey
    }

    fn empty(&self) -> Survey {
        let mut names: BTreeSet<String> = BTreeSet::new();
        let mut operations = Vec::new();

        for operation in &self.api.operations {
            let found = id_slots(&self.api, operation);
            names.extend(found.iter().map(|slot| slot.name.clone()));

            if !matches!(operation.method, Method::Get) {
                continue;
            }
            operations.push(Surveyed {
                skipped: self.unsafe_because(operation),
                operation: Arc::new(operation.clone()),
                slots: found,
                by: BTreeMap::new(),
                strangers_as: None,
                anonymous: None,
                garbage: None,
                volatile: BTreeSet::new(),
            });
        }

        let mut objects = Objects::new(names, self.collections());
        for (id, object) in &self.created {
            let id = objects.id_of(object).unwrap_or_else(|| id.clone());
            objects.known.insert((object.resource.clone(), id), object.clone());
        }
        for (_, parameter, ids) in &self.owns {
            self.seed_owned(&mut objects, parameter, ids);
        }
        Survey {
            api: Arc::clone(&self.api),
            people: People::new(self.probe.identities()),
            objects,
            owners: BTreeMap::new(),
            operations,
            stopped_by: None,
        }
    }

    /// Paths with an id slot right behind them.
    fn collections(&self) -> BTreeSet<String> {
        let before_slot = |path: &str| {
            let parts: Vec<&str> = path.trim_end_matches('/').split('/').collect();
            parts
                .iter()
                .enumerate()
                .filter(|(_, part)| part.starts_with('{'))
                .filter_map(|(at, _)| parts.get(..at).map(|before| before.join("/")))
                .collect::<Vec<String>>()
        };

        self.api.operations.iter().flat_map(|operation| before_slot(&operation.path)).collect()
    }

    fn unsafe_because(&self, operation: &Operation) -> Option<Obstacle> {
        if (self.excluded)(operation) {
            return Some(Obstacle { because: "excluded by the configuration".to_owned(), help: None });
        }
        if self.focus.as_ref().is_some_and(|focus| !focus.reads.contains(&operation.id)) {
            return Some(Obstacle { because: "the chosen operations do not need it".to_owned(), help: None });
        }
        match &operation.effect {
            Effect::Doubtful(sign) => Some(Obstacle {
                because: format!("not asked: a {} that may change state ({sign})", operation.method),
                help: Some(Step::Include(operation.id.to_string()).words(Face::CommandLine)),
            }),
            Effect::Reads => None,
            Effect::Writes | Effect::Deletes => {
                Some(Obstacle { because: "not asked: it changes state".to_owned(), help: None })
            }
        }
    }

    /// Objects that the user declared are known from the start, by the parameters that take them.
    fn seed_owned(&self, objects: &mut Objects, parameter: &str, ids: &[String]) {
        for operation in &self.api.operations {
            let Some(slot) = id_slots(&self.api, operation).into_iter().find(|slot| slot.name == parameter) else {
                continue;
            };
            for id in ids {
                let Some(resource) = slot.resources.first() else { continue };
                objects.known.entry((resource.clone(), id.clone())).or_insert_with(|| Object {
                    resource: resource.clone(),
                    fields: BTreeMap::from([(parameter.to_owned(), Value::String(id.clone()))]),
                    reference: true,
                    ..Object::default()
                });
            }
        }
    }

    async fn wave(&self, survey: &mut Survey, work: Vec<(usize, Vec<Vec<ReadPlan>>)>, tick: Tick<'_>) {
        let total = survey.operations.len() as u64;
        let tasks: Vec<_> = work
            .into_iter()
            .filter_map(|(index, plans)| survey.operations.get(index).cloned().map(|surveyed| (index, surveyed, plans)))
            .collect();
        let jobs: Vec<SurveyJob<'_>> =
            tasks.into_iter().map(|(index, surveyed, plans)| self.job(index, surveyed, plans)).collect();
        let mut answers = stream::iter(jobs).buffer_unordered(16);
        let mut done = Vec::new();

        while let Some((index, result)) = answers.next().await {
            done.push((index, result));
            tick(done.len() as u64, total);
        }
        drop(answers);
        // Answers arrive in any order; that of the document makes two scans learn the same.
        done.sort_by_key(|(index, _)| *index);

        for (index, result) in done {
            match result {
                Ok(surveyed) => {
                    harvest_objects(survey, &surveyed);
                    if let Some(place) = survey.operations.get_mut(index) {
                        *place = surveyed;
                    }
                }
                Err(error) => {
                    if let Some(place) = survey.operations.get_mut(index) {
                        place.skipped = Some(Obstacle { because: error.to_string(), help: None });
                    }
                    survey.stopped_by.get_or_insert(error);
                }
            }
        }
    }

    fn job(&self, index: usize, surveyed: Surveyed, plans: Vec<Vec<ReadPlan>>) -> SurveyJob<'_> {
        Box::pin(async move { (index, self.ask(surveyed, plans).await) })
    }

    /// All requests of one operation in one wave.
    async fn ask(&self, mut surveyed: Surveyed, plans: Vec<Vec<ReadPlan>>) -> Result<Surveyed, SendError> {
        let operation = Arc::clone(&surveyed.operation);
        let mut tries: Vec<BoxFuture<'_, Result<Option<Baseline>, SendError>>> = Vec::new();

        for plans in plans {
            tries.push(Box::pin(self.first_valid(&operation, plans, 0)));
        }
        let mut rationed = None;

        for baseline in futures_util::future::join_all(tries).await {
            match baseline {
                Ok(Some(baseline)) => {
                    surveyed.by.insert(baseline.caller.clone(), baseline);
                }
                Ok(None) => {}

                // What was answered until then is as good as ever.
                Err(SendError::Rationed(because)) => rationed = Some(because),
                Err(error) => return Err(error),
            }
        }

        let in_full = self.focus.as_ref().is_none_or(|focus| focus.in_full.contains(&operation.id));
        let controlled = if in_full { self.controls(&mut surveyed).await } else { self.strangers(&mut surveyed).await };

        match controlled {
            Err(SendError::Rationed(because)) => rationed = Some(because),
            other => other?,
        }
        if let Some(because) = rationed.filter(|_| surveyed.by.is_empty()) {
            surveyed.skipped = Some(Obstacle { because, help: None });
        }
        Ok(surveyed)
    }

    /// Returns the first of these requests that is served with data; the last one where none is.
    pub(super) async fn first_valid(
        &self,
        operation: &Operation,
        plans: Vec<ReadPlan>,
        round: u8,
    ) -> Result<Option<Baseline>, SendError> {
        let mut last = None;
        for plan in plans {
            let Ok(url) = operation_url(self.probe.base_url(), operation, &plan.values) else { continue };
            let headers = header_values(operation, &plan.values);
            let caller = AskCaller::named(&plan.caller);
            let ask = Ask { headers: headers.clone(), round, ..Ask::get(caller, url.clone()) };
            let first = self.probe.send(&ask).await?;
            let baseline = Baseline {
                caller: plan.caller,
                object: plan.object,
                values: plan.values,
                url,
                headers,
                first,
                second: None,
                missing_url: None,
                missing: None,
                masks: Vec::new(),
            };

            if baseline.valid(&BTreeSet::new()) {
                return Ok(Some(baseline));
            }
            last = Some(baseline);
        }

        Ok(last)
    }

    /// The repeat, the missing object, the anonymous and the garbage caller; each once per operation.
    async fn controls(&self, surveyed: &mut Surveyed) -> Result<(), SendError> {
        let names = served_callers(surveyed);
        for (index, name) in names.iter().enumerate() {
            let Some(mut baseline) = surveyed.by.get(name).cloned() else { continue };
            if baseline.missing.is_none() && !surveyed.slots.is_empty() {
                self.ask_missing(surveyed, &mut baseline).await?;
            }
            if index == 0 && baseline.second.is_none() {
                let again = self.probe.send(&baseline.ask().again(1)).await?;
                surveyed.volatile = varying_paths(&baseline.first, &again);
                baseline.second = Some(again);
            }
            surveyed.by.insert(name.clone(), baseline);
        }
        self.strangers(surveyed).await?;
        if let (None, Some(name)) = (&surveyed.garbage, surveyed.strangers_as.clone())
            && let Some(baseline) = surveyed.by.get(&name)
        {
            let ask = Ask { caller: AskCaller::Garbage(name), ..baseline.ask() };
            surveyed.garbage = Some(self.probe.send(&ask).await?);
        }
        Ok(())
    }

    /// The anonymous caller, once per operation.
    async fn strangers(&self, surveyed: &mut Surveyed) -> Result<(), SendError> {
        let chosen = served_callers(surveyed).into_iter().next().or_else(|| surveyed.by.keys().next().cloned());
        let Some(baseline) = chosen.and_then(|name| surveyed.by.get(&name).cloned()) else { return Ok(()) };
        if surveyed.anonymous.is_none() && baseline.caller != ANONYMOUS {
            surveyed.strangers_as = Some(baseline.caller.clone());
            let ask = Ask { caller: AskCaller::Anonymous, ..baseline.ask() };
            surveyed.anonymous = Some(self.probe.send(&ask).await?);
        }
        Ok(())
    }

    async fn ask_missing(&self, surveyed: &Surveyed, baseline: &mut Baseline) -> Result<(), SendError> {
        let Some(slot) = surveyed.slots.last() else { return Ok(()) };
        let place = (slot.place, slot.name.clone());
        let Some(known) = baseline.values.get(&place) else { return Ok(()) };
        let absent = missing_like(known, salt_from_text(&surveyed.operation.id.0));
        baseline.masks = baseline.values.values().filter_map(scalar_text).chain(scalar_text(&absent)).collect();
        let mut values = baseline.values.clone();
        values.insert(place, absent);
        if let Ok(url) = operation_url(self.probe.base_url(), &surveyed.operation, &values) {
            let ask = Ask { url: url.clone(), ..baseline.ask() };
            baseline.missing = Some(self.probe.send(&ask).await?);
            baseline.missing_url = Some(url);
        }
        Ok(())
    }

    /// Works out anew whose each object is.
    pub(super) fn attribute(&self, survey: &mut Survey) {
        survey.owners = survey
            .objects
            .known
            .keys()
            .filter_map(|key| {
                let (person, signs) = signs_of(key, &survey.objects, &survey.people, &self.owns)?;
                Some((key.clone(), (person.name.clone(), signs)))
            })
            .collect();
    }

    /// Says why an operation was not asked, and who turned out to be signed in.
    fn conclude(&self, survey: &mut Survey) {
        for surveyed in &mut survey.operations {
            if surveyed.skipped.is_none() && surveyed.by.is_empty() {
                surveyed.skipped = Some(unknown_id(surveyed));
            } else if surveyed.skipped.is_none() && surveyed.valid().next().is_none() {
                surveyed.skipped = Some(no_baseline(surveyed));
            }
        }
        for person in &mut survey.people.all {
            for surveyed in &survey.operations {
                if surveyed.serves_alone(&person.name) {
                    person.signed_in = true;
                }
                let Some(baseline) = surveyed.valid_of(&person.name) else { continue };
                let refuses = |reading: Option<AnswerKind>| matches!(reading, Some(AnswerKind::Refused(_)));
                if refuses(surveyed.anonymous_reading()) || refuses(surveyed.garbage_reading()) {
                    person.signed_in = true;
                    let strict = [&surveyed.anonymous, &surveyed.garbage];
                    if strict.iter().any(|answer| answer.as_ref().and_then(|answer| answer.status()) == Some(401)) {
                        self.probe.set_proven(&person.name, baseline.url.clone());
                    }
                }
            }
        }
    }
}

/// Returns the callers that were served with data.
fn served_callers(surveyed: &Surveyed) -> Vec<String> {
    let valid = surveyed.by.values().filter(|baseline| baseline.valid(&BTreeSet::new()));
    valid.map(|baseline| baseline.caller.clone()).collect()
}

fn unknown_id(surveyed: &Surveyed) -> Obstacle {
    let slot = surveyed.slots.last();
    let name = slot.map(|slot| slot.name.clone()).unwrap_or_default();
    if slot.is_some_and(|slot| !slot.names_object()) {
        return Obstacle {
            because: format!("no value is known for `{name}`: no answer showed one"),
            help: Some(format!("give `{name}` an `example` in the document")),
        };
    }
    Obstacle {
        because: "no id is known for a parameter: no answer showed one".to_owned(),
        help: Some(format!("tell an id: `owns = {{ {name} = [\"...\"] }}` under an identity")),
    }
}

fn no_baseline(surveyed: &Surveyed) -> Obstacle {
    let statuses: BTreeSet<String> = surveyed.by.values().map(Baseline::status_text).collect();
    let seen = statuses.into_iter().collect::<Vec<_>>().join(", ");
    let unmoved = |baseline: &Baseline| {
        let missing = baseline.missing.as_ref().and_then(|answer| answer.response());
        let own = baseline.first.response().filter(|response| response.is_success());
        own.zip(missing).is_some_and(|(own, missing)| is_same_answer(own, missing, &surveyed.volatile, &baseline.masks))
    };
    if surveyed.by.values().any(unmoved) {
        // The handler ignores the id, or says no in a friendly way: either way the id decides nothing.
        let because = "no valid baseline: an id that does not exist gets the same answer".to_owned();
        return Obstacle { because, help: None };
    }
    if surveyed.by.values().any(|baseline| baseline.first.response().is_some_and(|response| response.truncated)) {
        return Obstacle {
            because: format!("no valid baseline: the answer is longer than is read of one ({seen})"),
            help: Some("ask for less of it: give a required query parameter an example that limits it".to_owned()),
        };
    }
    Obstacle { because: format!("no valid baseline: no caller got data ({seen})"), help: None }
}

/// Paths of the leaves that differ between two answers to one request.
pub fn varying_paths(first: &Answer, second: &Answer) -> BTreeSet<String> {
    let (Some(first), Some(second)) = (first.response(), second.response()) else { return BTreeSet::new() };
    let before: BTreeMap<String, (String, String)> =
        leaves_of(first).into_iter().map(|leaf| (leaf.at, (leaf.path, leaf.text))).collect();
    let after: BTreeMap<String, (String, String)> =
        leaves_of(second).into_iter().map(|leaf| (leaf.at, (leaf.path, leaf.text))).collect();
    let mut differ = BTreeSet::new();
    for (at, (path, text)) in &before {
        if after.get(at).is_none_or(|(_, other)| other != text) {
            differ.insert(path.clone());
        }
    }
    differ.extend(after.iter().filter(|(at, _)| !before.contains_key(*at)).map(|(_, (path, _))| path.clone()));
    differ
}

fn salt_from_text(text: &str) -> u64 {
    text.bytes().fold(1_469_598_103, |hash: u64, byte| (hash ^ u64::from(byte)).wrapping_mul(1_099_511_628_211))
}
