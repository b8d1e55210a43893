//! What a document marks as a higher role's: words in path, tag or operationId, and scopes.

use crate::checks::context::CheckCx;
use crate::model::{Operation, Security};
use crate::survey::{role_mark, words};

/// What marks a function as a higher role's.
#[derive(Debug, Clone)]
pub(in crate::checks) struct Mark {
    /// Where it stands.
    pub(in crate::checks) place: &'static str,
    /// The word.
    pub(in crate::checks) word: String,
    /// The word can mean nothing else.
    pub(in crate::checks) plain: bool,
}

/// `roles` are the configured names of higher roles: `teacher` marks `/teacher/gradebook`.
pub(in crate::checks) fn marked(operation: &Operation, roles: &[String]) -> Option<Mark> {
    let own_role = |name: &str| words(name).into_iter().find(|word| roles.contains(word)).map(|word| (word, false));
    let mark =
        |place, name: &str| role_mark(name).or_else(|| own_role(name)).map(|(word, plain)| Mark { place, word, plain });
    let literal: String = operation.path.split('/').filter(|part| !part.starts_with('{')).collect::<Vec<_>>().join("/");
    let scopes: Vec<&String> = match &operation.security {
        Security::Required(any) => any.iter().flatten().flat_map(|(_, scopes)| scopes).collect(),
        _ => Vec::new(),
    };
    mark("path", &literal)
        .or_else(|| operation.operation_id.as_deref().and_then(|id| mark("operationId", id)))
        .or_else(|| operation.tags.iter().find_map(|tag| mark("tag", tag)))
        .or_else(|| scopes.iter().find_map(|scope| mark("scope", scope)))
}

/// Names of the roles above the lowest one, lower case.
pub(in crate::checks) fn higher_roles<'r>(ranks: impl Iterator<Item = (u32, &'r str)> + Clone) -> Vec<String> {
    let lowest = ranks.clone().map(|(rank, _)| rank).min().unwrap_or_default();
    ranks.filter(|(rank, _)| *rank > lowest).map(|(_, role)| role.to_lowercase()).collect()
}

/// The names of the roles above the lowest one among the callers of a scan.
pub(in crate::checks) fn roles_of(cx: &CheckCx<'_>) -> Vec<String> {
    higher_roles(cx.survey.people.all.iter().map(|person| (person.rank, person.role.as_str())))
}
