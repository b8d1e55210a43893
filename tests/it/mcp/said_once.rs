//! What an answer says once: observations of one check, headers that all exchanges have, and what the findings say already.

use routewarden::app::Explanation;
use routewarden::mcp::answer::{Page, explain_answer, scan_answer};
use routewarden::model::{Confidence, Severity};
use routewarden::report::{CoverageOutcome, CoverageRow, PolicyRow, SpecRef};

use super::answers::{exchange, finding, operation, plain};

#[test]
fn observations_of_one_check_are_one_row_with_a_count() {
    let mut finished = plain(60);
    for (number, finding) in finished.report.findings.iter_mut().enumerate().skip(2) {
        finding.check = if number == 30 { "headers/missing".into() } else { "authz/predictable-id".into() };
        (finding.severity, finding.confidence) = (Severity::Info, Confidence::Observation);
    }
    let answer = scan_answer(&finished, Page::First);
    let rows = answer["findings"].as_array().unwrap();
    let told: Vec<_> = rows.iter().map(|row| (row["id"].as_str().unwrap(), row["merged"].as_u64())).collect();
    let id = |number: usize| finished.report.findings[number].id.as_str();
    assert_eq!(told, [(id(0), None), (id(1), None), (id(2), Some(56)), (id(30), None)]);
    assert_eq!((&answer["findings_total"], answer.get("next_cursor")), (&60.into(), None));
    assert!(answer["left_out"].to_string().contains("`merged` counts the others"), "{}", answer["left_out"]);
}

#[test]
fn headers_that_all_exchanges_have_alike_are_told_once() {
    let (mut first, mut second) = (exchange("x"), exchange("x"));
    for (exchange, bearer) in [(&mut first, Some("<alice>")), (&mut second, None)] {
        let lines = [("accept", Some("*/*")), ("authorization", bearer), ("user-agent", Some("routewarden"))];
        let lines = lines.iter().filter_map(|(name, value)| Some(((*name).to_owned(), (*value)?.to_owned())));
        exchange.request.headers = lines.collect();
        let date = format!("Mon, {}", bearer.unwrap_or("later"));
        let lines = [("content-type", "application/json".to_owned()), ("date", date)];
        exchange.response.as_mut().unwrap().headers =
            lines.iter().map(|(name, value)| ((*name).to_owned(), value.clone())).collect();
    }
    let finding = finding(1, "t");
    let explanation = Explanation {
        finding_id: finding.id,
        scan_id: "s".into(),
        check: finding.check,
        title: finding.title,
        severity: finding.severity,
        confidence: finding.confidence,
        operation: finding.operation,
        also: Vec::new(),
        claim: finding.claim,
        clauses: Vec::new(),
        exchanges: vec![first, second],
        replay: finding.replay,
        spec: None,
        code: None,
        manual: "m".into(),
        owasp: Vec::new(),
        cwe: Vec::new(),
        next_steps: Vec::new(),
    };
    let answer = explain_answer(&explanation);
    let told = &answer["exchanges"];
    assert_eq!(
        told[0]["request_headers"],
        serde_json::json!(["accept: */*", "authorization: <alice>", "user-agent: routewarden"])
    );
    assert_eq!(
        told[0]["response_headers"],
        serde_json::json!(["content-type: application/json", "date: Mon, <alice>"])
    );
    assert!(told[1].get("request_headers").is_none(), "{told}");
    assert_eq!(told[1]["response_headers"], serde_json::json!(["date: Mon, later"]));
    assert!(answer["left_out"].to_string().contains("all exchanges have alike"), "{answer}");
}

#[test]
fn what_the_findings_say_is_not_said_again() {
    let mut finished = plain(1);
    finished.report.findings[0].spec = Some(SpecRef { file: "http://127.0.0.1/openapi.json".into(), line: None });
    let row = |number: usize, outcome| CoverageRow {
        operation: operation("x"),
        check: "authz/x".into(),
        outcome,
        because: format!("reason {number}"),
        step: None,
        see: None,
        proof: None,
    };
    finished.report.coverage =
        (0..12).map(|number| row(number, [CoverageOutcome::Broken, CoverageOutcome::NotTried][number % 2])).collect();
    let kept = PolicyRow {
        resource: "tag".into(),
        fields: Vec::new(),
        policy: "signed-in".into(),
        rests_on: vec!["GET /tags".into()],
        broken_by: Vec::new(),
    };
    let broken = PolicyRow { resource: "invoice".into(), broken_by: vec!["GET /invoices/{id}".into()], ..kept.clone() };
    finished.report.policy = vec![kept, broken];

    let answer = scan_answer(&finished, Page::First);
    assert!(answer["findings"][0].get("spec").is_none(), "a document without a line is the same for all");
    let reasons: Vec<usize> =
        answer["coverage"].as_array().unwrap().iter().map(|row| row["reasons"].as_array().unwrap().len()).collect();
    assert_eq!(reasons, [0, 3], "{}", answer["coverage"]);
    assert_eq!(answer["policy"].as_array().unwrap().len(), 1);
    assert_eq!(answer["policy"][0]["resource"], "invoice");
    assert!(answer["left_out"].to_string().contains("1 more policies"), "{}", answer["left_out"]);
}
