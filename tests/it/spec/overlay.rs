//! Overlays: which actions are applied, which are issues, and what a written one says when it is read back.

use routewarden::model::{AccessLevel, Api, IntentOrigin, IntentSource, IntentSubject, StatedIntent};
use routewarden::spec::{Base, Overlay, OverlayNotation, SpecError, intent_overlay, load_text_with};
use serde_json::{Value, json};

use super::issues;

fn overlay(actions: &Value) -> Overlay {
    let text = json!({"overlay": "1.1.0", "info": {"title": "o", "version": "1"}, "actions": actions});
    Overlay::parse("o.json", &text.to_string()).unwrap()
}

fn load(document: &Value, overlay: &Overlay) -> Api {
    load_text_with("api.json", &document.to_string(), Base::None, Some(overlay)).unwrap()
}

fn shop() -> Value {
    json!({"openapi": "3.1.0", "info": {"title": "shop", "version": "1"}, "paths": {
        "/orders/{id}": {
            "parameters": [{"name": "id", "in": "path", "required": true, "schema": {"type": "string"}}],
            "get": {"summary": "one", "tags": ["a"], "responses": {"200": {"description": "ok"}}},
            "delete": {"x-internal": true, "responses": {"204": {"description": "ok"}}},
        },
        "/it's {odd}\\~": {"get": {"parameters": [{"name": "odd", "in": "path", "required": true, "schema": {"type": "string"}}], "responses": {}}},
        "/shared": {"$ref": "#/components/pathItems/shared"},
    }, "components": {"pathItems": {"shared": {"get": {"responses": {}}, "post": {"responses": {}}}}}})
}

fn ids(api: &Api) -> Vec<&str> {
    api.operations.iter().map(|operation| operation.id.as_str()).collect()
}

#[test]
fn real_actions_are_applied_in_order() {
    let api = load(
        &shop(),
        &overlay(&json!([
            {"target": "$.paths.*[?@['x-internal'] == true]", "remove": true},
            {"target": "$.paths['/orders/{id}'].get", "update": {"summary": "two", "tags": ["b"]}},
            {"target": "$.paths", "update": {"/new/{id}": {}}},
            {"target": "$.paths['/new/{id}']", "copy": "$.paths['/orders/{id}']"},
            {"target": "$..parameters[?@.name == 'id' && @.in == 'path']", "update": {"schema": {"type": "integer"}}},
            {"target": "$.paths.*.get.tags", "update": "c"},
            {"target": "$.info.title", "update": "store"},
        ])),
    );
    assert_eq!(issues(&api), [] as [String; 0]);
    assert_eq!(api.title, "store");
    assert_eq!(ids(&api), ["GET /orders/{id}", "GET /it's {odd}\\~", "GET /shared", "POST /shared", "GET /new/{id}"]);
    assert_eq!(
        (api.operations[0].summary.as_str(), &api.operations[0].tags[..]),
        ("two", &["a", "b", "c"].map(str::to_owned)[..])
    );
    let schema = api.operations[0].parameters[0].schema.unwrap();
    assert_eq!(api.schemas.get(schema).unwrap().types, [routewarden::model::JsonType::Integer]);
}

#[test]
fn items_of_lists_are_removed_whatever_their_order() {
    let mut document = shop();
    document["paths"]["/orders/{id}"]["get"]["tags"] =
        json!(["a", "b", "c", "d", "e", "f", "g", "h", "i", "j", "k", "l"]);
    let api = load(&document, &overlay(&json!([{"target": "$..tags[1,2,10,11]", "remove": true}])));
    assert_eq!(api.operations[0].tags.concat(), "adefghij");
}

#[test]
fn bad_actions_are_issues_and_the_others_are_applied() {
    let deep = format!("$.paths[?{}@.a{}]", "(".repeat(40), ")".repeat(40));
    for (action, part) in [
        (json!({"update": {}}), "has no `target`"),
        (json!({"target": "paths", "update": {}}), "no JSONPath of RFC 9535"),
        (json!({"target": "$.paths['/gone']", "remove": true}), "means nothing in the document"),
        (json!({"target": "$.paths", "update": "text"}), "an object is updated with an object, not with a text"),
        (json!({"target": "$.info.title", "update": {}}), "mean the object around it"),
        (json!({"target": "$", "remove": true}), "the whole document cannot be removed"),
        (json!({"target": "$.paths"}), "neither `update` nor `remove: true`"),
        (json!({"target": "$.info", "copy": "$.paths.*"}), "`copy` means 3 values, not one"),
        (json!({"target": "$..*..*..*", "remove": true}), "more than 2 `..`"),
        (json!({"target": "$..[?$..title]", "remove": true}), "not followed"),
        (json!({"target": deep, "remove": true}), "nests more than 32"),
        (json!({"target": format!("$.{}", "a".repeat(3000)), "remove": true}), "more than 2000 characters"),
        (json!("remove everything"), "has no `target`"),
    ] {
        let good = json!({"target": "$.info", "update": {"title": "still applied"}});
        let api = load(&shop(), &overlay(&json!([action, good])));
        assert_eq!((api.title.as_str(), api.operations.len()), ("still applied", 5), "{action}");
        let [issue] = &issues(&api)[..] else { panic!("{action}: {:?}", issues(&api)) };
        assert!(issue.starts_with("o.json#/actions/0: ") && issue.contains(part), "{issue}");
    }
}

