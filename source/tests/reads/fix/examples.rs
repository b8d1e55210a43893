//! The weak examples of the repository.

use routewarden_source::fix::{FixFacts, FixRequest, Remedy, plan, propose};

use super::kit::{Given, assert_verified, changed};

fn strings(words: &[&str]) -> Vec<String> {
    words.iter().map(|word| (*word).to_owned()).collect()
}

/// The findings of the Flask example for which there is a remedy.
fn flask() -> Vec<(&'static str, Remedy, FixFacts)> {
    let none = FixFacts::default;
    vec![
        ("GET /api/v1/invoices/{invoice_id}", Remedy::ObjectOwnership, none()),
        ("GET /api/v1/expenses", Remedy::ScopedList, none()),
        ("GET /api/v1/projects/{project_id}/time-entries/{entry_id}", Remedy::ObjectOwnership, none()),
        ("GET /api/v1/admin/accounts", Remedy::RoleGuard, FixFacts { role: Some("admin".to_owned()), ..none() }),
        ("GET /api/v1/attachments/{attachment_id}", Remedy::MissingGuard, none()),
        ("GET /api/v1/tax/calendar", Remedy::MissingGuard, none()),
        ("GET /api/v1/statements/current", Remedy::VerifyToken, none()),
        ("GET /api/v1/devices", Remedy::VerifyToken, none()),
        ("GET /api/v1/reminders", Remedy::VerifyToken, none()),
        ("GET /api/v1/account", Remedy::ResponseSchema, FixFacts { leaking: strings(&["password_hash"]), ..none() }),
        (
            "GET /api/v1/invoices/{invoice_id}",
            Remedy::CorsOrigins,
            FixFacts { origins: strings(&["https://app.freelance.example"]), ..none() },
        ),
    ]
}

fn fastapi() -> Vec<(&'static str, Remedy, FixFacts)> {
    let none = FixFacts::default;
    vec![
        ("GET /bookings/{booking_id}", Remedy::ObjectOwnership, none()),
        ("DELETE /bookings/{booking_id}", Remedy::ObjectOwnership, none()),
        ("GET /bookings/{booking_id}/guests/{guest_id}", Remedy::ObjectOwnership, none()),
        ("PATCH /bookings/{booking_id}/guests/{guest_id}", Remedy::ObjectOwnership, none()),
        ("GET /vouchers", Remedy::ScopedList, none()),
        ("POST /vouchers", Remedy::FieldAllowList, FixFacts { not_settable: strings(&["owner_id"]), ..none() }),
        ("POST /admin/rooms", Remedy::RoleGuard, none()),
        ("DELETE /admin/rooms/{room_id}", Remedy::RoleGuard, none()),
        ("PATCH /me", Remedy::FieldAllowList, FixFacts { not_settable: strings(&["role"]), ..none() }),
        ("GET /bookings/{booking_id}/receipt", Remedy::MissingGuard, none()),
        ("PUT /bookings/{booking_id}/arrival", Remedy::MissingGuard, none()),
        ("POST /bookings", Remedy::FieldAllowList, FixFacts { not_settable: strings(&["price_cents"]), ..none() }),
    ]
}

fn show_all(given: &Given, all: Vec<(&'static str, Remedy, FixFacts)>, file: Option<&str>, out: &str) {
    let mut requests = Vec::new();
    for (route, remedy, facts) in all {
        let entry = match file {
            Some(file) => given.route_in(file, route),
            None => given.route(route),
        };
        let request = given.ask(entry, remedy, facts);
        match propose(&request) {
            Ok(made) => {
                println!(
                    "{route} {remedy:?}\n{}why: {}\n{:?} {:?}\n{:?}\n",
                    changed(&made),
                    made.why,
                    made.idiom,
                    made.needs_review,
                    made.verification
                );
            }
            Err(refusal) => println!("{route} {remedy:?}: {refusal:?}\n"),
        }
        requests.push(request);
    }
    let made = plan(&requests);
    for step in &made.steps {
        println!(
            "{} {:?} {}",
            step.route,
            step.remedy,
            serde_json::to_string(&step.outcome).unwrap().chars().take(60).collect::<String>()
        );
    }
    std::fs::write(out, &made.diff).unwrap();
}

#[test]
fn show_flask() {
    show_all(&Given::example("flask-invoices"), flask(), Some("app.py"), "/tmp/fix-flask.diff");
}

#[test]
fn show_fastapi() {
    show_all(&Given::example("fastapi-bookings"), fastapi(), None, "/tmp/fix-fastapi.diff");
}

#[test]
fn show_plain() {
    show_all(&Given::folder(std::path::Path::new("/tmp/fixe2e/plain")), fastapi(), None, "/tmp/fix-plain.diff");
}

fn express() -> Vec<(&'static str, Remedy, FixFacts)> {
    let none = FixFacts::default;
    vec![
        ("GET /notebooks/{notebookId}", Remedy::ObjectOwnership, none()),
        ("PUT /notes/{noteId}", Remedy::ObjectOwnership, none()),
        ("DELETE /shares/{shareId}", Remedy::ObjectOwnership, none()),
        ("GET /notes", Remedy::ScopedList, none()),
        (
            "POST /notebooks/{notebookId}/notes",
            Remedy::FieldAllowList,
            FixFacts { not_settable: strings(&["ownerId"]), ..none() },
        ),
        ("GET /admin/users", Remedy::RoleGuard, none()),
        ("PUT /admin/users/{userId}/credits", Remedy::RoleGuard, none()),
        (
            "PATCH /me/settings",
            Remedy::FieldAllowList,
            FixFacts { not_settable: strings(&["role", "credits"]), ..none() },
        ),
        ("PUT /notes/{noteId}/pin", Remedy::MissingGuard, none()),
        ("POST /login", Remedy::RateLimit, none()),
    ]
}

#[test]
fn show_express() {
    show_all(&Given::example("express-notes"), express(), None, "/tmp/fix-express.diff");
}

#[test]
fn show_js_plain() {
    show_all(&Given::folder(std::path::Path::new("/tmp/fixe2e/plainjs")), express(), None, "/tmp/fix-plainjs.diff");
}
