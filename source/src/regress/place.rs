//! Where a new test goes: a free path in the folder where the project's tests are.

use super::fault::TestFault;
use crate::project::Project;

/// More names are not tried.
const MOST_NAMES: usize = 99;

/// Returns the folder of a path; empty for the root.
pub(super) fn folder_of(path: &str) -> &str {
    path.rsplit_once('/').map_or("", |(folder, _)| folder)
}

/// Joins a folder and a path.
pub(super) fn path_below(folder: &str, path: &str) -> String {
    if folder.is_empty() { path.to_owned() } else { format!("{folder}/{path}") }
}

/// Returns whether a path is within a folder.
pub(super) fn is_within(path: &str, folder: &str) -> bool {
    folder.is_empty() || path.strip_prefix(folder).is_some_and(|rest| rest.starts_with('/'))
}

/// Returns a path as it is from a folder, for one that is within it.
pub(super) fn from_folder<'a>(path: &'a str, folder: &str) -> &'a str {
    if folder.is_empty() { path } else { path.strip_prefix(folder).map_or(path, |rest| rest.trim_start_matches('/')) }
}

/// Returns the path of one file as an import from a folder writes it: `../app.js`.
pub(super) fn relative_import(from: &str, to: &str) -> String {
    let from: Vec<&str> = from.split('/').filter(|part| !part.is_empty()).collect();
    let to: Vec<&str> = to.split('/').collect();
    let common = from.iter().zip(&to).take_while(|(one, other)| one == other).count();
    let ups = "../".repeat(from.len() - common);
    let rest = to.get(common..).unwrap_or_default().join("/");

    if ups.is_empty() { format!("./{rest}") } else { format!("{ups}{rest}") }
}

/// Returns a path in a folder that no file has.
///
/// # Errors
/// Every name that was tried is taken.
pub(super) fn free_path(project: &Project, folder: &str, name: &str, end: &str) -> Result<String, TestFault> {
    let first = path_below(folder, &format!("{name}{end}"));
    let more = (2..=MOST_NAMES).map(|number| path_below(folder, &format!("{name}_{number}{end}")));
    // A file may be on the disk and left out of the tree, as an ignored one.
    let is_free = |path: &String| project.tree.file(path).is_none() && !project.tree.root.join(path).exists();
    std::iter::once(first).chain(more).find(is_free).ok_or_else(|| TestFault::NamesTaken(format!("{name}{end}")))
}

/// Returns the command that runs something in a folder.
pub(super) fn run_in(folder: &str, command: &str) -> String {
    if folder.is_empty() { command.to_owned() } else { format!("cd {} && {command}", shell_word(folder)) }
}

/// Returns a path as one word of a shell.
pub(super) fn shell_word(path: &str) -> String {
    let is_bare = path.bytes().all(|byte| byte.is_ascii_alphanumeric() || b"/_-.".contains(&byte));
    if is_bare { path.to_owned() } else { format!("'{}'", path.replace('\'', "'\\''")) }
}
