//! Whose an object is, and what says so.

use serde_json::Value;

use super::leaves::scalar_text;
use super::names::{BARE_IDS, is_author_name, is_certain_owner_name, is_owner_name, is_strong_owner_name, split_words};
use super::objects::{Object, ObjectKey, Objects};
use super::people::{People, Person};

/// Most objects that refer to one and are looked at; an eighth of them one step further.
const MAX_HOLDERS: usize = 400;

/// One sign that an object is a caller's; the surer ones first.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord)]
pub enum Sign {
    /// The user said so.
    Configured,
    /// A collection shows it to the caller and not to another of the same rank.
    ScopedList {
        /// The collection.
        operation: String,
        /// Who is not shown it.
        other: String,
        /// The two are shown nothing in common there: it is a list of one's own, and no choice out of a common stock.
        apart: bool,
        /// Another collection shows it to the other all the same: either that one leaks, or both may see it.
        elsewhere: bool,
    },
    /// Its parent is the caller's.
    Parent {
        /// The parent's resource and id.
        parent: String,
    },
    /// A field such as `owner` or `user_id` names the caller.
    OwnerField {
        /// The field.
        field: String,
        /// Public objects do not have such a field.
        strong: bool,
    },
    /// The object is the caller's own account.
    IsCaller,
    /// This scan made it as the caller.
    Created,
    /// Everything that refers to it is the caller's.
    Holder {
        /// One of those.
        holder: String,
    },
}

impl Sign {
    /// In words for evidence; `owner` is whose the object is.
    pub fn because(&self, owner: &str) -> String {
        match self {
            Self::Configured => format!("the configuration says that {owner} owns it"),
            Self::OwnerField { field, .. } => {
                format!("its field `{}` names {owner}", crate::model::clean_name(field, 60))
            }
            Self::IsCaller => format!("it is {owner}'s own account"),
            Self::Created => format!("{owner} made it in this scan"),
            Self::ScopedList { operation, other, .. } => format!("{operation} shows it to {owner} and not to {other}"),
            Self::Parent { parent } => format!("it belongs to {parent}, which is {owner}'s"),
            Self::Holder { holder } => format!("only {owner}'s objects refer to it, such as {holder}"),
        }
    }

    /// Whether the sign alone shows that others are not meant to have the object.
    pub fn shows_intent(&self) -> bool {
        !matches!(
            self,
            Self::OwnerField { strong: false, .. }
                | Self::Holder { .. }
                | Self::ScopedList { apart: false, .. }
                | Self::ScopedList { elsewhere: true, .. }
                | Self::Created
        )
    }
}

/// The ids that the user says belong to callers: caller, parameter name, ids.
pub type Owns<'a> = &'a [(String, String, Vec<String>)];

/// The one caller that the signs point at, with the signs; `None` when there are none or they contradict each other.
pub fn signs_of<'p>(
    key: &ObjectKey,
    objects: &Objects,
    people: &'p People,
    owns: Owns<'_>,
) -> Option<(&'p Person, Vec<Sign>)> {
    signs_at(OwnerSearch { objects, people, owns }, key, 0)
}

/// Where an owner is looked for.
#[derive(Clone, Copy)]
struct OwnerSearch<'s, 'p> {
    objects: &'s Objects,
    people: &'p People,
    owns: Owns<'s>,
}

fn signs_at<'p>(search: OwnerSearch<'_, 'p>, key: &ObjectKey, depth: u8) -> Option<(&'p Person, Vec<Sign>)> {
    let OwnerSearch { objects, people, owns } = search;
    let object = objects.known.get(key)?;
    let mut found: Vec<(&Person, Sign)> = Vec::new();
    found.extend(configured_owners(key, object, people, owns));
    let fields = owner_fields(key, object, people);
    let names_a_stranger = matches!(fields, Fields::Stranger);

    if let Fields::Named(named) = fields {
        found.extend(named);
    }
    let maker = object.created_by.as_ref().and_then(|name| people.get(name));
    found.extend(maker.map(|person| (person, Sign::Created)));

    // A stranger in an owner field outweighs lists and relatives: the object may only be shared with the caller.
    if !names_a_stranger {
        found.extend(scoped_lists(key, objects, people));
        // Relatives are looked at only where nothing nearer names an owner: each step multiplies the work.
        if depth < 3 && found.iter().all(|(_, sign)| *sign == Sign::Created) {
            found.extend(signs_by_relatives(search, key, depth));
        }
    }

    let owner = single_owner(&found)?;
    found.retain(|(person, _)| person.name == owner.name);
    let mut signs: Vec<Sign> = found.into_iter().map(|(_, sign)| sign).collect();
    signs.sort();
    signs.dedup();

    Some((owner, signs))
}

