//! Objects seen in answers: what they are, which ids they have, who saw them where.

use std::collections::{BTreeMap, BTreeSet};

use serde_json::{Map, Value};

use super::leaves::scalar_text;
use super::names::{
    BARE_IDS, ends_in_id, is_id_word, is_me_word, is_owner_name, resource_of_name, resource_of_path, singular_of,
    split_words,
};
use super::slots::Slot;
use crate::model::{Operation, OperationId, Place};
use crate::probe::Values;

/// Most objects that are kept of one resource.
const MAX_PER_RESOURCE: usize = 400;
/// Most objects that are kept in all: an answer may name a new kind with every field.
const MAX_OBJECTS: usize = 20_000;
/// Most bytes of the fields of all objects, by estimate.
const MAX_FIELD_BYTES: usize = 32 << 20;
/// What a field takes besides its texts.
const FIELD_BYTES: usize = 160;
/// Deepest nesting that is looked at.
const MAX_DEPTH: usize = 12;

/// The key of an object: resource and primary id.
pub type ObjectKey = (String, String);

/// One object of the API.
#[derive(Debug, Clone, Default)]
pub struct Object {
    /// What it is, singular: `invoice`.
    pub resource: String,
    /// Scalar fields; those one level down as `owner/id`.
    pub fields: BTreeMap<String, Value>,
    /// Ids of the parents under which it was seen, by resource.
    pub context: BTreeMap<String, Value>,
    /// Resources of which several have it in them, so that it belongs to none: the plan that many tenants are on.
    pub shared_by: BTreeSet<String>,
    /// Who got it in any answer.
    pub seen_by: BTreeSet<String>,
    /// Objects that refer to it.
    pub holders: BTreeSet<ObjectKey>,
    /// Only a reference was seen, never the object itself.
    pub reference: bool,
    /// The caller as whom this scan made it.
    pub created_by: Option<String>,
}

/// All objects of a scan.
#[derive(Debug, Clone, Default)]
pub struct Objects {
    /// By resource and primary id.
    pub known: BTreeMap<ObjectKey, Object>,
    /// Who was given which objects by a collection: by operation and path values, then by caller.
    pub lists: BTreeMap<(OperationId, String), BTreeMap<String, BTreeSet<ObjectKey>>>,
    /// Names of path parameters: fields of these names are ids too.
    id_names: BTreeSet<String>,
    /// Paths with an id slot right behind them: `/offers`, where there is `/offers/{id}`.
    collections: BTreeSet<String>,
    /// Objects beyond the cap.
    pub left_out: usize,
    /// What the fields of all objects take, by estimate.
    field_bytes: usize,
}

/// Where an answer came from.
pub(super) struct ObjectSource<'a> {
    pub(super) operation: &'a Operation,
    pub(super) slots: &'a [Slot],
    pub(super) values: &'a Values,
    pub(super) caller: &'a str,
}

/// Wrapper keys that name no resource.
fn is_wrapper(key: &str) -> bool {
    matches!(
        split_words(key).join("").as_str(),
        "data"
            | "items"
            | "item"
            | "results"
            | "result"
            | "content"
            | "contents"
            | "rows"
            | "row"
            | "list"
            | "records"
            | "record"
            | "value"
            | "values"
            | "entries"
            | "entry"
            | "hits"
            | "docs"
            | "documents"
            | "edges"
            | "node"
            | "nodes"
            | "elements"
            | "objects"
            | "object"
            | "payload"
            | "response"
            | "body"
            | "embedded"
            | "page"
            | "attributes"
            | "collection"
            | "output"
    )
}

/// Words before a kind's name that say which of its things are shown, not another kind: `/my-articles`.
const VIEWS: &str = "my own our your all any new latest recent last first top popular featured public private active inactive \
    archived deleted open closed pending draft published current past previous upcoming old favorite favourite saved starred \
    shared sent received assigned accepted rejected approved unread hidden available admin user users customer account team \
    group company org organization organisation tenant workspace project list search find related similar child sub nested";

