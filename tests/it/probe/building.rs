use std::collections::BTreeMap;

use proptest::prelude::*;
use routewarden::model::{Operation, Place};
use routewarden::probe::{Values, operation_url};
use routewarden::spec::{Base, load_text};
use serde_json::{Value, json};
use url::Url;

use super::kit::document;

fn operation(path: &str) -> Operation {
    load_text("openapi.json", &document(&[path]).to_string(), Base::None).unwrap().operations.remove(0)
}

fn build(base: &str, path: &str, id: Value) -> Result<Url, String> {
    let values: Values = BTreeMap::from([((Place::Path, "id".to_owned()), id)]);
    operation_url(&Url::parse(base).unwrap(), &operation(path), &values).map_err(|refused| refused.to_string())
}

#[test]
fn learnt_ids_stay_one_segment_of_the_path() {
    for id in [
        "//evil.example/",
        "http://evil.example",
        "@evil.example",
        ":80@evil.example",
        "..//..",
        "../admin",
        "..\\admin",
        "%2e%2e",
        "%2e%2e/admin",
        "a?admin=1",
        "a#b",
        "a\r\nHost: evil.example",
        "a\tb",
        "{id}",
        "a;b=c",
        "\u{202e}x",
        "a b",
        "/",
        "\\",
        "...",
    ] {
        let url = build("http://127.0.0.1:8080/v1", "/items/{id}/notes", json!(id)).unwrap();
        assert_eq!(url.origin().ascii_serialization(), "http://127.0.0.1:8080", "{id}");
        let segments: Vec<&str> = url.path_segments().unwrap().collect();
        assert_eq!(segments.len(), 4, "{id}: {url}");
        assert_eq!((segments[0], segments[1], segments[3]), ("v1", "items", "notes"), "{id}: {url}");
        let text = percent_encoding::percent_decode_str(segments[2]).decode_utf8().unwrap();
        assert_eq!(text, id);
        assert_eq!((url.query(), url.fragment()), (None, None), "{id}");
    }
}

#[test]
fn values_that_would_change_the_route_are_refused() {
    for id in [json!("."), json!(".."), json!(""), json!(null), json!([]), json!({})] {
        assert!(build("http://127.0.0.1/v1", "/items/{id}", id.clone()).is_err(), "{id}");
    }
}

#[test]
fn a_path_of_the_document_cannot_name_another_host() {
    for path in ["//evil.example/{id}", "/\\evil.example/{id}", "/@evil.example/{id}", "/x?y#z/{id}"] {
        let url = build("http://127.0.0.1:8080", path, json!("1")).unwrap();
        assert_eq!(url.origin().ascii_serialization(), "http://127.0.0.1:8080", "{path}");
    }
    assert!(build("http://127.0.0.1/v1", "/../admin/{id}", json!("1")).is_err());
    assert!(build("http://127.0.0.1/v1", "/%2E%2e/admin/{id}", json!("1")).is_err());
}

proptest! {
    #[test]
    fn no_value_whatever_leaves_its_segment(id in "\\PC{1,12}|[./%2eE\\\\?#@:]{1,8}") {
        if let Ok(url) = build("http://127.0.0.1:8080/v1", "/items/{id}", json!(id)) {
            prop_assert_eq!(url.origin().ascii_serialization(), "http://127.0.0.1:8080");
            let segments: Vec<&str> = url.path_segments().unwrap().collect();
            prop_assert_eq!(segments.len(), 3);
            prop_assert_eq!((segments[0], segments[1]), ("v1", "items"));
            let text = percent_encoding::percent_decode_str(segments[2]).decode_utf8_lossy().into_owned();
            prop_assert_eq!(text, id);
        } else {
            prop_assert!(id == "." || id == "..");
        }
    }
}
