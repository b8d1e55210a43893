//! The report and its formats. Knows nothing of checks or the network.

mod cleaned;
pub mod diff;
mod format;
pub mod html;
pub mod json;
pub mod junit;
pub mod markdown;
mod operation_ref;
mod ownership;
mod plan_groups;
mod policy_rows;
mod reach;
mod rebuild;
mod rule;
pub mod sarif;
mod score;
mod summary;
pub mod text;
mod wire;
mod words;
mod written;

pub use diff::{ReportDiff, compare_reports};
pub use format::{Format, UnknownFormat, render_report, write_report};
pub use json::{ReportError, read_report};
pub use operation_ref::OperationRef;
pub use ownership::{Access, Agreement, Caller, Cell, MatrixRow, Ownership, RouteVerdict, SourceVerdict, SourceWord};
pub use plan_groups::{PlanGroup, asked_groups, skipped_groups};
pub use policy_rows::{PolicyRow, Question};
pub use reach::{HeldBack, Reach, ReachRow, Reached, StageCount};
pub use rebuild::{AccountRecipe, BodyFields, ObjectRecipe, Rebuild, SignInRecipe};
pub use rule::RuleHelp;
pub use score::{Shortfall, compute_score, find_shortfall};
pub use summary::{Outcomes, tally_outcomes};
pub use text::TextOptions;
pub use wire::{
    ClauseInfo, CodeRef, CoverageOutcome, CoverageRow, ExchangeBrief, ExchangeInfo, Finding, FindingStatus, HarmRow,
    HeldProofInfo, IdentityInfo, Issue, NextStep, PlanRow, Report, RequestInfo, ResponseInfo, SCHEMA_VERSION, ScanInfo,
    Score, SpecRef, Status, Tool, Withheld,
};
pub use words::{next_step, reason_alone, untrusted_reason};
pub use written::Write;
