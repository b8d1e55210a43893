//! A gallery whose images stand behind signed addresses: a signature for one file and an hour is no secret of a service.
//! One route carries a key that is.

use serde_json::{Value, json};

use crate::case::{Accounts, Case, Twin, sound, weak};
use crate::kit::{
    Route, World, created, described, digest, entry, house, is_mine, key_of, list_of, make, no_content, now, object,
    ok, only, op, refer, sign,
};

pub const TWIN: Twin = Twin {
    name: "gallery",
    style: "signed image addresses",
    mode: "active",
    accounts: Accounts::Auto,
    build,
    routes,
    base,
    id: |_| json!({"type": "integer"}),
    cases,
    pair: ("pia", "ruud"),
};

fn build(on: &[&'static str]) -> World {
    let mut w = house("Xd5#qN2@zM8_tW1!kC7vR4hB9sF6gL3p", &[(1, "pia", "member"), (2, "ruud", "member")], on);
    for (id, owner) in [(51, 1), (52, 2)] {
        w.put("photos", json!({"id": id, "owner_id": owner, "caption": format!("Harbour at dawn, {id}")}));
    }
    w
}

fn base() -> Value {
    described(
        "Gallery",
        &[
            ("Photo", object("id!:i owner_id!:i caption! image_url")),
            ("Thumbnail", object("photo_id!:i thumbnail_url!")),
            ("Preview", object("photo_id!:i preview_url!")),
            ("PhotoInput", object("caption!")),
            ("Upload", json!({"type": "object", "additionalProperties": true})),
        ],
    )
}

/// The hour in which an address is signed, so that it stays the same for a while.
fn hour() -> u64 {
    now() / 3600 * 3600
}

/// A photo with an address that is signed by its query, as AWS does it.
fn shown(row: &Value) -> Value {
    let id = key_of(row);
    let mut shown = only(row, &["id", "owner_id", "caption"]);
    shown["image_url"] = json!(format!(
        "https://media.gallery.example/{id}.jpg?X-Amz-Algorithm=AWS4-HMAC-SHA256&X-Amz-Credential=AKIAW3KQ7ZD5TLNXC2VB%2F20250301%2Feu-west-1%2Fs3%2Faws4_request&X-Amz-Date=20250301T090000Z&X-Amz-Expires=3600&X-Amz-SignedHeaders=host&X-Amz-Signature={}",
        digest(&format!("aws {id} {}", hour()))
    ));
    shown
}

/// A small picture behind a token of the media service, which names the one file.
fn thumbnail(row: &Value) -> Value {
    let id = key_of(row);
    let claims = json!({"url": format!("thumbnails/{id}.jpg"), "iat": hour(), "exp": hour() + 7200});
    let token = sign(&claims, "kept by the media service: Wm8!xQ3#");
    json!({"photo_id": row["id"], "thumbnail_url": format!("https://media.gallery.example/object/sign/thumbnails/{id}.jpg?token={token}")})
}

/// A preview behind a digest and an end.
fn preview(row: &Value) -> Value {
    let id = key_of(row);
    let sig = digest(&format!("{id} {}", hour()));
    json!({"photo_id": row["id"], "preview_url": format!("/media/{id}?expires={}&sig={sig}", hour() + 7200)})
}

fn routes(_: &[&'static str]) -> Vec<Route> {
    let mut all = entry();
    all.extend([
        op("GET", "/photos", "listPhotos", |w, c| {
            Ok(ok(w.of("photos", "owner_id", &c.me["id"]).iter().map(shown).collect()))
        })
        .gives(200, list_of(refer("Photo"))),
        op("POST", "/photos", "addPhoto", |w, c| {
            let row = make(w, c, "photos", "owner_id", &["caption"]);
            Ok(created(format!("/photos/{}", key_of(&row)), shown(&row)))
        })
        .takes(refer("PhotoInput"))
        .gives(201, refer("Photo")),
        op("GET", "/photos/{photo_id}", "getPhoto", |w, c| {
            let row = w.row("photos", c.at(0))?;
            if is_mine(&row, "owner_id", c) { Ok(ok(shown(&row))) } else { Err(w.missing()) }
        })
        .gives(200, refer("Photo")),
        op("DELETE", "/photos/{photo_id}", "dropPhoto", |w, c| {
            w.owned("photos", c.at(0), "/owner_id", c, "")?;
            w.cut("photos", c.at(0));
            Ok(no_content())
        })
        .gives(204, Value::Null),
        op("GET", "/thumbnails", "listThumbnails", |w, c| {
            Ok(ok(w.of("photos", "owner_id", &c.me["id"]).iter().map(thumbnail).collect()))
        })
        .gives(200, list_of(refer("Thumbnail"))),
        op("GET", "/previews", "listPreviews", |w, c| {
            Ok(ok(w.of("photos", "owner_id", &c.me["id"]).iter().map(preview).collect()))
        })
        .gives(200, list_of(refer("Preview"))),
        // Where to send a file to; the switch adds the key with which the gallery itself pays for the storage.
        op("GET", "/uploads/target", "getUploadTarget", |w, c| {
            let mut target =
                json!({"host": "media.gallery.example", "folder": format!("in/{}", key_of(&c.me)), "max_mib": 20});
            if w.weak("vendor-key") {
                target["billing"] = json!(["sk", "live", "51Hq8Zr2LmXv9TbKc4NwPyGdJf7Q"].join("_"));
            }
            Ok(ok(target))
        })
        .gives(200, refer("Upload")),
    ]);
    all
}

fn cases() -> Vec<Case> {
    vec![
        sound("data/secret-in-response", "GET /photos | GET /photos/{photo_id}", "an address signed by its query"),
        sound("data/secret-in-response", "GET /thumbnails", "a token in an address that opens one file"),
        sound("data/secret-in-response", "GET /previews", "a signature in an address that opens one file"),
        sound(
            "property/excessive-exposure",
            "GET /photos | GET /photos/{photo_id} | GET /thumbnails | GET /previews",
            "signed addresses open one file each",
        ),
        sound(
            "authn/credential-in-url",
            "GET /photos | GET /thumbnails | GET /previews",
            "the signature is no user's credential",
        ),
        weak("data/secret-in-response", "GET /uploads/target", "vendor-key", "the key of a payment service")
            .by("GET /uploads/target", ""),
        sound("authz/bola-read", "GET /photos/{photo_id}", "foreign is 404").by("GET /photos/52", ""),
    ]
}
