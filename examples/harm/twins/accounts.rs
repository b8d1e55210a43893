//! Accounts: what hangs on them, how they come about, which rights a sign-up lets in, and who may set whose password.

use serde_json::{Value, json};

use super::notes::{self, TABLE};
use crate::kit::{
    Answer, Call, Route, SignUp, World, created, digest, entry, keep, key_of, list_of, merge, no_content, object, ok,
    only, op, refer, reply, uuid,
};
use crate::twin::{PLAIN, STAFFED, Twin, careless, is_person, seeded};

/// Removing an account breaks the list of all, since a note's owner is looked up for it.
pub const ORPHANS: Twin = Twin {
    name: "orphans",
    about: "the public list answers 500 once the owner of an object is gone; objects cannot be removed",
    build: || notes::with_notes(seeded()),
    routes: || {
        let board = op("GET", "/board", "listBoard", |w, _| {
            let with_owner = |row: &Value| {
                let owner = w.find("users", "id", &crate::kit::text(&row["owner_id"]))?;
                let mut shown = row.clone();
                merge(&mut shown, &json!({"owner": owner["username"]}));
                Some(shown)
            };
            let all: Option<Vec<Value>> = w.rows(TABLE).iter().map(with_owner).collect();
            all.map(|all| ok(all.into()))
                .ok_or_else(|| reply(500, json!({"error": "cannot read username of undefined"})))
        })
        .gives(200, list_of(refer("Note")));
        notes::less(notes::with(vec![board]), &["DELETE /notes/{id}"])
    },
    schemas: notes::schemas,
    ..PLAIN
};

/// Leaving takes along what the account owns, and all that hangs on it.
pub const CASCADE: Twin = Twin {
    name: "cascade",
    about: "an account's removal takes its notes and their comments along; comments cannot be removed",
    build: || {
        let mut w = notes::with_notes(careless());
        w.put("comments", json!({"id": 21, "note_id": 11, "author_id": 2, "text": "Which roof?"}));
        w
    },
    routes: || {
        let comments = op("GET", "/notes/{id}/comments", "listComments", |w, c| {
            notes::own(w, c, "open-read")?;
            Ok(ok(w
                .rows("comments")
                .iter()
                .filter(|row| crate::kit::text(&row["note_id"]) == c.at(0))
                .cloned()
                .collect()))
        })
        .gives(200, list_of(refer("Comment")));
        let comment = op("POST", "/notes/{id}/comments", "createComment", |w, c| {
            let note = notes::own(w, c, "open-write")?;
            let row = json!({"id": w.number(), "note_id": note["id"], "author_id": c.me["id"], "text": c.body["text"]});
            Ok(reply(201, w.put("comments", row)))
        })
        .takes(refer("NewComment"))
        .gives(201, refer("Comment"));
        let leave = notes::leave().answered(|w, c| {
            let ids: Vec<String> = w.of(TABLE, "owner_id", &c.me["id"]).iter().map(key_of).collect();
            for id in ids {
                cut_note(w, &id);
            }
            w.cut("users", &key_of(&c.me));
            Ok(no_content())
        });
        let delete = notes::delete().answered(|w, c| {
            notes::own(w, c, "open-delete")?;
            cut_note(w, c.at(0));
            Ok(no_content())
        });
        notes::with(vec![comments, comment, leave, delete])
    },
    schemas: || {
        let mut all = notes::schemas();
        all.push(("NewComment", object("text!")));
        all.push(("Comment", object("id!:i note_id!:i author_id!:i text!")));
        all
    },
    ..PLAIN
};

fn cut_note(w: &mut World, id: &str) {
    if let Some(comments) = w.tables.get_mut("comments") {
        comments.retain(|row| crate::kit::text(&row["note_id"]) != id);
    }
    w.cut(TABLE, id);
}

/// A sign-up that stores these fields of the body as they come.
fn open_sign_up(w: &mut World, c: &Call, columns: &[&str]) -> Answer {
    let mut row = json!({"id": w.number()});
    merge(&mut row, &keep(&c.body, columns));
    match w.sign_up(c, row, false)? {
        SignUp::Made(user) => Ok(created("/me", crate::kit::without(&user, &["password_hash"]))),
        SignUp::Silent => Ok(no_content()),
    }
}

/// What is left of accounts with rights that nobody gave them.
fn armed(after: &World, is_armed: fn(&Value) -> bool) -> Vec<String> {
    let left = after.rows("users").iter().filter(|user| !is_person(&key_of(user)) && is_armed(user));
    left.map(|user| format!("users {} stays behind with rights of an administrator", key_of(user))).collect()
}

fn holds_admin(value: &Value) -> bool {
    value
        .as_array()
        .into_iter()
        .flatten()
        .any(|word| word.as_str().is_some_and(|word| word.to_lowercase().contains("admin")))
}

