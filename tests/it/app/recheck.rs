use routewarden::app::{App, RecheckOutcome, RecheckRow, ScanRequest};
use routewarden::model::FindingId;

use super::shop::{BROKEN, REPAIRED, Shop, WEAK, env};
use crate::engine::harness::Bench;

/// The one weakness of the shop, found and stored.
async fn found(bench: &Bench) -> FindingId {
    let report = bench.scan().await;
    let finding = report.findings.iter().find(|finding| finding.check == "authz/bola-read").expect("found");
    FindingId(finding.id.clone())
}

/// Checks again as another process would: other use cases over the same history.
async fn again(bench: &Bench, id: &FindingId) -> RecheckRow {
    let app = App::new(std::env::temp_dir(), Some(bench.data())).with_environment(env().into_iter().collect());
    let request = ScanRequest { recheck: vec![id.clone()], ..ScanRequest::default() };
    let finished = app.start(request).await.unwrap().finished().await.unwrap();
    assert_eq!(finished.recheck.len(), 1);
    finished.recheck[0].clone()
}

#[tokio::test]
async fn an_unchanged_server_is_still_vulnerable() {
    let shop = Shop::start().await;
    let bench = shop.bench();
    let id = found(&bench).await;
    let row = again(&bench, &id).await;
    assert_eq!((row.finding_id.as_str(), row.outcome), (id.as_str(), RecheckOutcome::StillVulnerable), "{row:?}");
}

#[tokio::test]
async fn a_repair_that_still_serves_the_owner_is_fixed() {
    let shop = Shop::start().await;
    let bench = shop.bench();
    let id = found(&bench).await;
    shop.is(REPAIRED);
    let row = again(&bench, &id).await;
    assert_eq!(row.outcome, RecheckOutcome::Fixed, "{row:?}");
    shop.is(WEAK);
    assert_eq!(
        again(&bench, &id).await.outcome,
        RecheckOutcome::StillVulnerable,
        "a recheck must not overwrite the proof"
    );
}

#[tokio::test]
async fn a_repair_that_refuses_the_owner_too_is_broken() {
    let shop = Shop::start().await;
    let bench = shop.bench();
    let id = found(&bench).await;
    shop.is(BROKEN);
    let row = again(&bench, &id).await;
    assert_eq!(row.outcome, RecheckOutcome::Broken, "{row:?}");
}

#[tokio::test]
async fn an_unknown_finding_is_refused_before_anything_is_sent() {
    let shop = Shop::start().await;
    let bench = shop.bench();
    let request = ScanRequest { recheck: vec!["rw-0000000000000000".into()], ..ScanRequest::default() };
    let error = bench.app.start(request).await.unwrap_err().to_string();
    assert!(error.contains("rw-0000000000000000"), "{error}");
    assert_eq!(shop.n_hits(), 0);
}
