//! Applies the actions of an Overlay one after the other, within bounds, and keeps in mind what they say of intent.

use std::collections::HashMap;

use serde_json::Value;
use thiserror::Error;

use super::change::ChangeRefused;
use super::target::{ActionTarget, TargetRefused};
use super::{Overlay, change};
use crate::model::DocumentIssue;
use crate::spec::intent::{KEY, ROOT_POINTER};
use crate::spec::reading::MAX_VALUES;
use crate::spec::reference::escape_token;

/// The most actions of one Overlay.
const MAX_ACTIONS: usize = 10_000;
/// The most values that all queries together look at.
const MAX_WORK: usize = 200_000_000;
/// The most issues of one Overlay that are listed; the rest is counted.
const MAX_ISSUES: usize = 200;
/// The most statements of intent whose action is remembered.
const MAX_MARKS: usize = 100_000;

/// Why an action is not applied, or not in full.
#[derive(Debug, Clone, PartialEq, Eq, Error)]
enum ActionRefused {
    #[error("the action has no `target`; it is not applied")]
    NoTarget,
    #[error("{0}; the action is not applied")]
    Target(TargetRefused),
    /// The target.
    #[error("`{}` means nothing in the document; the action changes nothing", clean_for_message(.0))]
    MeansNothing(String),
    #[error("{0}; the action is not applied")]
    Removal(ChangeRefused),
    #[error("`update` and `copy` in one action; it is not applied")]
    UpdateAndCopy,
    #[error("the action has neither `update` nor `remove: true`")]
    ChangesNothing,
    #[error("`copy`: {0}; the action is not applied")]
    CopyTarget(TargetRefused),
    /// How many values it means.
    #[error("`copy` means {0} values, not one; the action is not applied")]
    CopiesMany(usize),
    #[error("the document would hold more than {limit} values; the action is not applied", limit = MAX_VALUES)]
    TooManyValues,
    #[error("`#{}` is not updated: {why}", clean_for_message(pointer))]
    Update { pointer: String, why: ChangeRefused },
}

/// What came of an Overlay.
#[derive(Debug, Default)]
pub(in crate::spec) struct AppliedOverlay {
    /// Actions that could not be applied.
    pub(in crate::spec) issues: Vec<DocumentIssue>,
    /// By the address of a statement of intent in the changed document: the action that made it.
    pub(in crate::spec) stated_by: HashMap<usize, usize>,
}

/// One application of an Overlay.
struct Application<'o> {
    overlay: &'o Overlay,
    /// How many values the document has.
    values: usize,
    /// How many more values queries may look at.
    work: usize,
    issues: Vec<DocumentIssue>,
    left_out: usize,
    /// JSON pointers of statements of intent, with the action that made each.
    marks: HashMap<String, usize>,
}

impl Overlay {
    /// Changes a document. A bad action is an issue, and the others are applied.
    pub(in crate::spec) fn apply(&self, root: &mut Value) -> AppliedOverlay {
        let mut application = Application {
            overlay: self,
            values: change::count_values(root),
            work: MAX_WORK,
            issues: Vec::new(),
            left_out: 0,
            marks: HashMap::new(),
        };

        for (index, action) in self.actions.iter().enumerate().take(MAX_ACTIONS) {
            if let Err(message) = application.act(root, index, action) {
                application.complain(index, message.to_string());
            }
        }
        if self.actions.len() > MAX_ACTIONS {
            application.complain(MAX_ACTIONS, format!("only the first {MAX_ACTIONS} actions are applied"));
        }
        application.finish(root)
    }
}

