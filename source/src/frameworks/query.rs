//! Queries on concrete trees: each compiled once, with captures that know their text and place. For languages that are
//! not lowered.

use std::sync::OnceLock;

use tree_sitter::{Node, Query, QueryCursor, StreamingIterator as _, Tree};

use crate::lang::Language;
use crate::parallel;
use crate::project::{Module, ModuleId, Project};
use crate::routes::CodePlace;

/// More matches of one query in one file are not read.
const MOST_MATCHES: usize = 20_000;

/// The files of one language, parsed.
pub(super) struct Sources<'p> {
    pub(super) files: Vec<SourceText<'p>>,
}

/// One file, parsed.
pub(super) struct SourceText<'p> {
    pub(super) module: &'p Module,
    tree: &'p Tree,
}

impl<'p> Sources<'p> {
    /// Parses the files of a language.
    pub(super) fn parse(project: &'p Project, language: Language) -> Self {
        let own = project.modules.iter().filter(|module| module.language == language && !is_test(&module.path));
        let own: Vec<&Module> = own.map(AsRef::as_ref).collect();
        // Trees are independent, and parsing takes most of the time.
        let trees = parallel::map(&own, |module| module.concrete());
        let parsed = own.into_iter().zip(trees).filter_map(|(module, tree)| Some(SourceText { module, tree: tree? }));

        Sources { files: parsed.collect() }
    }

    /// Returns whether a file of the language has one of these texts, without parsing any.
    pub(super) fn mention(project: &Project, language: Language, texts: &[&str]) -> bool {
        let own = project.modules.iter().filter(|module| module.language == language && !is_test(&module.path));
        own.into_iter().any(|module| texts.iter().any(|text| module.text.contains(text)))
    }

    /// Returns each file's root.
    pub(super) fn roots(&self) -> impl Iterator<Item = At<'_>> {
        self.files.iter().map(SourceText::root)
    }
}

/// Tests register routes too; they serve no client.
fn is_test(path: &str) -> bool {
    let (folders, name) = path.rsplit_once('/').unwrap_or(("", path));
    let is_test_folder = |part: &str| {
        ["benches", "spec", "test", "testdata", "tests"].contains(&part)
            || part.ends_with(".Tests")
            || part.ends_with("Tests")
    };
    folders.split('/').any(is_test_folder) || name.ends_with("_test.go") || name == "tests.rs"
}

impl SourceText<'_> {
    /// Returns the root of its tree.
    pub(super) fn root(&self) -> At<'_> {
        At { file: self, node: self.tree.root_node() }
    }
}

/// A node and the file where it stands.
#[derive(Clone, Copy)]
pub(super) struct At<'s> {
    pub(super) file: &'s SourceText<'s>,
    pub(super) node: Node<'s>,
}

/// The same for the same node, and for no other.
pub(super) type NodeKey = (ModuleId, usize);

impl<'s> At<'s> {
    /// Returns its text.
    pub(super) fn text(self) -> &'s str {
        self.file.module.text.get(self.node.start_byte()..self.node.end_byte()).unwrap_or("")
    }

    /// Returns its kind in the grammar.
    pub(super) fn kind(self) -> &'s str {
        self.node.kind()
    }

    /// Returns what it is known by.
    pub(super) fn key(self) -> NodeKey {
        (self.file.module.id, self.node.id())
    }

    /// Returns another node of the same file.
    pub(super) fn with(self, node: Node<'s>) -> At<'s> {
        At { file: self.file, node }
    }

    /// Returns the child of that field.
    pub(super) fn field(self, name: &str) -> Option<At<'s>> {
        self.node.child_by_field_name(name).map(|node| self.with(node))
    }

    /// Returns the text of the child of that field; empty where it is absent.
    pub(super) fn field_text(self, name: &str) -> &'s str {
        self.field(name).map_or("", At::text)
    }

    /// Returns the children that have a name, without comments.
    pub(super) fn children(self) -> Vec<At<'s>> {
        let mut cursor = self.node.walk();
        // Comments may stand between any two parts, where they would shift places.
        let named = self.node.named_children(&mut cursor).filter(|child| !child.kind().contains("comment"));
        named.map(|node| self.with(node)).collect()
    }

    /// Returns the first child of that kind.
    pub(super) fn child(self, kind: &str) -> Option<At<'s>> {
        self.children().into_iter().find(|child| child.kind() == kind)
    }

    /// Returns what it stands in.
    pub(super) fn parent(self) -> Option<At<'s>> {
        self.node.parent().map(|node| self.with(node))
    }

    /// Returns what it stands in, nearest first.
    pub(super) fn ancestors(self) -> impl Iterator<Item = At<'s>> {
        std::iter::successors(self.parent(), |at| at.parent())
    }

    /// Returns the nearest of these kinds that it stands in.
    pub(super) fn within(self, kinds: &[&str]) -> Option<At<'s>> {
        self.ancestors().find(|at| kinds.contains(&at.kind()))
    }

    /// Returns the line of its first byte, from 1.
    pub(super) fn line(self) -> usize {
        self.node.start_position().row + 1
    }

    /// Returns where it stands.
    pub(super) fn place(self) -> CodePlace {
        CodePlace { file: self.file.module.path.clone(), line: self.line() }
    }

    /// Returns a note for people about it.
    pub(super) fn note(self, what: &str) -> String {
        format!("{}:{}: {what}", self.file.module.path, self.line())
    }

    /// Returns the folder of its file, without a slash at the end.
    pub(super) fn folder(self) -> &'s str {
        self.file.module.path.rsplit_once('/').map_or("", |(folder, _)| folder)
    }
}