/// The one whom the signs point at. Several who are shown it by a list that leaves others out (a tenant's members) count
/// as the first of them, or as the one whom a field names; contradicting fields mean nobody's.
fn single_owner<'p>(found: &[(&'p Person, Sign)]) -> Option<&'p Person> {
    let scoped = |sign: &Sign| matches!(sign, Sign::ScopedList { .. });
    let named = found.iter().filter(|(_, sign)| !scoped(sign)).map(|(person, _)| *person);
    let owner = named.clone().next().or_else(|| found.first().map(|(person, _)| *person))?;
    named.clone().all(|person| person.name == owner.name).then_some(owner)
}

fn configured_owners<'p>(
    key: &ObjectKey,
    object: &Object,
    people: &'p People,
    owns: Owns<'_>,
) -> Vec<(&'p Person, Sign)> {
    owns.iter()
        .filter(|(_, parameter, ids)| {
            let named = super::names::resource_of_name(parameter).is_none_or(|resource| resource == key.0);
            // Other fields may hold the same number by chance.
            let is_id = |name: &str| split_words(name) == split_words(parameter) || BARE_IDS.contains(&name);
            let has = |id: &String| {
                let fields = object.fields.iter().filter(|(name, _)| is_id(name));
                *id == key.1 || fields.into_iter().any(|(_, value)| scalar_text(value).as_ref() == Some(id))
            };
            named && ids.iter().any(has)
        })
        .filter_map(|(name, _, _)| people.get(name))
        .map(|person| (person, Sign::Configured))
        .collect()
}

enum Fields<'p> {
    None,
    Named(Vec<(&'p Person, Sign)>),
    /// An owner field names somebody who is none of the callers.
    Stranger,
}

fn owner_fields<'p>(key: &ObjectKey, object: &Object, people: &'p People) -> Fields<'p> {
    let mut named: Vec<(&Person, Sign)> = Vec::new();
    let mut strangers = false;

    if is_strong_owner_name(&key.0) {
        // The tenant or account whose very number stands for the caller.
        named.extend(people.named_by(&key.1).map(|person| (person, Sign::IsCaller)));
    }
    if is_person(&key.0) {
        named.extend(is_caller(object, people).map(|person| (person, Sign::IsCaller)));
    }
    for (field, value) in &object.fields {
        let outer = field.split('/').next().unwrap_or(field);
        // `owner/country` says something of the owner, and not who it is.
        if !is_owner_name(outer) || (field.contains('/') && !identifies_person(field)) {
            continue;
        }
        let Some(text) = scalar_text(value) else { continue };

        // The account 7 says `accountId: 7` of itself: its own id shows no owner.
        let own_id = text == key.1 && (is_strong_owner_name(&key.0) || is_person(&key.0));

        if own_id || is_own_name(key, object, field, &text) {
            // A person's `username` names the person, not an owner.
            named.extend(people.named_by(&text).map(|person| (person, Sign::IsCaller)));
            continue;
        }
        let strong = is_strong_owner_name(outer);

        match people.named_in(field, &text) {
            Some(person) => named.push((person, Sign::OwnerField { field: field.clone(), strong })),
            // `owner: "Alice Smith"` beside `owner_id: 1` is no contradiction; only ids and bare owners count.
            None if (is_certain_owner_name(outer) || is_author_name(outer))
                && !field.contains('/')
                && !text.contains(' ') =>
            {
                strangers = true
            }
            None => {}
        }
    }

    // One field that names a caller is enough: the others may name who wrote or approved it.
    if !named.is_empty() {
        return Fields::Named(named);
    }
    if strangers { Fields::Stranger } else { Fields::None }
}

