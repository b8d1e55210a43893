//! What belongs to all or to others: parents that only administrators make, comments below public posts, likes, transfers,
//! mail, quotas, and the rows that a server writes on every request.

use serde_json::{Value, json};

use super::notes::{self, entry_and_exit};
use crate::kit::{
    Answer, Call, Door, Route, World, key_of, list_of, made, make, no_content, object, ok, op, refer, reply,
};
use crate::twin::{PLAIN, STAFFED, Twin, careless, seeded};

/// Projects are made by administrators, tasks below them by everybody.
pub const PARENTS: Twin = Twin {
    name: "parents",
    about: "a parent that cannot be made, while an administrator's is there",
    build: || {
        let mut w = seeded();
        w.put("projects", json!({"id": 31, "owner_id": 3, "name": "The new barn"}));
        w.put("tasks", json!({"id": 32, "project_id": 31, "author_id": 3, "text": "Measure the beams"}));
        w
    },
    routes: projects,
    schemas: || {
        vec![
            ("Project", object("id!:i owner_id!:i name!")),
            ("NewProject", object("name!")),
            ("Task", object("id!:i project_id!:i author_id!:i text!")),
            ("NewTask", object("text!")),
            ("LooseTask", object("text! project_id!:i")),
        ]
    },
    configured: STAFFED,
    judge: |before, after| below_foreign(before, after, "tasks", "project_id", "projects"),
    ..PLAIN
};

/// Children of the scan's that hang on what it did not make.
fn below_foreign(before: &World, after: &World, table: &str, column: &str, parents: &str) -> Vec<String> {
    let is_new = |row: &&Value| before.row(table, &key_of(row)).is_err();
    let is_foreign = |row: &&Value| before.row(parents, &crate::kit::text(&row[column])).is_ok();
    let found = after.rows(table).iter().filter(is_new).filter(is_foreign);
    found.map(|row| format!("{table} {} hangs on {parents} {}", key_of(row), row[column])).collect()
}

fn add_task(w: &mut World, c: &Call, project: &str) -> Answer {
    let project = w.row("projects", project)?;
    let row = json!({"id": w.number(), "project_id": project["id"], "author_id": c.me["id"], "text": c.body["text"]});
    Ok(reply(201, w.put("tasks", row)))
}

fn projects() -> Vec<Route> {
    let mut routes = entry_and_exit();
    routes.extend([
        op("GET", "/projects", "listProjects", |w, _| Ok(ok(w.rows("projects").to_vec().into())))
            .gives(200, list_of(refer("Project"))),
        op("POST", "/projects", "createProject", |w, c| Ok(made(w, c, "projects", "owner_id", &["name"])))
            .door(Door::Role(&["admin"], "nobody"))
            .takes(refer("NewProject"))
            .gives(201, refer("Project")),
        op("GET", "/projects/{projectId}", "getProject", |w, c| Ok(ok(w.row("projects", c.at(0))?)))
            .gives(200, refer("Project")),
        op("PUT", "/projects/{projectId}", "updateProject", |w, c| {
            w.row("projects", c.at(0))?;
            Ok(ok(w.set("projects", c.at(0), &json!({"name": c.body["name"]})).unwrap_or_default()))
        })
        .takes(refer("NewProject"))
        .gives(200, refer("Project")),
        op("GET", "/projects/{projectId}/tasks", "listTasks", |w, c| {
            w.row("projects", c.at(0))?;
            Ok(ok(w
                .rows("tasks")
                .iter()
                .filter(|row| crate::kit::text(&row["project_id"]) == c.at(0))
                .cloned()
                .collect()))
        })
        .gives(200, list_of(refer("Task"))),
        op("POST", "/projects/{projectId}/tasks", "createTask", |w, c| add_task(w, c, c.at(0)))
            .takes(refer("NewTask"))
            .gives(201, refer("Task")),
        op("POST", "/tasks", "createLooseTask", |w, c| {
            let project = crate::kit::text(&c.body["project_id"]);
            add_task(w, c, &project)
        })
        .takes(refer("LooseTask"))
        .gives(201, refer("Task")),
    ]);
    routes
}

