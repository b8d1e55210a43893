//! Known values in disguise.

use base64::Engine as _;
use base64::engine::general_purpose::{STANDARD, STANDARD_NO_PAD, URL_SAFE, URL_SAFE_NO_PAD};
use percent_encoding::{NON_ALPHANUMERIC, utf8_percent_encode};
use proptest::prelude::*;
use routewarden::detect::{MAX_INPUT_BYTES, Redactor};
use routewarden::model::Secret;

const JWT: &str = "eyJhbGciOiJIUzI1NiIsInR5cCI6IkpXVCJ9.eyJzdWIiOiI5MTMzIiwibmFtZSI6ImFsaWNlIiwicm9sZSI6InVzZXIiLCJpYXQiOjE3NjI5MjM2ODF9.7VLs9YhnQS5sQAkpWGGQXA0bull2mbIr6F4JKue0X5g";
const OPAQUE: &str = "gx7Qm2vT9pLw4ZrK8sYd1HfNc6JbUa3E";
const ODD: &str = r#"p/ä"s+w\o=rd & %41 ünd"#;
const SHORT: &str = "hunter2";

fn knowing(values: &[(&str, &str)]) -> Redactor {
    let redactor = Redactor::new();
    for (name, value) in values {
        redactor.learn(name, &Secret::new(*value));
    }
    redactor
}

fn unicode_escaped(value: &str) -> String {
    value.encode_utf16().map(|unit| format!("\\u{unit:04x}")).collect()
}

fn hex(value: &str) -> String {
    value.bytes().map(|byte| format!("{byte:02x}")).collect()
}

/// A value in the ways in which servers, proxies and logs write it.
fn disguises(value: &str) -> Vec<(&'static str, String)> {
    let json = serde_json::to_string(value).unwrap();
    let percent = utf8_percent_encode(value, NON_ALPHANUMERIC).to_string();
    vec![
        ("plain", value.to_owned()),
        ("json", json.clone()),
        ("json within json", serde_json::to_string(&json).unwrap()),
        ("json with escaped slashes", json.replace('/', "\\/")),
        ("json, all \\u", unicode_escaped(value)),
        ("json, \\u in the middle", {
            let middle = value.char_indices().nth(3).unwrap().0;
            let (head, tail) = value.split_at(middle);
            let head = serde_json::to_string(head).unwrap();
            format!("{}{}", &head[1..head.len() - 1], unicode_escaped(tail))
        }),
        ("percent", percent.clone()),
        ("percent, lower case", percent.replace("%2F", "%2f").replace("%3D", "%3d")),
        ("percent twice", utf8_percent_encode(&percent, NON_ALPHANUMERIC).to_string()),
        ("percent, all", value.bytes().map(|byte| format!("%{byte:02X}")).collect()),
        ("html", value.chars().map(|c| format!("&#{};", u32::from(c))).collect()),
        ("html, hex", value.chars().map(|c| format!("&#x{:X};", u32::from(c))).collect()),
        ("hex", hex(value)),
        ("HEX", hex(value).to_uppercase()),
        ("base64", STANDARD.encode(value)),
        ("base64, not padded", STANDARD_NO_PAD.encode(value)),
        ("base64url", URL_SAFE.encode(value)),
        ("base64url, not padded", URL_SAFE_NO_PAD.encode(value)),
        ("base64, shifted by one", STANDARD.encode(format!("x{value}y"))),
        ("base64, shifted by two", STANDARD.encode(format!("xy{value}yz"))),
        ("base64, in a user:password pair", STANDARD.encode(format!("alice:{value}"))),
        ("base64url, shifted, in claims", URL_SAFE_NO_PAD.encode(format!("{{\"t\":\"{value}\"}}"))),
        ("base64, percent-escaped", utf8_percent_encode(&STANDARD.encode(value), NON_ALPHANUMERIC).to_string()),
        ("base64, slashes escaped", STANDARD.encode(value).replace('/', "\\/")),
    ]
}

