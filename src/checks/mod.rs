//! The checks: one file each, one line in its family, and the register that holds them together. A check plans from the
//! document alone, and compares what the survey and its own few requests brought; it never decides how sure it is.

mod access;
mod acted;
mod acting;
mod added;
mod asked;
mod context;
mod foreign_read;
mod linked;
mod meta;
mod once;
mod proving;
mod referred;
mod registry;
mod role_changes;
mod rule;

mod authn;
mod authz;
mod config;
mod data;
mod graphql;
mod inject;
mod inventory;
mod limits;
mod llm;
mod property;
mod source;
mod ssrf;
mod token;
mod validation;

use crate::trial::rights;

pub use acting::{ActCx, ObjectView, ObservedAccess};
pub use context::{CheckCx, Excluded, Pair, PlanCx, Shared};
pub use meta::{Check, Meta, Need, Phase};
pub use registry::{UnknownCheck, all_checks, find_check, is_of_source, select_checks};
pub use source::{SourceCx, SourceDraft};