pub const AUTHORITIES: Twin = Twin {
    name: "authorities",
    about: "a sign-up that stores `authorities: [..]`; no account can be removed",
    build: || notes::with_notes(seeded()),
    routes: || {
        let sign_up = |w: &mut World, c: &Call| open_sign_up(w, c, &["authorities"]);
        let mut routes = notes::less(notes::with(Vec::new()), &["DELETE /me"]);
        replace(&mut routes, "/register", |route| route.answered(sign_up).takes(refer("Registration")));
        replace(&mut routes, "/me", |route| {
            route.answered(|_, c| Ok(ok(only(&c.me, &["id", "username", "authorities"])))).gives(200, refer("Account"))
        });
        routes
    },
    schemas: || {
        let mut all = notes::schemas();
        let words = json!({"type": "array", "items": {"type": "string", "enum": ["ROLE_USER", "ROLE_ADMIN"]}});
        let mut registration = object("username! password!:password");
        registration["properties"]["authorities"] = words.clone();
        let mut account = object("id!:i username!");
        account["properties"]["authorities"] = words;
        all.extend([("Registration", registration), ("Account", account)]);
        all
    },
    judge: |_, after| armed(after, |user| holds_admin(&user["authorities"])),
    ..PLAIN
};

pub const FLAGS: Twin = Twin {
    name: "flags",
    about: "a sign-up that stores `isStaff`, `accessLevel`, `userType`, `groups`, and any password; nothing removes accounts",
    build: || notes::with_notes(crate::twin::with_switches(&["counted-ids", "trivial-passwords"])),
    routes: || {
        let sign_up =
            |w: &mut World, c: &Call| open_sign_up(w, c, &["isStaff", "accessLevel", "userType", "groups", "role"]);
        let mut routes = notes::less(notes::with(Vec::new()), &["DELETE /me"]);
        replace(&mut routes, "/register", |route| route.answered(sign_up));
        replace(&mut routes, "/me", |route| {
            route
                .answered(|_, c| {
                    let mut row =
                        json!({"isStaff": false, "accessLevel": 1, "userType": "customer", "groups": ["users"]});
                    merge(&mut row, &crate::kit::without(&c.me, &["password_hash"]));
                    Ok(ok(row))
                })
                .gives(200, refer("Account"))
        });
        routes
    },
    schemas: || {
        let mut all = notes::schemas();
        let mut account = object("id!:i username! isStaff:b accessLevel:i userType:customer|clerk|admin");
        account["properties"]["groups"] = json!({"type": "array", "items": {"type": "string"}});
        all.push(("Account", account));
        all
    },
    judge: |_, after| {
        armed(after, |user| {
            let level = user["accessLevel"].as_u64().unwrap_or(1) > 1;
            let kind =
                ["userType", "role"].iter().any(|name| user[*name].as_str().is_some_and(|kind| kind.contains("admin")));
            level || kind || user["isStaff"] == json!(true) || holds_admin(&user["groups"])
        })
    },
    ..PLAIN
};

fn replace(routes: &mut [Route], path: &str, change: impl Fn(Route) -> Route) {
    for route in routes.iter_mut().filter(|route| route.path == path && route.method != "DELETE") {
        *route = change(route.clone());
    }
}

/// First a claim, then its confirmation, which makes the account.
pub const TWO_STEPS: Twin = Twin {
    name: "two-steps",
    about: "sign-up in two steps: a claim with a code, then its confirmation",
    build: || notes::with_notes(seeded()),
    routes: || {
        let mut routes = notes::less(notes::with(Vec::new()), &["POST /register"]);
        routes.push(
            op("POST", "/register", "register", |w, c| {
                if w.find("users", "username", c.field("username")).is_some() {
                    return Err(w.refuse(409, "already registered"));
                }
                let code = uuid();
                let row =
                    json!({"code": code, "username": c.body["username"], "password_hash": digest(c.field("password"))});
                w.put("claims", row);
                Ok(reply(202, json!({"confirmation_code": code, "confirm_at": "/register/confirm"})))
            })
            .open()
            .takes(refer("Register"))
            .gives(202, object("confirmation_code! confirm_at")),
        );
        routes.push(
            op("POST", "/register/confirm", "confirmRegistration", |w, c| {
                let claim = w.row("claims", c.field("confirmation_code"))?;
                w.cut("claims", c.field("confirmation_code"));
                let row = json!({"id": w.number(), "username": claim["username"], "password_hash": claim["password_hash"],
                                 "role": "user"});
                let user = w.put("users", row);
                Ok(reply(201, only(&user, &["id", "username", "role"])))
            })
            .open()
            .takes(object("confirmation_code!"))
            .gives(201, refer("User")),
        );
        routes
    },
    schemas: notes::schemas,
    ..PLAIN
};

