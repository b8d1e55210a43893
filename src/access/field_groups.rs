//! Which fields of a kind of object who is shown: groups of fields of one kind may have policies of their own.

use std::collections::{BTreeMap, BTreeSet};

use serde_json::{Map, Value};

use super::fact::{Relation, relation_to};
use super::ruling::AccessModel;
use crate::model::{ANONYMOUS, AccessLevel, OperationId};
use crate::survey::{Object, ObjectKey, Surveyed, scalar_text};

/// Most objects of one kind whose fields are looked at.
const MAX_OBJECTS: usize = 12;
/// Deepest nesting in which an object is looked for.
const MAX_DEPTH: usize = 12;

/// The fields that sound routes show to a circle of callers and to none wider.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) struct FieldGroup {
    /// The circle.
    pub(super) level: AccessLevel,
    /// The names.
    pub(super) fields: BTreeSet<String>,
    /// A route that shows one of them to that circle.
    pub(super) route: OperationId,
}

/// The circles in which a field may be shown, widest first.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
enum Circle {
    Public,
    SignedIn,
    Group,
    Owner,
}

impl Circle {
    /// Returns the circle of a caller that an owner's object is shown to. What callers of a higher role are shown says
    /// nothing of others.
    fn of(relation: Relation) -> Option<Self> {
        match relation {
            Relation::Anonymous => Some(Self::Public),
            Relation::Peer | Relation::Lower => Some(Self::SignedIn),
            Relation::Member => Some(Self::Group),
            Relation::Owner => Some(Self::Owner),
            Relation::Higher | Relation::Invalid => None,
        }
    }

    fn level(self) -> AccessLevel {
        match self {
            Self::Public => AccessLevel::Public,
            Self::SignedIn => AccessLevel::SignedIn,
            Self::Group => AccessLevel::Group,
            Self::Owner => AccessLevel::Owner,
        }
    }
}

/// Returns the groups of fields of a kind of object, the narrowest circle first. Routes that break the policy say nothing.
pub(super) fn field_groups(
    model: &AccessModel<'_>,
    resource: &str,
    violators: &BTreeSet<OperationId>,
) -> Vec<FieldGroup> {
    let mut widest: BTreeMap<String, (Circle, OperationId)> = BTreeMap::new();
    let owned = model.survey.owners.iter().filter(|(key, _)| key.0 == resource);

    for (key, (owner, _)) in owned.take(MAX_OBJECTS) {
        let Some(object) = model.survey.objects.known.get(key) else { continue };
        for surveyed in model.survey.operations.iter().filter(|route| !violators.contains(&route.operation.id)) {
            for (circle, json) in answers_with(model, surveyed, key, owner) {
                for field in fields_shown(json, key, object) {
                    let seen = (circle, surveyed.operation.id.clone());
                    let known = widest.entry(field).or_insert_with(|| seen.clone());

                    // A field is as open as the widest circle that is shown it; the widest comes first in order.
                    if circle < known.0 {
                        *known = seen;
                    }
                }
            }
        }
    }

    let mut groups: BTreeMap<Circle, FieldGroup> = BTreeMap::new();
    for (field, (circle, route)) in widest {
        let group = groups.entry(circle);
        let empty = || FieldGroup { level: circle.level(), fields: BTreeSet::new(), route };
        group.or_insert_with(empty).fields.insert(field);
    }
    groups.into_values().rev().collect()
}

/// Returns the answers of a route that hold the id of an object, with the circle of each caller.
fn answers_with<'m>(
    model: &'m AccessModel<'_>,
    surveyed: &'m Surveyed,
    key: &ObjectKey,
    owner: &str,
) -> Vec<(Circle, &'m Value)> {
    let signed = surveyed.valid().map(|baseline| (baseline.caller.as_str(), Some(&baseline.first)));
    let callers = signed.chain([(ANONYMOUS, surveyed.anonymous.as_ref())]);
    let held = callers.filter(|(caller, _)| model.given_by(surveyed, caller).contains(&key.1));
    held.filter_map(|(caller, answer)| {
        let circle = Circle::of(relation_to(&model.survey.people, owner, caller))?;
        Some((circle, answer?.response()?.json.as_ref()?))
    })
    .collect()
}

/// Returns the names of an object's fields that an answer shows with their values.
pub(super) fn fields_shown(json: &Value, key: &ObjectKey, object: &Object) -> BTreeSet<String> {
    let mut shown = BTreeSet::new();
    let mut open = vec![(json, 0)];

    while let Some((value, depth)) = open.pop() {
        let inner: Vec<&Value> = match value {
            Value::Array(items) => items.iter().collect(),
            Value::Object(members) => {
                if is_object(members, key, object) {
                    // A field of the same name with another value is of another object, or masked for this caller.
                    let named = object.fields.iter().filter(|(name, value)| find_member(members, name) == Some(*value));
                    shown.extend(named.map(|(name, _)| name.clone()));
                }
                members.values().collect()
            }
            _ => continue,
        };

        if depth < MAX_DEPTH {
            open.extend(inner.into_iter().map(|value| (value, depth + 1)));
        }
    }

    shown
}

/// Returns true where one of the members holds the object's id under the name that the object has for it.
fn is_object(members: &Map<String, Value>, key: &ObjectKey, object: &Object) -> bool {
    let is_id = |value: &Value| scalar_text(value).as_deref() == Some(key.1.as_str());
    object.fields.iter().any(|(name, value)| is_id(value) && members.get(name) == Some(value))
}

/// Returns a member by the name that objects keep it under: those one level down as `owner/id`.
fn find_member<'v>(members: &'v Map<String, Value>, name: &str) -> Option<&'v Value> {
    match name.split_once('/') {
        Some((outer, inner)) => members.get(outer)?.get(inner),
        None => members.get(name),
    }
}
