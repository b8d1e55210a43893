//! Signs that an operation with a reading method acts all the same.

use super::said::{OperationText, Segment};
use super::words::{WordKind, is_act_word, is_kind, is_plural, may_be_act_word, takes_password, verb_stem};
use crate::model::{Method, Place, clean_name};
use crate::vocabulary::split_words;

/// Returns the first sign that a GET acts.
pub(super) fn find_doubt(said: &OperationText<'_>) -> Option<String> {
    in_values(said)
        .or_else(|| in_path(said))
        .or_else(|| in_operation_id(said))
        .or_else(|| in_summary(said))
        .or_else(|| in_statuses(said))
        .or_else(|| in_required_query(said))
}

/// A password in the address is set, or signs in; a value like `action` chooses what is done.
fn in_values(said: &OperationText<'_>) -> Option<String> {
    let values = said.operation.parameters.iter().filter(|value| matches!(value.place, Place::Query | Place::Path));
    let password = values.clone().find(|value| takes_password(&value.name));

    if let Some(value) = password {
        return Some(format!("it takes a password (`{}`)", clip_text(&value.name)));
    }
    let command = values
        .filter(|value| value.required || value.place == Place::Path)
        .find(|value| is_kind(WordKind::Command, &value.name.to_lowercase()))?;
    // In a path such a value often chooses what is read: a word of reading settles that.
    let in_path = command.place == Place::Path && said.is_settled();
    (!in_path).then(|| format!("its value `{}` chooses what is done", clip_text(&command.name)))
}

pub(super) fn in_path(said: &OperationText<'_>) -> Option<String> {
    let segment = said.segments.iter().find(|segment| segment_acts(said, segment))?;
    Some(format!("`{}` in the path says an act", clip_text(segment.text)))
}

fn segment_acts(said: &OperationText<'_>, segment: &Segment<'_>) -> bool {
    let words = &segment.words;
    let is_settled = said.is_settled();
    words.iter().enumerate().any(|(at, word)| {
        let is_edge = at == 0 || at + 1 == words.len();
        if let Some(next) = words.get(at + 1).filter(|next| is_kind(WordKind::Tail, next)) {
            // `log-out` and `sign-up` are acts that are written in two words; `start-date` is a thing.
            return is_act_word(&format!("{word}{next}"));
        }
        // In the middle of a longer name it is part of a thing: `windowsUpdateCatalogItems`.
        if is_act_word(word) {
            return is_edge || !is_settled;
        }
        // `request_token`: a credential is made, whatever the summary says of getting it.
        let makes_credential = at == 0 && words.iter().skip(1).any(|word| is_kind(WordKind::Session, word));
        is_edge && may_be_act_word(word) && (makes_credential || !is_settled) && !is_thing(said, segment, word)
    })
}

/// Returns whether a word that may be an act names a thing here.
fn is_thing(said: &OperationText<'_>, segment: &Segment<'_>, word: &str) -> bool {
    let before_id = is_kind(WordKind::Thing, word) && segment.slot.is_some_and(|slot| names_object(slot, word));
    // `latest-order`, `list-transfers`
    let is_read =
        is_kind(WordKind::Thing, word) && segment.words.first().is_some_and(|head| is_kind(WordKind::Read, head));
    let is_kept = said.is_last(segment) && said.is_kept_by_methods();
    // `/work-orders/{id}`
    let is_collection = segment.words.len() > 1 && segment.words.last().is_some_and(|last| is_plural(last));

    is_collection && said.has_items(segment) || before_id || is_read || is_kept || said.is_module(segment)
}

/// Returns whether a value in the path names one object: `{id}`, `{order}` and `{orderNumber}`, but not `{amount}`.
fn names_object(slot: &str, word: &str) -> bool {
    const NAMES: [&str; 14] =
        ["id", "ids", "uuid", "guid", "pk", "sid", "key", "slug", "ref", "reference", "number", "no", "code", "name"];
    let words = split_words(slot);
    let is_named = words.last().is_some_and(|last| NAMES.contains(&last.as_str()) || last.ends_with("id"));
    is_named || words.iter().any(|part| part == word)
}

pub(super) fn in_operation_id(said: &OperationText<'_>) -> Option<String> {
    let id = said.id()?;
    if said.id_reads() {
        return None;
    }
    let words = split_words(id);
    let word = words.iter().enumerate().find(|&(at, word)| {
        let is_edge = at == 0 || at + 1 == words.len();
        // Frameworks put the handler's name before the path: `order_orders__ref__get` is one of the orders.
        let names_item = at == 0 && said.operation.path.split('/').any(|part| part.strip_suffix('s') == Some(word));
        let ends = at + 1 == words.len() && words.len() > 1;
        let is_thing = (ends || names_item) && is_kind(WordKind::Thing, word);

        // `updateStatuses` names things; at the head it is an act whatever follows.
        let is_part = at > 0 && !is_edge && words.last().is_some_and(|last| is_plural(last)) && said.summary_reads();
        (is_act_word(word) && !is_part)
            || (is_edge && may_be_act_word(word) && !is_thing && !said.summary_reads() && !is_kept_word(said, word))
    });

    word.map(|(_, word)| format!("`{word}` in the operation id `{}` says an act", clip_text(id)))
}

