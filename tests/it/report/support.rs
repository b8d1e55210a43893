//! Reports to render: a realistic one, one of each unusual kind, and one with hostile text in every field.

use std::collections::BTreeMap;

use routewarden::model::{Confidence, Method, MissingCallers, Mode, Role, Severity, Step, UndoOutcome};
use routewarden::report::{
    ClauseInfo, CodeRef, CoverageOutcome, CoverageRow, ExchangeInfo, Finding, FindingStatus, IdentityInfo, Issue,
    NextStep, OperationRef, PlanRow, PolicyRow, Question, Report, RequestInfo, ResponseInfo, RuleHelp, SCHEMA_VERSION,
    ScanInfo, Score, SpecRef, Status, Tool, Withheld, Write,
};

pub const BASE: &str = "http://127.0.0.1:5000";

/// Tag, attribute and section ends, table pipes, escape sequences, bidirectional and control characters.
pub const HOSTILE: &str =
    "</script><img src=x onerror=alert(1)>|`*_[x](javascript:alert(1))\"'&]]>\u{1b}[31m\u{202e}evil\u{0}\u{7}\nx";

pub fn operation(method: Method, path: &str) -> OperationRef {
    OperationRef { method, path: path.to_owned() }
}

pub fn exchange(role: Role, identity: &str, method: &str, path: &str, status: u16) -> ExchangeInfo {
    ExchangeInfo {
        role,
        identity: identity.to_owned(),
        request: RequestInfo {
            method: method.to_owned(),
            url: format!("{BASE}{path}"),
            headers: BTreeMap::from([("authorization".to_owned(), "Bearer ‹secret:1›".to_owned())]),
            body: None,
        },
        response: Some(ResponseInfo {
            status,
            headers: BTreeMap::from([("content-type".to_owned(), "application/json".to_owned())]),
            body: r#"{"id":17,"owner":"alice"}"#.to_owned(),
            truncated: false,
        }),
        fault: None,
    }
}

pub fn clause(name: &str, holds: Option<bool>, because: &str) -> ClauseInfo {
    ClauseInfo { name: name.to_owned(), holds, because: because.to_owned() }
}

/// A confirmed finding on `GET /invoices/{invoice_id}`; tests change the fields that they are about.
pub fn finding(id: &str, check: &str, severity: Severity) -> Finding {
    Finding {
        id: id.to_owned(),
        check: check.to_owned(),
        title: "Object of another user can be read".to_owned(),
        severity,
        confidence: Confidence::Confirmed,
        operation: operation(Method::Get, "/invoices/{invoice_id}"),
        also: Vec::new(),
        site: "path:invoice_id".to_owned(),
        owasp: vec!["API1:2023".to_owned()],
        cwe: vec![639],
        claim: "bob read invoice 17, which alice owns".to_owned(),
        clauses: vec![
            clause("owner-reads", Some(true), "alice gets 200 with her e-mail address"),
            clause("intruder-sees-marker", Some(true), "bob's answer carries alice's marker"),
            clause("control-refuses", Some(true), "an anonymous caller gets 401"),
        ],
        exchanges: vec![
            exchange(Role::Attack, "bob", "GET", "/invoices/17", 200),
            exchange(Role::Baseline, "alice", "GET", "/invoices/17", 200),
            exchange(Role::Control, "anonymous", "GET", "/invoices/17", 401),
        ],
        replay: "curl -s http://127.0.0.1:5000/invoices/17 -H \"Authorization: Bearer $BOB_TOKEN\"".to_owned(),
        spec: Some(SpecRef { file: "openapi.yaml".to_owned(), line: Some(41) }),
        code: Some(CodeRef { file: "app.py".to_owned(), line: 88, function: "get_invoice".to_owned() }),
        remedy: "object-ownership".to_owned(),
        first_seen: "2026-05-01T10:00:00Z".to_owned(),
        status: FindingStatus::New,
        suppressed: None,
    }
}

pub fn row(method: Method, path: &str, check: &str, outcome: CoverageOutcome, because: &str) -> CoverageRow {
    CoverageRow {
        operation: operation(method, path),
        check: check.to_owned(),
        outcome,
        because: because.to_owned(),
        step: None,
        see: None,
        proof: None,
    }
}

