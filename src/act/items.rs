//! Which operations concern the objects that a creating operation makes: where one is read, listed, removed.

use super::kinds::{ActKind, Acting, collection_path, ends_in_slot};
use super::maker::{Created, Maker};
use crate::model::{Api, Effect, Method, Operation, Place, item_shape, path_shape};
use crate::probe::{ID_PLACE, Undo, Values, operation_url};
use crate::spec::Samples;
use crate::survey::{Object, Slot, id_slots, role_word, singular_of};

/// Whether an operation's address names one object of what `create` makes.
pub fn is_item_of(api: &Api, create: &Acting, operation: &Operation) -> bool {
    if !ends_in_slot(&operation.path) {
        return false;
    }
    let below = item_shape(collection_path(&create.operation.path));

    if path_shape(&operation.path) == below {
        return true;
    }
    // `/users/{id}/notes` makes what `/notes/{note_id}` shows.
    let Some(resource) = &create.resource else { return false };
    let found = id_slots(api, operation);
    let last_segment =
        |path: &str| collection_path(path).rsplit('/').find(|part| !part.starts_with('{')).map(str::to_owned);
    found.last().is_some_and(|slot| slot.resources.contains(resource))
        && last_segment(&operation.path) == last_segment(&create.operation.path)
}

/// Returns the latest object of a caller that an operation's last slot takes, with the values of the operation's path.
pub fn object_for(maker: &Maker<'_>, acting: &Acting, caller: &str) -> Option<(Created, Values)> {
    // Also a path that goes on behind the id: `/notes/{id}/archive`.
    let slot = acting.slots.last().filter(|slot| slot.place == Place::Path);
    maker.made().into_iter().rev().filter(|created| created.caller == caller).find_map(|created| {
        let values = values_for(maker.api, &acting.operation, &created.object, &created.values)?;
        let producer = maker.acting.get(created.producer);
        let fits = producer.is_some_and(|producer| is_item_of(maker.api, producer, &acting.operation))
            || slot.is_some_and(|slot| slot.resources.contains(&created.object.resource));
        fits.then_some((created, values))
    })
}

/// Reads and writes that name one object of what `create` makes; the ones right below its path first.
pub fn item_operations<'a>(api: &'a Api, create: &Acting, method: Method) -> Vec<&'a Operation> {
    let below = item_shape(collection_path(&create.operation.path));
    let mut found: Vec<&Operation> = api
        .operations
        .iter()
        .filter(|operation| operation.method == method && is_item_of(api, create, operation))
        .filter(|operation| method != Method::Get || operation.effect == Effect::Reads)
        .collect();
    // A route of a higher role refuses ordinary callers, so it comes last.
    found.sort_by_key(|operation| (path_shape(&operation.path) != below, role_word(&operation.path).is_some()));
    found
}

/// The collection's own list: at its address, or beside one that is named in the singular (`POST /wallet` and `GET /wallets`).
pub fn list_operation<'a>(api: &'a Api, create: &Acting) -> Option<&'a Operation> {
    let path = path_shape(collection_path(&create.operation.path));
    let at = |wanted: &dyn Fn(&str) -> bool| {
        api.operations.iter().find(|operation| {
            operation.method == Method::Get && operation.effect == Effect::Reads && wanted(&path_shape(&operation.path))
        })
    };
    // `GET /wallets` lists what `POST /wallet` makes, while a GET at the singular may show one alone.
    let beside = at(&|other| is_plural_of(other, &path));
    beside.or_else(|| at(&|other| other == path))
}

/// Returns whether two paths differ in their last segment alone, which is the plural of the other's.
fn is_plural_of(path: &str, one: &str) -> bool {
    let (Some((before, many)), Some((same, last))) = (path.rsplit_once('/'), one.rsplit_once('/')) else {
        return false;
    };
    before == same && many != last && !many.contains('{') && singular_of(many) == last
}

/// Collections at other addresses that may show what `create` makes: `/announcements` what `/admin/announcements` makes.
/// One that does not show it says nothing of whether it is there.
pub fn other_lists<'a>(api: &'a Api, create: &Acting) -> impl Iterator<Item = &'a Operation> {
    let path = path_shape(collection_path(&create.operation.path));
    let last = path.rsplit('/').next().unwrap_or_default().to_owned();
    api.operations.iter().filter(move |operation| {
        let other = path_shape(&operation.path);
        operation.method == Method::Get
            && operation.effect == Effect::Reads
            && !last.is_empty()
            && other != path
            && !other.contains("{}")
            && other.rsplit('/').next() == Some(last.as_str())
            && !operation.parameters.iter().any(|parameter| parameter.required)
    })
}

/// The values of an operation's path: the object in its last slot, its parents before it. `None` where one is unknown.
pub fn values_for(api: &Api, operation: &Operation, object: &Object, known: &Values) -> Option<Values> {
    let found = id_slots(api, operation);
    let mut values: Values = Samples::new(api, 1).required(operation);
    let (last, parents) = found.split_last()?;
    values.insert((last.place, last.name.clone()), object.slot_value(last)?.clone());

    for slot in parents {
        values.insert((slot.place, slot.name.clone()), parent_value(slot, object, known)?);
    }
    Some(values)
}

fn parent_value(slot: &Slot, object: &Object, known: &Values) -> Option<serde_json::Value> {
    let by_context = slot.resources.iter().find_map(|resource| object.context.get(resource)).cloned();
    // What the object was made below is surer than a field of that name, which may refer elsewhere.
    by_context
        .or_else(|| known.get(&(Place::Path, slot.name.clone())).cloned())
        .or_else(|| object.fields.get(&slot.name).cloned())
}

/// How what `create` makes can be removed: the addresses have a placeholder for the id.
pub fn plan_undo(maker: &Maker<'_>, create: &Acting, known: &Values, context: &Object) -> Option<Undo> {
    let (probe, api) = (maker.probe, maker.api);
    let placeholder = |operation: &Operation| {
        let mut object = context.clone();
        let last = id_slots(api, operation).into_iter().next_back()?;
        object.fields.insert(last.name, serde_json::Value::String(ID_PLACE.to_owned()));
        let values = values_for(api, operation, &object, known)?;
        operation_url(probe.base_url(), operation, &values).ok().map(|url| url.to_string())
    };

    // A removal that is marked for a higher role is no way back for what users make.
    let allowed = |operation: &&Operation| {
        maker.acting.iter().any(|other| {
            other.operation.id == operation.id && other.kind == ActKind::Delete && other.left_alone.is_none()
        }) && (role_word(&operation.path).is_none() || role_word(&create.operation.path).is_some())
    };
    // Without a way to remove it there may be one to see it go with its parent.
    let remove = item_operations(api, create, Method::Delete).into_iter().filter(allowed).find_map(placeholder);
    let look = item_operations(api, create, Method::Get).into_iter().find_map(placeholder);
    let list = list_operation(api, create)
        .and_then(|operation| operation_url(probe.base_url(), operation, known).ok().map(|url| url.to_string()));
    let known = remove.is_some() || look.is_some() || list.is_some();
    let of_item = [Method::Delete, Method::Get].into_iter().flat_map(|method| item_operations(api, create, method));
    let slot =
        of_item.filter_map(|operation| id_slots(api, operation).into_iter().next_back()).map(|slot| slot.name).next();
    known.then(|| Undo { method: "DELETE".to_owned(), url: remove.unwrap_or_default(), look, list, slot })
}
