//! Collects what could not be read. Places are given by value and turned into pointers and lines once, at the end.

use std::collections::{HashMap, HashSet};

use serde_json::Value;

use crate::model::DocumentIssue;

use super::documents::{Documents, Node};
use super::reference::escape_token;

/// The most issues that are listed; the rest is counted.
const MAX_ISSUES: usize = 2000;

/// The most characters of one message; it may quote the document.
const MAX_MESSAGE: usize = 500;

/// The issues of one document, in the order of their discovery.
#[derive(Debug, Default)]
pub(super) struct DocumentIssues {
    list: Vec<(IssuePlace, String)>,
    seen: HashSet<(IssuePlace, String)>,
    dropped: usize,
}

/// Where an issue is: a value of a document, and keys below it that need not exist.
#[derive(Debug, Clone, PartialEq, Eq, Hash)]
struct IssuePlace {
    document: usize,
    address: usize,
    below: String,
}

impl DocumentIssues {
    /// Says what is wrong with a value and what follows. The same words about the same value count once.
    pub(super) fn add(&mut self, node: Node<'_>, message: impl Into<String>) {
        self.add_below(node, "", message);
    }

    /// The same about a member of a value, which may be missing.
    pub(super) fn add_below(&mut self, node: Node<'_>, key: &str, message: impl Into<String>) {
        let below = if key.is_empty() { String::new() } else { format!("/{}", escape_token(key)) };
        let place = IssuePlace { document: node.document, address: node.address(), below };
        let message: String = message.into().chars().take(MAX_MESSAGE).collect();

        if self.list.len() >= MAX_ISSUES {
            self.dropped += 1;
        } else if self.seen.insert((place.clone(), message.clone())) {
            self.list.push((place, message));
        }
    }

    /// All issues with their pointers; lines are still to be found.
    pub(super) fn finish(self, documents: &Documents) -> Vec<DocumentIssue> {
        // Places are collected first, so that one walk of each document finds them all.
        let mut wanted: HashMap<usize, HashSet<usize>> = HashMap::new();
        for (place, _) in &self.list {
            wanted.entry(place.document).or_default().insert(place.address);
        }
        let mut pointers = HashMap::new();

        for (document, addresses) in wanted {
            if let Some(root) = documents.root(document) {
                find_pointers(root.value, &addresses, &mut pointers);
            }
        }
        let name = |document: usize| documents.list().get(document).map_or("", |found| found.name.as_str());
        let mut issues: Vec<_> = self
            .list
            .into_iter()
            .map(|(place, message)| {
                let pointer = pointers.get(&place.address).map_or("", String::as_str);
                let at = format!("{}#{pointer}{}", name(place.document), place.below);
                DocumentIssue { at, line: None, message }
            })
            .collect();
        if self.dropped > 0 {
            let message = format!("{} more issues are not listed", self.dropped);
            issues.push(DocumentIssue { at: "#".to_owned(), line: None, message });
        }
        issues
    }
}

/// Walks a document once and writes down the pointers of the wanted values.
pub(super) fn find_pointers(root: &Value, wanted: &HashSet<usize>, found: &mut HashMap<usize, String>) {
    // Each entry holds the length of its parent's pointer and its own last step.
    enum PointerStep<'v> {
        Root,
        Key(&'v str),
        Index(usize),
    }
    let mut pointer = String::new();
    let mut open = vec![(0_usize, PointerStep::Root, root)];

    while let Some((length, step, value)) = open.pop() {
        pointer.truncate(length);
        match step {
            PointerStep::Root => {}
            PointerStep::Key(key) => pointer.extend(["/", &escape_token(key)]),
            PointerStep::Index(index) => pointer.extend(["/", &index.to_string()]),
        }
        let address = std::ptr::from_ref(value).addr();

        if wanted.contains(&address) {
            found.insert(address, pointer.clone());
        }
        let length = pointer.len();

        match value {
            Value::Array(items) => {
                open.extend(items.iter().enumerate().map(|(index, item)| (length, PointerStep::Index(index), item)));
            }
            Value::Object(map) => open.extend(map.iter().map(|(key, value)| (length, PointerStep::Key(key), value))),
            _ => {}
        }
    }
}
