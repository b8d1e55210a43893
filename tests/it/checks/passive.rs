//! What the checks that only look say of twins: of the weak ones what is there, of the sound ones nothing.

use routewarden::model::{Confidence, Severity};
use routewarden::report::{CoverageOutcome, Finding, Report};

use crate::engine::harness::{Bench, shown};
use crate::twins::{Twin, named};

async fn scan(twin: &Twin) -> Report {
    let config =
        format!("[target]\nopenapi = \"openapi.json\"\nbase_url = \"{}\"\n\n{}", twin.base_url, twin.identities_toml);
    Bench::new(&config, Some(&twin.document), &twin.env).scan().await
}

fn found<'r>(report: &'r Report, check: &str) -> Vec<&'r Finding> {
    report.findings.iter().filter(|finding| finding.check == check).collect()
}

/// What the report says of a check on a path, with its findings there.
async fn said(twin: &str, check: &str, path: &str) -> (CoverageOutcome, String, Vec<(Severity, Confidence, String)>) {
    let report = scan(&named(twin).await).await;
    let row = report.coverage.iter().find(|row| row.check == check && row.operation.path == path);
    let row = row.unwrap_or_else(|| panic!("{twin}: no row of {check} on {path}"));
    let on = |finding: &&Finding| shown(finding).iter().any(|(_, operation)| *operation == format!("GET {path}"));
    let findings = found(&report, check).into_iter().filter(on);
    let findings = findings.map(|it| (it.severity, it.confidence, it.claim.clone())).collect();
    (row.outcome, row.because.clone(), findings)
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn undeclared_fields_are_findings_only_with_a_name_and_a_value_that_say_so() {
    let (check, path) = ("property/undocumented-field", "/stay");
    let (_, because, findings) = said("guests-weak", check, path).await;
    let has = |words: &str| {
        findings.iter().any(|(s, c, claim)| *s == Severity::Low && *c == Confidence::Confirmed && claim.contains(words))
    };
    assert!(findings.len() == 2 && has("internal_notes") && has("risk_score"), "{because} {findings:?}");
    let (_, because, findings) = said("guests-passport-weak", check, path).await;
    assert!(matches!(findings.as_slice(), [(Severity::Medium, Confidence::Confirmed, _)]), "{because} {findings:?}");
    for (twin, words) in [("guests-flags", "`is_admin`"), ("guests-masked", "`internal_notes`")] {
        let (_, because, findings) = said(twin, check, path).await;
        let [(Severity::Info, Confidence::Observation, claim)] = findings.as_slice() else {
            panic!("{twin}: {because} {findings:?}")
        };
        assert!(claim.contains(words), "{claim}");
    }
    for twin in ["guests-repaired", "guests-open-document", "guests-subtypes", "guests-in-parts"] {
        let (seen, because, findings) = said(twin, check, path).await;
        assert!(seen == CoverageOutcome::Held && findings.is_empty(), "{twin}: {seen:?} {because} {findings:?}");
    }
    let (seen, because, _) = said("guests-as-page", check, path).await;
    assert_eq!(seen, CoverageOutcome::Inconclusive, "{because}");
    let report = scan(&named("guests-free-document").await).await;
    assert!(report.coverage.iter().all(|row| row.check != check), "nothing is declared, so nothing can be missing");
}
