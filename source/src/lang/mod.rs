//! Each language, lowered into the one small tree of `ir`. One file a language.

mod java;
mod javascript;
mod python;
mod reader;

use std::ops::ControlFlow;
use std::time::{Duration, Instant};

use serde::Serialize;
use tree_sitter::{ParseOptions, Parser, Tree};

use crate::ir::{Span, Statement};

/// Parsing one file takes no longer.
const MOST_TIME: Duration = Duration::from_secs(2);

/// A language that is read.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, Serialize)]
#[serde(rename_all = "kebab-case")]
pub enum Language {
    /// `.py`
    Python,
    /// `.js`, `.mjs`, `.cjs`, `.jsx`
    JavaScript,
    /// `.ts`, `.mts`, `.cts`
    TypeScript,
    /// `.tsx`
    Tsx,
    /// `.java`
    Java,
    /// `.go`
    Go,
    /// `.rb`
    Ruby,
    /// `.php`
    Php,
    /// `.cs`
    CSharp,
    /// `.rs`
    Rust,
}

/// A file, lowered.
#[derive(Debug, Clone, Default)]
pub struct LoweredFile {
    /// Its statements.
    pub statements: Vec<Statement>,
    /// Pieces that could not be parsed.
    pub damaged: Vec<Span>,
}

impl Language {
    /// Returns the language of a file by the end of its name.
    pub fn of_path(path: &str) -> Option<Language> {
        let (_, end) = path.rsplit_once('.')?;
        match end {
            "py" => Some(Language::Python),
            "js" | "mjs" | "cjs" | "jsx" => Some(Language::JavaScript),
            "ts" | "mts" | "cts" => Some(Language::TypeScript),
            "tsx" => Some(Language::Tsx),
            "java" => Some(Language::Java),
            "go" => Some(Language::Go),
            "rb" => Some(Language::Ruby),
            "php" => Some(Language::Php),
            "cs" => Some(Language::CSharp),
            "rs" => Some(Language::Rust),
            _ => None,
        }
    }

    /// Returns whether it is JavaScript or TypeScript.
    pub fn is_script(self) -> bool {
        matches!(self, Language::JavaScript | Language::TypeScript | Language::Tsx)
    }

    /// Returns whether it is lowered; the others are read by queries on the concrete tree.
    pub fn is_lowered(self) -> bool {
        self.is_script() || matches!(self, Language::Python | Language::Java)
    }

    /// Returns its grammar.
    pub fn grammar(self) -> tree_sitter::Language {
        match self {
            Language::Python => tree_sitter_python::LANGUAGE.into(),
            Language::JavaScript => tree_sitter_javascript::LANGUAGE.into(),
            Language::TypeScript => tree_sitter_typescript::LANGUAGE_TYPESCRIPT.into(),
            Language::Tsx => tree_sitter_typescript::LANGUAGE_TSX.into(),
            Language::Java => tree_sitter_java::LANGUAGE.into(),
            Language::Go => tree_sitter_go::LANGUAGE.into(),
            Language::Ruby => tree_sitter_ruby::LANGUAGE.into(),
            Language::Php => tree_sitter_php::LANGUAGE_PHP.into(),
            Language::CSharp => tree_sitter_c_sharp::LANGUAGE.into(),
            Language::Rust => tree_sitter_rust::LANGUAGE.into(),
        }
    }

    /// Parses a text. `None` where it takes too long.
    pub fn parse(self, text: &str) -> Option<Tree> {
        let mut parser = Parser::new();
        parser.set_language(&self.grammar()).ok()?;
        let until = Instant::now() + MOST_TIME;
        // Some inputs keep a grammar busy for very long, and one file must not hold up the whole project.
        let mut look = |_: &tree_sitter::ParseState| {
            if Instant::now() > until { ControlFlow::Break(()) } else { ControlFlow::Continue(()) }
        };
        let options = ParseOptions::new().progress_callback(&mut look);
        let bytes = text.as_bytes();
        parser.parse_with_options(&mut |at, _| bytes.get(at..).unwrap_or_default(), None, Some(options))
    }

    /// Parses a text and lowers it. `None` where it takes too long. A migration has no statements.
    pub fn lower(self, text: &str) -> Option<LoweredFile> {
        if self == Language::Python && python::is_migration(text) {
            return Some(LoweredFile::default());
        }
        let tree = self.parse(text)?;
        let statements = match self {
            Language::Python => python::lower_file(text, tree.root_node()),
            Language::JavaScript | Language::TypeScript | Language::Tsx => {
                javascript::lower_file(text, tree.root_node())
            }
            Language::Java => java::lower_file(text, tree.root_node()),
            _ => Vec::new(),
        };

        Some(LoweredFile { statements, damaged: reader::damaged_spans(tree.root_node()) })
    }
}
