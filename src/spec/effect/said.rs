//! What a document says of one operation, and what stands around it, taken apart once for all signs.

use std::collections::{BTreeMap, BTreeSet};

use super::words::{WordKind, first_words, is_act_word, is_kind, is_plural, may_be_act_word};
use crate::model::{Method, Operation, Place};
use crate::vocabulary::split_words;

/// Endings of files, which say nothing of what a request does.
const FILES: [&str; 10] = ["json", "xml", "csv", "php", "html", "htm", "yaml", "txt", "asp", "aspx"];

/// What all paths of a document say of each other.
pub(super) struct Around<'d> {
    /// The methods of each path.
    methods: BTreeMap<&'d str, BTreeSet<Method>>,
    /// Beginnings of paths with how many paths go on with a fixed segment, and whether one of those has an id below.
    modules: BTreeMap<&'d str, (usize, bool)>,
    /// Words that name things in this document: they stand in the plural, before `id` in a value's name, or in a tag.
    things: BTreeSet<String>,
    /// What its collections hold.
    kinds: BTreeSet<String>,
    /// What nearly every operation id begins with: the name of a package, which says nothing of the operation.
    id_prefix: String,
}

impl<'d> Around<'d> {
    pub(super) fn of(operations: &'d [Operation]) -> Self {
        let mut methods: BTreeMap<&str, BTreeSet<Method>> = BTreeMap::new();
        for operation in operations {
            methods.entry(&operation.path).or_default().insert(operation.method);
        }
        let mut modules: BTreeMap<&str, (usize, bool)> = BTreeMap::new();

        for path in methods.keys() {
            // Before the first slash there is no segment.
            for (at, _) in path.match_indices('/').skip(1) {
                let (Some(before), Some(rest)) = (path.get(..at), path.get(at + 1..)) else { continue };
                if !rest.is_empty() && !rest.starts_with('{') {
                    let (count, has_object) = modules.entry(before).or_default();
                    *count += 1;
                    *has_object |= rest.contains("/{");
                }
            }
        }

        let things = named_things(operations, methods.keys().copied());
        let kinds = listed_kinds(methods.keys().copied());
        Self { modules, things, kinds, id_prefix: common_prefix(operations), methods }
    }

    /// Returns whether the document uses a word for a thing elsewhere: `/widget/{id}` beside `/widgets`.
    pub(super) fn is_thing(&self, word: &str) -> bool {
        self.things.contains(word)
    }

    /// Returns whether a beginning of paths names a part of the API: several paths go on from it, and objects with ids
    /// are among what stands below.
    pub(super) fn is_module(&self, beginning: &str) -> bool {
        self.modules.get(beginning).is_some_and(|(count, has_object)| *count >= 3 && *has_object)
    }

    fn has_method(&self, path: &str, method: Method) -> bool {
        self.methods.get(path).is_some_and(|methods| methods.contains(&method))
    }
}

/// Returns what nearly all operation ids begin with, up to a `_`, `.` or `-`: `shop_api_` of `shop_api_list_orders`.
fn common_prefix(operations: &[Operation]) -> String {
    const LEAST_IDS: usize = 5;
    let ids: Vec<&str> = operations.iter().filter_map(|operation| operation.operation_id.as_deref()).collect();
    let mut prefix = String::new();
    while ids.len() >= LEAST_IDS {
        let mut counts: BTreeMap<&str, usize> = BTreeMap::new();
        for rest in ids.iter().filter_map(|id| id.strip_prefix(prefix.as_str())) {
            if let Some(at) = rest.find(['_', '.', '-']) {
                *counts.entry(rest.get(..=at).unwrap_or_default()).or_default() += 1;
            }
        }
        let Some((more, _)) = counts.into_iter().find(|(_, count)| count * 5 >= ids.len() * 4) else { break };
        prefix.push_str(more);
    }
    prefix
}

