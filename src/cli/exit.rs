//! Exit codes: what a script, a hook or a pipeline learns of a scan.

use std::collections::BTreeSet;
use std::process::ExitCode;

use clap::ValueEnum;

use crate::app::AppError;
use crate::model::{Confidence, Severity};
use crate::report::{Finding, FindingStatus, Report, Status};

/// How the program ends.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Exit {
    /// Nothing at or above the bar.
    Clean,
    /// Something at or above the bar.
    Found,
    /// Bad usage, configuration or document; no such scan or finding.
    Usage,
    /// Nothing may be concluded. Faults of this program count here too: they are never "clean".
    Untrusted,
    /// Stopped by the user.
    Interrupted,
}

impl Exit {
    /// The number that the shell sees.
    pub fn code(self) -> u8 {
        match self {
            Self::Clean => 0,
            Self::Found => 1,
            Self::Usage => 2,
            Self::Untrusted => 3,
            Self::Interrupted => 130,
        }
    }

    /// What a report comes to. Trust goes first: findings of a scan that cannot be trusted decide nothing.
    pub fn of_report(report: &Report, bar: &Bar) -> Self {
        match report.scan.status {
            Status::Untrusted | Status::Budget | Status::TargetDied | Status::Harm => Self::Untrusted,
            Status::Interrupted => Self::Interrupted,
            // A plan that was made is what was asked for; it judges nothing.
            Status::Planned => Self::Clean,
            // A report that says "running" is not an end; whoever asks for a verdict gets none.
            Status::Running => Self::Untrusted,
            Status::Complete if report.findings.iter().any(|finding| bar.reached_by(finding)) => Self::Found,
            Status::Complete => Self::Clean,
        }
    }

    /// What a fault comes to. Whatever is no fault of a use case is one of the command line or of a file. Half a report
    /// is never clean.
    pub fn of_error(error: &anyhow::Error) -> Self {
        // Asked first: below it lies an error of the disk, which alone would count as bad usage.
        if error.is::<Unwritten>() {
            return Self::Untrusted;
        }
        match error.downcast_ref::<AppError>() {
            Some(AppError::Usage(_) | AppError::Unknown(_)) | None => Self::Usage,
            Some(AppError::Untrusted(_) | AppError::Internal(_)) => Self::Untrusted,
            Some(AppError::Cancelled) => Self::Interrupted,
        }
    }
}

impl From<Exit> for ExitCode {
    fn from(exit: Exit) -> Self {
        Self::from(exit.code())
    }
}

/// The report was there and could not be written whole.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
#[error("the report could not be written whole")]
pub struct Unwritten;

/// The least severity that fails a run.
#[derive(Debug, Clone, Copy, PartialEq, Eq, ValueEnum)]
pub enum Threshold {
    /// Everything fails.
    Info,
    /// Low and worse.
    Low,
    /// Medium and worse.
    Medium,
    /// High and critical.
    High,
    /// Critical alone.
    Critical,
    /// No finding fails.
    Never,
}

impl Threshold {
    fn least(self) -> Option<Severity> {
        match self {
            Self::Info => Some(Severity::Info),
            Self::Low => Some(Severity::Low),
            Self::Medium => Some(Severity::Medium),
            Self::High => Some(Severity::High),
            Self::Critical => Some(Severity::Critical),
            Self::Never => None,
        }
    }
}

/// The least confidence that fails a run.
#[derive(Debug, Clone, Copy, PartialEq, Eq, ValueEnum)]
pub enum Confident {
    /// A condition of the rule may be missing.
    Suspected,
    /// Every condition holds, controls included.
    Confirmed,
}

impl Confident {
    fn least(self) -> Confidence {
        match self {
            Self::Suspected => Confidence::Suspected,
            Self::Confirmed => Confidence::Confirmed,
        }
    }
}

/// What a finding must reach to fail a run.
#[derive(Debug, Clone)]
pub struct Bar {
    /// Least severity.
    pub fail_on: Threshold,
    /// Least confidence.
    pub min_confidence: Confident,
    /// Ids of findings that somebody accepted in a baseline report; they fail nothing.
    pub known: BTreeSet<String>,
}

impl Bar {
    /// Whether a finding fails the run. Suppressed, repaired and known ones do not.
    pub fn reached_by(&self, finding: &Finding) -> bool {
        let severe = self.fail_on.least().is_some_and(|least| finding.severity >= least);
        let sure = finding.confidence >= self.min_confidence.least();
        let counts = finding.suppressed.is_none()
            && finding.status != FindingStatus::Fixed
            && !self.known.contains(finding.id.as_str());
        severe && sure && counts
    }
}
