//! Proposes changes to the user's own files: which bytes to replace, as edits and as a diff, with a record of what was
//! verified. Knows the project's own ways first (a sibling's guard), then its libraries, then the framework's. Never writes.

mod callers;
mod denial;
mod draft;
mod edits;
mod holes;
mod identity;
mod imports;
mod loads;
mod names;
mod owning;
mod plan;
mod proposal;
mod propose;
mod reach;
mod recipes;
mod request;
mod scope;
mod sql;
mod style;
mod switch;
mod tables;
mod verify;
mod ways;

pub use plan::{Plan, PlanStep, StepOutcome, plan_fixes};
pub use proposal::{Edit, FileDigest, FixConfidence, FixRefusal, Idiom, Proposal, RefusalReason, Verification};
pub use propose::propose_fix;
pub use request::{CodeFixRequest, FixFacts, RemedyKind};
