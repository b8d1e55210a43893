//! Hugging Face text-generation-inference: `generated_text`, streamed token by token.

use serde_json::{Value, json};

use super::leaf::{LeafPlace, ShapeLeaf};
use crate::llm::answer::ChannelKind;
use crate::llm::prompt::Prompt;

pub(super) fn build_body(prompt: &Prompt) -> Value {
    let mut body = json!({"inputs": prompt.flat(), "parameters": {"max_new_tokens": prompt.max_tokens}});
    super::put_some(&mut body, "stream", prompt.stream.then_some(true));
    body
}

pub(super) fn classify_leaf(leaf: &ShapeLeaf<'_>) -> Option<LeafPlace> {
    let keys = leaf.keys();
    let (kind, name) = match keys.as_slice() {
        ["generated_text"] | ["*", "generated_text"] => (ChannelKind::Text, "generated_text"),
        ["token", "text"] => (ChannelKind::Text, "token.text"),
        ["details", "tokens", "*", "text"] | ["*", "details", "tokens", "*", "text"] => {
            (ChannelKind::Text, "details.tokens")
        }
        ["details", "prefill", "*", "text"] | ["*", "details", "prefill", "*", "text"] => {
            (ChannelKind::Echo, "details.prefill")
        }
        ["error" | "error_type"] => (ChannelKind::Error, "error"),
        _ => return None,
    };

    Some((kind, name.to_owned()))
}
