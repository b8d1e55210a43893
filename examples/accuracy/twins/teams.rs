//! Teams: members of one tenant share, tenants do not. Three members of two tenants are configured.

use serde_json::{Value, json};

use crate::case::{Accounts, Case, Twin, sound, weak};
use crate::kit::{
    Auth, Call, Reply, Route, World, created, keep, key_of, list_of, no_content, object, ok, op, refer, reply, same,
    without,
};

pub const TWIN: Twin = Twin {
    name: "teams",
    style: "tenants whose members share",
    mode: "active",
    accounts: Accounts::Tokens(&[("ada", "member"), ("bea", "member"), ("cyd", "member")]),
    build,
    routes,
    base,
    id: |_| json!({"type": "integer"}),
    cases,
    pair: ("cyd", "ada"),
};

fn build(on: &[&'static str]) -> World {
    let fail = |status, text: &str| reply(status, json!({"code": status, "message": text}));
    let mut w = World::new(Auth::Jwt { key: "Zx8#qW3!eR6_tY1@uI5oP9aS2dF7gH4j" }, "username", fail, on);
    for (id, name, tenant) in [(11, "ada", 100), (12, "bea", 100), (13, "cyd", 200)] {
        w.seed_user(json!({"id": id, "tenantId": tenant}), name, "member");
    }
    for (id, tenant, author) in [(501, 100, 11), (502, 100, 12), (503, 200, 13)] {
        let row = |kind: &str| {
            json!({"id": id, "tenantId": tenant, "authorId": author,
                                      "title": format!("{kind} {id}"), "content": format!("{kind} words of {author}")})
        };
        w.put("docs", row("Paper"));
        w.put("boards", row("Board"));
        w.put("invites", json!({"id": id + 100, "tenantId": tenant, "email": format!("guest{id}@teams.example")}));
        w.put("reports", row("Report"));
    }
    let note = |id: u64, owner: u64, with: &[u64]| {
        json!({"id": id, "ownerId": owner, "sharedWith": with,
                                                            "content": format!("Private line {id}")})
    };
    w.put("notes", note(701, 11, &[12]));
    w.put("notes", note(702, 12, &[]));
    w.put("notes", note(703, 13, &[]));
    w
}

fn base() -> Value {
    let paper = object("id!:i tenantId!:i authorId!:i title! content!");
    let mut note = object("id!:i ownerId!:i content!");
    note["properties"]["sharedWith"] = list_of(json!({"type": "integer"}));
    json!({
        "info": {"title": "Teams", "version": "3.1"},
        "security": [{"bearer": []}],
        "components": {
            "securitySchemes": {"bearer": {"type": "http", "scheme": "bearer"}},
            "schemas": {
                "Paper": paper, "NewPaper": object("title! content!"), "Note": note, "NewNote": object("content!"),
                "Invite": object("id!:i tenantId!:i email!:email"), "NewInvite": object("email!:email"),
                "User": object("id!:i username! tenantId!:i role!"),
            }
        }
    })
}

fn routes(_: &[&'static str]) -> Vec<Route> {
    let mut all = docs();
    all.extend(boards());
    all.extend(invites());
    all.extend(notes());
    all.extend(plans());
    all
}

/// What is embedded in each tenant and belongs to none: the plan that it is on, of those that everybody may choose.
fn plan() -> Value {
    json!({"id": 31, "name": "starter", "description": "Work together on what is small", "active": true})
}

fn plans() -> Vec<Route> {
    vec![
        op("GET", "/users/{userId}", "users#getUser", |w, c| {
            self_alone(w, c)?;
            Ok(ok(without(&c.me, &["password_hash"])))
        })
        .gives(200, refer("User")),
        op("GET", "/users/{userId}/tenants", "users#listTenants", |w, c| {
            self_alone(w, c)?;
            let plan = keep(&plan(), &["id", "name"]);
            Ok(ok(json!([{"id": c.me["tenantId"], "name": "A tenant", "plan": plan}])))
        })
        .gives(200, json!({})),
        op("GET", "/plans", "plans#listPlans", |_, _| Ok(ok(json!([plan()])))).gives(200, json!({})),
        op(
            "GET",
            "/plans/{planId}",
            "plans#getPlan",
            |w, c| {
                if c.at(0) == "31" { Ok(ok(plan())) } else { Err(w.missing()) }
            },
        )
        .gives(200, json!({})),
    ]
}

fn self_alone(w: &World, c: &Call) -> Result<(), Reply> {
    if c.at(0) == key_of(&c.me) { Ok(()) } else { Err(w.refuse(403, "only about yourself")) }
}

fn add(w: &mut World, c: &Call, table: &'static str) -> Reply {
    let id = w.serial();
    let row = json!({"id": id, "tenantId": c.me["tenantId"], "authorId": c.me["id"], "title": c.body["title"],
                     "content": c.body["content"]});
    created(format!("/{table}/{id}"), w.put(table, row))
}

/// The row, if it belongs to the caller's tenant, or if the switch forgets tenants.
fn ours(w: &World, c: &Call, table: &str, switch: &str) -> Result<Value, Reply> {
    let row = w.row(table, c.at(0))?;
    if same(&row["tenantId"], &c.me["tenantId"]) || w.weak(switch) { Ok(row) } else { Err(w.missing()) }
}

fn docs() -> Vec<Route> {
    vec![
        op("GET", "/users/me", "users#currentUser", |_, c| Ok(ok(without(&c.me, &["password_hash"]))))
            .gives(200, refer("User")),
        op("GET", "/docs", "docs#listDocs", |w, c| Ok(ok(w.of("docs", "tenantId", &c.me["tenantId"]).into())))
            .gives(200, list_of(refer("Paper"))),
        op("POST", "/docs", "docs#addDoc", |w, c| Ok(add(w, c, "docs")))
            .takes(refer("NewPaper"))
            .gives(201, refer("Paper")),
        op("GET", "/docs/{docId}", "docs#getDoc", |w, c| Ok(ok(ours(w, c, "docs", "doc-tenant")?)))
            .gives(200, refer("Paper")),
        op("PUT", "/docs/{docId}", "docs#replaceDoc", |w, c| {
            ours(w, c, "docs", "")?;
            Ok(ok(w.set("docs", c.at(0), &keep(&c.body, &["title", "content"])).unwrap_or_default()))
        })
        .takes(refer("NewPaper"))
        .gives(200, refer("Paper")),
        op("DELETE", "/docs/{docId}", "docs#deleteDoc", |w, c| {
            ours(w, c, "docs", "doc-delete")?;
            w.cut("docs", c.at(0));
            Ok(no_content())
        })
        .gives(204, Value::Null),
    ]
}

fn boards() -> Vec<Route> {
    vec![
        op("GET", "/boards", "boards#listBoards", |w, c| {
            let asked = c.query("tenantId").filter(|_| w.weak("board-tenant")).map(|id| json!(id));
            Ok(ok(w.of("boards", "tenantId", &asked.unwrap_or_else(|| c.me["tenantId"].clone())).into()))
        })
        .query("tenantId", json!({"type": "integer"}))
        .gives(200, list_of(refer("Paper"))),
        op("POST", "/boards", "boards#addBoard", |w, c| Ok(add(w, c, "boards")))
            .takes(refer("NewPaper"))
            .gives(201, refer("Paper")),
        op("GET", "/boards/{boardId}", "boards#getBoard", |w, c| Ok(ok(ours(w, c, "boards", "")?)))
            .gives(200, refer("Paper")),
        op("PUT", "/boards/{boardId}", "boards#replaceBoard", |w, c| {
            ours(w, c, "boards", "")?;
            Ok(ok(w.set("boards", c.at(0), &keep(&c.body, &["title", "content"])).unwrap_or_default()))
        })
        .says("Boards are edited together by the members of a tenant")
        .takes(refer("NewPaper"))
        .gives(200, refer("Paper")),
        op("DELETE", "/boards/{boardId}", "boards#deleteBoard", |w, c| {
            ours(w, c, "boards", "")?;
            w.cut("boards", c.at(0));
            Ok(no_content())
        })
        .gives(204, Value::Null),
        op("GET", "/reports", "reports#listReports", |w, c| {
            Ok(ok(w.of("reports", "tenantId", &c.me["tenantId"]).into()))
        })
        .gives(200, list_of(refer("Paper"))),
        op("GET", "/reports/{reportId}", "reports#getReport", |w, c| {
            let row = w.row("reports", c.at(0))?;
            let tells = w.weak("report-oracle");
            let no = if tells { w.refuse(403, "this report is another tenant's") } else { w.missing() };
            if same(&row["tenantId"], &c.me["tenantId"]) { Ok(ok(row)) } else { Err(no) }
        })
        .gives(200, refer("Paper")),
    ]
}

fn invites() -> Vec<Route> {
    vec![
        op("GET", "/invites", "invites#listInvites", |w, c| {
            let all = w.weak("invite-list").then(|| w.rows("invites").to_vec());
            Ok(ok(all.unwrap_or_else(|| w.of("invites", "tenantId", &c.me["tenantId"])).into()))
        })
        .gives(200, list_of(refer("Invite"))),
        op("POST", "/invites", "invites#addInvite", |w, c| {
            let id = w.serial();
            let row = json!({"id": id, "tenantId": c.me["tenantId"], "email": c.body["email"]});
            Ok(created(format!("/invites/{id}"), w.put("invites", row)))
        })
        .takes(refer("NewInvite"))
        .gives(201, refer("Invite")),
        op("GET", "/invites/{inviteId}", "invites#getInvite", |w, c| Ok(ok(ours(w, c, "invites", "")?)))
            .gives(200, refer("Invite")),
        op("DELETE", "/invites/{inviteId}", "invites#withdrawInvite", |w, c| {
            ours(w, c, "invites", "")?;
            w.cut("invites", c.at(0));
            Ok(no_content())
        })
        .gives(204, Value::Null),
    ]
}

/// Whether a note is the caller's or shared with the caller.
fn is_reader(row: &Value, c: &Call) -> bool {
    let shared = row["sharedWith"].as_array().is_some_and(|with| with.contains(&c.me["id"]));
    shared || row["ownerId"] == c.me["id"]
}

fn notes() -> Vec<Route> {
    vec![
        op("GET", "/notes", "notes#listNotes", |w, c| Ok(ok(w.of("notes", "ownerId", &c.me["id"]).into())))
            .says("The caller's own notes; what others share is not listed")
            .gives(200, list_of(refer("Note"))),
        op("POST", "/notes", "notes#addNote", |w, c| {
            let id = w.serial();
            let row = json!({"id": id, "ownerId": c.me["id"], "sharedWith": [], "content": c.body["content"]});
            Ok(created(format!("/notes/{id}"), w.put("notes", row)))
        })
        .takes(refer("NewNote"))
        .gives(201, refer("Note")),
        op("GET", "/notes/{noteId}", "notes#getNote", |w, c| {
            let row = w.row("notes", c.at(0))?;
            if is_reader(&row, c) { Ok(ok(row)) } else { Err(w.missing()) }
        })
        .gives(200, refer("Note")),
        op("DELETE", "/notes/{noteId}", "notes#deleteNote", |w, c| {
            w.owned("notes", c.at(0), "/ownerId", c, "")?;
            w.cut("notes", c.at(0));
            Ok(no_content())
        })
        .gives(204, Value::Null),
    ]
}

fn cases() -> Vec<Case> {
    vec![
        weak("authz/bola-read", "GET /docs/{docId}", "doc-tenant", "another tenant's paper is served")
            .by("GET /docs/501", ""),
        sound("authz/bola-read", "GET /boards/{boardId}", "shared within the tenant").by_user(
            "bea",
            "GET /boards/501",
            "",
        ),
        sound("authz/bola-read", "GET /notes/{noteId}", "one note is shared with one colleague").by_user(
            "bea",
            "GET /notes/701",
            "",
        ),
        sound("authz/bola-read", "GET /plans/{planId}", "a plan is embedded in every tenant, and belongs to none")
            .by("GET /plans/31", ""),
        sound("authz/bola-list", "GET /plans", "plans are for everybody to choose from").by("GET /plans", ""),
        sound("authz/bola-read", "GET /users/{userId} | GET /users/{userId}/tenants", "only about oneself")
            .by("GET /users/11", ""),
        weak("authz/bola-delete", "DELETE /docs/{docId}", "doc-delete", "another tenant's paper is deleted")
            .by("DELETE /docs/501", ""),
        sound("authz/bola-delete", "DELETE /boards/{boardId}", "any member of the tenant may").by_user(
            "bea",
            "DELETE /boards/501",
            "",
        ),
        sound("authz/bola-write", "PUT /boards/{boardId}", "edited together within the tenant").by_user(
            "bea",
            "PUT /boards/501",
            r#"{"title": "x", "content": "y"}"#,
        ),
        weak("authz/bola-list", "GET /invites", "invite-list", "lists all tenants; the item's own route refuses"),
        sound("authz/bola-list", "GET /docs", "the tenant's own, alike for its members").by_user(
            "bea",
            "GET /docs",
            "",
        ),
        weak("authz/bola-body", "GET /boards", "board-tenant", "tenantId in the query overrides the caller's")
            .by("GET /boards?tenantId=100", ""),
        sound("authz/bola-body", "POST /docs", "a tenantId in the body is ignored"),
        weak("authz/existence-oracle", "GET /reports/{reportId}", "report-oracle", "403 for foreign, 404 for missing"),
        sound("authz/existence-oracle", "GET /notes/{noteId} | GET /boards/{boardId}", "404 for both"),
        weak("token/alg-none", "*", "alg-none", "unsigned tokens are accepted"),
        sound("token/expired-accepted", "*", "exp is looked at"),
        sound("token/stale-role", "*", "the role is read from the account"),
    ]
}
