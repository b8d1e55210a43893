//! One scan: survey, checks, and the report of what came of them. The dry run stops after the plan.

mod after;
mod before;
mod beside;
mod collect;
mod companions;
mod convert;
mod count;
mod fatal;
mod hiding;
mod key_lists;
mod models;
mod own;
mod plan;
mod reach;
mod reading;
mod rebuild;
mod run;
mod scarce;
mod sessions;
mod settle;
mod so_far;
mod steps;
mod tenants;
mod trust;
mod writing;

use sha2::{Digest, Sha256};

pub use after::after_check;
pub use before::{Before, look_before};
pub use beside::name_beside;
pub use companions::name_companions;
pub use convert::report_issues;
pub use count::{Stage, Ticked};
pub use hiding::name_hidden;
pub use key_lists::name_unlisted_keys;
pub use plan::{PlanInput, plan_operations};
pub use reading::{ReadInput, read_findings};
pub use run::{ScanInput, ScanOutcome, run};
pub use sessions::name_sessions;
pub use so_far::SoFar;
pub use tenants::name_tenants;
pub use writing::{ActInput, undo_writes};

use crate::model::{FindingId, Method, OperationId, clean_name};
use crate::report::OperationRef;

/// The stable id of a weakness: the API's title, the check and the cause, whatever the address of the target is.
pub fn finding_fingerprint(title: &str, check: &str, cause: &str) -> FindingId {
    let mut digest = Sha256::new();
    for part in [title, check, cause] {
        // The zero byte keeps the parts apart: `ab` and `c` must not come out like `a` and `bc`.
        digest.update(part);
        digest.update([0]);
    }
    let hex: String = digest.finalize().iter().take(8).map(|byte| format!("{byte:02x}")).collect();
    FindingId(format!("rw-{hex}"))
}

/// An operation id in its parts, for the report.
pub fn operation_ref(id: &OperationId) -> OperationRef {
    let (method, path) = id.0.split_once(' ').unwrap_or(("GET", id.0.as_str()));
    OperationRef { method: Method::parse(method).unwrap_or(Method::Get), path: clean_name(path, 300) }
}