/// Posts that all may read, like, comment, pay for.
pub const PUBLIC: Twin = Twin {
    name: "public",
    about: "public posts of others: comments below them, likes, reports, payments to their authors",
    build: || {
        let mut w = careless();
        for (id, author) in [(41, 1), (42, 2), (43, 3)] {
            w.put(
                "posts",
                json!({"id": id, "author_id": author, "title": format!("Post {id}"), "likes": 0, "flags": 0}),
            );
        }
        for id in [1, 2, 3] {
            w.put("purses", json!({"user_id": id, "cents": 10_000}));
        }
        w
    },
    routes: posts,
    schemas: || {
        vec![
            ("Post", object("id!:i author_id!:i title! likes:i flags:i")),
            ("NewPost", object("title!")),
            ("NewReply", object("text!")),
            ("Reply", object("id!:i post_id!:i author_id!:i text!")),
            ("Transfer", object("to_user_id!:i cents!:i")),
        ]
    },
    judge: |before, after| below_foreign(before, after, "replies", "post_id", "posts"),
    ..PLAIN
};

fn raise(w: &mut World, c: &Call, column: &str) -> Answer {
    let row = w.row("posts", c.at(0))?;
    let count = row[column].as_u64().unwrap_or_default() + 1;
    Ok(ok(w.set("posts", c.at(0), &json!({column: count})).unwrap_or_default()))
}

fn posts() -> Vec<Route> {
    let mut routes = entry_and_exit();
    routes.extend([
        op("GET", "/posts", "listPosts", |w, _| Ok(ok(w.rows("posts").to_vec().into())))
            .gives(200, list_of(refer("Post"))),
        op("POST", "/posts", "createPost", |w, c| {
            let mut row = make(w, c, "posts", "author_id", &["title"]);
            crate::kit::merge(&mut row, &json!({"likes": 0, "flags": 0}));
            Ok(reply(201, row))
        })
        .takes(refer("NewPost"))
        .gives(201, refer("Post")),
        op("GET", "/posts/{id}", "getPost", |w, c| Ok(ok(w.row("posts", c.at(0))?))).gives(200, refer("Post")),
        op("DELETE", "/posts/{id}", "deletePost", |w, c| {
            w.owned("posts", c.at(0), "/author_id", c, "open-delete")?;
            w.cut("posts", c.at(0));
            Ok(no_content())
        })
        .gives(204, Value::Null),
        op("POST", "/posts/{id}/like", "likePost", |w, c| raise(w, c, "likes")).gives(200, refer("Post")),
        op("PUT", "/posts/{id}/flag", "flagPost", |w, c| raise(w, c, "flags")).gives(200, refer("Post")),
        op("POST", "/posts/{id}/replies", "replyToPost", |w, c| {
            let post = w.row("posts", c.at(0))?;
            let row = json!({"id": w.number(), "post_id": post["id"], "author_id": c.me["id"], "text": c.body["text"]});
            Ok(reply(201, w.put("replies", row)))
        })
        .takes(refer("NewReply"))
        .gives(201, refer("Reply")),
        op("POST", "/transfers", "createTransfer", |w, c| {
            let (to, cents) = (crate::kit::text(&c.body["to_user_id"]), c.body["cents"].as_i64().unwrap_or_default());
            w.row("purses", &to)?;
            for (purse, change) in [(key_of(&c.me), -cents), (to, cents)] {
                let cents = w.row("purses", &purse).ok().and_then(|row| row["cents"].as_i64()).unwrap_or_default();
                w.set("purses", &purse, &json!({"cents": cents + change}));
            }
            Ok(reply(201, json!({"id": w.number()})))
        })
        .takes(refer("Transfer"))
        .gives(201, json!({})),
    ]);
    routes
}

/// Every mail that leaves goes into `outbox`, which the bench looks at on its own.
pub const MAILER: Twin = Twin {
    name: "mailer",
    about: "invitations, contact forms and reset mails, to whom the body names",
    build: || notes::with_notes(seeded()),
    routes: || {
        notes::with(vec![
            mail("/invitations", "createInvitation"),
            mail("/contact", "sendMessage").open(),
            mail("/password/forgot", "forgotPassword").open(),
            mail("/newsletter/subscriptions", "subscribe").open(),
            op("POST", "/notes/{id}/share", "shareNote", |w, c| {
                notes::own(w, c, "open-write")?;
                send(w, c)
            })
            .takes(object("email!:email"))
            .gives(202, Value::Null),
            op("GET", "/me/verification", "sendVerification", |w, _| {
                w.put("outbox", json!({"id": w.hits.len(), "to": "ines@mill.example"}));
                Ok(no_content())
            })
            .says("Sends the verification mail once more")
            .gives(204, Value::Null),
        ])
    },
    schemas: notes::schemas,
    server_written: &["outbox"],
    judge: |_, after| {
        let outside = |row: &&Value| {
            let to = row["to"].as_str().unwrap_or_default();
            let reserved = [".example", ".test", ".invalid", "@example.com", "@example.org", "@example.net"];
            to == "ines@mill.example" || !reserved.iter().any(|end| to.ends_with(end))
        };
        let sent = after.rows("outbox").iter().filter(outside);
        sent.map(|row| format!("mail was sent to {}", row["to"])).collect()
    },
    ..PLAIN
};

