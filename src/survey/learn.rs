//! What answers teach beyond themselves: objects, and which numbers stand for which caller.

use std::collections::{BTreeMap, BTreeSet};

use serde_json::Value;

use super::baseline::Surveyed;
use super::leaves::{leaves_of, scalar_text};
use super::names::{BARE_IDS, ends_in_id, split_words};
use super::objects::{Object, ObjectKey, ObjectSource, Objects};
use super::ownership::is_person;
use super::people::{Person, me_facts};
use super::refusal::AnswerKind;
use super::run::Survey;
use super::slots::Slot;
use crate::model::{ANONYMOUS, Place};

/// A collection that shows two peers disjoint objects, each with one owner value throughout, tells which value is whose.
pub(super) fn learn_from_lists(survey: &mut Survey) {
    let mut learnt: Vec<(String, (String, String))> = Vec::new();
    for callers in survey.objects.lists.values() {
        for (caller, listed) in callers {
            let peers: Vec<&str> = survey.people.peers(caller).iter().map(|person| person.name.as_str()).collect();
            let others: Vec<&BTreeSet<ObjectKey>> =
                peers.iter().filter_map(|name| callers.get(*name)).filter(|other| !other.is_empty()).collect();
            // Lists that overlap are a choice from a common stock, and an empty one is disjoint with every other.
            if listed.is_empty() || others.is_empty() || others.iter().any(|other| !other.is_disjoint(listed)) {
                continue;
            }
            for (field, value) in common_owner(&survey.objects, listed) {
                let elsewhere = others.iter().any(|other| {
                    other.iter().any(|key| owner_value(&survey.objects, key, &field).as_ref() == Some(&value))
                });
                // A value that others' objects have too, or that stands for a caller already, teaches nothing new.
                if !elsewhere && survey.people.named_in(&field, &value).is_none() {
                    learnt.push((caller.clone(), (field, value)));
                }
            }
        }
    }

    for (caller, fact) in learnt {
        survey.people.learn(&caller, [fact]);
    }
}

/// A list of members (`/teams/{id}/members`) that shows several callers to one of them tells of a group that they share.
pub(super) fn learn_from_members(survey: &mut Survey) {
    let mut learnt: Vec<(String, ObjectKey)> = Vec::new();
    for surveyed in &survey.operations {
        let Some(slot) = slot_of_members(surveyed) else { continue };
        for baseline in surveyed.valid() {
            let group = baseline.values.get(&(slot.place, slot.name.clone())).and_then(scalar_text);
            let (Some(id), Some(resource)) = (group, slot.resources.first()) else { continue };
            let listed = baseline.first.response().map(leaves_of).unwrap_or_default();
            let listed = listed.iter().filter(|leaf| leaf.path.contains('*'));
            let members: BTreeSet<&str> = listed
                .filter_map(|leaf| survey.people.named_in(&leaf.key, &leaf.text))
                .map(|person| person.name.as_str())
                .collect();
            // A caller that is not in the list itself may be an outsider that is shown it.
            if members.len() >= 2 && members.contains(baseline.caller.as_str()) {
                learnt.extend(members.iter().map(|name| ((*name).to_owned(), (resource.clone(), id.clone()))));
            }
        }
    }

    for (name, group) in learnt {
        survey.people.join(&name, group);
    }
}

/// The slot of the group in a path to its members.
fn slot_of_members(surveyed: &Surveyed) -> Option<&Slot> {
    let (before, last) = surveyed.operation.path.trim_end_matches('/').rsplit_once('/')?;
    let lists_people = super::names::resource_of_name(last).is_some_and(|resource| is_person(&resource));
    let slot = surveyed.slots.last().filter(|_| lists_people && before.ends_with('}'))?;

    // `/users/{id}/members` is about a person.
    (slot.place == Place::Path && !slot.resources.iter().any(|resource| is_person(resource))).then_some(slot)
}

/// Strong owner fields that have one and the same value in all these objects.
fn common_owner(objects: &Objects, listed: &BTreeSet<ObjectKey>) -> Vec<(String, String)> {
    let Some(first) = listed.first().and_then(|key| objects.known.get(key)) else { return Vec::new() };
    first
        .fields
        .iter()
        .filter(|(field, _)| super::names::is_certain_owner_name(field) || super::names::is_author_name(field))
        .filter_map(|(field, value)| Some((field.clone(), scalar_text(value)?)))
        .filter(|(field, value)| listed.iter().all(|key| owner_value(objects, key, field).as_ref() == Some(value)))
        .collect()
}

