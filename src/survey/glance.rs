//! A look at what is there before anything is written: each read once, as the first caller who is served. What it shows is
//! known not to be the scan's own, and at the end the same reads are held against it.

use std::collections::BTreeSet;
use std::sync::Arc;

use futures_util::StreamExt as _;
use futures_util::future::BoxFuture;
use futures_util::stream;

use super::baseline::Baseline;
use super::learn::{harvest_objects, learn_from_lists, learn_from_me, seed_accounts};
use super::plans::ReadPlan;
use super::principals::is_about_caller;
use super::run::{Survey, Surveyor};
use crate::model::{ANONYMOUS, Method, Operation, item_shape, path_shape};
use crate::probe::{Answer, AskCaller, SendError};

/// Waves of the look: lists, what they show, and what that shows.
const MAX_WAVES: usize = 3;
/// Most callers as whom one read is tried.
const MAX_CALLERS: usize = 4;
/// Longest answer that is kept until the end of the scan.
const MAX_KEPT: usize = 256 << 10;
/// The ledger answers the survey with what is there after the first writes, and not with this.
const ROUND: u8 = 240;

/// What one operation answered.
struct Glimpse {
    baselines: Vec<Baseline>,
    /// Whose request was repeated without a credential, and the answer.
    strangers: Option<(String, Arc<Answer>)>,
}

type GlanceJob<'a> = BoxFuture<'a, (usize, Result<Glimpse, SendError>)>;

impl Surveyor<'_> {
    /// Whether what a list shows can be removed: what is new in it at the end is asked for as each caller, and so is this.
    fn has_removable_items(&self, list: &Operation) -> bool {
        let below = item_shape(&list.path);
        let is_below = |operation: &Operation| path_shape(&operation.path) == below;
        self.api.operations.iter().any(|operation| operation.method == Method::Delete && is_below(operation))
    }

    /// Looks at the API before anything is written. A stop ends it early with what is known.
    pub async fn glance(&self) -> Survey {
        let mut survey = self.begin();
        let mut asked = BTreeSet::new();

        for wave in 0..MAX_WAVES {
            let mut work = self.work(&survey, wave == 0, false);
            work.retain(|(index, _)| asked.insert(*index));
            self.look(&mut survey, work).await;

            if wave == 0 {
                learn_from_me(&mut survey);
                survey.people.settle();
                seed_accounts(&mut survey);
            }
            learn_from_lists(&mut survey);
            self.attribute(&mut survey);

            if survey.stopped_by.is_some() {
                break;
            }
        }

        for surveyed in &mut survey.operations {
            surveyed.by.retain(|_, baseline| is_short(&baseline.first));
            surveyed.anonymous = surveyed.anonymous.take().filter(|answer| is_short(answer));
        }
        survey
    }

    async fn look(&self, survey: &mut Survey, work: Vec<(usize, Vec<Vec<ReadPlan>>)>) {
        let jobs: Vec<GlanceJob<'_>> = work
            .into_iter()
            .filter_map(|(index, plans)| {
                let operation = Arc::clone(&survey.operations.get(index)?.operation);
                Some(self.look_at(index, operation, plans))
            })
            .collect();
        let mut seen: Vec<_> = stream::iter(jobs).buffer_unordered(16).collect().await;
        // Answers arrive in any order; that of the document makes two scans learn the same.
        seen.sort_by_key(|(index, _)| *index);

        for (index, result) in seen {
            match result {
                Ok(glimpse) => keep_glimpse(survey, index, glimpse),
                Err(error) => {
                    survey.stopped_by.get_or_insert(error);
                }
            }
        }
    }

    fn look_at(&self, index: usize, operation: Arc<Operation>, plans: Vec<Vec<ReadPlan>>) -> GlanceJob<'_> {
        Box::pin(async move { (index, self.glimpse(&operation, plans).await) })
    }

    async fn glimpse(&self, operation: &Operation, plans: Vec<Vec<ReadPlan>>) -> Result<Glimpse, SendError> {
        let mut glimpse = Glimpse { baselines: Vec::new(), strangers: None };
        let is_each = is_about_caller(operation) || self.has_removable_items(operation);

        for tries in plan_tries(operation, plans, is_each) {
            match self.first_valid(operation, tries, ROUND).await {
                Ok(baseline) => glimpse.baselines.extend(baseline),
                // What an operation gives only so often is left to the checks.
                Err(SendError::Rationed(_)) => return Ok(glimpse),
                Err(error) => return Err(error),
            }
        }

        let served = glimpse.baselines.iter().find(|baseline| baseline.valid(&BTreeSet::new()));
        let is_open = !operation.requires_sign_in();

        // A route that asks for sign-in refuses strangers, and a refusal is nothing to hold harm against.
        if let Some(baseline) = served.filter(|baseline| is_open && baseline.caller != ANONYMOUS) {
            let name = baseline.caller.clone();
            match self.probe.send(&baseline.ask_as(AskCaller::Anonymous).again(ROUND)).await {
                Ok(answer) => glimpse.strangers = Some((name, answer)),
                Err(SendError::Rationed(_)) => {}
                Err(error) => return Err(error),
            }
        }

        Ok(glimpse)
    }
}

/// Returns what is tried one after another: as each caller once, until one is served; or as each of them.
fn plan_tries(operation: &Operation, plans: Vec<Vec<ReadPlan>>, is_each: bool) -> Vec<Vec<ReadPlan>> {
    let first = plans.into_iter().take(MAX_CALLERS).filter_map(|plans| plans.into_iter().next());
    let may = first.filter(|plan| plan.caller != ANONYMOUS || !operation.requires_sign_in());

    match is_each {
        true => may.map(|plan| vec![plan]).collect(),
        false => vec![may.collect()],
    }
}

fn keep_glimpse(survey: &mut Survey, index: usize, glimpse: Glimpse) {
    let Some(place) = survey.operations.get_mut(index) else { return };
    place.by.extend(glimpse.baselines.into_iter().map(|baseline| (baseline.caller.clone(), baseline)));

    if let Some((name, answer)) = glimpse.strangers {
        place.strangers_as = Some(name);
        place.anonymous = Some(answer);
    }
    let surveyed = place.clone();
    harvest_objects(survey, &surveyed);
}

fn is_short(answer: &Answer) -> bool {
    answer.response().is_none_or(|response| response.text.len() <= MAX_KEPT)
}
