//! What a removal does and does not: tombstones, archives, late ends, answers that promise what did not happen.

use serde_json::{Value, json};

use super::notes::{self, BASE, CARELESS, TABLE, own};
use crate::kit::{Call, Door, Route, World, key_of, list_of, no_content, object, ok, op, refer, reply};
use crate::twin::{PLAIN, STAFFED, Twin, careless, seeded};

/// Alive rows of the caller's.
fn alive(w: &World, c: &Call) -> Value {
    let all = w.of(TABLE, "owner_id", &c.me["id"]);
    all.into_iter().filter(|row| row["deleted"] != json!(true)).collect()
}

fn alive_one(w: &World, c: &Call, switch: &str) -> Result<Value, crate::kit::Reply> {
    own(w, c, switch).and_then(|row| if row["deleted"] == json!(true) { Err(w.missing()) } else { Ok(row) })
}

pub const SOFT: Twin = Twin {
    name: "soft-delete",
    about: "a removed note stays as a tombstone that no route shows",
    routes: || {
        notes::with(vec![
            notes::list().answered(|w, c| Ok(ok(alive(w, c)))),
            notes::read().answered(|w, c| Ok(ok(alive_one(w, c, "open-read")?))),
            notes::delete().answered(|w, c| {
                alive_one(w, c, "open-delete")?;
                w.set(TABLE, c.at(0), &json!({"deleted": true}));
                Ok(no_content())
            }),
        ])
    },
    ..CARELESS
};

pub const ARCHIVE: Twin = Twin {
    name: "archive",
    about: "a removed note is shown on, as archived",
    routes: || {
        notes::with(vec![notes::delete().answered(|w, c| {
            own(w, c, "open-delete")?;
            let row = w.set(TABLE, c.at(0), &json!({"status": "archived", "deleted": true}));
            Ok(ok(row.unwrap_or_default()))
        })])
    },
    ..BASE
};

pub const DEAF: Twin = Twin {
    name: "deaf-delete",
    about: "DELETE answers 200 and does nothing",
    routes: || {
        notes::with(vec![notes::delete().answered(|w, c| {
            own(w, c, "open-delete")?;
            Ok(ok(json!({"deleted": true})))
        })])
    },
    ..CARELESS
};

pub const HIDING: Twin = Twin {
    name: "hiding-delete",
    about: "DELETE hides a note from its owner's list, and its address serves it on",
    routes: || {
        notes::with(vec![
            notes::list().answered(|w, c| {
                let all = w.of(TABLE, "owner_id", &c.me["id"]);
                Ok(ok(all.into_iter().filter(|row| row["hidden"] != json!(true)).collect()))
            }),
            notes::delete().answered(|w, c| {
                own(w, c, "open-delete")?;
                w.set(TABLE, c.at(0), &json!({"hidden": true}));
                Ok(no_content())
            }),
        ])
    },
    ..BASE
};

pub const NONE: Twin = Twin {
    name: "no-delete",
    about: "nothing can be removed, accounts neither",
    routes: || notes::less(notes::with(Vec::new()), &["DELETE /notes/{id}", "DELETE /me"]),
    ..CARELESS
};

pub const LISTLESS: Twin = Twin {
    name: "listless",
    about: "lists answer 404 while they are empty, and single notes have no address",
    routes: || {
        let list = notes::list().answered(|w, c| {
            let all = w.of(TABLE, "owner_id", &c.me["id"]);
            if all.is_empty() { Err(w.missing()) } else { Ok(ok(all.into())) }
        });
        notes::less(notes::with(vec![list]), &["GET /notes/{id}"])
    },
    ..BASE
};

/// The list of all is 404 for everybody who is no administrator, and nothing can be removed.
pub const BLIND: Twin = Twin {
    name: "blind",
    about: "every list is 404 to users, single notes have no address, and DELETE is for administrators",
    routes: || {
        let list = notes::list().answered(|w, c| {
            if c.me["role"] == json!("admin") { Ok(ok(w.rows(TABLE).to_vec().into())) } else { Err(w.missing()) }
        });
        let delete = notes::delete().answered(|w, c| {
            if c.me["role"] != json!("admin") {
                return Err(w.missing());
            }
            w.cut(TABLE, c.at(0));
            Ok(no_content())
        });
        notes::less(notes::with(vec![list, delete]), &["GET /notes/{id}"])
    },
    ..CARELESS
};

