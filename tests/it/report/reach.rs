//! The funnel: how far a scan came with each operation, and what holds it back.

use routewarden::report::{Format, OperationRef, Reach, ReachRow, Reached, TextOptions, render_report};

use super::support;

fn row(path: &str, reached: Reached, because: Option<&str>, step: Option<&str>) -> ReachRow {
    let operation = OperationRef { method: routewarden::model::Method::Get, path: path.to_owned() };
    ReachRow { operation, reached, because: because.map(str::to_owned), step: step.map(|step| step.to_owned().into()) }
}

fn reach() -> Reach {
    let doubt = |path: &str| format!("if it only reads, say so: include = [\"GET {path}\"] in [scan]");
    Reach::of(vec![
        row("/a", Reached::Decided, None, None),
        row("/b", Reached::Decided, None, None),
        row(
            "/c/{id}",
            Reached::Answered,
            Some("no object of a caller is known"),
            Some("name one: `owns = { c_id = [\"<id>\"] }` under its owner in routewarden.toml"),
        ),
        row("/d/send", Reached::Declared, Some("a GET that may change state (`send`)"), Some(&doubt("/d/send"))),
        row("/e/reset", Reached::Declared, Some("a GET that may change state (`reset`)"), Some(&doubt("/e/reset"))),
        row("/f", Reached::Asked, Some("status 500"), None),
        row("/g", Reached::Asked, Some("status 500"), None),
        row("/h", Reached::Asked, Some("status 500"), None),
    ])
}

#[test]
fn each_stage_counts_what_came_that_far_or_further() {
    let reach = reach();
    let counts: Vec<usize> = reach.stages.iter().map(|count| count.operations).collect();
    assert_eq!(counts, [8, 6, 3, 2, 2, 2]);
    assert_eq!(
        reach.sentence(),
        "8 operations: 6 asked, 3 answered with data, 2 with an object of a known owner, 2 tried by another caller, 2 decided"
    );
}

#[test]
fn what_holds_back_is_grouped_by_its_remedy_and_named() {
    let groups = reach().held_back;
    let said: Vec<String> = groups.iter().map(routewarden::report::HeldBack::sentence).collect();
    assert_eq!(
        said,
        [
            "2 not asked: a GET that may change state (`send`) (GET /d/send, GET /e/reset)",
            "1 without an object of a known owner: no object of a caller is known (GET /c/{id})",
            "3 not answered with data: status 500 (GET /f, GET /g, GET /h)",
        ]
    );
    // The same step helps what was asked and what was not, and neither is counted as the other.
    let step = Some("name one: `owns = { a_id = [\"<id>\"] }` under its owner in routewarden.toml");
    let two = Reach::of(vec![
        row("/a/{id}", Reached::Declared, Some("no id is known"), step),
        row("/b/{id}", Reached::Asked, Some("status 404"), step),
    ]);
    let said: Vec<String> = two.held_back.iter().map(routewarden::report::HeldBack::sentence).collect();
    assert_eq!(
        said,
        ["1 not asked: no id is known (GET /a/{id})", "1 not answered with data: status 404 (GET /b/{id})"]
    );
    let many = (0..9).map(|n| row(&format!("/{n}"), Reached::Asked, Some(&format!("reason {n}")), None)).collect();
    assert_eq!(Reach::of(many).held_back.len(), 5);
}

#[test]
fn every_format_for_people_shows_it() {
    let mut report = support::sample_report();
    report.reach = Some(reach());
    let sentence = reach().sentence();
    for format in [Format::Text, Format::Markdown, Format::Html] {
        let shown = render_report(format, &report, &[], TextOptions::default());
        let flat = shown.split_whitespace().collect::<Vec<_>>().join(" ");
        assert!(flat.contains(&sentence), "{format:?}: {flat}");
        assert!(flat.contains("3 not answered with data: status 500"), "{format:?}");
    }
    let json = render_report(Format::Json, &report, &[], TextOptions::default());
    let read: serde_json::Value = serde_json::from_str(&json).unwrap();
    assert_eq!(read["reach"]["stages"][1], serde_json::json!({"stage": "asked", "operations": 6}));
    assert_eq!(read["reach"]["operations"][2]["reached"], "answered");
}