/// Returns whether a word stands in a path that is kept by its methods.
fn is_kept_word(said: &OperationText<'_>, word: &str) -> bool {
    said.is_kept_by_methods() && said.last().is_some_and(|last| last.words.iter().any(|part| part == word))
}

pub(super) fn in_summary(said: &OperationText<'_>) -> Option<String> {
    let first = said.summary.first()?;
    let head = verb_stem(first);
    let object = said.summary.get(1).map_or("", String::as_str);
    let is_governed = is_kind(WordKind::Determiner, object);

    // `Order a pizza` is an act, `Orders of a shop` and `Order details` are things.
    let is_thing = is_kind(WordKind::Thing, &head) && !is_governed;

    // `latestMessage` names what may be read or marked; `getMessage` says which.
    let is_settled = said.id_reads() && !(is_governed && said.id_names());
    let acts = is_act_word(&head) || (may_be_act_word(&head) && !is_thing && !is_settled);
    // `/monitors/{id}` shows a monitor; `Monitor a host` is an act all the same.
    let is_collection = !is_governed && names_collection(said);

    if acts && !is_collection && !is_kind(WordKind::Read, first) {
        return Some(format!("the summary begins with `{}`", clip_text(first)));
    }
    // A first word that is no known read or noun may be a verb; before `a` or `the` it is taken for one.
    let is_unknown = !is_kind(WordKind::Read, first) && !is_kind(WordKind::Noun, first);

    if is_unknown && is_governed && !is_settled && !is_preposition(first) {
        return Some(format!("the summary begins with `{}`, which is no word for a read", clip_text(first)));
    }
    // `Get or create a cart`, `Fetches and deletes the next message`.
    let joined = said.summary.windows(2).find(
        |pair| matches!(pair, [and, verb] if matches!(and.as_str(), "and" | "or" | "then") && is_act_word(&verb_stem(verb))),
    );

    if let Some(joined) = joined {
        return Some(format!("the summary says `{}`", joined.join(" ")));
    }
    let either = said.summary.iter().skip(1).find(|word| is_act_word(word) && *word != "force");
    let verb = either.filter(|_| said.summary.get(2).is_some_and(|word| word == "or") || first == "handle")?;
    Some(format!("the summary says `{verb}`"))
}

/// Returns whether the summary begins with the name of the collection that the path ends with, in the singular or the plural,
/// or with the last word of that name: `Monitors of a host` at `/monitors`, `Work order` at `/work-orders/{id}`.
fn names_collection(said: &OperationText<'_>) -> bool {
    let name = said.last().map(|segment| segment.words.as_slice()).unwrap_or_default();
    let Some(last) = name.last().filter(|last| is_plural(last)) else { return false };
    let is_word = |(part, word): (&String, &String)| part == word || part.strip_suffix('s') == Some(word);
    let begins_with = |name: &[String]| said.summary.len() >= name.len() && name.iter().zip(&said.summary).all(is_word);

    begins_with(name) || begins_with(std::slice::from_ref(last))
}

/// Returns whether a word begins a phrase or a question, not an order: `How the invoices add up`.
fn is_preposition(word: &str) -> bool {
    const WORDS: [&str; 20] = [
        "of", "for", "in", "on", "with", "by", "if", "whether", "about", "from", "what", "like", "how", "which", "who",
        "whom", "whose", "when", "where", "why",
    ];
    WORDS.contains(&word)
}

fn in_statuses(said: &OperationText<'_>) -> Option<String> {
    // The answer to a HEAD has no content anyway.
    if said.operation.method == Method::Head {
        return None;
    }
    let has_answer = said.answers("200") || said.answers("2XX");
    let status = ["201", "202", "204"].into_iter().find(|status| said.answers(status))?;

    // Where a read is said, `204` stands for an empty answer and `202` for one that is not ready.
    (!has_answer || !said.is_settled()).then(|| format!("it answers with status {status}, as writes do"))
}

fn in_required_query(said: &OperationText<'_>) -> Option<String> {
    if said.is_settled() {
        return None;
    }
    let chooses = |name: &str| chooses_what_is_read(name) || said.names_kind(name);
    let mut unknown = said.query().filter(|(name, is_required)| *is_required && !chooses(name)).map(|(name, _)| name);
    unknown.next().map(|name| format!("it requires `{}`, which is no id, filter, search or page", clip_text(name)))
}

/// Returns whether a value chooses what is read: its name says an id, a filter, a search, a page or a format.
fn chooses_what_is_read(name: &str) -> bool {
    let words = split_words(name);
    let is_filter = |word: &String| is_kind(WordKind::Filter, word) || word.ends_with("id");
    words.last().is_some_and(is_filter) || words.first().is_some_and(is_filter)
}

pub(super) fn clip_text(text: &str) -> String {
    clean_name(text, 80)
}
