//! Questions about all paths of an API.

use routewarden::model::Api;
use routewarden::spec::{Base, load_text};
use serde_json::{Value, json};

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
fn what_stands_below_and_reads_a_path_is_known_whatever_slots_are_called() {
    let paths = [("/notes/{a}/tags", "get"), ("/notes/{b}", "put"), ("/settings/", "get")];
    let api = api(&paths.iter().map(|(path, method)| ((*path).to_owned(), operation(path, method))).collect::<Value>());
    let holds = ["/notes", "/notes/", "/notes/{x}", "/settings"].map(|path| api.holds_items(path));
    assert_eq!(holds, [true, true, false, false]);
    let read = |path: &str| api.reader_of(path).map(|found| found.path.clone());
    assert_eq!(read("/notes/{x}/tags").as_deref(), Some("/notes/{a}/tags"));
    assert_eq!((read("/settings").as_deref(), read("/notes/{x}")), (Some("/settings/"), None));
}
