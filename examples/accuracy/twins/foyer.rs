//! A foyer in which callers get what is theirs: fresh tokens at sign-in and renewal, a renewed token with the profile, the
//! secret of their second factor while they enrol it, the number of their chat. One route shows the secret to others.

use serde_json::{Value, json};

use crate::case::{Accounts, Case, Twin, sound, weak};
use crate::kit::{
    Auth, Reply, Route, SignUp, World, created, described, digest, key_of, list_of, no_content, now, object, ok, only,
    op, refer, reply, same, sign, text, uuid,
};

pub const TWIN: Twin = Twin {
    name: "foyer",
    style: "own tokens, enrolment, chat sessions",
    mode: "active",
    accounts: Accounts::Auto,
    build,
    routes,
    base,
    id: |name| json!({"type": if name == "number" { "integer" } else { "string" }}),
    cases,
    pair: ("sara", "theo"),
};

/// The account's key is known to its tokens alone; people are known by name and number.
fn build(on: &[&'static str]) -> World {
    let fail = |status, text: &str| reply(status, json!({"error": text}));
    let mut w = World::new(Auth::Jwt { key: "Vb7!tK2#xR9_mS4@zQ1wL8hN5cF3gD6j" }, "username", fail, on);
    for (number, name) in [(1201, "sara"), (1202, "theo")] {
        let key = format!("acct-{}", digest(name).get(..12).unwrap_or_default());
        w.seed_user(json!({"account": key, "number": number, "totp_secret": secret(name)}), name, "guest");
        w.put(
            "chats",
            json!({"session_id": uuid(), "guest": number, "topic": format!("Where is the cloakroom of {name}?")}),
        );
    }
    w
}

/// Base32, as authenticators want it.
fn secret(of: &str) -> String {
    let letters: Vec<char> = ('A'..='Z').chain('2'..='7').collect();
    let places = digest(of).into_bytes();
    let place = |pair: &[u8]| pair.iter().fold(0, |sum, byte| sum * 31 + usize::from(*byte)) % letters.len();
    places.chunks(2).filter_map(|pair| letters.get(place(pair))).collect()
}

fn base() -> Value {
    let open = json!({"type": "object", "additionalProperties": true});
    described(
        "Foyer",
        &[
            ("Enter", object("username! password!:password")),
            ("Ticket", object("ticket! refresh_token")),
            ("Profile", open.clone()),
            ("Message", open.clone()),
            ("Guest", object("number!:i username!")),
            ("Factor", open),
            ("Chat", object("session_id! guest!:i topic!")),
            ("ChatInput", object("topic!")),
        ],
    )
}

fn routes(_: &[&'static str]) -> Vec<Route> {
    let mut all = entrance();
    all.extend(factors());
    all.extend(chats());
    all
}

fn ticket(w: &mut World, user: &Value) -> Reply {
    ok(json!({"ticket": w.open(user), "refresh_token": format!("{:032x}", rand::random::<u128>())}))
}

fn entrance() -> Vec<Route> {
    vec![
        op("POST", "/join", "join", |w, c| {
            let number = w.number();
            let columns =
                json!({"account": format!("acct-{}", uuid()), "number": number, "totp_secret": secret(&uuid())});
            match w.sign_up(c, columns, false)? {
                SignUp::Made(user) => Ok(created("/profile", only(&user, &["number", "username"]))),
                SignUp::Silent => Ok(no_content()),
            }
        })
        .open()
        .takes(refer("Enter"))
        .gives(201, refer("Guest")),
        op("POST", "/enter", "enter", |w, c| {
            let user = w.sign_in(c)?;
            Ok(ticket(w, &user))
        })
        .open()
        .takes(refer("Enter"))
        .gives(200, refer("Ticket")),
        op("POST", "/renew", "renewTicket", |w, c| Ok(ticket(w, &c.me))).gives(200, refer("Ticket")),
        // Long visits go on: the profile brings a fresh ticket of the caller's.
        op("GET", "/profile", "getProfile", |w, c| {
            let mut shown = only(&c.me, &["number", "username"]);
            shown["renewed"] = json!(w.open(&c.me));
            Ok(ok(shown))
        })
        .gives(200, refer("Profile")),
        // For the doors, which know guests by number: no subject in it, and its key is theirs.
        op("GET", "/visit", "getVisit", |_, c| {
            let claims = json!({"guest": c.me["number"], "name": c.me["username"], "iat": now(), "exp": now() + 900});
            Ok(ok(json!({"number": c.me["number"], "door_ticket": sign(&claims, "the doors' own: Tq5#vM9!zK2")})))
        })
        .gives(200, refer("Profile")),
        op("GET", "/guests/{number}", "getGuest", |w, c| {
            let guest = w.find("users", "number", c.at(0)).ok_or_else(|| w.missing())?;
            let shown: &[&str] =
                if w.weak("totp-shown") { &["number", "username", "totp_secret"] } else { &["number", "username"] };
            Ok(ok(only(&guest, shown)))
        })
        .says("The card of a guest, for all guests")
        .gives(200, refer("Guest")),
        op("GET", "/guests", "listGuests", |w, _| {
            Ok(ok(w.rows("users").iter().map(|row| only(row, &["number", "username"])).collect()))
        })
        .gives(200, list_of(refer("Guest"))),
    ]
}

/// What an authenticator scans.
fn enrolment(me: &Value) -> Value {
    let (secret, name) = (text(&me["totp_secret"]), text(&me["username"]));
    json!({"totp_secret": secret, "otpauth_url": format!("otpauth://totp/Foyer:{name}?secret={secret}&issuer=Foyer")})
}

/// What an authenticator would show; time stands still in the foyer.
pub(super) fn code(me: &Value) -> String {
    digest(&text(&me["totp_secret"])).chars().filter(char::is_ascii_digit).take(6).collect()
}

fn factors() -> Vec<Route> {
    vec![
        // The caller's own, until a code proves that the authenticator has it.
        op("GET", "/second-factor/authenticator", "getAuthenticator", |w, c| {
            let is_on = c.me["enrolled"] == json!(true);
            if is_on { Err(w.refuse(409, "the second factor is on")) } else { Ok(ok(enrolment(&c.me))) }
        })
        .gives(200, refer("Factor")),
        // The same for clients that enrol in one step: shown once, and never again.
        op("POST", "/second-factor", "enrolSecondFactor", |w, c| {
            if c.me["shown"] == json!(true) {
                return Err(w.refuse(409, "it was shown before"));
            }
            w.set("users", &key_of(&c.me), &json!({"shown": true}));
            Ok(reply(201, enrolment(&c.me)))
        })
        .gives(201, refer("Factor")),
        op("POST", "/second-factor/confirm", "confirmSecondFactor", |w, c| {
            if c.field("code") != code(&c.me) {
                return Err(w.refuse(422, "this is not the code"));
            }
            w.set("users", &key_of(&c.me), &json!({"enrolled": true}));
            Ok(no_content())
        })
        .takes(object("code!"))
        .gives(204, Value::Null),
        op("GET", "/second-factor", "getSecondFactor", |_, c| {
            Ok(ok(json!({"enrolled": c.me["enrolled"] == json!(true)})))
        })
        .gives(200, refer("Factor")),
    ]
}

fn chats() -> Vec<Route> {
    vec![
        op("GET", "/chats", "listChats", |w, c| Ok(ok(w.of("chats", "guest", &c.me["number"]).into())))
            .gives(200, list_of(refer("Chat"))),
        op("POST", "/chats", "openChat", |w, c| {
            let id = uuid();
            let row = json!({"session_id": id, "guest": c.me["number"], "topic": c.body["topic"]});
            Ok(created(format!("/chats/{id}"), w.put("chats", row)))
        })
        .takes(refer("ChatInput"))
        .gives(201, refer("Chat")),
        op("GET", "/chats/{session_id}", "getChat", |w, c| {
            let row = w.row("chats", c.at(0))?;
            if same(&row["guest"], &c.me["number"]) { Ok(ok(row)) } else { Err(w.missing()) }
        })
        .gives(200, refer("Chat")),
        op("GET", "/messages", "listMessages", |w, c| {
            let said =
                |chat: &Value| json!({"session_id": chat["session_id"], "text": chat["topic"], "sender": "guest"});
            Ok(ok(w.of("chats", "guest", &c.me["number"]).iter().map(said).collect()))
        })
        .gives(200, list_of(refer("Message"))),
        op("DELETE", "/chats/{session_id}", "closeChat", |w, c| {
            let row = w.row("chats", c.at(0))?;
            if !same(&row["guest"], &c.me["number"]) {
                return Err(w.missing());
            }
            w.cut("chats", c.at(0));
            Ok(no_content())
        })
        .gives(204, Value::Null),
    ]
}

fn cases() -> Vec<Case> {
    vec![
        sound("data/secret-in-response", "POST /enter | POST /renew", "the caller's own fresh ticket"),
        sound("data/secret-in-response", "GET /profile", "the caller's own ticket, renewed"),
        sound("data/secret-in-response", "GET /visit", "a pass whose claims name the caller by number and name"),
        sound(
            "property/excessive-exposure",
            "POST /enter | POST /renew | GET /profile | GET /visit",
            "the caller's own tickets",
        ),
        sound(
            "property/excessive-exposure",
            "GET /second-factor/authenticator",
            "the caller's own secret, until it is enrolled",
        ),
        sound("property/excessive-exposure", "POST /second-factor", "the caller's own secret, shown once"),
        sound(
            "data/secret-in-response",
            "GET /second-factor/authenticator | POST /second-factor",
            "the caller's own secret",
        ),
        sound(
            "property/excessive-exposure",
            "GET /chats | GET /chats/{session_id} | GET /messages",
            "session_id is the number of a chat",
        ),
        sound(
            "data/secret-in-response",
            "GET /chats | GET /chats/{session_id} | GET /messages",
            "session_id is the number of a chat",
        ),
        sound("authz/bola-read", "GET /chats/{session_id}", "foreign is 404"),
        weak("property/excessive-exposure", "GET /guests/{number}", "totp-shown", "the second factor of any guest")
            .by("GET /guests/1202", ""),
    ]
}
