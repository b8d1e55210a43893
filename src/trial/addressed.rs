//! Trials of operations that change or remove what their body or query names: no id stands in the path.

use super::action::compare_states;
use super::funnel::Trial;
use super::lab::Lab;
use super::shot::Aim;
use super::subject::{ListNaming, Naming, Subject};
use crate::act::{ActKind, Acting, Created, Field, resolve_schema};
use crate::model::{Api, Effect, InputPlace, JsonType, Method, Place, Silence};
use crate::survey::{
    Person, Slot, ends_in_id, is_me_word, names_kind, resource_of_model, resource_of_name, singular_of, split_words,
};

/// Words that say that something is changed.
const CHANGES: &[&str] = &[
    "update",
    "edit",
    "modify",
    "change",
    "save",
    "set",
    "rename",
    "patch",
    "replace",
    "profile",
    "settings",
    "preferences",
];
/// Words that say that something is removed.
const REMOVES: &[&str] = &["delete", "remove", "destroy", "discard", "erase"];

/// What an operation does with what its body names.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum AddressedAction {
    Changes,
    Removes,
    /// An action that several objects go through: `POST /orders/bulk-archive`.
    Acts,
}

/// Returns what an operation does with what its body names; `None` where nothing says it.
fn effect_on_named(api: &Api, acting: &Acting) -> Option<AddressedAction> {
    let operation = &acting.operation;
    let said: Vec<String> = operation
        .path
        .split('/')
        .filter(|part| !part.starts_with('{'))
        .flat_map(split_words)
        .chain(operation.operation_id.as_deref().map(split_words).unwrap_or_default())
        .collect();
    let says = |list: &[&str]| said.iter().any(|word| list.contains(&word.as_str()));

    match operation.method {
        Method::Delete => Some(AddressedAction::Removes),
        Method::Put | Method::Patch => Some(AddressedAction::Changes),
        _ if says(REMOVES) => Some(AddressedAction::Removes),
        _ if says(CHANGES) => Some(AddressedAction::Changes),
        _ if acting.kind == ActKind::Act && !acting.only_looks() && takes_list_of_ids(api, acting) => {
            Some(AddressedAction::Acts)
        }

        _ => None,
    }
}

/// Returns whether a body takes ids of several objects.
fn takes_list_of_ids(api: &Api, acting: &Acting) -> bool {
    acting.operation.effect != Effect::Reads && acting.fields(api).iter().any(|field| is_list_of_ids(api, field))
}

/// Returns whether a field takes a list of ids: `ids`, `orderIds`, `candidate_ids`; also `candidates` where those are
/// numbers or texts, and a collection of the API has that name.
pub(super) fn is_list_of_ids(api: &Api, field: &Field) -> bool {
    let Some(schema) = resolve_schema(api, field.schema).filter(|it| it.types.contains(&JsonType::Array)) else {
        return false;
    };
    let Some(single) = field.name.strip_suffix('s') else { return false };
    let items = schema.items.and_then(|id| resolve_schema(api, id));
    let is_plain =
        items.is_some_and(|it| it.types.iter().any(|kind| matches!(kind, JsonType::Integer | JsonType::String)));
    is_id(single) || is_plain && names_kind(api, single)
}

/// Returns the fields of a writing operation without an id in its path that may name what it writes to.
pub(crate) fn naming_fields(api: &Api, acting: &Acting) -> Vec<Naming> {
    // A POST without a word of change or removal may make something, and does nothing to what it names.
    if acting.operation.path.contains('{') || effect_on_named(api, acting).is_none() {
        return Vec::new();
    }
    let declared = acting.fields(api);
    let mut found: Vec<Naming> = declared.iter().map(|field| naming_of_declared(api, acting, field)).collect();
    // Of an example it is not known which members may be left out, so each counts as required.
    if declared.is_empty()
        && let Some(example) = acting.content.as_ref().and_then(|content| content.example.as_ref())
    {
        let names = example.as_object().into_iter().flatten().map(|(name, _)| name.clone());
        found.extend(names.map(|name| naming_of_field(acting, &name, false, true)));
    }
    let query = acting.operation.parameters.iter().filter(|parameter| parameter.place == Place::Query);
    found.extend(query.map(|parameter| naming_of_field(acting, &parameter.name, true, parameter.required)));
    found.retain(|naming| {
        is_id(&naming.slot.name) || loaded_resource(acting, &naming.slot.name, naming.in_query).is_some()
    });
    found
}

/// Returns what the handler loads by a value, as its source reads: an id by whatever name.
fn loaded_resource(acting: &Acting, name: &str, in_query: bool) -> Option<String> {
    let place = if in_query { InputPlace::Query } else { InputPlace::Body };
    acting.operation.request.loads(place, name).and_then(resource_of_model)
}

fn is_id(name: &str) -> bool {
    ends_in_id(name)
        || matches!(split_words(name).join("").as_str(), "id" | "user" | "username" | "owner" | "account" | "login")
}

fn naming_of_declared(api: &Api, acting: &Acting, field: &Field) -> Naming {
    let list = is_list_of_ids(api, field).then(|| ListNaming { field: field.name.clone(), beside: None });
    let name = if list.is_some() { field.name.strip_suffix('s').unwrap_or(&field.name) } else { &field.name };
    Naming { list, ..naming_of_field(acting, name, false, field.required) }
}

