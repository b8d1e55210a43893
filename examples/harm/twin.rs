//! An API of the harm bench: its state, its routes, what its own server writes, and who is configured.

use serde_json::{Value, json};

use crate::kit::{Route, World, described, document, house};

/// One API of the bench.
pub struct Twin {
    pub name: &'static str,
    /// What is special about it, for the reader of the table.
    pub about: &'static str,
    /// The state with its seeds.
    pub build: fn() -> World,
    pub routes: fn() -> Vec<Route>,
    /// Schemas of the document beside those of the entry.
    pub schemas: fn() -> Vec<(&'static str, Value)>,
    /// The schema of a path parameter.
    pub id: fn(&str) -> Value,
    /// Seed users whose sign-in is configured: name and role.
    pub configured: &'static [(&'static str, &'static str)],
    /// Tables (`audit`) and columns (`notes.views`) that the server itself writes on every request.
    pub server_written: &'static [&'static str],
    /// Rows that others make while the scan runs: neither its own nor seeds.
    pub is_foreign: fn(&str, &Value) -> bool,
    /// What is wrong beside rows, told from the state before and after.
    pub judge: fn(&World, &World) -> Vec<String>,
}

/// What most of them share: three people, of whom the two users are configured.
pub const PLAIN: Twin = Twin {
    name: "",
    about: "",
    build: seeded,
    routes: Vec::new,
    schemas: Vec::new,
    id: |_| json!({"type": "integer"}),
    configured: USERS,
    server_written: &[],
    is_foreign: |_, _| false,
    judge: |_, _| Vec::new(),
};

pub const USERS: &[(&str, &str)] = &[("ines", "user"), ("otto", "user")];
/// With the administrator.
pub const STAFFED: &[(&str, &str)] = &[("ines", "user"), ("otto", "user"), ("ada", "admin")];

/// The people of every twin, counted ids, and sound authorization.
pub fn seeded() -> World {
    with_switches(&["counted-ids"])
}

/// The same, and every handler that looks at an owner lets everybody in.
pub fn careless() -> World {
    with_switches(&["counted-ids", "open-read", "open-write", "open-delete"])
}

/// The people, under these switches.
pub fn with_switches(on: &[&'static str]) -> World {
    house("vq8-Tz2!mR0x-wL4n_7cKd1eHs9pYb3u", &[(1, "ines", "user"), (2, "otto", "user"), (3, "ada", "admin")], on)
}

/// Whether a key belongs to one of the three people.
pub fn is_person(key: &str) -> bool {
    matches!(key, "1" | "2" | "3")
}

impl Twin {
    /// The OpenAPI document.
    pub fn document(&self, routes: &[Route]) -> Value {
        document(described(self.name, &(self.schemas)()), routes, self.id)
    }

    /// Whether somebody of the configuration may make accounts for others.
    pub fn has_administrator(&self) -> bool {
        self.configured.iter().any(|(_, role)| *role == "admin")
    }
}
