//! One string in a frame of an answer, and the channel it belongs to.

use serde_json::Value;

use crate::llm::answer::ChannelKind;

/// Kind and path of a channel.
pub(super) type LeafPlace = (ChannelKind, String);

/// A string somewhere in a frame.
#[derive(Debug)]
pub(super) struct ShapeLeaf<'a> {
    /// The event's name, or the code of the line.
    pub(super) event: &'a str,
    /// Names and positions from the frame's root.
    pub(super) path: &'a [String],
    /// The frame.
    pub(super) root: &'a Value,
}

impl ShapeLeaf<'_> {
    /// The names on the way; positions in lists as `*`.
    pub(super) fn keys(&self) -> Vec<&str> {
        self.path.iter().map(|step| if is_position(step) { "*" } else { step.as_str() }).collect()
    }

    /// The `type` of the frame.
    pub(super) fn kind(&self) -> &str {
        self.text("type").unwrap_or_default()
    }

    /// A field of the frame's root.
    pub(super) fn text(&self, name: &str) -> Option<&str> {
        self.root.get(name).and_then(Value::as_str)
    }

    /// A number of the frame's root, as text; `0` without it.
    pub(super) fn number(&self, name: &str) -> String {
        self.root.get(name).and_then(Value::as_u64).unwrap_or(0).to_string()
    }

    /// The value that so many steps lead to.
    pub(super) fn at(&self, steps: usize) -> Option<&Value> {
        let mut here = self.root;
        for step in self.path.get(..steps)? {
            here = match here {
                Value::Array(items) => items.get(step.parse::<usize>().ok()?)?,
                other => other.get(step)?,
            };
        }

        Some(here)
    }

    /// The `index` of the list item that so many steps lead to, or its position.
    pub(super) fn index(&self, steps: usize) -> String {
        let said = self.at(steps).and_then(|item| item.get("index")).and_then(Value::as_u64);
        let position = || steps.checked_sub(1).and_then(|at| self.path.get(at)).cloned().unwrap_or_default();
        said.map_or_else(position, |index| index.to_string())
    }

    /// The path as reports write it: `choices[0].message.content`.
    pub(super) fn path(&self) -> String {
        let mut text = String::new();
        for step in self.path {
            if is_position(step) {
                text.push_str(&format!("[{step}]"));
            } else {
                if !text.is_empty() {
                    text.push('.');
                }
                text.push_str(step);
            }
        }

        if text.is_empty() { "$".to_owned() } else { text }
    }

    /// The last name on the way.
    pub(super) fn name(&self) -> &str {
        self.path.iter().rev().find(|step| !is_position(step)).map_or("", String::as_str)
    }

    /// Whether this name is on the way.
    pub(super) fn is_under(&self, name: &str) -> bool {
        self.path.iter().any(|step| step == name)
    }
}

fn is_position(step: &str) -> bool {
    !step.is_empty() && step.bytes().all(|byte| byte.is_ascii_digit())
}
