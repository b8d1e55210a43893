//! One schema out of a schema, its `allOf` members and the first fitting of its `oneOf` members.

use std::borrow::Cow;

use indexmap::{IndexMap, IndexSet};

use crate::model::{AdditionalProperties, JsonType, Schema, SchemaArena, SchemaId};

/// The most schemas that are merged into one.
const MAX_PARTS: usize = 100;

/// The merged schema, and the ids of its parts.
pub(super) struct Merged<'a> {
    /// Has no `all_of` and no `one_of`.
    pub(super) schema: Cow<'a, Schema>,
    /// For the detection of cycles.
    pub(super) parts: Vec<SchemaId>,
}

/// Merges a schema; alternatives whose id is in `avoided` are taken only when there is no other.
pub(super) fn merge_schema<'a>(schemas: &'a SchemaArena, id: SchemaId, avoided: &[SchemaId]) -> Option<Merged<'a>> {
    let first = schemas.get(id)?;
    if first.all_of.is_empty() && first.one_of.is_empty() {
        return Some(Merged { schema: Cow::Borrowed(first), parts: vec![id] });
    }
    let mut merged = Merging::default();
    let mut parts = Vec::new();
    let mut open = vec![id];

    while let Some(next) = open.pop() {
        if parts.len() >= MAX_PARTS || parts.contains(&next) {
            continue;
        }
        let Some(schema) = schemas.get(next) else { continue };
        parts.push(next);
        merged.absorb(schema, schemas);
        // The parts of `allOf` are put on top and in reverse, so that they are absorbed first and in order.
        open.extend(choose_alternative(schemas, schema, avoided));
        open.extend(schema.all_of.iter().rev());
    }

    Some(Merged { schema: Cow::Owned(merged.finish()), parts })
}

/// A schema that takes in others.
#[derive(Default)]
struct Merging {
    schema: Schema,
    properties: IndexMap<String, SchemaId>,
    required: IndexSet<String>,
}

/// The first alternative that is not just null and leads into no circle.
fn choose_alternative(schemas: &SchemaArena, schema: &Schema, avoided: &[SchemaId]) -> Option<SchemaId> {
    let is_null = |id: &SchemaId| schemas.get(*id).is_some_and(|found| found.types == [JsonType::Null]);
    // Nothing fits both the schema and an alternative of another type.
    let agrees = |id: &SchemaId| {
        let types = schemas.get(*id).map_or(&[][..], |found| &found.types);
        schema.types.is_empty() || types.is_empty() || types.iter().any(|kind| schema.types.contains(kind))
    };
    let mut usable = schema.one_of.iter().filter(|id| !is_null(id));
    let best = usable.clone().find(|id| !avoided.contains(id) && agrees(id));
    // Even one that leads in a circle is better than none, since making a value ends at a fixed depth.
    best.or_else(|| usable.next()).or(schema.one_of.first()).copied()
}

impl Merging {
    fn finish(self) -> Schema {
        let properties = self.properties.into_iter().collect();
        Schema { properties, required: self.required.into_iter().collect(), ..self.schema }
    }

    fn absorb(&mut self, more: &Schema, schemas: &SchemaArena) {
        let into = &mut self.schema;
        if into.types.is_empty() {
            into.types.clone_from(&more.types);
        } else if !more.types.is_empty() {
            narrow_types(&mut into.types, &more.types);
        }
        if into.enumeration.is_empty() {
            into.enumeration.clone_from(&more.enumeration);
        } else if !more.enumeration.is_empty() {
            into.enumeration.retain(|value| more.enumeration.contains(value));
        }
        // Where only one can stand, that of the part nearest to the schema itself does.
        into.format = into.format.take().or_else(|| more.format.clone());
        into.default = into.default.take().or_else(|| more.default.clone());
        into.examples.extend(more.examples.iter().cloned());
        into.pattern = into.pattern.take().or_else(|| more.pattern.clone());
        into.min_length = into.min_length.max(more.min_length);
        into.max_length = smaller_limit(into.max_length, more.max_length);
        into.minimum = tighter_bound(into.minimum, more.minimum, |new, old| new > old);
        into.maximum = tighter_bound(into.maximum, more.maximum, |new, old| new < old);
        into.multiple_of = into.multiple_of.or(more.multiple_of);
        into.items = into.items.or(more.items);
        into.min_items = into.min_items.max(more.min_items);
        into.max_items = smaller_limit(into.max_items, more.max_items);

        if into.additional == AdditionalProperties::Any {
            into.additional = more.additional;
        }
        into.open |= more.open;
        into.read_only |= more.read_only;
        into.write_only |= more.write_only;
        self.required.extend(more.required.iter().cloned());

        // A property that a later part pins to fixed values (a discriminator) is made by that part.
        let pins = |id: &SchemaId| schemas.get(*id).is_some_and(|found| !found.enumeration.is_empty());

        for (name, id) in &more.properties {
            let known = self.properties.entry(name.clone()).or_insert(*id);
            if pins(id) && !pins(known) {
                *known = *id;
            }
        }
    }
}

fn narrow_types(types: &mut Vec<JsonType>, more: &[JsonType]) {
    let fits =
        |kind: &JsonType| more.contains(kind) || (*kind == JsonType::Integer && more.contains(&JsonType::Number));
    let mut narrowed: Vec<JsonType> = types.iter().copied().filter(fits).collect();
    if types.contains(&JsonType::Number) && more.contains(&JsonType::Integer) && !narrowed.contains(&JsonType::Integer)
    {
        narrowed.insert(0, JsonType::Integer);
    }
    // Parts that contradict each other fit nothing; the first one is as good as any.
    if !narrowed.is_empty() {
        *types = narrowed;
    }
}

fn smaller_limit(one: Option<u64>, other: Option<u64>) -> Option<u64> {
    one.into_iter().chain(other).min()
}

fn tighter_bound(
    old: Option<(f64, bool)>,
    new: Option<(f64, bool)>,
    tighter: fn(f64, f64) -> bool,
) -> Option<(f64, bool)> {
    match (old, new) {
        (Some(old), Some(new)) if old.0 == new.0 => Some((old.0, old.1 || new.1)),
        (Some(old), Some(new)) => Some(if tighter(new.0, old.0) { new } else { old }),
        (old, new) => old.or(new),
    }
}
