//! The report and its formats. Knows nothing of checks or the network.

pub mod json;
mod rule;
mod wire;

pub use json::{ReportError, read};
pub use rule::RuleHelp;
pub use wire::{
    ClauseInfo, CodeRef, CoverageOutcome, CoverageRow, ExchangeInfo, Finding, FindingStatus, IdentityInfo, Issue,
    NextStep, OperationRef, PlanRow, Report, RequestInfo, ResponseInfo, SCHEMA_VERSION, ScanInfo, Score, SpecRef,
    Status, Tool, Write,
};
