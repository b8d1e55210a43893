//! What a scan would do, from the document and the configuration alone.

use crate::act::MAX_REPAIRS;
use crate::checks::{Check, Need, PlanCx};
use crate::llm::{LlmSettings, is_tried, may_face};
use crate::model::{Api, Effect, Identity, Method, Mode, Operation};
use crate::report::PlanRow;

/// Most callers of one rank that make objects.
pub(super) const MAX_CALLERS: usize = 3;
/// Most requests for one object: its tries; a look at what it refers to, at the list before and behind it, and at itself;
/// its removal, and a look whether it is gone.
const REQUESTS_PER_OBJECT: u64 = 1 + MAX_REPAIRS + 6;

/// Chooses operations.
pub type OperationFilter<'a> = &'a (dyn Fn(&Operation) -> bool + Sync);

/// What planning needs to know.
pub struct PlanInput<'a> {
    /// The API.
    pub api: &'a Api,
    /// The identities.
    pub identities: &'a [Identity],
    /// How much the scan may do.
    pub mode: Mode,
    /// The chosen checks.
    pub checks: &'a [&'static dyn Check],
    /// Operations that are to be checked.
    pub selected: OperationFilter<'a>,
    /// Operations that are never asked.
    pub excluded: OperationFilter<'a>,
    /// What the user says of models behind the API.
    pub llm: &'a LlmSettings,
}

/// One row per operation, in document order.
pub fn plan_operations(input: &PlanInput<'_>) -> Vec<PlanRow> {
    input
        .api
        .operations
        .iter()
        .filter(|operation| (input.selected)(operation))
        .map(|operation| plan_operation(input, operation))
        .collect()
}

fn plan_operation(input: &PlanInput<'_>, operation: &Operation) -> PlanRow {
    let cx = PlanCx { api: input.api, identities: input.identities, mode: input.mode, llm: input.llm };
    let skipped_because = reason_to_skip(input, operation);
    let writes = !operation.method.is_safe();
    let mut checks = Vec::new();
    let mut max_requests = 0;

    if skipped_because.is_none() {
        for check in input.checks {
            let allowed = check.meta().level <= input.mode;
            if let (true, Need::Requests(requests)) = (allowed, check.plan(&cx, operation)) {
                checks.push(check.meta().id.to_owned());
                max_requests += u64::from(requests);
            }
        }

        // Two plain questions tell whether a model stands behind it; where one does, it is asked like the others.
        let asked = is_tried(input.api, operation, input.mode) && may_face(input.api, operation, input.llm);
        max_requests += if asked { input.llm.calls_each(1) } else { 0 };
        max_requests +=
            if writes { making_cost(operation, input.identities.len()) } else { baseline_cost(input.identities.len()) };
    }

    let asked_because = skipped_because.is_none().then(|| asked_because(operation));
    PlanRow { operation: super::operation_ref(&operation.id), checks, max_requests, skipped_because, asked_because }
}

/// Three objects and the document's example tried, a missing one and a repeat for each identity; nobody and a garbage
/// credential.
fn baseline_cost(identities: usize) -> u64 {
    let callers = u64::try_from(identities.max(1)).unwrap_or(u64::MAX);
    callers.saturating_mul(6).saturating_add(2)
}

/// Why an operation is not called in any mode.
fn left_alone(input: &PlanInput<'_>, operation: &Operation) -> Option<String> {
    let acting = crate::act::acting_of(input.api, operation);
    acting.left_alone
}

/// An object for each caller that makes some. An account is made by as many requests as an object.
fn making_cost(operation: &Operation, identities: usize) -> u64 {
    let callers = u64::try_from(identities.clamp(1, MAX_CALLERS)).unwrap_or(u64::MAX);
    if operation.method == Method::Post { callers.saturating_mul(REQUESTS_PER_OBJECT) } else { 0 }
}

/// Why an operation is asked, with the sign by which it was judged.
fn asked_because(operation: &Operation) -> String {
    let sign = crate::model::clean_text(&operation.effect_because, 160);
    match operation.effect {
        Effect::Reads => format!("it reads: {sign}"),
        _ => format!("it writes, to objects of the scan's own alone: {sign}"),
    }
}

fn reason_to_skip(input: &PlanInput<'_>, operation: &Operation) -> Option<String> {
    if (input.excluded)(operation) {
        return Some("excluded by the configuration".to_owned());
    }
    let is_passive = input.mode == Mode::Passive;

    match (&operation.effect, operation.method) {
        // What is doubtful is asked in no mode, so that it comes before the mode is looked at.
        (Effect::Doubtful(sign), method) => Some(format!("not asked: a {method} that may change state ({sign})")),
        (Effect::Writes | Effect::Deletes, _) if is_passive => {
            Some("not asked: it changes state, and the scan is passive".to_owned())
        }
        (Effect::Reads, Method::Post) if is_passive => {
            Some("not asked: a passive scan sends no POST, not even one that only reads".to_owned())
        }
        (Effect::Writes | Effect::Deletes, _) | (Effect::Reads, Method::Post) => left_alone(input, operation),
        (Effect::Reads, Method::Get) => None,
        (Effect::Reads, method) => Some(format!("not asked: {method} shows nothing that GET does not")),
    }
}
