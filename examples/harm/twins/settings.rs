//! One object behind a path, and a POST that looks as if it made one: settings of a user, of everybody.

use serde_json::{Value, json};

use super::notes;
use crate::kit::{Answer, Call, Route, World, keep, key_of, login, object, ok, op, refer};
use crate::twin::{PLAIN, STAFFED, Twin, careless, seeded};

/// `POST /users/{id}/settings` and `/me/settings` overwrite.
pub const USERS_OWN: Twin = Twin {
    name: "settings-own",
    about: "POST and PUT to the one settings object of a user",
    build: || with_settings(seeded()),
    routes: own_settings,
    schemas,
    ..PLAIN
};

/// The same without a look at whose they are.
pub const USERS_OPEN: Twin = Twin {
    name: "settings-open",
    about: "the same, and anybody may write anybody's",
    build: || with_settings(careless()),
    ..USERS_OWN
};

/// One POST switches off a way to sign in for all.
pub const HOUSE: Twin = Twin {
    name: "settings-house",
    about: "POST to the organisation's settings, sign-in among them",
    build: || with_settings(seeded()),
    routes: house_settings,
    schemas,
    configured: STAFFED,
    ..PLAIN
};

/// The organisation's again, and every signed-in caller may.
pub const HOUSE_OPEN: Twin = Twin {
    name: "settings-loose",
    about: "the same, open to every signed-in caller, below verbs",
    build: || with_settings(careless()),
    routes: loose_settings,
    ..HOUSE
};

/// Values by key: `PUT /preferences/{key}` makes or overwrites.
pub const KEYED: Twin = Twin {
    name: "settings-keyed",
    about: "values under keys that are words: theme, language",
    build: || {
        let mut w = with_settings(seeded());
        for key in ["1:theme", "1:language", "2:theme", "2:language"] {
            w.put("values", json!({"key": key, "value": format!("of {key}")}));
        }
        w
    },
    routes: keyed,
    schemas,
    id: |_| json!({"type": "string", "enum": ["theme", "language"]}),
    ..PLAIN
};

fn schemas() -> Vec<(&'static str, Value)> {
    let mut all = notes::schemas();
    all.push(("Settings", object("language:en|fr|de signature newsletter:b")));
    all.push(("HouseSettings", object("name password_sign_in:b welcome quota:i")));
    all.push(("KeyValue", object("value!")));
    all
}

fn with_settings(mut w: World) -> World {
    notes::seed_notes(&mut w);
    for id in [1, 2, 3] {
        w.put(
            "settings",
            json!({"user_id": id, "language": "fr", "signature": format!("Yours, {id}"), "newsletter": false}),
        );
    }
    w.put(
        "house",
        json!({"id": 1, "name": "The old mill", "password_sign_in": true, "welcome": "Come in", "quota": 50}),
    );
    w
}

fn shown(w: &World, key: &str) -> Answer {
    Ok(ok(w.find("settings", "user_id", key).unwrap_or_else(|| json!({"language": "en", "newsletter": false}))))
}

fn overwrite(w: &mut World, c: &Call, key: &str) -> Answer {
    let fields = keep(&c.body, &["language", "signature", "newsletter"]);
    if w.find("settings", "user_id", key).is_none() {
        w.put("settings", json!({"user_id": key.parse::<u64>().unwrap_or_default(), "language": "en"}));
    }
    Ok(ok(w.set("settings", key, &fields).unwrap_or_default()))
}

fn may(w: &World, c: &Call, switch: &str) -> bool {
    c.at(0) == key_of(&c.me) || w.weak(switch)
}

/// Leaving takes the settings along.
fn leave() -> Route {
    notes::leave().answered(|w, c| {
        w.cut("users", &key_of(&c.me));
        w.cut("settings", &key_of(&c.me));
        Ok(crate::kit::no_content())
    })
}