fn findings() -> Vec<Finding> {
    let mut read = finding("rw-1111111111111111", "authz/bola-read", Severity::Critical);
    read.also = vec![operation(Method::Get, "/orders/{order_id}"), operation(Method::Get, "/carts/{cart_id}")];
    let mut function = finding("rw-2222222222222222", "authz/function-read", Severity::High);
    function.title = "Lower role reaches an administrator's function".to_owned();
    function.confidence = Confidence::Suspected;
    function.operation = operation(Method::Get, "/admin/users");
    function.claim = "bob (user) got the list of users".to_owned();
    function.clauses = vec![
        clause("intruder-served", Some(true), "bob gets 200"),
        clause("admin-served", None, "no administrator is configured"),
        clause("declared-admin", Some(false), "the document names no role"),
    ];
    function.exchanges = vec![exchange(Role::Attack, "bob", "GET", "/admin/users", 200)];
    function.code = None;
    function.status = FindingStatus::Known;
    let mut suppressed = finding("rw-3333333333333333", "config/cors", Severity::Medium);
    suppressed.title = "Any origin may read with credentials".to_owned();
    suppressed.suppressed = Some("public by design, until 2027-06-30".to_owned());
    let mut observed = finding("rw-4444444444444444", "config/version-disclosure", Severity::Info);
    observed.title = "Headers name product and version".to_owned();
    observed.confidence = Confidence::Observation;
    observed.claim = "the Server header says Werkzeug/3.0".to_owned();
    observed.clauses = Vec::new();
    vec![read, function, suppressed, observed]
}

fn coverage() -> Vec<CoverageRow> {
    use CoverageOutcome::{Broken, Held, NotTried, Undecided};
    use Method::{Get, Post};
    vec![
        row(Get, "/admin/users", "authz/function-read", Broken, "a lower role was served"),
        row(Get, "/carts/{cart_id}", "authz/bola-read", Broken, "bob got alice's cart"),
        row(Get, "/invoices/{invoice_id}", "authz/bola-read", Broken, "bob got alice's invoice"),
        row(Get, "/notes/{note_id}", "authz/bola-read", Held, "bob gets 403"),
        row(Get, "/orders/{order_id}", "authz/bola-read", Broken, "bob got alice's order"),
        row(Get, "/files/{file_id}", "authz/bola-read", Undecided, "no object of another identity is known"),
        row(Get, "/tags/{tag_id}", "authz/bola-read", Undecided, "no object of another identity is known"),
        row(Post, "/invoices", "authn/missing-write", NotTried, "needs mode active"),
        row(Get, "/notes/{note_id}", "authn/missing", Held, "an anonymous caller gets 401"),
    ]
}

/// A report as a scan of a small invoice API would give it.
pub fn sample_report() -> Report {
    Report {
        schema_version: SCHEMA_VERSION,
        tool: Tool { name: "routewarden".to_owned(), version: "0.1.0".to_owned() },
        scan: ScanInfo {
            id: "0123456789abcdef0123456789abcdef".to_owned(),
            started_at: "2026-05-01T10:00:00Z".to_owned(),
            duration_ms: 1812,
            mode: Mode::Passive,
            base_url: BASE.to_owned(),
            document: "openapi.yaml".to_owned(),
            config: None,
            source: None,
            recheck_of: None,
            identities: vec![
                IdentityInfo { name: "alice".to_owned(), role: "user".to_owned(), signed_in: true },
                IdentityInfo { name: "bob".to_owned(), role: "user".to_owned(), signed_in: true },
            ],
            requests: 214,
            status: Status::Complete,
            untrusted_because: None,
            untrusted_step: None,
        },
        policy: vec![PolicyRow {
            resource: "invoice".to_owned(),
            fields: vec!["*".to_owned()],
            policy: "owner".to_owned(),
            rests_on: vec![
                "GET /invoices shows each caller its own".to_owned(),
                "PUT /invoices/{id} refuses a peer".to_owned(),
            ],
            broken_by: vec!["GET /invoices/{invoice_id}".to_owned()],
        }],
        questions: vec![Question {
            about: "GET /tags/{tag_id}".to_owned(),
            question: "Is every signed-in user meant to read any tag by GET /tags/{tag_id}?".to_owned(),
            answer_with: "[intent]\n\"GET /tags/{tag_id}\" = { policy = \"signed-in\", reason = \"...\" }".to_owned(),
        }],
        harm: Vec::new(),
        ownership: None,
        score: Score {
            value: Some(52),
            grade: Some("D".to_owned()),
            coverage: 0.63,
            withheld: None,
            withheld_because: None,
        },
        findings: findings(),
        coverage: coverage(),
        reach: None,
        document_issues: vec![Issue {
            at: "#/paths/~1x/get".to_owned(),
            line: Some(12),
            message: "response has no schema".to_owned(),
        }],
        writes: vec![Write {
            operation: "POST /invoices".to_owned(),
            identity: "alice".to_owned(),
            object: "31".to_owned(),
            address: Some("http://127.0.0.1:1/invoices/31".to_owned()),
            outcome: UndoOutcome::Remains,
            because: Some("DELETE answered status 405".to_owned()),
        }],
        plan: Vec::new(),
        rebuild: None,
        next_steps: vec![NextStep {
            action: "configure an identity of a higher role".to_owned().into(),
            operations: 5,
            on: vec![
                operation(Method::Get, "/admin/users"),
                operation(Method::Get, "/admin/audit"),
                operation(Method::Get, "/admin/keys"),
            ],
        }],
        notes: vec!["bob's session was renewed once".to_owned()],
    }
}

