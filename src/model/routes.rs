//! Finds the operations of an API that a person means by a method and a path.

use super::api::Api;
use super::ids::OperationId;

impl Api {
    /// Returns the operations that are meant: the one with this very path, or else those whose path differs in nothing
    /// but the names of its parameters and a final slash.
    pub fn operations_meant(&self, asked: &OperationId) -> Vec<&OperationId> {
        let known = || self.operations.iter().map(|operation| &operation.id);
        if let Some(exact) = known().find(|id| *id == asked) {
            return vec![exact];
        }
        let wanted = without_names(asked.as_str());
        known().filter(|id| without_names(id.as_str()) == wanted).collect()
    }

    /// Returns the operation whose name is most like a text.
    pub fn nearest_operation(&self, text: &str) -> Option<&OperationId> {
        let alike = |id: &OperationId| strsim::jaro_winkler(id.as_str(), text);
        self.operations.iter().map(|operation| &operation.id).max_by(|a, b| alike(a).total_cmp(&alike(b)))
    }
}

/// The text with empty braces, and without a final slash.
fn without_names(route: &str) -> String {
    let mut plain = String::with_capacity(route.len());
    let mut inside = false;

    for character in route.trim_end_matches('/').chars() {
        match character {
            '{' => {
                inside = true;
                plain.push_str("{}");
            }
            '}' => inside = false,
            other if !inside => plain.push(other),
            _ => {}
        }
    }

    plain
}
