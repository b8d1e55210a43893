//! What is made beside what was asked for: a key with every project, a wallet with every account, a link with every label;
//! and the id of a person that stands where an id of a project might.

use serde_json::{Value, json};

use super::notes::{entry_and_exit, leave};
use crate::kit::{
    Call, Route, World, created, entry, key_of, list_of, make, mine, no_content, object, ok, op, refer, reply, text,
};
use crate::twin::{PLAIN, Twin, seeded};

/// A key that is named after its project, stays when that goes, and is removed at an address of its own.
pub const KEYS: Twin = Twin {
    name: "beside-keys",
    about: "a key is made with every project and stays when the project goes",
    build: || {
        let mut w = seeded();
        w.put("projects", json!({"id": 31, "owner_id": 1, "name": "The new barn"}));
        w.put("keys", json!({"id": 32, "owner_id": 1, "label": "key of The new barn"}));
        w
    },
    routes: || {
        let mut routes = entry_and_exit();
        routes.extend([
            op("GET", "/projects", "listProjects", |w, c| Ok(ok(mine(w, c, "projects", "owner_id"))))
                .gives(200, list_of(refer("Project"))),
            op("POST", "/projects", "createProject", |w, c| {
                let row = make(w, c, "projects", "owner_id", &["name"]);
                let label = format!("key of {}", text(&row["name"]));
                let id = w.number();
                w.put("keys", json!({"id": id, "owner_id": c.me["id"], "label": label}));
                Ok(created(format!("/projects/{}", key_of(&row)), row))
            })
            .takes(refer("NewProject"))
            .gives(201, refer("Project")),
            item("GET", "/projects/{id}", "getProject", "projects").gives(200, refer("Project")),
            item("DELETE", "/projects/{id}", "deleteProject", "projects").gives(204, Value::Null),
            op("GET", "/keys", "listKeys", |w, c| Ok(ok(mine(w, c, "keys", "owner_id"))))
                .gives(200, list_of(refer("Key"))),
            item("DELETE", "/keys/{id}", "deleteKey", "keys").gives(204, Value::Null),
        ]);
        routes
    },
    schemas: || {
        vec![
            ("Project", object("id!:i owner_id!:i name!")),
            ("NewProject", object("name!")),
            ("Key", object("id!:i owner_id!:i label!")),
        ]
    },
    ..PLAIN
};

/// Reads or removes what the path names, for its owner.
fn item(method: &'static str, path: &'static str, name: &str, table: &'static str) -> Route {
    match (method, table) {
        ("GET", _) => op(method, path, name, |w, c| Ok(ok(w.owned("projects", c.at(0), "/owner_id", c, "")?))),
        (_, "keys") => op(method, path, name, |w, c| cut(w, c, "keys")),
        _ => op(method, path, name, |w, c| cut(w, c, "projects")),
    }
}

fn cut(w: &mut World, c: &Call, table: &str) -> crate::kit::Answer {
    w.owned(table, c.at(0), "/owner_id", c, "")?;
    w.cut(table, c.at(0));
    Ok(no_content())
}

/// A wallet comes with the account, and nobody can leave.
pub const WALLETS: Twin = Twin {
    name: "beside-wallets",
    about: "a wallet is made with every account, and accounts cannot be removed",
    build: || {
        let mut w = seeded();
        for id in [1, 2, 3] {
            w.put("wallets", json!({"id": 40 + id, "owner_id": id, "cents": 1000 * id + 337}));
        }
        w
    },
    routes: || {
        let mut routes = entry();
        let register = op("POST", "/register", "register", |w, c| {
            let id = w.number();
            match w.sign_up(c, json!({"id": id}), false)? {
                crate::kit::SignUp::Made(user) => {
                    let wallet = w.number();
                    w.put("wallets", json!({"id": wallet, "owner_id": id, "cents": 0}));
                    Ok(created("/me", crate::kit::without(&user, &["password_hash"])))
                }
                crate::kit::SignUp::Silent => Ok(no_content()),
            }
        });
        routes.retain(|route| route.path != "/register");
        routes.extend([
            register.open().takes(refer("Register")).gives(201, refer("User")),
            op("GET", "/wallet", "getWallet", |w, c| {
                let own = w.of("wallets", "owner_id", &c.me["id"]).into_iter().next();
                own.map(ok).ok_or_else(|| w.missing())
            })
            .gives(200, refer("Wallet")),
        ]);
        routes
    },
    schemas: || vec![("Wallet", object("id!:i owner_id!:i cents!:i"))],
    ..PLAIN
};

