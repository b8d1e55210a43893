//! A vault that deletes softly: 410 for a file that is gone, `deleted: true` for a note.

use serde_json::{Value, json};

use crate::case::{Accounts, Case, Twin, sound, weak};
use crate::kit::{
    Auth, Call, Reply, Route, SignUp, World, created, keep, key_of, list_of, no_content, object, ok, only, op, refer,
    reply, text, without,
};

pub const TWIN: Twin = Twin {
    name: "vault",
    style: "tombstones, hex ids",
    mode: "active",
    accounts: Accounts::Auto,
    build,
    routes,
    base,
    id: |_| json!({"type": "string", "pattern": "^[0-9a-f]+$"}),
    cases,
    pair: ("ivo", "jan"),
};

fn build(on: &[&'static str]) -> World {
    let fail = |status, text: &str| reply(status, json!({"reason": text}));
    let mut w = World::new(Auth::Opaque { header: "authorization", prefix: "Bearer " }, "username", fail, on);
    for (name, mark) in [("ivo", "1d4f"), ("jan", "2e5a")] {
        w.seed_user(json!({"_id": format!("{mark}90c8b7a6f5e4"), "motto": format!("{name} stores")}), name, "keeper");
        let owner = json!(format!("{mark}90c8b7a6f5e4"));
        w.put("files", json!({"_id": format!("{mark}0000aaaa1111"), "keeper": owner, "name": format!("{name}.txt"), "metadata": {}, "deleted": false}));
        w.put("sheets", json!({"_id": format!("{mark}0000bbbb2222"), "keeper": owner, "title": format!("Sheet of {name}"), "deleted": false}));
        w.put("notes", json!({"_id": format!("{mark}0000cccc3333"), "keeper": owner, "text": format!("{name} noted"), "deleted": false}));
        w.put("folders", json!({"_id": format!("{mark}0000dddd4444"), "keeper": owner, "label": format!("{name} files"), "deleted": false}));
        w.put("items", json!({"_id": format!("{mark}0000eeee5555"), "folder": format!("{mark}0000dddd4444"), "text": format!("item of {name}"), "deleted": false}));
    }
    w
}

fn base() -> Value {
    json!({
        "info": {"title": "Vault", "version": "7.2"},
        "security": [{"opaque": []}],
        "components": {
            "securitySchemes": {"opaque": {"type": "http", "scheme": "bearer"}},
            "schemas": {
                "SignUp": object("username! password!:password motto"), "SignIn": object("username! password!:password"),
                "Keeper": object("_id! username! motto role"), "KeeperPatch": object("motto!"),
                "File": object("_id! keeper! name! metadata:o deleted:b"), "FileIn": object("name! metadata:o"),
                "Sheet": object("_id! keeper! title! deleted:b"), "SheetIn": object("title!"),
                "Note": object("_id! keeper text deleted:b"), "NoteIn": object("text!"),
                "Folder": object("_id! keeper! label! deleted:b"), "FolderIn": object("label!"),
                "Item": object("_id! folder! text! deleted:b"), "ItemIn": object("text!"),
            }
        }
    })
}

fn routes(_: &[&'static str]) -> Vec<Route> {
    let mut all = accounts();
    all.extend(files());
    all.extend(sheets());
    all.extend(notes());
    all.extend(folders());
    all
}

fn fresh() -> String {
    format!("{:016x}", rand::random::<u64>())
}

fn add(w: &mut World, c: &Call, table: &'static str, fields: &[&str]) -> Reply {
    let id = fresh();
    let mut row = json!({"_id": id, "keeper": c.me["_id"]});
    for field in fields {
        row[*field] = c.or(field, json!({}));
    }
    row["deleted"] = json!(false);
    created(format!("/{table}/{id}"), w.put(table, row))
}

fn own(w: &World, c: &Call, table: &str) -> Value {
    let live = |row: &Value| row["deleted"] == json!(false);
    w.of(table, "keeper", &c.me["_id"]).into_iter().filter(live).collect()
}

fn bury(w: &mut World, c: &Call, table: &str) -> Reply {
    w.set(table, c.at(0), &json!({"deleted": true}));
    no_content()
}

fn accounts() -> Vec<Route> {
    vec![
        op("POST", "/signup", "signup", |w, c| {
            let columns = json!({"_id": fresh(), "motto": c.or("motto", json!("")), "role": "keeper"});
            match w.sign_up(c, columns, false)? {
                // Repeats what was asked for; the role that is stored is another matter.
                SignUp::Made(user) => {
                    let mut shown = without(&user, &["password_hash"]);
                    shown["role"] = c.or("role", json!("keeper"));
                    Ok(reply(201, shown))
                }
                SignUp::Silent => Ok(no_content()),
            }
        })
        .open()
        .takes(refer("SignUp"))
        .gives(201, refer("Keeper")),
        op("POST", "/signin", "signin", |w, c| {
            let user = w.sign_in(c)?;
            Ok(ok(json!({"accessToken": w.open(&user)})))
        })
        .open()
        .takes(refer("SignIn"))
        .gives(200, object("accessToken!")),
        op("POST", "/signout", "signout", |w, c| {
            let token = c.header("authorization").and_then(|held| held.strip_prefix("Bearer ")).unwrap_or_default();
            w.sessions.remove(token);
            Ok(no_content())
        })
        .gives(204, Value::Null),
        op("GET", "/profile", "profile", |_, c| Ok(ok(without(&c.me, &["password_hash"])))).gives(200, refer("Keeper")),
        op("PATCH", "/profile", "patchProfile", |w, c| {
            let row = w.set("users", &key_of(&c.me), &keep(&c.body, &["motto"])).unwrap_or_default();
            Ok(ok(without(&row, &["password_hash"])))
        })
        .takes(refer("KeeperPatch"))
        .gives(200, refer("Keeper")),
    ]
}

fn files() -> Vec<Route> {
    vec![
        op("GET", "/files", "listFiles", |w, c| Ok(ok(own(w, c, "files")))).gives(200, list_of(refer("File"))),
        op("POST", "/files", "createFile", |w, c| Ok(add(w, c, "files", &["name", "metadata"])))
            .takes(refer("FileIn"))
            .gives(201, refer("File")),
        op("GET", "/files/{file_id}", "getFile", |w, c| {
            let row = w.owned("files", c.at(0), "/keeper", c, "")?;
            if row["deleted"] == json!(true) { Err(w.refuse(410, "this file is gone")) } else { Ok(ok(row)) }
        })
        .gives(200, refer("File"))
        .gives(410, Value::Null),
        op("PUT", "/files/{file_id}", "replaceFile", |w, c| {
            w.owned("files", c.at(0), "/keeper", c, "")?;
            Ok(ok(w.set("files", c.at(0), &keep(&c.body, &["name", "metadata"])).unwrap_or_default()))
        })
        .takes(refer("FileIn"))
        .gives(200, refer("File")),
        op("DELETE", "/files/{file_id}", "deleteFile", |w, c| {
            w.owned("files", c.at(0), "/keeper", c, "file-delete")?;
            Ok(bury(w, c, "files"))
        })
        .gives(204, Value::Null),
    ]
}

fn sheets() -> Vec<Route> {
    vec![
        op("GET", "/sheets", "listSheets", |w, c| Ok(ok(own(w, c, "sheets")))).gives(200, list_of(refer("Sheet"))),
        op("POST", "/sheets", "createSheet", |w, c| Ok(add(w, c, "sheets", &["title"])))
            .takes(refer("SheetIn"))
            .gives(201, refer("Sheet")),
        // A sheet that is deleted stays readable to its keeper, who is told.
        op("GET", "/sheets/{sheet_id}", "getSheet", |w, c| Ok(ok(w.owned("sheets", c.at(0), "/keeper", c, "")?)))
            .gives(200, refer("Sheet")),
        // The answer is a tombstone for any id that exists; the row is buried for its keeper alone.
        op("DELETE", "/sheets/{sheet_id}", "deleteSheet", |w, c| {
            if w.owned("sheets", c.at(0), "/keeper", c, "").is_ok() {
                w.set("sheets", c.at(0), &json!({"deleted": true}));
            }
            Ok(ok(json!({"_id": c.at(0), "deleted": true})))
        })
        .gives(200, object("_id! deleted!:b")),
    ]
}

fn notes() -> Vec<Route> {
    vec![
        op("GET", "/notes", "listNotes", |w, c| Ok(ok(own(w, c, "notes")))).gives(200, list_of(refer("Note"))),
        op("POST", "/notes", "createNote", |w, c| Ok(add(w, c, "notes", &["text"])))
            .takes(refer("NoteIn"))
            .gives(201, refer("Note")),
        op("GET", "/notes/{note_id}", "getNote", |w, c| {
            let row = w.owned("notes", c.at(0), "/keeper", c, "")?;
            let is_gone = row["deleted"] == json!(true);
            Ok(ok(if is_gone { only(&row, &["_id", "deleted"]) } else { row }))
        })
        .gives(200, refer("Note")),
        op("PATCH", "/notes/{note_id}", "patchNote", |w, c| {
            w.owned("notes", c.at(0), "/keeper", c, "note-write")?;
            Ok(ok(w.set("notes", c.at(0), &keep(&c.body, &["text"])).unwrap_or_default()))
        })
        .takes(refer("NoteIn"))
        .gives(200, refer("Note")),
        op("DELETE", "/notes/{note_id}", "deleteNote", |w, c| {
            w.owned("notes", c.at(0), "/keeper", c, "note-delete")?;
            Ok(bury(w, c, "notes"))
        })
        .gives(204, Value::Null),
    ]
}

fn folders() -> Vec<Route> {
    vec![
        op("GET", "/folders", "listFolders", |w, c| Ok(ok(own(w, c, "folders")))).gives(200, list_of(refer("Folder"))),
        op("POST", "/folders", "createFolder", |w, c| Ok(add(w, c, "folders", &["label"])))
            .takes(refer("FolderIn"))
            .gives(201, refer("Folder")),
        op("GET", "/folders/{folder_id}", "getFolder", |w, c| Ok(ok(w.owned("folders", c.at(0), "/keeper", c, "")?)))
            .gives(200, refer("Folder")),
        op("DELETE", "/folders/{folder_id}", "deleteFolder", |w, c| {
            w.owned("folders", c.at(0), "/keeper", c, "")?;
            for item in w.of("items", "folder", &json!(c.at(0))) {
                w.set("items", &key_of(&item), &json!({"deleted": true}));
            }
            Ok(bury(w, c, "folders"))
        })
        .gives(204, Value::Null),
        op("GET", "/folders/{folder_id}/items", "listItems", |w, c| {
            w.owned("folders", c.at(0), "/keeper", c, "")?;
            Ok(ok(w.of("items", "folder", &json!(c.at(0))).into()))
        })
        .gives(200, list_of(refer("Item"))),
        op("POST", "/folders/{folder_id}/items", "createItem", |w, c| {
            w.owned("folders", c.at(0), "/keeper", c, "")?;
            let row = json!({"_id": fresh(), "folder": c.at(0), "text": c.body["text"], "deleted": false});
            Ok(reply(201, w.put("items", row)))
        })
        .takes(refer("ItemIn"))
        .gives(201, refer("Item")),
        op("GET", "/folders/{folder_id}/items/{item_id}", "getItem", |w, c| {
            w.owned("folders", c.at(0), "/keeper", c, "")?;
            let item = w.row("items", c.at(1))?;
            let fits = text(&item["folder"]) == c.at(0) || w.weak("item-parent");
            if fits { Ok(ok(item)) } else { Err(w.missing()) }
        })
        .gives(200, refer("Item")),
    ]
}

fn cases() -> Vec<Case> {
    vec![
        sound("authz/bola-read", "GET /files/{file_id}", "foreign is 404, gone is 410 for its keeper alone")
            .by("GET /files/2e5a0000aaaa1111", ""),
        weak("authz/bola-write", "PATCH /notes/{note_id}", "note-write", "rewrites another keeper's note")
            .by("PATCH /notes/2e5a0000cccc3333", r#"{"text": "x"}"#),
        sound("authz/bola-write", "PUT /files/{file_id}", "foreign is 404")
            .by("PUT /files/2e5a0000aaaa1111", r#"{"name": "x"}"#),
        weak("authz/bola-delete", "DELETE /files/{file_id}", "file-delete", "buries another keeper's file")
            .by("DELETE /files/2e5a0000aaaa1111", ""),
        weak("authz/bola-delete", "DELETE /notes/{note_id}", "note-delete", "buries another keeper's note")
            .by("DELETE /notes/2e5a0000cccc3333", ""),
        sound("authz/bola-delete", "DELETE /sheets/{sheet_id}", "answers a tombstone and buries nothing")
            .by("DELETE /sheets/2e5a0000bbbb2222", ""),
        weak(
            "authz/bola-nested",
            "GET /folders/{folder_id}/items/{item_id}",
            "item-parent",
            "the item is taken from any folder",
        )
        .by("GET /folders/1d4f0000dddd4444/items/2e5a0000eeee5555", "")
        .against("jan", "/folders/2e5a0000dddd4444/items/2e5a0000eeee5555"),
        sound("authz/existence-oracle", "GET /files/{file_id}", "410 is told to the keeper alone"),
        sound("authz/predictable-id", "GET /files/{file_id} | POST /files", "random hex"),
        sound("authz/role-escalation", "POST /signup", "a role is echoed and not stored"),
        sound("authz/role-escalation", "PATCH /profile", "a role is ignored"),
        sound("authn/weak-password-accepted", "POST /signup", "short and common passwords are refused"),
        sound("token/logout-ineffective", "POST /signout", "the session ends"),
        sound("property/mass-assignment", "PUT /files/{file_id}", "metadata is a blob that keeps everything"),
    ]
}
