//! Which operations count as reads.

use routewarden::model::Effect;
use routewarden::spec::{Base, load_text};
use serde_json::json;

fn judge(method: &str, path: &str, id: &str, summary: &str, status: &str) -> Effect {
    let mut operation = json!({ "summary": summary, "responses": { status: { "description": "" } } });
    if !id.is_empty() {
        operation["operationId"] = json!(id);
    }
    let document = json!({ "openapi": "3.0.0", "info": {}, "paths": { path: { method: operation } } });
    let api = load_text("t", &document.to_string(), Base::None).unwrap();
    api.operations[0].effect.clone()
}

#[test]
fn methods_that_write_are_writes() {
    for method in ["post", "put", "patch"] {
        assert_eq!(judge(method, "/x", "getX", "Get x", "200"), Effect::Writes, "{method}");
    }
    assert_eq!(judge("delete", "/x", "", "", "200"), Effect::Deletes);
}

#[test]
fn reads_that_nothing_speaks_against_are_reads() {
    let reads = [
        ("/users", "listUsers", "List users", "200"),
        ("/users/{id}", "getUser", "Returns one user", "200"),
        ("/sent-items", "listSent", "List sent items", "200"),
        ("/payments", "listPayments", "Payments of the account", "200"),
        ("/payments/{id}", "", "", "200"),
        ("/orders/{id}", "", "", "200"),
        ("/runs/{id}", "getRun", "One run", "200"),
        ("/run/{id}", "getRun", "Show a run", "200"),
        ("/resets", "listResets", "List resets", "200"),
        ("/jobs/start-date", "", "", "200"),
        ("/add-ons", "listAddOns", "List add-ons", "200"),
        ("/settings", "", "", "200"),
        ("/created", "", "Created items", "200"),
        ("/updates", "", "", "200"),
        ("/address", "", "", "200"),
        ("/compute/instances", "compute.instances.list", "", "200"),
        ("/users", "users_list", "", "200"),
        ("/things/{delete}", "", "", "200"),
        ("/status", "get_status_status_get", "Get Status", "200"),
        ("/backup", "getBackup", "", "200"),
        ("/markers", "UsersController_getDeleteMarkers", "", "200"),
        ("/windowsUpdateCatalogItems", "listItems", "", "200"),
        ("/restore-points", "", "List restore points", "200"),
        ("/orders/{ref}", "order_orders__ref__get", "Order", "200"),
        ("/posts/{id}", "post_posts__id__get", "Post", "200"),
    ];
    for (path, id, summary, status) in reads {
        let found = judge("get", path, id, summary, status);
        assert_eq!(found, Effect::Reads, "{path} {id} {summary}");
    }
    assert_eq!(judge("options", "/users", "", "", "204"), Effect::Reads);
    assert_eq!(judge("head", "/users", "", "", "204"), Effect::Reads);
}

#[test]
fn signs_of_an_act_make_a_read_doubtful() {
    let doubtful = [
        ("/createdb", "", "", "200"),
        ("/restore", "", "", "200"),
        ("/x/createdb", "", "Creates and populates the database", "200"),
        ("/admin/reset", "getReset", "Get reset", "200"),
        ("/api/reset-db", "", "", "200"),
        ("/users/{id}/delete", "", "", "200"),
        ("/users/{id}:cancel", "", "", "200"),
        ("/deleteUser", "", "", "200"),
        ("/user/logout", "logoutUser", "Logs out", "200"),
        ("/log-out", "", "", "200"),
        ("/jobs/{id}/start", "", "", "200"),
        ("/run", "", "", "200"),
        ("/init", "", "", "200"),
        ("/seed.php", "", "", "200"),
        ("/x", "reset_db_x_get", "", "200"),
        ("/x", "UsersController_deleteUser", "", "200"),
        ("/x", "users_create", "", "200"),
        ("/pizzas/{id}", "order_pizzas__id__get", "", "200"),
        ("/orders/{ref}", "cancel_orders__ref__get", "", "200"),
        ("/x", "", "Deletes everything", "200"),
        ("/x", "", "Sending of mails", "200"),
        ("/x", "", "Get or create a cart", "200"),
        ("/x", "", "Fetches and deletes the next message", "200"),
        ("/x", "", "Approves the request", "200"),
        ("/x", "getX", "Get x", "201"),
        ("/x", "getX", "Get x", "202"),
        ("/x", "getX", "Get x", "204"),
        ("/windowsUpdateCatalogItems", "", "", "200"),
        ("/unsubscribe", "", "", "200"),
        ("/tokens/rotate", "getToken", "", "200"),
    ];
    for (path, id, summary, status) in doubtful {
        let found = judge("get", path, id, summary, status);
        assert!(matches!(found, Effect::Doubtful(_)), "{path} {id} {summary} {status}: {found:?}");
    }
    assert!(matches!(judge("head", "/reset", "", "", "200"), Effect::Doubtful(_)));
}

#[test]
fn the_reason_names_the_sign() {
    assert_eq!(judge("get", "/reset", "", "", "200"), Effect::Doubtful("`reset` in the path says an act".to_owned()));
}
