//! The report and its formats. Knows nothing of checks or the network.

pub mod json;
mod rule;
mod score;
mod summary;
pub mod text;
mod wire;

pub use json::{ReportError, read};
pub use rule::RuleHelp;
pub use score::score;
pub use text::TextOptions;
pub use wire::{
    ClauseInfo, CodeRef, CoverageOutcome, CoverageRow, ExchangeInfo, Finding, FindingStatus, IdentityInfo, Issue,
    NextStep, OperationRef, PlanRow, Report, RequestInfo, ResponseInfo, SCHEMA_VERSION, ScanInfo, Score, SpecRef,
    Status, Tool, Write,
};