/// A link to it is made with every label, and goes with it.
pub const LINKS: Twin = Twin {
    name: "beside-links",
    about: "a link comes with every label and goes with it: what was there in between is no loss",
    build: seeded,
    routes: || {
        let mut routes = vec![leave()];
        routes.extend(entry());
        routes.extend([
            op("GET", "/labels", "listLabels", |w, _| Ok(ok(w.rows("labels").to_vec().into())))
                .gives(200, list_of(refer("Label"))),
            op("POST", "/labels", "createLabel", |w, c| {
                let row = make(w, c, "labels", "owner_id", &["title"]);
                let id = w.number();
                w.put("links", json!({"id": id, "label": row["id"]}));
                Ok(reply(201, row))
            })
            .takes(refer("NewLabel"))
            .gives(201, refer("Label")),
            op("DELETE", "/labels/{id}", "deleteLabel", |w, c| {
                w.owned("labels", c.at(0), "/owner_id", c, "")?;
                w.cut("labels", c.at(0));
                let gone = c.at(0).to_owned();
                if let Some(links) = w.tables.get_mut("links") {
                    links.retain(|link| text(&link["label"]) != gone);
                }
                Ok(no_content())
            })
            .gives(204, Value::Null),
            op("GET", "/links", "listLinks", |w, _| Ok(ok(w.rows("links").to_vec().into())))
                .gives(200, list_of(refer("Link"))),
            op("GET", "/links/{linkId}", "getLink", |w, c| Ok(ok(w.row("links", c.at(0))?))).gives(200, refer("Link")),
        ]);
        routes
    },
    schemas: || {
        vec![
            ("Label", object("id!:i owner_id!:i title!")),
            ("NewLabel", object("title!")),
            ("Link", object("id!:i label!:i")),
        ]
    },
    ..PLAIN
};

/// Boards are made by administrators, and each shows who made it: the numbers of people are numbers of boards, too.
pub const BOARDS: Twin = Twin {
    name: "embedded-ids",
    about: "a body refers to a board; lists show boards with the number of a person in them",
    build: || {
        let mut w = seeded();
        for id in [1, 2] {
            let maker = json!({"id": id, "name": if id == 1 { "ines" } else { "otto" }});
            w.put("boards", json!({"id": id, "name": format!("Board {id}"), "total_cards": 0, "made_by": maker}));
            w.put("summaries", json!({"id": id, "board": id, "titles_seen": 0}));
        }
        w
    },
    routes: || {
        let mut routes = entry_and_exit();
        routes.extend([
            op("GET", "/boards", "listBoards", |w, _| Ok(ok(json!({"results": w.rows("boards"), "next": null}))))
                .gives(200, json!({"type": "object", "properties": {"results": list_of(refer("Board"))}})),
            op("POST", "/boards", "createBoard", |w, _| Err(w.refuse(403, "administrators alone")))
                .takes(refer("NewBoard"))
                .gives(201, refer("Board")),
            op("GET", "/cards", "listCards", |w, c| Ok(ok(mine(w, c, "cards", "owner_id"))))
                .gives(200, list_of(refer("Card"))),
            op("POST", "/cards", "createCard", |w, c| {
                let board = text(&c.body["board"]);
                w.row("boards", &board)?;
                let row = make(w, c, "cards", "owner_id", &["title", "board"]);
                let seen = w.row("summaries", &board)?["titles_seen"].as_u64().unwrap_or_default();
                w.set("summaries", &board, &json!({"titles_seen": seen + 1}));
                Ok(reply(201, row))
            })
            .takes(refer("NewCard"))
            .gives(201, refer("Card")),
            op("DELETE", "/cards/{id}", "deleteCard", |w, c| cut(w, c, "cards")).gives(204, Value::Null),
        ]);
        routes
    },
    schemas: || {
        let mut board = object("id!:i name! total_cards:i");
        board["properties"]["made_by"] = object("id!:i name!");
        vec![
            ("Board", board),
            ("NewBoard", object("name!")),
            ("Card", object("id!:i owner_id!:i title! board!:i")),
            ("NewCard", object("title! board!:i")),
        ]
    },
    ..PLAIN
};
