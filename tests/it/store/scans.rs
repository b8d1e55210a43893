//! Saving scans and finding them again.

use std::collections::BTreeMap;

use routewarden::model::Severity;
use routewarden::report::{FindingStatus, Report, Status};
use routewarden::store::{Store, StoreError, StoredScanRow};
use tempfile::TempDir;

use crate::report::support::{BASE, finding, hostile_report, sample_report};

async fn store() -> (TempDir, Store) {
    let folder = tempfile::tempdir().unwrap();
    let store = Store::open(Some(folder.path())).await.unwrap();
    (folder, store)
}

fn scan(id: &str, started_at: &str, base_url: &str, findings: &[&str]) -> Report {
    let mut report = sample_report();
    report.scan.id = id.to_owned();
    report.scan.started_at = started_at.to_owned();
    report.scan.base_url = base_url.to_owned();
    report.findings = findings.iter().map(|id| finding(id, "authz/bola-read", Severity::High)).collect();
    for finding in &mut report.findings {
        finding.first_seen = started_at.to_owned();
    }
    report
}

#[tokio::test]
async fn a_report_is_read_back_as_it_was_saved() {
    let (_folder, store) = store().await;
    for mut report in [sample_report(), hostile_report()] {
        report.scan.id.truncate(32);
        store.save(&report).await.unwrap();
        assert_eq!(store.report(&report.scan.id).await.unwrap(), Some(report));
    }
}

#[tokio::test]
async fn saving_again_replaces_the_report_and_its_findings() {
    let (_folder, store) = store().await;
    store.save(&scan("s1", "2026-05-01T10:00:00Z", BASE, &["rw-aa", "rw-bb"])).await.unwrap();
    let second = scan("s1", "2026-05-01T10:00:00Z", BASE, &["rw-bb"]);
    store.save(&second).await.unwrap();
    assert_eq!(store.latest().await.unwrap(), Some(second));
    assert_eq!(store.finding("rw-aa", None).await.unwrap(), None);
    assert_eq!(store.history(10).await.unwrap().len(), 1);
}

#[tokio::test]
async fn the_latest_scan_is_by_time_whatever_the_precision_of_its_text() {
    let (_folder, store) = store().await;
    // As texts "…00.5Z" sorts before "…00Z".
    store.save(&scan("later", "2026-05-01T10:00:00.5Z", BASE, &[])).await.unwrap();
    store.save(&scan("earlier", "2026-05-01T10:00:00Z", BASE, &[])).await.unwrap();
    store.save(&scan("offset", "2026-05-01T11:00:00+02:00", BASE, &[])).await.unwrap();
    assert_eq!(store.latest().await.unwrap().unwrap().scan.id, "later");
    let order: Vec<String> = store.history(10).await.unwrap().into_iter().map(|row| row.scan_id).collect();
    assert_eq!(order, ["later", "earlier", "offset"]);
}

#[tokio::test]
async fn a_plan_is_not_the_latest_scan() {
    let (_folder, store) = store().await;
    let mut plan = scan("plan", "2026-05-02T10:00:00Z", BASE, &[]);
    plan.scan.status = Status::Planned;
    store.save(&plan).await.unwrap();
    assert_eq!(store.latest().await.unwrap(), None);
    assert_eq!(store.report("plan").await.unwrap(), Some(plan));
}

#[tokio::test]
async fn the_beginning_of_an_id_is_enough_when_it_is_unique() {
    let (_folder, store) = store().await;
    for id in ["abc1", "abd2", "abd22"] {
        store.save(&scan(id, "2026-05-01T10:00:00Z", BASE, &[])).await.unwrap();
    }
    assert_eq!(store.report("abc").await.unwrap().unwrap().scan.id, "abc1");
    assert_eq!(store.report("abd2").await.unwrap().unwrap().scan.id, "abd2", "a whole id is never ambiguous");
    assert_eq!(store.report("a%").await.unwrap(), None, "no wildcards");
    let error = store.report("ab").await.unwrap_err();
    assert!(matches!(&error, StoreError::Ambiguous { candidates, .. } if candidates.len() == 3), "{error:?}");
}

#[tokio::test]
async fn a_finding_comes_from_the_newest_scan_or_the_named_one() {
    let (_folder, store) = store().await;
    store.save(&scan("new", "2026-05-02T10:00:00Z", BASE, &["rw-aa11", "rw-ab22"])).await.unwrap();
    store.save(&scan("old", "2026-05-01T10:00:00Z", BASE, &["rw-aa11", "rw-aa99"])).await.unwrap();
    let from = async |id: &str, scan: Option<&str>| {
        store.finding(id, scan).await.unwrap().map(|(scan, finding)| (scan, finding.id))
    };
    let pair = |scan: &str, id: &str| Some((scan.to_owned(), id.to_owned()));
    assert_eq!(from("rw-aa11", None).await, pair("new", "rw-aa11"));
    assert_eq!(from("rw-aa11", Some("ol")).await, pair("old", "rw-aa11"));
    assert_eq!(from("ab", None).await, pair("new", "rw-ab22"));
    assert_eq!(from("rw-aa", Some("new")).await, pair("new", "rw-aa11"), "unique within that scan");
    assert_eq!(from("rw-ab22", Some("old")).await, None);
    assert_eq!(from("rw-zz", None).await, None);
    let error = store.finding("rw-aa", None).await.unwrap_err().to_string();
    assert!(error.contains("rw-aa11, rw-aa99"), "{error}");
}

