//! The access model over whole scans: what a policy rests on, what breaks it, and what the user's word settles.

use routewarden::model::Confidence;
use routewarden::report::{CoverageOutcome, Finding, Report};

use super::harness::{Bench, coverage, shown};
use crate::twins::{Twin, named};

async fn scan(twin: &Twin, more: &str) -> Report {
    let config = format!(
        "[target]\nopenapi = \"openapi.json\"\nbase_url = \"{}\"\n\n{}\n{more}",
        twin.base_url, twin.identities_toml
    );
    Bench::new(&config, Some(&twin.document), &twin.env).scan().await
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn two_leaks_do_not_excuse_each_other() {
    let report = scan(&named("orders-leaking-twice").await, "").await;
    let order = report.policy.iter().find(|row| row.resource == "order").expect("a policy of orders");
    assert_eq!(order.policy, "owner");
    assert!(order.rests_on.iter().any(|ground| ground.contains("GET /orders shows each caller its own")), "{order:?}");
    assert!(order.rests_on.iter().any(|ground| ground.contains("/lines refuses")), "{order:?}");
    assert!(order.broken_by.contains(&"GET /orders/{number}".to_owned()), "{order:?}");
    assert!(order.broken_by.contains(&"GET /reports/daily".to_owned()), "{order:?}");
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn held_names_the_attack_and_the_owners_own_request() {
    let report = scan(&named("orders-kept").await, "").await;
    let held: Vec<_> = report.coverage.iter().filter(|row| row.outcome == CoverageOutcome::Held).collect();
    let read = held
        .iter()
        .find(|row| row.check == "authz/bola-read" && row.operation.path == "/orders/{number}")
        .unwrap_or_else(|| panic!("{}", coverage(&report, "authz/bola-read", "GET /orders/{number}")));
    let proof = read.proof.as_ref().expect("exchanges");
    assert_ne!(proof.attack.identity, proof.control.identity);
    assert_eq!((proof.attack.url.as_str(), proof.attack.status), (proof.control.url.as_str(), Some(404)));
    assert_eq!(proof.control.status, Some(200));
    assert!(held.iter().all(|row| row.proof.is_some()), "held without exchanges: {held:?}");
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn what_everyone_is_shown_is_not_said_to_be_held() {
    let report = scan(&named("garden-shown-to-all").await, "").await;
    assert!(report.findings.iter().all(|finding| finding.check != "authz/bola-read"));
    let row = coverage(&report, "authz/bola-read", "GET /beds/{bed}");
    assert!(row.starts_with("NotApplicable: shared"), "{row}");
    let bed = report.policy.iter().find(|row| row.resource == "bed").expect("a policy of beds");
    assert_eq!(bed.policy, "signed-in");
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn the_users_word_makes_a_finding_a_note() {
    let twin = named("drafts-open-by-name").await;
    let stated = "[intent]\n\"GET /drafts/{slug}\" = { policy = \"signed-in\", reason = \"reviewed by all\" }\n";
    let report = scan(&twin, stated).await;
    let finding = report.findings.iter().find(|finding| finding.check == "authz/bola-read").expect("a note");
    assert_eq!(finding.confidence, Confidence::Observation);
    assert!(finding.clauses.iter().any(|clause| clause.because.contains("reviewed by all")), "{:?}", finding.clauses);
    // What is only noted was neither shown to be broken nor to hold.
    let row = coverage(&report, "authz/bola-read", "GET /drafts/{slug}");
    assert!(row.starts_with("NotApplicable: noted without a claim of harm"), "{row}");
    let plain = scan(&twin, "").await;
    let finding = plain.findings.iter().find(|finding| finding.check == "authz/bola-read").expect("a finding");
    assert_eq!(finding.confidence, Confidence::Confirmed);
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn the_owners_word_confirms_what_no_route_shows() {
    let twin = named("garden-shown-to-all").await;
    let report = scan(&twin, "[intent]\n\"resource:bed\" = \"owner\"\n").await;
    let found = report.findings.iter().find(|finding| finding.check == "authz/bola-read").expect("a finding");
    assert_eq!(found.confidence, Confidence::Confirmed, "{:?}", found.clauses);
    assert_eq!(found.operation.path, "/beds/{bed}");
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn the_users_word_settles_what_strangers_are_shown() {
    let twin = named("records-weak").await;
    let missing = async |more: &str| {
        let report = scan(&twin, more).await;
        report.findings.into_iter().find(|finding| finding.check == "authn/missing").expect("a finding")
    };
    let plain = missing("").await;
    assert_eq!(plain.confidence, Confidence::Confirmed, "{:?}", plain.clauses);
    assert!(plain.clauses.iter().any(|clause| clause.name == "data-is-private"), "{:?}", plain.clauses);
    let stated = "[intent]\n\"GET /records/{recordId}\" = { policy = \"public\", reason = \"samples\" }\n";
    assert_eq!(missing(stated).await.confidence, Confidence::Observation);
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn what_is_stated_to_need_sign_in_is_meant_for_no_stranger() {
    let twin = named("catalogue-open").await;
    let report =
        scan(&twin, "[intent]\n\"GET /books\" = { policy = \"signed-in\", reason = \"members only\" }\n").await;
    let missing: Vec<_> = report.findings.iter().filter(|finding| finding.check == "authn/missing").collect();
    let [found] = missing.as_slice() else { panic!("{missing:?}") };
    assert_eq!((found.operation.path.as_str(), found.confidence), ("/books", Confidence::Confirmed));
    let row = coverage(&report, "authn/missing", "GET /books/{isbn}");
    assert!(row.starts_with("NotApplicable: public content"), "{row}");
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_list_is_asked_for_what_another_users_thing_holds() {
    let outcome = async |name: &str| {
        let report = scan(&named(name).await, "[scan]\nmode = \"active\"\n").await;
        let is_it = |finding: &&Finding| shown(finding).contains(&("authz/bola-body".into(), "GET /readings".into()));
        report.findings.iter().find(is_it).map(|finding| finding.confidence)
    };
    assert_eq!(outcome("readings-weak").await, Some(Confidence::Confirmed));
    assert_eq!(outcome("readings-repaired").await, None);
}
