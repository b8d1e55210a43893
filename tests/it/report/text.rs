//! The report for a terminal.

use routewarden::model::Severity;
use routewarden::report::text::render;
use routewarden::report::{Report, TextOptions};

use super::support::{finding, hostile_report, planned_report, sample_report, untrusted_report};

const PLAIN: TextOptions = TextOptions { color: false, width: 100, verbose: false };

#[test]
fn a_scan_reads_well() {
    insta::with_settings!({ snapshot_path => "../snapshots", prepend_module_to_snapshot => false }, {
        insta::assert_snapshot!("text_sample", render(&sample_report(), PLAIN));
    });
}

#[test]
fn many_findings_stay_compact() {
    let text = render(&with_findings(10), PLAIN);
    assert!(text.lines().count() <= 121, "{} lines", text.lines().count());
    assert_eq!(text.matches("replay ").count(), 10, "each keeps its replay line");
    insta::with_settings!({ snapshot_path => "../snapshots", prepend_module_to_snapshot => false }, {
        insta::assert_snapshot!("text_many_head", text.lines().take(22).collect::<Vec<_>>().join("\n"));
    });
}

#[test]
fn what_is_left_out_is_counted() {
    let report = with_findings(40);
    let text = render(&report, PLAIN);
    assert!(text.contains("and 12 more findings"), "{text}");
    let all = render(&report, TextOptions { verbose: true, ..PLAIN });
    assert!(!all.contains(" more findings"));
    assert_eq!(all.matches("replay ").count(), 40);
}

#[test]
fn a_dry_run_prints_the_plan() {
    insta::assert_snapshot!(render(&planned_report(), PLAIN), @"
    routewarden 0.1.0  openapi.yaml → http://127.0.0.1:5000
    passive · 0 requests in 1.8 s · alice (user), bob (user) · scan 01234567

     Dry run
      nothing was sent; this is what a scan would do

    Plan: 1 of 2 operations, at most 9 requests
      GET /invoices/{invoice_id}      9  2: authz/bola-read, authn/missing

    Asked: 1, because
         1  it reads: an object by its id
            GET /invoices/{invoice_id}

    Not asked: 1, because
         1  excluded by the configuration
            POST /payments

    Parts of the document that could not be used: 1
      line 12, #/paths/~1x/get: response has no schema

    Notes
      · bob's session was renewed once

    What to do next
      → configure an identity of a higher role (opens GET /admin/users, GET /admin/audit, GET
        /admin/keys and 2 more)
    ");
}

#[test]
fn an_untrusted_scan_says_so_before_anything_else() {
    let text = render(&untrusted_report(), PLAIN);
    let third = text.lines().nth(3).unwrap_or_default();
    assert_eq!(third, " NOTHING MAY BE CONCLUDED", "{text}");
    assert!(text.contains("bob could not sign in: POST /login answered 401"));
    assert!(!text.contains("No weakness was found"), "{text}");
}

#[test]
fn a_scan_without_findings_says_how_much_was_tested() {
    let text = render(&with_findings(0), PLAIN);
    assert!(
        text.contains("No weakness was found in what was tested.") && text.contains("63 % of operations"),
        "{text}"
    );
}

#[test]
fn text_of_the_target_cannot_reach_the_terminal_as_control_characters() {
    for verbose in [false, true] {
        let text = render(&hostile_report(), TextOptions { verbose, ..PLAIN });
        let bad = |c: char| (c.is_control() && c != '\n') || c == '\u{202e}';
        assert!(!text.contains(bad), "{text:?}");
        assert!(text.contains("evil"), "the text itself is shown");
    }
}

#[test]
fn colour_adds_nothing_but_colour() {
    let options = TextOptions { color: true, ..PLAIN };
    let coloured = render(&hostile_report(), options);
    assert!(coloured.contains("\u{1b}["));
    let stripped = anstream::adapter::strip_str(&coloured).to_string();
    let trim = |text: &str| text.lines().map(str::trim_end).collect::<Vec<_>>().join("\n");
    assert_eq!(trim(&stripped), trim(&render(&hostile_report(), PLAIN)));
}

#[test]
fn only_commands_are_wider_than_the_terminal() {
    for width in [0, 40, 60, 100] {
        let text = render(&hostile_report(), TextOptions { width, ..PLAIN });
        // Lines of the configuration are copied like commands.
        let is_copied = |line: &str| ["curl", "routewarden ", "policy = "].iter().any(|word| line.contains(word));
        for line in text.lines().filter(|line| !is_copied(line)) {
            assert!(line.chars().count() <= width.max(40), "{width}: {line}");
        }
    }
}

fn with_findings(count: usize) -> Report {
    let mut report = sample_report();
    let severities = [Severity::Critical, Severity::High, Severity::Medium, Severity::Low];
    report.findings = (0..count)
        .map(|n| finding(&format!("rw-{n:016x}"), "authz/bola-read", severities[n % severities.len()]))
        .collect();
    report
}