impl Application<'_> {
    fn act(&mut self, root: &mut Value, index: usize, action: &Value) -> Result<(), ActionRefused> {
        let Some(target) = action.get("target").and_then(Value::as_str) else {
            return Err(ActionRefused::NoTarget);
        };
        let pointers = self.find(root, target).map_err(ActionRefused::Target)?;

        if pointers.is_empty() {
            return Err(ActionRefused::MeansNothing(target.to_owned()));
        }
        if action.get("remove").and_then(Value::as_bool) == Some(true) {
            return change::remove_at_pointers(root, &pointers).map_err(ActionRefused::Removal);
        }
        let copied = match (action.get("update"), action.get("copy").and_then(Value::as_str)) {
            (Some(update), None) => update.clone(),
            (None, Some(from)) => self.copied(root, from)?,
            (Some(_), Some(_)) => return Err(ActionRefused::UpdateAndCopy),
            (None, None) => return Err(ActionRefused::ChangesNothing),
        };

        self.update(root, &pointers, &copied, index)
    }

    fn find(&mut self, root: &Value, query: &str) -> Result<Vec<String>, TargetRefused> {
        let target = ActionTarget::parse(query)?;
        // The form of a query shows what it costs, so that it is refused before it runs.
        self.work = self.work.checked_sub(target.cost(self.values)).ok_or(TargetRefused::TooMuchWork)?;
        target.find(root)
    }

    /// The one value that `copy` means (Overlay 1.1).
    fn copied(&mut self, root: &Value, from: &str) -> Result<Value, ActionRefused> {
        let found = self.find(root, from).map_err(ActionRefused::CopyTarget)?;
        match found.as_slice() {
            [one] => Ok(root.pointer(one).cloned().unwrap_or_default()),
            other => Err(ActionRefused::CopiesMany(other.len())),
        }
    }

    fn update(
        &mut self,
        root: &mut Value,
        pointers: &[String],
        update: &Value,
        index: usize,
    ) -> Result<(), ActionRefused> {
        let grown = change::count_values(update).saturating_mul(pointers.len()).saturating_add(self.values);
        if grown > MAX_VALUES {
            return Err(ActionRefused::TooManyValues);
        }
        // What an update replaces is not taken off: the count errs on the safe side.
        self.values = grown;
        // One bad place keeps no other from being changed; the first of them is named.
        let mut refused = None;

        for pointer in pointers {
            match change::merge_at_pointer(root, pointer, update) {
                Ok(()) => self.mark(pointer, update, index),
                Err(why) => refused = refused.or(Some((pointer, why))),
            }
        }

        refused.map_or(Ok(()), |(pointer, why)| Err(ActionRefused::Update { pointer: pointer.clone(), why }))
    }

    /// Remembers the statements of intent in an update.
    fn mark(&mut self, pointer: &str, update: &Value, index: usize) {
        let mut open = vec![(pointer.to_owned(), update)];
        while let Some((pointer, value)) = open.pop() {
            if self.marks.len() >= MAX_MARKS {
                return;
            }
            // At the root it is a table of statements; anywhere else it is one.
            if pointer != ROOT_POINTER && pointer.rsplit_once('/').is_some_and(|(_, key)| key == KEY) {
                self.marks.insert(pointer, index);
                continue;
            }
            for (key, value) in value.as_object().into_iter().flatten() {
                let below = format!("{pointer}/{}", escape_token(key));
                if pointer == ROOT_POINTER {
                    self.marks.insert(below, index);
                } else if key == KEY || value.is_object() {
                    open.push((below, value));
                }
            }
        }
    }

    fn complain(&mut self, index: usize, message: String) {
        if self.issues.len() >= MAX_ISSUES {
            self.left_out += 1;
            return;
        }
        let at = format!("{}#/actions/{index}", self.overlay.file);
        self.issues.push(DocumentIssue { at, line: self.overlay.line(index), message });
    }

    fn finish(mut self, root: &Value) -> AppliedOverlay {
        if self.left_out > 0 {
            let message = format!("{} more issues of the Overlay are not listed", self.left_out);
            self.issues.push(DocumentIssue { at: format!("{}#", self.overlay.file), line: None, message });
        }
        // Addresses are taken only now, when no action moves a value any more.
        let address = |pointer: &str| root.pointer(pointer).map(|value| std::ptr::from_ref(value).addr());
        let stated_by = self.marks.iter().filter_map(|(pointer, index)| Some((address(pointer)?, *index))).collect();
        AppliedOverlay { issues: self.issues, stated_by }
    }
}

fn clean_for_message(text: &str) -> String {
    crate::model::clean_text(text, 200)
}
