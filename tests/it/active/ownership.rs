//! Whose everything is that a write names: nothing of others is written to, made in, or called with a made-up id.

use std::process::{Command, Stdio};
use std::time::{Duration, Instant};

use axum::extract::{Path, State};
use axum::http::{HeaderMap, StatusCode};
use axum::response::{IntoResponse, Response};
use axum::routing::{delete, get};
use axum::{Json, Router};
use routewarden::model::UndoOutcome;
use routewarden::report::Report;
use serde_json::{Value, json};

use super::kit::{
    Db, Server, account_routes, document, ok, plain, public, refuse, said, scan, scan_with, seeded_env, seeded_login,
    serve, takes, unauthorized, with_id,
};

fn identity(name: &str, more: &str) -> String {
    format!("[identities.{name}]\n{more}\n{}", seeded_login(name))
}

async fn scan_as_users(server: &Server, identities: &str) -> Report {
    let env = seeded_env(&["ann", "ben", "root"]);
    scan_with(server, "mode = \"active\"\nauto_accounts = false\n", identities, &env).await
}

fn hits(server: &Server, start: &str) -> Vec<String> {
    server.hits.lock().unwrap().iter().filter(|hit| hit.starts_with(start)).cloned().collect()
}

async fn projects(State(db): State<Db>, headers: HeaderMap) -> Response {
    if db.caller(&headers).is_none() {
        return unauthorized();
    }
    ok(json!([{"id": 1, "title": "The administrator's project"}]))
}

async fn add_task(State(db): State<Db>, headers: HeaderMap, Path(id): Path<u64>, Json(body): Json<Value>) -> Response {
    let Some(caller) = db.caller(&headers) else { return unauthorized() };
    let row = json!({"id": db.fresh_id(), "user_id": caller, "project_id": id, "title": body["title"]});
    db.lock().rows.push(row.clone());
    (StatusCode::CREATED, ok(row)).into_response()
}

