//! The document's own example of a parameter or body.

use serde_json::Value;

use super::documents::Node;
use super::lowering::Lowering;
use super::reference;

/// The largest example that is kept, roughly in bytes. Many operations may share one example.
pub(super) const MAX_EXAMPLE: usize = 256 * 1024;

impl<'d> Lowering<'d> {
    /// The first example that has a value: `example`, `x-example`, then `examples` in document order.
    pub(super) fn example(&mut self, node: Node<'d>) -> Option<Value> {
        let found = self.find_example(node)?;
        let Some(size) = size_within_limit(found.value, MAX_EXAMPLE) else {
            self.issues.add(found, "the example is too large; another one is made");
            return None;
        };
        self.spend(size);
        Some(found.value.clone())
    }

    fn find_example(&self, node: Node<'d>) -> Option<Node<'d>> {
        for key in ["example", "x-example"] {
            if let Some(found) = node.get(key) {
                return reference::resolve_node(self.documents, found).ok();
            }
        }
        let examples = node.get("examples")?;

        match examples.value {
            Value::Object(named) => named.values().find_map(|example| {
                let example = reference::resolve_node(self.documents, examples.with(example)).ok()?;
                // `dataValue` is the value before it is written out (OpenAPI 3.2).
                example.get("value").or_else(|| example.get("dataValue"))
            }),
            Value::Array(list) => list.first().map(|first| examples.with(first)),
            _ => None,
        }
    }
}

/// The rough size of a value in memory, if it is at most `limit`.
pub(super) fn size_within_limit(value: &Value, limit: usize) -> Option<usize> {
    let (mut size, mut open) = (0, vec![value]);
    while let Some(next) = open.pop() {
        size += 50;
        match next {
            Value::String(text) => size += text.len(),
            Value::Array(items) => open.extend(items),
            Value::Object(members) => {
                size += members.keys().map(String::len).sum::<usize>();
                open.extend(members.values());
            }
            _ => {}
        }

        if size > limit {
            return None;
        }
    }

    Some(size)
}
