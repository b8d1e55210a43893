//! What is answered: a proposal with its record of verification, or a refusal that says what to do.

use std::collections::BTreeMap;

use serde::Serialize;

use crate::fix::RemedyKind;
use crate::ir::Span;
use crate::routes::CodePlace;

/// A replacement of some bytes of a file, as it is before any change.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct Edit {
    /// From the root, with `/`.
    pub file: String,
    /// Which bytes; empty for an insertion.
    pub span: Span,
    /// What stands there.
    pub old: String,
    /// What shall stand there.
    pub new: String,
}

/// Whose way a change follows.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
#[serde(rename_all = "kebab-case", tag = "of")]
pub enum Idiom {
    /// Another place of this project does it so.
    Sibling {
        /// Where.
        place: CodePlace,
        /// What it is, as written there.
        what: String,
    },
    /// A library that the project has.
    Library {
        /// Its name.
        name: String,
        /// Where it is imported or named.
        place: CodePlace,
    },
    /// The framework's usual way: a proposal, since the project has none of its own.
    Framework,
}

/// How sure it is that the change is the right one. That it is well-formed is in [`Verification`].
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Serialize)]
#[serde(rename_all = "kebab-case")]
pub enum FixConfidence {
    /// Something in it is guessed, and named under `needs_review`.
    Low,
    /// The way is usual, and nothing in it is guessed.
    Medium,
    /// The project does the same elsewhere.
    High,
}

/// Which text a change was made for.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct FileDigest {
    /// From the root, with `/`.
    pub file: String,
    /// SHA-256 of its bytes in hexadecimal digits.
    pub sha256: String,
}

/// What was verified of a change.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, Serialize)]
pub struct Verification {
    /// The changed files have no more pieces that cannot be parsed than before.
    pub parses: bool,
    /// The project was read again with the change: every route is there as before, and no other one lost a guard.
    pub reanalysed: bool,
    /// The same remedy proposes nothing on the changed project.
    pub idempotent: bool,
    /// Every name that the change uses is known where it is used.
    pub names_bound: bool,
    /// The diff gives the same texts when it is applied.
    pub applies: bool,
}

/// A change that is proposed.
#[derive(Debug, Clone, Serialize)]
pub struct Proposal {
    /// What it mends; more than one where one alone would have left a hole.
    pub covers: Vec<RemedyKind>,
    /// What it does and why it is enough, in a sentence or two.
    pub why: String,
    /// Replacements in the order of files and places; they do not overlap.
    pub edits: Vec<Edit>,
    /// A unified diff that `git apply` takes.
    pub diff: String,
    /// The changed files with their whole new text.
    pub files: BTreeMap<String, String>,
    /// What the changed files were before.
    pub originals: Vec<FileDigest>,
    /// Whose way it follows.
    pub idiom: Idiom,
    /// Packages that must be added to the project.
    pub dependencies: Vec<String>,
    /// Imports that the change adds: `flask.abort`.
    pub imports: Vec<String>,
    /// What a person must look at.
    pub needs_review: Vec<String>,
    /// How sure it is.
    pub confidence: FixConfidence,
    /// What was verified.
    pub verification: Verification,
}

/// Why there is no change.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize)]
#[serde(rename_all = "kebab-case")]
pub enum RefusalReason {
    /// The code already does it.
    NothingToDo,
    /// The place to change was not found.
    NotLocated,
    /// The caller's identity is not known in the handler.
    NoIdentity,
    /// What names the owner of the object is not known.
    NoOwner,
    /// The route is open on purpose.
    Public,
    /// There is no way yet for this language, framework or shape.
    NotSupported,
    /// A fact is missing that only a person or a scan has.
    MissingFact,
    /// It would undo or contradict another change.
    Conflict,
    /// The change was made, and did not stand the verification.
    NotVerified,
}

/// No change, why, and what to do.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, thiserror::Error)]
#[error("{because}; {instead}")]
pub struct FixRefusal {
    /// Which kind.
    pub reason: RefusalReason,
    /// Why, for people.
    pub because: String,
    /// What to do, for people.
    pub instead: String,
}

impl FixRefusal {
    /// Makes a refusal.
    pub fn new(reason: RefusalReason, because: impl Into<String>, instead: impl Into<String>) -> FixRefusal {
        FixRefusal { reason, because: because.into(), instead: instead.into() }
    }
}