async fn tasks(State(db): State<Db>, Path(id): Path<u64>) -> Response {
    ok(db.lock().rows.iter().filter(|row| row["project_id"] == id).cloned().collect())
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn nothing_is_made_under_a_parent_that_the_scan_did_not_make() {
    let db = Db::seeded();
    let paths = json!({
        "/projects": {"get": plain("200")},
        "/projects/{id}/tasks": with_id(json!({"get": plain("200"), "post": takes(&json!({"title": "text"}), "201")})),
    });
    let routes = Router::new()
        .route("/projects", get(projects))
        .route("/projects/{id}/tasks", get(tasks).post(add_task))
        .with_state(db.clone());
    let server = serve(&db, account_routes(&db).merge(routes), document("Projects", paths)).await;
    let report = scan(&server, "active").await;
    assert_eq!(hits(&server, "POST /projects"), Vec::<String>::new(), "{:?}", report.writes);
    let because = said(&report, "property/mass-assignment", "POST /projects/{id}/tasks");
    assert!(because.contains("to be made in"), "{because}");
}

async fn drop_segment(State(db): State<Db>, headers: HeaderMap) -> Response {
    if db.caller(&headers).is_none() {
        return unauthorized();
    }
    refuse(404, "no such segment")
}

async fn for_root(State(db): State<Db>, headers: HeaderMap) -> Response {
    match db.caller(&headers).and_then(|id| db.user(id)) {
        None => unauthorized(),
        Some(user) if user["role"] == "admin" => ok(json!([{"id": 4, "name": "Berlin"}])),
        Some(_) => refuse(403, "for administrators"),
    }
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_function_is_not_called_with_a_made_up_id_of_a_kind_that_the_scan_does_not_make() {
    let db = Db::seeded();
    db.lock().users.push(json!({"id": 3, "username": "seed-root", "password": "pw of seed-root", "role": "admin"}));
    let paths = json!({
        "/admin/segments": {"get": plain("200")},
        "/admin/segments/{id}": with_id(json!({"delete": plain("204"), "put": takes(&json!({"name": "text"}), "200")})),
    });
    let routes = Router::new()
        .route("/admin/segments", get(for_root))
        .route("/admin/segments/{id}", delete(drop_segment).put(drop_segment))
        .with_state(db.clone());
    let server = serve(&db, account_routes(&db).merge(routes), document("Segments", paths)).await;
    let identities = format!("{}{}", identity("ann", ""), identity("root", "role = \"admin\""));
    let report = scan_as_users(&server, &identities).await;
    let sent = [hits(&server, "DELETE /admin"), hits(&server, "PUT /admin")].concat();
    assert_eq!(sent, Vec::<String>::new());
    let because = said(&report, "authz/function-write", "DELETE /admin/segments/{id}");
    assert!(because.contains("made-up"), "{because}");
}

async fn make_user(State(db): State<Db>, headers: HeaderMap, Json(body): Json<Value>) -> Response {
    let caller = db.caller(&headers).and_then(|id| db.user(id));
    if caller.is_none_or(|user| user["role"] != "admin") {
        return refuse(403, "for administrators");
    }
    if !body["authorities"].is_array() {
        return refuse(422, "authorities is required");
    }
    let mut user = body.clone();
    user["id"] = json!(db.fresh_id());
    db.lock().users.push(user.clone());
    // Kept for the test, whatever becomes of the account.
    db.lock().rows.push(json!({"id": 0, "user_id": 3, "authorities": body["authorities"]}));
    (StatusCode::CREATED, ok(public(user))).into_response()
}

async fn remove_user(State(db): State<Db>, headers: HeaderMap, Path(id): Path<u64>) -> Response {
    let caller = db.caller(&headers).and_then(|id| db.user(id));
    if caller.is_none_or(|user| user["role"] != "admin") {
        return refuse(403, "for administrators");
    }
    db.lock().users.retain(|user| user["id"] != id);
    StatusCode::NO_CONTENT.into_response()
}

async fn server_of_authorities() -> Server {
    let db = Db::seeded();
    db.lock().users.push(json!({"id": 3, "username": "seed-root", "password": "pw of seed-root", "role": "admin"}));
    let mut making = takes(&json!({"username": "text", "password": "text"}), "201");
    let schema = &mut making["requestBody"]["content"]["application/json"]["schema"];
    schema["required"] = json!(["username", "password", "authorities"]);
    schema["properties"]["authorities"] =
        json!({"type": "array", "items": {"type": "string", "enum": ["ROLE_ADMIN", "ROLE_USER"]}});
    let paths = json!({
        "/admin/users": {"get": plain("200"), "post": making},
        "/admin/users/{id}": with_id(json!({"delete": plain("204")})),
    });
    let mut document = document("Authorities", paths);
    document["paths"].as_object_mut().unwrap().remove("/register");
    document["paths"]["/me"].as_object_mut().unwrap().remove("delete");
    let routes = Router::new()
        .route("/admin/users", get(for_root).post(make_user))
        .route("/admin/users/{id}", delete(remove_user))
        .with_state(db.clone());
    serve(&db, account_routes(&db).merge(routes), document).await
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn an_account_never_gets_an_administrators_rights_from_a_list_of_them() {
    let server = server_of_authorities().await;
    let env = [("PW_root".to_owned(), "pw of seed-root".to_owned())];
    let root = identity("root", "role = \"admin\"");
    let report = scan_with(&server, "mode = \"active\"\nauto_accounts = true\n", &root, &env).await;
    let given: Vec<Value> = server.db.lock().rows.iter().filter_map(|row| row.get("authorities")).cloned().collect();
    assert!(!given.is_empty(), "{:?}", report.notes);
    assert!(given.iter().all(|given| *given == json!(["ROLE_USER"])), "{given:?}");
}

async fn notes(State(db): State<Db>, headers: HeaderMap) -> Response {
    let Some(caller) = db.caller(&headers) else { return unauthorized() };
    ok(db.rows_of(caller).into())
}

async fn add_note(State(db): State<Db>, headers: HeaderMap, Json(body): Json<Value>) -> Response {
    let Some(caller) = db.caller(&headers) else { return unauthorized() };
    let row = json!({"id": db.fresh_id(), "user_id": caller, "text": body["text"]});
    db.lock().rows.push(row.clone());
    (StatusCode::CREATED, ok(row)).into_response()
}

async fn change_me(State(db): State<Db>, headers: HeaderMap, Json(body): Json<Value>) -> Response {
    let Some(caller) = db.caller(&headers) else { return unauthorized() };
    let mut tables = db.lock();
    let user = tables.users.iter_mut().find(|user| user["id"] == caller).unwrap();
    for (name, value) in body.as_object().unwrap() {
        user[name] = value.clone();
    }
    ok(public(user.clone()))
}

async fn server_of_notes() -> Server {
    let db = Db::seeded();
    let paths = json!({
        "/notes": {"get": plain("200"), "post": takes(&json!({"text": "text"}), "201")},
        "/profile": {"patch": takes(&json!({"bio": "text", "user_id": 1}), "200")},
    });
    let routes = Router::new()
        .route("/notes", get(notes).post(add_note))
        .route("/profile", axum::routing::patch(change_me))
        .with_state(db.clone());
    serve(&db, account_routes(&db).merge(routes), document("Notes", paths)).await
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn nothing_is_written_as_an_identity_that_the_user_keeps_out_of_it() {
    let server = server_of_notes().await;
    let before = server.db.dump();
    let identities = format!("{}{}", identity("ann", "writes = \"none\""), identity("ben", "writes = \"none\""));
    scan_as_users(&server, &identities).await;
    assert_eq!(server.db.dump(), before);
    assert_eq!(hits(&server, "POST /notes"), Vec::<String>::new());
    assert_eq!(hits(&server, "PATCH"), Vec::<String>::new());
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn what_nothing_removes_is_made_with_consent_alone() {
    for (consent, is_made) in [("", false), ("writes = \"own\"", true), ("disposable = true", true)] {
        let server = server_of_notes().await;
        let identities = format!("{}{}", identity("ann", consent), identity("ben", consent));
        scan_as_users(&server, &identities).await;
        assert_eq!(!hits(&server, "POST /notes").is_empty(), is_made, "{consent}");
        if !is_made {
            assert_eq!(hits(&server, "PATCH"), Vec::<String>::new());
        }
        assert_eq!(server.db.user(1).unwrap()["username"], "seed-ann");
    }
}

async fn row(State(db): State<Db>, headers: HeaderMap, Path(id): Path<u64>) -> Response {
    let Some(caller) = db.caller(&headers) else { return unauthorized() };
    match db.row(id).filter(|row| row["user_id"] == caller) {
        Some(row) => ok(row),
        None => refuse(404, "no such row"),
    }
}

async fn change_row(
    State(db): State<Db>,
    headers: HeaderMap,
    Path(id): Path<u64>,
    Json(body): Json<Value>,
) -> Response {
    if db.caller(&headers).is_none() {
        return unauthorized();
    }
    let mut tables = db.lock();
    let Some(row) = tables.rows.iter_mut().find(|row| row["id"] == id) else { return refuse(404, "no such row") };
    row["title"] = body["title"].clone();
    ok(row.clone())
}

async fn server_of_rows() -> Server {
    let db = Db::seeded();
    let paths = json!({
        "/rows": {"get": plain("200")},
        "/rows/{id}": with_id(json!({"get": plain("200"), "put": takes(&json!({"title": "text"}), "200")})),
    });
    let routes =
        Router::new().route("/rows", get(notes)).route("/rows/{id}", get(row).put(change_row)).with_state(db.clone());
    serve(&db, account_routes(&db).merge(routes), document("Rows", paths)).await
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn what_was_there_is_changed_with_its_owners_consent_alone_and_put_back() {
    for (consent, expected) in [("", "nothing"), ("writes = \"own\"", "confirmed"), ("disposable = true", "confirmed")]
    {
        let server = server_of_rows().await;
        let before = server.db.dump();
        let identities = [("ann", 1), ("ben", 2)]
            .map(|(name, id)| identity(name, &format!("{consent}\nowns = {{ id = [\"{id}\"] }}")));
        let report = scan_as_users(&server, &identities.concat()).await;
        let said = said(&report, "authz/bola-write", "PUT /rows/{id}");
        assert_eq!(server.db.dump(), before, "{consent}: {:?}", report.writes);
        let puts = hits(&server, "PUT /rows/");
        if expected == "nothing" {
            assert_eq!(puts, Vec::<String>::new(), "{said}");
            continue;
        }
        assert_eq!(said, expected, "{consent}: {puts:?}");
        let written: Vec<_> = report.writes.iter().filter(|write| write.operation == "PUT /rows/{id}").collect();
        assert!(
            !written.is_empty() && written.iter().all(|write| write.outcome == UndoOutcome::Undone),
            "{consent}: {written:?}"
        );
    }
}

/// Ends a scan in the middle of a change, and looks at what the next start makes of that.
#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn what_was_there_is_put_back_by_the_next_start_too() {
    for reset in [false, true] {
        let server = server_of_rows().await;
        let before = server.db.dump();
        let identities = [("ann", 1), ("ben", 2)]
            .map(|(name, id)| identity(name, &format!("writes = \"own\"\nowns = {{ id = [\"{id}\"] }}")));
        let folder = tempfile::tempdir().unwrap();
        std::fs::write(folder.path().join("openapi.json"), server.document.to_string()).unwrap();
        let config = format!(
            "[target]\nopenapi = \"openapi.json\"\nbase_url = \"{}\"\n\n[scan]\nmode = \"active\"\nrate = 20\n{}",
            server.base_url,
            identities.concat()
        );
        std::fs::write(folder.path().join("routewarden.toml"), config).unwrap();
        let command = |what: &str| {
            let mut command = Command::new(assert_cmd::cargo::cargo_bin!("routewarden"));
            command.arg("--data").arg(folder.path().join("data")).arg(what).current_dir(folder.path());
            command.stdin(Stdio::null()).stdout(Stdio::piped()).stderr(Stdio::piped());
            command.envs(seeded_env(&["ann", "ben"]));
            command
        };
        let mut running = command("scan").spawn().unwrap();
        let began = Instant::now();
        while server.db.dump() == before && began.elapsed() < Duration::from_secs(20) {
            tokio::time::sleep(Duration::from_millis(2)).await;
        }
        running.kill().unwrap();
        running.wait().unwrap();
        tokio::time::sleep(Duration::from_millis(100)).await;
        assert_ne!(server.db.dump(), before, "nothing was changed, or it was put back at once");
        if reset {
            // The row of another stands there now: what the scan had saved must not be written over it.
            for row in &mut server.db.lock().rows {
                row["title"] = json!("of another");
            }
        }
        let expected = if reset { server.db.dump() } else { before };
        let mut undo = command("undo");
        let told = tokio::task::spawn_blocking(move || undo.output().unwrap()).await.unwrap();
        let text = String::from_utf8_lossy(&told.stdout).into_owned() + &String::from_utf8_lossy(&told.stderr);
        assert_eq!(server.db.dump(), expected, "{text}");
        assert_eq!(text.contains("is not overwritten"), reset, "{text}");
    }
}