/// Returns a field with the objects that it may name, as a slot of the path would.
fn naming_of_field(acting: &Acting, name: &str, in_query: bool, required: bool) -> Naming {
    // The nearest word of the path is the likeliest kind of a bare `id`.
    let of_path = acting.operation.path.split('/').rev().filter(|part| !part.is_empty());
    let of_path = of_path.filter_map(|part| split_words(part).last().map(|word| singular_of(word)));
    let mut resources = match resource_of_name(name) {
        Some(resource) => vec![resource],
        None => of_path.collect(),
    };
    resources.extend(loaded_resource(acting, name, in_query).filter(|resource| !resources.contains(resource)));
    Naming { slot: Slot { place: Place::Query, name: name.to_owned(), resources }, in_query, required, list: None }
}

/// Returns the trial of an operation whose request names something that the scan made.
///
/// # Errors
/// `NotTried` where there is no such thing.
pub(crate) fn addressed_trial<'a>(lab: &'a Lab<'a>, acting: &'a Acting) -> Result<Trial<'a>, Silence> {
    let no_deed = || Silence::not_applicable("nothing says that it changes or removes what its body names");
    let deed = effect_on_named(lab.maker.api, acting).ok_or_else(no_deed)?;
    let namings = naming_fields(lab.maker.api, acting);
    let pairs = lab.pairs();
    let object = |naming: &Naming| {
        let owned = |pair: &&PeoplePair<'_>| object_of(lab, naming, &pair.1.name).is_some();
        // Beside an own one in a list a foreign one may go unseen: who has one of its own comes first.
        let has_own = |pair: &&PeoplePair<'_>| naming.list.is_none() || object_of(lab, naming, &pair.0.name).is_some();
        let pair = pairs.iter().filter(owned).find(has_own).or_else(|| pairs.iter().find(owned))?;
        Some((naming.clone(), *pair, object_of(lab, naming, &pair.1.name)?))
    };
    // An object comes before an account, whose change may spoil a caller.
    let found = match namings.iter().find_map(object) {
        Some(found) => found,
        None if deed == AddressedAction::Changes && is_about_account(acting) => {
            choose_account(lab, acting, &namings, &pairs)?
        }

        None => return Err(lab.no_target(acting, !pairs.is_empty())),
    };

    let (mut naming, (intruder, owner), subject) = found;
    // Some servers look at the first of a list alone: the attacker's own stands before the other's.
    let own = object_of(lab, &naming, &intruder.name).and_then(|own| own.value(&naming.slot));
    if let Some(list) = &mut naming.list {
        list.beside = own;
    }
    let aim = match deed {
        AddressedAction::Removes => Aim::Removal,
        AddressedAction::Changes => Aim::Change,
        AddressedAction::Acts => Aim::Once(&compare_states),
    };
    let trial = Trial::new(lab, acting, (subject, &owner.name), aim, &intruder.name);
    Ok(Trial { naming: Some(naming), peer: Some(intruder), ..trial })
}

/// Returns the latest object of an owner that a field may name.
fn object_of<'a>(lab: &Lab<'a>, naming: &Naming, owner: &str) -> Option<Subject<'a>> {
    let fits = |created: &Created| {
        created.caller == owner
            && naming.slot.resources.contains(&created.object.resource)
            && created.object.slot_value(&naming.slot).is_some()
    };
    lab.maker.made().into_iter().rev().find(fits).map(|created| Subject::Object(Box::new(created)))
}

/// Whether an operation is about the caller's own account.
fn is_about_account(acting: &Acting) -> bool {
    acting.kind != ActKind::Delete
        && acting.operation.path.split('/').any(|part| {
            is_me_word(part)
                || split_words(part).iter().any(|word| {
                    matches!(
                        singular_of(word).as_str(),
                        "profile" | "user" | "account" | "setting" | "preference" | "customer" | "member"
                    )
                })
        })
}

/// Intruder and owner.
type PeoplePair<'a> = (&'a Person, &'a Person);

/// Returns a throw-away account that a field may name: no other account is ever written to.
fn choose_account<'a>(
    lab: &Lab<'a>,
    acting: &Acting,
    namings: &[Naming],
    pairs: &[PeoplePair<'a>],
) -> Result<(Naming, PeoplePair<'a>, Subject<'a>), Silence> {
    let both = |(a, b): &&PeoplePair<'_>| lab.may_spoil(&a.name) && lab.may_spoil(&b.name);
    let Some((intruder, owner)) = pairs.iter().find(both).copied() else {
        let help = format!(
            "scan with --auto-accounts, or mark two test accounts `disposable = true` in routewarden.toml, so that {} may be tried on one",
            acting.operation.id
        );
        return Err(Silence::not_tried("needs two throw-away accounts, since it changes accounts").with_help(help));
    };

    // A number names an account; a user name may be what the operation changes, and only counts where it must be sent.
    let mut ordered: Vec<&Naming> =
        namings.iter().filter(|naming| is_number_name(&naming.slot.name) || naming.required).collect();
    ordered.sort_by_key(|naming| !is_number_name(&naming.slot.name));
    let principals = lab.principals();
    let found = ordered.into_iter().find_map(|naming| {
        let value = principals.value_for(owner, &naming.slot.name, None);
        Some((naming.clone(), (intruder, owner), Subject::account(lab, owner, intruder, value)?))
    });
    found.ok_or_else(|| Silence::undecided("no value is known by which the body would name another account"))
}

fn is_number_name(name: &str) -> bool {
    split_words(name).last().is_some_and(|word| matches!(word.as_str(), "id" | "uuid" | "guid" | "uid" | "userid"))
}
