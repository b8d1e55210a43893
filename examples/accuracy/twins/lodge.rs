//! Groups with members: workspaces tell owners, editors and viewers apart; teams have members and an owner, and each member
//! may rename the team; circles know no roles at all.

use serde_json::{Value, json};

use crate::case::{Accounts, Case, Twin, sound, weak};
use crate::kit::{
    Answer, Call, Reply, Route, World, behind_entry, created, described, house, keep, list_of, no_content, object, ok,
    op, refer, same, text,
};

pub const TWIN: Twin = Twin {
    name: "lodge",
    style: "groups with members and roles",
    mode: "active",
    accounts: Accounts::Auto,
    build,
    routes,
    base,
    id: |_| json!({"type": "integer"}),
    cases,
    pair: ("nora", "otto"),
};

fn build(on: &[&'static str]) -> World {
    let mut w = house("Lo7#wQ2_xB9!kT4@rZ1vM8cN5jD3gH6f", &[(1, "nora", "member"), (2, "otto", "member")], on);
    for (kind, members) in
        [("workspaces", "workspace_members"), ("teams", "team_members"), ("circles", "circle_members")]
    {
        for (id, owner) in [(901, 1), (902, 2)] {
            w.put(kind, json!({"id": id, "name": format!("The {kind} of {owner}")}));
            let number = w.serial();
            w.put(members, json!({"id": number, "group_id": id, "user_id": owner, "role": "owner"}));
        }
    }
    w
}

fn base() -> Value {
    described(
        "Lodge",
        &[
            ("Group", object("id!:i name!")),
            ("GroupInput", object("name!")),
            ("WorkspaceMember", object("id!:i user_id!:i role!:owner|editor|viewer")),
            ("WorkspaceMemberInput", object("user_id!:i role:owner|editor|viewer")),
            ("WorkspaceRole", object("role!:owner|editor|viewer")),
            ("TeamMember", object("id!:i user_id!:i role!:owner|member")),
            ("TeamMemberInput", object("user_id!:i role:owner|member")),
            ("CircleMember", object("id!:i user_id!:i")),
            ("CircleMemberInput", object("user_id!:i")),
        ],
    )
}

fn routes(_: &[&'static str]) -> Vec<Route> {
    behind_entry([workspaces(), teams(), circles()])
}

/// The caller's row among the members of the group of the path; strangers learn nothing of it.
fn membership(w: &World, c: &Call, members: &str) -> Result<Value, Reply> {
    let id = json!(c.at(0));
    let own = w.of(members, "group_id", &id).into_iter().find(|row| same(&row["user_id"], &c.me["id"]));
    own.ok_or_else(|| w.missing())
}

/// The same for owners, or for all members where the switch is on.
fn owner(w: &World, c: &Call, members: &str, switch: &str) -> Result<(), Reply> {
    let own = membership(w, c, members)?;
    let may = own["role"] == "owner" || w.weak(switch);
    if may { Ok(()) } else { Err(w.refuse(403, "only an owner may")) }
}

fn list(w: &World, c: &Call, kind: &str, members: &str) -> Answer {
    let own: Vec<Value> = w.of(members, "user_id", &c.me["id"]).iter().map(|row| row["group_id"].clone()).collect();
    let rows = w.rows(kind).iter().filter(|row| own.contains(&row["id"]));
    Ok(ok(rows.cloned().collect()))
}

fn found(w: &mut World, c: &Call, kind: &'static str, members: &'static str) -> Answer {
    let (id, number) = (w.serial(), w.serial());
    w.put(members, json!({"id": number, "group_id": id, "user_id": c.me["id"], "role": "owner"}));
    let row = w.put(kind, json!({"id": id, "name": c.body["name"]}));
    Ok(created(format!("/{kind}/{id}"), row))
}

fn rename(w: &mut World, c: &Call, kind: &str) -> Answer {
    Ok(ok(w.set(kind, c.at(0), &keep(&c.body, &["name"])).unwrap_or_default()))
}

fn close(w: &mut World, c: &Call, kind: &'static str, members: &'static str) -> Answer {
    w.cut(kind, c.at(0));
    w.cut_below(&[members], "group_id", &json!(c.at(0).parse::<u64>().unwrap_or_default()));
    Ok(no_content())
}

fn people(w: &World, c: &Call, members: &str, shown: &[&str]) -> Answer {
    membership(w, c, members)?;
    let rows = w.of(members, "group_id", &json!(c.at(0)));
    Ok(ok(rows.iter().map(|row| keep(row, shown)).collect()))
}

fn admit(w: &mut World, c: &Call, members: &'static str, least: &str) -> Answer {
    let user = w.user(&text(&c.body["user_id"])).ok_or_else(|| w.refuse(422, "no such user"))?;
    let group: u64 = c.at(0).parse().unwrap_or_default();
    let known = w.of(members, "group_id", &json!(group)).into_iter().any(|row| same(&row["user_id"], &user["id"]));
    if known {
        return Err(w.refuse(409, "is a member already"));
    }
    let role = c.body.get("role").cloned().unwrap_or_else(|| json!(least));
    let number = w.serial();
    let row = json!({"id": number, "group_id": group, "user_id": user["id"], "role": role});
    Ok(created(format!("/members/{number}"), w.put(members, row)))
}

/// The number of the membership of the user that the path names second.
fn member_at(w: &World, c: &Call, members: &str) -> Result<String, Reply> {
    let rows = w.of(members, "group_id", &json!(c.at(0)));
    let row = rows.into_iter().find(|row| text(&row["user_id"]) == c.at(1));
    row.map(|row| text(&row["id"])).ok_or_else(|| w.missing())
}

fn workspaces() -> Vec<Route> {
    const MEMBERS: &str = "workspace_members";
    vec![
        op("GET", "/workspaces", "listWorkspaces", |w, c| list(w, c, "workspaces", MEMBERS))
            .gives(200, list_of(refer("Group"))),
        op("POST", "/workspaces", "openWorkspace", |w, c| found(w, c, "workspaces", MEMBERS))
            .takes(refer("GroupInput"))
            .gives(201, refer("Group")),
        op("GET", "/workspaces/{workspace_id}", "getWorkspace", |w, c| {
            membership(w, c, MEMBERS)?;
            Ok(ok(w.row("workspaces", c.at(0))?))
        })
        .gives(200, refer("Group")),
        op("PATCH", "/workspaces/{workspace_id}", "renameWorkspace", |w, c| {
            owner(w, c, MEMBERS, "viewer-renames")?;
            rename(w, c, "workspaces")
        })
        .takes(refer("GroupInput"))
        .gives(200, refer("Group")),
        op("DELETE", "/workspaces/{workspace_id}", "closeWorkspace", |w, c| {
            owner(w, c, MEMBERS, "viewer-closes")?;
            close(w, c, "workspaces", MEMBERS)
        })
        .gives(204, Value::Null),
        op("GET", "/workspaces/{workspace_id}/members", "listMembers", |w, c| {
            people(w, c, MEMBERS, &["id", "user_id", "role"])
        })
        .gives(200, list_of(refer("WorkspaceMember"))),
        op("POST", "/workspaces/{workspace_id}/members", "admitMember", |w, c| {
            owner(w, c, MEMBERS, "")?;
            admit(w, c, MEMBERS, "viewer")
        })
        .takes(refer("WorkspaceMemberInput"))
        .gives(201, refer("WorkspaceMember")),
        op("PATCH", "/workspaces/{workspace_id}/members/{user_id}", "setRole", |w, c| {
            owner(w, c, MEMBERS, "viewer-promotes")?;
            let number = member_at(w, c, MEMBERS)?;
            Ok(ok(w.set(MEMBERS, &number, &keep(&c.body, &["role"])).unwrap_or_default()))
        })
        .takes(refer("WorkspaceRole"))
        .gives(200, refer("WorkspaceMember")),
    ]
}

fn teams() -> Vec<Route> {
    const MEMBERS: &str = "team_members";
    vec![
        op("GET", "/teams", "listTeams", |w, c| list(w, c, "teams", MEMBERS)).gives(200, list_of(refer("Group"))),
        op("POST", "/teams", "foundTeam", |w, c| found(w, c, "teams", MEMBERS))
            .takes(refer("GroupInput"))
            .gives(201, refer("Group")),
        op("GET", "/teams/{team_id}", "getTeam", |w, c| {
            membership(w, c, MEMBERS)?;
            Ok(ok(w.row("teams", c.at(0))?))
        })
        .gives(200, refer("Group")),
        op("PATCH", "/teams/{team_id}", "renameTeam", |w, c| {
            membership(w, c, MEMBERS)?;
            rename(w, c, "teams")
        })
        .takes(refer("GroupInput"))
        .gives(200, refer("Group")),
        op("DELETE", "/teams/{team_id}", "closeTeam", |w, c| {
            owner(w, c, MEMBERS, "team-closes")?;
            close(w, c, "teams", MEMBERS)
        })
        .gives(204, Value::Null),
        op("GET", "/teams/{team_id}/members", "listTeamMembers", |w, c| {
            people(w, c, MEMBERS, &["id", "user_id", "role"])
        })
        .gives(200, list_of(refer("TeamMember"))),
        op("POST", "/teams/{team_id}/members", "admitToTeam", |w, c| {
            owner(w, c, MEMBERS, "")?;
            admit(w, c, MEMBERS, "member")
        })
        .takes(refer("TeamMemberInput"))
        .gives(201, refer("TeamMember")),
    ]
}

fn circles() -> Vec<Route> {
    const MEMBERS: &str = "circle_members";
    vec![
        op("GET", "/circles", "listCircles", |w, c| list(w, c, "circles", MEMBERS)).gives(200, list_of(refer("Group"))),
        op("POST", "/circles", "drawCircle", |w, c| found(w, c, "circles", MEMBERS))
            .takes(refer("GroupInput"))
            .gives(201, refer("Group")),
        op("GET", "/circles/{circle_id}", "getCircle", |w, c| {
            membership(w, c, MEMBERS)?;
            Ok(ok(w.row("circles", c.at(0))?))
        })
        .gives(200, refer("Group")),
        op("DELETE", "/circles/{circle_id}", "eraseCircle", |w, c| {
            membership(w, c, MEMBERS)?;
            close(w, c, "circles", MEMBERS)
        })
        .gives(204, Value::Null),
        op("GET", "/circles/{circle_id}/members", "listCircleMembers", |w, c| {
            people(w, c, MEMBERS, &["id", "user_id"])
        })
        .gives(200, list_of(refer("CircleMember"))),
        op("POST", "/circles/{circle_id}/members", "admitToCircle", |w, c| {
            membership(w, c, MEMBERS)?;
            admit(w, c, MEMBERS, "member")
        })
        .takes(refer("CircleMemberInput"))
        .gives(201, refer("CircleMember")),
    ]
}

fn cases() -> Vec<Case> {
    vec![
        weak("authz/function-write", "DELETE /workspaces/{workspace_id}", "viewer-closes", "a viewer closes it"),
        weak("authz/function-write", "PATCH /workspaces/{workspace_id}", "viewer-renames", "a viewer renames it"),
        weak(
            "authz/function-write",
            "PATCH /workspaces/{workspace_id}/members/{user_id}",
            "viewer-promotes",
            "a viewer makes itself an owner",
        ),
        weak("authz/function-write", "DELETE /teams/{team_id}", "team-closes", "a member closes the team"),
        sound("authz/function-write", "PATCH /teams/{team_id}", "every member may rename the team"),
        sound("authz/function-write", "DELETE /circles/{circle_id}", "a circle knows no roles: all may"),
        sound("authz/bola-read", "GET /workspaces/{workspace_id} | GET /teams/{team_id}", "members alone are served"),
        sound(
            "authz/bola-delete",
            "DELETE /workspaces/{workspace_id} | DELETE /teams/{team_id}",
            "strangers are refused",
        ),
    ]
}
