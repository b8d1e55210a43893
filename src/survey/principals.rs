//! By which values the API names a caller: what goes into a field or parameter that says whose something is.

use std::collections::BTreeSet;

use serde_json::{Value, json};

use super::baseline::Surveyed;
use super::leaves::{leaves_of, scalar_text};
use super::names::{ends_in_id, is_me_word, is_owner_name, resource_of_name, resource_of_path, split_words};
use super::people::{Person, me_facts};
use super::run::Survey;
use super::slots::{Slot, id_slots, is_choice, names_kind};
use crate::model::{Api, Operation, Parameter, Place};
use crate::probe::Sessions;

/// Most parameters of one operation that may say whose.
const MAX_PARAMETERS: usize = 2;

/// Returns the parameters that may say whose objects, or which object; the ids that the address must have anyway are not
/// among them.
pub fn naming_parameters<'a>(api: &Api, operation: &'a Operation) -> Vec<&'a Parameter> {
    let taken = id_slots(api, operation);
    let is_taken =
        |parameter: &Parameter| taken.iter().any(|slot| slot.place == parameter.place && slot.name == parameter.name);
    let free = operation.parameters.iter().filter(|parameter| !is_taken(parameter) && !is_choice(api, parameter));
    free.filter(|parameter| says_whose(api, parameter)).take(MAX_PARAMETERS).collect()
}

fn says_whose(api: &Api, parameter: &Parameter) -> bool {
    let name = bare_name(&parameter.name);
    let last = split_words(&name).pop().unwrap_or_default();
    // `api_key` and `promo_code` end like ids, and name no object of a caller.
    let other = matches!(last.as_str(), "key" | "code" | "token" | "ref" | "number" | "no" | "slug");

    match parameter.place {
        Place::Header => names_principal(&name),
        Place::Query => names_principal(&name) || (ends_in_id(&name) || names_kind(api, &name)) && !other,
        _ => false,
    }
}

/// `X-User-Id` without its `X-`; `filter[userId]` and `filter.userId` without their frame.
fn bare_name(name: &str) -> String {
    let inner = name.split(['[', ']', '.']).rfind(|part| !part.is_empty()).unwrap_or(name);
    let lower = inner.to_ascii_lowercase();
    if lower.starts_with("x-") { inner.get(2..).unwrap_or(inner).to_owned() } else { inner.to_owned() }
}

/// Returns true for fields and parameters that may name a caller: `owner_id`, `username`, `accountId`, `email`.
pub fn names_principal(field: &str) -> bool {
    is_owner_name(field)
        || matches!(
            split_words(field).join("").as_str(),
            "username" | "uid" | "email" | "useremail" | "login" | "sub" | "me"
        )
}

/// Returns true for texts with the form of a number or a hash, which no person chose.
pub fn looks_like_id(text: &str) -> bool {
    let hex = text.len() >= 16 && text.bytes().all(|byte| byte.is_ascii_hexdigit() || byte == b'-');
    hex || !text.is_empty() && text.bytes().all(|byte| byte.is_ascii_digit())
}

/// How a field names a caller.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum PrincipalForm {
    Email,
    Name,
    Id,
    Any,
}

impl PrincipalForm {
    fn of_name(field: &str) -> Self {
        match split_words(field).last().map(String::as_str).unwrap_or_default() {
            "email" | "mail" => Self::Email,
            "username" | "login" | "handle" | "name" | "nickname" => Self::Name,
            "id" | "uuid" | "guid" | "uid" | "pk" | "userid" | "ownerid" | "customerid" | "accountid" | "number"
            | "no" | "sub" => Self::Id,
            _ => Self::Any,
        }
    }

    /// Returns the forms that a field takes; `like` is a value that it is known to have had.
    fn of_field(field: &str, like: Option<&Value>) -> Vec<Self> {
        match (Self::of_name(field), like.and_then(scalar_text)) {
            (Self::Any, Some(like)) if like.contains('@') => vec![Self::Email],
            (Self::Any, Some(like)) if looks_like_id(&like) => vec![Self::Id],
            (Self::Any, _) => vec![Self::Name, Self::Id],
            (form, _) => vec![form],
        }
    }

    /// Returns true where a value that stood in a field of this name is of the form.
    fn fits(self, key: &str, text: &str) -> bool {
        let email = text.contains('@');
        let named = Self::of_name(key);

        match self {
            Self::Email => email,
            Self::Name => !email && !looks_like_id(text) && !text.contains(' ') && named != Self::Id,
            Self::Id => !email && (looks_like_id(text) || named == Self::Id),
            Self::Any => false,
        }
    }
}

