//! A package registry: fixed API keys in a header, names in the path, an administrator.

use serde_json::{Value, json};

use crate::case::{Accounts, Case, Twin, sound, weak};
use crate::kit::{
    Auth, Door, Route, World, created, keep, list_of, no_content, object, ok, op, refer, reply, same, uuid, without,
};

pub const TWIN: Twin = Twin {
    name: "registry",
    style: "X-API-Key, names in the path",
    mode: "active",
    accounts: Accounts::Tokens(&[("nils", "publisher"), ("olga", "publisher"), ("root", "admin")]),
    build,
    routes,
    base,
    id: |_| json!({"type": "string"}),
    cases,
    pair: ("nils", "olga"),
};

fn build(on: &[&'static str]) -> World {
    let fail = |status, text: &str| {
        reply(status, json!({"message": text, "documentation_url": "https://registry.example/docs"}))
    };
    let mut w = World::new(Auth::Key { header: "x-api-key" }, "handle", fail, on);
    for (handle, role, key) in [
        ("nils", "publisher", "rk_live_8Jq2nVx7Lm4Tz1Wc"),
        ("olga", "publisher", "rk_live_5Bf9sKd3Hr6Py0Ue"),
        ("root", "admin", "rk_live_1Ga7wQo4Ni8Xj2Mv"),
    ] {
        w.seed_user(json!({"handle": handle, "api_key": key}), handle, role);
        w.put("packages", json!({"name": format!("{handle}-tools"), "publisher": handle, "summary": format!("What {handle} needs"),
                                 "sha256": "9f86d081884c7d659a2feaa0c55ad015a3bf4f1b2b0b822cd15d6c15b0f00a08", "metadata": {}}));
        let hook = format!("5b0c7d1e-aaaa-4bbb-8ccc-0000000{}", handle.bytes().map(u32::from).sum::<u32>() + 10_000);
        w.put(
            "webhooks",
            json!({"hook_id": hook, "owner": handle, "url": format!("https://hooks.example/{handle}/4417")}),
        );
    }
    w.put("featured", json!({"feature_id": 31, "package": "olga-tools", "line": "Tool of the week"}));
    w.put("deprecations", json!({"deprecation_id": 41, "package": "nils-tools", "reason": "Too old"}));
    w
}

fn base() -> Value {
    json!({
        "info": {"title": "Registry", "version": "1.0"},
        "security": [{"ApiKeyAuth": []}],
        "components": {
            "securitySchemes": {"ApiKeyAuth": {"type": "apiKey", "in": "header", "name": "X-API-Key"}},
            "schemas": {
                "Package": object("name! publisher! summary! sha256 metadata:o"),
                "NewPackage": object("name! summary! metadata:o"), "PackageChange": object("summary metadata:o"),
                "Webhook": object("hook_id!:uuid owner! url!"), "NewWebhook": object("url!"),
                "Feature": object("feature_id!:i package! line!"), "NewFeature": object("package! line!"),
                "Deprecation": object("deprecation_id!:i package! reason!"), "NewDeprecation": object("package! reason!"),
                "Person": object("handle! role! key_hint!"), "Event": object("kind! package!"), "Stats": object("packages!:i webhooks!:i people!:i"),
            }
        }
    })
}

fn routes(on: &[&'static str]) -> Vec<Route> {
    let mut all = packages();
    all.extend(webhooks());
    all.extend(editors());
    all.extend(feeds(on.contains(&"key-in-url")));
    all
}

fn packages() -> Vec<Route> {
    vec![
        op("GET", "/v1/packages", "packages_list", |w, _| Ok(ok(json!({"items": w.rows("packages"), "next_page_token": null}))))
            .says("Search the catalogue")
            .query("page_token", json!({"type": "string"}))
            .query("key", json!({"type": "string", "description": "keyword to look for"}))
            .gives(200, json!({"type": "object", "properties": {"items": list_of(refer("Package")), "next_page_token": {"type": "string", "nullable": true}}})),
        op("POST", "/v1/packages", "packages_publish", |w, c| {
            if w.row("packages", c.field("name")).is_ok() {
                return Err(w.refuse(409, "this name is taken"));
            }
            let row = json!({"name": c.body["name"], "publisher": c.me["handle"], "summary": c.body["summary"], "sha256": "",
                             "metadata": c.or("metadata", json!({}))});
            Ok(created(format!("/v1/packages/{}", c.field("name")), w.put("packages", row)))
        })
        .takes(refer("NewPackage"))
        .gives(201, refer("Package")),
        op("GET", "/v1/packages/{name}", "packages_get", |w, c| Ok(ok(w.row("packages", c.at(0))?))).gives(200, refer("Package")),
        // `metadata` is the publisher's own blob: whatever it holds is kept, and means nothing to the registry.
        op("PATCH", "/v1/packages/{name}", "packages_update", |w, c| {
            let row = w.row("packages", c.at(0))?;
            if !same(&row["publisher"], &c.me["handle"]) {
                return Err(w.refuse(403, "not your package"));
            }
            Ok(ok(w.set("packages", c.at(0), &keep(&c.body, &["summary", "metadata"])).unwrap_or_default()))
        })
        .takes(refer("PackageChange"))
        .gives(200, refer("Package")),
        op("DELETE", "/v1/packages/{name}", "packages_yank", |w, c| {
            let row = w.row("packages", c.at(0))?;
            if !same(&row["publisher"], &c.me["handle"]) {
                return Err(w.refuse(403, "not your package"));
            }
            w.cut("packages", c.at(0));
            Ok(no_content())
        })
        .gives(204, Value::Null),
    ]
}

fn webhooks() -> Vec<Route> {
    vec![
        op("GET", "/v1/webhooks", "webhooks_list", |w, c| {
            let all = w.weak("hook-list").then(|| w.rows("webhooks").to_vec());
            Ok(ok(json!({"items": all.unwrap_or_else(|| w.of("webhooks", "owner", &c.me["handle"]))})))
        })
        .gives(200, json!({"type": "object", "properties": {"items": list_of(refer("Webhook"))}})),
        op("POST", "/v1/webhooks", "webhooks_create", |w, c| {
            let id = uuid();
            let row = json!({"hook_id": id, "owner": c.me["handle"], "url": c.body["url"]});
            Ok(created(format!("/v1/webhooks/{id}"), w.put("webhooks", row)))
        })
        .takes(refer("NewWebhook"))
        .gives(201, refer("Webhook")),
        op("GET", "/v1/webhooks/{hook_id}", "webhooks_get", |w, c| {
            Ok(ok(w.owned("webhooks", c.at(0), "/owner", c, "")?))
        })
        .gives(200, refer("Webhook")),
        op("PUT", "/v1/webhooks/{hook_id}", "webhooks_replace", |w, c| {
            w.owned("webhooks", c.at(0), "/owner", c, "hook-write")?;
            Ok(ok(w.set("webhooks", c.at(0), &keep(&c.body, &["url"])).unwrap_or_default()))
        })
        .takes(refer("NewWebhook"))
        .gives(200, refer("Webhook")),
        op("DELETE", "/v1/webhooks/{hook_id}", "webhooks_delete", |w, c| {
            w.owned("webhooks", c.at(0), "/owner", c, "")?;
            w.cut("webhooks", c.at(0));
            Ok(no_content())
        })
        .gives(204, Value::Null),
    ]
}

fn editors() -> Vec<Route> {
    let admin = Door::Role(&["admin"], "");
    vec![
        op("GET", "/v1/featured", "featured_list", |w, _| Ok(ok(w.rows("featured").into()))).gives(200, list_of(refer("Feature"))),
        op("POST", "/v1/admin/featured", "admin_featured_add", |w, c| {
            let id = w.serial();
            Ok(reply(201, w.put("featured", json!({"feature_id": id, "package": c.body["package"], "line": c.body["line"]}))))
        })
        .door(Door::Role(&["admin"], "feature-write"))
        .takes(refer("NewFeature"))
        .gives(201, refer("Feature")),
        op("DELETE", "/v1/admin/featured/{feature_id}", "admin_featured_remove", |w, c| {
            w.row("featured", c.at(0))?;
            w.cut("featured", c.at(0));
            Ok(no_content())
        })
        .door(admin)
        .gives(204, Value::Null),
        op("POST", "/v1/admin/deprecations", "admin_deprecations_add", |w, c| {
            let id = w.serial();
            let row = json!({"deprecation_id": id, "package": c.body["package"], "reason": c.body["reason"]});
            Ok(reply(201, w.put("deprecations", row)))
        })
        .door(admin)
        .takes(refer("NewDeprecation"))
        .gives(201, refer("Deprecation")),
        op("DELETE", "/v1/admin/deprecations/{deprecation_id}", "admin_deprecations_remove", |w, c| {
            w.row("deprecations", c.at(0))?;
            w.cut("deprecations", c.at(0));
            Ok(no_content())
        })
        .door(admin)
        .gives(204, Value::Null),
        op("GET", "/v1/admin/stats", "admin_stats", |w, _| {
            Ok(ok(json!({"packages": w.rows("packages").len(), "webhooks": w.rows("webhooks").len(), "people": w.rows("users").len()})))
        })
        .door(admin)
        .gives(200, refer("Stats")),
        op("GET", "/v1/admin/people", "admin_people", |w, _| {
            let people = w.rows("users").iter().map(|row| json!({"handle": row["handle"], "role": row["role"], "key_hint": "rk_live_****************"}));
            Ok(ok(people.collect()))
        })
        .door(admin)
        .gives(200, list_of(refer("Person"))),
    ]
}

fn feeds(takes_key_in_url: bool) -> Vec<Route> {
    let mut events = op("GET", "/v1/events", "events_feed", |w, c| {
        let in_url =
            c.query("api_key").filter(|_| w.weak("key-in-url")).and_then(|key| w.find("users", "api_key", key));
        if c.me.is_null() && in_url.is_none() {
            return Err(w.refuse(401, "a key is needed"));
        }
        let me = in_url.unwrap_or_else(|| c.me.clone());
        let own = w.of("packages", "publisher", &me["handle"]);
        Ok(ok(own.iter().map(|row| json!({"kind": "published", "package": row["name"]})).collect()))
    })
    .door(Door::Unlocked)
    .gives(200, list_of(refer("Event")));
    if takes_key_in_url {
        events =
            events.says("Events for feed readers, which send no headers").query("api_key", json!({"type": "string"}));
    }
    vec![
        events,
        op("GET", "/v1/me", "me_get", |_, c| Ok(ok(without(&c.me, &["password_hash", "api_key"]))))
            .gives(200, object("handle! role!")),
        // Counts nothing and keeps nothing: clients may send it before they have a key.
        op("POST", "/v1/telemetry", "telemetry_send", |_, _| Ok(reply(202, json!({"accepted": true}))))
            .open()
            .takes(object("client!"))
            .gives(202, object("accepted:b")),
        op("POST", "/v1/packages/{name}/reviews", "reviews_add", |w, c| {
            w.row("packages", c.at(0))?;
            let id = w.serial();
            let row = json!({"review_id": id, "package": c.at(0), "author": c.me["handle"], "text": c.body["text"]});
            Ok(reply(201, w.put("reviews", row)))
        })
        .door(Door::Forgetful("anonymous-review"))
        .takes(object("text!"))
        .gives(201, object("review_id!:i package! author text!")),
        op("GET", "/v1/packages/{name}/reviews", "reviews_list", |w, c| {
            Ok(ok(w.of("reviews", "package", &json!(c.at(0))).into()))
        })
        .gives(200, list_of(object("review_id!:i package! author text!"))),
    ]
}

fn cases() -> Vec<Case> {
    vec![
        sound("authz/bola-read", "GET /v1/packages/{name}", "a catalogue for all")
            .by("GET /v1/packages/olga-tools", ""),
        sound("authz/bola-list", "GET /v1/packages", "a catalogue for all").by("GET /v1/packages", ""),
        weak("authz/bola-list", "GET /v1/webhooks", "hook-list", "lists everybody's; the item's own route refuses")
            .by("GET /v1/webhooks", ""),
        weak("authz/bola-write", "PUT /v1/webhooks/{hook_id}", "hook-write", "replaces another publisher's hook")
            .by("PUT /v1/webhooks/5b0c7d1e-aaaa-4bbb-8ccc-000000010419", r#"{"url": "https://x.example"}"#),
        sound("authz/bola-write", "PATCH /v1/packages/{name}", "403 for foreign")
            .by("PATCH /v1/packages/olga-tools", r#"{"summary": "x"}"#),
        sound("authz/bola-delete", "DELETE /v1/packages/{name}", "403 for foreign")
            .by("DELETE /v1/packages/olga-tools", ""),
        sound(
            "authz/existence-oracle",
            "PATCH /v1/packages/{name} | DELETE /v1/packages/{name}",
            "the catalogue is known to all",
        ),
        weak("authz/function-write", "POST /v1/admin/featured", "feature-write", "a publisher features a package")
            .by("POST /v1/admin/featured", r#"{"package": "nils-tools", "line": "Mine"}"#)
            .against("root", "/v1/admin/featured"),
        sound("authz/function-write", "POST /v1/admin/deprecations", "refuses publishers")
            .by("POST /v1/admin/deprecations", r#"{"package": "olga-tools", "reason": "x"}"#)
            .against("root", "/v1/admin/deprecations"),
        sound("authz/function-read", "GET /v1/admin/stats", "refuses publishers")
            .by("GET /v1/admin/stats", "")
            .against("root", "/v1/admin/stats"),
        sound("authz/function-read", "GET /v1/featured", "what editors chose, for all to see")
            .by("GET /v1/featured", ""),
        weak(
            "authn/missing-write",
            "POST /v1/packages/{name}/reviews",
            "anonymous-review",
            "stores what nobody signed",
        )
        .by_nobody("POST /v1/packages/olga-tools/reviews", r#"{"text": "x"}"#),
        sound("authn/missing-write", "POST /v1/telemetry", "accepts anything and stores nothing")
            .by_nobody("POST /v1/telemetry", r#"{"client": "x"}"#),
        weak("authn/credential-in-url", "GET /v1/events", "key-in-url", "the key may travel in the query"),
        sound("authn/credential-in-url", "GET /v1/packages", "page_token and key are a cursor and a keyword"),
        sound("token/stale-role", "*", "the role belongs to the account, and no token holds it"),
        sound("property/mass-assignment", "PATCH /v1/packages/{name}", "metadata is a blob that keeps everything"),
        sound("property/excessive-exposure", "GET /v1/admin/people", "keys are masked"),
        sound("property/excessive-exposure", "GET /v1/packages/{name}", "a digest of the archive, not of a password"),
    ]
}
