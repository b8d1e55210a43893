//! Known values that are words are no part of other words; what a machine made is found anywhere.

use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;
use proptest::prelude::*;
use routewarden::detect::Redactor;
use routewarden::model::Secret;

fn knowing(values: &[&str]) -> Redactor {
    let redactor = Redactor::new();
    for value in values {
        redactor.learn("ALICE_TOKEN", &Secret::new(*value));
    }
    redactor
}

#[test]
fn words_go_only_where_they_do_not_go_on() {
    for (value, text, expected) in [
        // The whole word, in any surroundings of a text.
        ("hunter2", "user:hunter2@db", "user:[redacted:ALICE_TOKEN]@db"),
        ("hunter2", r#"{"a":"x\nhunter2"}"#, r#"{"a":"x\n[redacted:ALICE_TOKEN]"}"#),
        ("invoice", "Invoice", "[redacted:ALICE_TOKEN]"),
        ("routewarden-demo-signing", "key=routewarden-demo-signing;", "key=[redacted:ALICE_TOKEN];"),
        // Parts of others, and names of fields.
        ("invoice", "invoices and reinvoice", "invoices and reinvoice"),
        ("830417", "order 18304175", "order 18304175"),
        ("response", r#"{"response":"x"}"#, r#"{"response":"x"}"#),
        ("administrator-of-the-shop", "the administrator of the-shopping", "the administrator of the-shopping"),
        ("routewarden-demo-signing", "routewarden-demo-server", "routewarden-demo-server"),
        ("administrator-gx7Qm2vT9pLw", "the administrator-account", "the administrator-account"),
        // Most of a passphrase, and a part that no text has by chance.
        ("routewarden-demo-signing", "it is routewarden-demo-sign", "it is [redacted:ALICE_TOKEN]"),
        ("administrator-gx7Qm2vT9pLw", "or-gx7Qm2vT9pL", "[redacted:ALICE_TOKEN]"),
    ] {
        assert_eq!(knowing(&[value]).tripwire(text).0, expected, "{value}");
    }
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(160))]

    /// What a machine made goes wherever it stands, also in the middle of a word.
    #[test]
    fn values_of_machines_go_anywhere(
        value in prop_oneof!["[A-Za-z0-9]{16,40}", "[0-9a-f]{32}", "[a-z]{24}", "[A-Za-z0-9+/]{20,40}={0,2}", "[0-9]{20,24}", "[a-z]{2}[0-9][A-Z][a-z0-9!#]{4,8}"],
        before in "[A-Za-z0-9]{0,6}", after in "[A-Za-z0-9]{0,6}",
    ) {
        let redactor = knowing(&[&value]);
        for text in [format!("{before}{value}{after}"), STANDARD.encode(format!("{before}{value}{after}"))] {
            let (shown, n_hidden) = redactor.tripwire(&text);
            prop_assert!(n_hidden > 0 && !shown.contains(&value), "{text} -> {shown}");
        }
    }

    /// Words go as they are wherever they stand by themselves.
    #[test]
    fn whole_words_go_too(value in "[A-Z]?[a-z]{6,12}[0-9]{0,4}", before in "[ -/:-@]{0,3}", after in "[ -/:-@]{0,3}") {
        prop_assume!(!Redactor::is_sensitive_name(&value) && !value.contains("redacted"));
        // As the name of a field it is no value.
        prop_assume!(!after.trim_start_matches(['"', '\'']).trim_start().starts_with(':'));
        let shown = knowing(&[&value]).tripwire(&format!("{before}{value}{after}")).0;
        prop_assert!(!shown.contains(&value), "{shown}");
    }
}
