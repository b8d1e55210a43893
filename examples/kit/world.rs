//! The state of one API: tables of JSON rows, sessions, and the switches that make it weak. The first field of a row is
//! its key.

use std::collections::{BTreeMap, BTreeSet};
use std::time::{Instant, SystemTime, UNIX_EPOCH};

use serde_json::{Map, Value, json};

use super::http::{Call, Reply};
use super::token::{self, Faults};

/// How callers show who they are.
#[derive(Clone, Copy)]
pub enum Auth {
    /// `Authorization: Bearer`, a signed token.
    Jwt { key: &'static str },
    /// A header with an opaque token behind a prefix.
    Opaque { header: &'static str, prefix: &'static str },
    /// A session cookie.
    Cookie { name: &'static str },
    /// A fixed key per user, in the column `api_key`.
    Key { header: &'static str },
}

/// What looks at a request before its route does; an answer of its own is final.
pub type Before = fn(&mut World, &Call) -> Option<Reply>;

/// One API's memory.
#[derive(Clone)]
pub struct World {
    pub tables: BTreeMap<&'static str, Vec<Value>>,
    pub auth: Auth,
    /// The column that people sign in with.
    pub login: &'static str,
    /// How this API words a refusal.
    pub fail: fn(u16, &str) -> Reply,
    /// Open sessions: token to the key of a user.
    pub sessions: BTreeMap<String, String>,
    /// Wrong guesses before a name is locked.
    pub patience: u32,
    /// Wrong guesses in a row for a name, and when the last one came.
    pub(super) guesses: BTreeMap<String, (u32, Instant)>,
    /// Looks at every request first: counts it, or refuses it.
    pub before: Option<Before>,
    /// The process behind the API has ended: connections are refused, and those that are open break.
    pub is_dead: bool,
    /// The path template of the request that is being answered.
    pub route: &'static str,
    /// Requests by method and path template.
    pub hits: BTreeMap<(&'static str, &'static str), u64>,
    on: BTreeSet<&'static str>,
    serial: u64,
}

impl World {
    pub fn new(auth: Auth, login: &'static str, fail: fn(u16, &str) -> Reply, on: &[&'static str]) -> Self {
        Self {
            tables: BTreeMap::new(),
            auth,
            login,
            fail,
            sessions: BTreeMap::new(),
            patience: 5,
            guesses: BTreeMap::new(),
            before: None,
            is_dead: false,
            route: "",
            hits: BTreeMap::new(),
            on: on.iter().copied().collect(),
            serial: 4100,
        }
    }

    /// Whether a weakness is switched on.
    pub fn weak(&self, switch: &str) -> bool {
        self.on.contains(switch)
    }

    pub fn refuse(&self, status: u16, message: &str) -> Reply {
        (self.fail)(status, message)
    }

    pub fn missing(&self) -> Reply {
        self.refuse(404, "not found")
    }

    /// The next number of the one sequence of this API, or a random one where ids are not to be counted.
    pub fn number(&mut self) -> u64 {
        if self.weak("counted-ids") { self.serial() } else { u64::from(rand::random::<u32>()) + (1 << 33) }
    }

    pub fn serial(&mut self) -> u64 {
        self.serial += 1;
        self.serial
    }

    pub fn rows(&self, table: &str) -> &[Value] {
        self.tables.get(table).map_or(&[], Vec::as_slice)
    }

    pub fn find(&self, table: &str, column: &str, value: &str) -> Option<Value> {
        self.rows(table).iter().find(|row| text(&row[column]) == value).cloned()
    }

    /// Rows whose column holds this value.
    pub fn of(&self, table: &str, column: &str, value: &Value) -> Vec<Value> {
        self.rows(table).iter().filter(|row| same(&row[column], value)).cloned().collect()
    }

    pub fn put(&mut self, table: &'static str, row: Value) -> Value {
        self.tables.entry(table).or_default().push(row.clone());
        row
    }

    /// Sets fields of the row with this key.
    pub fn set(&mut self, table: &str, key: &str, fields: &Value) -> Option<Value> {
        let row = self.tables.get_mut(table)?.iter_mut().find(|row| key_of(row) == key)?;
        for (name, value) in fields.as_object().into_iter().flatten() {
            row.as_object_mut()?.insert(name.clone(), value.clone());
        }
        Some(row.clone())
    }

    /// Takes the row with this key out.
    pub fn cut(&mut self, table: &str, key: &str) {
        if let Some(rows) = self.tables.get_mut(table) {
            rows.retain(|row| key_of(row) != key);
        }
    }

    /// Takes out what hangs on a row: the rows of these tables whose field holds its id.
    pub fn cut_below(&mut self, tables: &[&'static str], field: &str, id: &Value) {
        for table in tables {
            for row in self.of(table, field, id) {
                self.cut(table, &key_of(&row));
            }
        }
    }

    /// The row with this key, whoever owns it.
    pub fn row(&self, table: &str, key: &str) -> Result<Value, Reply> {
        self.rows(table).iter().find(|row| key_of(row) == key).cloned().ok_or_else(|| self.missing())
    }

    /// The row with this key if the caller owns it, or if the switch lets anybody in. `owner` is a JSON pointer to the
    /// owner's key. What is foreign is answered like what is missing.
    pub fn owned(&self, table: &str, key: &str, owner: &str, call: &Call, switch: &str) -> Result<Value, Reply> {
        let row = self.row(table, key)?;
        let is_owner = row.pointer(owner).is_some_and(|owner| text(owner) == key_of(&call.me));
        if is_owner || self.weak(switch) { Ok(row) } else { Err(self.missing()) }
    }

    /// The row of the caller; `null` for nobody.
    pub fn caller(&self, call: &Call) -> Value {
        self.known(call).unwrap_or(Value::Null)
    }

    fn known(&self, call: &Call) -> Option<Value> {
        self.known_with(call, self.faults())
    }

    /// The caller as a handler knows it that reads the token by itself, with these faults; `null` for nobody.
    pub fn caller_read_with(&self, call: &Call, faults: Faults) -> Value {
        self.known_with(call, faults).unwrap_or(Value::Null)
    }

    fn known_with(&self, call: &Call, faults: Faults) -> Option<Value> {
        let session = |token: &str| self.sessions.get(token).and_then(|id| self.user(id));
        match self.auth {
            Auth::Jwt { key } => {
                let token = call.header("authorization")?.strip_prefix("Bearer ")?;
                let claims = token::claims(token, key, now(), faults)?;
                let mut user = self.user(&text(&claims["sub"]))?;
                if self.weak("stale-role")
                    && let Some(columns) = user.as_object_mut()
                {
                    columns.insert("role".to_owned(), claims["role"].clone());
                }
                Some(user)
            }
            Auth::Opaque { header, prefix } => session(call.header(header)?.strip_prefix(prefix)?),
            Auth::Cookie { name } => {
                let pairs = call.header("cookie")?.split("; ").filter_map(|pair| pair.split_once('='));
                session(pairs.clone().find(|(key, _)| *key == name)?.1)
            }
            Auth::Key { header } => self.find("users", "api_key", call.header(header)?),
        }
    }

    /// The user with this key.
    pub fn user(&self, key: &str) -> Option<Value> {
        self.row("users", key).ok()
    }

    /// Opens a session for a user and gives its token.
    pub fn open(&mut self, user: &Value) -> String {
        match self.auth {
            Auth::Jwt { key } => {
                let claims = json!({"sub": key_of(user), "role": user["role"], "jti": self.serial(),
                                    "iat": now(), "exp": now() + 3600});
                token::sign(&claims, key)
            }
            Auth::Key { .. } => text(&user["api_key"]),
            Auth::Opaque { .. } | Auth::Cookie { .. } => {
                let token = format!("{:032x}", rand::random::<u128>());
                self.sessions.insert(token.clone(), key_of(user));
                token
            }
        }
    }

    /// The header with which a user comes.
    pub fn credential(&mut self, user: &Value) -> (String, String) {
        let token = self.open(user);
        match self.auth {
            Auth::Jwt { .. } => ("authorization".to_owned(), format!("Bearer {token}")),
            Auth::Opaque { header, prefix } => (header.to_owned(), format!("{prefix}{token}")),
            Auth::Cookie { name } => ("cookie".to_owned(), format!("{name}={token}")),
            Auth::Key { header } => (header.to_owned(), token),
        }
    }

    fn faults(&self) -> Faults {
        Faults {
            accepts_none: self.weak("alg-none"),
            any_signature: self.weak("any-signature"),
            ignores_expiry: self.weak("expired-tokens"),
        }
    }
}

/// The key of a row: its first field.
pub fn key_of(row: &Value) -> String {
    row.as_object().and_then(|row| row.values().next()).map(text).unwrap_or_default()
}

/// A scalar as it stands in a path.
pub fn text(value: &Value) -> String {
    value.as_str().map_or_else(|| value.to_string(), str::to_owned)
}

/// Whether two values name the same thing, as text or as a number.
pub fn same(left: &Value, right: &Value) -> bool {
    !left.is_null() && text(left) == text(right)
}

/// A random UUID of version 4.
pub fn uuid() -> String {
    let hex = format!("{:032x}", rand::random::<u128>());
    let part = |range: std::ops::Range<usize>| hex.get(range).unwrap_or_default();
    format!("{}-{}-4{}-a{}-{}", part(0..8), part(8..12), part(13..16), part(17..20), part(20..32))
}

/// The fields of a body that a handler takes.
pub fn keep(body: &Value, fields: &[&str]) -> Value {
    let given = body.as_object().into_iter().flatten();
    Value::Object(
        given.filter(|(key, _)| fields.contains(&key.as_str())).map(|(k, v)| (k.clone(), v.clone())).collect(),
    )
}

/// The fields of a row that a reader sees, in this order.
pub fn only(row: &Value, fields: &[&str]) -> Value {
    let shown = fields.iter().filter_map(|field| Some(((*field).to_owned(), row.get(*field)?.clone())));
    Value::Object(shown.collect::<Map<_, _>>())
}

/// A row less some fields.
pub fn without(row: &Value, fields: &[&str]) -> Value {
    let all = row.as_object().into_iter().flatten();
    Value::Object(all.filter(|(key, _)| !fields.contains(&key.as_str())).map(|(k, v)| (k.clone(), v.clone())).collect())
}

/// Seconds since 1970.
pub fn now() -> u64 {
    SystemTime::now().duration_since(UNIX_EPOCH).map_or(0, |time| time.as_secs())
}
