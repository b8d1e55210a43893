//! Signs that an operation with a reading method reads.

use super::doubts::clip_text;
use super::said::{OperationText, Segment};
use super::words::{WordKind, is_act_word, is_kind, is_nominal, is_plural, may_be_act_word};
use crate::vocabulary::split_words;

/// Returns the first sign that a GET reads.
pub(super) fn find_support(said: &OperationText<'_>) -> Option<String> {
    if said.summary_reads() {
        return said.summary.first().map(|head| format!("the summary begins with `{}`", clip_text(head)));
    }
    if said.id_reads() {
        return Some("the operation id says a read".to_owned());
    }
    let Some(last) = said.last() else { return Some("the root of the API".to_owned()) };
    path_reads(last).or_else(|| names_thing(said, last))
}

/// `/users/list`, `/getuser`, `/search/{index}`.
fn path_reads(last: &Segment<'_>) -> Option<String> {
    let edges = [last.words.first(), last.words.last()];
    let is_read = |word: &&String| is_kind(WordKind::Read, word) || starts_with_read(word);
    let word = edges.into_iter().flatten().find(is_read)?;
    Some(format!("`{}` in the path says a read", clip_text(word)))
}

/// `getuser`, `listall`: two words in one.
fn starts_with_read(word: &str) -> bool {
    // With two letters more it is another word, as in `listen`.
    ["get", "list", "find", "search", "show"]
        .iter()
        .filter_map(|verb| word.strip_prefix(verb))
        .any(|rest| rest.len() > 2 && !is_act_word(rest))
}

fn names_thing(said: &OperationText<'_>, last: &Segment<'_>) -> Option<String> {
    let tail = last.words.last()?;
    if is_nominal(tail) || is_kind(WordKind::Tail, tail) || said.is_thing(tail) {
        let ends_in_value = last.slot.is_some();
        return Some(match (ends_in_value, is_plural(tail)) {
            (true, _) => "an object by its id".to_owned(),
            (false, true) => "a collection".to_owned(),
            (false, false) => format!("`{}` in the path names a thing", clip_text(tail)),
        });
    }

    // `{userId}` behind `user`.
    let slot = last.slot.map(split_words).unwrap_or_default();

    if slot.len() > 1 && slot.iter().any(|word| word == tail) {
        return Some("an object by its id".to_owned());
    }
    if said.is_kept_by_methods() {
        return Some("the same path is changed or removed by PUT, PATCH or DELETE".to_owned());
    }
    if (is_kind(WordKind::Thing, tail) || said.is_module(last)) && last.slot.is_some() {
        return Some("an object by its id".to_owned());
    }
    summary_names(said, tail)
}

/// The summary is a noun phrase: it names the last word of the path behind its first word (`Account balance`), or begins
/// with a noun.
fn summary_names(said: &OperationText<'_>, tail: &str) -> Option<String> {
    let head = said.summary.first()?;
    if is_act_word(head) || may_be_act_word(head) {
        return None;
    }
    let names = |word: &String| word == tail || word.strip_suffix('s') == Some(tail);
    let behind = said.summary.iter().skip(1).any(names);
    let is_noun = said.summary.len() > 1 && is_nominal(head);

    (behind || is_noun).then(|| format!("the summary names a thing (`{}`)", clip_text(&said.summary.join(" "))))
}
