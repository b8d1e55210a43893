//! A fleet of vehicles behind a gateway that trusts too much; scanned intrusively.

use serde_json::{Value, json};

use crate::case::{Accounts, Case, Twin, sound, weak};
use crate::kit::{
    Auth, Door, Route, SignUp, World, created, keep, list_of, no_content, object, ok, op, refer, reply, uuid, without,
};

pub const TWIN: Twin = Twin {
    name: "fleet",
    style: "gateway headers, camelCase",
    mode: "intrusive",
    accounts: Accounts::Auto,
    build,
    routes,
    base,
    id: |_| json!({"type": "string", "format": "uuid"}),
    cases,
    pair: ("wim", "xia"),
};

const WIM: &str = "71c1e0aa-0b5d-4c11-9a77-1f2e3d4c5b01";
const XIA: &str = "82d2f1bb-1c6e-4d22-8b88-2a3f4e5d6c02";

fn build(on: &[&'static str]) -> World {
    let fail = |status, text: &str| reply(status, json!({"statusCode": status, "message": text}));
    let mut w = World::new(Auth::Jwt { key: "Rt7_kM3!zN8#dS5@hB2vC9fX6wQ1jL4g" }, "userName", fail, on);
    for (id, name, trip, vehicle) in [(WIM, "wim", "93e3a2cc", "b5a5c4ee"), (XIA, "xia", "a4f4b3dd", "c6b6d5ff")] {
        let rest = "3e8a-4f44-8daa-4c5b6a7f8e04";
        w.seed_user(json!({"userId": id, "licence": format!("D{}", name.len() * 4177)}), name, "driver");
        w.put("trips", json!({"tripId": format!("{trip}-{rest}"), "driverId": id, "goal": format!("The yard of {name}"), "approved": false}));
        w.put("vehicles", json!({"vehicleId": format!("{vehicle}-{rest}"), "driverId": id, "plate": format!("{name}-204"), "limit": 80}));
    }
    w
}

fn base() -> Value {
    json!({
        "info": {"title": "Fleet", "version": "4.4"},
        "security": [{"bearer": []}],
        "components": {
            "securitySchemes": {"bearer": {"type": "http", "scheme": "bearer", "bearerFormat": "JWT"}},
            "schemas": {
                "Enrol": object("userName! password!:password licence"), "Login": object("userName! password!:password"),
                "Token": object("accessToken!"), "Driver": object("userId!:uuid userName! licence role"),
                "Trip": object("tripId!:uuid driverId!:uuid goal! approved!:b"), "TripInput": object("goal!"),
                "Vehicle": object("vehicleId!:uuid driverId!:uuid plate! limit!:i"), "VehicleInput": object("plate!"),
                "VehicleLimit": object("limit!:i"),
            }
        }
    })
}

fn routes(_: &[&'static str]) -> Vec<Route> {
    let mut all = accounts();
    all.extend(trips());
    all.extend(vehicles());
    all
}

fn accounts() -> Vec<Route> {
    vec![
        op("POST", "/enrol", "enrolDriver", |w, c| {
            let columns = json!({"userId": uuid(), "licence": c.or("licence", json!("")), "role": "driver"});
            let (SignUp::Made(_) | SignUp::Silent) = w.sign_up(c, columns, true)?;
            Ok(reply(201, json!({"message": "You may sign in."})))
        })
        .open()
        .says("Register as a driver")
        .takes(refer("Enrol"))
        .gives(201, object("message!")),
        op("POST", "/login", "loginDriver", |w, c| {
            let user = w.sign_in(c)?;
            Ok(ok(json!({"accessToken": w.open(&user)})))
        })
        .open()
        .takes(refer("Login"))
        .gives(200, refer("Token")),
        // The gateway writes X-User-Id; whoever reaches the service behind it may write it too.
        op("GET", "/drivers/me", "getMe", |w, c| {
            let named = c.header("x-user-id").filter(|_| w.weak("user-header")).and_then(|id| w.user(id));
            Ok(ok(without(&named.unwrap_or_else(|| c.me.clone()), &["password_hash"])))
        })
        .gives(200, refer("Driver")),
    ]
}

fn trips() -> Vec<Route> {
    vec![
        op("GET", "/trips", "listTrips", |w, c| Ok(ok(json!({"items": w.of("trips", "driverId", &c.me["userId"])}))))
            .gives(200, json!({"type": "object", "properties": {"items": list_of(refer("Trip"))}})),
        op("POST", "/trips", "planTrip", |w, c| {
            let id = uuid();
            let row = json!({"tripId": id, "driverId": c.me["userId"], "goal": c.body["goal"], "approved": false});
            Ok(created(format!("/trips/{id}"), w.put("trips", row)))
        })
        .takes(refer("TripInput"))
        .gives(201, refer("Trip")),
        op("GET", "/trips/{tripId}", "getTrip", |w, c| Ok(ok(w.owned("trips", c.at(0), "/driverId", c, "")?)))
            .gives(200, refer("Trip")),
        op("PATCH", "/trips/{tripId}", "changeTrip", |w, c| {
            w.owned("trips", c.at(0), "/driverId", c, "")?;
            Ok(ok(w.set("trips", c.at(0), &keep(&c.body, &["goal"])).unwrap_or_default()))
        })
        .takes(refer("TripInput"))
        .gives(200, refer("Trip")),
        op("DELETE", "/trips/{tripId}", "cancelTrip", |w, c| {
            w.owned("trips", c.at(0), "/driverId", c, "")?;
            w.cut("trips", c.at(0));
            Ok(no_content())
        })
        .gives(204, Value::Null),
    ]
}

fn vehicles() -> Vec<Route> {
    let limit: fn(&mut World, &crate::kit::Call) -> crate::kit::Answer = |w, c| {
        w.owned("vehicles", c.at(0), "/driverId", c, "")?;
        Ok(ok(w.set("vehicles", c.at(0), &keep(&c.body, &["limit"])).unwrap_or_default()))
    };
    vec![
        op("GET", "/vehicles", "listVehicles", |w, c| {
            Ok(ok(json!({"items": w.of("vehicles", "driverId", &c.me["userId"])})))
        })
        .gives(200, json!({"type": "object", "properties": {"items": list_of(refer("Vehicle"))}})),
        op("POST", "/vehicles", "addVehicle", |w, c| {
            let id = uuid();
            let row = json!({"vehicleId": id, "driverId": c.me["userId"], "plate": c.body["plate"], "limit": 80});
            Ok(created(format!("/vehicles/{id}"), w.put("vehicles", row)))
        })
        .takes(refer("VehicleInput"))
        .gives(201, refer("Vehicle")),
        op("GET", "/vehicles/{vehicleId}", "getVehicle", |w, c| {
            Ok(ok(w.owned("vehicles", c.at(0), "/driverId", c, "")?))
        })
        .gives(200, refer("Vehicle")),
        // Speed limits are set by dispatchers, for the driver's own vehicle too.
        op("PATCH", "/vehicles/{vehicleId}", "limitVehicle", limit)
            .door(Door::Role(&["dispatcher"], ""))
            .takes(refer("VehicleLimit"))
            .gives(200, refer("Vehicle"))
            .gives(403, Value::Null),
        // An older spelling of the same, which the role check never heard of.
        op("PUT", "/vehicles/{vehicleId}", "limitVehicleOld", limit)
            .door(Door::Role(&["dispatcher"], "old-method"))
            .takes(refer("VehicleLimit"))
            .hidden(),
        op("DELETE", "/vehicles/{vehicleId}", "removeVehicle", |w, c| {
            w.owned("vehicles", c.at(0), "/driverId", c, "")?;
            w.cut("vehicles", c.at(0));
            Ok(no_content())
        })
        .gives(204, Value::Null),
    ]
}

fn cases() -> Vec<Case> {
    vec![
        sound("authz/bola-read", "GET /trips/{tripId}", "foreign is 404")
            .by("GET /trips/a4f4b3dd-3e8a-4f44-8daa-4c5b6a7f8e04", ""),
        sound("authz/bola-write", "PATCH /trips/{tripId}", "foreign is 404")
            .by("PATCH /trips/a4f4b3dd-3e8a-4f44-8daa-4c5b6a7f8e04", r#"{"goal": "x"}"#),
        sound("authz/bola-delete", "DELETE /trips/{tripId}", "foreign is 404")
            .by("DELETE /trips/a4f4b3dd-3e8a-4f44-8daa-4c5b6a7f8e04", ""),
        weak(
            "authz/method-override",
            "PATCH /vehicles/{vehicleId} | PUT /vehicles/{vehicleId}",
            "old-method",
            "PUT is not declared and does what PATCH refuses",
        ),
        sound(
            "authz/method-override",
            "DELETE /trips/{tripId} | PATCH /trips/{tripId}",
            "override headers are ignored",
        ),
        weak("authz/trusted-header", "GET /drivers/me", "user-header", "X-User-Id is taken as the caller"),
        sound("authz/trusted-header", "GET /trips | GET /trips/{tripId}", "X-User-Id is ignored"),
        weak("authn/user-enumeration", "POST /login | POST /enrol", "enumerates", "says that there is no such account"),
        weak("authn/no-throttling", "POST /login", "no-throttle", "takes every number of guesses"),
        weak("token/signature-not-verified", "*", "any-signature", "any signature is accepted"),
        sound("property/mass-assignment", "PATCH /trips/{tripId} | POST /trips", "approved is ignored"),
        sound("authn/weak-password-accepted", "POST /enrol", "short and common passwords are refused"),
        sound("authz/role-escalation", "POST /enrol", "a role is ignored"),
    ]
}
