//! A post house that fetches what addresses lead to: everything, what it has a list for, or nothing at all.

use std::io::{Read as _, Write as _};
use std::net::{Ipv4Addr, TcpStream};
use std::time::Duration;

use serde_json::{Value, json};

use crate::case::{Accounts, Case, Twin, sound, weak};
use crate::kit::{Handler, Reply, Route, World, described, house, list_of, login, me, mine, object, ok, op, refer};

pub const TWIN: Twin = Twin {
    name: "posthouse",
    style: "fetches addresses",
    mode: "intrusive",
    accounts: Accounts::SignIn(&[("hal", "guest"), ("ines", "guest")], "POST /login", "/access_token"),
    build,
    routes: |_| [vec![login(), me()], addresses()].into_iter().flatten().collect(),
    base,
    id: |_| json!({"type": "integer"}),
    cases,
    pair: ("hal", "ines"),
};

fn build(on: &[&'static str]) -> World {
    let mut w = house("Yr2!mB8@kN4_zQ6#cV9xT3pS1hF7gL5d", &[(1, "hal", "guest"), (2, "ines", "guest")], on);
    for (id, guest, name) in [(991, 1, "hal"), (992, 2, "ines")] {
        w.put("parcels", json!({"id": id, "guest_id": guest, "text": format!("Horses for {name}, fresh ones")}));
    }
    w
}

fn base() -> Value {
    described("Post house", &[("Parcel", object("id!:i guest_id!:i text!")), ("Word", object("text!"))])
}

/// Asks one address, and gives the head of the answer.
fn head_of(address: &str) -> Option<String> {
    let url = url::Url::parse(address).ok()?;
    let mut stream = TcpStream::connect((Ipv4Addr::LOCALHOST, url.port()?)).ok()?;
    stream.set_read_timeout(Some(Duration::from_secs(2))).ok()?;
    write!(stream, "GET {} HTTP/1.1\r\nHost: {}\r\nConnection: close\r\n\r\n", url.path(), url.host_str()?).ok()?;
    let mut text = String::new();
    stream.read_to_string(&mut text).ok()?;
    Some(text)
}

/// Fetches in the background, as previews are made; nothing outside of this machine is asked.
fn fetch(address: &str, follows: bool) {
    let address = address.to_owned();
    std::thread::spawn(move || {
        let head = head_of(&address).unwrap_or_default();
        let further = head.lines().find_map(|line| line.strip_prefix("Location: "));
        if let Some(further) = further.filter(|_| follows) {
            head_of(further);
        }
    });
}

fn parcel(path: &'static str, name: &str, input: &str, handler: Handler) -> Route {
    let address = json!({"type": "string", "format": "uri"});
    op("GET", path, name, handler).query(input, address).gives(200, refer("Word"))
}

fn said(text: &str) -> Result<Reply, Reply> {
    Ok(ok(json!({"text": text})))
}

fn addresses() -> Vec<Route> {
    vec![
        op("GET", "/parcels", "listParcels", |w, c| Ok(ok(mine(w, c, "parcels", "guest_id"))))
            .gives(200, list_of(refer("Parcel"))),
        parcel("/parcels/preview", "getPreview", "url", |w, c| match c.query("url") {
            Some(url) if w.weak("fetches-any") || w.weak("follows") => {
                fetch(url, w.weak("follows"));
                said("A preview is being made")
            }
            Some(_) => Err(w.refuse(400, "not a public address")),
            None => said("Name an address"),
        }),
        // Goes there once, and never on from there.
        parcel("/parcels/picture", "getPicture", "src", |w, c| match c.query("src") {
            Some(url) if w.weak("fetches-pictures") => {
                fetch(url, false);
                said("A picture is being drawn")
            }
            Some(_) => Err(w.refuse(400, "not a public address")),
            None => said("Name a picture"),
        }),
        // Says the address again, and goes nowhere.
        parcel("/parcels/label", "getLabel", "link", |_, c| said(c.query("link").unwrap_or("no address"))),
        // Goes to stations from its list.
        parcel("/parcels/station", "getStation", "site", |w, c| match c.query("site") {
            None | Some("north" | "south") => said("The road is clear"),
            Some(_) => Err(w.refuse(404, "no such station")),
        }),
    ]
}

fn cases() -> Vec<Case> {
    vec![
        weak("ssrf/callback", "GET /parcels/preview", "fetches-any", "fetches every address"),
        weak("ssrf/callback", "GET /parcels/picture", "fetches-pictures", "the same, without following"),
        sound("ssrf/callback", "GET /parcels/label", "says the address again"),
        sound("ssrf/callback", "GET /parcels/station", "takes names from a list"),
        weak("ssrf/redirect-followed", "GET /parcels/preview", "follows", "follows redirects"),
        sound("ssrf/redirect-followed", "GET /parcels/picture", "goes there once"),
        sound("ssrf/redirect-followed", "GET /parcels/label | GET /parcels/station", "goes nowhere"),
    ]
}
