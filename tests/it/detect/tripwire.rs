//! The last look at what leaves, piece by piece and by format.

use std::io::Write;

use proptest::prelude::*;
use quick_junit::{Report as Junit, TestCase, TestCaseStatus, TestSuite};
use routewarden::detect::{Redactor, Syntax};
use routewarden::model::Secret;
use serde_json::{Value, json};

const KEY: &str = "gx7Qm2vT9pLw4ZrK8sYd1HfNc6JbUa3E";
const PIECE: usize = 2 * 1024 * 1024;

fn knowing(values: &[&str]) -> Redactor {
    let redactor = Redactor::new();
    for value in values {
        redactor.learn("ALICE_TOKEN", &Secret::new(*value));
    }
    redactor
}

/// The text after it went through in writes of so many bytes.
fn swept(redactor: &Redactor, syntax: Syntax, text: &str, bytes_at_once: usize) -> String {
    let mut tripwire = redactor.sweep(syntax, Vec::new());
    text.as_bytes().chunks(bytes_at_once).for_each(|bytes| tripwire.write_all(bytes).unwrap());
    String::from_utf8(tripwire.finish().unwrap().0).unwrap()
}

#[test]
fn a_value_at_any_place_of_a_border_goes_and_all_else_stays() {
    let redactor = knowing(&[KEY]);
    let hex: String = KEY.bytes().map(|byte| format!("{byte:02x}")).collect();
    for (written, step) in [(KEY, 3), (hex.as_str(), 7)] {
        for before in (PIECE - written.len() - 2..PIECE + 3).step_by(step) {
            let text = format!("{}{written}{}", "ä ".repeat(before / 3), " o".repeat(PIECE));
            let expected = text.replace(written, "[redacted:ALICE_TOKEN]");
            assert!(swept(&redactor, Syntax::Text, &text, 1 << 20) == expected, "{before}");
        }
    }
}

#[test]
fn a_text_may_be_written_in_any_pieces() {
    let redactor = knowing(&[KEY]);
    let text = json!({ "é": format!("€{KEY}\n😀{KEY}\""), "n": 7 }).to_string();
    let expected = json!({ "é": "€[redacted:ALICE_TOKEN]\n😀[redacted:ALICE_TOKEN]\"", "n": 7 }).to_string();
    for bytes_at_once in [1, 2, 3, 5, 1000] {
        assert_eq!(swept(&redactor, Syntax::Json, &text, bytes_at_once), expected);
    }
}

#[test]
fn nothing_of_a_long_text_is_left_out() {
    let redactor = knowing(&[KEY]);
    let text = format!("{{\"k\":\"{KEY}\"}}\n").repeat(200_000);
    let (swept, n_hidden) = redactor.tripwire(&text);
    assert_eq!(n_hidden, 200_000);
    assert!(swept == text.replace(KEY, "[redacted:ALICE_TOKEN]"));
}

#[test]
fn what_is_written_in_vain_is_an_error() {
    struct Full;
    impl Write for Full {
        fn write(&mut self, _: &[u8]) -> std::io::Result<usize> {
            Err(std::io::Error::from(std::io::ErrorKind::StorageFull))
        }
        fn flush(&mut self) -> std::io::Result<()> {
            Ok(())
        }
    }
    let redactor = knowing(&[KEY]);
    let mut tripwire = redactor.sweep(Syntax::Json, Full);
    tripwire.write_all(b"{}").unwrap();
    assert!(tripwire.finish().is_err());
    assert!(redactor.sweep(Syntax::Json, Full).write_all(&vec![b' '; 4 * PIECE]).is_err());
}

