//! The document's own example of a parameter or body.

use serde_json::Value;

use super::documents::Node;
use super::lowering::Lowering;
use super::reference;

impl<'d> Lowering<'d> {
    /// The first example that has a value: `example`, `x-example`, then `examples` in document order.
    pub(super) fn example(&self, node: Node<'d>) -> Option<Value> {
        for key in ["example", "x-example"] {
            if let Some(found) = node.get(key) {
                return reference::follow(self.documents, found).ok().map(|found| found.value.clone());
            }
        }
        match node.get("examples")?.value {
            Value::Object(named) => named.values().find_map(|example| {
                let example = reference::follow(self.documents, node.with(example)).ok()?.value;
                // `dataValue` is the value before it is written out (OpenAPI 3.2).
                example.get("value").or_else(|| example.get("dataValue")).cloned()
            }),
            Value::Array(list) => list.first().cloned(),
            _ => None,
        }
    }
}
