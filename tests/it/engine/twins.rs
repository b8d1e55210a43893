use routewarden::report::Status;

use super::harness::{Bench, missing, shown, troubling};
use crate::twins::{Twin, all};

fn bench(twin: &Twin) -> Bench {
    let config =
        format!("[target]\nopenapi = \"openapi.json\"\nbase_url = \"{}\"\n\n{}", twin.base_url, twin.identities_toml);
    Bench::new(&config, Some(&twin.document), &twin.env)
}

/// What a twin's scan got wrong: weaknesses missed, and findings that nobody planted.
async fn wrong(twin: &Twin) -> Vec<String> {
    let report = bench(twin).scan().await;
    if std::env::var("RW_TWIN").is_ok_and(|name| name == twin.name) {
        eprintln!("{}", serde_json::to_string_pretty(&report).unwrap());
    }
    let mut wrong = missing(&report, &twin.expect);
    let planted = |check: &str, operation: &str| twin.expect.iter().any(|(c, o)| *c == check && *o == operation);
    for (finding, text) in report
        .findings
        .iter()
        .filter(|finding| {
            finding.severity >= routewarden::model::Severity::Medium
                && finding.confidence > routewarden::model::Confidence::Observation
        })
        .zip(troubling(&report))
    {
        if !shown(finding).iter().any(|(check, operation)| planted(check, operation)) {
            wrong.push(format!("false: {text}"));
        }
    }
    if report.scan.status != Status::Complete {
        wrong.push(format!("untrusted: {:?}", report.scan.untrusted_because));
    }
    wrong
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn weak_twins_are_found_and_sound_ones_are_silent() {
    let mut all_wrong = Vec::new();
    for twin in all().await {
        all_wrong.extend(wrong(&twin).await.into_iter().map(|text| format!("{}: {text}", twin.name)));
    }
    assert!(all_wrong.is_empty(), "{} wrong:\n{}", all_wrong.len(), all_wrong.join("\n"));
}
