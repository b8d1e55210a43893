//! A question of many levels about an object that does not exist: it shows whether depth is bounded, and costs nothing.

use std::collections::{BTreeSet, VecDeque};

use serde_json::json;

use super::schema::{FieldDef, TypeKind, TypeSystem};
use crate::model::graphql::about;
use crate::model::{GraphqlQuestion, GraphqlScalar};
use crate::spec::effect::says_act;

/// Levels of the question: deeper than clients ask, and less than would trouble a parser.
const LEVELS: usize = 20;
/// Longest way back to a kind that is looked for.
const MAX_WAY: usize = 4;
/// Scalars of ids.
const ID_SCALARS: &str = "ID Int String";
/// Most kinds that are looked at.
const MAX_KINDS: usize = 60;

/// Returns the question, where a field gives one object by its id whose fields lead back to its kind.
pub(super) fn deep_question(system: &TypeSystem, endpoint: &str) -> Option<GraphqlQuestion> {
    let root = system.get(&system.query)?;
    root.fields.iter().find_map(|field| {
        let [arg] = field.args.as_slice() else { return None };
        let is_by_id =
            !field.of.is_list() && !arg.of.is_list() && ID_SCALARS.split(' ').any(|known| known == arg.of.name());
        let (before, way) = way_into_cycle(system, field.of.name()).filter(|_| is_by_id && !says_act(&field.name))?;
        let open = levels(&before, &way);
        let close = "}".repeat(open.matches('{').count());
        let text = format!("query($v:{}){{{}({}:$v){open}__typename{close}}}", arg.of.written(), field.name, arg.name);
        let nobodys = GraphqlScalar::of(arg.of.name()).value_of("987654321");
        Some(GraphqlQuestion {
            path: format!("{endpoint}/{}", about::DEPTH),
            body: json!({"query": text, "variables": {"v": nobodys}}),
            variables: Vec::new(),
            way: Vec::new(),
        })
    })
}

/// Returns fields along a way, the second part again and again: `{owner{invoices{owner{`.
fn levels(before: &[String], way: &[String]) -> String {
    let fields = before.iter().chain(way.iter().cycle().take(LEVELS));
    fields.fold("{".to_owned(), |text, field| format!("{text}{field}{{"))
}

/// Returns the fields to the nearest kind that leads back to itself, and those that lead back.
fn way_into_cycle(system: &TypeSystem, start: &str) -> Option<(Vec<String>, Vec<String>)> {
    let reached = std::iter::once((start.to_owned(), Vec::new())).chain(kinds_below(system, start));
    reached.into_iter().find_map(|(kind, before)| {
        let back = kinds_below(system, &kind).into_iter().find(|(reached, _)| *reached == kind);
        back.map(|(_, way)| (before, way))
    })
}

/// Returns the kinds that plain fields lead to, nearest first, with the shortest way to each.
fn kinds_below(system: &TypeSystem, start: &str) -> Vec<(String, Vec<String>)> {
    let (mut open, mut seen) = (VecDeque::from([(start.to_owned(), Vec::<String>::new())]), BTreeSet::new());
    let mut found = Vec::new();
    while let Some((kind, way)) = open.pop_front().filter(|_| found.len() < MAX_KINDS) {
        let fields = system.get(&kind).into_iter().flat_map(|known| &known.fields);
        let is_object = |field: &&FieldDef| field.is_plain() && system.kind(field.of.name()) == TypeKind::Object;
        for field in fields.filter(is_object).filter(|field| seen.insert(field.of.name())) {
            let next: Vec<String> = way.iter().chain([&field.name]).cloned().collect();
            found.push((field.of.name().to_owned(), next.clone()));
            if next.len() < MAX_WAY {
                open.push_back((field.of.name().to_owned(), next));
            }
        }
    }
    found
}
