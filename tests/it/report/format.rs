//! What holds for every format.

use routewarden::report::{Format, TextOptions, render_report};

use super::support::{hostile_report, planned_report, rules, sample_report, untrusted_report};

#[test]
fn formats_have_names() {
    for format in Format::ALL {
        assert_eq!(format.as_str().parse(), Ok(format));
        assert_eq!(format.as_str().to_uppercase().parse(), Ok(format));
    }
    assert_eq!("md".parse(), Ok(Format::Markdown));
    let error = "pdf".parse::<Format>().unwrap_err().to_string();
    assert!(error.contains("pdf") && error.contains("markdown"), "{error}");
}

#[test]
fn the_same_report_gives_the_same_text() {
    for format in Format::ALL {
        let text = || render_report(format, &hostile_report(), &rules(), TextOptions::default());
        assert_eq!(text(), text(), "{}", format.as_str());
    }
}

#[test]
fn the_order_of_findings_in_the_report_does_not_matter_to_readers() {
    let mut turned = sample_report();
    turned.findings.reverse();
    for format in [Format::Text, Format::Sarif, Format::Junit, Format::Html, Format::Markdown] {
        let text = |report| render_report(format, report, &rules(), TextOptions::default());
        assert_eq!(text(&sample_report()), text(&turned), "{}", format.as_str());
    }
}

#[test]
fn no_format_hands_on_invisible_characters() {
    for format in [Format::Text, Format::Sarif, Format::Junit, Format::Html, Format::Markdown] {
        let text = render_report(format, &hostile_report(), &rules(), TextOptions::default());
        let bad = |c: char| (c.is_control() && c != '\n') || c == '\u{202e}';
        assert_eq!(text.find(bad), None, "{}", format.as_str());
        assert!(!text.contains("\\u001b") && !text.contains("\\u202e"), "{}", format.as_str());
    }
}

#[test]
fn every_format_says_when_nothing_may_be_concluded() {
    for format in Format::ALL {
        let text = render_report(format, &untrusted_report(), &rules(), TextOptions::default());
        assert!(text.contains("bob could not sign in"), "{}", format.as_str());
    }
}

#[test]
fn every_format_for_people_shows_a_plan() {
    for format in [Format::Text, Format::Html, Format::Markdown] {
        let text = render_report(format, &planned_report(), &rules(), TextOptions::default());
        assert!(text.contains("excluded by the configuration"), "{}", format.as_str());
    }
}
