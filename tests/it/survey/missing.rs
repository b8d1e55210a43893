use base64::Engine as _;
use base64::engine::general_purpose::{STANDARD, URL_SAFE_NO_PAD};
use proptest::prelude::*;
use routewarden::survey::missing_like;
use serde_json::{Value, json};

fn text(known: &str) -> String {
    missing_like(&json!(known), 5).as_str().unwrap().to_owned()
}

#[test]
fn numbers_stay_numbers_and_numeric_texts_stay_numeric() {
    assert_eq!(missing_like(&json!(17), 5), json!(900_000_005));
    assert_eq!(missing_like(&json!(900_000_005), 5), json!(900_000_006));
    assert_eq!(text("17"), "900000005");
    assert!(text("900000005").parse::<u32>().is_ok_and(|number| number != 900_000_005));
}

#[test]
fn a_uuid_keeps_its_form_version_and_variant() {
    let known = "1f0c8a52-6f0e-4c53-9d5e-0a4a4f1e2b3c";
    let missing = text(known);
    let kept = |index: usize| missing.as_bytes()[index] == known.as_bytes()[index];
    assert!([8, 13, 14, 18, 19, 23].into_iter().all(kept), "{missing}");
    assert!(missing != known && missing.len() == 36 && missing.bytes().all(|b| b == b'-' || b.is_ascii_hexdigit()));
}

#[test]
fn base64_stays_base64_around_the_same_form() {
    let missing = text(&STANDARD.encode("file:17"));
    assert_eq!(STANDARD.decode(&missing).unwrap(), b"file:900000005");
    let missing = text(&URL_SAFE_NO_PAD.encode("order:17"));
    assert_eq!(URL_SAFE_NO_PAD.decode(&missing).unwrap(), b"order:900000005");
}

#[test]
fn prefixes_stay() {
    assert_eq!(text("INV-0017"), "INV-900000005");
    assert_eq!(text("file:17"), "file:900000005");
}

#[test]
fn hexadecimal_stays_hexadecimal_and_words_stay_words() {
    let missing = text("507f1f77bcf86cd799439011");
    assert!(missing.len() == 24 && missing.bytes().all(|byte| byte.is_ascii_hexdigit()));
    let missing = text("alice-smith");
    assert!(missing.len() == 11 && missing.as_bytes()[5] == b'-', "{missing}");
}

#[test]
fn ids_without_a_letter_to_change_are_changed_all_the_same() {
    for known in ["", "用户", "—", "ß"] {
        assert_ne!(text(known), known);
    }
}

proptest! {
    #[test]
    fn the_missing_id_is_never_the_known_one(known in "[a-z0-9]{1,3}|.{0,30}", salt in any::<u64>()) {
        let known = Value::String(known);
        prop_assert_ne!(missing_like(&known, salt), known);
    }

    #[test]
    fn nor_is_a_missing_number(known in prop_oneof![any::<u64>(), 900_000_000_u64..990_000_000], salt in any::<u64>()) {
        prop_assert_ne!(missing_like(&json!(known), salt), json!(known));
        prop_assert_ne!(missing_like(&json!(salt % 90_000_000 + 900_000_000), salt), json!(salt % 90_000_000 + 900_000_000));
    }
}
