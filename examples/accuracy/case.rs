//! A labelled case, and an API of the bench with everything that is known about it.

use serde_json::Value;

use crate::kit::{Route, World};

/// What is true of an operation.
#[derive(Clone, Copy, PartialEq, Eq)]
pub enum Label {
    /// Weak while this switch is on, sound without it.
    Weak(&'static str),
    Sound,
}

/// One statement: this check is right or wrong to speak of these operations.
#[derive(Clone)]
pub struct Case {
    pub check: &'static str,
    /// `GET /a/{id}`; several with ` | ` where any of them shows the same weakness; `*` for the whole API.
    pub operations: &'static str,
    pub label: Label,
    pub why: &'static str,
    pub attack: Option<Attack>,
}

/// Who sends an attack.
#[derive(Clone, Copy)]
pub enum By {
    /// The intruder of the API's pair.
    Intruder,
    /// Another user, by sign-in name.
    User(&'static str),
    Nobody,
}

/// The request of an intruder, for the common rules.
#[derive(Clone, Copy)]
pub struct Attack {
    pub by: By,
    pub method: &'static str,
    pub path: &'static str,
    /// JSON, or nothing.
    pub body: &'static str,
    /// Whose rightful request the answer is held against: user and path, where it is not the owner with the same path.
    pub rightful: Option<(&'static str, &'static str)>,
}

pub fn weak(check: &'static str, operations: &'static str, switch: &'static str, why: &'static str) -> Case {
    Case { check, operations, label: Label::Weak(switch), why, attack: None }
}

pub fn sound(check: &'static str, operations: &'static str, why: &'static str) -> Case {
    Case { check, operations, label: Label::Sound, why, attack: None }
}

impl Case {
    /// What the intruder of the pair sends; `request` is `GET /a/1`.
    pub fn by(self, request: &'static str, body: &'static str) -> Self {
        self.sent(By::Intruder, request, body)
    }

    /// What another user than the intruder of the pair sends.
    pub fn by_user(self, name: &'static str, request: &'static str, body: &'static str) -> Self {
        self.sent(By::User(name), request, body)
    }

    /// What somebody without credentials sends.
    pub fn by_nobody(self, request: &'static str, body: &'static str) -> Self {
        self.sent(By::Nobody, request, body)
    }

    fn sent(mut self, by: By, request: &'static str, body: &'static str) -> Self {
        let (method, path) = request.split_once(' ').unwrap_or(("GET", request));
        self.attack = Some(Attack { by, method, path, body, rightful: None });
        self
    }

    /// Holds the answer against another rightful request than the owner's to the same path.
    pub fn against(mut self, user: &'static str, path: &'static str) -> Self {
        self.attack = self.attack.map(|attack| Attack { rightful: Some((user, path)), ..attack });
        self
    }

    /// Whether the case speaks of this operation.
    pub fn covers(&self, operation: &str) -> bool {
        self.operations == "*" || self.operations.split(" | ").any(|one| one == operation)
    }
}

/// Whom a scan acts as.
pub enum Accounts {
    /// Nobody is configured; the scan signs up its own.
    Auto,
    /// Seed users by name and role, with a ready token or key.
    Tokens(&'static [(&'static str, &'static str)]),
    /// Seed users by name and role, who sign in: operation, and pointer to the token.
    SignIn(&'static [(&'static str, &'static str)], &'static str, &'static str),
}

/// One API of the bench.
pub struct Twin {
    pub name: &'static str,
    /// Its style, for the reader of the table.
    pub style: &'static str,
    pub mode: &'static str,
    pub accounts: Accounts,
    /// The state with its seeds, under these switches.
    pub build: fn(&[&'static str]) -> World,
    pub routes: fn(&[&'static str]) -> Vec<Route>,
    /// Info, components and security of the document.
    pub base: fn() -> Value,
    /// The schema of a path parameter.
    pub id: fn(&str) -> Value,
    pub cases: fn() -> Vec<Case>,
    /// Intruder and owner of the attacks, by sign-in name.
    pub pair: (&'static str, &'static str),
}

impl Twin {
    /// Every switch that some case names.
    pub fn switches(&self) -> Vec<&'static str> {
        let mut switches: Vec<&'static str> = (self.cases)()
            .iter()
            .filter_map(|case| match case.label {
                Label::Weak(switch) => Some(switch),
                Label::Sound => None,
            })
            .collect();
        switches.sort_unstable();
        switches.dedup();
        switches
    }
}
