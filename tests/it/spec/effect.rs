//! Which operations count as reads.

use routewarden::model::{Api, Effect, HandlerPlace, Method};
use routewarden::spec::{Base, Samples, load_text, takes_password, undocumented_operation};
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
        assert_eq!(judge(method, "/x", "makeX", "X", "200"), Effect::Writes, "{method}");
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

/// GETs that act, as real applications name them.
const ACTS: &[&str] = &[
    "edit",
    "promote",
    "makeAdmin",
    "make-admin",
    "follow",
    "unfollow",
    "claim",
    "spend",
    "overwrite",
    "logoff",
    "logout",
    "change-password",
    "change_password",
    "changePassword",
    "reset",
    "approve",
    "reject",
    "publish",
    "archive",
    "block",
    "ban",
    "kick",
    "mute",
    "like",
    "vote",
    "pay",
    "refund",
    "transfer",
    "buy",
    "purchase",
    "checkout",
    "redeem",
    "join",
    "leave",
    "invite",
    "resend",
    "send",
    "notify",
    "start",
    "stop",
    "restart",
    "run",
    "execute",
    "sync",
    "refresh",
    "import",
    "rotate",
    "revoke",
    "confirm",
    "activate",
    "deactivate",
    "lock",
    "unlock",
    "mark-read",
    "toggle",
    "set-role",
    "grant",
    "assign",
    "clone",
    "merge",
    "rename",
    "move",
    "purge",
    "clear",
    "flush",
    "empty",
    "seed",
    "init",
    "migrate",
    "backup",
    "restore",
    "impersonate",
    "subscribe",
    "unsubscribe",
    "upgrade",
    "downgrade",
    "cancel",
    "book",
    "close",
    "frobnicate",
    "zorch",
    "bless",
    "smite",
    "incrementViews",
    "deleteAll",
    "drop-table",
    "take-over",
    "add-credit",
];

#[test]
fn acts_behind_get_are_never_taken_for_reads_wherever_they_stand() {
    for act in ACTS {
        let snake = act.replace('-', "_");
        let paths = [
            format!("/{act}"),
            format!("/users/{{id}}/{act}"),
            format!("/api/v1/{act}/{{amount}}"),
            format!("/{act}.php"),
        ];
        for path in paths {
            // Without a word beside it, as FastAPI names it, and with a title made of the handler's name.
            for (id, summary) in [("", ""), (&*format!("{snake}_x__get"), ""), ("", &*snake.replace('_', " "))] {
                let found = judge("get", &path, id, summary, "200");
                assert!(matches!(found, Effect::Doubtful(_)), "{path} {id} {summary}: {found:?}");
            }
            let probed = probed(Method::Get, &path);
            assert!(matches!(probed, Effect::Doubtful(_)), "{path} undocumented: {probed:?}");
        }
    }
}

#[test]
fn what_stands_around_an_operation_says_what_its_words_mean() {
    let read = |id: &str, summary: &str| json!({"operationId": id, "summary": summary, "responses": {"200": {}}});
    let required = json!([{"name": "monitor", "in": "query", "required": true, "schema": {"type": "string"}}]);
    let mut incidents = read("hire_api_incidents", "");
    incidents["parameters"] = required;
    let api = load(json!({
        "/monitors": {"get": read("hire_api_monitors", "monitors of the workspace")},
        "/monitors/{id}": {"get": read("hire_api_detail", "monitor")},
        "/incidents": {"get": incidents},
        "/work-orders": {"get": read("hire_api_all", "")},
        "/work-orders/{order}": {"get": read("hire_api_one", "")},
        "/me": {"get": read("hire_api_me", "")},
        "/monitors/{id}/reset": {"get": read("hire_api_again", "")},
        "/reset": {"get": read("hire_api_reset", "reset")},
    }));
    let effect = |path: &str| &api.operations.iter().find(|operation| operation.path == path).unwrap().effect;

    // `hire` begins every id, `monitor` and `work` name what collections hold.
    for path in ["/monitors", "/monitors/{id}", "/incidents", "/work-orders", "/work-orders/{order}", "/me"] {
        assert_eq!(*effect(path), Effect::Reads, "{path}");
    }
    for path in ["/reset", "/monitors/{id}/reset"] {
        assert!(matches!(effect(path), Effect::Doubtful(_)), "{path}: {:?}", effect(path));
    }
}

#[test]
fn paths_that_no_document_names_are_judged_alike() {
    for path in ["/v1/users", "/users/{id}", "/me", "/api/health", "/search", "/openapi.json", "/admin/users", "/"] {
        assert_eq!(probed(Method::Get, path), Effect::Reads, "{path}");
    }
    assert_eq!(probed(Method::Options, "/admin/reset"), Effect::Reads);
    assert_eq!(probed(Method::Post, "/users"), Effect::Writes);
    assert_eq!(probed(Method::Delete, "/users/{id}"), Effect::Deletes);
}

fn probed(method: Method, path: &str) -> Effect {
    let handler = HandlerPlace { file: "app.py".to_owned(), line: 1, function: String::new() };
    undocumented_operation(method, path, handler).effect
}

fn load(paths: serde_json::Value) -> Api {
    load_text("t", &json!({ "openapi": "3.0.0", "info": {}, "paths": paths }).to_string(), Base::None).unwrap()
}

