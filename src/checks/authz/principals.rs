//! By which values the API names a caller: what goes into a field or parameter that says whose something is.

use std::collections::BTreeSet;

use serde_json::{Value, json};

use crate::checks::context::CheckCx;
use crate::model::Place;
use crate::survey::{Person, Slot, is_me_word, is_owner_name, me_facts, resource_of_name, scalar_text, words};

/// Values that stand for a caller, as the API spells them, each with the name of the field that it stood in.
pub(crate) fn spelled(cx: &CheckCx<'_>, person: &Person) -> Vec<(String, String)> {
    let mut found: Vec<(String, String)> = Vec::new();
    for surveyed in cx.survey.operations.iter().filter(|surveyed| surveyed.slots.is_empty()) {
        let last = surveyed.operation.path.rsplit('/').find(|part| !part.is_empty()).unwrap_or_default();
        if is_me_word(last)
            && let Some(response) = surveyed.valid_of(&person.name).and_then(|baseline| baseline.first.response())
        {
            found.extend(me_facts(response));
        }
    }
    if let Some(session) = cx.probe.sessions().get(&person.name) {
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
            found.push((form(fact).to_owned(), fact.clone()));
        }
    }
    found.retain(|(_, text)| person.facts.contains(&text.to_lowercase()));
    found
}

/// What a value without a field's name is, by its form.
fn form(text: &str) -> &'static str {
    if text.contains('@') {
        "email"
    } else if text.chars().any(char::is_alphabetic) && !looks_like_id(text) {
        "username"
    } else {
        "id"
    }
}

pub(crate) fn looks_like_id(text: &str) -> bool {
    let hex = text.len() >= 16 && text.bytes().all(|byte| byte.is_ascii_hexdigit() || byte == b'-');
    hex || !text.is_empty() && text.bytes().all(|byte| byte.is_ascii_digit())
}

/// How a field names somebody.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Form {
    Email,
    Name,
    Id,
    Any,
}

fn form_of_name(field: &str) -> Form {
    match words(field).last().map(String::as_str).unwrap_or_default() {
        "email" | "mail" => Form::Email,
        "username" | "login" | "handle" | "name" | "nickname" => Form::Name,
        "id" | "uuid" | "guid" | "uid" | "pk" | "userid" | "ownerid" | "customerid" | "accountid" | "number" | "no"
        | "sub" => Form::Id,
        _ => Form::Any,
    }
}

fn is_of(form: Form, key: &str, text: &str) -> bool {
    let email = text.contains('@');
    match form {
        Form::Email => email,
        Form::Name => !email && !looks_like_id(text) && !text.contains(' ') && form_of_name(key) != Form::Id,
        Form::Id => !email && (looks_like_id(text) || form_of_name(key) == Form::Id),
        Form::Any => false,
    }
}

/// Whether a field or parameter may name a caller: `owner_id`, `username`, `accountId`, `email`.
pub(crate) fn names_principal(field: &str) -> bool {
    is_owner_name(field)
        || matches!(words(field).join("").as_str(), "username" | "uid" | "email" | "useremail" | "login" | "sub" | "me")
}

/// What a field or parameter takes to name this caller; `like` is a value that it is known to have had. A value that
/// might stand for somebody else is none.
pub(crate) fn value_for(cx: &CheckCx<'_>, person: &Person, field: &str, like: Option<&Value>) -> Option<Value> {
    let people = &cx.survey.people;
    let is_theirs = |text: &str| people.named_in(field, text).is_some_and(|found| found.name == person.name);
    let wanted = words(field);
    let known = spelled(cx, person);
    let same = known.iter().find(|(key, _)| words(key) == wanted).map(|(_, text)| text.clone());
    let text = same.or_else(|| seen_in_objects(cx, person, &wanted)).filter(|text| is_theirs(text)).or_else(|| {
        let forms: Vec<Form> = match (form_of_name(field), like.and_then(scalar_text)) {
            (Form::Any, Some(like)) if like.contains('@') => vec![Form::Email],
            (Form::Any, Some(like)) if looks_like_id(&like) => vec![Form::Id],
            (Form::Any, Some(_)) => vec![Form::Name, Form::Id],
            (Form::Any, None) => vec![Form::Name, Form::Id],
            (form, _) => vec![form],
        };
        // A short number stands for a user also where nobody has another number of that kind.
        let kinds = |text: &str| people.named_in(field, text).is_some_and(|found| found.name == person.name);
        let certain = |text: &String| is_theirs(text) && (!is_short(text) || numbers_users(field) || kinds(text));
        // A user's own number names no workspace.
        let forms = if numbers_groups(field) { Vec::new() } else { forms };
        forms.into_iter().find_map(|form| {
            known.iter().filter(|(key, text)| is_of(form, key, text)).map(|(_, text)| text.clone()).find(certain)
        })
    })?;
    Some(respelled(text, like))
}

/// Short numbers are counted anew by every table.
fn is_short(text: &str) -> bool {
    text.len() <= 6 && text.bytes().all(|byte| byte.is_ascii_digit())
}

/// Whether a field numbers users, and not accounts, tenants or the like.
fn numbers_users(field: &str) -> bool {
    let resource = resource_of_name(field).unwrap_or_default();
    matches!(resource.as_str(), "" | "user" | "owner" | "author" | "creator" | "uid" | "me" | "sub" | "by")
        || words(field).last().is_some_and(|word| word == "by")
}

/// Whether a field numbers what several users may belong to.
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

/// What a field or parameter takes to name what one caller belongs to and another does not: a tenant, a workspace.
pub(crate) fn group_for(cx: &CheckCx<'_>, person: &Person, other: &Person, field: &str) -> Option<Value> {
    if !numbers_groups(field) {
        return None;
    }
    let wanted = words(field);
    let of = |who: &Person| -> BTreeSet<String> {
        let own = cx.survey.owners.iter().filter(|(_, (owner, _))| *owner == who.name);
        let objects = own.filter_map(|(key, _)| cx.survey.objects.known.get(key));
        let fields = objects.flat_map(|object| object.fields.iter());
        fields.filter(|(name, _)| words(name) == wanted).filter_map(|(_, value)| scalar_text(value)).collect()
    };
    let slot =
        Slot { place: Place::Query, name: field.to_owned(), resources: resource_of_name(field).into_iter().collect() };
    let objects = || {
        let all = cx.survey.objects.for_slot(&slot);
        let own = all.filter(|(key, ..)| cx.survey.owner(key).is_some_and(|(owner, _)| owner == person.name));
        own.filter(|(key, ..)| !cx.survey.objects.is_listed_to(key, &other.name))
            .find_map(|(_, _, value)| scalar_text(value))
    };
    let theirs = of(other);
    let text = of(person).into_iter().find(|value| !theirs.contains(value)).or_else(objects)?;
    Some(respelled(text, None))
}

/// What the field has in the caller's own objects.
fn seen_in_objects(cx: &CheckCx<'_>, person: &Person, wanted: &[String]) -> Option<String> {
    cx.survey.owners.iter().filter(|(_, (owner, _))| *owner == person.name).find_map(|(key, _)| {
        let object = cx.survey.objects.known.get(key)?;
        object.fields.iter().find(|(name, _)| words(name) == wanted).and_then(|(_, value)| scalar_text(value))
    })
}

/// A number where a number stood or where nothing is known of it, else a text.
fn respelled(text: String, like: Option<&Value>) -> Value {
    match (like, text.parse::<u64>()) {
        (Some(Value::Number(_)) | None, Ok(number)) if number.to_string() == text => json!(number),
        _ => Value::String(text),
    }
}
