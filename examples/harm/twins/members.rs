//! Groups whose members stand in a table of their own, and stay there when the group goes.

use serde_json::{Value, json};

use super::notes::entry_and_exit;
use crate::kit::{
    Call, Reply, Route, World, created, key_of, list_of, make, no_content, object, ok, op, refer, same, text,
};
use crate::twin::{PLAIN, Twin, seeded, with_switches};

/// The owner alone removes a group, and takes members out.
pub const KEPT: Twin = Twin {
    name: "kept-members",
    about: "what says who is a member stays when the group goes",
    build: || filled(seeded()),
    routes,
    schemas: || {
        vec![
            ("Club", object("id!:i owner_id!:i name!")),
            ("NewClub", object("name!")),
            ("Member", object("id!:i user_id!:i role!:owner|reader")),
            ("NewMember", object("user_id!:i role:reader")),
        ]
    },
    ..PLAIN
};

/// Members may do that too, so that a trial of the scan's removes a group around its member.
pub const KEPT_OPEN: Twin = Twin {
    name: "kept-members-open",
    about: "the same, and every member removes the group",
    build: || filled(with_switches(&["counted-ids", "open-delete"])),
    ..KEPT
};

fn filled(mut w: World) -> World {
    for (id, owner) in [(71, 1), (72, 2)] {
        w.put("clubs", json!({"id": id, "owner_id": owner, "name": format!("The club of {owner}")}));
    }
    w.put("members", json!({"id": 73, "club_id": 71, "user_id": 3}));
    w
}

/// The club of the path with whether the caller owns it, where it is the owner or a member.
fn club(w: &World, c: &Call) -> Result<(Value, bool), Reply> {
    let row = w.row("clubs", c.at(0))?;
    let is_owner = same(&row["owner_id"], &c.me["id"]);
    let is_member = w.of("members", "club_id", &row["id"]).iter().any(|row| same(&row["user_id"], &c.me["id"]));
    if is_owner || is_member { Ok((row, is_owner)) } else { Err(w.missing()) }
}

fn own_club(w: &World, c: &Call, switch: &str) -> Result<Value, Reply> {
    let (row, is_owner) = club(w, c)?;
    if is_owner || w.weak(switch) { Ok(row) } else { Err(w.refuse(403, "only its owner may")) }
}

fn routes() -> Vec<Route> {
    let mut routes = entry_and_exit();
    routes.extend([
        op("GET", "/clubs", "listClubs", |w, c| Ok(ok(crate::kit::mine(w, c, "clubs", "owner_id"))))
            .gives(200, list_of(refer("Club"))),
        op("POST", "/clubs", "foundClub", |w, c| {
            let row = make(w, c, "clubs", "owner_id", &["name"]);
            Ok(created(format!("/clubs/{}", key_of(&row)), row))
        })
        .takes(refer("NewClub"))
        .gives(201, refer("Club")),
        op("GET", "/clubs/{club_id}", "getClub", |w, c| Ok(ok(club(w, c)?.0))).gives(200, refer("Club")),
        op("DELETE", "/clubs/{club_id}", "deleteClub", |w, c| {
            own_club(w, c, "open-delete")?;
            w.cut("clubs", c.at(0));
            Ok(no_content())
        })
        .gives(204, Value::Null),
    ]);
    routes.extend(members());
    routes
}

fn members() -> [Route; 3] {
    [
        op("GET", "/clubs/{club_id}/members", "listMembers", |w, c| {
            let (row, _) = club(w, c)?;
            let mut shown = vec![json!({"id": 0, "user_id": row["owner_id"], "role": "owner"})];
            for member in w.of("members", "club_id", &row["id"]) {
                shown.push(json!({"id": member["id"], "user_id": member["user_id"], "role": "reader"}));
            }
            Ok(ok(shown.into()))
        })
        .gives(200, list_of(refer("Member"))),
        op("POST", "/clubs/{club_id}/members", "admitMember", |w, c| {
            let row = own_club(w, c, "")?;
            let user = w.user(&text(&c.body["user_id"])).ok_or_else(|| w.refuse(422, "no such user"))?;
            let number = w.number();
            w.put("members", json!({"id": number, "club_id": row["id"], "user_id": user["id"]}));
            Ok(created("", json!({"id": number, "user_id": user["id"], "role": "reader"})))
        })
        .takes(refer("NewMember"))
        .gives(201, refer("Member")),
        op("DELETE", "/clubs/{club_id}/members/{member_id}", "dismissMember", |w, c| {
            let row = own_club(w, c, "")?;
            let rows = w.of("members", "club_id", &row["id"]);
            let member = rows.iter().find(|row| key_of(row) == c.at(1)).ok_or_else(|| w.missing())?;
            w.cut("members", &key_of(member));
            Ok(no_content())
        })
        .gives(204, Value::Null),
    ]
}
