//! Answers taken apart.

use routewarden::detect::decode::{Cap, split_channels};
use serde_json::json;

fn shown(content_type: Option<&str>, text: &str) -> Vec<(String, String)> {
    split_channels(content_type, text).channels.into_iter().map(|channel| (channel.path, channel.text)).collect()
}

fn pairs(wanted: &[(&str, &str)]) -> Vec<(String, String)> {
    wanted.iter().map(|(path, text)| ((*path).to_owned(), (*text).to_owned())).collect()
}

#[test]
fn json_and_json_within_strings_is_walked() {
    let inner = json!({ "to": "bob", "n": 7 }).to_string();
    let text = json!({ "choices": [{ "message": { "content": "hi", "arguments": inner, "done": true } }] }).to_string();
    let wanted = [
        ("choices[0].message.content", "hi"),
        ("choices[0].message.arguments.(json).to", "bob"),
        ("choices[0].message.arguments.(json).n", "7"),
    ];
    assert_eq!(shown(None, &text), pairs(&wanted));
}

#[test]
fn streams_are_joined_per_channel() {
    let say = |index: u8, text: &str| format!("data: {}\r\n\r\n", json!({ "i": index, "delta": { "content": text } }));
    let text = format!(": hello\r\n\r\n{}{}data: [DONE]\r\n\r\n", say(1, "gx7Qm2"), say(2, "vT9pLw"));
    assert_eq!(shown(None, &text), pairs(&[("events[*].i", "12"), ("events[*].delta.content", "gx7Qm2vT9pLw")]));
    let lines = "{\"response\":\"gx7\"}\n{\"response\":\"Qm2\"}\n{\"respon";
    assert_eq!(shown(None, lines), pairs(&[("lines[*].response", "gx7Qm2"), ("lines[*]", "{\"respon")]));
    assert_eq!(shown(None, "data: one\ndata: two"), pairs(&[("events[*]", "one\ntwo")]));
}

#[test]
fn escapes_and_forms_are_undone() {
    assert_eq!(shown(None, "a&#98;c"), pairs(&[("", "a&#98;c"), ("(unescaped)", "abc")]));
    assert_eq!(shown(Some("application/x-www-form-urlencoded"), "a=b%2Bc&d=e+f"), pairs(&[("a", "b+c"), ("d", "e f")]));
    assert_eq!(shown(None, ""), []);
}

#[test]
fn bounds_are_reported() {
    let mut nested = json!("x");
    for _ in 0..70 {
        nested = json!([nested]);
    }
    assert_eq!(split_channels(None, &nested.to_string()).caps, [Cap::Depth]);
    let mut inner = "\"x\"".to_owned();
    for _ in 0..7 {
        inner = serde_json::to_string(&inner).unwrap();
    }
    assert_eq!(split_channels(None, &inner).caps, [Cap::Depth]);
    assert_eq!(split_channels(None, &"x".repeat(5 << 20)).caps, [Cap::Input]);
    assert_eq!(split_channels(None, &format!("[{}1]", "1,".repeat(60_000))).caps, [Cap::Channels]);
    assert_eq!(split_channels(None, &"data: x\n\n".repeat(6_000)).caps, [Cap::Events]);
    assert_eq!(split_channels(None, "[1,2]").caps, []);
}

#[test]
fn a_value_behind_a_long_path_is_read() {
    let body = serde_json::json!({"a".repeat(400): {"b".repeat(400): {"token": "s3cret-of-alice"}}});
    let decoded = split_channels(None, &body.to_string());
    assert!(decoded.channels.iter().any(|channel| channel.text == "s3cret-of-alice"), "{:?}", decoded.caps);
    assert!(decoded.channels.iter().all(|channel| channel.path.len() < 1100));
}
