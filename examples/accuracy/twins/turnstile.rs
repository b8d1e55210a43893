//! Two turnstiles. One counts wrong passwords and closes at the 25th, or never. The other looks at a password only when it
//! has the form that all passwords have here: what is malformed is answered 400 and is no guess; it closes at the fifth.

use serde_json::{Value, json};

use crate::case::{Accounts, Case, Twin, sound, weak};
use crate::kit::{
    Call, Route, World, described, entry, house, list_of, login, made, me, mine, no_content, object, ok, op, refer,
};

pub const TWIN: Twin = Twin {
    name: "turnstile",
    style: "closes at 25 guesses",
    mode: "intrusive",
    accounts: Accounts::Auto,
    build,
    routes: |_| {
        let mut all = entry();
        all.extend(passes());
        all
    },
    base,
    id: |_| json!({"type": "integer"}),
    cases,
    pair: ("una", "vito"),
};

/// Configured users sign in; nobody can sign up.
pub const FORMAL: Twin = Twin {
    name: "turnstile-formal",
    style: "400 for malformed passwords",
    accounts: Accounts::SignIn(&[("una", "visitor"), ("vito", "visitor")], "POST /login", "/access_token"),
    build: |on| {
        let mut w = build(on);
        w.patience = 5;
        w
    },
    routes: |_| {
        let mut all = vec![login().answered(formal), me()];
        all.extend(passes());
        all
    },
    cases: || {
        vec![sound("authn/no-throttling", "POST /login", "five guesses; what is malformed is answered 400 and is none")]
    },
    ..TWIN
};

const LIMIT: u32 = 25;

fn build(on: &[&'static str]) -> World {
    let mut w = house("Gc8_wM3!kT5#zR1@vX7nB2qF9hS6dL4p", &[(1, "una", "visitor"), (2, "vito", "visitor")], on);
    w.patience = LIMIT;
    for (id, visitor) in [(61, 1), (62, 2)] {
        w.put("passes", json!({"id": id, "visitor_id": visitor, "gate": format!("Gate {}", id % 10)}));
    }
    w
}

fn base() -> Value {
    described("Turnstile", &[("Pass", object("id!:i visitor_id!:i gate!")), ("PassInput", object("gate!"))])
}

/// Signs in, if the password has the form `word-word-digit`.
fn formal(w: &mut World, c: &Call) -> crate::kit::Answer {
    let parts: Vec<&str> = c.field("password").split('-').collect();
    let is_word = |part: &&str| part.len() > 2 && part.bytes().all(|byte| byte.is_ascii_lowercase());
    match parts.as_slice() {
        [one, two, digit] if is_word(one) && is_word(two) && digit.parse::<u8>().is_ok() => {
            let user = w.sign_in(c)?;
            Ok(ok(json!({"access_token": w.open(&user)})))
        }
        _ => Err(w.refuse(400, "malformed request")),
    }
}

fn passes() -> Vec<Route> {
    vec![
        op("GET", "/passes", "listPasses", |w, c| Ok(ok(mine(w, c, "passes", "visitor_id"))))
            .gives(200, list_of(refer("Pass"))),
        op("POST", "/passes", "buyPass", |w, c| Ok(made(w, c, "passes", "visitor_id", &["gate"])))
            .takes(refer("PassInput"))
            .gives(201, refer("Pass")),
        op("DELETE", "/passes/{pass_id}", "returnPass", |w, c| {
            w.owned("passes", c.at(0), "/visitor_id", c, "")?;
            w.cut("passes", c.at(0));
            Ok(no_content())
        })
        .gives(204, Value::Null),
    ]
}

fn cases() -> Vec<Case> {
    vec![
        weak(
            "authn/no-throttling",
            "POST /login",
            "no-throttle",
            "takes every number of guesses; repaired it closes at 25",
        ),
        sound("authn/user-enumeration", "POST /login", "the same answer for known and unknown"),
        sound("authn/weak-password-accepted", "POST /register", "short and common passwords are refused"),
        sound("authz/bola-delete", "DELETE /passes/{pass_id}", "foreign is 404").by("DELETE /passes/62", ""),
    ]
}
