//! What the frameworks of Python share: where names are bound, which routers are mounted where, what guards refuse.

mod bindings;
mod graph;
mod guards;
mod meaning;
mod refusals;
mod routers;
mod survey;
mod texts;
mod turns;

pub(super) use graph::{Declaration, Graph, MountKind, PythonMount, PythonRouter, PythonRouterId};
pub(super) use guards::{GuardSite, read_guard};
pub(super) use meaning::Meaning;
pub(super) use routers::RouterCreation;
pub(super) use survey::{PythonSurvey, ScopeId};
