//! Steps as text, and in the words of each face.

use proptest::prelude::*;
use routewarden::model::{Again, Face, MissingCallers, Mode, Step};

fn all() -> Vec<Step> {
    let active = Again::in_mode(Mode::Active);
    let accounts = Again::with_accounts(Some(Mode::Active));
    let mut steps = vec![
        Step::HigherRole,
        Step::Object,
        Step::Owns(String::new()),
        Step::Owns("order_id".into()),
        Step::Answer(String::new()),
        Step::Answer("Is every signed-in user meant to read any order by GET /orders/{id}?".into()),
        Step::Other("raise `max_calls` in [llm], or choose operations".into()),
    ];
    for again in [active, accounts, Again::with_accounts(None), Again::in_mode(Mode::Intrusive)] {
        steps.push(Step::Scan(again));
        steps.push(Step::SignIn(Some(again)));
        steps.extend(
            [MissingCallers::One, MissingCallers::Second, MissingCallers::Two]
                .map(|wanted| Step::Callers(wanted, Some(again))),
        );
    }
    steps.extend(
        [MissingCallers::One, MissingCallers::Second, MissingCallers::Two].map(|wanted| Step::Callers(wanted, None)),
    );
    steps.push(Step::SignIn(None));
    steps
}

#[test]
fn every_step_is_read_back_from_its_text() {
    for step in all() {
        assert_eq!(Step::of(&step.to_string()), step, "{step}");
    }
}

#[test]
fn no_step_speaks_of_options_to_a_model() {
    for step in all() {
        let words = step.words(Face::Tools);
        assert!(!words.contains("--") && !words.is_empty(), "{words}");
    }
    let step = Step::Scan(Again::with_accounts(Some(Mode::Active)));
    assert_eq!(step.to_string(), "scan with `--mode active --auto-accounts`");
    assert_eq!(
        step.words(Face::Tools),
        "call scan_api with `mode: \"active\"` and `auto_accounts: true` (ask the user first)"
    );
}

#[test]
fn wordings_that_mean_the_same_are_one_step() {
    let same = |one: &str, other: &str| Step::of(one).is_same_as(&Step::of(other));
    assert!(same(
        "scan with --auto-accounts",
        "scan with --auto-accounts, so that accounts of the scan's own may be changed"
    ));
    assert!(same(
        "configure a second identity, or scan with --auto-accounts",
        "add a second identity of the same role to routewarden.toml"
    ));
    assert!(same(
        "let a caller make objects of this kind (a POST that the document describes), so that one may be written to",
        "let a caller make an object of this kind"
    ));
    assert!(!same("scan with --auto-accounts", "scan with `--mode intrusive`"));
    let merged = Step::of("add a second identity of the same role to routewarden.toml")
        .merged(Step::of("configure a second identity, or scan with --auto-accounts"));
    assert_eq!(merged, Step::Callers(MissingCallers::Second, Some(Again::with_accounts(None))));
}

proptest! {
    #[test]
    fn a_text_stays_what_it_was_read_as(
        text in "(scan with |add |Is |`owns = \\{ |--mode active|an identity to |two identities|\\?|[ -~]){0,8}",
    ) {
        let step = Step::of(&text);
        prop_assert_eq!(Step::of(&step.to_string()), step);
    }
}
