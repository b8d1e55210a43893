//! A small syntax tree that is the same for every language. What has no place in it keeps its parts as `Other`, so that a
//! walk still meets every expression.

mod expr;
mod read;
mod stmt;
mod walk;

use serde::{Deserialize, Serialize};

pub use expr::{Argument, ComprehensionClause, Expr, ExprKind, RecordEntry, Spread};
pub use read::{argument_at, argument_named, dotted_text, last_part, literal_text};
pub use stmt::{Class, Function, FunctionParameter, Import, ImportedName, Statement, StatementKind, WithItem};
pub use walk::{walk_expr, walk_statements};

/// A piece of a file: bytes from `start` to before `end`, and the lines of its first and last byte, from 1.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
pub struct Span {
    /// First byte.
    pub start: usize,
    /// One past the last byte.
    pub end: usize,
    /// Line of the first byte, from 1.
    pub line: usize,
    /// Line of the last byte, from 1.
    pub end_line: usize,
}

impl Span {
    /// Returns whether the other piece lies within this one.
    pub fn covers(&self, other: &Span) -> bool {
        self.start <= other.start && other.end <= self.end
    }

    /// Returns the text of this piece; empty where the text is another one's.
    pub fn text<'a>(&self, text: &'a str) -> &'a str {
        text.get(self.start..self.end).unwrap_or("")
    }
}
