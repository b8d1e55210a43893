//! What a write does besides what its answer says: below another parent, out of its owner's view, a little later, to the
//! sender's own account. Each with its repaired twin.

use std::time::Duration;

use axum::extract::{Path, State};
use axum::http::{HeaderMap, StatusCode};
use axum::response::{IntoResponse, Response};
use axum::routing::get;
use axum::{Json, Router};
use serde_json::{Value, json};

use super::kit::{
    Db, Server, account_routes, document, finding, ok, plain, refuse, said, scan, serve, takes, unauthorized, with_id,
    with_ids,
};

#[derive(Clone, Copy, PartialEq, Eq)]
enum Twin {
    /// Asks whose the project is, and not whether the task is in it.
    ForeignChild,
    /// Writes the caller down as the owner of what it puts.
    TakesOver,
    /// Commits 300 ms after the answer, whoever asks.
    Later,
    /// Locks the account of a caller that changes what is not its own, and lets anyone delete.
    LocksTheSender,
    /// All users read and edit every note; its owner alone removes it.
    EditedByAll,
    Sound,
}

#[derive(Clone)]
struct App {
    db: Db,
    twin: Twin,
}

impl App {
    fn own_rows(&self, who: u64, kind: &str) -> Vec<Value> {
        let rows = self.db.lock().rows.clone();
        rows.into_iter().filter(|row| row["user_id"] == who && row["kind"] == kind).collect()
    }

    fn add(&self, mut row: Value) -> Response {
        row["id"] = json!(self.db.fresh_id());
        self.db.lock().rows.push(row.clone());
        (StatusCode::CREATED, Json(row)).into_response()
    }

    /// Whether a project is the caller's.
    fn has_project(&self, who: u64, project: u64) -> bool {
        self.db.row(project).is_some_and(|row| row["user_id"] == who && row["kind"] == "project")
    }

    /// The task that an address names for the caller.
    #[expect(clippy::result_large_err, reason = "a refusal is the whole answer")]
    fn task(&self, headers: &HeaderMap, project: u64, task: u64, strict: bool) -> Result<Value, Response> {
        let who = self.db.caller(headers).ok_or_else(unauthorized)?;
        if !self.has_project(who, project) {
            return Err(refuse(404, "no such project"));
        }
        let row = self.db.row(task).filter(|row| row["kind"] == "task" && (!strict || row["project_id"] == project));
        row.ok_or_else(|| refuse(404, "no such task"))
    }

    fn set_title(&self, id: u64, title: &Value) {
        if let Some(row) = self.db.lock().rows.iter_mut().find(|row| row["id"] == id) {
            row["title"] = title.clone();
        }
    }

    /// Ends a caller's sessions and gives its account another password.
    fn lock_out(&self, who: u64) {
        let mut tables = self.db.lock();
        tables.tokens.retain(|(_, id)| *id != who);
        for user in tables.users.iter_mut().filter(|user| user["id"] == who) {
            user["password"] = json!("locked");
        }
    }
}

async fn list(State(app): State<App>, headers: HeaderMap) -> Response {
    let Some(who) = app.db.caller(&headers) else { return unauthorized() };
    let all = || app.db.lock().rows.iter().filter(|row| row["kind"] == "note").cloned().collect();
    ok(json!(if app.twin == Twin::EditedByAll { all() } else { app.own_rows(who, "note") }))
}

async fn create(State(app): State<App>, headers: HeaderMap, Json(body): Json<Value>) -> Response {
    let Some(who) = app.db.caller(&headers) else { return unauthorized() };
    app.add(json!({"user_id": who, "kind": "note", "title": body["title"]}))
}

async fn read(State(app): State<App>, headers: HeaderMap, Path(id): Path<u64>) -> Response {
    let Some(who) = app.db.caller(&headers) else { return unauthorized() };
    let row = app.db.row(id).filter(|row| row["user_id"] == who || app.twin == Twin::EditedByAll);
    row.map_or_else(|| refuse(404, "no such note"), ok)
}

async fn change(State(app): State<App>, headers: HeaderMap, Path(id): Path<u64>, Json(body): Json<Value>) -> Response {
    let Some(who) = app.db.caller(&headers) else { return unauthorized() };
    let Some(row) = app.db.row(id) else { return refuse(404, "no such note") };
    let own = row["user_id"] == who;
    match app.twin {
        Twin::TakesOver => {
            app.set_title(id, &body["title"]);
            for row in app.db.lock().rows.iter_mut().filter(|row| row["id"] == id) {
                row["user_id"] = json!(who);
            }
        }
        Twin::Later => {
            tokio::spawn(async move {
                tokio::time::sleep(Duration::from_millis(300)).await;
                app.set_title(id, &body["title"]);
            });
        }
        Twin::LocksTheSender if !own => {
            app.lock_out(who);
            return refuse(403, "not yours");
        }
        _ if !own && app.twin != Twin::EditedByAll => return refuse(403, "not yours"),
        _ => app.set_title(id, &body["title"]),
    }
    ok(json!({"id": id}))
}

