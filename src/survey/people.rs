//! Who the callers are to the API: the user ids, names and addresses that stand for each of them.

use std::collections::{BTreeMap, BTreeSet};

use serde_json::Value;

use super::leaves::{leaves_of, scalar_text};
use super::names::{is_strong_owner_name, owner_stem, split_words};
use super::objects::ObjectKey;
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
    /// What each of them numbers: `user`, or `account`, `tenant` and the like; a value without an entry numbers users.
    /// The user 3 is not the account 3.
    pub kinds: BTreeMap<String, BTreeSet<String>>,
    /// The names of the fields that each of them stood in.
    pub fields: BTreeMap<String, BTreeSet<String>>,
    /// Such values that it shares with another caller: a tenant, a team.
    pub groups: BTreeSet<String>,
    /// Groups (teams, channels) whose members it was listed among.
    pub memberships: BTreeSet<ObjectKey>,
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
            split_words(key).join("").as_str(),
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
                facts: configured_facts(identity).keys().cloned().collect(),
                fields: configured_facts(identity),
                ..Person::default()
            })
            .collect();
        Self { all }
    }

    /// Returns signed-in callers of one rank, as intruder and owner: lower ranks first, and strangers to each other before
    /// members of one group.
    pub fn peer_pairs(&self) -> Vec<(&Person, &Person)> {
        let all = self.all.iter().filter(|person| person.signed_in);
        let mut pairs: Vec<(&Person, &Person)> = all
            .clone()
            .flat_map(|owner| all.clone().map(move |intruder| (intruder, owner)))
            .filter(|(intruder, owner)| intruder.name != owner.name && intruder.rank == owner.rank)
            .collect();
        pairs.sort_by_key(|(intruder, owner)| (owner.rank, owner.shares_group_with(intruder)));
        pairs
    }

    /// The caller of this name.
    pub fn get(&self, name: &str) -> Option<&Person> {
        self.all.iter().find(|person| person.name == name)
    }

    /// Learns values with the names of the fields that they stood in.
    pub(super) fn learn(&mut self, name: &str, facts: impl IntoIterator<Item = (String, String)>) {
        let Some(person) = self.all.iter_mut().find(|person| person.name == name) else { return };
        for (key, value) in facts.into_iter().filter(|(_, value)| !value.is_empty()) {
            // User names and e-mail addresses are mostly compared without regard to case.
            let value = value.to_lowercase();
            person.kinds.entry(value.clone()).or_default().insert(kind_of(&key));
            person.fields.entry(value.clone()).or_default().insert(key);
            person.facts.insert(value);
        }
    }

    /// Notes a group that a caller was listed in.
    pub(super) fn join(&mut self, name: &str, group: ObjectKey) {
        if let Some(person) = self.all.iter_mut().find(|person| person.name == name) {
            person.memberships.insert(group);
        }
    }

    /// Drops what stands for more than one caller: a shared tenant or name tells nobody apart.
    pub(super) fn settle(&mut self) {
        let mut count: BTreeMap<(String, String), usize> = BTreeMap::new();
        for person in &self.all {
            for fact in &person.facts {
                for kind in person.kinds_of(fact) {
                    *count.entry((fact.clone(), kind)).or_default() += 1;
                }
            }
        }

        for person in &mut self.all {
            for fact in std::mem::take(&mut person.facts) {
                let (own, shared): (BTreeSet<String>, BTreeSet<String>) = person
                    .kinds_of(&fact)
                    .into_iter()
                    .partition(|kind| count.get(&(fact.clone(), kind.clone())) == Some(&1));
                if !shared.is_empty() {
                    person.groups.insert(fact.clone());
                }
                if !own.is_empty() {
                    person.kinds.insert(fact.clone(), own);
                    person.facts.insert(fact);
                }
            }
        }
    }

    /// Whom a value stands for.
    pub fn named_by(&self, value: &str) -> Option<&Person> {
        let value = value.to_lowercase();
        let known = |person: &&Person| {
            // A short number is in every table: without the name of a field it counts as a user's alone.
            person.facts.contains(&value) && (!is_short_number(&value) || person.kinds_of(&value).contains(USER))
        };
        self.all.iter().find(known)
    }

    /// Whom a value in an owner field stands for. Short numbers are counted anew by every table, so that there the field
    /// must number the same thing.
    pub fn named_in(&self, field: &str, value: &str) -> Option<&Person> {
        let value = value.to_lowercase();
        if !is_short_number(&value) {
            return self.named_by(&value);
        }
        let kind = kind_of(field);
        let of = |kind: &str| {
            self.all.iter().find(|person| person.facts.contains(&value) && person.kinds_of(&value).contains(kind))
        };
        // Where some caller has a number of this kind, a user's number is no substitute for it.
        let is_known =
            self.all.iter().any(|person| person.facts.iter().any(|fact| person.kinds_of(fact).contains(&kind)));
        of(&kind).or_else(|| if is_known { None } else { of(USER) })
    }

    /// The others of the same rank: those who may be intruder to this one.
    pub fn peers(&self, name: &str) -> Vec<&Person> {
        let rank = self.get(name).map(|person| person.rank);
        self.all.iter().filter(|person| person.name != name && Some(person.rank) == rank).collect()
    }
}