#[test]
fn every_disguise_of_a_known_value_is_replaced() {
    for (kind, value) in [("jwt", JWT), ("opaque", OPAQUE), ("odd", ODD), ("short", SHORT)] {
        let redactor = knowing(&[("ALICE_TOKEN", value)]);
        for (disguise, written) in disguises(value) {
            let text = format!("Sure, here it is: {written} -- hope that helps");
            let shown = redactor.text(&text);
            assert!(shown.contains("[redacted:ALICE_TOKEN]"), "{kind}, {disguise}: {shown}");
            assert!(shown.len() < text.len().max(64) + 8, "{kind}, {disguise}: {shown}");
            assert!(shown.starts_with("Sure, here it is: "), "{kind}, {disguise}: {shown}");
            assert!(shown.ends_with(" -- hope that helps"), "{kind}, {disguise}: {shown}");
            let (swept, n_found) = redactor.tripwire(&text);
            assert_eq!(n_found, 1, "{kind}, {disguise}: {swept}");
        }
    }
}

#[test]
fn a_long_value_is_found_in_wrapped_and_folded_text() {
    let redactor = knowing(&[("K", OPAQUE)]);
    let wrapped = STANDARD.encode(format!("key: {OPAQUE}"));
    let wrapped: Vec<&str> = wrapped.as_bytes().chunks(20).map(|line| std::str::from_utf8(line).unwrap()).collect();
    let spaced: String = OPAQUE.chars().map(|c| format!("{c} ")).collect();
    let zero_width: String = OPAQUE.chars().map(|c| format!("{c}\u{200b}")).collect();
    for text in [
        wrapped.join("\n"),
        serde_json::to_string(&wrapped.join("\r\n")).unwrap(),
        spaced,
        zero_width,
        OPAQUE.to_uppercase(),
        STANDARD.encode(STANDARD.encode(OPAQUE)),
        STANDARD.encode(format!("a{}", STANDARD.encode(format!("user:{OPAQUE}")))),
    ] {
        assert!(redactor.text(&text).contains("[redacted:K]"), "{text}");
    }
}

#[test]
fn values_may_be_learned_while_others_search() {
    let redactor = Redactor::new();
    let shared = redactor.clone();
    assert_eq!(shared.text("value gx7Qm2vT9pLw4ZrK8s"), "value gx7Qm2vT9pLw4ZrK8s");
    redactor.learn("COOKIE", &Secret::new("gx7Qm2vT9pLw4ZrK8s"));
    assert_eq!(shared.text("value gx7Qm2vT9pLw4ZrK8s"), "value [redacted:COOKIE]");
}

