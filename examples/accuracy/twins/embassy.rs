//! An embassy that is asked in GraphQL: visas by plain and by global ids, what stands within them, and notices for everybody.
//! The endpoint is the only route of the document that shows anything.

use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;
use serde_json::{Map, Value, json};

use crate::case::{Accounts, Case, Twin, sound, weak};
use crate::kit::graphql::{Endpoint, schema};
use crate::kit::{Call, Route, World, described, house, key_of, login, object, op, text};

pub const TWIN: Twin = Twin {
    name: "embassy",
    style: "GraphQL, global ids",
    mode: "intrusive",
    accounts: Accounts::SignIn(&[("lena", "citizen"), ("marc", "citizen")], "POST /login", "/access_token"),
    build,
    routes,
    base,
    id: |_| json!({"type": "integer"}),
    cases,
    pair: ("marc", "lena"),
};

fn build(on: &[&'static str]) -> World {
    let mut w = house("Vt5@rM1!xK8_wD3#pQ6yF9nB2hJ7cL4s", &[(1, "lena", "citizen"), (2, "marc", "citizen")], on);
    for (id, citizen, name) in [(310, 1, "lena"), (311, 2, "marc"), (312, 1, "lena"), (313, 2, "marc")] {
        let purpose = format!("Journey {id} of {name} along the river");
        w.put(
            "visas",
            json!({"id": id, "citizen_id": citizen, "purpose": purpose, "passport": format!("P{id}77{id}")}),
        );
        w.put("stamps", json!({"id": id * 10, "visa_id": id, "place": format!("Border post of {name}, lane {id}")}));
        w.put(
            "letters",
            json!({"id": id + 4_000, "citizen_id": citizen, "body": format!("Dear {name}, of journey {id}")}),
        );
    }
    for id in 0..3 {
        w.put("notices", json!({"id": 900 + id, "title": format!("Office hours of week {id}"), "author": {"id": 1}}));
    }
    w
}

fn base() -> Value {
    described("Embassy", &[("Question", object("query! variables:o"))])
}

fn routes(_: &[&'static str]) -> Vec<Route> {
    let ask = op("POST", "/graphql", "graphql", |w, c| {
        let weak = w.weak("unbounded");
        let endpoint = Endpoint {
            resolve,
            schema: Some(kinds()),
            depth: if weak { 100 } else { 9 },
            most_names: if weak { 1_000 } else { 12 },
            batches: weak,
        };
        Ok(endpoint.answer(w, c))
    });
    vec![login(), ask.open().gives(200, Value::Null)]
}

fn kinds() -> Value {
    schema(&[
        "Query me:Citizen! visas:[Visa!]! visa(id:ID!):Visa permit(id:ID!):Visa node(id:ID!):Node letters:[Letter!]! letter(id:ID!):Letter notices:[Notice!]! notice(id:ID!):Notice",
        "Citizen id:ID! username:String! office:Office visas:[Visa!]!",
        "Office id:ID! town:String! members:[Citizen!]!",
        "Visa id:ID! purpose:String! passport:String citizen:Citizen! stamps:[Stamp!]!",
        "Stamp id:ID! place:String!",
        "Letter id:ID! body:String!",
        "Notice id:ID! title:String!",
        "Node=Visa|Letter",
    ])
}

fn global(kind: &str, id: &Value) -> String {
    STANDARD.encode(format!("{kind}:{}", text(id)))
}

/// The plain id within a global one of this kind.
fn plain(kind: &str, args: &Map<String, Value>) -> Option<String> {
    let bytes = STANDARD.decode(args.get("id")?.as_str()?).ok()?;
    String::from_utf8(bytes).ok()?.strip_prefix(kind)?.strip_prefix(':').map(str::to_owned)
}

fn with_kind(mut row: Value, kind: &str) -> Value {
    row["__typename"] = json!(kind);
    row
}

fn resolve(w: &mut World, c: &Call, of: &Value, field: &str, args: &Map<String, Value>) -> Result<Value, String> {
    match of["__typename"].as_str().unwrap_or_default() {
        "Query" if field == "notices" || field == "notice" => resolve_notices(w, field, args),
        "Query" if c.me.is_null() => Err("Not authenticated".to_owned()),
        "Query" => resolve_root(w, c, field, args),
        kind => Ok(match (kind, field) {
            ("Visa", "citizen") => with_kind(w.user(&text(&of["citizen_id"])).unwrap_or_default(), "Citizen"),
            ("Visa", "stamps") => all(w, "stamps", "visa_id", &of["id"], "Stamp"),
            ("Citizen", "office") => json!({"__typename": "Office", "id": 70, "town": "Montreux"}),
            ("Office", "members") => w.rows("users").iter().map(|row| with_kind(row.clone(), "Citizen")).collect(),
            // Members of an office see each other, and not what the others ask for.
            ("Citizen", "visas") if of["id"] != c.me["id"] && !w.weak("visas-of-members") => json!([]),
            ("Citizen", "visas") => all(w, "visas", "citizen_id", &of["id"], "Visa"),
            (_, "id") => json!(global(kind, &of["id"])),
            _ => of[field].clone(),
        }),
    }
}

fn all(w: &World, table: &str, column: &str, key: &Value, kind: &str) -> Value {
    w.of(table, column, key).into_iter().map(|row| with_kind(row, kind)).collect()
}

fn resolve_notices(w: &World, field: &str, args: &Map<String, Value>) -> Result<Value, String> {
    if field == "notices" {
        return Ok(w.rows("notices").iter().map(|row| with_kind(row.clone(), "Notice")).collect());
    }
    let found = plain("Notice", args).and_then(|id| w.row("notices", &id).ok());
    Ok(found.map_or(Value::Null, |row| with_kind(row, "Notice")))
}

fn resolve_root(w: &World, c: &Call, field: &str, args: &Map<String, Value>) -> Result<Value, String> {
    let me = c.me["id"].clone();
    let one = |table: &str, kind: &str, switch: &str| {
        let row = plain(kind, args).and_then(|id| w.row(table, &id).ok());
        let row = row.filter(|row| text(&row["citizen_id"]) == key_of(&c.me) || w.weak(switch));
        row.map_or(Value::Null, |row| with_kind(row, kind))
    };
    Ok(match field {
        "me" => with_kind(c.me.clone(), "Citizen"),
        "visas" => all(w, "visas", "citizen_id", &me, "Visa"),
        "letters" => all(w, "letters", "citizen_id", &me, "Letter"),
        "visa" => one("visas", "Visa", "visa-of-anybody"),
        // Says no in words, with nothing beside them.
        "permit" => match one("visas", "Visa", "") {
            Value::Null => return Err("You are not allowed to see this".to_owned()),
            found => found,
        },
        "letter" => one("letters", "Letter", ""),
        "node" => match one("letters", "Letter", "node-of-anybody") {
            Value::Null => one("visas", "Visa", ""),
            found => found,
        },
        _ => return Err(format!("Cannot query field {field}")),
    })
}

fn cases() -> Vec<Case> {
    const CHECK: &str = "graphql/field-authorization";
    vec![
        weak(
            CHECK,
            "POST /graphql:query.visa | POST /graphql:query.visa.stamps",
            "visa-of-anybody",
            "any visa by its id",
        ),
        weak(CHECK, "POST /graphql:query.node.Letter", "node-of-anybody", "any letter by its global id"),
        sound(CHECK, "POST /graphql:query.permit", "refused in words, under status 200"),
        sound(CHECK, "POST /graphql:query.letter", "null for what is another's, as for what is missing"),
        sound(CHECK, "POST /graphql:query.node.Visa", "null by the way that lets letters out"),
        sound(CHECK, "POST /graphql:query.notice", "notices are for everybody"),
        weak(
            "authz/bola-list",
            "POST /graphql:query.me.office.members.visas | POST /graphql:query.me.office.members.visas.stamps",
            "visas-of-members",
            "visas of all members",
        ),
        sound("authz/bola-list", "POST /graphql:query.me.office.members", "members see each other"),
        sound("authz/bola-list", "POST /graphql:query.me.visas", "the caller's own, within the caller"),
        sound("authz/bola-list", "POST /graphql:query.notices", "the same for all"),
        sound("authn/missing", "POST /graphql:query.notices", "content for everybody"),
        weak("graphql/batching", "*", "unbounded", "fifty names, and ten questions in one request"),
        weak("graphql/depth", "*", "unbounded", "twenty levels"),
    ]
}