/// Returns what collections hold, by their names: `monitor` for `/monitors`.
fn listed_kinds<'d>(paths: impl Iterator<Item = &'d str>) -> BTreeSet<String> {
    let fixed = paths.flat_map(|path| path.split('/')).filter(|part| !part.starts_with('{'));
    let last = fixed.filter_map(|part| split_words(part).pop());
    last.filter(|word| is_plural(word)).filter_map(|word| word.strip_suffix('s').map(str::to_owned)).collect()
}

fn named_things<'d>(operations: &[Operation], paths: impl Iterator<Item = &'d str>) -> BTreeSet<String> {
    let mut things = BTreeSet::new();
    for part in paths.flat_map(|path| path.split('/')) {
        let mut words = split_words(part);
        let Some(last) = words.pop() else { continue };

        match part.starts_with('{') {
            // `{widgetId}`
            true if last == "id" || last == "uuid" => things.extend(words.pop()),
            true => {}
            false => things.extend(last.strip_suffix('s').filter(|_| is_plural(&last)).map(str::to_owned)),
        }
    }

    things.extend(operations.iter().flat_map(|operation| &operation.tags).flat_map(|tag| split_words(tag)));
    // A word that may be an act as well is no proof of a thing.
    things.retain(|word| !is_act_word(word) && !may_be_act_word(word));
    things
}

/// One fixed segment of a path.
pub(super) struct Segment<'o> {
    /// As it is written.
    pub(super) text: &'o str,
    /// Its words, without those of its `{values}` and the ending of a file.
    pub(super) words: Vec<String>,
    /// The path up to its end.
    pub(super) beginning: &'o str,
    /// The name of the value that is the next segment.
    pub(super) slot: Option<&'o str>,
}

/// One operation as the signs read it.
pub(super) struct OperationText<'o> {
    pub(super) operation: &'o Operation,
    around: &'o Around<'o>,
    /// Fixed segments in order.
    pub(super) segments: Vec<Segment<'o>>,
    /// The first words of the summary, or of the description when there is none.
    pub(super) summary: Vec<String>,
}

impl<'o> OperationText<'o> {
    pub(super) fn new(operation: &'o Operation, around: &'o Around<'o>) -> Self {
        let path = operation.path.as_str();
        // Some documents write a query or a fragment into the path.
        let end = path.find(['?', '#']).unwrap_or(path.len());
        let segments = fixed_segments(path.get(..end).unwrap_or(path));
        Self { operation, around, segments, summary: first_words(&operation.summary) }
    }

    /// Returns the words of the last fixed segment.
    pub(super) fn last(&self) -> Option<&Segment<'o>> {
        self.segments.last()
    }

    /// Returns whether a segment is the last fixed one.
    pub(super) fn is_last(&self, segment: &Segment<'_>) -> bool {
        self.last().is_some_and(|last| last.beginning == segment.beginning)
    }

    /// Returns whether a segment is the name of a part of the API and no act: `/sync/...`.
    pub(super) fn is_module(&self, segment: &Segment<'_>) -> bool {
        !self.is_last(segment) && self.around.is_module(segment.beginning)
    }

    /// Returns whether the same path is changed or removed by the methods that are meant for it, so that it names a thing.
    pub(super) fn is_kept_by_methods(&self) -> bool {
        [Method::Put, Method::Patch, Method::Delete]
            .into_iter()
            .any(|method| self.around.has_method(&self.operation.path, method))
    }

    /// Returns whether the document uses a word for a thing elsewhere.
    pub(super) fn is_thing(&self, word: &str) -> bool {
        self.around.is_thing(word)
    }

    /// Returns whether a value of the query has the name of what a collection of the document holds.
    pub(super) fn names_kind(&self, value: &str) -> bool {
        self.around.kinds.contains(&value.to_ascii_lowercase())
    }

    /// Returns the names of the query values, with whether each is required.
    pub(super) fn query(&self) -> impl Iterator<Item = (&str, bool)> {
        let query = self.operation.parameters.iter().filter(|parameter| parameter.place == Place::Query);
        query.map(|parameter| (parameter.name.as_str(), parameter.required))
    }

    /// Returns whether a status is documented.
    pub(super) fn answers(&self, status: &str) -> bool {
        self.operation.responses.iter().any(|response| response.status.eq_ignore_ascii_case(status))
    }

    /// Returns whether the operation id or the summary begins with a reading word.
    pub(super) fn is_settled(&self) -> bool {
        self.id_reads() || self.summary_reads()
    }

    pub(super) fn summary_reads(&self) -> bool {
        self.summary.first().is_some_and(|head| is_kind(WordKind::Read, head))
    }

    /// Returns whether the operation id begins with a word that says a read and names a thing as well: `latestMessage`.
    pub(super) fn id_names(&self) -> bool {
        let words = self.id().map(split_words).unwrap_or_default();
        words.first().is_some_and(|head| is_kind(WordKind::Read, head) && is_kind(WordKind::Noun, head))
    }

    pub(super) fn id_reads(&self) -> bool {
        self.id().is_some_and(id_reads)
    }

    /// Returns the operation id without what nearly all of the document begin with.
    pub(super) fn id(&self) -> Option<&'o str> {
        let id = self.operation.operation_id.as_deref()?;
        let own = id.strip_prefix(self.around.id_prefix.as_str()).filter(|own| !own.is_empty());
        Some(own.unwrap_or(id))
    }

    /// Returns whether the document has things with ids right below a segment.
    pub(super) fn has_items(&self, segment: &Segment<'_>) -> bool {
        let is_below = |path: &&str| path.strip_prefix(segment.beginning).is_some_and(|rest| rest.starts_with("/{"));
        self.around.methods.keys().any(is_below)
    }
}

