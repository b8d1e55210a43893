//! What a scan would do, from the document and the configuration alone.

use crate::checks::{Check, Need, PlanCx};
use crate::model::{Api, Effect, Identity, Method, Mode, Operation};
use crate::report::PlanRow;

/// Chooses operations.
pub type Choice<'a> = &'a (dyn Fn(&Operation) -> bool + Sync);

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
    pub selected: Choice<'a>,
    /// Operations that are never asked.
    pub excluded: Choice<'a>,
}

/// One row per operation, in document order.
pub fn plan(input: &PlanInput<'_>) -> Vec<PlanRow> {
    input
        .api
        .operations
        .iter()
        .filter(|operation| (input.selected)(operation))
        .map(|operation| row(input, operation))
        .collect()
}

fn row(input: &PlanInput<'_>, operation: &Operation) -> PlanRow {
    let cx = PlanCx { api: input.api, identities: input.identities, mode: input.mode };
    let skipped_because = skipped(input, operation);
    let mut checks = Vec::new();
    let mut max_requests = 0;
    if skipped_because.is_none() {
        for check in input.checks {
            if let Need::Requests(requests) = check.plan(&cx, operation) {
                checks.push(check.meta().id.to_owned());
                max_requests += u64::from(requests);
            }
        }
        max_requests += baseline_cost(input.identities.len());
    }
    PlanRow { operation: super::operation_ref(&operation.id), checks, max_requests, skipped_because }
}

/// Three objects and the document's example tried, a missing one and a repeat for each identity; nobody and a garbage
/// credential.
fn baseline_cost(identities: usize) -> u64 {
    let callers = u64::try_from(identities.max(1)).unwrap_or(u64::MAX);
    callers.saturating_mul(6).saturating_add(2)
}

fn skipped(input: &PlanInput<'_>, operation: &Operation) -> Option<String> {
    if (input.excluded)(operation) {
        return Some("excluded by the configuration".to_owned());
    }
    match (&operation.effect, operation.method) {
        (Effect::Doubtful(sign), _) => Some(format!("not asked: a GET that may change state ({sign})")),
        (Effect::Writes | Effect::Deletes, _) => {
            Some("not asked: it changes state, and this version only reads".to_owned())
        }
        (Effect::Reads, Method::Get) => None,
        (Effect::Reads, method) => Some(format!("not asked: {method} tells nothing that GET does not")),
    }
}
