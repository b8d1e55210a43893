//! Letters: ids wrapped in base64, opaque tokens behind `Token`.

use serde_json::{Value, json};

use crate::case::{Accounts, Case, Twin, sound, weak};
use crate::kit::{
    Auth, Route, SignUp, World, created, keep, key_of, list_of, no_content, object, ok, op, refer, reply, text,
    without, wrap,
};

pub const TWIN: Twin = Twin {
    name: "letters",
    style: "base64 ids, Authorization: Token",
    mode: "active",
    accounts: Accounts::Auto,
    build,
    routes,
    base,
    id: |_| json!({"type": "string", "format": "byte"}),
    cases,
    pair: ("gro@letters.example", "hal@letters.example"),
};

fn build(on: &[&'static str]) -> World {
    let fail = |status, text: &str| reply(status, json!({"type": "about:blank", "status": status, "title": text}));
    let mut w = World::new(Auth::Opaque { header: "authorization", prefix: "Token " }, "email", fail, on);
    for (number, name) in [(31, "gro"), (32, "hal")] {
        let id = wrap("Writer", number);
        w.seed_user(json!({"id": id, "penName": name, "credit": 5}), &format!("{name}@letters.example"), "writer");
        w.put("letters", json!({"id": wrap("Letter", number), "writer": id, "subject": format!("From {name}"), "text": format!("{name} says this to one person")}));
        w.put("boxes", json!({"id": wrap("Box", number), "writer": id, "label": format!("{name} keeps")}));
        w.put(
            "cards",
            json!({"id": wrap("Card", number), "box": wrap("Box", number), "text": format!("card of {name}")}),
        );
    }
    w
}

fn base() -> Value {
    let mut card = object("id! box! text!");
    card["additionalProperties"] = json!(true);
    json!({
        "info": {"title": "Letters", "version": "2"},
        "security": [{"token": []}],
        "components": {
            "securitySchemes": {"token": {"type": "apiKey", "in": "header", "name": "Authorization", "description": "Token <value>"}},
            "schemas": {
                "Account": object("id! email!:email penName! credit!:i role"), "AccountPatch": object("penName!"),
                "Registration": object("email!:email password!:password penName!"), "Login": object("email!:email password!:password"),
                "Letter": object("id! writer! subject! text!"), "LetterInput": object("subject! text!"),
                "Box": object("id! writer! label!"), "BoxInput": object("label!"),
                "Card": card, "CardInput": object("text!"), "Faq": object("question! reply!"),
            }
        }
    })
}

fn routes(on: &[&'static str]) -> Vec<Route> {
    let mut all = accounts();
    all.extend(letters());
    all.extend(boxes());
    all.extend(cards());
    all.push(export(on.contains(&"token-in-url")));
    all
}

fn accounts() -> Vec<Route> {
    vec![
        op("POST", "/users", "createUser", |w, c| {
            let id = wrap("Writer", w.number());
            let columns = json!({"id": id, "penName": c.body["penName"], "credit": 5, "role": "writer"});
            match w.sign_up(c, columns, false)? {
                SignUp::Made(user) => Ok(created("/account", without(&user, &["password_hash"]))),
                SignUp::Silent => Ok(no_content()),
            }
        })
        .open()
        .takes(refer("Registration"))
        .gives(201, refer("Account")),
        op("POST", "/tokens", "createToken", |w, c| {
            let user = w.sign_in(c)?;
            Ok(reply(201, json!({"token": w.open(&user)})))
        })
        .open()
        .takes(refer("Login"))
        .gives(201, object("token!")),
        op("POST", "/tokens/revoke", "revokeToken", |w, c| {
            let token = c.header("authorization").and_then(|held| held.strip_prefix("Token ")).unwrap_or_default();
            if !w.weak("logout-keeps") {
                w.sessions.remove(token);
            }
            Ok(no_content())
        })
        .says("Sign out")
        .gives(204, Value::Null),
        op("GET", "/account", "getAccount", |_, c| Ok(ok(without(&c.me, &["password_hash"]))))
            .gives(200, refer("Account")),
        op("PATCH", "/account", "patchAccount", |w, c| {
            let fields: &[&str] = if w.weak("own-credit") { &["penName", "credit"] } else { &["penName"] };
            let row = w.set("users", &key_of(&c.me), &keep(&c.body, fields)).unwrap_or_default();
            Ok(ok(without(&row, &["password_hash"])))
        })
        .takes(refer("AccountPatch"))
        .gives(200, refer("Account")),
        op("GET", "/faq", "getFaq", |_, _| {
            Ok(ok(json!([{"question": "Are letters private?", "reply": "They should be."}])))
        })
        .open()
        .gives(200, list_of(refer("Faq"))),
    ]
}

fn letters() -> Vec<Route> {
    vec![
        op("GET", "/letters", "listLetters", |w, c| Ok(ok(json!({"data": w.of("letters", "writer", &c.me["id"])}))))
            .query("next_token", json!({"type": "string"}))
            .gives(200, json!({"type": "object", "properties": {"data": list_of(refer("Letter"))}})),
        op("POST", "/letters", "writeLetter", |w, c| {
            let id = wrap("Letter", w.number());
            let row = json!({"id": id, "writer": c.me["id"], "subject": c.body["subject"], "text": c.body["text"]});
            Ok(reply(201, w.put("letters", row)))
        })
        .takes(refer("LetterInput"))
        .gives(201, refer("Letter")),
        op("GET", "/letters/{letter_id}", "getLetter", |w, c| {
            Ok(ok(w.owned("letters", c.at(0), "/writer", c, "letter-read")?))
        })
        .gives(200, refer("Letter")),
        op("PATCH", "/letters/{letter_id}", "editLetter", |w, c| {
            w.owned("letters", c.at(0), "/writer", c, "")?;
            Ok(ok(w.set("letters", c.at(0), &keep(&c.body, &["subject", "text"])).unwrap_or_default()))
        })
        .takes(refer("LetterInput"))
        .gives(200, refer("Letter")),
        op("DELETE", "/letters/{letter_id}", "burnLetter", |w, c| {
            w.owned("letters", c.at(0), "/writer", c, "")?;
            w.cut("letters", c.at(0));
            Ok(no_content())
        })
        .gives(204, Value::Null),
    ]
}

fn boxes() -> Vec<Route> {
    vec![
        op("GET", "/boxes", "listBoxes", |w, c| Ok(ok(json!({"data": w.of("boxes", "writer", &c.me["id"])}))))
            .gives(200, json!({"type": "object", "properties": {"data": list_of(refer("Box"))}})),
        op("POST", "/boxes", "createBox", |w, c| {
            let id = wrap("Box", w.number());
            Ok(reply(201, w.put("boxes", json!({"id": id, "writer": c.me["id"], "label": c.body["label"]}))))
        })
        .takes(refer("BoxInput"))
        .gives(201, refer("Box")),
        op("GET", "/boxes/{box_id}", "getBox", |w, c| Ok(ok(w.owned("boxes", c.at(0), "/writer", c, "")?)))
            .gives(200, refer("Box")),
        op("DELETE", "/boxes/{box_id}", "deleteBox", |w, c| {
            w.owned("boxes", c.at(0), "/writer", c, "")?;
            w.cut("boxes", c.at(0));
            // Cards go with their box.
            if let Some(cards) = w.tables.get_mut("cards") {
                cards.retain(|card| text(&card["box"]) != c.at(0));
            }
            Ok(no_content())
        })
        .gives(204, Value::Null),
    ]
}

fn cards() -> Vec<Route> {
    vec![
        op("GET", "/boxes/{box_id}/cards", "listCards", |w, c| {
            w.owned("boxes", c.at(0), "/writer", c, "")?;
            Ok(ok(json!({"data": w.of("cards", "box", &json!(c.at(0)))})))
        })
        .gives(200, json!({"type": "object", "properties": {"data": list_of(refer("Card"))}})),
        op("POST", "/boxes/{box_id}/cards", "addCard", |w, c| {
            w.owned("boxes", c.at(0), "/writer", c, "")?;
            let id = wrap("Card", w.number());
            let row = json!({"id": id, "box": c.at(0), "text": c.body["text"], "colour": "cream"});
            Ok(reply(201, w.put("cards", row)))
        })
        .takes(refer("CardInput"))
        .gives(201, refer("Card")),
        op("GET", "/boxes/{box_id}/cards/{card_id}", "getCard", |w, c| {
            w.owned("boxes", c.at(0), "/writer", c, "")?;
            let card = w.row("cards", c.at(1))?;
            let fits = text(&card["box"]) == c.at(0) || w.weak("card-parent");
            if fits { Ok(ok(card)) } else { Err(w.missing()) }
        })
        .gives(200, refer("Card")),
    ]
}

fn export(takes_token_in_url: bool) -> Route {
    let route = op("GET", "/export", "exportLetters", |w, c| {
        let in_url = c.query("access_token").filter(|_| w.weak("token-in-url"));
        let user = in_url.and_then(|token| w.sessions.get(token)).and_then(|id| w.user(id));
        let me = user.unwrap_or_else(|| c.me.clone());
        if me.is_null() {
            return Err(w.refuse(401, "sign in first"));
        }
        Ok(ok(json!({"data": w.of("letters", "writer", &me["id"])})))
    })
    .door(crate::kit::Door::Unlocked)
    .gives(200, json!({"type": "object", "properties": {"data": list_of(refer("Letter"))}}));
    if takes_token_in_url { route.query("access_token", json!({"type": "string"})) } else { route }
}

fn cases() -> Vec<Case> {
    vec![
        weak("authz/bola-read", "GET /letters/{letter_id}", "letter-read", "no owner check behind the wrapped id")
            .by("GET /letters/TGV0dGVyOjMy", ""),
        sound("authz/bola-read", "GET /boxes/{box_id}", "foreign is 404").by("GET /boxes/Qm94OjMy", ""),
        sound("authz/bola-write", "PATCH /letters/{letter_id}", "foreign is 404")
            .by("PATCH /letters/TGV0dGVyOjMy", r#"{"subject": "x", "text": "y"}"#),
        sound("authz/bola-delete", "DELETE /letters/{letter_id}", "foreign is 404")
            .by("DELETE /letters/TGV0dGVyOjMy", ""),
        weak(
            "authz/bola-nested",
            "GET /boxes/{box_id}/cards/{card_id}",
            "card-parent",
            "the card is taken from any box",
        )
        .by("GET /boxes/Qm94OjMx/cards/Q2FyZDozMg==", "")
        .against("hal@letters.example", "/boxes/Qm94OjMy/cards/Q2FyZDozMg=="),
        sound("authz/bola-body", "POST /letters", "a writer in the body is ignored"),
        weak(
            "authz/predictable-id",
            "GET /letters/{letter_id} | POST /letters | GET /boxes/{box_id}",
            "counted-ids",
            "base64 of a counter",
        ),
        sound("authz/existence-oracle", "GET /boxes/{box_id}", "404 for both"),
        sound("authn/missing", "GET /faq", "open by declaration").by_nobody("GET /faq", ""),
        weak("authn/credential-in-url", "GET /export", "token-in-url", "the token may travel in the query"),
        sound("authn/weak-password-accepted", "POST /users", "short and common passwords are refused"),
        sound("authn/credential-in-url", "GET /letters", "next_token is a cursor"),
        weak("token/logout-ineffective", "POST /tokens/revoke", "logout-keeps", "the token lives on"),
        weak("property/mass-assignment", "PATCH /account", "own-credit", "credit in the body is stored"),
        sound("property/undocumented-field", "GET /boxes/{box_id}/cards/{card_id}", "the schema allows further fields"),
    ]
}