fn fixed_segments(path: &str) -> Vec<Segment<'_>> {
    let mut segments = Vec::new();
    let mut at = 0;
    let parts: Vec<&str> = path.split('/').collect();

    for (place, part) in parts.iter().enumerate() {
        at += part.len();
        // `{id}` is a value; `{id}:cancel` is a value and a verb.
        let mut words = split_words(&without_braces(part));

        if words.len() > 1 && part.contains('.') && words.last().is_some_and(|last| FILES.contains(&last.as_str())) {
            words.pop();
        }
        if !words.is_empty() {
            let next = parts.get(place + 1).and_then(|next| next.strip_prefix('{'));
            segments.push(Segment {
                text: part,
                words,
                beginning: path.get(..at).unwrap_or(path),
                slot: next.and_then(|next| next.strip_suffix('}')),
            });
        }

        at += 1;
    }

    segments
}

/// Returns a segment without its `{values}`.
fn without_braces(segment: &str) -> String {
    let mut plain = String::new();
    let mut rest = segment;

    while let Some((before, after)) = rest.split_once('{') {
        plain.extend([before, " "]);
        rest = after.split_once('}').map_or("", |(_, after)| after);
    }
    plain.push_str(rest);
    plain
}

/// Returns whether an operation id says a read: at its head, at the head of its last part (`Users_listAll`), or at its
/// end where words are separated. What follows the reading word names what is read. The `get` that some frameworks put
/// at the end is the method and says nothing.
pub(super) fn id_reads(id: &str) -> bool {
    let reads = |part: &str| split_words(part).first().is_some_and(|head| is_kind(WordKind::Read, head));
    if reads(id) {
        return true;
    }
    let parts: Vec<&str> = id.split(['.', '_', '/', '-', ':', '#']).filter(|part| !part.is_empty()).collect();
    let Some(last) = parts.last().filter(|_| parts.len() > 1) else { return false };
    let is_camel = last.contains(|letter: char| letter.is_ascii_uppercase());
    let is_dotted = id.contains('.') && !id.contains('_');
    let last_words = split_words(last);
    let ends = last_words.len() == 1 && last_words.first().is_some_and(|word| is_kind(WordKind::Ending, word));
    let named = parts.len() == 2 && id.starts_with(|letter: char| letter.is_ascii_uppercase());

    ends || ((is_camel || is_dotted || named) && reads(last))
}
