//! A crew with projects and what hangs on them: the parent is guarded everywhere, and tasks are then taken from any
//! project. Notes are looked for in the project of the path.

use serde_json::{Value, json};

use crate::case::{Accounts, Case, Twin, sound, weak};
use crate::kit::{
    Answer, Call, Reply, Route, World, behind_entry, created, described, house, keep, list_of, made, mine, no_content,
    object, ok, op, refer, text,
};

pub const TWIN: Twin = Twin {
    name: "crew",
    style: "own parent, foreign child",
    mode: "active",
    accounts: Accounts::Auto,
    build,
    routes,
    base,
    id: |_| json!({"type": "integer"}),
    cases,
    pair: ("gus", "hilda"),
};

fn build(on: &[&'static str]) -> World {
    let mut w = house("Pf3@qK8!xV1_tN6#zS4mB9wR7hC2gJ5d", &[(1, "gus", "lead"), (2, "hilda", "lead")], on);
    for (id, lead, name) in [(801, 1, "gus"), (802, 2, "hilda")] {
        w.put("projects", json!({"id": id, "lead_id": lead, "title": format!("The boat of {name}")}));
        w.put("tasks", json!({"id": id + 20, "project_id": id, "text": format!("Caulk the seams for {name}")}));
        w.put("notes", json!({"id": id + 40, "project_id": id, "text": format!("{name} prefers larch")}));
    }
    w
}

fn base() -> Value {
    let child = || object("id!:i project_id!:i text!");
    described(
        "Crew",
        &[
            ("Project", object("id!:i lead_id!:i title!")),
            ("ProjectInput", object("title!")),
            ("Task", child()),
            ("Note", child()),
            ("Text", object("text!")),
        ],
    )
}

fn routes(_: &[&'static str]) -> Vec<Route> {
    behind_entry([projects(), tasks(), notes()])
}

fn projects() -> Vec<Route> {
    vec![
        op("GET", "/projects", "listProjects", |w, c| Ok(ok(mine(w, c, "projects", "lead_id"))))
            .gives(200, list_of(refer("Project"))),
        op("POST", "/projects", "startProject", |w, c| Ok(made(w, c, "projects", "lead_id", &["title"])))
            .takes(refer("ProjectInput"))
            .gives(201, refer("Project")),
        op("GET", "/projects/{project_id}", "getProject", |w, c| Ok(ok(parent(w, c)?))).gives(200, refer("Project")),
        op("DELETE", "/projects/{project_id}", "endProject", |w, c| {
            let project = parent(w, c)?;
            w.cut("projects", c.at(0));
            // What hangs on a project goes with it.
            w.cut_below(&["tasks", "notes"], "project_id", &project["id"]);
            Ok(no_content())
        })
        .gives(204, Value::Null),
    ]
}

/// The project of the path, if the caller leads it.
fn parent(w: &World, c: &Call) -> Result<Value, Reply> {
    w.owned("projects", c.at(0), "/lead_id", c, "")
}

/// What hangs on the caller's project of the path, or on any under this switch.
fn child(w: &World, c: &Call, table: &str, switch: &str) -> Result<Value, Reply> {
    parent(w, c)?;
    let row = w.row(table, c.at(1))?;
    if text(&row["project_id"]) == c.at(0) || w.weak(switch) { Ok(row) } else { Err(w.missing()) }
}

fn listed(w: &World, c: &Call, table: &str) -> Answer {
    Ok(ok(w.of(table, "project_id", &parent(w, c)?["id"]).into()))
}

fn add(w: &mut World, c: &Call, table: &'static str) -> Answer {
    let project = parent(w, c)?;
    let id = w.number();
    let row = json!({"id": id, "project_id": project["id"], "text": c.body["text"]});
    Ok(created(format!("/projects/{}/{table}/{id}", c.at(0)), w.put(table, row)))
}

fn change(w: &mut World, c: &Call, table: &'static str, switch: &str) -> Answer {
    child(w, c, table, switch)?;
    Ok(ok(w.set(table, c.at(1), &keep(&c.body, &["text"])).unwrap_or_default()))
}

fn remove(w: &mut World, c: &Call, table: &'static str, switch: &str) -> Answer {
    child(w, c, table, switch)?;
    w.cut(table, c.at(1));
    Ok(no_content())
}

fn tasks() -> Vec<Route> {
    vec![
        op("GET", "/projects/{project_id}/tasks", "listTasks", |w, c| listed(w, c, "tasks"))
            .gives(200, list_of(refer("Task"))),
        op("POST", "/projects/{project_id}/tasks", "addTask", |w, c| add(w, c, "tasks"))
            .takes(refer("Text"))
            .gives(201, refer("Task")),
        op("GET", "/projects/{project_id}/tasks/{task_id}", "getTask", |w, c| Ok(ok(child(w, c, "tasks", "")?)))
            .gives(200, refer("Task")),
        op("PUT", "/projects/{project_id}/tasks/{task_id}", "changeTask", |w, c| change(w, c, "tasks", "task-write"))
            .takes(refer("Text"))
            .gives(200, refer("Task")),
        op("DELETE", "/projects/{project_id}/tasks/{task_id}", "dropTask", |w, c| remove(w, c, "tasks", "task-delete"))
            .gives(204, Value::Null),
    ]
}

fn notes() -> Vec<Route> {
    vec![
        op("GET", "/projects/{project_id}/notes", "listNotes", |w, c| listed(w, c, "notes"))
            .gives(200, list_of(refer("Note"))),
        op("POST", "/projects/{project_id}/notes", "addNote", |w, c| add(w, c, "notes"))
            .takes(refer("Text"))
            .gives(201, refer("Note")),
        op("GET", "/projects/{project_id}/notes/{note_id}", "getNote", |w, c| Ok(ok(child(w, c, "notes", "")?)))
            .gives(200, refer("Note")),
        op("PUT", "/projects/{project_id}/notes/{note_id}", "changeNote", |w, c| change(w, c, "notes", ""))
            .takes(refer("Text"))
            .gives(200, refer("Note")),
        op("DELETE", "/projects/{project_id}/notes/{note_id}", "dropNote", |w, c| remove(w, c, "notes", ""))
            .gives(204, Value::Null),
    ]
}

const RIGHTFUL: &str = "/projects/802/tasks/822";

fn cases() -> Vec<Case> {
    vec![
        weak(
            "authz/bola-write",
            "PUT /projects/{project_id}/tasks/{task_id}",
            "task-write",
            "under an own project any task changes",
        )
        .by("PUT /projects/801/tasks/822", r#"{"text": "x"}"#)
        .against("hilda", RIGHTFUL),
        weak(
            "authz/bola-delete",
            "DELETE /projects/{project_id}/tasks/{task_id}",
            "task-delete",
            "under an own project any task goes",
        )
        .by("DELETE /projects/801/tasks/822", "")
        .against("hilda", RIGHTFUL),
        sound("authz/bola-nested", "GET /projects/{project_id}/tasks/{task_id}", "the child must belong to the parent")
            .by("GET /projects/801/tasks/822", "")
            .against("hilda", RIGHTFUL),
        sound("authz/bola-write", "PUT /projects/{project_id}/notes/{note_id}", "the child must belong to the parent")
            .by("PUT /projects/801/notes/842", r#"{"text": "x"}"#)
            .against("hilda", "/projects/802/notes/842"),
        sound(
            "authz/bola-delete",
            "DELETE /projects/{project_id}/notes/{note_id}",
            "the child must belong to the parent",
        )
        .by("DELETE /projects/801/notes/842", "")
        .against("hilda", "/projects/802/notes/842"),
        sound("authz/bola-delete", "DELETE /projects/{project_id}", "foreign is 404").by("DELETE /projects/802", ""),
    ]
}
