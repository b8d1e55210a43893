//! A quarry that takes values for code, paths and addresses, each on one route; the others look as if they did.

use serde_json::{Value, json};

use crate::case::{Accounts, Case, Twin, sound, weak};
use crate::kit::{
    Call, Handler, Reply, Route, World, described, house, list_of, login, me, mine, object, ok, op, refer, reply, text,
};

pub const TWIN: Twin = Twin {
    name: "quarry",
    style: "values taken for code",
    mode: "intrusive",
    accounts: Accounts::SignIn(&[("fay", "guest"), ("gus", "guest")], "POST /login", "/access_token"),
    build,
    routes: |_| [vec![login(), me()], stones(), texts(), files(), gates()].into_iter().flatten().collect(),
    base,
    id: |_| json!({"type": "string"}),
    cases,
    pair: ("fay", "gus"),
};

fn build(on: &[&'static str]) -> World {
    let mut w = house("Xw3!rB8@kN2_zQ7#cV5mT9pS1hF6gL4d", &[(1, "fay", "guest"), (2, "gus", "guest")], on);
    for (id, guest, name) in [(971, 1, "granite"), (972, 2, "marble"), (973, 1, "slate"), (974, 2, "basalt")] {
        w.put("stones", json!({"id": id, "guest_id": guest, "name": name, "weight": id * 3}));
    }
    w
}

fn base() -> Value {
    described(
        "Quarry",
        &[
            ("Stone", object("id!:i guest_id!:i name! weight!:i")),
            ("Text", object("text!")),
            ("File", object("content!")),
        ],
    )
}

/// How a query reads a value that was put between its quotes: the value, whether a comparison that was added holds, or
/// nothing where the sentence is broken.
fn read_as_sql(value: &str) -> Option<(String, bool)> {
    let Some((plain, rest)) = value.split_once('\'') else { return Some((value.to_owned(), true)) };
    let (left, right) = rest.strip_prefix(" AND '")?.split_once("' LIKE '")?;
    (!right.contains('\'')).then(|| (plain.to_owned(), left == right))
}

/// The same for a number without quotes.
fn read_as_number(value: &str) -> Option<(String, bool)> {
    let Some((plain, rest)) = value.split_once(' ') else { return Some((value.to_owned(), true)) };
    let (left, right) = rest.strip_prefix("AND '")?.strip_suffix('\'')?.split_once("' LIKE '")?;
    Some((plain.to_owned(), left == right))
}

fn find(w: &World, c: &Call, column: &str, (value, holds): (String, bool)) -> Value {
    let own = mine(w, c, "stones", "guest_id");
    let found = own.as_array().into_iter().flatten().filter(|row| holds && text(&row[column]) == value);
    found.cloned().collect()
}

fn stones() -> Vec<Route> {
    let list = |path, name, handler: Handler| {
        op("GET", path, name, handler).query("name", json!({"type": "string"})).gives(200, list_of(refer("Stone")))
    };
    vec![
        op("GET", "/stones", "listStones", |w, c| Ok(ok(mine(w, c, "stones", "guest_id"))))
            .gives(200, list_of(refer("Stone"))),
        list("/stones/search", "searchStones", |w, c| {
            let Some(name) = c.query("name") else { return Ok(ok(mine(w, c, "stones", "guest_id"))) };
            if !w.weak("sql-text") {
                return Ok(ok(find(w, c, "name", (name.to_owned(), true))));
            }
            let read = read_as_sql(name).ok_or_else(|| w.refuse(500, "the search failed"))?;
            Ok(ok(find(w, c, "name", read)))
        }),
        // Looks for every word, in any order.
        list("/stones/words", "searchWords", |w, c| {
            let Some(name) = c.query("name") else { return Ok(ok(mine(w, c, "stones", "guest_id"))) };
            let words: Vec<String> =
                name.split(|letter: char| !letter.is_alphanumeric()).map(str::to_lowercase).collect();
            let own = mine(w, c, "stones", "guest_id");
            let is_found = |row: &&Value| words.iter().any(|word| text(&row["name"]) == *word);
            Ok(ok(own.as_array().into_iter().flatten().filter(is_found).cloned().collect()))
        }),
        // Refuses every quote.
        list("/stones/strict", "searchStrictly", |w, c| {
            let Some(name) = c.query("name") else { return Ok(ok(mine(w, c, "stones", "guest_id"))) };
            if !name.chars().all(char::is_alphanumeric) {
                return Err(w.refuse(500, "the search failed"));
            }
            Ok(ok(find(w, c, "name", (name.to_owned(), true))))
        }),
        op("GET", "/stones/{stone_id}", "getStone", |w, c| {
            let read = if w.weak("sql-number") { read_as_number(c.at(0)) } else { Some((c.at(0).to_owned(), true)) };
            let found = find(w, c, "id", read.ok_or_else(|| w.refuse(500, "failed"))?);
            found.get(0).cloned().map(ok).ok_or_else(|| w.missing())
        })
        .gives(200, refer("Stone")),
        // Reads the digits at the beginning, as `parseInt` does.
        op("GET", "/stones/{stone_id}/label", "getLabel", |w, c| {
            let digits: String = c.at(0).chars().take_while(char::is_ascii_digit).collect();
            let found = find(w, c, "id", (digits, true));
            found.get(0).cloned().map(ok).ok_or_else(|| w.missing())
        })
        .gives(200, refer("Stone")),
    ]
}

/// Works out the products between these two texts.
fn worked_out(value: &str, before: &str, behind: &str) -> String {
    let (mut out, mut rest) = (String::new(), value);
    while let Some((plain, from)) = rest.split_once(before) {
        let Some((inner, after)) = from.split_once(behind) else { break };
        let factors =
            inner.split_once('*').and_then(|(one, other)| Some(one.parse::<u64>().ok()? * other.parse::<u64>().ok()?));
        out.push_str(plain);
        out.push_str(&factors.map_or_else(|| format!("{before}{inner}{behind}"), |product| product.to_string()));
        rest = after;
    }
    out + rest
}

fn greeting(c: &Call) -> String {
    format!("Good morning, {}", c.query("to").unwrap_or("whoever you are"))
}

fn said(text: String) -> Result<Reply, Reply> {
    Ok(ok(json!({"text": text})))
}

fn spoken(path: &'static str, name: &str, handler: Handler) -> Route {
    op("GET", path, name, handler).query("to", json!({"type": "string"})).gives(200, refer("Text"))
}

fn texts() -> Vec<Route> {
    vec![
        spoken("/greetings/card", "getCard", |w, c| match w.weak("template") {
            true => said(worked_out(&greeting(c), "{{", "}}")),
            false => said(greeting(c)),
        }),
        spoken("/greetings/banner", "getBanner", |w, c| match w.weak("shell") {
            true => said(worked_out(&greeting(c), "$((", "))")),
            false => said(greeting(c)),
        }),
        // Says it as it came.
        spoken("/greetings/plain", "getPlain", |_, c| said(greeting(c))),
        // A calculator, which is what it is for.
        spoken("/greetings/sums", "getSums", |_, c| {
            let is_part = |letter: char| letter.is_ascii_digit() || letter == '*';
            let sums = greeting(c);
            let parts = sums.split(|letter| !is_part(letter)).filter(|part| part.contains('*'));
            said(parts.map(|part| worked_out(&format!("({part})"), "(", ")")).collect::<Vec<_>>().join(" "))
        }),
    ]
}

const ACCOUNTS: &str = "root:x:0:0:root:/root:/bin/sh\ndaemon:x:1:1::/:/sbin/nologin\n";

/// What a file system has at this path below the folder of plans.
fn opened(path: &str) -> Option<&'static str> {
    let mut at = vec!["srv", "plans"];
    if path.starts_with('/') {
        at.clear();
    }
    for part in path.split('/') {
        match part {
            ".." => _ = at.pop(),
            "" | "." => {}
            part => at.push(part),
        }
    }
    match at.join("/").as_str() {
        "srv/plans/north.txt" => Some("The north face is steep"),
        "etc/passwd" => Some(ACCOUNTS),
        _ => None,
    }
}

