//! The matrix on wide and narrow terminals.

use super::render_matrix;
use crate::app::{Access, Caller, Cell, Matrix, MatrixRow, RouteVerdict};
use crate::model::{Method, Step};
use crate::report::{NextStep, OperationRef, PolicyRow};

fn place(path: &str) -> OperationRef {
    OperationRef { method: Method::Get, path: path.into() }
}

fn caller(column: &str, identity: &str, role: &str) -> Caller {
    Caller { column: column.into(), identity: identity.into(), role: role.into() }
}

fn cell(column: &str, access: Access, because: &str) -> Cell {
    Cell { column: column.into(), access, because: because.into() }
}

fn matrix() -> Matrix {
    let broken = MatrixRow {
        operation: OperationRef { method: Method::Get, path: "/accounts/{account_id}/invoices/{invoice_id}".into() },
        resource: Some("invoice".into()),
        policy: Some("owner".into()),
        rests_on: vec!["GET /invoices shows each caller its own".into()],
        verdict: RouteVerdict::Broken,
        reason: "B gets an invoice that A owns".into(),
        source: None,
        cells: vec![
            cell("anonymous", Access::Refused, "401"),
            cell("A", Access::Own, "gets invoice 17"),
            cell("B", Access::Others, "gets invoice 17, which has A's \u{1b}[2Jmarkers"),
        ],
    };

    let enforced = MatrixRow {
        operation: OperationRef { method: Method::Get, path: "/me".into() },
        resource: None,
        policy: None,
        rests_on: Vec::new(),
        verdict: RouteVerdict::Enforced,
        reason: "each gets their own".into(),
        cells: vec![cell("anonymous", Access::Refused, "401"), cell("A", Access::Own, "their own")],
        source: None,
    };

    Matrix {
        scan_id: "s".into(),
        untrusted_because: None,
        untrusted_step: None,
        policy: vec![PolicyRow {
            resource: "invoice".into(),
            fields: vec!["*".into()],
            policy: "owner".into(),
            rests_on: vec!["GET /invoices shows each caller its own".into()],
            broken_by: vec!["GET /accounts/{account_id}/invoices/{invoice_id}".into()],
        }],
        questions: Vec::new(),
        callers: vec![caller("anonymous", "nobody", "none"), caller("A", "alice", "user"), caller("B", "bob", "user")],
        routes: vec![broken, enforced],
        findings: Vec::new(),
        next_steps: vec![NextStep { action: Step::HigherRole, operations: 1, on: vec![place("/admin")] }],
    }
}

#[test]
fn a_wide_terminal_shows_whole_routes() {
    insta::assert_snapshot!(render_matrix(&matrix(), 100), @r#"
    anonymous = nobody (none)
    A = alice (user)
    B = bob (user)

    invoice: owner, by GET /invoices shows each caller its own; broken by GET
    /accounts/{account_id}/invoices/{invoice_id}

    verdict   anon  A  B  route
    BROKEN    -     +  !  GET /accounts/{account_id}/invoices/{invoice_id}
    enforced  -     +  ?  GET /me

    + own object   ! another caller's object   o served, nobody's object   - refused   ? not known

    GET /accounts/{account_id}/invoices/{invoice_id}: B gets an invoice that A owns
      - anonymous: 401
      + A: gets invoice 17
      ! B: gets invoice 17, which has A's markers

    next: add an identity of a higher role (rank above the others') to routewarden.toml (opens GET
    /admin)
    "#);
}

#[test]
fn a_narrow_terminal_keeps_verdicts_and_symbols() {
    let shown = render_matrix(&matrix(), 44);
    // Below the table, a path longer than a line stays whole, so that it can be copied.
    let table = shown.lines().take_while(|line| !line.starts_with("GET"));
    assert!(table.clone().count() > 6 && table.clone().all(|line| line.chars().count() <= 44), "{shown}");

    assert!(shown.contains("BROKEN    -     +  !  GET /accounts/{acc"), "{shown}");
}