#[test]
fn json_stays_json_whatever_goes() {
    for (value, before) in [
        // The escape before it begins with a letter of the value.
        ("ngx7Qm2vT9pLw4ZrK8sYd1", json!({ "v": "\ngx7Qm2vT9pLw4ZrK8sYd1" })),
        // Half of a pair of surrogates.
        ("de00gx7Qm2vT9pLw4ZrK8s", json!({ "v": "😀gx7Qm2vT9pLw4ZrK8s" })),
        ("830417562094", json!({ "n": 830_417_562_094_u64, "m": [1, 830_417_562_094_u64], "s": "830417562094" })),
        // In pieces, across the strings of a list and from a name to its value.
        (KEY, json!({ "list": KEY.as_bytes().chunks(4).map(String::from_utf8_lossy).collect::<Vec<_>>() })),
        ("gx-7Q-m2-vT-9p-Lw-4Z-rK", json!({ "gx-7Q-m2-vT-9p": "Lw-4Z-rK", "other": true })),
        (r#"a"},{"b":"gx7Qm2vT9p"#, json!([{ "v": "a" }, { "b": "gx7Qm2vT9pLw" }])),
    ] {
        for text in [before.to_string(), serde_json::to_string_pretty(&before).unwrap(), escaped(&before)] {
            let (shown, _) = knowing(&[value]).swept(Syntax::Json, &text);
            let after: Value =
                serde_json::from_str(&shown).unwrap_or_else(|error| panic!("{error}: {text} -> {shown}"));
            assert_eq!(outline(&after), outline(&before), "{text} -> {shown}");
        }
    }
}

/// All of it but ASCII letters and digits in `\u`.
fn escaped(value: &Value) -> String {
    let escape = |c: char| {
        if c.is_ascii() {
            c.to_string()
        } else {
            c.encode_utf16(&mut [0; 2]).iter().map(|unit| format!("\\u{unit:04x}")).collect()
        }
    };
    value.to_string().chars().map(escape).collect()
}

/// How many values stand where.
fn outline(value: &Value) -> Value {
    match value {
        Value::Array(items) => items.iter().map(outline).collect(),
        Value::Object(fields) => fields.values().map(outline).collect(),
        _ => Value::Null,
    }
}

#[test]
fn numbers_that_are_no_value_stay_numbers() {
    let redactor = knowing(&["830417"]);
    assert_eq!(
        redactor.swept(Syntax::Json, r#"{"n": 8304175, "m": 830417}"#).0,
        r#"{"n": 8304175, "m": "[redacted:ALICE_TOKEN]"}"#
    );
}

#[test]
fn markup_keeps_its_tags_and_entities() {
    let spaced: String = KEY.chars().map(|c| format!("{c} ")).collect();
    for (value, text, expected) in [
        (
            KEY,
            format!("<p title=\"{KEY}\">{KEY}&amp;x</p>"),
            "<p title=\"[redacted:A_B]\">[redacted:A_B]&amp;x</p>".to_owned(),
        ),
        ("amp;gx7Qm2vT9pLw", "<p>&amp;gx7Qm2vT9pLw</p>".to_owned(), "<p>[redacted:A_B]</p>".to_owned()),
        (KEY, format!("<p>{}<br/>{}</p>", &spaced[..32], &spaced[32..]), "<p>".to_owned()),
        (
            "background-color",
            "<style>p{background-color:red}</style><p>background-color</p>".to_owned(),
            "<style>p{background-color:red}</style><p>[redacted:A_B]</p>".to_owned(),
        ),
        (
            KEY,
            format!("<![CDATA[{KEY}]]><!-- {KEY} -->"),
            "<![CDATA[[redacted:A_B]]]><!-- [redacted:A_B] -->".to_owned(),
        ),
    ] {
        let redactor = Redactor::new();
        redactor.learn("A&B", &Secret::new(value));
        let (shown, _) = redactor.swept(Syntax::Markup, &text);
        assert!(shown.starts_with(&expected), "{text} -> {shown}");
        let tags = |text: &str| text.matches(['<', '>']).count();
        assert_eq!(tags(&shown), tags(&text), "{text} -> {shown}");
    }
}

#[test]
fn markdown_keeps_rows_and_fences_and_makes_no_link() {
    let redactor = knowing(&[KEY]);
    let (head, tail) = KEY.split_at(16);
    for (text, expected) in [
        (format!("see {KEY}(http)"), "see [redacted:ALICE_TOKEN] (http)".to_owned()),
        (format!("{KEY}: x"), "[redacted:ALICE_TOKEN] : x".to_owned()),
        (format!("| {head} | {tail} |\n"), "| [redacted:ALICE_TOKEN] | [redacted:ALICE_TOKEN] |\n".to_owned()),
        (format!("```sh\n{KEY}\n```\n"), "```sh\n[redacted:ALICE_TOKEN]\n```\n".to_owned()),
    ] {
        let (shown, _) = redactor.swept(Syntax::Markdown, &text);
        let marks = |text: &str| text.matches(['|', '`', '\n']).count();
        assert_eq!(marks(&shown), marks(&text), "{text} -> {shown}");
        if !text.starts_with('|') {
            assert_eq!(shown, expected);
        }
        assert!(!shown.contains(head) && !shown.contains(tail), "{text} -> {shown}");
    }
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(160))]

    #[test]
    fn formats_hold_under_hostile_values(
        text in "[ -~\\n\\t😀ä]{0,60}", from in 0_usize..50, length in 3_usize..20, key in "[a-z\"\\\\:]{0,4}",
    ) {
        let value: String = text.chars().skip(from).take(length).collect();
        let redactor = knowing(&[&value, &format!("{value}\",\""), &format!("<{value}>")]);
        let document = json!({ "a": text, key: [text, { "b": format!("{text}{value}") }], "n": 123_456_789 });
        for json in [document.to_string(), serde_json::to_string_pretty(&document).unwrap(), escaped(&document)] {
            let shown = redactor.swept(Syntax::Json, &json).0;
            prop_assert!(serde_json::from_str::<Value>(&shown).is_ok(), "{value:?} in {json} -> {shown}");
        }
        let mut suite = TestSuite::new(text.as_str());
        let mut skipped = TestCaseStatus::skipped();
        skipped.set_message(format!("{text} {value}")).set_description(text.as_str());
        suite.add_test_case(TestCase::new(value.as_str(), skipped));
        let mut junit = Junit::new("it");
        junit.add_test_suite(suite);
        let xml = junit.to_string().unwrap();
        let shown = redactor.swept(Syntax::Markup, &xml).0;
        prop_assert!(Junit::deserialize_from_str(&shown).is_ok(), "{value:?} in {xml} -> {shown}");
    }
}
