use routewarden::probe::serialize_body;
use serde_json::{Value, json};

fn text(media_type: &str, value: &Value) -> (String, String) {
    let (media_type, bytes) = serialize_body(media_type, value);
    (media_type, String::from_utf8(bytes).unwrap())
}

#[test]
fn each_media_type_has_its_form() {
    let value = json!({"name": "A & B", "n": 1, "in": {"x": true}});
    assert_eq!(text("application/json", &value).1, value.to_string());
    assert_eq!(text("application/merge-patch+json", &value).1, value.to_string());
    assert_eq!(text("application/x-www-form-urlencoded", &value).1, "name=A%20%26%20B&n=1&in=%7B%22x%22%3Atrue%7D");
    assert_eq!(text("text/plain", &json!("line")), ("text/plain".to_owned(), "line".to_owned()));
}

#[test]
fn a_multipart_name_cannot_break_out_of_its_header() {
    let (media_type, body) = text("multipart/form-data", &json!({"a\"\r\nX-Evil: 1": "v", "b": "w"}));
    let boundary = media_type.strip_prefix("multipart/form-data; boundary=").unwrap();
    assert_eq!(body.matches(&format!("--{boundary}\r\n")).count(), 2);
    assert!(body.ends_with(&format!("--{boundary}--\r\n")));
    assert!(!body.contains("\nX-Evil"));
    assert!(body.contains("name=\"b\"\r\n\r\nw\r\n"));
}