fn filed(path: &'static str, name: &str, handler: Handler) -> Route {
    op("GET", path, name, handler)
        .query("file", json!({"type": "string", "default": "north.txt"}))
        .gives(200, refer("File"))
}

fn content(w: &World, path: &str) -> Result<Reply, Reply> {
    opened(path).map(|content| ok(json!({"content": content}))).ok_or_else(|| w.missing())
}

fn files() -> Vec<Route> {
    vec![
        filed("/plans/view", "viewPlan", |w, c| {
            let file = c.query("file").unwrap_or("north.txt");
            if file.contains("..") && !w.weak("steps-up") {
                return Err(w.refuse(400, "no such plan"));
            }
            content(w, file.trim_start_matches('/'))
        }),
        // Takes the last part of a path.
        filed("/plans/preview", "viewPreview", |w, c| {
            let file = c.query("file").unwrap_or("north.txt");
            content(w, file.rsplit('/').next().unwrap_or_default())
        }),
        // A page of the manual that quotes the file, whatever is asked for.
        filed("/plans/manual", "viewManual", |_, c| {
            let content = if c.query("file").is_some() {
                format!("Such a file begins with {ACCOUNTS}")
            } else {
                "Ask".to_owned()
            };
            Ok(ok(json!({"content": content})))
        }),
    ]
}

