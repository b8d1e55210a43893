//! An animal shelter: UUIDs, nested owner objects, everything in an envelope; scanned intrusively.

use serde_json::{Value, json};

use crate::case::{Accounts, Case, Twin, sound, weak};
use crate::kit::{
    Auth, Door, Reply, Route, SignUp, World, created, keep, key_of, list_of, no_content, object, ok, op, refer, reply,
    text, uuid, without,
};

pub const TWIN: Twin = Twin {
    name: "shelter",
    style: "UUIDs, nested owners, envelope",
    mode: "intrusive",
    accounts: Accounts::Auto,
    build,
    routes,
    base,
    id: |_| json!({"type": "string", "format": "uuid"}),
    cases,
    pair: ("mia@shelter.example", "per@shelter.example"),
};

const MIA: &str = "3f1c7f0e-52b1-4c6e-9d55-0b7c4a1e9a01";
const PER: &str = "8a4de1b2-77c0-4f7b-8e0a-6d92b1f3c502";
const OPEN: &str = "c0a6f5d4-1b2e-4f3a-a1b0-5e6f7a8b9c03";
const PAPER: &str = "d1b7f6e5-2c3f-4a4b-b2c1-6f7a8b9c0d04";
const REX: &str = "e2c8a7f6-3d4a-4b5c-83d2-7a8b9c0d1e05";
const PHOTO: &str = "f3d9b8a7-4e5b-4c6d-94e3-8b9c0d1e2f06";

