//! Scans of chosen operations: few requests, and the same verdicts as a scan of everything.

use std::collections::BTreeMap;

use routewarden::app::{OwnershipRequest, Progress, RouteVerdict, ScanRequest};
use routewarden::demo::{Demo, DemoOptions, start};
use routewarden::model::Confidence;
use routewarden::report::{CoverageOutcome, Report, Status};
use tokio::sync::watch;
use tokio_util::sync::CancellationToken;

use super::harness::{Bench, shown};

/// Most requests for one route.
const MOST: u64 = 64;

fn bench(demo: &Demo) -> Bench {
    Bench::new(&demo.config_toml(), None, &demo.secrets())
}

/// What is claimed of an operation, by check.
fn claimed(report: &Report, operation: &str) -> BTreeMap<String, Confidence> {
    let of = |finding: &routewarden::report::Finding| {
        let is_of = |(_, on): &(String, String)| on == operation;
        let is_claim = finding.confidence > Confidence::Observation;
        (is_claim && shown(finding).iter().any(is_of)).then(|| (finding.check.clone(), finding.confidence))
    };
    report.findings.iter().filter_map(of).collect()
}

/// What was put to the test on an operation, by check.
fn tested(report: &Report, operation: &str) -> BTreeMap<String, CoverageOutcome> {
    let rows = report.coverage.iter().filter(|row| row.operation.id().as_str() == operation);
    let rows = rows.filter(|row| matches!(row.outcome, CoverageOutcome::Broken | CoverageOutcome::Held));
    rows.map(|row| (row.check.clone(), row.outcome)).collect()
}

async fn narrowed_to(bench: &Bench, operation: &str) -> Report {
    let mut request = ScanRequest::default();
    request.overrides.operations = vec![operation.to_owned()];
    bench.finished(request).await.report.clone()
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn one_operation_takes_few_requests_and_is_judged_as_in_a_scan_of_all() {
    let demo = start(DemoOptions { repaired: false, port: 0 }).await.unwrap();
    let bench = bench(&demo);
    let whole = bench.scan().await;
    let chosen = [
        "GET /invoices/{invoice_id}",
        "GET /customers/{customer_id}/contacts/{contact_id}",
        "GET /receipts/{receipt_id}",
        "GET /payments",
        "GET /documents/{document_id}",
        "GET /admin/users",
        "GET /admin/settings",
        "GET /team/activity",
        "GET /me",
    ];
    for operation in chosen {
        let one = narrowed_to(&bench, operation).await;
        assert_eq!(one.scan.status, Status::Complete, "{operation}: {:?}", one.scan.untrusted_because);
        assert!(
            one.scan.requests < MOST && one.scan.requests * 10 < whole.scan.requests,
            "{operation}: {}",
            one.scan.requests
        );
        assert_eq!(claimed(&one, operation), claimed(&whole, operation), "{operation}");
        let (one, whole) = (tested(&one, operation), tested(&whole, operation));
        assert!(!one.is_empty());
        assert_eq!(one, whole, "{operation}");
    }
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn the_owners_of_one_route_take_few_requests() {
    let demo = start(DemoOptions { repaired: false, port: 0 }).await.unwrap();
    let bench = bench(&demo);
    let request = OwnershipRequest { route: Some("/invoices/{invoice_id}".to_owned()), ..OwnershipRequest::default() };
    let (progress, seen) = watch::channel(Progress::default());
    let matrix = bench.app.check_route_ownership(request, progress, CancellationToken::new()).await.unwrap();
    let verdicts: Vec<(String, RouteVerdict)> =
        matrix.routes.iter().map(|row| (row.operation.id().0, row.verdict)).collect();
    assert!(verdicts.contains(&("GET /invoices/{invoice_id}".to_owned(), RouteVerdict::Broken)), "{verdicts:?}");
    assert!(seen.borrow().requests < MOST, "{} requests", seen.borrow().requests);
}
