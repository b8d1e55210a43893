//! The report as Markdown.

use routewarden::report::markdown::render;

use super::support::{hostile_report, sample_report};

#[test]
fn a_scan_reads_well() {
    insta::with_settings!({ snapshot_path => "../snapshots", prepend_module_to_snapshot => false }, {
        insta::assert_snapshot!("markdown_sample", render(&sample_report()));
    });
}

#[test]
fn hostile_text_is_text() {
    let mut report = hostile_report();
    report.notes = vec!["@everyone see https://evil.test/x and #1 and www.evil.test\n# heading".to_owned()];
    let text = render(&report);
    let note = text.lines().find(|line| line.contains("everyone")).unwrap();
    assert_eq!(note, "- &#64;everyone see https&#58;//evil.test/x and \\#1 and www&#46;evil.test \\# heading");
    let running = outside_of_code(&text).replace("\\]", "").replace("\\[", "");
    for markup in ["<img", "</script", "[x]", "]("] {
        assert!(!running.contains(markup), "{markup} in {running}");
    }
}

#[test]
fn tables_keep_their_columns() {
    let text = render(&hostile_report());
    let mut columns = None;
    for line in text.lines() {
        let cells = line.starts_with('|').then(|| line.replace("\\|", "").matches('|').count());
        if let (Some(cells), Some(before)) = (cells, columns) {
            assert_eq!(cells, before, "{line}");
        }
        columns = cells;
    }
}

#[test]
fn a_fence_is_longer_than_what_it_holds() {
    let mut report = sample_report();
    report.findings[0].replay = "curl x\n```\n# out".to_owned();
    assert!(render(&report).contains("````sh\ncurl x\n```\n# out\n````"));
}

/// Running text alone: code spans and fenced blocks are left out.
fn outside_of_code(text: &str) -> String {
    let mut kept = String::new();
    let mut rest = text;
    while let Some(at) = rest.find('`') {
        if rest[..at].ends_with('\\') {
            kept.push_str(&rest[..=at]);
            rest = &rest[at + 1..];
            continue;
        }
        kept.push_str(&rest[..at]);
        let run = rest[at..].chars().take_while(|c| *c == '`').count();
        let inner = &rest[at + run..];
        let fence = "`".repeat(run);
        let end = inner
            .match_indices(&fence)
            .map(|(end, _)| end)
            .find(|end| !inner[..*end].ends_with('`') && !inner[end + run..].starts_with('`'))
            .expect("every span is closed");
        rest = &inner[end + run..];
    }
    kept + rest
}