/// Returns the name of the field that a value would stand in, by its form.
fn field_by_form(text: &str) -> &'static str {
    if text.contains('@') {
        "email"
    } else if text.chars().any(char::is_alphabetic) && !looks_like_id(text) {
        "username"
    } else {
        "id"
    }
}

/// Returns true for fields that number what several users may belong to.
fn numbers_groups(field: &str) -> bool {
    let resource = resource_of_name(field).unwrap_or_default();
    matches!(
        resource.as_str(),
        "tenant"
            | "workspace"
            | "organization"
            | "organisation"
            | "org"
            | "team"
            | "company"
            | "group"
            | "project"
            | "space"
    )
}

/// What is known of how the API names its callers.
#[derive(Debug, Clone, Copy)]
pub struct Principals<'a> {
    /// What was learnt before.
    pub survey: &'a Survey,
    /// The callers' sessions.
    pub sessions: &'a Sessions,
}

impl Principals<'_> {
    /// Returns the values that stand for a caller, as the API spells them, each with the name of the field that it stood in.
    pub fn spelled(&self, person: &Person) -> Vec<(String, String)> {
        let mut found: Vec<(String, String)> = Vec::new();
        for surveyed in self.survey.operations.iter().filter(|surveyed| surveyed.slots.is_empty()) {
            if is_about_caller(&surveyed.operation)
                && let Some(response) = surveyed.valid_of(&person.name).and_then(|baseline| baseline.first.response())
            {
                found.extend(me_facts(response));
            }
        }

        if let Some(session) = self.sessions.get(&person.name) {
            found.extend(session.login.as_ref().and_then(|answer| answer.response()).map(me_facts).unwrap_or_default());
            let claims = session.jwt().map(|jwt| jwt.payload);

            for (key, value) in claims.iter().filter_map(Value::as_object).flatten() {
                found.extend(scalar_text(value).map(|text| (key.clone(), text)));
            }
        }

        // What answers spelled is surer than what was kept in lower case.
        for fact in &person.facts {
            let kinds = person.kinds.get(fact).into_iter().flatten();
            found.extend(kinds.map(|kind| (kind.clone(), fact.clone())));

            if !person.kinds.contains_key(fact) {
                found.push((field_by_form(fact).to_owned(), fact.clone()));
            }
        }

        // Only what is known to stand for the caller is left: claims such as the issuer do not.
        found.retain(|(_, text)| person.facts.contains(&text.to_lowercase()));
        found
    }

    /// Returns what a field or parameter takes to name this caller; `like` is a value that it is known to have had. A value
    /// that might stand for another caller is none.
    pub fn value_for(&self, person: &Person, field: &str, like: Option<&Value>) -> Option<Value> {
        let is_theirs =
            |text: &String| self.survey.people.named_in(field, text).is_some_and(|found| found.name == person.name);
        let wanted = split_words(field);
        let known = self.spelled(person);
        let same = known.iter().find(|(key, _)| split_words(key) == wanted).map(|(_, text)| text.clone());

        // A user's own number names no workspace.
        let forms = if numbers_groups(field) { Vec::new() } else { PrincipalForm::of_field(field, like) };
        let by_form = || {
            forms.into_iter().find_map(|form| {
                known.iter().filter(|(key, text)| form.fits(key, text)).map(|(_, text)| text.clone()).find(is_theirs)
            })
        };
        let text = same.or_else(|| self.own_values(person, &wanted).next()).filter(is_theirs).or_else(by_form)?;
        Some(match_json_type(text, like))
    }

    /// Returns what a field or parameter takes to name what one caller belongs to and another does not: a tenant, a
    /// workspace.
    pub fn group_for(&self, person: &Person, other: &Person, field: &str) -> Option<Value> {
        if !numbers_groups(field) {
            return None;
        }
        let wanted = split_words(field);
        let theirs: BTreeSet<String> = self.own_values(other, &wanted).collect();
        let own: BTreeSet<String> = self.own_values(person, &wanted).collect();
        let resources = resource_of_name(field).into_iter().collect();
        let slot = Slot { place: Place::Query, name: field.to_owned(), resources };
        let objects = || self.own_objects(&slot, person, other).find_map(|(_, value)| scalar_text(value));
        let text = own.into_iter().find(|value| !theirs.contains(value)).or_else(objects)?;

        Some(match_json_type(text, None))
    }

    /// Returns what a parameter takes to name the owner, or an object of the owner's that the intruder is not shown.
    pub fn parameter_value(
        &self,
        surveyed: &Surveyed,
        parameter: &Parameter,
        owner: &Person,
        intruder: &Person,
    ) -> Option<Value> {
        let name = bare_name(&parameter.name);
        if names_principal(&name) {
            let known = self.value_for(owner, &name, None).or_else(|| group_shown(surveyed, &name, owner, intruder));
            return known.or_else(|| self.group_for(owner, intruder, &name));
        }
        self.object_value((surveyed.operation.path.as_str(), parameter.place, &name), owner, intruder)
    }

    /// Returns what a value of a request takes to name the owner, or an object of the owner's that the intruder is not
    /// shown; `place` is the path of the operation, where the value stands, and its name.
    pub fn naming_value(&self, place: (&str, Place, &str), owner: &Person, intruder: &Person) -> Option<Value> {
        let (.., name) = place;
        if names_principal(name) {
            return self.value_for(owner, name, None).or_else(|| self.group_for(owner, intruder, name));
        }
        self.object_value(place, owner, intruder)
    }

    /// Returns the id of an object of the owner's that the intruder is not shown.
    fn object_value(
        &self,
        (path, place, name): (&str, Place, &str),
        owner: &Person,
        intruder: &Person,
    ) -> Option<Value> {
        let resource = resource_of_name(name).or_else(|| resource_of_path(path));
        let slot = Slot { place, name: name.to_owned(), resources: resource.into_iter().collect() };

        // What the scan made itself is surest to be the owner's.
        self.own_objects(&slot, owner, intruder).min_by_key(|(made, _)| !made).map(|(_, value)| value.clone())
    }

    /// Returns the values of a slot for objects of a caller that no list shows to another one, and whether the scan made
    /// them.
    fn own_objects<'s>(
        &'s self,
        slot: &'s Slot,
        person: &'s Person,
        other: &'s Person,
    ) -> impl Iterator<Item = (bool, &'s Value)> {
        let objects = &self.survey.objects;
        let own = objects
            .for_slot(slot)
            .filter(|(key, ..)| self.survey.owner(key).is_some_and(|(owner, _)| owner == person.name))
            .filter(|(key, ..)| !objects.is_listed_to(key, &other.name));
        own.map(|(_, object, value)| (object.created_by.is_some(), value))
    }

    /// Returns what a field has in the caller's own objects.
    fn own_values<'s>(&'s self, person: &'s Person, wanted: &'s [String]) -> impl Iterator<Item = String> {
        let own = self.survey.owners.iter().filter(|(_, (owner, _))| *owner == person.name);
        let objects = own.filter_map(|(key, _)| self.survey.objects.known.get(key));
        let fields = objects.flat_map(|object| object.fields.iter());
        fields.filter(move |(name, _)| split_words(name) == wanted).filter_map(|(_, value)| scalar_text(value))
    }
}

