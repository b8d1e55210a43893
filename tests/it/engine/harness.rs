//! Scans a server as both faces do.

use std::collections::BTreeMap;
use std::path::PathBuf;
use std::sync::Arc;

use routewarden::app::{App, Finished, ScanRequest};
use routewarden::model::{Confidence, Severity};
use routewarden::report::{Finding, Report};
use tempfile::TempDir;

/// A folder with a configuration, and the use cases over it.
pub struct Bench {
    pub app: App,
    pub folder: TempDir,
}

impl Bench {
    pub fn new(config: &str, document: Option<&serde_json::Value>, env: &[(String, String)]) -> Self {
        let folder = tempfile::tempdir().unwrap();
        std::fs::write(folder.path().join("routewarden.toml"), config).unwrap();
        if let Some(document) = document {
            std::fs::write(folder.path().join("openapi.json"), serde_json::to_string_pretty(document).unwrap())
                .unwrap();
        }
        let environment: BTreeMap<String, String> = env.iter().cloned().collect();
        let app = App::new(folder.path().to_path_buf(), Some(folder.path().join("data"))).with_environment(environment);
        Self { app, folder }
    }

    pub fn data(&self) -> PathBuf {
        self.folder.path().join("data")
    }

    pub async fn finished(&self, request: ScanRequest) -> Arc<Finished> {
        self.app.start(request).await.unwrap().finished().await.unwrap()
    }

    pub async fn scan(&self) -> Report {
        self.finished(ScanRequest::default()).await.report.clone()
    }
}

/// Check and operation of a finding, for every operation it shows on.
pub fn shown(finding: &Finding) -> Vec<(String, String)> {
    std::iter::once(&finding.operation)
        .chain(&finding.also)
        .map(|operation| (finding.check.clone(), format!("{} {}", operation.method, operation.path)))
        .collect()
}

/// Findings that would trouble a reader: medium or worse, suspected or confirmed.
pub fn troubling(report: &Report) -> Vec<String> {
    report
        .findings
        .iter()
        .filter(|finding| finding.severity >= Severity::Medium && finding.confidence > Confidence::Observation)
        .map(|finding| {
            format!(
                "{} {} {} ({}): {} {:?}",
                finding.check,
                finding.operation.method,
                finding.operation.path,
                finding.confidence.as_str(),
                finding.claim,
                finding.clauses.iter().filter(|clause| clause.holds != Some(true)).collect::<Vec<_>>()
            )
        })
        .collect()
}

/// Why a pair of check and operation has no confirmed finding.
pub fn coverage(report: &Report, check: &str, operation: &str) -> String {
    report
        .coverage
        .iter()
        .filter(|row| row.check == check && format!("{} {}", row.operation.method, row.operation.path) == operation)
        .map(|row| format!("{:?}: {}", row.outcome, row.because))
        .collect::<Vec<_>>()
        .join("; ")
}

/// What of the expected is missing, with the reason.
pub fn missing(report: &Report, expected: &[(&str, &str)]) -> Vec<String> {
    let info = |check: &str| {
        matches!(
            check,
            "authn/challenge-missing" | "authz/predictable-id" | "config/security-headers" | "inventory/drift"
        )
    };
    let found: Vec<(String, String)> = report
        .findings
        .iter()
        .filter(|finding| finding.confidence == Confidence::Confirmed || info(&finding.check))
        .flat_map(shown)
        .collect();
    expected
        .iter()
        .filter(|(check, operation)| !found.iter().any(|(c, o)| c == check && o == operation))
        .map(|(check, operation)| {
            let suspected: Vec<String> = report
                .findings
                .iter()
                .filter(|finding| shown(finding).iter().any(|(c, o)| c == check && o == operation))
                .flat_map(|finding| finding.clauses.iter().filter(|clause| clause.holds != Some(true)))
                .map(|clause| format!("{}: {}", clause.name, clause.because))
                .collect();
            format!("{check} on {operation}: {} {suspected:?}", coverage(report, check, operation))
        })
        .collect()
}