/// Whether an owner field of an object names somebody who is none of the callers: nobody's to ask for.
pub(super) fn is_strangers(key: &ObjectKey, object: &Object, people: &People) -> bool {
    matches!(owner_fields(key, object, people), Fields::Stranger)
}

/// Resources that are people.
pub fn is_person(resource: &str) -> bool {
    matches!(
        resource,
        "user"
            | "account"
            | "profile"
            | "me"
            | "person"
            | "member"
            | "customer"
            | "employee"
            | "student"
            | "patient"
            | "seller"
            | "author"
            | "contact"
            | "participant"
            | "player"
            | "driver"
            | "staff"
    )
}

/// Whether a field is how the object itself is called, as a person's user name is.
fn is_own_name(key: &ObjectKey, object: &Object, field: &str, text: &str) -> bool {
    let bare = matches!(split_words(field).join("").as_str(), "username" | "login" | "email" | "handle" | "user");
    bare && (key.1 == text || is_person(&key.0) && object.fields.len() > 1 && split_words(field).join("") != "user")
}

fn identifies_person(field: &str) -> bool {
    let inner = field.rsplit('/').next().unwrap_or(field);
    matches!(
        split_words(inner).join("").as_str(),
        "id" | "uuid" | "username" | "email" | "login" | "sub" | "uid" | "userid" | "name" | "handle"
    )
}

fn is_caller<'p>(object: &Object, people: &'p People) -> Option<&'p Person> {
    ["id", "uuid", "username", "email", "user_id", "userId", "login", "sub", "handle", "name"]
        .iter()
        .find_map(|name| object.fields.get(*name).and_then(scalar_text).and_then(|text| people.named_by(&text)))
}

fn scoped_lists<'p>(key: &ObjectKey, objects: &Objects, people: &'p People) -> Vec<(&'p Person, Sign)> {
    let mut found = Vec::new();
    for ((operation, _), callers) in &objects.lists {
        for (caller, listed) in callers {
            let Some(person) = people.get(caller) else { continue };
            if !listed.contains(key) {
                continue;
            }
            for peer in people.peers(caller) {
                // A peer who was refused or got nothing of this kind tells nothing.
                let Some(other) = callers.get(&peer.name).filter(|other| !other.contains(key)) else { continue };
                let elsewhere =
                    objects.is_listed_to(key, &peer.name) || objects.is_listed_to(key, crate::model::ANONYMOUS);
                let (operation, apart) = (operation.to_string(), other.is_disjoint(listed));
                found.push((person, Sign::ScopedList { operation, other: peer.name.clone(), apart, elsewhere }));
            }
        }
    }

    found
}

/// Returns whose the parents of an object are, or else whose everything is that refers to it.
fn signs_by_relatives<'p>(search: OwnerSearch<'_, 'p>, key: &ObjectKey, depth: u8) -> Vec<(&'p Person, Sign)> {
    let Some(object) = search.objects.known.get(key) else { return Vec::new() };
    let parent = |resource: &String, value: &Value| {
        let parent = (resource.clone(), scalar_text(value)?);
        let (person, _) = signs_at(search, &parent, depth + 1)?;
        Some((person, Sign::Parent { parent: format!("{} {}", parent.0, crate::model::clean_name(&parent.1, 60)) }))
    };
    let parents: Vec<_> = object.context.iter().filter_map(|(resource, value)| parent(resource, value)).collect();

    if !parents.is_empty() {
        return parents;
    }
    let mut holders = Vec::new();

    // All of them must be looked at; where that would be too many, nothing is concluded.
    if object.holders.len() > (MAX_HOLDERS >> (3 * depth)) {
        return Vec::new();
    }
    for holder in object.holders.iter().filter(|holder| *holder != key) {
        // A holder without a known owner may be a stranger's, so that nothing is concluded.
        let Some((person, _)) = signs_at(search, holder, depth + 1) else { return Vec::new() };
        holders.push((
            person,
            Sign::Holder { holder: format!("{} {}", holder.0, crate::model::clean_name(&holder.1, 60)) },
        ));
    }

    holders
}
