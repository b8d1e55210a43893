//! Follows `$ref`: local pointers, other files, references to references. Never follows without end.

use percent_encoding::percent_decode_str;
use serde_json::Value;
use thiserror::Error;

use super::documents::{Documents, FileRefused, Node};

/// The most references that are followed for one value.
const MAX_HOPS: usize = 64;

/// A reference that leads nowhere.
#[derive(Debug, Clone, PartialEq, Eq, Error)]
#[error("the reference `{reference}` cannot be followed: {fault}")]
pub(super) struct ReferenceBroken {
    /// The beginning of it.
    reference: String,
    fault: ReferenceFault,
}

/// What is wrong with a reference.
#[derive(Debug, Clone, PartialEq, Eq, Error)]
enum ReferenceFault {
    #[error("it leads in a circle")]
    Circle,
    #[error(transparent)]
    File(FileRefused),
    #[error("there is no such document")]
    NoDocument,
    #[error("it is not a JSON pointer")]
    NoPointer,
    #[error("there is nothing at that place")]
    Nothing,
}

/// The reference that a value is, if it is one.
pub(super) fn reference_of(value: &Value) -> Option<&str> {
    value.get("$ref")?.as_str()
}

/// The value behind a value: itself when it is no reference.
///
/// # Errors
/// Why a reference leads nowhere, with the reference in it.
pub(super) fn resolve_node<'d>(documents: &'d Documents, node: Node<'d>) -> Result<Node<'d>, ReferenceBroken> {
    let mut hops = MAX_HOPS;
    follow_within(documents, node, &mut hops)
}

fn follow_within<'d>(
    documents: &'d Documents,
    mut node: Node<'d>,
    hops: &mut usize,
) -> Result<Node<'d>, ReferenceBroken> {
    while let Some(reference) = reference_of(node.value) {
        node = follow_once(documents, node.document, reference, hops)?;
    }
    Ok(node)
}

/// The value that one reference names, which may be a reference itself.
pub(super) fn direct_target<'d>(
    documents: &'d Documents,
    from: usize,
    reference: &str,
) -> Result<Node<'d>, ReferenceBroken> {
    let mut hops = MAX_HOPS;
    follow_once(documents, from, reference, &mut hops)
}

fn follow_once<'d>(
    documents: &'d Documents,
    from: usize,
    reference: &str,
    hops: &mut usize,
) -> Result<Node<'d>, ReferenceBroken> {
    let broken = |fault| Err(ReferenceBroken { reference: clip_reference(reference), fault });
    // All references on the way share the hops, so that a circle through pointers ends too.
    *hops = match hops.checked_sub(1) {
        Some(left) => left,
        None => return broken(ReferenceFault::Circle),
    };
    let (file, fragment) = reference.split_once('#').unwrap_or((reference, ""));
    let document = match file {
        "" => from,
        file => match documents.file(from, file) {
            Ok(document) => document,
            Err(why) => return broken(ReferenceFault::File(why)),
        },
    };

    let Some(root) = documents.root(document) else { return broken(ReferenceFault::NoDocument) };
    if fragment.is_empty() {
        return Ok(root);
    }
    let Some(pointer) = fragment.strip_prefix('/') else { return broken(ReferenceFault::NoPointer) };
    let mut node = root;

    for token in pointer.split('/') {
        node = match child_at(node, token) {
            Some(node) => node,
            // The way may lead through another reference.
            None if reference_of(node.value).is_some() => {
                match child_at(follow_within(documents, node, hops)?, token) {
                    Some(node) => node,
                    None => return broken(ReferenceFault::Nothing),
                }
            }
            None => return broken(ReferenceFault::Nothing),
        };
    }

    Ok(node)
}

fn child_at<'d>(node: Node<'d>, token: &str) -> Option<Node<'d>> {
    let find = |key: &str| match node.value {
        Value::Object(map) => map.get(key),
        Value::Array(items) => items.get(key.parse::<usize>().ok()?),
        _ => None,
    };
    // A pointer in a fragment is percent-encoded (RFC 6901 §6), but many documents write it plainly.
    let decoded = percent_decode_str(token).decode_utf8().ok()?;
    let found = find(&unescape_token(&decoded)).or_else(|| find(&unescape_token(token)))?;
    Some(node.with(found))
}

/// `~1` is a slash and `~0` a tilde (RFC 6901 §4).
pub(super) fn unescape_token(token: &str) -> String {
    token.replace("~1", "/").replace("~0", "~")
}

/// The reverse of [`unescape_token`].
pub(super) fn escape_token(key: &str) -> String {
    key.replace('~', "~0").replace('/', "~1")
}

fn clip_reference(reference: &str) -> String {
    reference.chars().take(200).collect()
}