impl Objects {
    /// An empty store that knows the names of path parameters.
    pub fn new(id_names: BTreeSet<String>, collections: BTreeSet<String>) -> Self {
        Self { id_names, collections, ..Self::default() }
    }

    /// The resource of a path that ends in a word: a view of a collection (`/offers/sent`) shows that collection's
    /// objects.
    fn resource_of(&self, path: &str) -> Option<String> {
        let path = path.trim_end_matches('/');
        if let Some(kind) = self.compound_kind(path) {
            return Some(kind);
        }
        let view = path.rsplit_once('/').filter(|(before, _)| self.collections.contains(*before));

        match view {
            Some((collection, _)) => resource_of_path(collection),
            None => resource_of_path(path),
        }
    }

    /// The whole name of a collection's things where another collection has the same last word: `standing_order` of
    /// `/standing-orders` beside `/orders`, whose order 3 is another thing.
    fn compound_kind(&self, path: &str) -> Option<String> {
        let last = path.rsplit('/').next()?;
        let mut words = split_words(last);
        let is_view = words.first().is_some_and(|word| VIEWS.split(' ').any(|known| known == word));
        let kind = resource_of_path(path).filter(|_| words.len() > 1 && !is_view && !last.contains('{'))?;
        let is_other = |other: &&String| {
            let segment = other.rsplit('/').next().unwrap_or_default();
            segment != last
                && split_words(segment).len() < words.len()
                && resource_of_path(other).as_ref() == Some(&kind)
        };

        self.collections.iter().find(is_other)?;
        words.pop();
        words.push(kind);
        Some(words.join("_"))
    }

    /// Keeps what an answer shows.
    pub(super) fn harvest(&mut self, source: &ObjectSource<'_>, json: &Value) {
        // Only a path that ends in an id shows that id's object: `/users/{id}/orders` shows orders.
        let path = source.operation.path.trim_end_matches('/');
        let collection = path.rsplit_once('/').filter(|_| path.ends_with('}')).map(|(collection, _)| collection);
        let own = collection
            .and_then(|collection| self.compound_kind(collection))
            .or_else(|| {
                source.slots.last().filter(|_| path.ends_with('}')).and_then(|slot| slot.resources.last().cloned())
            })
            .or_else(|| self.resource_of(&source.operation.path))
            .unwrap_or_else(|| "object".to_owned());
        let context = source.context();
        let mut listed: BTreeSet<ObjectKey> = BTreeSet::new();
        let mut is_list = json.is_array();
        let mut open: Vec<(&Value, String, bool, bool, usize)> = vec![(json, own.clone(), false, true, 0)];

        while let Some((value, resource, in_array, is_own, depth)) = open.pop() {
            if depth > MAX_DEPTH {
                continue;
            }
            match value {
                Value::Array(items) => {
                    is_list |= is_own;
                    open.extend(items.iter().map(|item| (item, resource.clone(), true, is_own, depth + 1)));
                }
                Value::Object(fields) => {
                    let key = self.keep(&resource, fields, source.caller);
                    if let Some(object) = key.as_ref().and_then(|key| self.known.get_mut(key)) {
                        object.place(&context);
                    }
                    if in_array && is_own {
                        listed.extend(key.clone());
                    }
                    for (name, inner) in fields.iter().filter(|(_, inner)| inner.is_object() || inner.is_array()) {
                        // What stands inside an entry that has an id of its own (a node in a flow) is a part of it.
                        let is_part = in_array && key.is_some();
                        let inner_resource =
                            if is_part { part_resource(name) } else { inner_resource(name, &resource) };
                        // The caller's own resource stays own through wrappers and through a key that names it; an
                        // array right below the root is what the answer is about, whatever its key.
                        let is_content = inner.is_array() && !in_array && depth <= 1;
                        let still_own = is_own && !is_part && (is_wrapper(name) || inner_resource == own || is_content);
                        let within = inner.is_object() && in_array && is_wrapper(name) && !is_part;
                        open.push((inner, inner_resource, within, still_own, depth + 1));
                    }
                }
                _ => {}
            }
        }

        // An empty list is kept too: its caller was shown none of the others' objects.
        if is_list {
            let list = (source.operation.id.clone(), source.context_text());
            self.lists.entry(list).or_default().entry(source.caller.to_owned()).or_default().extend(listed);
        }
    }

