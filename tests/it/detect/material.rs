//! One search for everything: where secrets hide in an answer, and what looks like hiding and is none.

use base64::Engine as _;
use base64::engine::general_purpose::{STANDARD, URL_SAFE_NO_PAD};
use routewarden::detect::material::{Coding, HiddenSecret, UNKNOWN_TOKEN, find_secrets};
use serde_json::{Value, json};

/// A key as the vendor makes them, put together here so that none stands in the repository.
fn key() -> String {
    ["sk_", "live_", "9wQ2rT7yLm4Z", "xV8bNc3Kd6Ph"].concat()
}

fn token() -> String {
    let part = |value: Value| URL_SAFE_NO_PAD.encode(value.to_string());
    format!("{}.{}.{}", part(json!({"alg": "RS256"})), part(json!({"sub": "u-77"})), URL_SAFE_NO_PAD.encode([7; 64]))
}

fn only(text: &str) -> HiddenSecret {
    let mut found = find_secrets(None, text).hidden;
    assert_eq!(found.len(), 1, "{text}: {found:?}");
    found.remove(0)
}

#[test]
fn a_key_is_told_with_its_way_in_json() {
    let text = json!({"items": [{"n": 1}, {"note": key()}]}).to_string();
    let hidden = only(&text);
    assert_eq!((hidden.path.as_str(), hidden.coding), ("/items/1/note", Coding::Plain));
    assert_eq!(text.get(hidden.range.unwrap()), Some(key().as_str()));
    assert_eq!(hidden.value.expose(), key());
}

#[test]
fn json_within_a_string_is_read_on() {
    let inner = json!({"db": {"password": "Tr4vert1ne!x"}}).to_string();
    let text = json!({"config": inner}).to_string();
    let hidden = only(&text);
    assert_eq!((hidden.path.as_str(), hidden.coding), ("/config/(json)/db/password", Coding::Json));
    assert_eq!(text.get(hidden.range.unwrap()), Some("Tr4vert1ne!x"));
}

#[test]
fn escapes_are_undone_and_ranges_are_those_of_the_answer() {
    let coded = key().replace("sk_live_", "sk\\u005flive\\u005f");
    let text = format!("{{\"note\": \"tab\\there {coded}\"}}");
    let hidden = only(&text);
    assert_eq!((hidden.coding, hidden.value.expose()), (Coding::Json, key().as_str()));
    assert_eq!(text.get(hidden.range.unwrap()), Some(coded.as_str()));

    let coded = key().replace('_', "%5F");
    let text = json!({"link": format!("https://shop.test/?k={coded}")}).to_string();
    let hidden = only(&text);
    assert_eq!((hidden.coding, hidden.value.expose()), (Coding::Escaped, key().as_str()));
    assert_eq!(text.get(hidden.range.unwrap()), Some(coded.as_str()));
}

#[test]
fn events_are_read_one_by_one_and_joined() {
    let key = key();
    let whole = format!("data: {}\n\ndata: [DONE]\n\n", json!({"delta": {"content": key}}));
    assert_eq!(only(&whole).path, "/events/0/delta/content");
    let (one, two) = key.split_at(15);
    let event = |text: &str| format!("data: {}\n\n", json!({"delta": {"content": text}}));
    let hidden = only(&format!("{}{}", event(one), event(two)));
    assert_eq!((hidden.coding, hidden.range.clone()), (Coding::Pieces, None));
    assert_eq!((hidden.path.as_str(), hidden.value.expose()), ("events[*].delta.content", key.as_str()));
    let lines = format!("{}\n{}\n", json!({"a": 1}), json!({"api_key": "k3J9x0Qp7LmZ2vT8"}));
    assert_eq!(only(&lines).path, "/lines/1/api_key");
}

#[test]
fn tokens_are_told_by_their_structure_also_in_base64() {
    let text = json!({"data": {"ticket": token()}}).to_string();
    let hidden = only(&text);
    assert_eq!((hidden.rule.as_str(), hidden.path.as_str()), (UNKNOWN_TOKEN, "/data/ticket"));
    let wrapped = STANDARD.encode(token());
    let hidden = only(&json!({"blob": wrapped}).to_string());
    assert_eq!((hidden.rule.as_str(), hidden.coding), (UNKNOWN_TOKEN, Coding::Base64));
}

#[test]
fn what_only_looks_like_it_is_silent() {
    for text in [
        json!({"next_page_token": "CAUQAA", "password": "********", "secret": null}).to_string(),
        json!({"config": "{\"password\": \"<password>\"}"}).to_string(),
        "{not json, \"password\": }".to_owned(),
        "data: {\"id\": 1}\n\ndata: {\"id\": 2}\n\n".to_owned(),
        "https://shop.test/?q=100%25&amp;x=1".to_owned(),
    ] {
        assert!(find_secrets(None, &text).hidden.is_empty(), "{text}: {:?}", find_secrets(None, &text).hidden);
    }
}

#[test]
fn no_text_is_too_deep_or_too_broken() {
    let deep = format!("{}1{}", "[".repeat(100_000), "]".repeat(100_000));
    assert_eq!(find_secrets(None, &deep).caps, ["values nest too deep"]);
    for text in ["", "{", "\"\\", "{\"a\":\"\\ud800\\u", "[1,,2]", "{\"a\" 1}", "\u{feff}{\"é\":\"\\u00e9%zz\"}"] {
        assert!(find_secrets(None, text).hidden.is_empty());
    }
    // A body that was cut off has names and values up to there.
    let cut = format!("{{\"items\": [{{\"note\": \"{}\"}}, {{\"na", key());
    assert_eq!(only(&cut).path, "/items/0/note");
}

#[test]
fn printing_tells_no_secret() {
    let found = find_secrets(None, &json!({"note": key()}).to_string());
    assert!(!format!("{found:?}").contains(&key()));
}
