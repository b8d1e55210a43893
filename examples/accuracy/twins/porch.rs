//! A porch: how a server is set up. Cookies, caches, headers, pages for developers, and a version that was left running.

use serde_json::{Value, json};

use crate::case::{Accounts, Case, Twin, sound, weak};
use crate::kit::{
    Auth, Call, Door, Handler, Reply, Route, SignUp, World, created, described, list_of, made, mine, no_content,
    object, ok, only, op, peopled, refer,
};

pub const TWIN: Twin = Twin {
    name: "porch",
    style: "cookies, caches, left-overs",
    mode: "passive",
    accounts: Accounts::SignIn(&[("vera", "guest"), ("walt", "guest")], "POST /session", "{ cookie = \"sid\" }"),
    build,
    routes,
    base,
    id: |_| json!({"type": "integer"}),
    cases,
    pair: ("vera", "walt"),
};

fn build(on: &[&'static str]) -> World {
    let mut w = peopled(Auth::Cookie { name: "sid" }, &[(1, "vera", "guest"), (2, "walt", "guest")], on);
    for (id, guest, name) in [(701, 1, "vera"), (702, 2, "walt")] {
        w.put("letters", json!({"id": id, "guest_id": guest, "text": format!("Dear {name}, the roses are out")}));
        w.put("parcels", json!({"id": id, "guest_id": guest, "text": format!("Seeds for {name}, keep them dry")}));
        w.put("bills", json!({"id": id, "guest_id": guest, "text": format!("Lamp oil for {name}, two cans")}));
    }
    w.put("plants", json!({"id": 71, "name": "Wisteria", "care": "Prune in late winter"}));
    w
}

fn base() -> Value {
    let mut base = described(
        "Porch",
        &[
            ("Note", object("id!:i guest_id!:i text!")),
            ("NoteInput", object("text!")),
            ("Plant", object("id!:i name! care!")),
            ("Done", object("message!")),
        ],
    );
    base["components"]["securitySchemes"] = json!({"sid": {"type": "apiKey", "in": "cookie", "name": "sid"}});
    base["security"] = json!([{"sid": []}]);
    base
}

fn routes(_: &[&'static str]) -> Vec<Route> {
    [session(), notes(), left_running(), for_developers()].into_iter().flatten().collect()
}

/// The line that sets the session, with what it may lack.
fn session_line(w: &World, token: &str) -> String {
    let hidden = if w.weak("readable-cookie") { "" } else { "; HttpOnly" };
    format!("sid={token}; Path=/{hidden}; SameSite=Lax")
}

fn session() -> Vec<Route> {
    vec![
        op("POST", "/registration", "register", |w, c| {
            let id = w.number();
            match w.sign_up(c, json!({"id": id}), false)? {
                SignUp::Made(user) => Ok(created("/me", only(&user, &["id", "username", "role"]))),
                SignUp::Silent => Ok(no_content()),
            }
        })
        .open()
        .takes(refer("Register"))
        .gives(201, refer("User")),
        // Beside the session stands a token against forged requests, which pages must read.
        op("POST", "/session", "signIn", |w, c| {
            let user = w.sign_in(c)?;
            let token = w.open(&user);
            let line = session_line(w, &token);
            let other = "csrftoken=5f0c9d2e7b1a4c8f6e3d; Path=/; SameSite=Lax".to_owned();
            Ok(ok(json!({"message": "signed in"})).with("set-cookie", line).with("set-cookie", other))
        })
        .open()
        .takes(refer("Login"))
        .gives(200, refer("Done")),
        // What it remembers is the colour of the page.
        op("GET", "/me", "me", |_, c| {
            let theme = "theme=night-and-day-and-night; Path=/";
            Ok(ok(only(&c.me, &["id", "username", "role"])).with("set-cookie", theme))
        })
        .gives(200, refer("User")),
    ]
}

/// The caller's rows, with this caching.
fn own(w: &World, c: &Call, table: &str, caching: &str) -> Reply {
    ok(mine(w, c, table, "guest_id")).with("cache-control", caching.to_owned())
}

fn notes() -> Vec<Route> {
    vec![
        op("GET", "/letters", "listLetters", |w, c| {
            let caching = if w.weak("shared-cache") { "public, max-age=300" } else { "private, max-age=300" };
            let version = if w.weak("names-version") { "lantern/2.4.1" } else { "lantern" };
            Ok(own(w, c, "letters", caching).with("server", version).with("api-version", "3.1.0"))
        })
        .gives(200, list_of(refer("Note"))),
        op("POST", "/letters", "writeLetter", |w, c| Ok(made(w, c, "letters", "guest_id", &["text"])))
            .takes(refer("NoteInput"))
            .gives(201, refer("Note")),
        // Caches keep one for each cookie.
        op("GET", "/parcels", "listParcels", |w, c| Ok(own(w, c, "parcels", "max-age=300").with("vary", "Cookie")))
            .gives(200, list_of(refer("Note"))),
        // Caches ask before they give it.
        op("GET", "/bills", "listBills", |w, c| Ok(own(w, c, "bills", "public, no-cache, max-age=300")))
            .gives(200, list_of(refer("Note"))),
        // The same for all guests.
        op("GET", "/plants", "listPlants", |w, _| {
            Ok(ok(w.rows("plants").into()).with("cache-control", "public, max-age=300"))
        })
        .gives(200, list_of(refer("Plant"))),
        // For anybody.
        op("GET", "/opening-hours", "getOpeningHours", |_, _| {
            Ok(ok(json!({"message": "The gate is open from dawn to dusk"}))
                .with("cache-control", "public, max-age=300"))
        })
        .open()
        .gives(200, refer("Done")),
    ]
}

/// Version 2, and what is left of version 1.
fn left_running() -> Vec<Route> {
    vec![
        op("GET", "/api/v2/letters", "listLettersAgain", |w, c| Ok(ok(mine(w, c, "letters", "guest_id"))))
            .gives(200, list_of(refer("Note"))),
        op("GET", "/api/v1/letters", "listOldLetters", |w, c| {
            let all = if c.me.is_null() { w.rows("letters").into() } else { mine(w, c, "letters", "guest_id") };
            Ok(ok(all))
        })
        .door(Door::Forgetful("old-version"))
        .hidden(),
        // Version 1 answers as version 2 does.
        op("GET", "/api/v2/parcels", "listParcelsAgain", |w, c| Ok(ok(mine(w, c, "parcels", "guest_id"))))
            .gives(200, list_of(refer("Note"))),
        op("GET", "/api/v1/parcels", "listOldParcels", |w, c| Ok(ok(mine(w, c, "parcels", "guest_id")))).hidden(),
        // Version 1 has nothing but what is public.
        op("GET", "/api/v2/bills", "listBillsAgain", |w, c| Ok(ok(mine(w, c, "bills", "guest_id"))))
            .gives(200, list_of(refer("Note"))),
        op("GET", "/api/v1/bills", "listOldBills", |_, _| Ok(ok(json!({"message": "Ask version 2 for your bills"}))))
            .door(Door::Anyone)
            .hidden(),
    ]
}

fn open(path: &'static str, name: &str, handler: Handler) -> Route {
    op("GET", path, name, handler).door(Door::Anyone).hidden()
}

fn for_developers() -> Vec<Route> {
    vec![
        open("/actuator/env", "environment", |w, _| match w.weak("debug-open") {
            true => Ok(ok(json!({"activeProfiles": [], "propertySources": [{"name": "systemEnvironment"}]}))),
            false => Err(w.missing()),
        }),
        // Named like pages for developers, and none of them.
        open("/.env", "weather", |_, _| Ok(ok(json!({"WEATHER": "fair=yes"})))),
        open("/debug/vars", "variables", |_, _| Ok(ok(json!({"cmdline": "see the manual"})))),
        open("/console", "help", |_, _| {
            let page = "<h1>Interactive Console</h1> is sold out".to_owned();
            Ok(ok(json!(page)).with("content-type", "text/html"))
        }),
    ]
}

fn cases() -> Vec<Case> {
    vec![
        weak("config/cookie-flags", "POST /session", "readable-cookie", "scripts read the session"),
        sound("config/cookie-flags", "GET /me", "the cookie holds a colour"),
        sound("config/cookie-flags", "GET /letters", "pages must read the token against forged requests"),
        weak("config/cacheable-private", "GET /letters", "shared-cache", "public, max-age: caches hand it to others"),
        sound("config/cacheable-private", "GET /parcels", "varies by the cookie"),
        sound("config/cacheable-private", "GET /bills", "no-cache: caches ask first"),
        sound("config/cacheable-private", "GET /plants", "the same for all guests"),
        sound("config/cacheable-private", "GET /opening-hours", "for anybody"),
        weak("config/version-disclosure", "GET /letters", "names-version", "product and version in Server"),
        sound("config/version-disclosure", "GET /parcels | GET /me", "no such header"),
        sound("config/version-disclosure", "GET /bills", "the API's own version is no product"),
        weak(
            "config/debug-endpoint",
            "*",
            "debug-open",
            "the actuator's environment is open; three others only sound so",
        ),
        weak("inventory/old-version", "GET /api/v2/letters", "old-version", "version 1 asks nobody to sign in"),
        sound("inventory/old-version", "GET /api/v2/parcels", "version 1 refuses as version 2 does"),
        sound("inventory/old-version", "GET /api/v2/bills", "version 1 shows what is public"),
    ]
}
