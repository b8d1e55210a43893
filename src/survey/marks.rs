//! What a document marks as a higher role's: words in path, tag or operationId, and scopes.

use super::names::{role_mark, split_words};
use super::people::People;
use crate::model::{Operation, Security};

/// What marks a function as a higher role's.
#[derive(Debug, Clone)]
pub struct RoleMark {
    /// Where it stands.
    pub place: &'static str,
    /// The word.
    pub word: String,
    /// The word can mean nothing else.
    pub plain: bool,
    /// What all operations under it share: the path as far as the word, the whole tag; the word itself elsewhere.
    pub root: String,
}

/// Returns all marks of an operation, the widest first. `roles` are the configured names of higher roles: `teacher`
/// marks `/teacher/gradebook`.
pub fn marks_of(operation: &Operation, roles: &[String]) -> Vec<RoleMark> {
    let own_role =
        |name: &str| split_words(name).into_iter().find(|word| roles.contains(word)).map(|word| (word, false));
    let mark = |place, name: &str, root: &dyn Fn(&str) -> String| {
        let found = role_mark(name).or_else(|| own_role(name));
        found.map(|(word, plain)| RoleMark { place, root: root(&word), word, plain })
    };
    let mut marks = Vec::new();
    let mut above = String::new();

    for segment in operation.path.split('/').filter(|segment| !segment.is_empty()) {
        above = format!("{above}/{segment}");
        // The name of a parameter (`{adminId}`) says what it takes, and not who may call.
        marks.extend(mark("path", segment, &|_| above.clone()).filter(|_| !segment.starts_with('{')));
    }
    let scopes = match &operation.security {
        Security::Required(any) => any.iter().flatten().flat_map(|(_, scopes)| scopes).collect(),
        _ => Vec::new(),
    };
    marks.extend(operation.operation_id.iter().filter_map(|id| mark("operationId", id, &str::to_owned)));
    marks.extend(operation.tags.iter().filter_map(|tag| mark("tag", tag, &|_| tag.clone())));
    marks.extend(scopes.into_iter().filter_map(|scope| mark("scope", scope, &str::to_owned)));

    marks
}

/// Returns the first mark of an operation, whether it divides the API or not.
pub fn first_mark(operation: &Operation, roles: &[String]) -> Option<RoleMark> {
    marks_of(operation, roles).into_iter().next()
}

/// Returns the names of the roles above the lowest one, lower case.
pub fn higher_roles<'r>(ranks: impl Iterator<Item = (u32, &'r str)> + Clone) -> Vec<String> {
    let lowest = ranks.clone().map(|(rank, _)| rank).min().unwrap_or_default();
    ranks.filter(|(rank, _)| *rank > lowest).map(|(_, role)| role.to_lowercase()).collect()
}

impl People {
    /// Returns the names of the roles above the lowest one among the callers.
    pub fn higher_roles(&self) -> Vec<String> {
        higher_roles(self.all.iter().map(|person| (person.rank, person.role.as_str())))
    }
}

impl RoleMark {
    /// Returns whether an operation stands under it.
    pub fn covers(&self, operation: &Operation, roles: &[String]) -> bool {
        marks_of(operation, roles).iter().any(|other| other.place == self.place && other.root == self.root)
    }

    /// Returns whether an operation stands outside it and under no other mark than those that stand above this one.
    pub fn leaves_out(&self, operation: &Operation, roles: &[String]) -> bool {
        let is_above = |other: &RoleMark| other.root != self.root && self.root.starts_with(&other.root);
        marks_of(operation, roles).iter().all(is_above)
    }

    /// Returns it in words: `` `admin` in its path``.
    pub fn describe(&self) -> String {
        format!("`{}` in its {}", self.word, self.place)
    }
}
