//! The weak examples of the repository.

use routewarden_source::fix::{FixFacts, Remedy, propose};

use super::kit::{Given, assert_verified, changed};

#[test]
fn show() {
    let given = Given::example("flask-invoices");
    for (route, remedy) in [
        ("GET /api/v1/invoices/{invoice_id}", Remedy::ObjectOwnership),
        ("GET /api/v1/expenses", Remedy::ScopedList),
        ("GET /api/v1/projects/{project_id}/time-entries/{entry_id}", Remedy::ObjectOwnership),
    ] {
        let entry = given.route_in("app.py", route);
        match propose(&given.ask(entry, remedy, FixFacts::default())) {
            Ok(made) => {
                println!(
                    "{route}\n{}{:?} {:?} {:?}\n",
                    changed(&made),
                    made.idiom,
                    made.needs_review,
                    made.verification
                );
                assert_verified(&made);
            }
            Err(refusal) => println!("{route}: {refusal:?}\n"),
        }
        let entry = given.route_in("app_repaired.py", route);
        println!("repaired {:?}", propose(&given.ask(entry, remedy, FixFacts::default())).map(|made| changed(&made)));
    }
}
