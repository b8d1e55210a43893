//! Ids come from the target: none of them may lead to another operation.

use proptest::prelude::*;
use routewarden::model::{Place, Style};
use serde_json::{Value, json};

use super::{built, parameter};

fn at(base: &str, id: Value) -> Result<String, String> {
    built(base, "/invoices/{id}/lines", vec![(parameter("id", Place::Path, Style::Simple, false), id)])
}

#[test]
fn the_path_of_the_base_comes_first() {
    for base in
        ["http://api.test", "http://api.test/", "http://api.test/v1", "http://api.test/v1/", "http://api.test/v1#top"]
    {
        let expected = if base.contains("v1") { "/v1/invoices/7/lines" } else { "/invoices/7/lines" };
        assert_eq!(at(base, json!(7)).unwrap(), expected, "{base}");
    }
}

#[test]
fn slashes_questions_and_braces_of_an_id_are_encoded() {
    assert_eq!(at("http://api.test", json!("a/b?c#d")).unwrap(), "/invoices/a%2Fb%3Fc%23d/lines");
    assert_eq!(at("http://api.test", json!("../../admin/reset")).unwrap(), "/invoices/..%2F..%2Fadmin%2Freset/lines");
    assert_eq!(at("http://api.test", json!("{id}")).unwrap(), "/invoices/%7Bid%7D/lines");
    assert_eq!(at("http://api.test", json!("50%2e")).unwrap(), "/invoices/50%252e/lines");
}

#[test]
fn ids_that_are_steps_up_or_empty_are_refused() {
    for id in [".", "..", ""] {
        assert!(at("http://api.test", json!(id)).is_err(), "`{id}`");
    }
    let label = parameter("id", Place::Path, Style::Label, false);
    assert!(built("http://api.test", "/invoices/{id}", vec![(label, json!("."))]).is_err());
    assert!(at("http://api.test", json!([])).is_err());
    assert!(at("http://api.test", Value::Null).is_err());
}

#[test]
fn reserved_characters_are_encoded_in_paths_even_where_they_are_allowed() {
    let mut id = parameter("id", Place::Path, Style::Simple, false);
    id.allow_reserved = true;
    let url = built("http://api.test", "/invoices/{id}", vec![(id, json!("../admin"))]).unwrap();
    assert_eq!(url, "/invoices/..%2Fadmin");
}

#[test]
fn a_path_parameter_without_a_value_is_an_error_that_names_it() {
    assert_eq!(built("http://api.test", "/a/{id}", Vec::new()), Err("no value for {id}".to_owned()));
}

proptest! {
    #[test]
    fn whatever_the_id_is_the_operation_stays_the_same(id in ".{0,40}") {
        if let Ok(url) = at("http://api.test/v1", json!(id)) {
            let segments: Vec<&str> = url.split('/').collect();
            prop_assert_eq!(segments.len(), 5, "{}", url);
            prop_assert_eq!((segments[1], segments[2], segments[4]), ("v1", "invoices", "lines"));
        }
    }
}