async fn remove(State(app): State<App>, headers: HeaderMap, Path(id): Path<u64>) -> Response {
    let Some(who) = app.db.caller(&headers) else { return unauthorized() };
    let Some(row) = app.db.row(id) else { return refuse(404, "no such note") };
    if row["user_id"] != who && app.twin != Twin::LocksTheSender {
        return refuse(403, "not yours");
    }
    app.db.lock().rows.retain(|row| row["id"] != id);
    StatusCode::NO_CONTENT.into_response()
}

async fn projects(State(app): State<App>, headers: HeaderMap) -> Response {
    app.db.caller(&headers).map_or_else(unauthorized, |who| ok(json!(app.own_rows(who, "project"))))
}

async fn create_project(State(app): State<App>, headers: HeaderMap, Json(body): Json<Value>) -> Response {
    let Some(who) = app.db.caller(&headers) else { return unauthorized() };
    app.add(json!({"user_id": who, "kind": "project", "title": body["title"]}))
}

async fn project(State(app): State<App>, headers: HeaderMap, Path(id): Path<u64>) -> Response {
    let Some(who) = app.db.caller(&headers) else { return unauthorized() };
    let row = app.db.row(id).filter(|_| app.has_project(who, id));
    row.map_or_else(|| refuse(404, "no such project"), ok)
}

async fn remove_project(State(app): State<App>, headers: HeaderMap, Path(id): Path<u64>) -> Response {
    let Some(who) = app.db.caller(&headers) else { return unauthorized() };
    if !app.has_project(who, id) {
        return refuse(404, "no such project");
    }
    app.db.lock().rows.retain(|row| row["id"] != id && row["project_id"] != id);
    StatusCode::NO_CONTENT.into_response()
}

async fn create_task(
    State(app): State<App>,
    headers: HeaderMap,
    Path(project): Path<u64>,
    Json(body): Json<Value>,
) -> Response {
    let Some(who) = app.db.caller(&headers) else { return unauthorized() };
    if !app.has_project(who, project) {
        return refuse(404, "no such project");
    }
    app.add(json!({"user_id": who, "kind": "task", "project_id": project, "title": body["title"]}))
}

async fn read_task(State(app): State<App>, headers: HeaderMap, Path((project, task)): Path<(u64, u64)>) -> Response {
    app.task(&headers, project, task, true).map_or_else(|refusal| refusal, ok)
}

async fn change_task(
    State(app): State<App>,
    headers: HeaderMap,
    Path((project, task)): Path<(u64, u64)>,
    Json(body): Json<Value>,
) -> Response {
    match app.task(&headers, project, task, app.twin != Twin::ForeignChild) {
        Ok(_) => app.set_title(task, &body["title"]),
        Err(refusal) => return refusal,
    }
    ok(json!({"id": task}))
}

async fn remove_task(State(app): State<App>, headers: HeaderMap, Path((project, task)): Path<(u64, u64)>) -> Response {
    match app.task(&headers, project, task, app.twin != Twin::ForeignChild) {
        Ok(_) => app.db.lock().rows.retain(|row| row["id"] != task),
        Err(refusal) => return refusal,
    }
    StatusCode::NO_CONTENT.into_response()
}

