//! Which reads a scan of chosen operations needs: what shows their ids and whose they are, what is guarded like them, and who
//! the callers are. The rest of a large API is left unasked.

use std::collections::{BTreeSet, VecDeque};

use super::names::{is_me_word, resource_of_path};
use super::slots::id_slots;
use crate::model::{Api, Effect, Method, Operation, OperationId};

/// How far parents of parents are followed.
const MAX_DEPTH: usize = 3;
/// Most reads of a kind of object that the chosen operations concern.
const MAX_OF_KIND: usize = 6;
/// Most reads of a kind that only gives ids to another.
const MAX_OF_PARENT: usize = 2;
/// Most reads below the same first part of the path, which may be guarded by the same role.
const MAX_NEIGHBOURS: usize = 6;
/// Most reads about the caller itself.
const MAX_ABOUT_CALLERS: usize = 2;

/// The reads that a survey is narrowed to.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Focus {
    /// All of them.
    pub reads: BTreeSet<OperationId>,
    /// Those that are also asked again, with a wrong credential and for what does not exist: the chosen ones, and one that
    /// shows of all callers whether they are signed in.
    pub in_full: BTreeSet<OperationId>,
}

/// Returns the reads that chosen operations need; `None` where all operations are chosen.
pub fn find_focus(api: &Api, is_chosen: &dyn Fn(&Operation) -> bool) -> Option<Focus> {
    let chosen: Vec<&Operation> = api.operations.iter().filter(|operation| is_chosen(operation)).collect();
    if chosen.len() == api.operations.len() {
        return None;
    }
    let mut focus = Focus::default();
    focus.in_full.extend(chosen.iter().filter(|operation| is_read(operation)).map(|operation| operation.id.clone()));
    focus.reads.clone_from(&focus.in_full);
    let mut kinds: VecDeque<(String, usize)> =
        chosen.iter().flat_map(|it| kinds_of(api, it)).map(|kind| (kind, 0)).collect();
    let mut known: BTreeSet<String> = BTreeSet::new();

    while let Some((kind, depth)) = kinds.pop_front() {
        // Kinds may need each other in a ring.
        if !known.insert(kind.clone()) {
            continue;
        }
        for read in reads_of(api, &kind, if depth == 0 { MAX_OF_KIND } else { MAX_OF_PARENT }) {
            focus.reads.insert(read.id.clone());
            if depth < MAX_DEPTH {
                kinds.extend(kinds_of(api, read).into_iter().map(|kind| (kind, depth + 1)));
            }
        }
    }

    for operation in &chosen {
        focus.reads.extend(neighbour_reads(api, operation));
    }
    let about_callers = about_callers(api);
    focus.reads.extend(about_callers.iter().cloned());

    // What everybody has shows of each caller whether it is signed in; a chosen object may be one caller's alone.
    let of_all = |id: &&OperationId| {
        let is_of_all = |operation: &Operation| operation.requires_sign_in() && !operation.path.contains('{');
        api.operations.iter().any(|operation| operation.id == **id && is_of_all(operation))
    };
    let shows = about_callers.first().or_else(|| focus.reads.iter().find(of_all)).or_else(|| focus.reads.first());
    let shows = shows.cloned();
    focus.in_full.extend(shows);

    Some(focus)
}

fn is_read(operation: &Operation) -> bool {
    operation.method == Method::Get && operation.effect == Effect::Reads
}

/// The kinds of objects that an operation names or shows.
fn kinds_of(api: &Api, operation: &Operation) -> Vec<String> {
    let of_slots = id_slots(api, operation).into_iter().flat_map(|slot| slot.resources);
    of_slots.chain(resource_of_path(&operation.path)).collect()
}

/// Reads that show a kind of object, those that need the fewest ids first.
fn reads_of<'a>(api: &'a Api, kind: &str, most: usize) -> Vec<&'a Operation> {
    let shows =
        |operation: &&Operation| is_read(operation) && resource_of_path(&operation.path).as_deref() == Some(kind);
    let mut found: Vec<&Operation> = api.operations.iter().filter(shows).collect();
    found.sort_by_key(|operation| {
        (path_parts(&operation.path).filter(|part| part.starts_with('{')).count(), operation.path.len())
    });
    found.truncate(most);
    found
}

/// Reads without ids whose paths begin like an operation's: they tell a role's mark from a single refusal.
fn neighbour_reads(api: &Api, operation: &Operation) -> Vec<OperationId> {
    let Some(beginning) = operation.path.rsplit_once('/').map(|(beginning, _)| beginning) else { return Vec::new() };
    let Some(first) = path_parts(beginning).find(|part| !part.starts_with('{')) else { return Vec::new() };
    let is_near = |other: &&Operation| {
        is_read(other)
            && other.id != operation.id
            && !other.path.contains('{')
            && path_parts(&other.path).any(|part| part == first)
    };

    let mut near: Vec<&Operation> = api.operations.iter().filter(is_near).collect();
    // The longer the common beginning, the likelier the same guard.
    near.sort_by_key(|other| std::cmp::Reverse(count_common_parts(&other.path, &operation.path)));
    near.into_iter().take(MAX_NEIGHBOURS).map(|other| other.id.clone()).collect()
}

fn count_common_parts(one: &str, other: &str) -> usize {
    path_parts(one).zip(path_parts(other)).take_while(|(one, other)| one == other).count()
}

fn about_callers(api: &Api) -> Vec<OperationId> {
    let is_about = |operation: &&Operation| {
        is_read(operation)
            && !operation.path.contains('{')
            && path_parts(&operation.path).next_back().is_some_and(is_me_word)
    };
    let mut found: Vec<&Operation> = api.operations.iter().filter(is_about).collect();
    found.sort_by_key(|operation| operation.path.len());
    found.into_iter().take(MAX_ABOUT_CALLERS).map(|operation| operation.id.clone()).collect()
}

fn path_parts(path: &str) -> impl DoubleEndedIterator<Item = &str> {
    path.split('/').filter(|part| !part.is_empty())
}
