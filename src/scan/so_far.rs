//! What a scan has come to while its checks still run, for those who follow it and for whoever comes after a crash.

use std::sync::{Mutex, PoisonError};

use tokio::sync::Notify;

use super::settle::Verdicts;
use crate::model::{CheckId, OperationId, Verdict};
use crate::report::{CoverageRow, Finding, IdentityInfo, Rebuild, Report};

/// What a scan has come to so far.
#[derive(Debug, Clone, Default)]
pub struct SoFar {
    /// Merged and judged by all that was seen until now, redacted as in a report.
    pub findings: Vec<Finding>,
    /// What was tried until now.
    pub coverage: Vec<CoverageRow>,
    /// As whom the scan asks.
    pub identities: Vec<IdentityInfo>,
    /// How it came by its own accounts and objects.
    pub rebuild: Option<Rebuild>,
}

impl SoFar {
    /// What a report has of it.
    pub fn of_report(report: &Report) -> Self {
        Self {
            findings: report.findings.clone(),
            coverage: report.coverage.clone(),
            identities: report.scan.identities.clone(),
            rebuild: report.rebuild.clone(),
        }
    }
}

/// Verdicts as they come in.
#[derive(Debug, Default)]
pub(super) struct Board {
    verdicts: Mutex<Verdicts>,
    pub(super) changed: Notify,
}

impl Board {
    pub(super) fn put(&self, key: (OperationId, CheckId), verdict: &Verdict) {
        self.verdicts.lock().unwrap_or_else(PoisonError::into_inner).insert(key, verdict.clone());
        self.changed.notify_one();
    }

    pub(super) fn verdicts(&self) -> Verdicts {
        self.verdicts.lock().unwrap_or_else(PoisonError::into_inner).clone()
    }
}
