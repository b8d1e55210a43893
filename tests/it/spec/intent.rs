//! `x-routewarden-intent` in documents of every dialect.

use routewarden::model::{Api, IntentOrigin};
use serde_json::{Value, json};

use super::{issues, load};

/// `about = level @ pointer-less place`, in the order of the document.
fn stated(api: &Api) -> Vec<String> {
    let path = |of_path| if of_path { " (path)" } else { "" };
    let row = |found: &routewarden::model::StatedIntent| {
        format!("{} = {}{}", found.subject, found.level, path(found.source.of_path))
    };
    api.intents.iter().map(row).collect()
}

fn document(version: (&str, &str), paths: Value) -> Value {
    let (key, version) = version;
    json!({key: version, "info": {"title": "t", "version": "1"}, "paths": paths})
}

const DIALECTS: [(&str, &str); 4] =
    [("swagger", "2.0"), ("openapi", "3.0.3"), ("openapi", "3.1.0"), ("openapi", "3.2.0")];

#[test]
fn operations_and_paths_state_it_in_every_dialect() {
    for version in DIALECTS {
        let api = load(&document(
            version,
            json!({"/a/{id}": {
                "x-routewarden-intent": "owner",
                "parameters": [{"name": "id", "in": "path", "required": true, "type": "string"}],
                "get": {"x-routewarden-intent": {"level": "public", "reason": "a blog", "expires": "2027-01-31"}, "responses": {}},
                "delete": {"responses": {}},
            }}),
        ));
        assert_eq!(
            stated(&api),
            ["GET /a/{id} = public", "GET /a/{id} = owner (path)", "DELETE /a/{id} = owner (path)"],
            "{version:?}"
        );
        let get = &api.intents[0];
        assert_eq!((get.reason.as_deref(), get.expires), (Some("a blog"), "2027-01-31".parse().ok()), "{version:?}");
        assert!(issues(&api).iter().all(|issue| !issue.contains("intent")), "{:?}", issues(&api));
    }
}

#[test]
fn statements_have_the_lines_of_the_document() {
    let text = "openapi: 3.1.0\ninfo: {title: t, version: 1}\nx-routewarden-intent:\n  resource:order: group\npaths:\n  /a:\n    x-routewarden-intent: owner\n    get:\n      x-routewarden-intent:\n        policy: role:auditor\n";
    let api = routewarden::spec::load_text("api.yaml", text, routewarden::spec::Base::None).unwrap();
    let places: Vec<String> = api.intents.iter().map(|found| found.source.to_string()).collect();
    assert_eq!(stated(&api), ["GET /a = role:auditor", "GET /a = owner (path)", "resource:order = group"]);
    assert_eq!(places, ["api.yaml:9", "api.yaml:7", "api.yaml:4"]);
    assert!(api.intents.iter().all(|found| found.source.origin == IntentOrigin::Document));
}

#[test]
fn what_is_no_statement_is_an_issue_and_nothing_else() {
    for (value, part) in [
        (json!("publik"), "did you mean `public`?"),
        (json!(true), "it is a boolean, not a level or an object"),
        (json!({}), "it has no `policy`"),
        (json!({"level": "public", "policy": "owner"}), "keep one of them"),
        (json!({"level": 1}), "`level` is a text, not a number"),
        (json!({"level": "owner", "until": "2027-01-31"}), "unknown key `until`"),
        (json!({"level": "owner", "expires": "soon"}), "`expires` is a date"),
    ] {
        let operation = json!({"x-routewarden-intent": value, "responses": {}});
        let api = load(&document(("openapi", "3.0.0"), json!({"/a": {"get": operation}})));
        assert_eq!((api.operations.len(), stated(&api)), (1, Vec::<String>::new()), "{value}");
        let [issue] = &issues(&api)[..] else { panic!("{value}: {:?}", issues(&api)) };
        assert!(issue.starts_with("#/paths/~1a/get/x-routewarden-intent: ") && issue.contains(part), "{issue}");
    }
}

#[test]
fn the_table_at_the_root_is_about_resources_and_operations_that_there_are() {
    let mut document = document(("openapi", "3.0.0"), json!({"/a": {"get": {"responses": {}}}}));
    document["x-routewarden-intent"] =
        json!({"resource:order": "owner", "GET /a": "public", "GET /b": "public", "order": "owner"});
    let api = load(&document);
    assert_eq!(stated(&api), ["resource:order = owner", "GET /a = public"]);
    assert_eq!(issues(&api).len(), 2, "{:?}", issues(&api));
    document["x-routewarden-intent"] = json!("public");
    let api = load(&document);
    assert!(issues(&api)[0].contains("an object of statements, not a text"), "{:?}", issues(&api));
}

#[test]
fn statements_behind_references_are_found() {
    let mut document = document(("openapi", "3.1.0"), json!({"/a": {"$ref": "#/components/pathItems/a"}}));
    let operation = json!({"x-routewarden-intent": "public", "responses": {}});
    document["components"] = json!({"pathItems": {"a": {"get": operation, "x-routewarden-intent": "owner"}}});
    let api = load(&document);
    assert_eq!(stated(&api), ["GET /a = public", "GET /a = owner (path)"]);
    assert!(api.operations[0].spec.is_referred);
}
