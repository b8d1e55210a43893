//! Which reads a scan of chosen operations needs.

use routewarden::model::{Api, Effect, Method, Operation, Place, Style};
use routewarden::survey::{Focus, find_focus};

use crate::probe_build::{operation, parameter};

fn read(path: &str) -> Operation {
    let named = path.split('/').filter_map(|part| part.strip_prefix('{')?.strip_suffix('}'));
    let parameters = named.map(|name| parameter(name, Place::Path, Style::Simple, false)).collect();
    Operation { effect: Effect::Reads, ..operation(path, parameters) }
}

/// Returns an API of a hundred kinds of objects with three reads each, below tenants.
fn large() -> Api {
    let mut operations = vec![read("/tenants"), read("/tenants/{tenant_id}"), read("/me"), read("/health")];
    for n in 0..100 {
        let name = format!("thing{}", char::from(b'a' + n % 26).to_string().repeat(1 + usize::from(n / 26)));
        operations.push(read(&format!("/tenants/{{tenant_id}}/{name}s")));
        operations.push(read(&format!("/tenants/{{tenant_id}}/{name}s/{{{name}_id}}")));
        operations.push(read(&format!("/reports/{name}s")));
    }
    Api { operations, ..Api::default() }
}

fn focus_on(api: &Api, id: &str) -> Focus {
    find_focus(api, &|operation| operation.id.as_str() == id).unwrap()
}

#[test]
fn a_scan_of_everything_is_not_narrowed() {
    assert_eq!(find_focus(&large(), &|_| true), None);
}

#[test]
fn what_shows_the_ids_and_the_callers_is_needed_and_little_else() {
    let api = large();
    let found = focus_on(&api, "GET /tenants/{tenant_id}/thingcs/{thingc_id}");
    let has = |id: &str| found.reads.iter().any(|read| read.as_str() == id);
    for id in ["GET /tenants/{tenant_id}/thingcs", "GET /tenants", "GET /reports/thingcs", "GET /me"] {
        assert!(has(id), "{id} is missing: {:?}", found.reads);
    }
    assert!(found.reads.len() <= 16, "{:?}", found.reads);
    let full: Vec<&str> = found.in_full.iter().map(|id| id.as_str()).collect();
    assert_eq!(full, ["GET /me", "GET /tenants/{tenant_id}/thingcs/{thingc_id}"]);
}

#[test]
fn a_write_needs_the_reads_of_what_it_writes_to() {
    let mut api = large();
    let mut write = read("/tenants/{tenant_id}/thingds/{thingd_id}");
    (write.method, write.effect) = (Method::Delete, Effect::Deletes);
    write.id = "DELETE /tenants/{tenant_id}/thingds/{thingd_id}".into();
    api.operations.push(write);
    let found = focus_on(&api, "DELETE /tenants/{tenant_id}/thingds/{thingd_id}");
    let has = |id: &str| found.reads.iter().any(|read| read.as_str() == id);
    assert!(has("GET /tenants/{tenant_id}/thingds/{thingd_id}") && has("GET /tenants"), "{:?}", found.reads);
    assert!(found.reads.iter().all(|id| id.as_str().starts_with("GET ")), "{:?}", found.reads);
    assert_eq!(found.in_full.len(), 1);
}
