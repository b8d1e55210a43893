//! An explanation as a person reads it.

use std::collections::BTreeMap;

use super::render_explanation;
use crate::app::Explanation;
use crate::model::{Confidence, Method, Role, Severity};
use crate::report::{ClauseInfo, CodeRef, ExchangeInfo, OperationRef, RequestInfo, ResponseInfo, SpecRef};

fn explanation() -> Explanation {
    let request = RequestInfo {
        method: "GET".into(),
        url: "http://127.0.0.1:5000/invoices/17".into(),
        headers: BTreeMap::from([("authorization".into(), "Bearer [redacted]".into())]),
        body: None,
    };

    let body = format!("{{\"id\": 17, \"note\": \"\u{1b}]0;x\u{7}{}\"}}", "long ".repeat(200));
    let response = ResponseInfo { status: 200, headers: BTreeMap::new(), body, truncated: false };
    Explanation {
        finding_id: "rw-0123456789abcdef".into(),
        scan_id: "5ca9".into(),
        check: "authz/bola-read".into(),
        title: "Object of another user can be read".into(),
        severity: Severity::High,
        confidence: Confidence::Confirmed,
        operation: OperationRef { method: Method::Get, path: "/invoices/{invoice_id}".into() },
        also: Vec::new(),
        claim: "bob read invoice 17, which alice owns".into(),
        clauses: vec![ClauseInfo {
            name: "intruder-sees-marker".into(),
            holds: Some(true),
            because: "7 of 7 values".into(),
        }],
        exchanges: vec![ExchangeInfo {
            role: Role::Attack,
            identity: "bob".into(),
            request,
            response: Some(response),
            fault: None,
        }],
        replay: "curl -H \"Authorization: Bearer $BOB_TOKEN\" http://127.0.0.1:5000/invoices/17".into(),
        spec: Some(SpecRef { file: "openapi.yaml".into(), line: Some(41) }),
        code: Some(CodeRef { file: "app.py".into(), line: 88, function: "get_invoice".into() }),
        manual: "## What it does\nAsks as another user.".into(),
        owasp: vec!["API1:2023".into()],
        cwe: vec![639],
        next_steps: vec!["routewarden fix rw-0123456789abcdef".into()],
    }
}

#[test]
fn everything_that_explains_a_finding_is_shown() {
    let shown = render_explanation(&explanation(), 80, false);
    // The body is looked at below; here it would only be long.
    let short: Vec<&str> = shown.lines().filter(|line| !line.contains("long long")).collect();
    insta::assert_snapshot!(short.join("\n"), @r#"
    Object of another user can be read
    high · confirmed · authz/bola-read · rw-0123456789abcdef

    bob read invoice 17, which alice owns

      route     GET /invoices/{invoice_id}
      document  openapi.yaml:41
      handler   app.py:88 get_invoice
      classes   API1:2023, CWE-639
      scan      5ca9

    Why this is a finding
      holds  intruder-sees-marker
             7 of 7 values

    Proof
      attack as bob
        GET http://127.0.0.1:5000/invoices/17
        authorization: Bearer [redacted]
        -> 200
           … 428 more characters; --verbose shows them

    See it again
      curl -H "Authorization: Bearer $BOB_TOKEN" http://127.0.0.1:5000/invoices/17

    Manual
      ## What it does
      Asks as another user.

    Next
      routewarden fix rw-0123456789abcdef
    "#);
}

#[test]
fn a_long_body_is_cut_unless_all_is_wanted() {
    let count = |verbose| render_explanation(&explanation(), 80, verbose).matches("long ").count();
    assert!(count(false) < 130, "{}", count(false));
    assert_eq!(count(true), 200);
}

#[test]
fn evidence_commands_no_terminal() {
    let shown = render_explanation(&explanation(), 80, true);
    assert!(!shown.contains(|character: char| character.is_control() && character != '\n'), "{shown}");
}
