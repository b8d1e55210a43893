//! Replaces bytes, and says which were replaced. Knows nothing of languages.

use std::collections::BTreeMap;

use diffy::DiffOptions;
use sha2::{Digest, Sha256};

use super::proposal::{Edit, FileDigest};
use crate::ir::Span;

/// A replacement in one file.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord)]
pub(super) struct TextReplacement {
    /// First byte.
    pub start: usize,
    /// One past the last byte that goes.
    pub end: usize,
    /// What comes.
    pub text: String,
}

/// Applies changes to a text. `None` where two overlap or one lies outside of the text. Insertions at one place are
/// made in the order in which they were given.
pub(super) fn apply_changes(text: &str, changes: &[TextReplacement]) -> Option<String> {
    let mut ordered: Vec<&TextReplacement> = changes.iter().collect();
    // The sort is stable, so that insertions at one byte keep the order in which they were asked for.
    ordered.sort_by_key(|change| (change.start, change.end));
    let mut made = String::with_capacity(text.len() + 256);
    let mut at = 0;

    for change in ordered {
        if change.start < at || change.end < change.start {
            return None;
        }
        made.push_str(text.get(at..change.start)?);
        made.push_str(&change.text);
        text.get(change.start..change.end)?;
        at = change.end;
    }

    made.push_str(text.get(at..)?);
    Some(made)
}

/// Returns a diff of several files that `git apply` takes.
pub(super) fn diff_files(before: &BTreeMap<String, String>, after: &BTreeMap<String, String>) -> String {
    let mut made = String::new();
    for (file, new) in after {
        let old = before.get(file);
        let mut options = DiffOptions::new();
        options.set_context_len(3);
        let from = if old.is_some() { format!("a/{file}") } else { "/dev/null".to_owned() };
        options.set_original_filename(from).set_modified_filename(format!("b/{file}"));
        let patch = options.create_patch(old.map_or("", String::as_str), new);

        // An unchanged file would leave a header without hunks, which `git apply` refuses.
        if !patch.hunks().is_empty() {
            made.push_str(&format!("diff --git a/{file} b/{file}\n"));
            if old.is_none() {
                made.push_str("new file mode 100644\n");
            }
            made.push_str(&patch.to_string());
        }
    }

    made
}

/// Returns whether the diff of one file, read again and applied, gives the new text.
pub(super) fn diff_applies(old: &str, new: &str) -> bool {
    let written = diffy::create_patch(old, new).to_string();
    let read = diffy::Patch::from_str(&written);
    read.is_ok_and(|patch| diffy::apply(old, &patch).is_ok_and(|made| made == new))
}

/// Returns what was replaced, the least bytes of each changed run of lines.
pub(super) fn changed_pieces(file: &str, old: &str, new: &str) -> Vec<Edit> {
    let mut options = DiffOptions::new();
    options.set_context_len(0);
    let patch = options.create_patch(old, new);
    let (old_lines, new_lines) = (line_starts(old), line_starts(new));
    let piece = |starts: &[usize], whole: &str, first: usize, count: usize| {
        // A run without lines stands behind the line that it names.
        let from = if count == 0 { first } else { first.saturating_sub(1) };
        let at = |line: usize| starts.get(line).copied().unwrap_or(whole.len());
        (at(from), at(from + count))
    };

    let edits = patch.hunks().iter().filter_map(|hunk| {
        let (start, end) = piece(&old_lines, old, hunk.old_range().start(), hunk.old_range().len());
        let (new_start, new_end) = piece(&new_lines, new, hunk.new_range().start(), hunk.new_range().len());
        trim_common_ends(file, old, (start, end), new.get(new_start..new_end)?)
    });
    edits.collect()
}

/// Leaves away what is the same at both ends.
fn trim_common_ends(file: &str, old: &str, (start, end): (usize, usize), new: &str) -> Option<Edit> {
    let gone = old.get(start..end)?;
    // Letters are compared, not bytes, so that an edit never splits one of several bytes.
    let head: usize =
        gone.chars().zip(new.chars()).take_while(|(a, b)| a == b).map(|(letter, _)| letter.len_utf8()).sum();
    let (gone_rest, new_rest) = (gone.get(head..)?, new.get(head..)?);
    let ends = gone_rest.chars().rev().zip(new_rest.chars().rev());
    let tail: usize = ends.take_while(|(a, b)| a == b).map(|(letter, _)| letter.len_utf8()).sum();
    let (start, end) = (start + head, end - tail);
    let line = |at: usize| old.get(..at).unwrap_or("").matches('\n').count() + 1;
    Some(Edit {
        file: file.to_owned(),
        span: Span { start, end, line: line(start), end_line: line(end) },
        old: old.get(start..end)?.to_owned(),
        new: new_rest.get(..new_rest.len() - tail)?.to_owned(),
    })
}

fn line_starts(text: &str) -> Vec<usize> {
    std::iter::once(0).chain(text.match_indices('\n').map(|(at, _)| at + 1)).filter(|at| *at < text.len()).collect()
}

/// Returns the digest of a text.
pub(super) fn digest_file(file: &str, text: &str) -> FileDigest {
    let sum = Sha256::digest(text.as_bytes());
    let sha256 = sum.iter().map(|byte| format!("{byte:02x}")).collect();
    FileDigest { file: file.to_owned(), sha256 }
}