#[test]
fn an_overlay_cannot_make_a_document_without_end() {
    let many = json!({"target": "$.info", "update": {"x-many": vec![json!({}); 2100]}});
    let long = json!({"target": "$.info['x-many'][*]", "update": {"a": vec![0; 2000]}});
    let api = load(&shop(), &overlay(&json!([many, long])));
    assert!(issues(&api)[0].contains("more than 4000000 values"), "{:?}", issues(&api));
    let nested = (0..100).fold(json!({}), |inner, _| json!({"a": inner}));
    let target = format!("$.info{}", ".a".repeat(100));
    let actions = json!([{"target": "$.info", "update": nested}, {"target": target, "update": nested}]);
    let api = load(&shop(), &overlay(&actions));
    assert!(issues(&api)[0].contains("more than 128 levels deep"), "{:?}", issues(&api));
}

#[test]
fn too_many_actions_and_issues_are_counted() {
    let bad = json!({"target": "$.gone", "remove": true});
    let api = load(&shop(), &overlay(&json!(vec![bad; 10_001])));
    assert_eq!(api.issues.len(), 201);
    assert_eq!(api.issues[200].message, "9801 more issues of the Overlay are not listed");
}

#[test]
fn what_is_no_overlay_is_refused() {
    for (text, part) in [
        ("{}", "it has no `overlay: 1.0.0`"),
        ("overlay: 2.0.0\nactions: []", "written in Overlay 2.0.0; 1.0 and 1.1 are supported"),
        ("overlay: 1.0.0\nactions: {}", "its `actions` are no list"),
        ("openapi: 3.0.0", "it has no `overlay: 1.0.0`"),
    ] {
        let error = Overlay::parse("x.yaml", text).unwrap_err();
        assert!(matches!(error, SpecError::NotAnOverlay { .. }), "{error}");
        assert!(error.to_string().contains(part) && error.to_string().starts_with("x.yaml "), "{error}");
    }
    assert!(Overlay::parse("x.yaml", "overlay: 1.1\nactions: []").is_ok());
}

#[test]
fn what_an_overlay_states_is_its_own_with_the_line_of_the_action() {
    let text = "overlay: 1.0.0\ninfo: {title: o, version: 1}\nactions:\n- target: $.paths['/orders/{id}']\n  update: {x-routewarden-intent: owner}\n- target: $.paths.*.get\n  update: {x-routewarden-intent: publik}\n- target: $.paths['/orders/{id}'].get\n  update:\n    x-routewarden-intent: public\n- target: $\n  update: {x-routewarden-intent: {resource:order: group}}\n";
    let mut document = shop();
    document["paths"]["/orders/{id}"]["delete"]["x-routewarden-intent"] = json!("group");
    let api = load(&document, &Overlay::parse("o.yaml", text).unwrap());
    let rows: Vec<String> = api
        .intents
        .iter()
        .map(|found| format!("{} {} {:?} {}", found.subject, found.level, found.source.origin, found.source))
        .filter(|row| row.contains("order"))
        .collect();
    assert_eq!(
        rows,
        [
            "GET /orders/{id} public Overlay o.yaml:8",
            "GET /orders/{id} owner Overlay o.yaml:4",
            "DELETE /orders/{id} group Document api.json:1",
            "DELETE /orders/{id} owner Overlay o.yaml:4",
            "resource:order group Overlay o.yaml:11",
        ]
    );
    assert!(
        issues(&api).iter().any(|issue| issue.contains("`publik` is no level") && issue.ends_with("(o.yaml:6)")),
        "{:?}",
        issues(&api)
    );
}

#[test]
fn a_written_overlay_says_the_same_when_it_is_read_back() {
    let subjects = ["GET /orders/{id}", "DELETE /orders/{id}", "GET /it's {odd}\\~", "GET /shared", "POST /shared"];
    let about = |id: &str| IntentSubject::Operation(id.into());
    let subjects = subjects.into_iter().map(about).chain([IntentSubject::Resource("order line".to_owned())]);
    let levels = ["public", "signed-in", "group", "owner", "role:o'brien: \"x\"", "role:admin"];
    let stated: Vec<StatedIntent> = subjects
        .zip(levels)
        .enumerate()
        .map(|(index, (subject, level))| StatedIntent {
            subject,
            level: AccessLevel::parse(level).unwrap(),
            reason: (index % 2 == 0).then(|| "since: it's \"so\" # really".to_owned()),
            expires: (index % 3 == 0).then(|| "2027-01-31".parse().unwrap()),
            source: IntentSource {
                origin: IntentOrigin::Configuration,
                file: String::new(),
                line: None,
                of_path: false,
            },
        })
        .collect();
    // What the document says itself is replaced, member by member.
    let mut shop = shop();
    shop["paths"]["/orders/{id}"]["get"]["x-routewarden-intent"] =
        json!({"level": "owner", "reason": "once", "expires": "2020-01-01"});
    shop["x-routewarden-intent"] = json!({"resource:order line": {"level": "owner", "expires": "2020-01-01"}});
    let plain = load(&shop, &overlay(&json!([])));
    for notation in [OverlayNotation::Json, OverlayNotation::Yaml] {
        let text = intent_overlay(&plain, &stated, notation).unwrap();
        let written = Overlay::parse("o", &text).unwrap();
        assert!(written.states_intent_alone(), "{text}");
        let api = load(&shop, &written);
        assert_eq!(issues(&api), [] as [String; 0], "{text}");
        let said = |all: &[StatedIntent]| {
            let mut said: Vec<_> = all
                .iter()
                .map(|found| (found.subject.clone(), found.level.to_string(), found.reason.clone(), found.expires))
                .collect();
            said.sort();
            said
        };
        assert_eq!(said(&api.intents), said(&stated), "{text}");
        assert!(api.intents.iter().all(|found| found.source.origin == IntentOrigin::Overlay), "{text}");
        assert_eq!(ids(&api), ids(&plain));
    }
    assert!(!overlay(&json!([{"target": "$.paths", "remove": true}])).states_intent_alone());
}