fn own_settings() -> Vec<Route> {
    notes::with(vec![
        leave(),
        op("GET", "/users/{id}/settings", "getUserSettings", |w, c| {
            if may(w, c, "open-read") { shown(w, c.at(0)) } else { Err(w.missing()) }
        })
        .gives(200, refer("Settings")),
        op("POST", "/users/{id}/settings", "createUserSettings", |w, c| {
            if !may(w, c, "open-write") {
                return Err(w.missing());
            }
            w.row("users", c.at(0))?;
            overwrite(w, c, c.at(0)).map(|done| crate::kit::reply(201, done.body))
        })
        .takes(refer("Settings"))
        .gives(201, refer("Settings")),
        op("GET", "/me/settings", "getSettings", |w, c| shown(w, &key_of(&c.me))).gives(200, refer("Settings")),
        op("PUT", "/me/settings", "putSettings", |w, c| overwrite(w, c, &key_of(&c.me)))
            .takes(refer("Settings"))
            .gives(200, refer("Settings")),
        op("POST", "/me/settings/reset", "resetSettings", |w, c| {
            w.cut("settings", &key_of(&c.me));
            Ok(crate::kit::no_content())
        })
        .gives(204, Value::Null),
    ])
}

fn change_house(w: &mut World, c: &Call) -> Answer {
    let fields = keep(&c.body, &["name", "password_sign_in", "welcome", "quota"]);
    Ok(ok(w.set("house", "1", &fields).unwrap_or_default()))
}

/// Signing in by password, as long as it is switched on.
fn guarded_login() -> Route {
    login().answered(|w, c| {
        if w.find("house", "id", "1").is_some_and(|house| house["password_sign_in"] != json!(true)) {
            return Err(w.refuse(403, "signing in by password is switched off"));
        }
        let user = w.sign_in(c)?;
        Ok(ok(json!({"access_token": w.open(&user)})))
    })
}

fn house_settings() -> Vec<Route> {
    let admins = crate::kit::Door::Role(&["admin"], "nobody");
    notes::with(vec![
        guarded_login(),
        op("GET", "/organisation/settings", "getOrganisationSettings", |w, _| Ok(ok(w.row("house", "1")?)))
            .gives(200, refer("HouseSettings")),
        op("POST", "/organisation/settings", "saveOrganisationSettings", change_house)
            .door(admins)
            .takes(refer("HouseSettings"))
            .gives(201, refer("HouseSettings")),
        op("PATCH", "/organisation/settings", "patchOrganisationSettings", change_house)
            .door(admins)
            .takes(refer("HouseSettings"))
            .gives(200, refer("HouseSettings")),
    ])
}

fn loose_settings() -> Vec<Route> {
    notes::with(vec![
        guarded_login(),
        op("GET", "/config", "getConfig", |w, _| Ok(ok(w.row("house", "1")?))).gives(200, refer("HouseSettings")),
        op("POST", "/config", "addConfig", change_house)
            .takes(refer("HouseSettings"))
            .gives(201, refer("HouseSettings")),
        op("PUT", "/config", "setConfig", change_house)
            .takes(refer("HouseSettings"))
            .gives(200, refer("HouseSettings")),
        op("DELETE", "/config", "clearConfig", |w, _| {
            w.cut("house", "1");
            Ok(crate::kit::no_content())
        })
        .gives(204, Value::Null),
    ])
}

fn keyed() -> Vec<Route> {
    notes::less(
        notes::with(vec![
            op("GET", "/preferences/{key}", "getPreference", |w, c| {
                Ok(ok(w.row("values", &format!("{}:{}", key_of(&c.me), c.at(0)))?))
            })
            .gives(200, refer("KeyValue")),
            op("PUT", "/preferences/{key}", "putPreference", |w, c| {
                let key = format!("{}:{}", key_of(&c.me), c.at(0));
                let fields = keep(&c.body, &["value"]);
                match w.set("values", &key, &fields) {
                    Some(row) => Ok(ok(row)),
                    None => Ok(crate::kit::reply(201, w.put("values", json!({"key": key, "value": fields["value"]})))),
                }
            })
            .takes(refer("KeyValue"))
            .gives(200, refer("KeyValue")),
            op("DELETE", "/preferences/{key}", "deletePreference", |w, c| {
                w.cut("values", &format!("{}:{}", key_of(&c.me), c.at(0)));
                Ok(crate::kit::no_content())
            })
            .gives(204, Value::Null),
        ]),
        &["GET /notes/{id}", "PUT /notes/{id}", "DELETE /notes/{id}", "POST /notes"],
    )
}
