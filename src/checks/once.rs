//! What a check asks once for the whole API, and not beside each of its operations.

use std::sync::Arc;

use url::Url;

use super::context::{CheckCx, PlanCx};
use crate::model::{Method, Operation, Silence};
use crate::probe::{Answer, Ask, AskCaller};
use crate::survey::Surveyed;

/// Returns true for the operation beside which a question about the whole API is asked: the first read that needs no id,
/// else the first read.
pub(super) fn is_asked_beside(cx: &PlanCx<'_>, operation: &Operation) -> bool {
    let mut reads = cx.api.operations.iter().filter(|operation| PlanCx::is_read(operation));
    let first = reads.clone().next();
    let plain = reads.find(|operation| !operation.path.contains('{'));
    plain.or(first).is_some_and(|chosen| chosen.id == operation.id)
}

impl CheckCx<'_> {
    /// Returns an answer that was served to a caller: the control of what is asked of the whole API.
    pub(super) fn served_somewhere(&self) -> Result<Arc<Answer>, Silence> {
        let served = self.survey.operations.iter().find_map(|surveyed| surveyed.valid().next());
        served.map(|baseline| Arc::clone(&baseline.first)).ok_or_else(|| Silence::undecided("no caller is served"))
    }

    /// Returns the address of a path below the root of the target's server.
    pub(super) fn at_root(&self, path: &str) -> Url {
        let mut url = self.probe.base_url().clone();
        url.set_path(path);
        url.set_query(None);
        url
    }

    /// Returns the request of a stranger for a path that no document names; none where the user keeps it from being asked.
    pub(super) fn ask_undocumented(&self, beside: &Surveyed, path: &str) -> Option<Ask> {
        let documented = self.survey.api.operations.iter().any(|known| known.path == path);
        let allowed = !documented && !self.is_excluded(beside, path);
        allowed.then(|| Ask::get(AskCaller::Anonymous, self.at_root(path)))
    }

    /// Returns true for a GET that the user keeps from being asked, whether a document names it or not.
    pub(super) fn is_excluded(&self, beside: &Surveyed, path: &str) -> bool {
        let operation = Operation { path: path.to_owned(), method: Method::Get, ..(*beside.operation).clone() };
        (self.excluded.0)(&operation)
    }
}
