//! Whose an object is: each sign, and what speaks against it.

use std::collections::{BTreeMap, BTreeSet};

use routewarden::model::OperationId;
use routewarden::survey::{Object, ObjectKey, Objects, People, Person, Sign, signs_of};
use serde_json::{Value, json};

type Owns = Vec<(String, String, Vec<String>)>;

fn people() -> People {
    let person = |name: &str, facts: &[&str]| Person {
        name: name.to_owned(),
        rank: 10,
        facts: facts.iter().map(|fact| (*fact).to_owned()).collect(),
        signed_in: true,
        ..Person::default()
    };
    People { all: vec![person("alice", &["alice", "101"]), person("bob", &["bob", "102"])] }
}

fn key(resource: &str, id: &str) -> ObjectKey {
    (resource.to_owned(), id.to_owned())
}

fn add(objects: &mut Objects, resource: &str, id: &str, fields: Value) {
    let fields: BTreeMap<String, Value> =
        fields.as_object().unwrap().iter().map(|(name, value)| (name.clone(), value.clone())).collect();
    objects.known.insert(key(resource, id), Object { resource: resource.to_owned(), fields, ..Object::default() });
}

fn list(objects: &mut Objects, caller: &str, keys: &[ObjectKey]) {
    let list = (OperationId("GET /invoices".to_owned()), String::new());
    objects.lists.entry(list).or_default().insert(caller.to_owned(), keys.iter().cloned().collect::<BTreeSet<_>>());
}

fn owner(objects: &Objects, key: &ObjectKey, owns: &Owns) -> Option<(String, Vec<Sign>)> {
    let people = people();
    signs_of(key, objects, &people, owns).map(|(person, signs)| (person.name.clone(), signs))
}

fn name(objects: &Objects, key: &ObjectKey) -> Option<String> {
    owner(objects, key, &Vec::new()).map(|(name, _)| name)
}

#[test]
fn an_owner_field_names_the_caller() {
    let mut objects = Objects::default();
    add(&mut objects, "invoice", "1", json!({"id": 1, "owner_id": 101}));
    add(&mut objects, "post", "2", json!({"id": 2, "author": "Bob"}));
    add(&mut objects, "file", "3", json!({"id": 3, "owner/username": "bob", "owner/age": 101}));
    let signs = |resource, id| owner(&objects, &key(resource, id), &Vec::new()).unwrap();
    let field = |field: &str, strong| vec![Sign::OwnerField { field: field.to_owned(), strong }];
    assert_eq!(signs("invoice", "1"), ("alice".to_owned(), field("owner_id", true)));
    assert_eq!(signs("post", "2"), ("bob".to_owned(), field("author", false)));
    assert_eq!(signs("file", "3"), ("bob".to_owned(), field("owner/username", true)));
}

#[test]
fn the_configuration_names_ids_and_nothing_else_of_an_object() {
    let mut objects = Objects::default();
    add(&mut objects, "invoice", "17", json!({"id": 17}));
    add(&mut objects, "invoice", "9", json!({"id": 9, "amount": 17}));
    add(&mut objects, "order", "17", json!({"id": 17}));
    let owns = vec![("alice".to_owned(), "invoice_id".to_owned(), vec!["17".to_owned()])];
    assert_eq!(owner(&objects, &key("invoice", "17"), &owns), Some(("alice".to_owned(), vec![Sign::Configured])));
    assert_eq!(owner(&objects, &key("order", "17"), &owns), None, "another resource");
    assert_eq!(owner(&objects, &key("invoice", "9"), &owns), None, "an amount is no id");
}

#[test]
fn a_scoped_list_shows_it_to_one_alone() {
    let mut objects = Objects::default();
    add(&mut objects, "invoice", "1", json!({"id": 1}));
    add(&mut objects, "invoice", "2", json!({"id": 2}));
    list(&mut objects, "alice", &[key("invoice", "1")]);
    assert_eq!(name(&objects, &key("invoice", "1")), None, "nobody else was asked");
    list(&mut objects, "bob", &[key("invoice", "2")]);
    assert_eq!(name(&objects, &key("invoice", "1")).as_deref(), Some("alice"));
    assert_eq!(name(&objects, &key("invoice", "2")).as_deref(), Some("bob"));
    list(&mut objects, "bob", &[key("invoice", "1"), key("invoice", "2")]);
    assert_eq!(name(&objects, &key("invoice", "1")), None, "shown to both");
}

#[test]
fn the_callers_own_account_is_the_callers() {
    let mut objects = Objects::default();
    add(&mut objects, "user", "102", json!({"id": 102}));
    add(&mut objects, "room", "102", json!({"id": 102}));
    assert_eq!(owner(&objects, &key("user", "102"), &Vec::new()), Some(("bob".to_owned(), vec![Sign::IsCaller])));
    assert_eq!(name(&objects, &key("room", "102")), None);
}

#[test]
fn a_child_is_its_parents_owners() {
    let mut objects = Objects::default();
    add(&mut objects, "customer", "5", json!({"id": 5, "owner": "alice"}));
    add(&mut objects, "contact", "6", json!({"id": 6}));
    objects.known.get_mut(&key("contact", "6")).unwrap().context.insert("customer".to_owned(), json!(5));
    assert_eq!(
        owner(&objects, &key("contact", "6"), &Vec::new()),
        Some(("alice".to_owned(), vec![Sign::Parent { parent: "customer 5".to_owned() }]))
    );
}

#[test]
fn what_everything_of_one_caller_refers_to_is_that_callers() {
    let mut objects = Objects::default();
    add(&mut objects, "customer", "5", json!({"id": 5}));
    for id in 0..30 {
        let holder = if id < 29 { "alice" } else { "bob" };
        add(&mut objects, "invoice", &format!("{id:02}"), json!({"owner": holder}));
        objects.known.get_mut(&key("customer", "5")).unwrap().holders.insert(key("invoice", &format!("{id:02}")));
        let expected = (id < 29).then(|| "alice".to_owned());
        assert_eq!(name(&objects, &key("customer", "5")), expected, "after {id}");
    }
}

#[test]
fn a_circle_of_references_ends() {
    let mut objects = Objects::default();
    add(&mut objects, "a", "1", json!({"id": 1}));
    add(&mut objects, "b", "1", json!({"id": 1}));
    objects.known.get_mut(&key("a", "1")).unwrap().holders.insert(key("b", "1"));
    objects.known.get_mut(&key("b", "1")).unwrap().holders.insert(key("a", "1"));
    assert_eq!(name(&objects, &key("a", "1")), None);
}

#[test]
fn contradictions_and_strangers_own_nothing_here() {
    let mut objects = Objects::default();
    add(&mut objects, "invoice", "1", json!({"id": 1, "owner_id": 101, "user": "bob"}));
    assert_eq!(name(&objects, &key("invoice", "1")), None);
    add(&mut objects, "invoice", "2", json!({"id": 2, "owner_id": 999}));
    list(&mut objects, "alice", &[key("invoice", "2")]);
    list(&mut objects, "bob", &[]);
    assert_eq!(name(&objects, &key("invoice", "2")), None, "its owner field names a stranger");
    add(&mut objects, "post", "3", json!({"id": 3, "author": "carol"}));
    list(&mut objects, "alice", &[key("post", "3")]);
    assert_eq!(name(&objects, &key("post", "3")), None, "alice follows carol; the post is not hers");
}
