//! GETs that act: what says so is the last word of the path, one in its middle, the operationId, the summary, or what the
//! query asks for. Each has a row of its own that counts how often it acted on what the scan had not made.

use serde_json::{Value, json};

use super::notes;
use crate::kit::{Answer, Call, Route, World, no_content, object, ok, op, refer, same};
use crate::twin::{PLAIN, Twin, is_person, seeded};

pub const LAST: Twin = Twin {
    name: "acts-last",
    about: "GETs whose last word acts",
    build: || with_counts(&last()),
    routes: || beside(last()),
    schemas: notes::schemas,
    ..PLAIN
};

pub const MIDDLE: Twin = Twin {
    name: "acts-middle",
    about: "GETs whose act stands in the middle of the path",
    build: || with_counts(&middle()),
    routes: || beside(middle()),
    schemas: notes::schemas,
    ..PLAIN
};

pub const NAMED: Twin = Twin {
    name: "acts-named",
    about: "GETs of which the operationId alone says what they do",
    build: || with_counts(&named()),
    routes: || beside(named()),
    schemas: notes::schemas,
    ..PLAIN
};

pub const SAID: Twin = Twin {
    name: "acts-said",
    about: "GETs of which the summary alone says what they do",
    build: || with_counts(&said()),
    routes: || beside(said()),
    schemas: notes::schemas,
    ..PLAIN
};

pub const ASKED: Twin = Twin {
    name: "acts-asked",
    about: "GETs that act on what their query brings, passwords among it",
    build: || with_counts(&asked()),
    routes: || beside(asked()),
    schemas: notes::schemas,
    ..PLAIN
};

pub const HARMLESS: Twin = Twin {
    name: "acts-none",
    about: "GETs that read under names like acts: what may be asked",
    build: || with_counts(&[]),
    routes: || beside(harmless()),
    schemas: notes::schemas,
    ..PLAIN
};

fn with_counts(routes: &[Route]) -> World {
    let mut w = seeded();
    notes::seed_notes(&mut w);
    for route in routes {
        w.put("acts", json!({"path": route.path, "times": 0}));
    }
    w
}

fn beside(mut routes: Vec<Route>) -> Vec<Route> {
    routes.extend(notes::with(Vec::new()));
    routes
}

/// Does what the route is for. What the scan made is its own affair.
fn act(w: &mut World, c: &Call) -> Answer {
    let id = c.at(0).to_owned();
    if c.path.contains("/notes/") {
        let note = w.row(notes::TABLE, &id)?;
        if !note["owner_id"].as_u64().is_some_and(|owner| is_person(&owner.to_string())) {
            return Ok(ok(json!({"done": true})));
        }
    } else if !id.is_empty() {
        w.row("users", &id)?;
        if !is_person(&id) {
            return Ok(ok(json!({"done": true})));
        }
    } else if !c.me.is_null() && !["1", "2", "3"].iter().any(|key| same(&c.me["id"], &json!(key))) {
        return Ok(ok(json!({"done": true})));
    }
    count(w);
    Ok(ok(json!({"done": true})))
}

fn count(w: &mut World) {
    let path = w.route;
    let times = w.find("acts", "path", path).and_then(|row| row["times"].as_u64()).unwrap_or_default();
    w.set("acts", path, &json!({"times": times + 1}));
}

fn get(path: &'static str, name: &str) -> Route {
    op("GET", path, name, act).gives(200, json!({"type": "object"}))
}

fn last() -> Vec<Route> {
    vec![
        get("/notes/{id}/edit", "notes_edit"),
        get("/notes/{id}/promote", "notes_promote"),
        get("/users/{id}/makeAdmin", "users_makeAdmin"),
        get("/users/{id}/follow", "users_follow"),
        get("/notes/{id}/claim", "notes_claim"),
        get("/vouchers/spend", "vouchers_spend"),
        get("/notes/{id}/overwrite", "notes_overwrite"),
        get("/account/logoff", "account_logoff"),
        get("/notes/{id}/archive", "notes_archive"),
        get("/notes/{id}/publish", "notes_publish"),
        get("/users/{id}/approve", "users_approve"),
        get("/users/{id}/ban", "users_ban"),
        get("/newsletter/unsubscribe", "newsletter_unsubscribe"),
        get("/notes/{id}/vote", "notes_vote"),
        get("/basket/checkout", "basket_checkout"),
        get("/workers/restart", "workers_restart"),
        get("/cache/purge", "cache_purge"),
        get("/account/rotate-key", "account_rotate_key"),
        get("/users/{id}/impersonate", "users_impersonate"),
        get("/backup/restore", "backup_restore"),
        get("/notes/{id}/duplicate", "notes_duplicate"),
        get("/users/{id}/toggle", "users_toggle"),
    ]
}