    /// How many callers any collection shows the object to.
    pub fn shown_to(&self, key: &ObjectKey) -> usize {
        let callers = self.lists.values().flat_map(|callers| {
            callers.iter().filter(|(_, listed)| listed.contains(key)).map(|(caller, _)| caller.as_str())
        });
        callers.collect::<BTreeSet<&str>>().len()
    }

    /// Whether any collection shows the object to this caller.
    pub fn is_listed_to(&self, key: &ObjectKey, caller: &str) -> bool {
        self.lists.values().any(|callers| callers.get(caller).is_some_and(|listed| listed.contains(key)))
    }

    /// Returns true where a collection shows an object to a caller, under whatever name a slot knows it by.
    pub fn is_listed_under(&self, key: &ObjectKey, slot: Option<&Slot>, caller: &str) -> bool {
        let names = slot.into_iter().flat_map(|slot| &slot.resources);
        let others = names.map(|name| (name.clone(), key.1.clone()));
        std::iter::once(key.clone()).chain(others).any(|key| self.is_listed_to(&key, caller))
    }

    /// Notes which known objects a collection shows to a stranger, without keeping anything new.
    pub(super) fn note_listed(&mut self, operation: &Operation, caller: &str, given: &BTreeSet<String>) {
        let list = (operation.id.clone(), String::new());
        let shown: BTreeSet<ObjectKey> = match self.lists.get(&list) {
            Some(callers) => callers.values().flatten().filter(|key| given.contains(&key.1)).cloned().collect(),
            None => return,
        };
        self.lists.entry(list).or_default().insert(caller.to_owned(), shown);
    }

    fn keep(&mut self, resource: &str, fields: &Map<String, Value>, caller: &str) -> Option<ObjectKey> {
        if is_envelope(fields) {
            return None;
        }
        let id = self.primary_id(resource, fields)?;
        let key = (resource.to_owned(), id);

        if !self.known.contains_key(&key) && self.is_full(resource) {
            self.left_out += 1;
            return None;
        }
        let object = self.known.entry(key.clone()).or_default();
        resource.clone_into(&mut object.resource);
        object.reference = false;
        object.seen_by.insert(caller.to_owned());

        for (name, value) in flat_fields(fields) {
            let is_new = !object.fields.contains_key(&name);
            if is_new && self.field_bytes >= MAX_FIELD_BYTES {
                continue;
            }
            if is_new {
                self.field_bytes += FIELD_BYTES + name.len() + value.as_str().map_or(0, str::len);
            }
            object.fields.insert(name, value);
        }

        self.keep_references(&key, fields, caller);
        Some(key)
    }

    /// `customer_id: 3` in an invoice says that there is a customer 3.
    fn keep_references(&mut self, holder: &ObjectKey, fields: &Map<String, Value>, caller: &str) {
        for (name, value) in fields {
            let (Some(text), Some(resource)) = (scalar_text(value), resource_of_name(name)) else { continue };
            let names_an_id = ends_in_id(name) || self.id_names.contains(name);

            // An object is no reference to itself under another word; a membership that is known by its `tenant` names one, and
            // so does a build that is known by its `flow_id`; the `hook_id` of a webhook is its own.
            let is_short = holder.0.ends_with(&resource);
            let names_other = self.id_names.contains(name) && (resource == *name || ends_in_id(name) && !is_short);
            let is_itself = text == holder.1 && !names_other;
            if !names_an_id || resource == holder.0 || is_itself {
                continue;
            }
            if !self.known.contains_key(&(resource.clone(), text.clone())) && self.is_full(&resource) {
                self.left_out += 1;
                continue;
            }
            let object = self.known.entry((resource.clone(), text)).or_insert_with(|| Object {
                resource,
                fields: BTreeMap::from([("id".to_owned(), value.clone())]),
                reference: true,
                ..Object::default()
            });

            object.seen_by.insert(caller.to_owned());
            object.holders.insert(holder.clone());
        }
    }