async fn server(twin: Twin) -> Server {
    let db = Db::seeded();
    let app = App { db: db.clone(), twin };
    let body = json!({"title": "a title"});
    let (routes, paths) = if matches!(twin, Twin::ForeignChild | Twin::Sound) {
        let routes = Router::new()
            .route("/projects", get(projects).post(create_project))
            .route("/projects/{project_id}", get(project).delete(remove_project))
            .route("/projects/{project_id}/tasks", axum::routing::post(create_task))
            .route("/projects/{project_id}/tasks/{task_id}", get(read_task).put(change_task).delete(remove_task));
        let one = json!({"get": plain("200"), "delete": plain("204")});
        let task = json!({"get": plain("200"), "put": takes(&body, "200"), "delete": plain("204")});
        let paths = json!({
            "/projects": {"get": plain("200"), "post": takes(&body, "201")},
            "/projects/{project_id}": with_ids(one, &["project_id"]),
            "/projects/{project_id}/tasks": with_ids(json!({"post": takes(&body, "201")}), &["project_id"]),
            "/projects/{project_id}/tasks/{task_id}": with_ids(task, &["project_id", "task_id"]),
        });
        (routes, paths)
    } else {
        let routes = Router::new()
            .route("/notes", get(list).post(create))
            .route("/notes/{id}", get(read).put(change).delete(remove));
        let one = json!({"get": plain("200"), "put": takes(&body, "200"), "delete": plain("204")});
        let paths = json!({
            "/notes": {"get": plain("200"), "post": takes(&body, "201")},
            "/notes/{id}": with_id(one),
        });
        (routes, paths)
    };
    serve(&db, account_routes(&db).merge(routes.with_state(app)), document("Trials", paths)).await
}

const CHANGE_TASK: (&str, &str) = ("authz/bola-write", "PUT /projects/{project_id}/tasks/{task_id}");
const REMOVE_TASK: (&str, &str) = ("authz/bola-delete", "DELETE /projects/{project_id}/tasks/{task_id}");
const CHANGE: (&str, &str) = ("authz/bola-write", "PUT /notes/{id}");
const REMOVE: (&str, &str) = ("authz/bola-delete", "DELETE /notes/{id}");

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_foreign_child_below_ones_own_parent_is_reached_in_the_weak_twin() {
    let server = server(Twin::ForeignChild).await;
    let before = server.db.dump();
    let report = scan(&server, "active").await;
    for (check, operation) in [CHANGE_TASK, REMOVE_TASK] {
        assert_eq!(said(&report, check, operation), "confirmed", "{:?}", finding(&report, check, operation));
        let claim = &finding(&report, check, operation).unwrap().claim;
        assert!(claim.contains("below project"), "{claim}");
    }
    assert_eq!(server.db.dump(), before);
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_child_that_is_looked_for_below_its_parent_is_held_by_both_paths() {
    let server = server(Twin::Sound).await;
    let report = scan(&server, "active").await;
    for (check, operation) in [CHANGE_TASK, REMOVE_TASK] {
        let said = said(&report, check, operation);
        assert!(said.starts_with("Held") && said.contains("below project"), "{said}");
    }
    // The foreign child was asked for below the attacker's own project, too.
    let hits = server.hits.lock().unwrap();
    let paths: std::collections::BTreeSet<&String> = hits.iter().filter(|hit| hit.starts_with("PUT ")).collect();
    assert!(paths.len() >= 2, "{paths:?}");
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn what_leaves_its_owners_view_was_taken_over() {
    let server = server(Twin::TakesOver).await;
    let before = server.db.dump();
    let report = scan(&server, "active").await;
    assert_eq!(said(&report, CHANGE.0, CHANGE.1), "confirmed", "{:?}", finding(&report, CHANGE.0, CHANGE.1));
    let claim = &finding(&report, CHANGE.0, CHANGE.1).unwrap().claim;
    assert!(claim.contains("took over or removed"), "{claim}");
    assert_eq!(server.db.dump(), before);
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn an_effect_that_shows_after_the_answer_is_waited_for() {
    let server = server(Twin::Later).await;
    let report = scan(&server, "active").await;
    assert_eq!(said(&report, CHANGE.0, CHANGE.1), "confirmed", "{}", said(&report, CHANGE.0, CHANGE.1));
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn an_attack_that_locks_its_sender_out_decides_nothing() {
    let server = server(Twin::LocksTheSender).await;
    let report = scan(&server, "active").await;
    let changed = said(&report, CHANGE.0, CHANGE.1);
    assert!(changed.starts_with("Undecided") && changed.contains("own account"), "{changed}");
    // Another account takes its place in what comes after it.
    assert_eq!(said(&report, REMOVE.0, REMOVE.1), "confirmed", "{}", said(&report, REMOVE.0, REMOVE.1));
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn what_its_owner_alone_removes_others_may_still_edit() {
    let server = server(Twin::EditedByAll).await;
    let report = scan(&server, "active").await;
    let changed = said(&report, CHANGE.0, CHANGE.1);
    assert!(changed == "suspected" || changed.starts_with("Undecided"), "{:?}", finding(&report, CHANGE.0, CHANGE.1));
    assert!(said(&report, REMOVE.0, REMOVE.1).starts_with("Held"), "{}", said(&report, REMOVE.0, REMOVE.1));
}