fn middle() -> Vec<Route> {
    vec![
        get("/promote/{userId}/confirm", "promote_confirm"),
        get("/do-close/notes/{id}", "do_close_note"),
        get("/activate/{userId}/account", "activate_account"),
        get("/assign/notes/{id}/me", "assign_note_me"),
        get("/revoke/{userId}/keys", "revoke_keys"),
        get("/increment/notes/{id}/counter", "increment_counter"),
        get("/subscribe/weekly/digest", "subscribe_digest"),
        get("/trigger/nightly/build", "trigger_build"),
        get("/grant/{userId}/access", "grant_access"),
        get("/clear/all/notifications", "clear_notifications"),
    ]
}

fn named() -> Vec<Route> {
    vec![
        get("/notes/{id}/state", "lockNote"),
        get("/notes/{id}/level", "escalateNote"),
        get("/notes/{id}/thread", "muteThread"),
        get("/invitations/current", "acceptInvitation"),
        get("/offers/current", "rejectOffer"),
        get("/messages/unread", "markAllMessagesAsRead"),
        get("/alarms/current", "snoozeAlarm"),
        get("/notes/{id}/front", "pinNote"),
        get("/plan/business", "upgradePlan"),
        get("/users/{id}/desk", "suspend_user"),
    ]
}

fn said() -> Vec<Route> {
    vec![
        get("/notes/{id}/next", "noteNext").says("Moves the note to the next lane"),
        get("/notes/{id}/reminder", "noteReminder").says("Sends the reminder again"),
        get("/jobs/nightly", "nightlyJob").says("Starts the nightly job"),
        get("/messages/latest", "latestMessage").says("Marks the latest message as read"),
        get("/bookings/current", "currentBooking").says("Cancel the current booking"),
        get("/notes/{id}/owner", "noteOwner").says("Hands the note over to the colleague on duty"),
        get("/lamps/hall", "hallLamp").says("Switches the lamp of the hall"),
        get("/basket/content", "basketContent").says("Empties the basket"),
        get("/seats/window", "windowSeat").says("Books the seat at the window"),
        get("/payments/last", "lastPayment").says("Refunds the last payment"),
    ]
}

fn asked() -> Vec<Route> {
    vec![
        op("GET", "/rest/user/change-password", "changePassword", set_password)
            .query("current", json!({"type": "string"}))
            .query("new", json!({"type": "string"}))
            .query("repeat", json!({"type": "string"}))
            .gives(200, json!({"type": "object"})),
        op("GET", "/profile/credentials", "credentials", set_password)
            .needs("new", json!({"type": "string"}))
            .needs("repeat", json!({"type": "string"}))
            .gives(200, json!({"type": "object"})),
        op("GET", "/account", "account", on_demand)
            .needs("action", json!({"type": "string", "enum": ["close", "freeze"]}))
            .gives(200, json!({"type": "object"})),
        op("GET", "/preferences", "preferences", on_demand)
            .needs("theme", json!({"type": "string", "enum": ["dark", "light"]}))
            .needs("save", json!({"type": "boolean"}))
            .gives(200, json!({"type": "object"})),
        op("GET", "/poll", "poll", on_demand).needs("choice", json!({"type": "string"})).gives(204, Value::Null),
        op("GET", "/newsletter", "newsletter", on_demand)
            .needs("email", json!({"type": "string", "format": "email"}))
            .gives(202, Value::Null),
        get("/exports/full", "fullExport").gives(202, json!({"type": "object"})),
    ]
}

fn set_password(w: &mut World, c: &Call) -> Answer {
    let (new, again) = (c.query("new").unwrap_or_default(), c.query("repeat").unwrap_or_default());
    if new.is_empty() || new != again {
        return Err(w.refuse(401, "the new password must stand there twice"));
    }
    let hash = crate::kit::digest(new);
    w.set("users", &crate::kit::key_of(&c.me), &json!({"password_hash": hash}));
    Ok(ok(json!({"done": true})))
}

fn on_demand(w: &mut World, c: &Call) -> Answer {
    if c.query.is_empty() {
        return Err(w.refuse(400, "a query is needed"));
    }
    act(w, c)?;
    Ok(no_content())
}

fn harmless() -> Vec<Route> {
    let read = |path, name| {
        op("GET", path, name, |_, c| Ok(ok(json!([{"id": 1, "for": c.me["id"]}]))))
            .gives(200, json!({"type": "array", "items": object("id:i")}))
    };
    vec![
        read("/edits", "listEdits"),
        read("/follows", "listFollows"),
        read("/claims", "listClaims"),
        read("/archive", "listArchive").says("The archive of old papers"),
        read("/transfers", "listTransfers"),
        read("/votes", "getVotes"),
        read("/syncs/latest", "getLatestSync"),
        read("/notes/search", "searchNotes"),
        read("/export", "exportNotes").says("Returns all notes as one list"),
        read("/me/subscriptions", "getMySubscriptions"),
        read("/updates", "updates"),
        op("GET", "/notes/{id}/preview", "previewNote", |w, c| Ok(ok(notes::own(w, c, "open-read")?)))
            .gives(200, refer("Note")),
    ]
}
