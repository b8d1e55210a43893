//! A chain of beacons: readings are served to anybody, some stations have none, and strangers are answered with an empty
//! list where callers see their own. One route reads the token by itself and looks at no signature.

use serde_json::{Value, json};

use crate::case::{Accounts, Case, Twin, sound, weak};
use crate::kit::{
    Call, Door, Faults, Route, World, behind_entry, described, house, list_of, made, mine, no_content, object, ok, op,
    refer,
};

pub const TWIN: Twin = Twin {
    name: "beacon",
    style: "public routes under token checks",
    mode: "active",
    accounts: Accounts::Auto,
    build,
    routes,
    base,
    // The document's example is a station at which something is measured.
    id: |name| match name {
        "station_id" => json!({"type": "integer", "example": 403}),
        _ => json!({"type": "integer"}),
    },
    cases,
    pair: ("wanda", "yuri"),
};

fn build(on: &[&'static str]) -> World {
    let mut w = house("Nt4@hB9!sQ7_cX2#mK6zV1wR8fL3gJ5d", &[(1, "wanda", "keeper"), (2, "yuri", "keeper")], on);
    w.put("regions", json!({"id": 31, "name": "The outer bay"}));
    for (id, name) in [(401, "North mole"), (402, "South mole"), (403, "Skerry")] {
        w.put("stations", json!({"id": id, "region_id": 31, "name": name, "is_new": id == 401}));
    }
    // Nothing is measured on the first two yet.
    w.put("readings", json!({"id": 4031, "station_id": 403, "wind": 17, "remark": "Gusts from the west"}));
    w.put("readings", json!({"id": 4032, "station_id": 403, "wind": 21, "remark": "Spray over the wall"}));
    for (id, keeper) in [(501, 1), (502, 2)] {
        w.put("alarms", json!({"id": id, "keeper_id": keeper, "text": format!("Wake me above {id} hectopascal")}));
        w.put("entries", json!({"id": id + 100, "keeper_id": keeper, "text": format!("Lamp trimmed, oil at {id}")}));
    }
    w
}

fn base() -> Value {
    described(
        "Beacon",
        &[
            ("Region", object("id!:i name!")),
            ("Station", object("id!:i region_id!:i name! is_new!:b")),
            ("Reading", object("id!:i station_id!:i wind!:i remark!")),
            ("Alarm", object("id!:i keeper_id!:i text!")),
            ("AlarmInput", object("text!")),
            ("Entry", object("id!:i keeper_id!:i text!")),
        ],
    )
}

fn routes(_: &[&'static str]) -> Vec<Route> {
    behind_entry([stations(), alarms(), logbook()])
}

/// Documented as protected, and served to anybody.
fn stations() -> Vec<Route> {
    vec![
        op("GET", "/regions", "listRegions", |w, _| Ok(ok(w.rows("regions").into())))
            .door(Door::Unlocked)
            .gives(200, list_of(refer("Region"))),
        op("GET", "/regions/{region_id}/stations", "listRegion", |w, c| {
            let region = w.row("regions", c.at(0))?;
            Ok(ok(w.of("stations", "region_id", &region["id"]).into()))
        })
        .door(Door::Unlocked)
        .gives(200, list_of(refer("Station"))),
        // The new ones, at which nothing is measured yet.
        op("GET", "/stations", "listNewStations", |w, _| Ok(ok(w.of("stations", "is_new", &json!(true)).into())))
            .door(Door::Unlocked)
            .gives(200, list_of(refer("Station"))),
        op("GET", "/stations/{station_id}/readings", "listReadings", |w, c| {
            let station = w.row("stations", c.at(0))?;
            Ok(ok(w.of("readings", "station_id", &station["id"]).into()))
        })
        .door(Door::Unlocked)
        .gives(200, list_of(refer("Reading"))),
    ]
}

/// Strangers have no alarms, and are answered so.
fn alarms() -> Vec<Route> {
    vec![
        op("GET", "/alarms", "listAlarms", |w, c| Ok(ok(mine(w, c, "alarms", "keeper_id"))))
            .door(Door::Unlocked)
            .gives(200, list_of(refer("Alarm"))),
        op("POST", "/alarms", "setAlarm", |w, c| Ok(made(w, c, "alarms", "keeper_id", &["text"])))
            .takes(refer("AlarmInput"))
            .gives(201, refer("Alarm")),
        op("DELETE", "/alarms/{alarm_id}", "dropAlarm", |w, c| {
            w.owned("alarms", c.at(0), "/keeper_id", c, "")?;
            w.cut("alarms", c.at(0));
            Ok(no_content())
        })
        .gives(204, Value::Null),
    ]
}

/// The keeper as the logbook knows it, which reads the token by itself.
fn keeper(w: &World, c: &Call) -> Value {
    w.caller_read_with(c, Faults { any_signature: w.weak("logbook-unverified"), ..Faults::default() })
}

fn logbook() -> Vec<Route> {
    vec![
        op("GET", "/logbook", "readLogbook", |w, c| {
            let me = keeper(w, c);
            if me.is_null() {
                return Err(w.refuse(401, "sign in first"));
            }
            Ok(ok(json!({"keeper": me["username"], "entries": w.of("entries", "keeper_id", &me["id"])})))
        })
        .door(Door::Unlocked)
        .gives(
            200,
            json!({"type": "object", "properties": {"keeper": {"type": "string"}, "entries": list_of(refer("Entry"))}}),
        ),
        op("POST", "/logbook/entries", "writeLogbook", |w, c| {
            Ok(ok(crate::kit::make(w, c, "entries", "keeper_id", &["text"])))
        })
        .takes(refer("AlarmInput"))
        .gives(200, refer("Entry")),
    ]
}

fn cases() -> Vec<Case> {
    vec![
        weak(
            "token/signature-not-verified",
            "GET /logbook",
            "logbook-unverified",
            "reads the token and looks at no signature",
        ),
        sound(
            "token/signature-not-verified",
            "GET /stations | GET /regions | GET /regions/{region_id}/stations | GET /stations/{station_id}/readings",
            "served to anybody, at some stations with an empty list",
        ),
        sound("token/signature-not-verified", "GET /alarms | GET /me", "verified; strangers get an empty list or 401"),
        sound("token/alg-none", "*", "unsigned tokens are refused"),
        sound("token/expired-accepted", "*", "exp is looked at"),
        sound(
            "authn/missing",
            "GET /stations | GET /regions | GET /regions/{region_id}/stations | GET /stations/{station_id}/readings",
            "weather, for anybody",
        )
        .by_nobody("GET /stations/403/readings", ""),
        sound("authn/missing", "GET /alarms", "strangers are answered with an empty list").by_nobody("GET /alarms", ""),
        sound("authz/bola-list", "GET /alarms", "the caller's own").by("GET /alarms", ""),
    ]
}
