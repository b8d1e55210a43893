//! What the scan made itself: its coming and going is no harm.

use std::collections::{BTreeMap, BTreeSet};

use serde_json::{Map, Value};

use crate::probe::{Journal, WriteKind};
use crate::survey::{BARE_IDS, Baseline, Surveyed, ends_in_id, resource_of_name, resource_of_path, scalar_text};

/// Shorter marks would stand in others' texts as well.
const MIN_MARK: usize = 6;

/// Ids and marks of what the scan made.
#[derive(Debug, Default)]
pub(super) struct Own {
    marks: BTreeSet<String>,
    /// Ids by the kind of object.
    ids: BTreeMap<String, BTreeSet<String>>,
}

impl Own {
    pub(super) fn of(journal: &Journal) -> Self {
        let mut own = Self::default();
        for account in journal.accounts() {
            own.mark(&account.name);
            // What it signs in with is what lists of people show of it.
            let fields = account.body.as_object().into_iter().flat_map(Map::values);
            fields.filter_map(Value::as_str).filter(|text| !text.contains('{')).for_each(|text| own.mark(text));
        }

        for entry in journal.entries() {
            own.mark(&entry.note.marker);
            // A change may be of what was there before; only creations and sign-ups give ids of the scan's own.
            if !matches!(entry.note.kind, WriteKind::Creates | WriteKind::SignsUp) {
                continue;
            }
            let path = entry.note.operation.split_once(' ').map_or("", |(_, path)| path);
            let Some(id) = entry.object else { continue };

            // A short number is the id of many kinds, and would mark rows of others.
            if is_unmistakable(&id) {
                own.marks.insert(id.clone());
            }
            own.ids.entry(resource_of_path(path).unwrap_or_default()).or_default().insert(id);
        }

        own
    }

    fn mark(&mut self, text: &str) {
        if text.chars().count() >= MIN_MARK {
            self.marks.insert(text.to_owned());
        }
    }

    /// Whether an object is the scan's own, or names something of its own.
    pub(super) fn has(&self, fields: &Map<String, Value>, resource: &str) -> bool {
        fields.iter().any(|(name, value)| match value {
            Value::String(text) if self.is_marked(text) => true,
            Value::Object(inner) => self.has(inner, &resource_of_name(name).unwrap_or_default()),
            _ => {
                // A bare `id` numbers the object itself, `project_id` what the object refers to.
                let named = if BARE_IDS.contains(&name.as_str()) {
                    Some(resource.to_owned())
                } else {
                    Some(name).filter(|name| ends_in_id(name)).and_then(|name| resource_of_name(name))
                };
                let known = named.and_then(|resource| self.ids.get(&resource));
                known.zip(scalar_text(value)).is_some_and(|(ids, id)| ids.contains(&id))
            }
        })
    }

    /// Whether a text carries a mark of the scan.
    pub(super) fn is_marked(&self, text: &str) -> bool {
        self.marks.iter().any(|mark| text.contains(mark.as_str()))
    }

    /// Whether a baseline asked for something of the scan's own.
    pub(super) fn is_asked_for(&self, surveyed: &Surveyed, baseline: &Baseline) -> bool {
        let in_address = surveyed.slots.iter().any(|slot| {
            let value = baseline.values.get(&(slot.place, slot.name.clone())).and_then(scalar_text);
            value.is_some_and(|id| {
                self.is_marked(&id)
                    || slot.resources.iter().any(|kind| self.ids.get(kind).is_some_and(|ids| ids.contains(&id)))
            })
        });

        let shown = baseline.first.response().and_then(|response| response.json.as_ref()).and_then(Value::as_object);
        let resource = resource_of_path(&surveyed.operation.path).unwrap_or_default();
        in_address || shown.is_some_and(|fields| self.has(fields, &resource))
    }
}

fn is_unmistakable(id: &str) -> bool {
    id.len() >= 8 && id.bytes().any(|byte| byte.is_ascii_alphabetic())
}
