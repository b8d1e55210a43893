//! Values in PHP: texts, names of classes, lists, arguments.

use crate::frameworks::query::At;

/// Returns the values of a call's arguments, in order.
pub(super) fn argument_values(call: At<'_>) -> Vec<At<'_>> {
    let list = call.field("arguments").map(At::children).unwrap_or_default();
    list.into_iter().filter(|argument| argument.kind() == "argument").filter_map(value_of_argument).collect()
}

fn value_of_argument(argument: At<'_>) -> Option<At<'_>> {
    argument.children().last().copied()
}

/// Returns the value of an argument by its name.
pub(super) fn named_argument<'s>(list: At<'s>, name: &str) -> Option<At<'s>> {
    let own = list.children().into_iter().find(|argument| argument.field_text("name") == name);
    own.and_then(value_of_argument)
}

/// Returns a text, or the name of a class of `X::class`.
pub(super) fn text_of(at: At<'_>) -> Option<String> {
    match at.kind() {
        "string" | "encapsed_string" => {
            // A text with anything put into it is made at runtime: `"{$this->prefix}/x"`.
            let is_plain =
                at.children().iter().all(|part| ["string_content", "escape_sequence"].contains(&part.kind()));
            is_plain.then(|| at.text().trim_matches(['"', '\'']).replace("\\\\", "\\"))
        }
        "class_constant_access_expression" => at.text().strip_suffix("::class").map(str::to_owned),
        "binary_expression" => Some(text_of(at.field("left")?)? + &text_of(at.field("right")?)?),
        _ => None,
    }
}

/// Returns the elements of a list with their keys, or the one value.
pub(super) fn list_elements(at: At<'_>) -> Vec<(Option<String>, At<'_>)> {
    if at.kind() != "array_creation_expression" {
        // A single value may stand wherever Laravel takes a list.
        return vec![(None, at)];
    }
    let parts = at.children().into_iter().map(At::children);
    parts
        .filter_map(|parts| match parts.as_slice() {
            [value] => Some((None, *value)),
            [key, value] => Some((text_of(*key), *value)),
            _ => None,
        })
        .collect()
}

/// Returns the texts of a list, or the one text.
pub(super) fn texts_of(at: At<'_>) -> Vec<String> {
    list_elements(at).into_iter().filter_map(|(_, value)| text_of(value)).collect()
}

/// Returns the texts of all arguments of a call.
pub(super) fn all_texts(call: At<'_>) -> Vec<String> {
    argument_values(call).into_iter().flat_map(texts_of).collect()
}

/// A call in a chain.
#[derive(Clone, Copy)]
pub(super) struct Link<'s> {
    pub(super) name: &'s str,
    pub(super) call: At<'s>,
}

/// Returns what a chain of calls begins with, and its calls in order.
pub(super) fn call_chain(at: At<'_>) -> (At<'_>, Vec<Link<'_>>) {
    let mut links = Vec::new();
    let mut at = at;

    loop {
        let next = match at.kind() {
            "member_call_expression" | "nullsafe_member_call_expression" => at.field("object"),
            "scoped_call_expression" => at.field("scope"),
            _ => None,
        };
        let Some(next) = next else { break };
        links.push(Link { name: at.field_text("name"), call: at });
        at = next;
    }

    links.reverse();
    (at, links)
}
