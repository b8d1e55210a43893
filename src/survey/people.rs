//! Who the callers are to the API: the user ids, names and addresses that stand for each of them.

use std::collections::{BTreeMap, BTreeSet};

use serde_json::Value;

use super::leaves::{leaves, scalar_text};
use super::names::{is_strong_owner_name, words};
use crate::model::{Credential, Identity};
use crate::probe::{Response, Session};

/// One caller.
#[derive(Debug, Clone, Default)]
pub struct Person {
    /// The identity's name.
    pub name: String,
    /// Its role.
    pub role: String,
    /// Its rank.
    pub rank: u32,
    /// Values that stand for it: user id, user name, e-mail, token subject. Lower case.
    pub facts: BTreeSet<String>,
    /// Such values that it shares with another caller: a tenant, a team.
    pub groups: BTreeSet<String>,
    /// Some operation answered it that refuses strangers.
    pub signed_in: bool,
}

/// All callers of a scan, in configured order.
#[derive(Debug, Clone, Default)]
pub struct People {
    /// In configured order.
    pub all: Vec<Person>,
}

/// Claims and fields that stand for the caller.
fn is_principal_key(key: &str) -> bool {
    // The caller's account, tenant or customer number stands for the caller wherever an object names it.
    is_strong_owner_name(key)
        || matches!(
            words(key).join("").as_str(),
            "sub"
                | "id"
                | "uid"
                | "uuid"
                | "userid"
                | "useruuid"
                | "username"
                | "preferredusername"
                | "login"
                | "email"
                | "mail"
                | "upn"
                | "uniquename"
                | "identity"
                | "accountid"
                | "customerid"
                | "memberid"
                | "handle"
                | "name"
                | "user"
                | "nickname"
                | "principal"
                | "subject"
                | "guid"
                | "pk"
        )
}

impl People {
    /// The callers, with what the configuration tells of them.
    pub fn new(identities: &[Identity]) -> Self {
        let all = identities
            .iter()
            .map(|identity| Person {
                name: identity.name.clone(),
                role: identity.role.clone(),
                rank: identity.rank,
                facts: configured_facts(identity),
                groups: BTreeSet::new(),
                signed_in: false,
            })
            .collect();
        Self { all }
    }

    /// The caller of this name.
    pub fn get(&self, name: &str) -> Option<&Person> {
        self.all.iter().find(|person| person.name == name)
    }

    pub(super) fn learn(&mut self, name: &str, facts: impl IntoIterator<Item = String>) {
        if let Some(person) = self.all.iter_mut().find(|person| person.name == name) {
            person.facts.extend(facts.into_iter().filter(|fact| !fact.is_empty()).map(|fact| fact.to_lowercase()));
        }
    }

    /// Drops what stands for more than one caller: a shared tenant or name tells nobody apart.
    pub(super) fn settle(&mut self) {
        let mut count: BTreeMap<String, usize> = BTreeMap::new();
        for fact in self.all.iter().flat_map(|person| &person.facts) {
            *count.entry(fact.clone()).or_default() += 1;
        }
        for person in &mut self.all {
            let (own, shared) =
                std::mem::take(&mut person.facts).into_iter().partition(|fact| count.get(fact) == Some(&1));
            person.facts = own;
            person.groups = shared;
        }
    }

    /// Whom a value stands for.
    pub fn named_by(&self, value: &str) -> Option<&Person> {
        let value = value.to_lowercase();
        self.all.iter().find(|person| person.facts.contains(&value))
    }

    /// The others of the same rank: those who may be intruder to this one.
    pub fn peers(&self, name: &str) -> Vec<&Person> {
        let rank = self.get(name).map(|person| person.rank);
        self.all.iter().filter(|person| person.name != name && Some(person.rank) == rank).collect()
    }
}

fn configured_facts(identity: &Identity) -> BTreeSet<String> {
    let mut facts = BTreeSet::new();
    match &identity.credential {
        Credential::Basic(user, _) => {
            facts.insert(user.to_lowercase());
        }
        Credential::Login(recipe) => {
            for value in recipe.body.as_object().into_iter().flatten().filter_map(|(_, value)| value.as_str()) {
                if !value.starts_with("{secret:") && value.len() >= 2 {
                    facts.insert(value.to_lowercase());
                }
            }
        }
        _ => {}
    }
    facts
}

/// What a session tells of its owner: the claims of its token, and the answer of its sign-in.
pub(super) fn session_facts(session: &Session) -> Vec<String> {
    let mut facts = Vec::new();
    if let Some(claims) = session.jwt().map(|jwt| jwt.payload) {
        principal_values(&claims, &mut facts);
        for inner in ["user", "identity", "data", "account"] {
            if let Some(inner) = claims.get(inner) {
                principal_values(inner, &mut facts);
            }
        }
    }
    if let Some(response) = session.login.as_ref().and_then(|answer| answer.response()) {
        facts.extend(me_facts(response));
    }
    facts
}

fn principal_values(claims: &Value, facts: &mut Vec<String>) {
    for (key, value) in claims.as_object().into_iter().flatten() {
        if is_principal_key(key) {
            facts.extend(scalar_text(value));
        }
    }
}

/// What an answer about the caller itself tells: its shallow principal fields.
pub(super) fn me_facts(response: &Response) -> Vec<String> {
    leaves(response)
        .into_iter()
        .filter(|leaf| leaf.path.matches('/').count() <= 3 && !leaf.path.contains('*') && is_principal_key(&leaf.key))
        .map(|leaf| leaf.text)
        .collect()
}