fn build(on: &[&'static str]) -> World {
    let fail = |status, text: &str| reply(status, json!({"errors": [{"status": status, "detail": text}]}));
    let mut w = World::new(Auth::Jwt { key: "Kp2!xV9s_Lq7@eZ4mWb6#tR1yUj8nHg3" }, "email", fail, on);
    w.seed_user(json!({"id": MIA, "displayName": "Mia"}), "mia@shelter.example", "user");
    w.seed_user(json!({"id": PER, "displayName": "Per"}), "per@shelter.example", "user");
    let per = json!({"id": PER, "name": "Per"});
    w.put("adoptions", json!({"id": OPEN, "owner": per, "note": "A calm dog, please", "status": "pending"}));
    w.put("documents", json!({"id": PAPER, "adoptionId": OPEN, "title": "Proof of address", "body": "Elm Row 14"}));
    w.put("animals", json!({"id": REX, "owner": per, "name": "Rex", "verified": false}));
    w.put("photos", json!({"id": PHOTO, "animalId": REX, "caption": "Rex in the snow"}));
    w
}

fn base() -> Value {
    json!({
        "info": {"title": "Shelter", "version": "2.0.0"},
        "security": [{"jwt": []}],
        "components": {
            "securitySchemes": {"jwt": {"type": "http", "scheme": "bearer"}},
            "schemas": {
                "SignUp": object("email!:email password!:password displayName!"),
                "SignIn": object("email!:email password!:password"),
                "Forgot": object("email!:email"),
                "Owner": object("id!:uuid name!"),
                "Person": object("id!:uuid email!:email displayName! role:user|staff ip"),
                "AdoptionInput": object("note!"),
                "Adoption": object("id!:uuid owner!:@Owner note! status!:pending|approved|declined"),
                "DocumentInput": object("title! body!"),
                "Document": object("id!:uuid adoptionId!:uuid title! body!"),
                "AnimalInput": object("name!"),
                "Animal": object("id!:uuid owner!:@Owner name! verified!:b"),
                "PhotoInput": object("caption!"),
                "Photo": object("id!:uuid animalId!:uuid caption!"),
                "Session": object("token! expiresIn:i"),
                "Message": object("message!"),
            }
        }
    })
}

fn wrapped(schema: Value) -> Value {
    json!({"type": "object", "required": ["data"], "properties": {"data": schema, "meta": {"type": "object"}}})
}

fn data(body: Value) -> Reply {
    ok(json!({"data": body}))
}

fn owner(me: &Value) -> Value {
    json!({"id": me["id"], "name": me["displayName"]})
}

fn routes(_: &[&'static str]) -> Vec<Route> {
    let mut all = accounts();
    all.extend(adoptions());
    all.extend(documents());
    all.extend(animals());
    all.extend(photos());
    all
}

fn accounts() -> Vec<Route> {
    vec![
        // The same answer whether the address is known or not.
        op("POST", "/auth/sign-up", "Auth#signUp", |w, c| {
            let columns = json!({"id": uuid(), "displayName": c.body["displayName"]});
            let (SignUp::Made(_) | SignUp::Silent) = w.sign_up(c, columns, true)?;
            Ok(reply(201, json!({"data": {"message": "Welcome. You can sign in with this address."}})))
        })
        .open()
        .takes(refer("SignUp"))
        .gives(201, wrapped(refer("Message"))),
        op("POST", "/auth/sign-in", "Auth#signIn", |w, c| {
            let user = w.sign_in(c)?;
            Ok(data(json!({"token": w.open(&user), "expiresIn": 3600})))
        })
        .open()
        .takes(refer("SignIn"))
        .gives(200, wrapped(refer("Session"))),
        op("POST", "/auth/forgot-password", "Auth#forgotPassword", |w, c| {
            let is_known = w.find("users", "email", c.field("email")).is_some();
            if w.weak("reset-tells") && !is_known {
                return Err(w.refuse(404, "there is no account with this address"));
            }
            Ok(data(json!({"message": "If the address is known, a mail is on its way."})))
        })
        .open()
        .takes(refer("Forgot"))
        .gives(200, wrapped(refer("Message"))),
        // Shows where the request seems to come from, and trusts it with nothing.
        op("GET", "/me", "People#me", |_, c| {
            let mut me = without(&c.me, &["password_hash"]);
            me["ip"] = json!(c.header("x-forwarded-for").unwrap_or("127.0.0.1"));
            Ok(data(me))
        })
        .gives(200, wrapped(refer("Person"))),
    ]
}

fn adoptions() -> Vec<Route> {
    vec![
        op("GET", "/adoptions", "Adoptions#listAdoptions", |w, c| {
            let own: Vec<Value> =
                w.rows("adoptions").iter().filter(|row| row["owner"]["id"] == c.me["id"]).cloned().collect();
            Ok(ok(json!({"data": own, "meta": {"total": own.len()}})))
        })
        .gives(200, wrapped(list_of(refer("Adoption")))),
        op("POST", "/adoptions", "Adoptions#createAdoption", |w, c| {
            let row = json!({"id": uuid(), "owner": owner(&c.me), "note": c.body["note"], "status": "pending"});
            let row = w.put("adoptions", row);
            Ok(created(format!("/adoptions/{}", key_of(&row)), json!({"data": row})))
        })
        .takes(refer("AdoptionInput"))
        .gives(201, wrapped(refer("Adoption"))),
        op("GET", "/adoptions/{adoptionId}", "Adoptions#getAdoption", |w, c| {
            Ok(data(w.owned("adoptions", c.at(0), "/owner/id", c, "adoption-read")?))
        })
        .gives(200, wrapped(refer("Adoption"))),
        op("PATCH", "/adoptions/{adoptionId}", "Adoptions#updateAdoption", |w, c| {
            w.owned("adoptions", c.at(0), "/owner/id", c, "")?;
            let fields: &[&str] = if w.weak("adoption-status") { &["note", "status"] } else { &["note"] };
            Ok(data(w.set("adoptions", c.at(0), &keep(&c.body, fields)).unwrap_or_default()))
        })
        .takes(refer("AdoptionInput"))
        .gives(200, wrapped(refer("Adoption"))),
        op("DELETE", "/adoptions/{adoptionId}", "Adoptions#withdrawAdoption", |w, c| {
            w.owned("adoptions", c.at(0), "/owner/id", c, "")?;
            w.cut("adoptions", c.at(0));
            Ok(no_content())
        })
        .gives(204, Value::Null),
    ]
}

fn documents() -> Vec<Route> {
    vec![
        op("GET", "/adoptions/{adoptionId}/documents", "Documents#listDocuments", |w, c| {
            let parent = w.owned("adoptions", c.at(0), "/owner/id", c, "")?;
            Ok(data(w.of("documents", "adoptionId", &parent["id"]).into()))
        })
        .gives(200, wrapped(list_of(refer("Document")))),
        op("POST", "/adoptions/{adoptionId}/documents", "Documents#addDocument", |w, c| {
            let parent = w.owned("adoptions", c.at(0), "/owner/id", c, "")?;
            let row =
                json!({"id": uuid(), "adoptionId": parent["id"], "title": c.body["title"], "body": c.body["body"]});
            Ok(reply(201, json!({"data": w.put("documents", row)})))
        })
        .takes(refer("DocumentInput"))
        .gives(201, wrapped(refer("Document"))),
        op("GET", "/adoptions/{adoptionId}/documents/{documentId}", "Documents#getDocument", |w, c| {
            w.owned("adoptions", c.at(0), "/owner/id", c, "")?;
            let row = w.row("documents", c.at(1))?;
            let fits = text(&row["adoptionId"]) == c.at(0) || w.weak("document-parent");
            if fits { Ok(data(row)) } else { Err(w.missing()) }
        })
        .gives(200, wrapped(refer("Document"))),
    ]
}

fn animals() -> Vec<Route> {
    vec![
        op("GET", "/animals", "Animals#listAnimals", |w, _| Ok(data(w.rows("animals").into())))
            .says("All animals that look for a home")
            .gives(200, wrapped(list_of(refer("Animal")))),
        op("POST", "/animals", "Animals#registerAnimal", |w, c| {
            let row = json!({"id": uuid(), "owner": owner(&c.me), "name": c.body["name"], "verified": false});
            let row = w.put("animals", row);
            Ok(created(format!("/animals/{}", key_of(&row)), json!({"data": row})))
        })
        .takes(refer("AnimalInput"))
        .gives(201, wrapped(refer("Animal"))),
        op("GET", "/animals/{animalId}", "Animals#getAnimal", |w, c| Ok(data(w.row("animals", c.at(0))?)))
            .gives(200, wrapped(refer("Animal"))),
        op("PATCH", "/animals/{animalId}", "Animals#renameAnimal", |w, c| {
            w.owned("animals", c.at(0), "/owner/id", c, "")?;
            Ok(data(w.set("animals", c.at(0), &keep(&c.body, &["name"])).unwrap_or_default()))
        })
        .takes(refer("AnimalInput"))
        .gives(200, wrapped(refer("Animal"))),
        // Only staff may take an animal off the list, its owner included.
        op("DELETE", "/animals/{animalId}", "Animals#removeAnimal", |w, c| {
            w.row("animals", c.at(0))?;
            w.cut("animals", c.at(0));
            Ok(no_content())
        })
        .door(Door::Role(&["staff"], ""))
        .gives(204, Value::Null)
        .gives(403, Value::Null),
    ]
}

fn photos() -> Vec<Route> {
    vec![
        op("GET", "/animals/{animalId}/photos", "Photos#listPhotos", |w, c| {
            let parent = w.row("animals", c.at(0))?;
            Ok(data(w.of("photos", "animalId", &parent["id"]).into()))
        })
        .gives(200, wrapped(list_of(refer("Photo")))),
        op("POST", "/animals/{animalId}/photos", "Photos#addPhoto", |w, c| {
            let parent = w.owned("animals", c.at(0), "/owner/id", c, "")?;
            let row = json!({"id": uuid(), "animalId": parent["id"], "caption": c.body["caption"]});
            Ok(reply(201, json!({"data": w.put("photos", row)})))
        })
        .takes(refer("PhotoInput"))
        .gives(201, wrapped(refer("Photo"))),
        op("GET", "/animals/{animalId}/photos/{photoId}", "Photos#getPhoto", |w, c| {
            let row = w.row("photos", c.at(1))?;
            if text(&row["animalId"]) == c.at(0) { Ok(data(row)) } else { Err(w.missing()) }
        })
        .gives(200, wrapped(refer("Photo"))),
    ]
}

fn cases() -> Vec<Case> {
    vec![
        weak("authz/bola-read", "GET /adoptions/{adoptionId}", "adoption-read", "no owner check")
            .by("GET /adoptions/c0a6f5d4-1b2e-4f3a-a1b0-5e6f7a8b9c03", ""),
        sound("authz/bola-read", "GET /animals/{animalId}", "has an owner, and is for all who are signed in")
            .by("GET /animals/e2c8a7f6-3d4a-4b5c-83d2-7a8b9c0d1e05", ""),
        sound("authz/bola-read", "GET /animals/{animalId}/photos/{photoId}", "of an animal that all may see")
            .by("GET /animals/e2c8a7f6-3d4a-4b5c-83d2-7a8b9c0d1e05/photos/f3d9b8a7-4e5b-4c6d-94e3-8b9c0d1e2f06", ""),
        sound("authz/bola-list", "GET /animals", "what all look at, with owners"),
        sound("authz/bola-list", "GET /adoptions", "the caller's own"),
        weak(
            "authz/bola-nested",
            "GET /adoptions/{adoptionId}/documents/{documentId}",
            "document-parent",
            "the parent is checked, and the child is taken from any parent",
        ),
        sound("authz/bola-nested", "GET /animals/{animalId}/photos/{photoId}", "the child must belong to the parent"),
        sound("authz/bola-body", "POST /adoptions", "an owner in the body is ignored"),
        sound("authz/predictable-id", "GET /adoptions/{adoptionId} | POST /adoptions", "random UUIDs"),
        weak(
            "authz/method-override",
            "DELETE /animals/{animalId}",
            "override-header",
            "the inner method passes the role check",
        ),
        sound("authz/trusted-header", "*", "X-Forwarded-For is shown and trusted with nothing"),
        weak("authn/user-enumeration", "POST /auth/forgot-password", "reset-tells", "404 for unknown addresses"),
        sound(
            "authn/user-enumeration",
            "POST /auth/sign-up | POST /auth/sign-in",
            "the same answer for known and unknown",
        ),
        sound("authn/no-throttling", "POST /auth/sign-in", "locked after five wrong guesses"),
        sound("authn/weak-password-accepted", "POST /auth/sign-up", "short and common passwords are refused"),
        weak("property/mass-assignment", "PATCH /adoptions/{adoptionId}", "adoption-status", "status is stored"),
        sound("property/mass-assignment", "PATCH /animals/{animalId}", "verified is ignored"),
        sound("token/signature-not-verified", "*", "the signature is verified"),
        sound("authz/bola-write", "PATCH /animals/{animalId}", "readable by all, changed by its owner alone")
            .by("PATCH /animals/e2c8a7f6-3d4a-4b5c-83d2-7a8b9c0d1e05", r#"{"name": "Max"}"#),
    ]
}
