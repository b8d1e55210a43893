//! That the twins do the harm that they are for: else a scan without harm would prove nothing.

use serde_json::{Value, json};

use super::{ALL, acts, beside, moving, removal, settings, shared};
use crate::kit::{Call, World, answer, key_of};
use crate::twin::Twin;

/// What a seeded person's request does.
fn ask(twin: &Twin, world: &mut World, name: &str, request: &str, body: Value) -> u16 {
    let (method, address) = request.split_once(' ').unwrap_or(("GET", request));
    let (path, query) = address.split_once('?').unwrap_or((address, ""));
    let user = world.find("users", "username", name).unwrap_or_default();
    let headers = [world.credential(&user)].into_iter().collect();
    let query = url::form_urlencoded::parse(query.as_bytes()).into_owned().collect();
    let call = Call { method: method.to_owned(), path: path.to_owned(), query, headers, body, ..Call::default() };
    let routes = (twin.routes)();
    answer(world, &routes, &twin.document(&routes), call).status
}

fn changed(before: &World, after: &World, table: &str) -> bool {
    before.rows(table) != after.rows(table)
}

#[test]
fn names_are_unique_and_people_sign_in() {
    let names: std::collections::BTreeSet<&str> = ALL.iter().map(|twin| twin.name).collect();
    assert_eq!(names.len(), ALL.len());
    for twin in ALL {
        let mut world = (twin.build)();
        let body = json!({"username": "ines", "password": "ines-parole-1"});
        assert_eq!(ask(twin, &mut world, "ines", "POST /login", body), 200, "{}", twin.name);
    }
}

#[test]
fn every_act_counts_when_a_person_asks() {
    let mut acting = 0;
    for twin in [&acts::LAST, &acts::MIDDLE, &acts::NAMED, &acts::SAID] {
        for row in (twin.build)().rows("acts") {
            let path = key_of(row);
            let id = if path.contains("/notes/") { "11" } else { "2" };
            let request = format!("GET {}", path.replace("{id}", id).replace("{userId}", id));
            let before = (twin.build)();
            let mut after = before.clone();
            assert_eq!(ask(twin, &mut after, "ines", &request, Value::Null), 200, "{request}");
            assert!(changed(&before, &after, "acts"), "{request}");
            acting += 1;
        }
    }
    assert!(acting >= 40, "{acting}");
}

#[test]
fn a_query_sets_a_password_and_another_acts() {
    let before = (acts::ASKED.build)();
    for (request, table) in [
        ("GET /rest/user/change-password?current=&new=x&repeat=x", "users"),
        ("GET /profile/credentials?new=x&repeat=x", "users"),
        ("GET /account?action=close", "acts"),
        ("GET /newsletter?email=a", "acts"),
    ] {
        let mut after = before.clone();
        ask(&acts::ASKED, &mut after, "otto", request, Value::Null);
        assert!(changed(&before, &after, table), "{request}");
    }
}

#[test]
fn a_setting_of_the_house_shuts_all_out() {
    let mut world = (settings::HOUSE_OPEN.build)();
    let twin = &settings::HOUSE_OPEN;
    assert_eq!(ask(twin, &mut world, "ines", "POST /config", json!({"password_sign_in": false})), 200);
    let body = json!({"username": "otto", "password": "otto-parole-1"});
    assert_eq!(ask(twin, &mut world, "otto", "POST /login", body), 403);
}

#[test]
fn an_invented_id_ends_a_brittle_process() {
    for (twin, request) in
        [(&removal::BRITTLE, "DELETE /notes/999"), (&removal::BRITTLE_OTHERS, "DELETE /admin/notes/999")]
    {
        let mut world = (twin.build)();
        ask(twin, &mut world, "ines", request, Value::Null);
        assert!(world.is_dead, "{request}");
    }
}

#[test]
fn a_removed_id_is_anothers_and_its_loss_is_judged() {
    let before = (moving::REUSED.build)();
    let mut after = before.clone();
    for expected in [0, 1] {
        assert_eq!(ask(&moving::REUSED, &mut after, "ines", "DELETE /notes/11", Value::Null), 204);
        assert_eq!((moving::REUSED.judge)(&before, &after).len(), expected);
    }
}

#[test]
fn children_of_foreign_parents_mail_and_quotas_are_judged() {
    for (twin, request, body, times) in [
        (&shared::PUBLIC, "POST /posts/42/replies", json!({"text": "x"}), 1),
        (&shared::PARENTS, "POST /projects/31/tasks", json!({"text": "x"}), 1),
        (&shared::MAILER, "POST /contact", json!({"email": "someone@mill.net"}), 1),
        (&shared::QUOTA, "GET /reports/yearly", Value::Null, 8),
    ] {
        let before = (twin.build)();
        let mut after = before.clone();
        for _ in 0..times {
            assert!((twin.judge)(&before, &after).is_empty(), "{request}");
            assert!(ask(twin, &mut after, "ines", request, body.clone()) < 300, "{request}");
        }
        assert_eq!((twin.judge)(&before, &after).len(), 1, "{request}");
    }
}

#[test]
fn keys_links_and_counts_come_beside_what_was_asked_for() {
    for (twin, request, body, table) in [
        (&beside::KEYS, "POST /projects", json!({"name": "x"}), "keys"),
        (&beside::LINKS, "POST /labels", json!({"title": "x"}), "links"),
        (&beside::BOARDS, "POST /cards", json!({"title": "x", "board": 1}), "summaries"),
        (
            &beside::WALLETS,
            "POST /register",
            json!({"username": "x-x", "email": "x@x.example", "password": "x-parole-1"}),
            "wallets",
        ),
    ] {
        let before = (twin.build)();
        let mut after = before.clone();
        assert_eq!(ask(twin, &mut after, "ines", request, body), 201, "{request}");
        assert!(changed(&before, &after, table), "{request}");
    }
}