/// A query, compiled when it is first run.
pub(super) struct SourceQuery {
    language: Language,
    text: &'static str,
    compiled: OnceLock<Option<Query>>,
}

/// What one match of a query has captured.
pub(super) struct Matched<'s> {
    captures: Vec<(&'static str, At<'s>)>,
}

impl SourceQuery {
    /// Makes a query of its text.
    pub(super) const fn new(language: Language, text: &'static str) -> Self {
        SourceQuery { language, text, compiled: OnceLock::new() }
    }

    /// Returns the matches in a piece of a file, in the order of the file.
    pub(super) fn matches<'s>(&'static self, within: At<'s>) -> Vec<Matched<'s>> {
        // A query that does not fit its grammar finds nothing at runtime; the test below keeps this from happening.
        let compiled = self.compiled.get_or_init(|| Query::new(&self.language.grammar(), self.text).ok());
        let Some(query) = compiled.as_ref() else { return Vec::new() };
        let names = query.capture_names();
        let mut cursor = QueryCursor::new();
        let mut matches = cursor.matches(query, within.node, within.file.module.text.as_bytes());
        let mut found = Vec::new();

        while let Some(matched) = matches.next() {
            let captured = matched.captures().iter();
            let captures = captured
                .filter_map(|capture| {
                    let name: &'static str = names.get(capture.index as usize)?;
                    Some((name, within.with(capture.node)))
                })
                .collect();
            found.push(Matched { captures });
            // A generated file could otherwise fill the memory with matches.
            if found.len() >= MOST_MATCHES {
                break;
            }
        }

        found
    }

    /// Returns whether the grammar knows all that it asks for.
    #[cfg(test)]
    pub(super) fn fault(&self) -> Option<String> {
        Query::new(&self.language.grammar(), self.text).err().map(|fault| fault.to_string())
    }
}

impl<'s> Matched<'s> {
    /// Returns the first node of that name.
    pub(super) fn get(&self, name: &str) -> Option<At<'s>> {
        self.captures.iter().find(|(own, _)| *own == name).map(|(_, at)| *at)
    }

    /// Returns the text of the first node of that name; empty where there is none.
    pub(super) fn text(&self, name: &str) -> &'s str {
        self.get(name).map_or("", At::text)
    }
}

#[cfg(test)]
mod tests {
    use crate::frameworks::{actix, aspnet, axum, echo, gin, golang, laravel, net_http, rails, rustcode};

    #[test]
    fn every_query_fits_its_grammar() {
        let queries = [
            ("actix", &actix::QUERY),
            ("aspnet", &aspnet::QUERY),
            ("axum", &axum::QUERY),
            ("echo", &echo::QUERY),
            ("gin", &gin::QUERY),
            ("golang", &golang::CODE),
            ("laravel", &laravel::QUERY),
            ("net_http", &net_http::QUERY),
            ("rails", &rails::QUERY),
            ("rustcode", &rustcode::CODE),
        ];

        for (name, query) in queries {
            assert_eq!(query.fault(), None, "{name}");
        }
    }
}
