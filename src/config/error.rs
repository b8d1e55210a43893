//! What can be wrong with a configuration, shown with the place and without any secret.

use std::fmt;
use std::ops::Range;
use std::path::PathBuf;

use thiserror::Error;

use crate::model::clean_text;

/// Why a configuration cannot be used.
#[derive(Debug, Clone, Error)]
pub enum ConfigError {
    /// The file cannot be read.
    #[error("failed to read {path}: {reason}", path = path.display())]
    Read {
        /// Which file.
        path: PathBuf,
        /// Why not.
        reason: String,
    },
    /// Something in the file is wrong.
    #[error("{0}")]
    At(Box<Fault>),
}

/// A fault at a place of the file. Its `Display` form has line, column, a caret and what to do.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Fault {
    /// The file's name.
    pub file: String,
    /// Counted from 1.
    pub line: usize,
    /// In characters, counted from 1.
    pub column: usize,
    /// What is wrong; a fragment without final dot.
    pub message: String,
    /// What to do about it.
    pub help: Option<String>,
    /// The line; values in it are hidden unless they are harmless.
    excerpt: String,
    /// How many characters the caret marks.
    width: usize,
}

impl Fault {
    /// A fault at a byte range of the text. `show_value` is for values that cannot be secrets; otherwise everything
    /// behind the `=` of the line is left out.
    pub(super) fn new(file: &str, text: &str, span: Range<usize>, show_value: bool, message: String) -> Self {
        let start = text.get(..span.start).map_or(0, str::len);
        let before = text.get(..start).unwrap_or_default();
        let line_start = before.rfind('\n').map_or(0, |at| at + 1);
        let whole = text.get(line_start..).unwrap_or_default().lines().next().unwrap_or_default();
        let column = before.get(line_start..).unwrap_or_default().chars().count() + 1;
        let shown = if show_value { whole.to_owned() } else { without_values(whole) };
        let excerpt = clean_text(&shown, 120);
        let marked = text.get(span).unwrap_or_default().lines().next().unwrap_or_default().chars().count();
        // The excerpt may be cut or hidden: a caret must not mark what is not shown.
        let width = marked.min(excerpt.chars().count().saturating_sub(column - 1)).max(1);
        let line = before.matches('\n').count() + 1;

        Self { file: file.to_owned(), line, column, message, help: None, excerpt, width }
    }

    pub(super) fn with_help(mut self, help: impl Into<String>) -> Self {
        self.help = Some(help.into());
        self
    }
}

impl From<Fault> for ConfigError {
    fn from(fault: Fault) -> Self {
        Self::At(Box::new(fault))
    }
}

impl fmt::Display for Fault {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let number = self.line.to_string();
        let gutter = " ".repeat(number.len());
        writeln!(f, "{}:{}:{}: {}", self.file, self.line, self.column, self.message)?;
        writeln!(f, "{gutter} |")?;
        writeln!(f, "{number} | {}", self.excerpt)?;

        // A mark beyond what is shown would point at nothing.
        if self.column <= self.excerpt.chars().count() {
            writeln!(f, "{gutter} | {}{}", " ".repeat(self.column - 1), "^".repeat(self.width))?;
        }
        match &self.help {
            Some(help) => write!(f, "help: {help}"),
            None => Ok(()),
        }
    }
}

/// A line with its key or table name alone: what stands behind, or in the middle of a long string, may be a secret.
fn without_values(line: &str) -> String {
    // A quoted key may be a secret that was put on the wrong side.
    let is_header = line.trim_start().starts_with('[') && !line.contains(['"', '\'']);
    match line.find('=') {
        Some(at) => match line.get(..=at).filter(|kept| !kept.contains(['"', '\''])) {
            Some(kept) => format!("{kept} …"),
            None => "…".to_owned(),
        },
        None if is_header => line.to_owned(),
        None => "…".to_owned(),
    }
}
