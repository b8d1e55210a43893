//! Questions about all paths of an API.

use std::time::{Duration, Instant};

use routewarden::act::acting_of;
use routewarden::model::Api;
use routewarden::spec::{Base, load_text};
use serde_json::{Map, Value, json};

fn api(paths: &Value) -> Api {
    let document = json!({"openapi": "3.0.3", "info": {"title": "T", "version": "1"}, "paths": paths});
    load_text("paths.json", &document.to_string(), Base::None).unwrap()
}

fn operation(path: &str, method: &str) -> Value {
    let slots = path.matches('{').count();
    let parameters = ["a", "b"].map(|name| json!({"name": name, "in": "path", "required": true, "schema": {}}));
    json!({method: {"parameters": parameters[..slots].to_vec(), "responses": {"200": {"description": "done"}}}})
}

#[test]
fn collections_and_their_items_are_known_by_their_paths() {
    let paths = [("/orders/", "get"), ("/orders/{a}/", "put"), ("/orders/{a}/lines/{b}", "get"), ("/carts", "post")];
    let api = api(&paths.iter().map(|(path, method)| ((*path).to_owned(), operation(path, method))).collect::<Value>());
    assert_eq!(api.operations.len(), 4);
    assert_eq!(
        ["/orders", "/orders/", "/carts", "/orders/{a}"].map(|path| api.reads(path)),
        [true, true, false, false]
    );
    let items = ["/orders", "/orders/{a}/lines", "/carts", "/orders/{a}", ""].map(|path| api.has_items(path));
    assert_eq!(items, [true, true, false, false, false]);
    assert!(api.any_path_says(&["x", "lines"]) && !api.any_path_says(&["line", "a"]));
}

#[test]
fn what_operations_are_for_is_told_in_a_time_that_grows_with_their_number_alone() {
    let paths: Map<String, Value> = (0..30_000)
        .map(|number| format!("/things{number}"))
        .map(|path| (path.clone(), operation(&path, "post")))
        .collect();
    let api = api(&Value::Object(paths));
    let begun = Instant::now();
    let made = api.operations.iter().filter(|operation| acting_of(&api, operation).resource.is_some()).count();
    assert_eq!(made, 30_000);
    // Looking at all paths for each takes minutes.
    assert!(begun.elapsed() < Duration::from_secs(40), "{:?}", begun.elapsed());
}
