//! The second id that does not exist.

use serde_json::json;

use super::another;

#[test]
fn another_missing_id_keeps_the_form_and_is_never_the_known_one() {
    for (known, expected) in [
        (json!(41), json!(9_999_997)),
        (json!("61057"), json!("9999997")),
        (json!(9_999_997), None::<u64>.into()),
        (json!("48120031"), json!("99999997")),
        (json!("LN-4120"), json!("LN-9997")),
        (json!("INV-017"), json!("INV-997")),
    ] {
        assert_eq!(another(&known).unwrap_or_default(), expected, "{known}");
    }
    for known in
        [json!("alice"), json!("bob@mail.example"), json!("trip-7"), json!("VHJpcDo3MDkzMw=="), json!("ferry-strike")]
    {
        let absent = another(&known);
        assert!(absent.as_ref().is_some_and(|absent| absent.is_string() && *absent != known), "{known} {absent:?}");
    }
}