fn owner_value(objects: &Objects, key: &ObjectKey, field: &str) -> Option<String> {
    objects.known.get(key)?.fields.get(field).and_then(scalar_text)
}

pub(super) fn learn_from_me(survey: &mut Survey) {
    let mut learnt = Vec::new();
    for surveyed in survey.operations.iter().filter(|surveyed| surveyed.slots.is_empty()) {
        let mut parts = surveyed.operation.path.rsplit('/').filter(|part| !part.is_empty());
        let last = parts.next().unwrap_or_default();

        // `/me/details` is about the caller, `/me/latest-order` about an order: its numbers stand for nobody.
        let of_me = matches!(last, "details" | "info" | "data" | "full" | "settings") && parts.next() == Some("me");

        if !super::names::is_me_word(last) && !of_me {
            continue;
        }
        for baseline in surveyed.by.values().filter(|baseline| baseline.valid(&surveyed.volatile)) {
            if let Some(response) = baseline.first.response() {
                learnt.push((baseline.caller.clone(), me_facts(response)));
            }
        }
    }

    for (name, facts) in learnt {
        survey.people.learn(&name, facts);
    }
}

/// What the scan made as a caller carries that caller's numbers in its owner fields, where those of others differ.
pub(super) fn learn_from_created(survey: &mut Survey) {
    let mut values: BTreeMap<(String, String), BTreeMap<String, BTreeSet<String>>> = BTreeMap::new();
    for object in survey.objects.known.values() {
        let Some(caller) = &object.created_by else { continue };
        for (field, value) in object.fields.iter().filter(|(field, _)| super::names::is_certain_owner_name(field)) {
            if let Some(text) = scalar_text(value) {
                let by_caller = values.entry((object.resource.clone(), field.clone())).or_default();
                by_caller.entry(caller.clone()).or_default().insert(text);
            }
        }
    }

    for ((_, field), by_caller) in values {
        for (caller, own) in &by_caller {
            // A field with several values in the objects of one caller is a choice, and does not name the caller.
            let Some(value) = own.first().filter(|_| own.len() == 1) else { continue };
            let elsewhere = by_caller.iter().any(|(other, theirs)| other != caller && theirs.contains(value));
            // Where only one caller made objects, the value may be a default that all callers get.
            let alone = by_caller.len() > 1 && !elsewhere;

            if alone && survey.people.named_in(&field, value).is_none() {
                survey.people.learn(caller, [(field.clone(), value.clone())]);
            }
        }
    }
}

/// Slots that are named like what stands for a caller (`{username}`, `{email}`, `{userId}`) take the callers' own.
pub(super) fn seed_accounts(survey: &mut Survey) {
    let mut seeds: Vec<(ObjectKey, Slot)> = Vec::new();
    for slot in survey.operations.iter().flat_map(|surveyed| &surveyed.slots) {
        let Some(kind) = AccountSlot::of(&slot.name) else { continue };
        // `/customers/{email}`: a customer, whose address it is.
        let person = slot.resources.iter().find(|resource| is_person(resource));
        let Some(resource) = person.or(slot.resources.first()) else { continue };

        for person in &survey.people.all {
            for fact in person.facts.iter().filter(|fact| kind.takes(fact, person)) {
                seeds.push(((resource.clone(), fact.clone()), slot.clone()));
            }
        }
    }

    for (key, slot) in seeds {
        let takes = |(_, _, value): (&ObjectKey, &Object, &Value)| {
            scalar_text(value).is_some_and(|text| text.eq_ignore_ascii_case(&key.1))
        };
        let known = survey.objects.for_slot(&slot).any(takes);

        if !known {
            let object = Object {
                resource: key.0.clone(),
                fields: BTreeMap::from([(slot.name.clone(), Value::String(key.1.clone()))]),
                reference: true,
                ..Object::default()
            };

            survey.objects.known.insert(key, object);
        }
    }
}

/// Which of a caller's facts a slot takes.
#[derive(Debug, Clone, Copy)]
enum AccountSlot {
    Name,
    Email,
    Number,
}

impl AccountSlot {
    fn of(name: &str) -> Option<Self> {
        Some(match split_words(name).join("").as_str() {
            "username" | "login" | "handle" | "userlogin" | "user" | "nickname" => Self::Name,
            "email" | "useremail" | "mail" | "emailaddress" => Self::Email,
            "userid" | "useruuid" | "accountid" | "customerid" | "memberid" | "uid" => Self::Number,
            _ => return None,
        })
    }