/// Writes a value into a header as careless servers do: a line break begins another one.
fn split_into(answer: Reply, value: &str) -> Reply {
    let mut lines = value.split("\r\n");
    let answer = answer.with("x-name", lines.next().unwrap_or_default().to_owned());
    lines.filter_map(|line| line.split_once(": ")).fold(answer, |answer, (name, value)| match name {
        "x-routewarden" => answer.with("x-routewarden", value.to_owned()),
        _ => answer,
    })
}

fn gates() -> Vec<Route> {
    let door = |path, name, handler: Handler| {
        op("GET", path, name, handler).query("next", json!({"type": "string"})).gives(200, refer("Text"))
    };
    vec![
        op("GET", "/plans/copy", "getCopy", |w, c| {
            let name = c.query("title").unwrap_or("north");
            let plain: String = name.chars().filter(|letter| !letter.is_control()).collect();
            let answer = ok(json!({"text": "The plan, folded"}));
            Ok(split_into(answer, if w.weak("splits-header") { name } else { &plain }))
        })
        .query("title", json!({"type": "string"}))
        .gives(200, refer("Text")),
        door("/gates/north", "getNorthGate", |w, c| match c.query("next") {
            Some(next) if next.starts_with('/') && !next.starts_with("//") || w.weak("leads-away") => {
                Ok(reply(302, Value::Null).with("location", next.to_owned()))
            }
            Some(_) => Err(w.refuse(400, "not one of our paths")),
            None => said("The north gate".to_owned()),
        }),
        // What is not a path of its own becomes one.
        door("/gates/south", "getSouthGate", |_, c| match c.query("next") {
            Some(next) => {
                Ok(reply(302, Value::Null).with("location", format!("/way/{}", next.trim_start_matches('/'))))
            }
            None => said("The south gate".to_owned()),
        }),
        // Says where a link leads, and leads nobody there.
        door("/gates/west", "getWestGate", |_, c| match c.query("next") {
            Some(next) => Ok(ok(json!({"text": format!("You are about to leave for {next}")}))
                .with("content-location", "/gates/west")),
            None => said("The west gate".to_owned()),
        }),
    ]
}

fn cases() -> Vec<Case> {
    vec![
        weak("inject/sql", "GET /stones/search", "sql-text", "puts the name between the quotes of a query"),
        weak("inject/sql", "GET /stones/{stone_id}", "sql-number", "puts the number into a query"),
        sound("inject/sql", "GET /stones/words", "looks for each of the words"),
        sound("inject/sql", "GET /stones/strict", "fails on every quote"),
        sound("inject/sql", "GET /stones/{stone_id}/label", "takes the digits at the beginning"),
        weak("inject/template", "GET /greetings/card", "template", "evaluates what stands in braces"),
        sound("inject/template", "GET /greetings/plain | GET /greetings/banner", "says it as it came"),
        sound("inject/template", "GET /greetings/sums", "a calculator"),
        weak("inject/command", "GET /greetings/banner", "shell", "a shell works the text out"),
        sound("inject/command", "GET /greetings/plain | GET /greetings/card", "says it as it came"),
        sound("inject/command", "GET /greetings/sums", "a calculator"),
        weak("inject/path-traversal", "GET /plans/view", "steps-up", "steps lead out of the folder"),
        sound("inject/path-traversal", "GET /plans/preview", "takes the last part of the path"),
        sound("inject/path-traversal", "GET /plans/manual", "quotes the file, whatever is asked for"),
        weak("inject/header", "GET /plans/copy", "splits-header", "a line break begins a header"),
        sound("inject/header", "GET /gates/south | GET /gates/west", "values in headers without line breaks"),
        sound("inject/header", "GET /stones/search", "the value is in no header"),
        weak("inject/open-redirect", "GET /gates/north", "leads-away", "redirects to what the parameter says"),
        sound("inject/open-redirect", "GET /gates/south", "becomes a path of its own"),
        sound("inject/open-redirect", "GET /gates/west", "says where it leads, and redirects nobody"),
    ]
}