    fn is_full(&self, resource: &str) -> bool {
        self.known.len() >= MAX_OBJECTS
            || self.field_bytes >= MAX_FIELD_BYTES
            || self.of_kind(resource).count() >= MAX_PER_RESOURCE
    }

    fn primary_id(&self, resource: &str, fields: &Map<String, Value>) -> Option<String> {
        let own = |name: &&String| {
            ends_in_id(name) && resource_of_name(name).as_deref() == Some(resource) && split_words(name).len() > 1
        };
        // Words such as `name` or `number` identify an object only where it has nothing better.
        let bare = BARE_IDS.iter().take(6).find_map(|name| fields.get(*name).and_then(scalar_text));
        bare.or_else(|| fields.keys().find(own).and_then(|name| fields.get(name)).and_then(scalar_text))
            .or_else(|| self.id_names.iter().find_map(|name| fields.get(name).and_then(scalar_text)))
            .or_else(|| BARE_IDS.iter().skip(6).find_map(|name| fields.get(*name).and_then(scalar_text)))
            // A longer text is content, and would hardly fit into an address.
            .filter(|id| !id.is_empty() && id.len() <= 200)
    }

    /// The id under which an object would be kept.
    pub fn id_of(&self, object: &Object) -> Option<String> {
        let fields: Map<String, Value> =
            object.fields.iter().map(|(name, value)| (name.clone(), value.clone())).collect();
        self.primary_id(&object.resource, &fields)
    }

    /// Objects that may go into a slot, with the value that does.
    pub fn for_slot<'a>(&'a self, slot: &'a Slot) -> impl Iterator<Item = (&'a ObjectKey, &'a Object, &'a Value)> {
        // `standingOrderId` takes a standing order, where such are known, and no order.
        let whole = whole_kind(&slot.name).filter(|kind| self.of_kind(kind).next().is_some());
        let kinds = whole.map_or_else(|| slot.resources.clone(), |kind| vec![kind]);
        kinds.into_iter().flat_map(move |kind| {
            let objects: Vec<_> = self.of_kind(&kind).collect();
            objects.into_iter().filter_map(move |(key, object)| Some((key, object, object.slot_value(slot)?)))
        })
    }

    fn of_kind<'a>(&'a self, kind: &str) -> impl Iterator<Item = (&'a ObjectKey, &'a Object)> + use<'a> {
        let kind = kind.to_owned();
        self.known.range((kind.clone(), String::new())..).take_while(move |((known, _), _)| *known == kind)
    }
}

/// The whole name of the kind that a slot names by more than one word: `standing_order` of `standingOrderId`.
fn whole_kind(name: &str) -> Option<String> {
    let mut words = split_words(name);
    words.pop_if(|last| is_id_word(last));
    (words.len() > 1).then(|| words.join("_"))
}

impl Object {
    /// An object with these fields, seen below these parents.
    pub fn of(resource: &str, fields: &Map<String, Value>, context: BTreeMap<String, Value>) -> Self {
        Self {
            resource: resource.to_owned(),
            fields: flat_fields(fields).into_iter().collect(),
            context,
            ..Self::default()
        }
    }

    /// Notes the parents under which it was seen. What is seen under two of one kind is what both refer to, and a part of
    /// neither.
    fn place(&mut self, context: &BTreeMap<String, Value>) {
        for (parent, value) in context {
            // Under its own kind it may be the very object of the address, which is no parent of itself.
            if *parent == self.resource || self.shared_by.contains(parent) {
                continue;
            }
            let is_another = self.context.get(parent).is_some_and(|known| scalar_text(known) != scalar_text(value));

            if is_another {
                self.context.remove(parent);
                self.shared_by.insert(parent.clone());
            } else {
                self.context.entry(parent.clone()).or_insert_with(|| value.clone());
            }
        }
    }