fn effect<'a>(api: &'a Api, method: Method, path: &str) -> &'a Effect {
    &api.operations.iter().find(|operation| operation.method == method && operation.path == path).unwrap().effect
}

#[test]
fn what_stands_around_an_operation_speaks_too() {
    let get = json!({ "get": { "responses": { "200": { "description": "" } } } });
    let both = json!({ "get": get["get"], "delete": get["get"] });
    let api = load(json!({
        "/sync/jobs": get, "/sync/jobs/{id}": get, "/sync/peers": get, "/sync": get,
        "/run/tests": get, "/run/jobs": get, "/run/cleanups": get,
        "/gizmo/{id}": get, "/gizmos": get, "/zork/{id}": get, "/items/{id}/lock": both, "/items/{id}/block": get,
    }));
    let reads = ["/sync/jobs", "/sync/jobs/{id}", "/sync/peers", "/gizmo/{id}", "/items/{id}/lock"];
    for path in reads {
        assert_eq!(*effect(&api, Method::Get, path), Effect::Reads, "{path}");
    }
    for path in ["/sync", "/run/tests", "/run/jobs", "/zork/{id}", "/items/{id}/block"] {
        assert!(matches!(effect(&api, Method::Get, path), Effect::Doubtful(_)), "{path}");
    }
}

fn with_query(path: &str, summary: &str, name: &str, required: bool) -> Effect {
    let query = json!([{ "name": name, "in": "query", "required": required, "schema": { "type": "string" } }]);
    let get = json!({ "summary": summary, "parameters": query, "responses": { "200": { "description": "" } } });
    effect(&load(json!({ path: { "get": get } })), Method::Get, path).clone()
}

#[test]
fn values_that_choose_nothing_and_passwords_are_doubted() {
    for name in ["id", "customer_id", "q", "page", "limit", "from_date", "lang", "filter"] {
        assert_eq!(with_query("/reports", "", name, true), Effect::Reads, "{name}");
    }
    for name in ["amount", "new", "role", "message"] {
        assert!(matches!(with_query("/reports", "", name, true), Effect::Doubtful(_)), "{name}");
        assert_eq!(with_query("/reports", "", name, false), Effect::Reads, "{name} may be left out");
        assert_eq!(with_query("/reports", "List reports", name, true), Effect::Reads, "{name} of a read");
    }
    for name in ["password", "newPassword", "repeat_pwd", "passwd"] {
        assert!(matches!(with_query("/reports", "List reports", name, false), Effect::Doubtful(_)), "{name}");
    }
    assert!(matches!(with_query("/contacts", "Get contacts", "action", true), Effect::Doubtful(_)));
}

#[test]
fn no_value_is_made_up_for_a_password_on_any_method() {
    for method in ["get", "post", "put", "patch", "delete"] {
        let parameter = |name: &str, place: &str| json!({ "name": name, "in": place, "required": true, "schema": { "type": "string", "example": "x" } });
        let parameters =
            json!([parameter("id", "query"), parameter("new_password", "query"), parameter("X-Password", "header")]);
        let api = load(json!({ "/users/me": { method: { "parameters": parameters, "responses": {} } } }));
        let made = Samples::new(&api, 1).required(&api.operations[0]);
        let names: Vec<&str> = made.keys().map(|(_, name)| name.as_str()).collect();
        assert_eq!(names, ["id"], "{method}");
    }
    assert!(
        !takes_password("passenger")
            && !takes_password("compass_id")
            && !takes_password("has_password")
            && takes_password("oldPwd")
    );
}

#[test]
fn posts_that_only_read_are_told_from_those_that_write() {
    let reads = [
        ("/orders/search", "", ""),
        ("/graphql", "", ""),
        ("/prices/calculate", "", "Calculates a price"),
        ("/reports/query", "queryReports", ""),
        ("/payments/search", "", "Search payments"),
        ("/x", "getXByIds", "Returns x by ids"),
    ];
    for (path, id, summary) in reads {
        assert_eq!(judge("post", path, id, summary, "200"), Effect::Reads, "{path}");
    }
    let writes = [
        ("/orders", "", "", "200"),
        ("/auth/token", "getToken", "Get a token", "200"),
        ("/roles", "getOrCreateRole", "Get or create a role", "200"),
        ("/searches", "createSearch", "Create a search", "201"),
        ("/search", "", "", "202"),
        ("/x", "", "Finds and deletes x", "200"),
        ("/payments/verify/send", "", "", "200"),
    ];
    for (path, id, summary, status) in writes {
        assert_eq!(judge("post", path, id, summary, status), Effect::Writes, "{path}");
    }
}

#[test]
fn a_word_that_names_what_is_read_settles_no_summary_that_gives_an_order() {
    let order = "Marks the latest message as read";
    assert!(matches!(judge("get", "/messages/latest", "latestMessage", order, "200"), Effect::Doubtful(_)));
    assert_eq!(judge("get", "/messages/latest", "getLatestMessage", "Marks of the latest", "200"), Effect::Reads);
    assert_eq!(judge("get", "/messages/latest", "latestMessage", "The latest message", "200"), Effect::Reads);
    assert_eq!(judge("get", "/notes/{id}/shares", "listShares", "Whom the note is shared with", "200"), Effect::Reads);
}