/// Returns true for operations about the caller itself, by the last segment of their path.
pub fn is_about_caller(operation: &Operation) -> bool {
    operation.path.rsplit('/').find(|part| !part.is_empty()).is_some_and(is_me_word)
}

/// Returns the tenant, team or the like of the owner: what everything that the operation shows it has in the field of this
/// name, and nothing that it shows the intruder.
fn group_shown(surveyed: &Surveyed, name: &str, owner: &Person, intruder: &Person) -> Option<Value> {
    let of = |person: &Person| -> BTreeSet<String> {
        let response = surveyed.valid_of(&person.name).and_then(|baseline| baseline.first.response());
        let fields = response.map(leaves_of).unwrap_or_default();
        fields.into_iter().filter(|leaf| split_words(&leaf.key) == split_words(name)).map(|leaf| leaf.text).collect()
    };
    let (theirs, ours) = (of(owner), of(intruder));
    let value = theirs.first().filter(|value| theirs.len() == 1 && ours.len() == 1 && !ours.contains(*value))?;
    Some(value.parse::<u64>().map_or_else(|_| json!(value), |number| json!(number)))
}

/// Returns a number where a number stood or where nothing is known of it, else a text.
fn match_json_type(text: String, like: Option<&Value>) -> Value {
    match (like, text.parse::<u64>()) {
        // As a number `007` would lose its zeros.
        (Some(Value::Number(_)) | None, Ok(number)) if number.to_string() == text => json!(number),
        _ => Value::String(text),
    }
}
