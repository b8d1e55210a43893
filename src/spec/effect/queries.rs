//! Queries of GraphQL read by its specification (October 2021, §2.3). Where the name of a field says an act, or it takes a
//! password, an API does not keep to that.

use super::words::{is_act_word, is_looking_word, takes_password};
use crate::model::graphql::asked_fields;
use crate::model::{Effect, Operation};
use crate::vocabulary::split_words;

/// Doubts the questions whose fields say an act or take a password.
pub(in crate::spec) fn settle_queries(operations: &mut [Operation]) {
    for operation in operations {
        let fields = asked_fields(operation.id.as_str()).unwrap_or_default();
        let act = fields.split('.').find(|field| says_act(field));
        let password = operation.parameters.iter().find(|value| takes_password(&value.name));
        let doubt = match (act, password) {
            (_, Some(value)) => format!("it takes a password (`{}`)", value.name),
            (Some(field), None) => format!("`{field}` says an act"),
            (None, None) => continue,
        };
        operation.effect = Effect::Doubtful(doubt.clone());
        operation.effect_because = doubt;
    }
}

/// Returns whether the name of a field begins with an act.
pub(in crate::spec) fn says_act(field: &str) -> bool {
    let words = split_words(field);
    words.first().is_some_and(|first| is_act_word(first) && !is_looking_word(first))
}
