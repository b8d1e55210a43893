//! Which POSTs only read: searches, queries, calculations. A POST is a write unless it plainly says otherwise.

use super::doubts::clip_text;
use super::said::OperationText;
use super::words::{WordKind, first_words, is_act_word, is_kind, takes_password, verb_stem};
use crate::vocabulary::split_words;

/// Returns the sign that a POST only reads.
pub(super) fn find_reading(said: &OperationText<'_>) -> Option<String> {
    let id = said.id().unwrap_or_default();
    // Frameworks put the method into the id, where `post` is no act.
    let id_words: Vec<String> = split_words(id).into_iter().filter(|word| word != "post").collect();
    let is_credential = |word: &String| is_kind(WordKind::Session, word);
    let path_words = || said.segments.iter().flat_map(|segment| &segment.words);
    let acts = |word: &String| is_act_word(word) || is_act_word(&verb_stem(word));

    // What has to do with sessions, codes or subscriptions is no read, whatever else its words say.
    if path_words().chain(&id_words).any(is_credential) || said.summary.iter().any(is_credential) {
        return None;
    }
    // An act in any place outweighs every sign of a read: a POST that is wrongly called leaves something behind.
    if path_words().any(acts) || id_words.iter().any(acts) || said.summary.iter().any(acts) {
        return None;
    }
    if said.operation.parameters.iter().any(|value| takes_password(&value.name)) || !answers_at_once(said) {
        return None;
    }
    by_path(said).or_else(|| by_name(said, &id_words))
}

/// `202` says that something was begun, `204` that there is nothing to read; `201` alone says that something was made.
fn answers_at_once(said: &OperationText<'_>) -> bool {
    let begins = ["202", "204", "205"].iter().any(|status| said.answers(status));
    let makes = said.answers("201") && !said.answers("200");
    !begins && !makes
}

fn by_path(said: &OperationText<'_>) -> Option<String> {
    let last = said.last()?;
    let edges = [last.words.first(), last.words.last()];
    let word = edges.into_iter().flatten().find(|word| is_kind(WordKind::Look, word))?;

    // `POST /checks` makes a check: the word itself says an act of looking, its plural does not.
    Some(format!("`{}` in the path says a read", clip_text(word)))
}

fn by_name(said: &OperationText<'_>, id: &[String]) -> Option<String> {
    if said.summary.first().is_some_and(|head| is_kind(WordKind::Looking, head)) {
        return said.summary.first().map(|head| format!("the summary begins with `{}`", clip_text(head)));
    }
    let heads = id.first().is_some_and(|head| is_kind(WordKind::Looking, head));
    let is_free = first_words(&said.operation.summary).is_empty();
    (heads && (is_free || said.summary.first().is_some_and(|head| !is_act_word(head))))
        .then(|| "the operation id says a read".to_owned())
}
