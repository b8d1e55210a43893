//! Drives APIs of the bench by hand, where it takes more than one request to see that a weakness is one, or that what is
//! called sound is.

use std::collections::BTreeMap;

use serde_json::{Value, json};

use super::*;
use crate::kit::{Call, Reply, Route, World, answer, digest, document, now, sign};

/// One API with its callers, who keep their sessions.
struct Drive {
    world: World,
    routes: Vec<Route>,
    document: Value,
    held: BTreeMap<String, (String, String)>,
}

impl Drive {
    fn weak(twin: &Twin) -> Self {
        Self::of(twin, &twin.switches())
    }

    fn repaired(twin: &Twin) -> Self {
        Self::of(twin, &[])
    }

    fn of(twin: &Twin, on: &[&'static str]) -> Self {
        let routes = (twin.routes)(on);
        let document = document((twin.base)(), &routes, twin.id);
        Self { world: (twin.build)(on), routes, document, held: BTreeMap::new() }
    }

    /// What a seed user is answered; an empty name is nobody.
    fn send(&mut self, name: &str, request: &str, body: Value) -> Reply {
        let credential = (!name.is_empty()).then(|| match self.held.get(name) {
            Some(held) => held.clone(),
            None => {
                let row = self.world.find("users", self.world.login, name).expect("a seed user");
                let new = self.world.credential(&row);
                self.held.insert(name.to_owned(), new.clone());
                new
            }
        });
        self.send_with(credential, request, body)
    }

    fn send_with(&mut self, credential: Option<(String, String)>, request: &str, body: Value) -> Reply {
        let (method, path) = request.split_once(' ').expect("a method and a path");
        let (path, query) = path.split_once('?').unwrap_or((path, ""));
        let query = url::form_urlencoded::parse(query.as_bytes()).into_owned().collect();
        let mut call = Call { method: method.to_owned(), path: path.to_owned(), query, body, ..Call::default() };
        call.headers.extend(credential);
        answer(&mut self.world, &self.routes, &self.document, call)
    }

    fn get(&mut self, name: &str, path: &str) -> Reply {
        self.send(name, &format!("GET {path}"), Value::Null)
    }

    fn status(&mut self, name: &str, request: &str, body: Value) -> u16 {
        self.send(name, request, body).status
    }

    fn bearer(&mut self, token: &str, path: &str) -> Reply {
        let credential = ("authorization".to_owned(), format!("Bearer {token}"));
        self.send_with(Some(credential), &format!("GET {path}"), Value::Null)
    }
}

fn holds(reply: &Reply, text: &str) -> bool {
    reply.body.to_string().contains(text)
}

#[test]
fn five_routes_of_the_atelier_keep_what_two_leak() {
    for (mut drive, [by_id, report]) in
        [(Drive::weak(&atelier::TWIN), [200, 200]), (Drive::repaired(&atelier::TWIN), [404, 401])]
    {
        let new = json!({"title": "x", "ship_to": "y"});
        assert_eq!(drive.status("ada", "PUT /orders/7002", new.clone()), 403);
        assert_eq!(drive.status("ada", "PUT /orders/1", new), 403);
        assert_eq!(drive.send("ada", "DELETE /orders/7002", Value::Null).body["success"], json!(false));
        assert_eq!(drive.get("ada", "/orders/7002/lines").status, 404);
        for list in ["/orders", "/agenda"] {
            assert!(!holds(&drive.get("ada", list), "7002"), "{list}");
            assert!(holds(&drive.get("bert", list), "A pear wood cradle"), "{list}");
        }
        assert_eq!(drive.get("ada", "/orders/7002").status, by_id);
        assert_eq!(drive.get("", "/orders/7002").status, 401);
        let daily = drive.get("", "/reports/daily");
        assert_eq!((daily.status, holds(&daily, "Cooper Lane 18")), (report, report == 200));
        assert!(holds(&drive.get("bert", "/reports/daily"), "Cooper Lane 18"));
    }
}

#[test]
fn every_user_of_the_console_works_behind_its_prefix() {
    for twin in [&console::TWIN, &console::STAFFED] {
        let mut drive = Drive::repaired(twin);
        for path in ["features", "projects", "tags", "environments", "events", "stats"] {
            let path = format!("/api/admin/{path}");
            assert_eq!(drive.get("ann", &path).body, drive.get("chief", &path).body, "{path}");
            assert_eq!(drive.get("", &path).status, 401, "{path}");
        }
    }
    let mut staffed = Drive::repaired(&console::STAFFED);
    assert_eq!(staffed.get("ann", "/api/admin/people").status, 403);
    let mut solo = Drive::repaired(&solo::TWIN);
    for path in ["users", "audit", "wallets", "settings", "jobs"] {
        assert_eq!(solo.get("ivan", &format!("/admin/{path}")).status, 403, "{path}");
        assert_eq!(solo.get("hana", &format!("/admin/{path}")).status, 200, "{path}");
    }
}

#[test]
fn a_chore_is_changed_by_any_member_and_a_reminder_by_its_owner() {
    let mut drive = Drive::repaired(&chores::TWIN);
    assert_eq!(drive.get("jana", "/tasks").body, drive.get("kurt", "/tasks").body);
    assert_eq!(drive.get("", "/tasks").status, 401);
    assert_eq!(drive.status("jana", "PUT /tasks/302", json!({"title": "Oil it twice"})), 200);
    assert!(holds(&drive.get("kurt", "/tasks/302"), "Oil it twice"));
    for (mut drive, changed) in [(drive, false), (Drive::weak(&chores::TWIN), true)] {
        drive.send("jana", "PUT /reminders/402", json!({"text": "Forget it"}));
        assert_eq!(holds(&drive.get("kurt", "/reminders/402"), "Forget it"), changed);
        assert_eq!(drive.get("jana", "/reminders/402").status, 404);
    }
}

#[test]
fn strangers_are_shown_articles_whole_in_the_list() {
    let mut drive = Drive::weak(&gazette::TWIN);
    let list = drive.get("", "/articles");
    let one = drive.get("", "/articles/the-tide-tables");
    assert!(holds(&list, &one.body["article"]["body"].to_string()));
    assert_eq!(one.body, drive.get("lars", "/articles/the-tide-tables").body);
    assert_eq!(drive.get("lars", "/readings/902").status, 404);
    assert!(holds(&drive.get("", "/readings/902"), "Read again in winter"));
}

#[test]
fn the_pantry_shows_a_hash_and_the_gallery_a_key_under_their_switches_alone() {
    let hash = digest("olaf-parole-1");
    for (mut drive, shown) in [(Drive::weak(&pantry::TWIN), true), (Drive::repaired(&pantry::TWIN), false)] {
        assert_eq!(holds(&drive.get("nora", "/members/2"), &hash), shown);
        for path in ["/account", "/summary", "/rules", "/members"] {
            assert!(!holds(&drive.get("olaf", path), &hash), "{path}");
        }
    }
    for (mut drive, shown) in [(Drive::weak(&gallery::TWIN), true), (Drive::repaired(&gallery::TWIN), false)] {
        assert_eq!(holds(&drive.get("pia", "/uploads/target"), "sk_live_"), shown);
        assert!(!holds(&drive.get("pia", "/photos"), "sk_live_"));
    }
}

#[test]
fn what_the_foyer_hands_out_is_the_callers_own() {
    let mut drive = Drive::weak(&foyer::TWIN);
    for path in ["GET /profile", "POST /renew"] {
        let given = drive.send("sara", path, Value::Null).body;
        let token = given["renewed"].as_str().or(given["ticket"].as_str()).expect("a token").to_owned();
        assert_eq!(drive.bearer(&token, "/profile").body["number"], json!(1201), "{path}");
    }
    let secret =
        drive.get("theo", "/second-factor/authenticator").body["totp_secret"].as_str().expect("a secret").to_owned();
    assert!(!holds(&drive.get("sara", "/second-factor/authenticator"), &secret));
    assert!(holds(&drive.get("sara", "/guests/1202"), &secret));
    assert!(!holds(&Drive::repaired(&foyer::TWIN).get("sara", "/guests/1202"), &secret));
    assert_eq!(drive.status("theo", "POST /second-factor", Value::Null), 201);
    assert_eq!(drive.status("theo", "POST /second-factor", Value::Null), 409);
    let code = foyer::code(&json!({"totp_secret": secret}));
    assert_eq!(drive.status("theo", "POST /second-factor/confirm", json!({"code": "no"})), 422);
    assert_eq!(drive.status("theo", "POST /second-factor/confirm", json!({"code": code})), 204);
    assert_eq!(drive.get("theo", "/second-factor/authenticator").status, 409);
    let theirs = drive.get("theo", "/chats").body[0]["session_id"].as_str().expect("a chat").to_owned();
    assert_eq!(drive.get("sara", &format!("/chats/{theirs}")).status, 404);
    assert_eq!(drive.bearer(&theirs, "/profile").status, 401);
}

/// What so many sign-ins with this password are answered, and the right one after them.
fn tried(drive: &mut Drive, times: usize, password: &str) -> (u16, u16) {
    let mut last = 0;
    for _ in 0..times {
        last = drive.status("", "POST /login", json!({"username": "vito", "password": password}));
    }
    (last, drive.status("", "POST /login", json!({"username": "vito", "password": "vito-parole-1"})))
}

#[test]
fn a_turnstile_closes_at_its_limit_and_counts_no_malformed_password() {
    assert_eq!(tried(&mut Drive::repaired(&turnstile::TWIN), 24, "wrong-parole-1"), (401, 200));
    assert_eq!(tried(&mut Drive::repaired(&turnstile::TWIN), 25, "wrong-parole-1"), (401, 429));
    assert_eq!(tried(&mut Drive::weak(&turnstile::TWIN), 200, "wrong-parole-1"), (401, 200));
    assert_eq!(tried(&mut Drive::repaired(&turnstile::FORMAL), 40, "Wr0ng!"), (400, 200));
    assert_eq!(tried(&mut Drive::repaired(&turnstile::FORMAL), 6, "wrong-parole-1"), (429, 429));
}

#[test]
fn the_logbook_alone_takes_any_signature() {
    for (mut drive, status) in [(Drive::weak(&beacon::TWIN), 200), (Drive::repaired(&beacon::TWIN), 401)] {
        let mut claims = json!({"sub": "2", "role": "keeper", "iat": now(), "exp": now() + 600});
        let forged = sign(&claims, "not the key");
        assert_eq!(drive.bearer(&forged, "/logbook").status, status);
        assert_eq!(drive.bearer(&forged, "/me").status, 401);
        assert_eq!(drive.bearer(&forged, "/alarms").body, json!([]));
        claims["exp"] = json!(now() - 600);
        assert_eq!(drive.bearer(&sign(&claims, "not the key"), "/logbook").status, 401);
        assert_eq!(drive.get("", "/stations/401/readings").body, json!([]));
        assert!(holds(&drive.get("", "/stations/403/readings"), "Gusts"));
    }
}

#[test]
fn a_foreign_shelf_is_answered_like_a_missing_one() {
    for (mut drive, loans) in [(Drive::weak(&shelves::TWIN), true), (Drive::repaired(&shelves::TWIN), false)] {
        for path in ["/shelves/602/books", "/shelves/999/books", "/books?owner_id=2"] {
            let reply = drive.get("zita", path);
            assert_eq!((reply.status, reply.body), (200, json!([])), "{path}");
        }
        assert_eq!(drive.get("", "/shelves/602/books").body, json!([]));
        assert!(holds(&drive.get("abel", "/shelves/602/books"), "The winters of abel"));
        assert_eq!(holds(&drive.get("zita", "/shelves/602/loans"), "A friend of abel"), loans);
    }
}

#[test]
fn a_node_of_an_own_flow_has_the_number_of_anothers_flow() {
    let mut drive = Drive::weak(&flows::TWIN);
    let own = drive.get("cora", "/flows").body;
    assert_eq!(own.as_array().map(Vec::len), Some(1));
    assert_eq!(own[0]["data"]["nodes"][1]["id"], drive.get("dave", "/flows").body[0]["id"]);
    assert!(holds(&drive.get("cora", "/runs"), "Ring the bell"));
    assert!(!holds(&Drive::repaired(&flows::TWIN).get("cora", "/runs"), "Ring the bell"));
}

#[test]
fn an_administrator_ends_the_sessions_of_others_and_a_sign_out_its_own() {
    for (mut drive, after) in [(Drive::weak(&keeper::TWIN), 200), (Drive::repaired(&keeper::TWIN), 401)] {
        assert_eq!(drive.get("fleur", "/me").status, 200);
        assert_eq!(drive.status("emil", "POST /admin/sessions/revoke", json!({"user_id": 2})), 403);
        assert_eq!(drive.send("zora", "POST /admin/sessions/revoke", json!({"user_id": 2})).body["revoked"], json!(1));
        assert_eq!(drive.get("fleur", "/me").status, 401);
        assert_eq!(drive.get("zora", "/me").status, 200);
        assert_eq!(drive.status("emil", "POST /logout", Value::Null), 204);
        assert_eq!(drive.get("emil", "/me").status, after);
    }
}

#[test]
fn under_an_own_project_foreign_tasks_change_and_foreign_notes_do_not() {
    for (mut drive, weak) in [(Drive::weak(&crew::TWIN), true), (Drive::repaired(&crew::TWIN), false)] {
        let new = json!({"text": "Let it leak"});
        assert_eq!(drive.status("gus", "PUT /projects/802/tasks/822", new.clone()), 404);
        drive.send("gus", "PUT /projects/801/tasks/822", new.clone());
        drive.send("gus", "PUT /projects/801/notes/842", new);
        assert_eq!(holds(&drive.get("hilda", "/projects/802/tasks/822"), "Let it leak"), weak);
        assert!(!holds(&drive.get("hilda", "/projects/802/notes/842"), "Let it leak"));
        assert_eq!(drive.get("gus", "/projects/801/tasks/822").status, 404);
        drive.send("gus", "DELETE /projects/801/tasks/822", Value::Null);
        drive.send("gus", "DELETE /projects/801/notes/842", Value::Null);
        assert_eq!(drive.get("hilda", "/projects/802/tasks/822").status, if weak { 404 } else { 200 });
        assert_eq!(drive.get("hilda", "/projects/802/notes/842").status, 200);
    }
}

#[test]
fn a_crate_is_taken_over_and_a_drawer_is_not() {
    for (mut drive, [status, owner, intruder]) in
        [(Drive::weak(&depot::TWIN), [200, 404, 200]), (Drive::repaired(&depot::TWIN), [404, 200, 404])]
    {
        assert_eq!(drive.status("ilse", "PUT /crates/cr-9d37", json!({"label": "Mine"})), status);
        assert_eq!(drive.get("jon", "/crates/cr-9d37").status, owner);
        assert_eq!(drive.get("ilse", "/crates/cr-9d37").status, intruder);
        assert_eq!(drive.status("ilse", "PUT /drawers/top", json!({"label": "Mine"})), 200);
        assert!(holds(&drive.get("jon", "/drawers/top"), "Twine of jon"));
        assert_eq!(drive.status("ilse", "DELETE /drawers/top", Value::Null), 204);
        assert_eq!(drive.get("jon", "/drawers/top").status, 200);
    }
}
