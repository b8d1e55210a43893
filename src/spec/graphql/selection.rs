//! What a question asks of an object: all its plain values, and those of what it names.

use super::schema::{TypeKind, TypeSystem};

/// Most fields of one object.
const MAX_FIELDS: usize = 40;
/// Most fields of an object within it.
const MAX_INNER: usize = 10;
/// Fields that hold the objects of a connection that has no edges.
const WRAPPERS: &str = "nodes items results data";
/// Most objects within it, and most kinds that an interface or a union is asked for.
const MAX_PARTS: usize = 8;

/// Returns the fields of a type within braces; `None` where it has no value that can be asked for.
pub(super) fn select_fields(system: &TypeSystem, of: &str, depth: usize) -> Option<String> {
    let known = system.get(of)?;
    if known.kind == TypeKind::Union || (known.kind == TypeKind::Interface && !known.possible.is_empty()) {
        let parts = known.possible.iter().take(MAX_PARTS);
        let parts: Vec<String> = parts.filter_map(|part| select_part(system, part, depth)).collect();
        return (!parts.is_empty()).then(|| format!("{{__typename {}}}", parts.join(" ")));
    }
    let plain = known.fields.iter().filter(|field| field.is_plain());
    let most = if depth == 0 { MAX_INNER } else { MAX_FIELDS };
    let leaves = plain.clone().filter(|field| system.is_leaf(field.of.name())).take(most);
    let mut found: Vec<String> = leaves.map(|field| field.name.clone()).collect();
    if depth > 0 {
        let within = plain.filter(|field| !field.of.is_list() && system.kind(field.of.name()) == TypeKind::Object);
        // A connection is a list in an object's clothes; it has a question of its own.
        let within = within.filter(|field| connection_way(system, field.of.name()).is_none()).take(MAX_PARTS);
        found.extend(within.filter_map(|field| {
            select_fields(system, field.of.name(), 0).map(|inner| format!("{}{inner}", field.name))
        }));
    }
    (!found.is_empty()).then(|| format!("{{{}}}", found.join(" ")))
}

/// Returns what is asked of one kind of an interface: `... on Invoice{id}`. Fields of one name may have types that do not go
/// together, so they are named apart.
fn select_part(system: &TypeSystem, part: &str, depth: usize) -> Option<String> {
    let shared = system.field(part, "id").is_some_and(|field| field.is_plain());
    let alone = system.get(part)?.fields.iter().filter(|field| field.is_plain() && system.is_leaf(field.of.name()));
    let named = alone.filter(|field| field.name != "id").take(if depth == 0 { MAX_INNER } else { MAX_FIELDS });
    let named = named.map(|field| format!("{part}_{}:{}", field.name, field.name));
    let all: Vec<String> = shared.then(|| "id".to_owned()).into_iter().chain(named).collect();
    (!all.is_empty()).then(|| format!("... on {part}{{{}}}", all.join(" ")))
}

/// Returns the way from a connection to its objects (Relay's cursor connections): `edges`, `node`, and their type.
pub(super) fn connection_way(system: &TypeSystem, of: &str) -> Option<(Vec<&'static str>, String)> {
    let listed = |name: &str| system.field(of, name).filter(|field| field.of.is_list() && field.is_plain());
    if let Some(edges) = listed("edges") {
        let node = system.field(edges.of.name(), "node").filter(|node| system.is_composite(node.of.name()))?;
        return Some((vec!["edges", "node"], node.of.name().to_owned()));
    }
    let wrapper = WRAPPERS.split(' ').find_map(|name| listed(name).map(|field| (name, field)));
    let (name, field) = wrapper.filter(|(_, field)| system.is_composite(field.of.name()))?;
    // What has an id is an object with a list in it.
    system.field(of, "id").is_none().then(|| (vec![name], field.of.name().to_owned()))
}
