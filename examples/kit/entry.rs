//! Sign-up, sign-in and the caller's own account for APIs whose subject lies elsewhere, and rows that have an owner.

use serde_json::{Value, json};

use super::http::{Call, Reply, created, no_content, ok, reply};
use super::route::{Route, object, op, refer};
use super::world::{Auth, World, keep, key_of, only};
use super::{SignUp, same};

/// What a caller is shown of an account.
const SHOWN: [&str; 3] = ["id", "username", "role"];

/// A state with these people (id, name, role), who come with signed tokens.
pub fn house(key: &'static str, people: &[(u64, &str, &str)], on: &[&'static str]) -> World {
    peopled(Auth::Jwt { key }, people, on)
}

/// A state with these people (id, name, role).
pub fn peopled(auth: Auth, people: &[(u64, &str, &str)], on: &[&'static str]) -> World {
    let mut w = World::new(auth, "username", |status, text| reply(status, json!({"error": text})), on);
    for (id, name, role) in people {
        w.seed_user(json!({"id": id}), name, role);
    }
    w
}

/// Info, a bearer scheme, and schemas beside those that [`entry`] needs.
pub fn described(title: &str, schemas: &[(&str, Value)]) -> Value {
    let mut all = json!({
        "Register": object("username! password!:password"), "Login": object("username! password!:password"),
        "Token": object("access_token!"), "User": object("id!:i username! role"),
    });
    for (name, schema) in schemas {
        all[*name] = schema.clone();
    }
    json!({
        "info": {"title": title, "version": "1.0"},
        "security": [{"bearer": []}],
        "components": {"securitySchemes": {"bearer": {"type": "http", "scheme": "bearer"}}, "schemas": all}
    })
}

/// These routes behind [`entry`].
pub fn behind_entry(groups: impl IntoIterator<Item = Vec<Route>>) -> Vec<Route> {
    std::iter::once(entry()).chain(groups).flatten().collect()
}

/// `POST /register`, `POST /login` and `GET /me`.
pub fn entry() -> Vec<Route> {
    let register = op("POST", "/register", "register", |w, c| {
        let id = w.number();
        match w.sign_up(c, json!({"id": id}), false)? {
            SignUp::Made(user) => Ok(created("/me", only(&user, &SHOWN))),
            SignUp::Silent => Ok(no_content()),
        }
    });
    vec![register.open().takes(refer("Register")).gives(201, refer("User")), login(), me()]
}

/// `POST /login`.
pub fn login() -> Route {
    op("POST", "/login", "login", |w, c| {
        let user = w.sign_in(c)?;
        Ok(ok(json!({"access_token": w.open(&user)})))
    })
    .open()
    .takes(refer("Login"))
    .gives(200, refer("Token"))
}

/// `GET /me`.
pub fn me() -> Route {
    op("GET", "/me", "me", |_, c| Ok(ok(only(&c.me, &SHOWN)))).gives(200, refer("User"))
}

/// Makes a row of the caller's: a number, the caller's id in this column, and these fields of the body.
pub fn make(w: &mut World, c: &Call, table: &'static str, owner: &str, fields: &[&str]) -> Value {
    let mut row = json!({"id": w.number(), owner: c.me["id"]});
    merge(&mut row, &keep(&c.body, fields));
    w.put(table, row)
}

/// Makes a row as [`make`] does and says where it is.
pub fn made(w: &mut World, c: &Call, table: &'static str, owner: &str, fields: &[&str]) -> Reply {
    let row = make(w, c, table, owner, fields);
    created(format!("/{table}/{}", key_of(&row)), row)
}

/// The caller's rows.
pub fn mine(w: &World, c: &Call, table: &str, owner: &str) -> Value {
    w.of(table, owner, &c.me["id"]).into()
}

/// Whether a row's column names the caller.
pub fn is_mine(row: &Value, owner: &str, c: &Call) -> bool {
    same(&row[owner], &c.me["id"])
}

/// Adds fields to a row.
pub fn merge(row: &mut Value, fields: &Value) {
    for (name, value) in fields.as_object().into_iter().flatten() {
        row[name.as_str()] = value.clone();
    }
}