#[test]
fn short_values_are_replaced_only_as_whole_values() {
    let redactor = knowing(&[("PIN", "1234"), ("WORD", "password"), ("TINY", "ab")]);
    for (text, expected) in [
        (r#"{"code":"1234"}"#, r#"{"code":"[redacted:PIN]"}"#),
        (r#"{"code":"12345","n":1234567}"#, r#"{"code":"12345","n":1234567}"#),
        ("a=1&code=1234&b=2", "a=1&code=[redacted:PIN]&b=2"),
        ("1234", "[redacted:PIN]"),
        ("order 1234 of ab", "order 1234 of ab"),
        (r#"{"password" : "password"}"#, r#"{"password" : "[redacted:WORD]"}"#),
        ("the password is wrong", "the password is wrong"),
    ] {
        assert_eq!(redactor.text(text), expected);
    }
}

#[test]
fn tripwire_sees_cut_values_but_not_what_is_public() {
    let redactor = knowing(&[("JWT", JWT), ("KEY", OPAQUE), ("ANTHROPIC", "sk-ant-api03-Zq7Lm2Xv9Kp4Rt8Wd3")]);
    for (text, n_found) in [
        (&OPAQUE[..12], 1),
        (&OPAQUE[10..22], 1),
        (&OPAQUE[..11], 0),
        ("eyJhbGciOiJIUzI1NiIsInR5cCI6IkpXVCJ9", 0),
        ("eyJhbGciOiJIUzI1NiIsInR5cCI6IkpXVCJ9.eyJzdWIiOiI", 0),
        (&JWT[37..70], 1),
        (&JWT[JWT.len() - 14..], 1),
        ("keys begin with sk-ant-api03-", 0),
        ("sk-ant-api03-Zq7Lm2", 1),
        ("nothing to see", 0),
    ] {
        let (shown, found) = redactor.tripwire(text);
        assert_eq!(found, n_found, "{text} -> {shown}");
        assert_eq!(shown == text, n_found == 0, "{text} -> {shown}");
    }
}

#[test]
fn unknown_credentials_are_found_by_structure() {
    let redactor = Redactor::new();
    for (text, expected) in [
        (format!("token {JWT}."), "token [redacted:jwt].".to_owned()),
        (format!("{{\"t\":\"{JWT}\"}}"), "{\"t\":\"[redacted:jwt]\"}".to_owned()),
        ("Authorization: Bearer gx7Qm2vT9pLw4ZrK".to_owned(), "Authorization: Bearer [redacted:credential]".to_owned()),
        ("basic YWxpY2U6c2VjcmV0".to_owned(), "basic [redacted:credential]".to_owned()),
        ("postgres://app:s3cr3t@db:5432/x".to_owned(), "postgres://app:[redacted:password]@db:5432/x".to_owned()),
        ("Bearer authentication is required".to_owned(), "Bearer authentication is required".to_owned()),
        ("see http://127.0.0.1:5000/a@b".to_owned(), "see http://127.0.0.1:5000/a@b".to_owned()),
    ] {
        assert_eq!(redactor.text(&text), expected);
    }
}

#[test]
fn oversized_text_is_cut_and_says_so() {
    let redactor = knowing(&[("KEY", OPAQUE)]);
    let mut text = "x ".repeat(MAX_INPUT_BYTES / 2 - 10);
    text.push_str(OPAQUE);
    text.push_str(OPAQUE);
    let shown = redactor.text(&text);
    assert!(!shown.contains(&OPAQUE[..8]));
    assert!(shown.ends_with("only the first 2 MiB are searched]"), "{}", &shown[shown.len() - 80..]);
}

#[test]
fn debug_output_shows_no_value() {
    let redactor = knowing(&[("KEY", OPAQUE)]);
    assert!(!format!("{redactor:?}").contains(OPAQUE));
}

fn shows(text: &str, value: &str) -> bool {
    let core = |alphabet: &dyn Fn(&str) -> String| {
        // The middle of the code does not depend on what stands around it.
        let coded = alphabet(value);
        let trimmed = coded.trim_end_matches('=');
        trimmed[..trimmed.len() - 2].to_owned()
    };
    text.contains(value)
        || text.contains(&core(&|v| STANDARD.encode(v)))
        || text.contains(&core(&|v| URL_SAFE.encode(v)))
        || text.contains(&utf8_percent_encode(value, NON_ALPHANUMERIC).to_string())
        || text.to_lowercase().contains(&hex(value))
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(96))]

    #[test]
    fn no_known_value_survives(
        value in "[ -~äöü€]{6,40}", before in "[ -~\\n]{0,30}", after in "[ -~\\n]{0,30}", which in 0_usize..24,
    ) {
        prop_assume!(!value.contains("redacted") && !value.trim().is_empty());
        prop_assume!(!Redactor::is_sensitive_name(&value));
        let redactor = knowing(&[("SECRET", &value)]);
        let written = disguises(&value)[which].1.clone();
        let text = format!("{before} {written} {after}");
        for shown in [redactor.text(&text), redactor.body(Some("application/json"), &text), redactor.tripwire(&text).0] {
            prop_assert!(!shows(&shown, &value), "{text:?} -> {shown:?}");
            prop_assert!(shown.contains("[redacted:"), "{text:?} -> {shown:?}");
        }
    }

    #[test]
    fn hostile_text_never_panics(text in "\\PC{0,200}", json in "[{}\\[\\]\":,a-z0-9\\\\ %&#;u]{0,200}") {
        let redactor = knowing(&[("A", "ab:cd\"}"), ("B", "{}[]\\u")]);
        for sample in [&text, &json] {
            let once = redactor.body(None, sample);
            redactor.header("Cookie", &once);
            redactor.url(&once);
            redactor.tripwire(&once);
        }
    }
}

#[test]
fn disguises_that_only_a_model_would_write_are_kept_out_too() {
    let redactor = knowing(&[("ALICE_TOKEN", OPAQUE)]);
    let spelled = OPAQUE.chars().map(String::from).collect::<Vec<_>>().join("-");
    let reversed: String = OPAQUE.chars().rev().collect();
    let tags: String = OPAQUE.chars().map(|c| char::from_u32(u32::from(c) + 0xe_0000).unwrap()).collect();
    for disguised in [spelled, reversed, tags] {
        let text = format!("Sure: {disguised}!");
        assert_eq!(redactor.text(&text), "Sure: [redacted:ALICE_TOKEN]!");
        assert_eq!(redactor.tripwire(&text), ("Sure: [redacted:ALICE_TOKEN]!".to_owned(), 1));
    }
}

#[test]
fn every_place_goes_however_many_there_are() {
    let redactor = knowing(&[("KEY", OPAQUE), ("PIN", "1234")]);
    let text = format!("{{\"k\":\"{OPAQUE}\",\"p\":\"1234\"}}\n").repeat(700);
    let (swept, n_found) = redactor.tripwire(&text);
    assert_eq!(n_found, 1400);
    assert!(!swept.contains(&OPAQUE[..8]) && !swept.contains("1234"));
    assert_eq!(redactor.text(&text), swept);
}

#[test]
fn short_values_are_found_behind_three_layers_of_escapes() {
    let redactor = knowing(&[("PIN", "1234"), ("WORD", "s3cr\"t"), ("PASS", "hunter2!")]);
    for value in ["1234", "s3cr\"t", "hunter2!"] {
        let mut text = serde_json::json!({ "code": value }).to_string();
        for layer in 0..3 {
            let shown = redactor.text(&text);
            assert!(shown.contains("[redacted:"), "{layer}: {text} -> {shown}");
            text = serde_json::json!({ "log": text }).to_string();
        }
    }
    let percent = |text: &str| utf8_percent_encode(text, NON_ALPHANUMERIC).to_string();
    assert!(redactor.text(&format!("a={}", percent(&percent("hunter2!")))).contains("[redacted:PASS]"));
    assert!(redactor.text(&format!("see {}", STANDARD.encode("x:hunter2!"))).contains("[redacted:PASS]"));
    // A few characters in capital letters, in pieces or reversed stand in any text.
    assert_eq!(redactor.text("4321, 12 34, h u n t e r 2 !"), "4321, 12 34, h u n t e r 2 !");
}

#[test]
fn base64_goes_with_the_characters_that_hold_its_ends() {
    let redactor = knowing(&[("KEY", OPAQUE)]);
    for before in ["", "x", "xy"] {
        let coded = STANDARD.encode(format!("{before}{OPAQUE}"));
        for text in [format!("({coded})"), format!("(\"\\u0028{coded}\")")] {
            let shown = redactor.text(&text);
            let (_, after) = shown.split_once("[redacted:KEY]").unwrap_or_else(|| panic!("{shown}"));
            // Padding may stay.
            assert!(after.chars().all(|left| "=\")".contains(left)), "{text} -> {shown}");
        }
    }
}

#[test]
fn a_value_that_is_a_fields_name_is_found_in_no_disguise() {
    let redactor = knowing(&[("WORD", "verificationcode")]);
    let reversed: String = "verificationcode".chars().rev().collect();
    for text in ["the verificationcode is sent", "VERIFICATIONCODE", "v e r i f i c a t i o n c o d e", &reversed] {
        assert_eq!(redactor.text(text), text);
        assert_eq!(redactor.tripwire(text).1, 0);
    }
    assert_eq!(redactor.text(r#"{"password":"verificationcode"}"#), r#"{"password":"[redacted:WORD]"}"#);
}

#[test]
fn segments_of_a_token_go_at_once_and_other_parts_in_the_last_look() {
    let redactor = knowing(&[("JWT", JWT), ("KEY", OPAQUE)]);
    let parts: Vec<&str> = JWT.split('.').collect();
    for segment in [parts[1], parts[2]] {
        assert_eq!(redactor.text(&format!("it is {segment} there")), "it is [redacted:JWT] there");
    }
    let part = format!("it is {} there", &OPAQUE[4..20]);
    assert_eq!(redactor.text(&part), part);
    assert_eq!(redactor.tripwire(&part).0, "it is [redacted:KEY] there");
}

#[test]
fn a_value_that_looks_escaped_is_found_in_other_escapes() {
    for value in [r#"50%41"x\n%42y-and-so-on"#, r"a\u0041b&lt;c%20d/e+f"] {
        let redactor = knowing(&[("ODD", value)]);
        let turned: String = value.bytes().map(rot47).collect();
        for text in [
            serde_json::json!({ "v": value }).to_string(),
            serde_json::json!({ "v": serde_json::json!([value]).to_string() }).to_string(),
            serde_json::json!({ "v": turned }).to_string(),
            utf8_percent_encode(value, NON_ALPHANUMERIC).to_string(),
            turned.clone(),
        ] {
            assert!(redactor.text(&text).contains("[redacted:ODD]"), "{text} -> {}", redactor.text(&text));
        }
    }
}

fn rot47(byte: u8) -> char {
    char::from(if (33..127).contains(&byte) { (byte - 33 + 47) % 94 + 33 } else { byte })
}

#[test]
fn of_the_beginning_of_a_text_no_half_of_a_value_is_left() {
    let secret = "k5q7zr2mwx3vnd4hj6tbycpf2a";
    let redactor = knowing(&[("A", secret)]);
    let most = 70_000;
    for before in [most - 30, most - 13, most - 1, most, most + 5] {
        let text =
            format!("{}{secret}{}", "é ".repeat(before / 3) + &"x".repeat(before % 3), " and more".repeat(100_000));
        let shown = redactor.beginning(None, &text, most);
        assert!((1..=secret.len()).all(|length| length < 6 || !shown.contains(&secret[..length])), "{before}");
        assert!(shown.len() < most + 100, "{}", shown.len());
        assert!(shown.ends_with(" bytes not shown]"), "{}", &shown[shown.len() - 60..]);
    }
    assert_eq!(redactor.beginning(None, "short", most), "short");
}

#[test]
fn a_beginning_full_of_values_is_cut_where_the_search_is_sure() {
    let secret = "k5q7zr2mwx3vnd4hj6tbycpf2a";
    let text = format!("{secret} ").repeat(100_000);
    let shown = knowing(&[("A", secret)]).beginning(None, &text, 1_000);
    assert!(!shown.contains(&secret[..6]) && shown.starts_with("[redacted:"), "{shown}");
    assert!(shown.len() < 2_000, "{}", shown.len());
}

#[test]
fn a_header_that_was_plain_is_searched_again_for_what_is_learned_later() {
    let redactor = Redactor::new();
    let value = "session-of-alice-7f3a9c";
    assert_eq!(redactor.foreign_header("X-Trace", value), value);
    assert_eq!(redactor.foreign_header("X-Trace", value), value);
    redactor.learn("ALICE_TOKEN", &Secret::new(value.to_owned()));
    assert_eq!(redactor.foreign_header("X-Trace", value), "[redacted:ALICE_TOKEN]");
    assert_eq!(redactor.foreign_header("X-Trace", value), "[redacted:ALICE_TOKEN]");
}

#[test]
fn a_header_is_hidden_by_its_name_whatever_another_header_showed() {
    let redactor = Redactor::new();
    for _ in 0..2 {
        assert_eq!(redactor.foreign_header("X-Request-Id", "9f8b2c"), "9f8b2c");
        assert!(!redactor.foreign_header("Set-Cookie", "sid=9f8b2c; Path=/").contains("9f8b2c"));
        assert!(!redactor.foreign_header("X-Api-Key", "9f8b2c").contains("9f8b2c"));
    }
}