pub const LATE: Twin = Twin {
    name: "late-delete",
    about: "202: the note is gone three requests later",
    build: || {
        let mut w = seeded();
        notes::seed_notes(&mut w);
        w.before = Some(|w, _| {
            for row in w.rows("doomed").to_vec() {
                let left = row["left"].as_u64().unwrap_or_default();
                if left == 0 {
                    w.cut(TABLE, &key_of(&row));
                    w.cut("doomed", &key_of(&row));
                } else {
                    w.set("doomed", &key_of(&row), &json!({"left": left - 1}));
                }
            }
            None
        });
        w
    },
    routes: || {
        notes::with(vec![
            notes::delete()
                .answered(|w, c| {
                    let row = own(w, c, "open-delete")?;
                    w.put("doomed", json!({"id": row["id"], "left": 3}));
                    Ok(reply(202, json!({"accepted": true})))
                })
                .gives(202, json!({})),
        ])
    },
    server_written: &["doomed"],
    ..BASE
};

pub const SEALED: Twin = Twin {
    name: "sealed",
    about: "what was published can no longer be removed: 409",
    routes: || {
        notes::with(vec![
            op("POST", "/notes/{id}/publish", "publishNote", |w, c| {
                own(w, c, "open-write")?;
                Ok(ok(w.set(TABLE, c.at(0), &json!({"published": true})).unwrap_or_default()))
            })
            .gives(200, refer("Note")),
            notes::delete().answered(|w, c| {
                if own(w, c, "open-delete")?["published"] == json!(true) {
                    return Err(w.refuse(409, "it is published"));
                }
                w.cut(TABLE, c.at(0));
                Ok(no_content())
            }),
        ])
    },
    ..BASE
};

/// A DELETE that finds nothing brings the process down.
pub const BRITTLE: Twin = Twin {
    name: "brittle",
    about: "DELETE and PUT with an id that is not there end the process",
    routes: || {
        notes::with(vec![
            notes::delete().answered(|w, c| {
                fall(w, c);
                own(w, c, "open-delete")?;
                w.cut(TABLE, c.at(0));
                Ok(no_content())
            }),
            notes::update().answered(|w, c| {
                fall(w, c);
                own(w, c, "open-write")?;
                Ok(ok(notes::change(w, c)))
            }),
        ])
    },
    ..CARELESS
};

fn fall(w: &mut World, c: &Call) {
    w.is_dead |= w.row(TABLE, c.at(0)).is_err();
}

/// Routes that take away or change all at once.
pub const BULK: Twin = Twin {
    name: "bulk",
    about: "DELETE and PUT of the whole collection, and of a list of ids in the body",
    routes: || {
        notes::with(vec![
            op("DELETE", "/notes", "deleteNotes", |w, c| {
                empty(w, c);
                Ok(no_content())
            })
            .gives(204, Value::Null),
            op("POST", "/notes/clear", "clearNotes", |w, c| {
                empty(w, c);
                Ok(no_content())
            })
            .gives(204, Value::Null),
            op("POST", "/notes/bulk-delete", "bulkDelete", |w, c| {
                for id in c.body["ids"].as_array().into_iter().flatten() {
                    w.cut(TABLE, &crate::kit::text(id));
                }
                Ok(no_content())
            })
            .takes(json!({"type": "object", "required": ["ids"],
                          "properties": {"ids": {"type": "array", "items": {"type": "integer"}}}}))
            .gives(204, Value::Null),
            op("PUT", "/notes", "replaceNotes", |w, c| {
                empty(w, c);
                Ok(ok(json!([notes::add(w, c)])))
            })
            .takes(refer("NewNote"))
            .gives(200, json!({})),
        ])
    },
    ..BASE
};

fn empty(w: &mut World, c: &Call) {
    let ids: Vec<String> = w.of(TABLE, "owner_id", &c.me["id"]).iter().map(key_of).collect();
    ids.iter().for_each(|id| w.cut(TABLE, id));
}