    fn takes(self, fact: &str, person: &Person) -> bool {
        let is_email = fact.contains('@');
        let is_number = fact.chars().any(|c| c.is_ascii_digit()) && !is_email && !is_mere_name(fact, person);

        match self {
            Self::Name => !is_email && fact.chars().any(char::is_alphabetic) && fact.len() <= 64 && !fact.contains(' '),
            Self::Email => is_email,
            Self::Number => is_number,
        }
    }
}

/// Returns true for `alice2`: a fact with letters that stood in fields for names, and in none for ids.
fn is_mere_name(fact: &str, person: &Person) -> bool {
    let has_letters = fact.contains(|c: char| !c.is_ascii_digit());
    let is_in = |test: &dyn Fn(&str) -> bool| person.fields.get(fact).into_iter().flatten().any(|field| test(field));
    // What `ends_in_id` calls an id may be a user name too: some APIs name their users in addresses by it.
    let is_name = |field: &str| {
        matches!(AccountSlot::of(field), Some(AccountSlot::Name)) || split_words(field).join("").ends_with("name")
    };
    let is_id = |field: &str| !is_name(field) && (BARE_IDS.contains(&field) || ends_in_id(field));

    has_letters && is_in(&is_name) && !is_in(&is_id)
}

/// Keeps what the valid answers of one operation show.
pub(super) fn harvest_objects(survey: &mut Survey, surveyed: &Surveyed) {
    for baseline in surveyed.by.values().filter(|baseline| baseline.valid(&surveyed.volatile)) {
        let Some(json) = baseline.first.response().and_then(|response| response.json.as_ref()) else { continue };
        let source = ObjectSource {
            operation: &surveyed.operation,
            slots: &surveyed.slots,
            values: &baseline.values,
            caller: &baseline.caller,
        };

        survey.objects.harvest(&source, json);
    }

    // A caller whose list is empty was shown none of the others' objects.
    if surveyed.valid().next().is_some() {
        for baseline in surveyed.by.values().filter(|baseline| !baseline.valid(&surveyed.volatile)) {
            let Some(response) = baseline.first.response().filter(|response| response.is_success()) else { continue };
            if super::refusal::is_empty(response) && surveyed.slots.is_empty() {
                let list = (surveyed.operation.id.clone(), String::new());
                survey.objects.lists.entry(list).or_default().entry(baseline.caller.clone()).or_default();
            }
        }
    }

    note_strangers(survey, surveyed);
}

/// What an anonymous caller is shown in a collection is nobody's alone.
fn note_strangers(survey: &mut Survey, surveyed: &Surveyed) {
    if !surveyed.slots.is_empty() || !matches!(surveyed.anonymous_reading(), Some(AnswerKind::Data)) {
        return;
    }
    let Some(response) = surveyed.anonymous.as_ref().and_then(|answer| answer.response()) else { return };
    let given: BTreeSet<String> = leaves_of(response).into_iter().map(|leaf| leaf.text).collect();
    survey.objects.note_listed(&surveyed.operation, ANONYMOUS, &given);
}

#[cfg(test)]
mod tests {
    use super::{AccountSlot, Person};
    use crate::survey::People;

    fn person(facts: &[(&str, &str)]) -> Person {
        let alice = Person { name: "alice".to_owned(), ..Person::default() };
        let mut people = People { all: vec![alice] };
        people.learn("alice", facts.iter().map(|(field, value)| ((*field).to_owned(), (*value).to_owned())));
        people.all.remove(0)
    }

    #[test]
    fn a_user_name_with_a_digit_is_no_id() {
        let alice = person(&[("sub", "alice2"), ("username", "alice2"), ("id", "u-17"), ("email", "alice2@a.example")]);
        let taken = |kind: AccountSlot| -> Vec<&str> {
            alice.facts.iter().map(String::as_str).filter(|fact| kind.takes(fact, &alice)).collect()
        };
        assert_eq!(taken(AccountSlot::Number), ["u-17"]);
        assert_eq!(taken(AccountSlot::Name), ["alice2", "u-17"]);
        assert_eq!(taken(AccountSlot::Email), ["alice2@a.example"]);
    }

    #[test]
    fn a_name_that_is_an_id_as_well_stays_one() {
        let both = person(&[("id", "alice2"), ("username", "alice2")]);
        assert!(AccountSlot::Number.takes("alice2", &both));
        let number = person(&[("username", "1001")]);
        assert!(AccountSlot::Number.takes("1001", &number));
        let subject = person(&[("sub", "auth0|65f1")]);
        assert!(AccountSlot::Number.takes("auth0|65f1", &subject));
    }
}
