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
async fn only_refusals_that_differ_by_existence_are_an_oracle() {
    let (check, path) = ("authz/existence-oracle", "/loans/{loan_id}");
    let (_, because, findings) = said("loans-weak", check, path).await;
    assert!(matches!(findings.as_slice(), [(Severity::Low, Confidence::Confirmed, _)]), "{because} {findings:?}");
    // Over ids that nobody can guess it tells little.
    let (_, because, findings) = said("loans-random-ids", check, path).await;
    assert!(matches!(findings.as_slice(), [(Severity::Info, Confidence::Confirmed, _)]), "{because} {findings:?}");
    for (twin, outcome, words) in [
        ("loans-repaired", CoverageOutcome::Held, "like an id that does not exist"),
        ("loans-noisy", CoverageOutcome::Held, "like an id that does not exist"),
        ("loans-posted", CoverageOutcome::NotApplicable, "another route gives"),
        ("loans-by-form", CoverageOutcome::Undecided, "do not exist are answered differently"),
        ("loans-careful", CoverageOutcome::Undecided, "by their form"),
        ("loans-failing", CoverageOutcome::Undecided, "failed"),
    ] {
        let (seen, because, findings) = said(twin, check, path).await;
        assert!(seen == outcome && because.contains(words) && findings.is_empty(), "{twin}: {seen:?} {because}");
    }
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn counters_are_noted_once_and_with_the_callers_own_ids_alone() {
    let (check, path) = ("authz/predictable-id", "/parcels/{parcel_id}");
    for twin in ["consignments-weak", "consignments-wrapped-weak"] {
        let (_, because, findings) = said(twin, check, path).await;
        let [(Severity::Info, Confidence::Observation, claim)] = findings.as_slice() else {
            panic!("{twin}: {because} {findings:?}")
        };
        assert!(!claim.contains("48120034") && !claim.contains("UGFyY2VsOjg0"), "{claim}");
    }
    for (twin, path, outcome, words) in [
        ("consignments-repaired", path, CoverageOutcome::Held, "random UUIDs"),
        ("consignments-by-time", path, CoverageOutcome::Held, "ULIDs"),
        ("statements-by-year", "/statements/{statement}", CoverageOutcome::Held, "years"),
        ("stations-public", "/stations/{id}", CoverageOutcome::NotTried, "belongs to one caller"),
        ("consignments-few", path, CoverageOutcome::Undecided, "too few ids"),
    ] {
        let (seen, because, findings) = said(twin, check, path).await;
        assert!(seen == outcome && because.contains(words) && findings.is_empty(), "{twin}: {seen:?} {because}");
    }
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
    assert_eq!(seen, CoverageOutcome::Undecided, "{because}");
    let report = scan(&named("guests-free-document").await).await;
    assert!(report.coverage.iter().all(|row| row.check != check), "nothing is declared, so nothing can be missing");
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn credentials_in_addresses_are_told_from_what_looks_like_them() {
    let check = "authn/credential-in-url";
    for (twin, path, words) in [
        ("meters-query-weak", "/reading", "`api_key`"),
        ("exports-own-token-weak", "/export", "alice's own token"),
        ("exports-session-weak", "/export", "signs alice in"),
    ] {
        let (_, because, findings) = said(twin, check, path).await;
        let [(Severity::Medium, Confidence::Confirmed, claim)] = findings.as_slice() else {
            panic!("{twin}: {because} {findings:?}")
        };
        assert!(claim.contains(words), "{claim}");
    }
    for (twin, path) in [("exports-signed-link", "/export"), ("journeys-declared", "/auth/check")] {
        let (_, because, findings) = said(twin, check, path).await;
        let observed = matches!(findings.as_slice(), [(Severity::Info, Confidence::Observation, _)]);
        assert!(observed, "{twin}: {because} {findings:?}");
    }
    for (twin, path) in [
        ("meters-header-repaired", "/reading"),
        ("exports-repaired", "/export"),
        ("exports-foreign-keys", "/export"),
        ("journeys-declared", "/trips"),
        ("journeys-declared", "/coins"),
        ("journeys-declared", "/usage"),
        ("journeys-declared", "/forms"),
        ("journeys-declared", "/people"),
    ] {
        let (seen, because, findings) = said(twin, check, path).await;
        assert!(seen == CoverageOutcome::Held && findings.is_empty(), "{twin} {path}: {seen:?} {because} {findings:?}");
    }
    let (seen, because, _) = said("meters-query-failing", check, "/reading").await;
    assert_eq!(seen, CoverageOutcome::Undecided, "{because}");
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn secrets_of_other_services_are_told_without_being_shown() {
    let (check, path) = ("data/secret-in-response", "/shop/settings");
    let report = scan(&named("bakery-weak").await).await;
    let findings = found(&report, check);
    let claims: Vec<&str> = findings.iter().map(|finding| finding.claim.as_str()).collect();
    assert!(findings.iter().all(|it| (it.severity, it.confidence) == (Severity::High, Confidence::Confirmed)));
    assert!(claims.len() == 2 && claims.iter().any(|it| it.contains("Stripe")), "{claims:?}");
    assert!(claims.iter().any(|it| it.contains("password in it")), "{claims:?}");
    let text = serde_json::to_string(&report).unwrap();
    let key = crate::twins::payment_key("payments");
    assert!(!text.contains(&key["sk_live_".len()..]) && !text.contains("Tr4vert1ne"), "a secret is in the report");
    assert!(text.contains("begins with the public `sk_live_`") && text.contains("fingerprint "));

    let (seen, because, findings) = said("bakery-repaired", check, path).await;
    assert!(seen == CoverageOutcome::Held && findings.is_empty(), "{because} {findings:?}");
    let (_, because, findings) = said("bakery-keys-page", check, "/me/api-keys").await;
    let observed = matches!(findings.as_slice(), [(_, Confidence::Observation, _)]);
    assert!(observed, "{because} {findings:?}");
}