/// Sets the password of whomever the path names.
pub const PASSWORDS: Twin = Twin {
    name: "passwords",
    about: "anybody signed in sets anybody's password, by PUT, by POST and by a token in the query",
    build: || notes::with_notes(careless()),
    routes: || {
        notes::with(vec![
            people(),
            op("PUT", "/users/{id}/password", "setPassword", set_password)
                .takes(refer("NewPassword"))
                .gives(204, Value::Null),
            op("POST", "/users/{id}/reset", "resetPassword", set_password)
                .takes(refer("NewPassword"))
                .gives(200, json!({})),
            op("PATCH", "/users/{id}", "patchUser", |w, c| {
                w.row("users", c.at(0))?;
                let row = w.set("users", c.at(0), &keep(&c.body, &["username", "role"])).unwrap_or_default();
                Ok(ok(only(&row, &["id", "username", "role"])))
            })
            .takes(object("username role"))
            .gives(200, refer("User")),
            op("DELETE", "/users/{id}", "deleteUser", |w, c| {
                w.row("users", c.at(0))?;
                w.cut("users", c.at(0));
                Ok(no_content())
            })
            .gives(204, Value::Null),
        ])
    },
    schemas,
    ..PLAIN
};

fn schemas() -> Vec<(&'static str, Value)> {
    let mut all = notes::schemas();
    all.push(("NewPassword", object("password!:password")));
    all.push(("NewUser", object("username! password!:password role:user|admin")));
    all
}

fn set_password(w: &mut World, c: &Call) -> Answer {
    w.row("users", c.at(0))?;
    w.set("users", c.at(0), &json!({"password_hash": digest(c.field("password"))}));
    Ok(ok(json!({"done": true})))
}

fn people() -> Route {
    op("GET", "/users", "listUsers", |w, _| {
        Ok(ok(w.rows("users").iter().map(|user| only(user, &["id", "username", "role"])).collect()))
    })
    .gives(200, list_of(refer("User")))
}

/// What a caller may do to its own account and sessions, which matters where the account is a person's.
pub const FAILING: Twin = Twin {
    name: "signup-failing",
    about: "a sign-up that stores the account, and then answers 500",
    build: || notes::with_notes(seeded()),
    routes: || {
        let mut routes = notes::with(Vec::new());
        replace(&mut routes, "/register", |route| {
            route.answered(|w, c| {
                open_sign_up(w, c, &[])?;
                Err(w.refuse(500, "the welcome mail could not be sent"))
            })
        });
        routes
    },
    schemas,
    ..PLAIN
};

pub const OWN: Twin = Twin {
    name: "own-account",
    about: "leave, rename, sign out everywhere, change one's password: all on one's own account",
    build: || notes::with_notes(seeded()),
    routes: || {
        notes::with(vec![
            op("PATCH", "/me", "patchMe", |w, c| {
                let row = w.set("users", &key_of(&c.me), &keep(&c.body, &["nickname"])).unwrap_or_default();
                Ok(ok(only(&row, &["id", "username", "role", "nickname"])))
            })
            .takes(object("nickname"))
            .gives(200, refer("User")),
            op("POST", "/me/password", "changePassword", |w, c| {
                w.set("users", &key_of(&c.me), &json!({"password_hash": digest(c.field("password"))}));
                Ok(no_content())
            })
            .takes(refer("NewPassword"))
            .gives(204, Value::Null),
            op("POST", "/me/deactivate", "deactivate", |w, c| {
                w.set("users", &key_of(&c.me), &json!({"active": false}));
                Ok(no_content())
            })
            .gives(204, Value::Null),
            op("DELETE", "/account", "closeAccount", |w, c| {
                w.cut("users", &key_of(&c.me));
                Ok(no_content())
            })
            .gives(204, Value::Null),
            op("POST", "/me/api-keys/rotate", "rotateKey", |w, c| {
                let key = w.serial();
                w.set("users", &key_of(&c.me), &json!({"api_key_version": key}));
                Ok(ok(json!({"version": key})))
            })
            .gives(200, json!({})),
        ])
    },
    schemas,
    ..PLAIN
};

/// Nobody signs up; an administrator makes accounts, and may give them any role.
pub const STAFF: Twin = Twin {
    name: "staff",
    about: "an administrator makes the accounts, and removes them",
    build: || notes::with_notes(seeded()),
    routes: || {
        let admins = crate::kit::Door::Role(&["admin"], "nobody");
        let mut routes: Vec<Route> = entry().into_iter().filter(|route| route.path != "/register").collect();
        routes.extend([notes::list(), notes::create(), notes::read(), notes::update(), notes::delete()]);
        routes.extend([
            people().door(admins),
            op("POST", "/users", "createUser", |w, c| {
                let role = c.or("role", json!("user"));
                let id = w.number();
                match w.sign_up(c, json!({"id": id, "role": role}), false)? {
                    SignUp::Made(user) => Ok(created(format!("/users/{id}"), only(&user, &["id", "username", "role"]))),
                    SignUp::Silent => Ok(no_content()),
                }
            })
            .door(admins)
            .takes(refer("NewUser"))
            .gives(201, refer("User")),
            op("GET", "/users/{id}", "getUser", |w, c| {
                Ok(ok(only(&w.row("users", c.at(0))?, &["id", "username", "role"])))
            })
            .door(admins)
            .gives(200, refer("User")),
            op("DELETE", "/users/{id}", "deleteUser", |w, c| {
                w.row("users", c.at(0))?;
                w.cut("users", c.at(0));
                Ok(no_content())
            })
            .door(admins)
            .gives(204, Value::Null),
        ]);
        routes
    },
    schemas,
    configured: STAFFED,
    ..PLAIN
};