fn send(w: &mut World, c: &Call) -> Answer {
    let number = w.serial();
    w.put("outbox", json!({"id": number, "to": c.body["email"]}));
    Ok(reply(202, json!({"sent": true})))
}

fn mail(path: &'static str, name: &str) -> Route {
    op("POST", path, name, send).takes(object("email!:email text")).gives(202, json!({}))
}

/// A day's worth of requests, counted and announced.
pub const QUOTA: Twin = Twin {
    name: "quota",
    about: "8 reads of a costly route a day for the whole house, announced in RateLimit headers, then 429",
    build: || {
        let mut w = seeded();
        notes::seed_notes(&mut w);
        w.put("usage", json!({"day": "today", "reads": 0}));
        w
    },
    routes: || {
        notes::with(vec![
            op("GET", "/reports/yearly", "getYearlyReport", |w, c| {
                let used = w.row("usage", "today").ok().and_then(|row| row["reads"].as_u64()).unwrap_or_default();
                let left = QUOTA_READS.saturating_sub(used);
                if left == 0 {
                    return Err(w.refuse(429, "come back tomorrow").with("retry-after", "86400"));
                }
                w.set("usage", "today", &json!({"reads": used + 1}));
                Ok(ok(json!({"year": 2031, "for": c.me["username"]}))
                    .with("ratelimit-limit", QUOTA_READS.to_string())
                    .with("ratelimit-remaining", (left - 1).to_string())
                    .with("ratelimit-reset", "86400"))
            })
            .gives(200, object("year:i for")),
        ])
    },
    schemas: notes::schemas,
    server_written: &["usage.reads"],
    judge: |_, after| {
        let reads = after.row("usage", "today").ok().and_then(|row| row["reads"].as_u64()).unwrap_or_default();
        let used_up = (reads >= QUOTA_READS).then(|| "the day's quota is used up".to_owned());
        used_up.into_iter().collect()
    },
    ..PLAIN
};

const QUOTA_READS: u64 = 8;

/// The server writes by itself: a row for each request, a counter in the row that is read, a time of the last visit.
pub const AUDIT: Twin = Twin {
    name: "audit",
    about: "the server writes an audit row, a view counter and a last visit on every request",
    build: || {
        let mut w = careless();
        notes::seed_notes(&mut w);
        w.before = Some(|w, c| {
            let number = w.rows("audit").len();
            w.put("audit", json!({"id": number, "what": format!("{} {}", c.method, c.path)}));
            let user = w.caller(c);
            if !user.is_null() {
                w.set("users", &key_of(&user), &json!({"last_seen": number}));
            }
            None
        });
        w
    },
    routes: || {
        notes::with(vec![notes::read().answered(|w, c| {
            let views = notes::own(w, c, "open-read")?["views"].as_u64().unwrap_or_default() + 1;
            Ok(ok(w.set(notes::TABLE, c.at(0), &json!({"views": views})).unwrap_or_default()))
        })])
    },
    schemas: notes::schemas,
    server_written: &["audit", "users.last_seen", "notes.views"],
    ..PLAIN
};

/// A note more is counted in its owner's row, a note less is counted back.
pub const TALLIES: Twin = Twin {
    name: "tallies",
    about: "the owner's row counts its notes: to be as before once they are gone",
    build: || {
        let mut w = seeded();
        notes::seed_notes(&mut w);
        for key in ["1", "2", "3"] {
            w.set("users", key, &json!({"notes": 1}));
        }
        w
    },
    routes: || {
        notes::with(vec![
            notes::create().answered(|w, c| {
                let row = notes::add(w, c);
                tally(w, &key_of(&c.me));
                Ok(reply(201, row))
            }),
            notes::delete().answered(|w, c| {
                let row = notes::own(w, c, "open-delete")?;
                w.cut(notes::TABLE, c.at(0));
                tally(w, &crate::kit::text(&row["owner_id"]));
                Ok(no_content())
            }),
        ])
    },
    schemas: notes::schemas,
    ..PLAIN
};

fn tally(w: &mut World, owner: &str) {
    let count = w.of(notes::TABLE, "owner_id", &json!(owner)).len();
    w.set("users", owner, &json!({"notes": count}));
}
