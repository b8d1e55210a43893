//! What goes into a field or parameter that names a caller.

use std::collections::{BTreeMap, BTreeSet};
use std::sync::Arc;

use routewarden::model::{Api, OperationId, Parameter, Place, Schema, Style};
use routewarden::probe::Sessions;
use routewarden::survey::{Object, Objects, People, Person, Principals, Survey, Surveyed, naming_parameters};
use serde_json::{Value, json};

use crate::probe_build::{operation, parameter};

fn query(name: &str) -> Parameter {
    parameter(name, Place::Query, Style::Form, true)
}

fn header(name: &str) -> Parameter {
    parameter(name, Place::Header, Style::Simple, false)
}

fn named(parameters: Vec<Parameter>) -> Vec<String> {
    let operation = operation("/orders", parameters);
    naming_parameters(&Api::default(), &operation).into_iter().map(|parameter| parameter.name.clone()).collect()
}

#[test]
fn parameters_that_say_whose_are_told_from_others() {
    let optional = |name: &str| Parameter { required: false, ..query(name) };
    assert_eq!(named(vec![optional("sort"), optional("user_id"), header("X-Owner")]), ["user_id", "X-Owner"]);
    assert_eq!(named(vec![optional("filter[userId]"), optional("orderId")]), ["filter[userId]", "orderId"]);
    assert!(named(vec![optional("couponCode"), optional("api_key"), header("X-Request-Id")]).is_empty());
    // An id that the address must have anyway names the object itself.
    assert!(named(vec![query("orderId")]).is_empty());
    assert_eq!(named(vec![optional("user"), optional("owner"), optional("account")]).len(), 2);
}

#[test]
fn a_parameter_that_chooses_names_no_user() {
    let mut api = Api::default();
    let choice = Schema { enumeration: vec![json!("me"), json!("all")], ..Schema::default() };
    let schema = Some(api.schemas.push(choice));
    let operation = operation("/orders", vec![Parameter { schema, required: false, ..query("owner") }]);
    assert!(naming_parameters(&api, &operation).is_empty());
}

fn person(name: &str, facts: &[(&str, &str)]) -> Person {
    let kinds = facts.iter().map(|(fact, kind)| ((*fact).to_owned(), BTreeSet::from([(*kind).to_owned()])));
    Person {
        name: name.to_owned(),
        rank: 10,
        facts: facts.iter().map(|(fact, _)| (*fact).to_owned()).collect(),
        kinds: kinds.collect(),
        signed_in: true,
        ..Person::default()
    }
}

/// Alice and Bob with a note each, of which a list shows each its own.
fn survey() -> Survey {
    let mut objects = Objects::default();
    let mut owners = BTreeMap::new();
    for (owner, id, tenant) in [("alice", "n-4410", "t-red"), ("bob", "n-4411", "t-blue")] {
        let key = ("note".to_owned(), id.to_owned());
        let fields = [("id", json!(id)), ("tenant_id", json!(tenant)), ("ownerRef", json!(owner))];
        let fields = fields.into_iter().map(|(name, value)| (name.to_owned(), value)).collect();
        objects.known.insert(key.clone(), Object { resource: "note".to_owned(), fields, ..Object::default() });
        let list = (OperationId("GET /notes".to_owned()), String::new());
        objects.lists.entry(list).or_default().insert(owner.to_owned(), BTreeSet::from([key.clone()]));
        owners.insert(key, (owner.to_owned(), Vec::new()));
    }
    let alice = [("101", "user"), ("alice", "username"), ("alice@mail.example", "email")];
    let people = People { all: vec![person("alice", &alice), person("bob", &[("102", "user")])] };
    Survey { api: Arc::new(Api::default()), people, objects, owners, operations: Vec::new(), stopped_by: None }
}

fn with_survey(check: impl FnOnce(&Principals<'_>, &Person, &Person)) {
    let (survey, sessions) = (survey(), Sessions::default());
    let (alice, bob) = (survey.people.get("alice").unwrap(), survey.people.get("bob").unwrap());
    check(&Principals { survey: &survey, sessions: &sessions }, alice, bob);
}

#[test]
fn a_field_takes_the_value_of_its_kind() {
    with_survey(|known, alice, bob| {
        let value = |field: &str, like: Option<&Value>| known.value_for(alice, field, like);
        assert_eq!(value("user_id", None), Some(json!(101)));
        assert_eq!(value("user_id", Some(&json!("7"))), Some(json!("101")), "a text where a text stood");
        assert_eq!(value("ownerEmail", None), Some(json!("alice@mail.example")));
        assert_eq!(value("username", None), Some(json!("alice")));
        assert_eq!(value("owner", Some(&json!("x@mail.example"))), Some(json!("alice@mail.example")));
        assert_eq!(value("workspace_id", None), None, "a user's own number names no workspace");
        assert_eq!(known.value_for(bob, "owner_email", None), None);
    });
}

#[test]
fn a_group_is_named_where_the_other_has_another_one() {
    with_survey(|known, alice, bob| {
        assert_eq!(known.group_for(alice, bob, "tenant_id"), Some(json!("t-red")));
        assert_eq!(known.group_for(alice, bob, "user_id"), None);
        assert_eq!(known.group_for(alice, alice, "tenant_id"), None);
    });
}

#[test]
fn a_parameter_names_the_owner_or_an_object_that_the_other_is_not_shown() {
    with_survey(|known, alice, bob| {
        let surveyed = Surveyed {
            operation: Arc::new(operation("/notes", Vec::new())),
            slots: Vec::new(),
            by: BTreeMap::new(),
            strangers_as: None,
            anonymous: None,
            garbage: None,
            volatile: BTreeSet::new(),
            skipped: None,
        };
        let value = |parameter: &Parameter| known.parameter_value(&surveyed, parameter, alice, bob);
        assert_eq!(value(&header("X-User-Id")), Some(json!(101)));
        assert_eq!(value(&query("noteId")), Some(json!("n-4410")));
        assert_eq!(value(&query("invoiceId")), None);
    });
}
