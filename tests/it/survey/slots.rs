use routewarden::model::{Api, JsonType, Parameter, Place, Schema, Style};
use routewarden::survey::id_slots;
use serde_json::json;

use crate::probe_build::{operation, parameter};

fn found(path: &str, parameters: Vec<Parameter>) -> Vec<(String, Vec<String>)> {
    let operation = operation(path, parameters);
    id_slots(&Api::default(), &operation).into_iter().map(|slot| (slot.site(), slot.resources)).collect()
}

fn path(name: &str) -> Parameter {
    parameter(name, Place::Path, Style::Simple, false)
}

fn expected(all: &[(&str, &[&str])]) -> Vec<(String, Vec<String>)> {
    all.iter()
        .map(|(site, names)| ((*site).to_owned(), names.iter().map(|name| (*name).to_owned()).collect()))
        .collect()
}

#[test]
fn path_parameters_are_slots_in_the_order_of_the_path() {
    let parameters = vec![path("contact_id"), path("customer_id")];
    assert_eq!(
        found("/v1/customers/{customer_id}/contacts/{contact_id}", parameters),
        expected(&[("path:customer_id", &["customer"]), ("path:contact_id", &["contact"])])
    );
    assert_eq!(found("/api/v2/invoices/{id}", vec![path("id")]), expected(&[("path:id", &["invoice"])]));
    assert_eq!(found("/users/{username}", vec![path("username")]), expected(&[("path:username", &["user"])]));
}

#[test]
fn required_query_parameters_named_like_ids_are_slots() {
    let query = |name: &str, required| Parameter { required, ..parameter(name, Place::Query, Style::Form, true) };
    assert_eq!(found("/invoice", vec![query("invoiceId", true)]), expected(&[("query:invoiceId", &["invoice"])]));
    assert!(found("/invoice", vec![query("invoiceId", false)]).is_empty());
    assert!(found("/invoice", vec![query("sort", true)]).is_empty());
}

#[test]
fn choices_dates_and_pages_are_no_slots() {
    for name in ["lang", "page", "api_version"] {
        assert!(found(&format!("/x/{{{name}}}"), vec![path(name)]).is_empty(), "{name}");
    }
    let mut api = Api::default();
    let schemas = [
        Schema { enumeration: vec![json!("a")], ..Schema::default() },
        Schema { types: vec![JsonType::Boolean], ..Schema::default() },
        Schema { format: Some("date".to_owned()), ..Schema::default() },
    ];
    for schema in schemas {
        let parameter = Parameter { schema: Some(api.schemas.push(schema)), ..path("kind") };
        assert!(id_slots(&api, &operation("/x/{kind}", vec![parameter])).is_empty());
    }
}
