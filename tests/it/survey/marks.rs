//! Marks of higher roles in a document, and which of them divide the API.

use std::collections::BTreeMap;
use std::sync::Arc;

use routewarden::model::{Api, Operation, Security, Silence};
use routewarden::survey::{Objects, People, Person, Survey, first_mark, marks_of};

use crate::probe_build::operation;

fn marks(operation: &Operation) -> Vec<(&'static str, String)> {
    marks_of(operation, &["teacher".to_owned()]).into_iter().map(|mark| (mark.place, mark.root)).collect()
}

#[test]
fn words_in_path_name_tag_and_scope_are_marks() {
    let scopes = vec![vec![("oauth".to_owned(), vec!["users:admin".to_owned(), "notes:read".to_owned()])]];
    let marked = Operation {
        operation_id: Some("listStaffNotes".to_owned()),
        tags: vec!["Notes".to_owned(), "Back office: internal".to_owned()],
        security: Security::Required(scopes),
        ..operation("/v1/admin/teacher/{admin}/notes", Vec::new())
    };
    let expected = [
        ("path", "/v1/admin"),
        ("path", "/v1/admin/teacher"),
        ("operationId", "staff"),
        ("tag", "Back office: internal"),
        ("scope", "admin"),
    ];
    assert_eq!(marks(&marked), expected.map(|(place, root)| (place, root.to_owned())));
    assert!(marks(&operation("/notes/{admin_id}", Vec::new())).is_empty());
}

#[test]
fn a_mark_covers_what_shares_its_root() {
    let all = |path: &str| operation(path, Vec::new());
    let mark = first_mark(&all("/admin/users"), &[]).unwrap();
    assert_eq!(mark.describe(), "`admin` in its path");
    assert!(mark.plain && mark.covers(&all("/admin/reports/{id}"), &[]));
    assert!(!mark.covers(&all("/v2/admin/users"), &[]) && !mark.covers(&all("/notes"), &[]));
    assert!(mark.leaves_out(&all("/notes"), &[]) && !mark.leaves_out(&all("/staff/rota"), &[]));
    assert!(!first_mark(&all("/audits"), &[]).unwrap().plain, "an audit may be what the API is about");
}

fn person(name: &str, role: &str, rank: u32) -> Person {
    Person { name: name.to_owned(), role: role.to_owned(), rank, signed_in: true, ..Person::default() }
}

fn survey(paths: &[&str]) -> Survey {
    let operations = paths.iter().map(|path| operation(path, Vec::new())).collect();
    Survey {
        api: Arc::new(Api { operations, ..Api::default() }),
        people: People { all: vec![person("alice", "user", 10), person("root", "Teacher", 20)] },
        objects: Objects::default(),
        owners: BTreeMap::new(),
        operations: Vec::new(),
        stopped_by: None,
    }
}

#[test]
fn roles_above_the_lowest_are_higher() {
    assert_eq!(survey(&[]).people.higher_roles(), ["teacher"]);
    assert!(People { all: vec![person("alice", "admin", 10)] }.higher_roles().is_empty());
}

#[test]
fn a_mark_over_the_whole_api_is_no_fence() {
    let alice = person("alice", "user", 10);
    let divided = survey(&["/admin/users", "/notes", "/notes/{id}"]);
    let fence = divided.fence(&operation("/admin/users", Vec::new()), &alice).unwrap();
    assert_eq!((fence.mark.root.as_str(), fence.refusing.is_none()), ("/admin", true));

    let whole = survey(&["/admin/users", "/admin/notes"]);
    let silence = whole.fence(&operation("/admin/users", Vec::new()), &alice).unwrap_err();
    assert!(matches!(&silence, Silence::NotApplicable(_)), "{silence:?}");
    let plain = divided.fence(&operation("/notes", Vec::new()), &alice).unwrap_err();
    assert_eq!(plain.because(), "nothing marks it as a higher role's");
}