/// What a dry run reports.
pub fn planned_report() -> Report {
    let mut report = sample_report();
    report.scan.status = Status::Planned;
    report.scan.requests = 0;
    report.findings.clear();
    report.coverage.clear();
    report.writes.clear();
    report.score = Score {
        value: None,
        grade: None,
        coverage: 0.0,
        withheld: Some(Withheld::DryRun),
        withheld_because: Some("dry run".to_owned()),
    };
    report.plan = vec![
        PlanRow {
            operation: operation(Method::Get, "/invoices/{invoice_id}"),
            checks: vec!["authz/bola-read".to_owned(), "authn/missing".to_owned()],
            max_requests: 9,
            skipped_because: None,
            asked_because: Some("it reads: an object by its id".to_owned()),
        },
        PlanRow {
            operation: operation(Method::Post, "/payments"),
            checks: Vec::new(),
            max_requests: 0,
            skipped_because: Some("excluded by the configuration".to_owned()),
            asked_because: None,
        },
    ];
    report
}

/// What a scan reports that could not sign in.
pub fn untrusted_report() -> Report {
    let mut report = planned_report();
    report.plan.clear();
    report.scan.status = Status::Untrusted;
    report.scan.untrusted_because = Some("bob could not sign in: POST /login answered 401".to_owned());
    report.scan.untrusted_step = Some(Step::Callers(MissingCallers::Second, None));
    report.score.withheld_because = Some("the set-up could not be trusted".to_owned());
    report
}

/// [`sample_report`] with [`HOSTILE`] in every text that is no id, number or closed list.
pub fn hostile_report() -> Report {
    let mut value = serde_json::to_value(sample_report()).unwrap();
    poison(&mut value, "");
    let mut report: Report = serde_json::from_value(value).unwrap();
    report.scan.untrusted_because = Some(HOSTILE.to_owned());
    report.score.withheld_because = Some(HOSTILE.to_owned());
    report
}

fn poison(value: &mut serde_json::Value, key: &str) {
    const KEPT: [&str; 9] =
        ["schema_version", "mode", "severity", "confidence", "role", "outcome", "status", "method", "started_at"];
    match value {
        serde_json::Value::String(text) if !KEPT.contains(&key) => *text = format!("{text}{HOSTILE}"),
        serde_json::Value::Array(items) => items.iter_mut().for_each(|item| poison(item, key)),
        serde_json::Value::Object(fields) => {
            // Exchange roles are a closed list, an identity's role is free text.
            let free_role = fields.contains_key("signed_in");
            fields.iter_mut().for_each(|(key, item)| poison(item, if free_role { "" } else { key }));
        }
        _ => {}
    }
}

/// Help for the checks of [`sample_report`].
pub fn rules() -> Vec<RuleHelp> {
    vec![RuleHelp {
        id: "authz/bola-read".to_owned(),
        title: "Object of another user can be read".to_owned(),
        severity: Severity::High,
        help_markdown: "## What it does\n\nReads objects of one user as another.".to_owned(),
        owasp: vec!["API1:2023".to_owned()],
        cwe: vec![639],
    }]
}