impl Person {
    /// Returns true where both belong to one group, by a value that stands for both or by a list of its members.
    pub fn shares_group_with(&self, other: &Self) -> bool {
        !self.groups.is_disjoint(&other.groups) || !self.memberships.is_disjoint(&other.memberships)
    }

    fn kinds_of(&self, fact: &str) -> BTreeSet<String> {
        self.kinds.get(fact).cloned().unwrap_or_else(|| BTreeSet::from([USER.to_owned()]))
    }
}

/// What most numbers of a caller number.
const USER: &str = "user";

/// What a field numbers: users, unless its name says something else.
fn kind_of(field: &str) -> String {
    let stem = owner_stem(field.split('/').next().unwrap_or(field));
    match stem.as_str() {
        "account" | "tenant" | "customer" | "patient" | "client" | "student" | "employee" | "organization"
        | "organisation" | "org" | "workspace" | "company" | "team" => stem,
        _ => USER.to_owned(),
    }
}

/// Numbers that every table has.
fn is_short_number(value: &str) -> bool {
    value.len() <= 6 && value.bytes().all(|byte| byte.is_ascii_digit())
}

/// What the configuration tells of a caller, with the names of the fields that it stands in.
fn configured_facts(identity: &Identity) -> BTreeMap<String, BTreeSet<String>> {
    let mut facts: BTreeMap<String, BTreeSet<String>> = BTreeMap::new();
    let mut note = |value: &str, field: &str| {
        facts.entry(value.to_lowercase()).or_default().insert(field.to_owned());
    };
    match &identity.credential {
        Credential::Basic(user, _) => note(user, "username"),
        Credential::Login(recipe) => {
            // What a caller signs in with names it, but for the password.
            let fields = recipe.body.as_object().into_iter().flatten();
            for (field, value) in fields.filter_map(|(field, value)| Some((field, value.as_str()?))) {
                if !value.starts_with("{secret:") && value.len() >= 2 {
                    note(value, field);
                }
            }
        }
        _ => {}
    }

    facts
}

/// What a session tells of its owner: the claims of its token, and the answer of its sign-in.
pub fn session_facts(session: &Session) -> Vec<(String, String)> {
    let mut facts = Vec::new();
    if let Some(claims) = session.jwt().map(|jwt| jwt.payload) {
        facts.extend(claim_facts(&claims));
    }
    if let Some(response) = session.login.as_ref().and_then(|answer| answer.response()) {
        facts.extend(me_facts(response));
    }
    facts
}

/// Returns the claims of a token that stand for its owner, with their values.
pub fn claim_facts(claims: &Value) -> Vec<(String, String)> {
    let mut facts = Vec::new();
    principal_values(claims, &mut facts);

    // Some libraries put what they say of the user into an object of its own.
    for inner in ["user", "identity", "data", "account"] {
        if let Some(inner) = claims.get(inner) {
            principal_values(inner, &mut facts);
        }
    }
    facts
}

fn principal_values(claims: &Value, facts: &mut Vec<(String, String)>) {
    for (key, value) in claims.as_object().into_iter().flatten() {
        if is_principal_key(key) {
            facts.extend(scalar_text(value).map(|value| (key.clone(), value)));
        }
    }
}

/// What an answer about the caller itself tells: its shallow principal fields.
pub fn me_facts(response: &Response) -> Vec<(String, String)> {
    // Deeper fields, and entries of lists, are of other things than the caller.
    leaves_of(response)
        .into_iter()
        .filter(|leaf| leaf.path.matches('/').count() <= 3 && !leaf.path.contains('*') && is_principal_key(&leaf.key))
        .map(|leaf| (leaf.key, leaf.text))
        .collect()
}
