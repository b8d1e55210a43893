//! Chores of a household: `user` names who wrote a task down, the list shows it to all, and every member may change it.
//! Reminders carry the same field, and are their owner's.

use serde_json::{Value, json};

use crate::case::{Accounts, Case, Twin, sound, weak};
use crate::kit::{
    Call, Route, World, behind_entry, created, described, house, keep, list_of, no_content, object, ok, op, refer,
};

pub const TWIN: Twin = Twin {
    name: "chores",
    style: "shared data with a `user` field",
    mode: "active",
    accounts: Accounts::Auto,
    build,
    routes,
    base,
    id: |_| json!({"type": "integer"}),
    cases,
    pair: ("jana", "kurt"),
};

fn build(on: &[&'static str]) -> World {
    let mut w = house("Hm9#xS2_vB5!kQ8@tR1zL4wN7cJ3gD6f", &[(1, "jana", "member"), (2, "kurt", "member")], on);
    for (id, user, what) in [(301, "jana", "Water the figs"), (302, "kurt", "Oil the gate")] {
        w.put("tasks", json!({"id": id, "user": user, "title": what, "done": false}));
        w.put("reminders", json!({"id": id + 100, "user": user, "text": format!("{what}, thinks {user}")}));
    }
    w
}

fn base() -> Value {
    described(
        "Chores",
        &[
            ("Task", object("id!:i user! title! done!:b")),
            ("TaskInput", object("title!")),
            ("Reminder", object("id!:i user! text!")),
            ("ReminderInput", object("text!")),
        ],
    )
}

fn routes(_: &[&'static str]) -> Vec<Route> {
    behind_entry([tasks(), reminders()])
}

fn tasks() -> Vec<Route> {
    vec![
        op("GET", "/tasks", "listTasks", |w, _| Ok(ok(w.rows("tasks").into()))).gives(200, list_of(refer("Task"))),
        op("POST", "/tasks", "addTask", |w, c| {
            let id = w.number();
            let row = json!({"id": id, "user": c.me["username"], "title": c.body["title"], "done": false});
            Ok(created(format!("/tasks/{id}"), w.put("tasks", row)))
        })
        .takes(refer("TaskInput"))
        .gives(201, refer("Task")),
        op("GET", "/tasks/{task_id}", "getTask", |w, c| Ok(ok(w.row("tasks", c.at(0))?))).gives(200, refer("Task")),
        op("PUT", "/tasks/{task_id}", "changeTask", |w, c| {
            w.row("tasks", c.at(0))?;
            Ok(ok(w.set("tasks", c.at(0), &keep(&c.body, &["title"])).unwrap_or_default()))
        })
        .takes(refer("TaskInput"))
        .gives(200, refer("Task")),
        op("DELETE", "/tasks/{task_id}", "dropTask", |w, c| {
            w.row("tasks", c.at(0))?;
            w.cut("tasks", c.at(0));
            Ok(no_content())
        })
        .gives(204, Value::Null),
    ]
}

/// A reminder of the caller's, or of anybody's under this switch.
fn own(w: &World, c: &Call, switch: &str) -> Result<Value, crate::kit::Reply> {
    let row = w.row("reminders", c.at(0))?;
    if row["user"] == c.me["username"] || w.weak(switch) { Ok(row) } else { Err(w.missing()) }
}

fn reminders() -> Vec<Route> {
    vec![
        op("GET", "/reminders", "listReminders", |w, c| Ok(ok(w.of("reminders", "user", &c.me["username"]).into())))
            .gives(200, list_of(refer("Reminder"))),
        op("POST", "/reminders", "addReminder", |w, c| {
            let id = w.number();
            let row = json!({"id": id, "user": c.me["username"], "text": c.body["text"]});
            Ok(created(format!("/reminders/{id}"), w.put("reminders", row)))
        })
        .takes(refer("ReminderInput"))
        .gives(201, refer("Reminder")),
        op("GET", "/reminders/{reminder_id}", "getReminder", |w, c| Ok(ok(own(w, c, "")?)))
            .gives(200, refer("Reminder")),
        op("PUT", "/reminders/{reminder_id}", "changeReminder", |w, c| {
            own(w, c, "reminder-write")?;
            Ok(ok(w.set("reminders", c.at(0), &keep(&c.body, &["text"])).unwrap_or_default()))
        })
        .takes(refer("ReminderInput"))
        .gives(200, refer("Reminder")),
        op("DELETE", "/reminders/{reminder_id}", "dropReminder", |w, c| {
            own(w, c, "")?;
            w.cut("reminders", c.at(0));
            Ok(no_content())
        })
        .gives(204, Value::Null),
    ]
}

fn cases() -> Vec<Case> {
    vec![
        sound("authz/bola-list", "GET /tasks", "everybody's work").by("GET /tasks", ""),
        sound("authz/bola-read", "GET /tasks/{task_id}", "listed for all").by("GET /tasks/302", ""),
        sound("authz/bola-write", "PUT /tasks/{task_id}", "`user` wrote it down, and every member may change it")
            .by("PUT /tasks/302", r#"{"title": "x"}"#),
        sound("authz/bola-delete", "DELETE /tasks/{task_id}", "every member may strike it off")
            .by("DELETE /tasks/302", ""),
        weak("authz/bola-write", "PUT /reminders/{reminder_id}", "reminder-write", "a reminder is its owner's alone")
            .by("PUT /reminders/402", r#"{"text": "x"}"#),
        sound("authz/bola-read", "GET /reminders/{reminder_id}", "foreign is 404").by("GET /reminders/402", ""),
        sound("authz/bola-delete", "DELETE /reminders/{reminder_id}", "foreign is 404").by("DELETE /reminders/402", ""),
    ]
}