    /// The field that a slot wants: of its very name, else the usual ids.
    pub fn slot_value(&self, slot: &Slot) -> Option<&Value> {
        let wanted = split_words(&slot.name);
        let same_name = || self.fields.iter().find(|(name, _)| split_words(name) == wanted).map(|(_, value)| value);
        let tail = wanted.last().cloned().unwrap_or_default();
        let by_tail =
            || self.fields.iter().find(|(name, _)| split_words(name).join("") == tail).map(|(_, value)| value);
        let own_id = || {
            self.fields
                .iter()
                .find(|(name, _)| ends_in_id(name) && resource_of_name(name).as_deref() == Some(self.resource.as_str()))
                .map(|(_, value)| value)
        };

        // A user name is no number, whatever the object has for an id.
        let named = matches!(tail.as_str(), "username" | "email" | "handle" | "login" | "slug" | "sku" | "iban");
        let bare = || BARE_IDS.iter().filter(|_| !named).find_map(|name| self.fields.get(*name));
        let found = self.fields.get(&slot.name).or_else(same_name).or_else(by_tail);
        found
            .or_else(|| own_id().filter(|_| !named))
            .or_else(bare)
            .filter(|value| scalar_text(value).is_some_and(|text| !text.is_empty() && text.len() <= 200))
    }
}

impl ObjectSource<'_> {
    /// Ids of this request's slots by resource.
    fn context(&self) -> BTreeMap<String, Value> {
        self.slots
            .iter()
            .filter_map(|slot| {
                let value = self.values.get(&(slot.place, slot.name.clone()))?;
                Some((slot.resources.last()?.clone(), value.clone()))
            })
            .collect()
    }

    fn context_text(&self) -> String {
        self.values
            .iter()
            .filter(|((place, _), _)| *place == Place::Path)
            .map(|((_, name), value)| format!("{name}={}", scalar_text(value).unwrap_or_default()))
            .collect::<Vec<_>>()
            .join("&")
    }
}

/// `{code, msg, data: {...}}`: what counts is inside.
fn is_envelope(fields: &Map<String, Value>) -> bool {
    let content = |(name, value): (&String, &Value)| {
        is_wrapper(name) && (value.is_object() || value.is_array() || value.is_null())
    };
    let around = |name: &String| super::refusal::is_envelope_name(name);
    fields.iter().any(content)
        && fields.keys().any(around)
        && fields.iter().all(|(name, value)| content((name, value)) || around(name))
}

/// What a part of an entry is, by its own name: a wrapper's name too.
fn part_resource(name: &str) -> String {
    if is_owner_name(name) || is_me_word(name) {
        return "user".to_owned();
    }
    split_words(name).last().map_or_else(|| name.to_owned(), |word| singular_of(word))
}

fn inner_resource(name: &str, outer: &str) -> String {
    if is_wrapper(name) {
        return outer.to_owned();
    }
    if is_owner_name(name) || is_me_word(name) {
        return "user".to_owned();
    }
    split_words(name).last().map_or_else(|| outer.to_owned(), |word| singular_of(word))
}

/// Scalars of an object, and those one level down under `outer/inner`.
fn flat_fields(fields: &Map<String, Value>) -> Vec<(String, Value)> {
    let mut flat = Vec::new();
    for (name, value) in fields.iter().take(100) {
        match value {
            Value::Object(inner) => {
                for (inner_name, value) in
                    inner.iter().take(20).filter(|(_, value)| !value.is_object() && !value.is_array())
                {
                    flat.push((format!("{name}/{inner_name}"), value.clone()));
                }
            }
            Value::Array(_) => {}
            scalar => flat.push((name.clone(), scalar.clone())),
        }
    }

    flat
}
