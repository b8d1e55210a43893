//! Routes of a source tree, bound to the operations of a document.

use std::fs;

use routewarden::code::CodeIndex;
use routewarden::model::{Api, OperationId};
use routewarden::spec::{Base, load_text};
use serde_json::json;

const APP: &str = r#"
from flask import Flask, Blueprint
app = Flask(__name__)
orders = Blueprint("orders", __name__, url_prefix="/v1/orders")

@orders.get("/<int:order_id>")
def order(order_id):
    return {}

@orders.get("/")
def listed():
    return {}

@app.get("/internal/metrics")
def metrics():
    return {}

@orders.delete("/<int:order_id>/notes/<note>")
def drop(order_id, note):
    return {}

app.register_blueprint(orders)
"#;

fn api(server: &str, paths: &[&str]) -> Api {
    let item = json!({"get": {"responses": {"200": {"description": "ok"}}}});
    let paths: serde_json::Map<String, serde_json::Value> =
        paths.iter().map(|path| ((*path).to_owned(), item.clone())).collect();
    let document = json!({"openapi": "3.0.3", "info": {"title": "t", "version": "1"},
        "servers": [{"url": server}], "paths": paths});
    load_text("openapi.json", &document.to_string(), Base::None).unwrap()
}

fn index(folder: &std::path::Path, api: &Api) -> CodeIndex {
    let mut index = CodeIndex::read(folder).unwrap();
    index.bind(api);
    index
}

fn place(index: &CodeIndex, operation: &str) -> Option<String> {
    index.place(&OperationId(operation.to_owned())).map(|place| format!("{place} {}", place.function))
}

#[test]
fn operations_are_bound_by_path_whatever_stands_before_it_and_however_slots_are_called() {
    let folder = tempfile::tempdir().unwrap();
    fs::write(folder.path().join("app.py"), APP).unwrap();
    fs::write(folder.path().join("requirements.txt"), "flask\n").unwrap();
    for (server, prefix) in [("http://x.test", "/v1"), ("http://x.test/v1", ""), ("http://x.test/gateway", "/v1")] {
        let one = format!("{prefix}/orders/{{id}}");
        let list = format!("{prefix}/orders");
        let api = api(server, &[&one, &list, "/nowhere"]);
        let index = index(folder.path(), &api);
        assert_eq!(place(&index, &format!("GET {one}")).as_deref(), Some("app.py:7 order"), "{server}");
        assert_eq!(place(&index, &format!("GET {list}")).as_deref(), Some("app.py:11 listed"), "{server}");
        assert_eq!(place(&index, "GET /nowhere"), None);
        assert_eq!(index.share(), (2, 3));
    }
}

#[test]
fn routes_that_no_operation_names_are_given_as_the_document_would_write_them() {
    let folder = tempfile::tempdir().unwrap();
    fs::write(folder.path().join("app.py"), APP).unwrap();
    let api = api("http://x.test", &["/v1/orders/{id}", "/v1/orders"]);
    let found = index(folder.path(), &api).undocumented();
    let mut found: Vec<String> = found.iter().map(|route| format!("{} {}", route.id(), route.place)).collect();
    found.sort();
    assert_eq!(found, ["DELETE /v1/orders/{order_id}/notes/{note} app.py:19", "GET /internal/metrics app.py:15"]);
}

#[test]
fn two_applications_with_the_same_route_bind_nothing() {
    let folder = tempfile::tempdir().unwrap();
    fs::write(folder.path().join("app.py"), APP).unwrap();
    fs::write(folder.path().join("other.py"), APP).unwrap();
    let api = api("http://x.test", &["/v1/orders/{id}", "/v1/orders"]);
    assert_eq!(index(folder.path(), &api).share().0, 0);
}

#[test]
fn a_stack_trace_names_the_frame_nearest_to_the_fault() {
    let folder = tempfile::tempdir().unwrap();
    fs::create_dir(folder.path().join("shop")).unwrap();
    for file in ["app.py", "shop/views.py", "shop/orders.ts"] {
        fs::write(folder.path().join(file), "").unwrap();
    }
    let index = CodeIndex::read(folder.path()).unwrap();
    let place = |text: &str| index.place_in_trace(text).map(|place| format!("{place} {}", place.function));
    let python = json!({"trace": "File \"/x/site-packages/flask/app.py\", line 9, in run\n  File \"/srv/shop/views.py\", \
        line 31, in show\n    x"});
    assert_eq!(place(&python.to_string()).as_deref(), Some("shop/views.py:31 show"));
    let node =
        "Error: no\n    at find (/srv/shop/orders.ts:10:5)\n    at run (/srv/node_modules/express/router.js:3:1)";
    assert_eq!(place(node).as_deref(), Some("shop/orders.ts:10 find"));
    assert_eq!(place("File \"/usr/lib/python3.11/app.py\", line 3, in x"), None);
    assert_eq!(place("no trace at all"), None);
}
