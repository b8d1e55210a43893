//! The weak examples of the repository: each finding for which there is a remedy has a change.

use routewarden_source::fix::{FixFacts, RemedyKind, plan_fixes, propose_fix};

use super::kit::{Given, assert_verified, changed, facts, strings};

fn flask() -> Vec<(&'static str, RemedyKind, FixFacts)> {
    let none = FixFacts::default;
    vec![
        ("GET /api/v1/invoices/{invoice_id}", RemedyKind::ObjectOwnership, none()),
        ("GET /api/v1/expenses", RemedyKind::ScopedList, none()),
        ("GET /api/v1/projects/{project_id}/time-entries/{entry_id}", RemedyKind::ObjectOwnership, none()),
        ("GET /api/v1/admin/accounts", RemedyKind::RoleGuard, FixFacts { role: Some("admin".to_owned()), ..none() }),
        ("GET /api/v1/attachments/{attachment_id}", RemedyKind::MissingGuard, none()),
        ("GET /api/v1/tax/calendar", RemedyKind::MissingGuard, none()),
        ("GET /api/v1/statements/current", RemedyKind::VerifyToken, none()),
        ("GET /api/v1/devices", RemedyKind::VerifyToken, none()),
        ("GET /api/v1/reminders", RemedyKind::VerifyToken, none()),
        (
            "GET /api/v1/account",
            RemedyKind::ResponseSchema,
            FixFacts { leaking: strings(&["password_hash"]), ..none() },
        ),
        (
            "GET /api/v1/invoices/{invoice_id}",
            RemedyKind::CorsOrigins,
            FixFacts { origins: strings(&["https://app.example"]), ..none() },
        ),
    ]
}

fn fastapi() -> Vec<(&'static str, RemedyKind, FixFacts)> {
    let none = FixFacts::default;
    vec![
        ("GET /bookings/{booking_id}", RemedyKind::ObjectOwnership, none()),
        ("DELETE /bookings/{booking_id}", RemedyKind::ObjectOwnership, none()),
        ("GET /bookings/{booking_id}/guests/{guest_id}", RemedyKind::ObjectOwnership, none()),
        ("PATCH /bookings/{booking_id}/guests/{guest_id}", RemedyKind::ObjectOwnership, none()),
        ("GET /vouchers", RemedyKind::ScopedList, none()),
        ("POST /vouchers", RemedyKind::FieldAllowList, facts(&["owner_id"])),
        ("POST /admin/rooms", RemedyKind::RoleGuard, none()),
        ("DELETE /admin/rooms/{room_id}", RemedyKind::RoleGuard, none()),
        ("PATCH /me", RemedyKind::FieldAllowList, facts(&["role", "verified"])),
        ("GET /bookings/{booking_id}/receipt", RemedyKind::MissingGuard, none()),
        ("PUT /bookings/{booking_id}/arrival", RemedyKind::MissingGuard, none()),
        ("POST /bookings", RemedyKind::FieldAllowList, facts(&["price_cents"])),
    ]
}

fn express() -> Vec<(&'static str, RemedyKind, FixFacts)> {
    let none = FixFacts::default;
    vec![
        ("GET /notebooks/{notebookId}", RemedyKind::ObjectOwnership, none()),
        ("PUT /notes/{noteId}", RemedyKind::ObjectOwnership, none()),
        ("DELETE /shares/{shareId}", RemedyKind::ObjectOwnership, none()),
        ("GET /notes", RemedyKind::ScopedList, none()),
        ("POST /notebooks/{notebookId}/notes", RemedyKind::FieldAllowList, facts(&["ownerId"])),
        ("GET /admin/users", RemedyKind::RoleGuard, none()),
        ("PUT /admin/users/{userId}/credits", RemedyKind::RoleGuard, none()),
        ("PATCH /me/settings", RemedyKind::FieldAllowList, facts(&["role", "credits"])),
        ("PUT /notes/{noteId}/pin", RemedyKind::MissingGuard, none()),
        ("POST /login", RemedyKind::RateLimit, none()),
    ]
}

/// Each finding has a verified change, and all of them together are one plan whose steps are proposed or covered.
fn assert_all_mended(given: &Given, findings: Vec<(&'static str, RemedyKind, FixFacts)>, file: Option<&str>) -> String {
    let ask = |(route, remedy, facts): (&str, RemedyKind, FixFacts)| {
        let entry = file.map_or_else(|| given.route(route), |file| given.route_in(file, route));
        given.ask(entry, remedy, facts)
    };
    let requests: Vec<_> = findings.into_iter().map(ask).collect();
    for request in &requests {
        let made = propose_fix(request)
            .unwrap_or_else(|refusal| panic!("{:?} {:?}: {refusal:?}", request.entry.path, request.remedy));
        assert_verified(&made);
    }
    let plan = plan_fixes(&requests);
    let refused: Vec<_> =
        plan.steps.iter().filter(|step| serde_json::to_value(&step.outcome).unwrap()["outcome"] == "refused").collect();
    assert!(refused.is_empty(), "{refused:?}");
    plan.diff
}

#[test]
fn each_finding_of_the_flask_example_has_a_change() {
    let given = Given::example("flask-invoices");
    let diff = assert_all_mended(&given, flask(), Some("app.py"));
    for line in [
        "+    user = security.current_user()",
        "+    found = db.row(\"SELECT * FROM invoices WHERE id = ? AND user_id = ?\", invoice_id, user[\"id\"]) or abort(404)",
        "+    return jsonify(db.row(\"SELECT * FROM time_entries WHERE id = ? AND project_id = ?\", entry_id, project_id) or abort(404))",
        "+    security.current_admin()",
        "+    if origin in ALLOWED_ORIGINS:",
        "+        claims = jwt.decode(security.bearer(), app.config[\"JWT_SECRET\"], algorithms=[\"HS256\"], options={\"require\": [\"exp\", \"sub\"]})",
    ] {
        assert!(diff.lines().any(|found| found == line), "{line}\n{diff}");
    }
}

#[test]
fn the_repaired_flask_example_needs_nothing() {
    let given = Given::example("flask-invoices");
    for (route, remedy, facts) in flask() {
        // The repaired version sets no such header at all, and leaves out what leaks by another name.
        if matches!(remedy, RemedyKind::CorsOrigins) {
            continue;
        }
        let made = propose_fix(&given.ask(given.route_in("app_repaired.py", route), remedy, facts));
        assert!(made.is_err(), "{route}: {}", made.map(|made| changed(&made)).unwrap_or_default());
    }
}

#[test]
fn each_finding_of_the_fastapi_example_has_a_change() {
    assert_all_mended(&Given::example("fastapi-bookings"), fastapi(), None);
}

#[test]
fn each_finding_of_the_express_example_has_a_change() {
    assert_all_mended(&Given::example("express-notes"), express(), None);
}

#[test]
fn the_token_of_the_assistant_example_is_not_read_by_its_model() {
    let given = Given::example("llm-support");
    let made = given.fix("POST /assistant/chat", RemedyKind::ModelContext).unwrap();
    assert_verified(&made);
    let lines = changed(&made);
    assert!(lines.contains("authorization = Bearer [held by the server]\""), "{lines}");
    assert!(!lines.lines().any(|line| line.starts_with('+') && line.contains("SERVICE_KEY")), "{lines}");
}