/// The same among objects that nobody can make, for administrators and, by mistake, for all.
pub const BRITTLE_OTHERS: Twin = Twin {
    name: "brittle-others",
    about: "the same where the scan can make no object of its own, below /admin, open to all who are signed in",
    build: || {
        let mut w = careless();
        notes::seed_notes(&mut w);
        w
    },
    routes: || {
        let mut routes =
            notes::less(notes::with(Vec::new()), &["POST /notes", "DELETE /notes/{id}", "PUT /notes/{id}"]);
        routes.extend([
            op("GET", "/admin/notes", "adminListNotes", |w, _| Ok(ok(w.rows(TABLE).to_vec().into())))
                .door(Door::Role(&["admin"], "nobody"))
                .gives(200, list_of(refer("Note"))),
            op("DELETE", "/admin/notes/{id}", "adminDeleteNote", |w, c| {
                fall(w, c);
                w.cut(TABLE, c.at(0));
                Ok(no_content())
            })
            .gives(204, Value::Null),
            op("PUT", "/admin/notes/{id}", "adminUpdateNote", |w, c| {
                fall(w, c);
                Ok(ok(notes::change(w, c)))
            })
            .takes(refer("NewNote"))
            .gives(200, refer("Note")),
            op("POST", "/admin/notes/{id}/approve", "adminApproveNote", |w, c| {
                fall(w, c);
                Ok(ok(w.set(TABLE, c.at(0), &json!({"approved": true})).unwrap_or_default()))
            })
            .gives(200, refer("Note")),
        ]);
        routes
    },
    configured: STAFFED,
    ..BASE
};

/// A folder goes only when it is empty.
pub const NESTED: Twin = Twin {
    name: "folders",
    about: "a parent is removed only when nothing is below it any more: 409",
    build: || {
        let mut w = careless();
        for (id, owner) in [(61, 1), (62, 2)] {
            w.put("folders", json!({"id": id, "owner_id": owner, "name": format!("Folder {id}")}));
            w.put("files", json!({"id": id + 10, "folder_id": id, "owner_id": owner, "name": format!("File of {id}")}));
        }
        w
    },
    routes: folders,
    schemas: || {
        vec![
            ("Named", object("name!")),
            ("Folder", object("id!:i owner_id!:i name!")),
            ("File", object("id!:i folder_id!:i owner_id!:i name!")),
        ]
    },
    ..PLAIN
};

fn files_of(w: &World, folder: &str) -> Vec<Value> {
    w.rows("files").iter().filter(|row| crate::kit::text(&row["folder_id"]) == folder).cloned().collect()
}

fn folders() -> Vec<Route> {
    let mut routes = notes::entry_and_exit();
    routes.extend([
        op("GET", "/folders", "listFolders", |w, c| Ok(ok(crate::kit::mine(w, c, "folders", "owner_id"))))
            .gives(200, list_of(refer("Folder"))),
        op("POST", "/folders", "createFolder", |w, c| Ok(crate::kit::made(w, c, "folders", "owner_id", &["name"])))
            .takes(refer("Named"))
            .gives(201, refer("Folder")),
        op("GET", "/folders/{folderId}", "getFolder", |w, c| {
            Ok(ok(w.owned("folders", c.at(0), "/owner_id", c, "open-read")?))
        })
        .gives(200, refer("Folder")),
        op("DELETE", "/folders/{folderId}", "deleteFolder", |w, c| {
            w.owned("folders", c.at(0), "/owner_id", c, "open-delete")?;
            if !files_of(w, c.at(0)).is_empty() {
                return Err(w.refuse(409, "the folder is not empty"));
            }
            w.cut("folders", c.at(0));
            Ok(no_content())
        })
        .gives(204, Value::Null),
        op("GET", "/folders/{folderId}/files", "listFiles", |w, c| {
            w.owned("folders", c.at(0), "/owner_id", c, "open-read")?;
            Ok(ok(files_of(w, c.at(0)).into()))
        })
        .gives(200, list_of(refer("File"))),
        op("POST", "/folders/{folderId}/files", "createFile", |w, c| {
            let folder = w.owned("folders", c.at(0), "/owner_id", c, "open-write")?;
            let id = w.number();
            let row = json!({"id": id, "folder_id": folder["id"], "owner_id": c.me["id"], "name": c.body["name"]});
            Ok(reply(201, w.put("files", row)))
        })
        .takes(refer("Named"))
        .gives(201, refer("File")),
        op("DELETE", "/folders/{folderId}/files/{fileId}", "deleteFile", |w, c| {
            w.owned("folders", c.at(0), "/owner_id", c, "open-delete")?;
            w.row("files", c.at(1))?;
            w.cut("files", c.at(1));
            Ok(no_content())
        })
        .gives(204, Value::Null),
    ]);
    routes
}