#[tokio::test]
async fn first_seen_is_the_earliest_over_scans_of_the_target_alone() {
    let (_folder, store) = store().await;
    store.save(&scan("s1", "2026-05-02T10:00:00Z", "http://a.test/", &["rw-aa", "rw-bb"])).await.unwrap();
    store.save(&scan("s2", "2026-05-01T10:00:00Z", "http://a.test", &["rw-aa"])).await.unwrap();
    store.save(&scan("s3", "2026-04-01T10:00:00Z", "http://b.test", &["rw-aa", "rw-cc"])).await.unwrap();
    let expected: BTreeMap<String, String> = [("rw-aa", "2026-05-01T10:00:00Z"), ("rw-bb", "2026-05-02T10:00:00Z")]
        .map(|(id, seen)| (id.to_owned(), seen.to_owned()))
        .into();
    assert_eq!(store.first_seen("http://a.test").await.unwrap(), expected);
}

#[tokio::test]
async fn the_previous_scan_is_the_latest_complete_one_of_the_target() {
    let (_folder, store) = store().await;
    let mut cut = scan("cut", "2026-05-03T10:00:00Z", "http://a.test", &[]);
    cut.scan.status = Status::Interrupted;
    store.save(&cut).await.unwrap();
    store.save(&scan("s2", "2026-05-02T10:00:00Z", "http://a.test/", &[])).await.unwrap();
    store.save(&scan("s1", "2026-05-01T10:00:00Z", "http://a.test", &[])).await.unwrap();
    store.save(&scan("other", "2026-05-04T10:00:00Z", "http://b.test", &[])).await.unwrap();
    assert_eq!(store.previous("http://a.test").await.unwrap().unwrap().scan.id, "s2");
    assert_eq!(store.previous("http://c.test").await.unwrap(), None);
}

#[tokio::test]
async fn the_listing_counts_what_is_open() {
    let (_folder, store) = store().await;
    let mut report = sample_report();
    let mut fixed = finding("rw-5555555555555555", "authz/bola-write", Severity::Critical);
    fixed.status = FindingStatus::Fixed;
    report.findings.push(fixed);
    store.save(&report).await.unwrap();
    let expected = StoredScanRow {
        scan_id: report.scan.id,
        started_at: report.scan.started_at,
        base_url: BASE.to_owned(),
        document: "openapi.yaml".to_owned(),
        status: "complete".to_owned(),
        grade: Some("D".to_owned()),
        findings: 4,
        severe: 1,
        mode: Some("passive".to_owned()),
        requests: report.scan.requests,
        process: None,
        phase: None,
    };
    assert_eq!(store.history(10).await.unwrap(), [expected]);
    assert_eq!(store.history(0).await.unwrap(), []);
}

#[tokio::test]
async fn a_scan_has_its_row_from_its_start_and_is_settled_once_nobody_holds_it() {
    let (folder, store) = store().await;
    let mut report = scan("s1", "2026-05-01T10:00:00Z", BASE, &["rw-aa"]);
    report.scan.status = Status::Running;
    let running = store.begin(&report, 4711).await.unwrap();
    running.beat("survey", 12).await.unwrap();
    let other = Store::open(Some(folder.path())).await.unwrap();
    let row = other.history(1).await.unwrap().remove(0);
    assert_eq!((row.status.as_str(), row.process, row.phase.as_deref()), ("running", Some(4711), Some("survey")));
    assert_eq!((row.requests, other.row("s1").await.unwrap().as_ref()), (12, Some(&row)));

    // While its process holds it, nobody settles it, and it counts neither as seen nor as the latest.
    assert_eq!(other.settle_ended().await.unwrap(), 0);
    assert!(other.latest().await.unwrap().is_none() && other.first_seen(BASE).await.unwrap().is_empty());
    assert_eq!(other.finding("rw-aa", None).await.unwrap().unwrap().0, "s1");
    drop(running);
    assert_eq!((other.settle_ended().await.unwrap(), other.settle_ended().await.unwrap()), (1, 0));
    let left = store.report("s1").await.unwrap().unwrap();
    assert_eq!((left.scan.status, left.findings.len(), left.scan.requests > 11), (Status::Interrupted, 1, true));
    let because = left.scan.untrusted_because.unwrap();
    assert!(because.starts_with("ended with its process 4711 during `survey`, so far: 1 findings"), "{because}");
    assert_eq!(store.history(1).await.unwrap()[0].process, None);
}

#[tokio::test]
async fn a_scan_that_came_to_nothing_leaves_no_row() {
    let (_folder, store) = store().await;
    let mut report = scan("s1", "2026-05-01T10:00:00Z", BASE, &["rw-aa"]);
    report.scan.status = Status::Running;
    let running = store.begin(&report, 1).await.unwrap();
    running.forget().await.unwrap();
    assert!(store.history(5).await.unwrap().is_empty() && store.finding("rw-aa", None).await.unwrap().is_none());
}
