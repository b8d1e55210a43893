//! Types that share their name with another, and lists of words that stand in the code.

use std::collections::BTreeMap;

use syn::visit::{self, Visit};

use super::{ParsedFile, percent};

/// Fewer texts in a row are no list of words.
const WORDS_OF_A_LIST: usize = 3;

/// The types of the source by name.
pub(crate) struct TypeMeasures {
    /// Name to the files that define a type of it.
    pub by_name: BTreeMap<String, Vec<String>>,
}

impl TypeMeasures {
    /// Collects structs, enums, traits and aliases of the files.
    pub(crate) fn of(files: &[ParsedFile]) -> Self {
        let mut by_name: BTreeMap<String, Vec<String>> = BTreeMap::new();
        for file in files {
            let mut visitor = TypeVisitor { names: Vec::new() };
            visitor.visit_file(&file.tree);
            for name in visitor.names {
                by_name.entry(name).or_default().push(file.path.clone());
            }
        }
        Self { by_name }
    }

    /// The share of types whose name another type has too, in percent.
    pub(crate) fn shared_names(&self) -> f64 {
        let shared: usize = self.shared().map(|(_, places)| places.len()).sum();
        percent(shared, self.by_name.values().map(Vec::len).sum())
    }

    /// Names that more than one type has, with their files.
    pub(crate) fn shared(&self) -> impl Iterator<Item = (&String, &Vec<String>)> {
        self.by_name.iter().filter(|(_, places)| places.len() > 1)
    }
}

struct TypeVisitor {
    names: Vec<String>,
}

impl<'ast> Visit<'ast> for TypeVisitor {
    fn visit_item(&mut self, item: &'ast syn::Item) {
        match item {
            syn::Item::Struct(it) => self.names.push(it.ident.to_string()),
            syn::Item::Enum(it) => self.names.push(it.ident.to_string()),
            syn::Item::Trait(it) => self.names.push(it.ident.to_string()),
            syn::Item::Type(it) => self.names.push(it.ident.to_string()),
            _ => {}
        }
        visit::visit_item(self, item);
    }
}

/// Returns the places of lists of at least three texts in the code: constants, arguments, patterns of `matches!`.
pub(crate) fn word_lists(files: &[ParsedFile]) -> Vec<String> {
    let mut places = Vec::new();
    for file in files {
        let mut visitor = ListVisitor { path: &file.path, places: &mut places };
        visitor.visit_file(&file.tree);
    }
    places
}

struct ListVisitor<'a> {
    path: &'a str,
    places: &'a mut Vec<String>,
}

impl ListVisitor<'_> {
    fn note(&mut self, words: usize, span: proc_macro2::Span) {
        if words >= WORDS_OF_A_LIST {
            self.places.push(format!("{}:{} ({words} words)", self.path, span.start().line));
        }
    }
}

impl<'ast> Visit<'ast> for ListVisitor<'_> {
    fn visit_expr_array(&mut self, array: &'ast syn::ExprArray) {
        let words = array.elems.iter().filter(|element| is_text(element)).count();
        self.note(words, array.bracket_token.span.open());
        visit::visit_expr_array(self, array);
    }

    fn visit_pat_or(&mut self, pattern: &'ast syn::PatOr) {
        let words = pattern.cases.iter().filter(|case| matches!(case, syn::Pat::Lit(lit) if is_string(&lit.lit)));
        let span = syn::spanned::Spanned::span(pattern);
        self.note(words.count(), span);
    }

    fn visit_macro(&mut self, item: &'ast syn::Macro) {
        // `matches!(word, "a" | "b" | "c")`: texts between bars.
        if item.path.is_ident("matches") {
            let text = item.tokens.to_string();
            let words = text.split('|').filter(|part| part.trim().trim_end_matches(')').ends_with('"'));
            let span = syn::spanned::Spanned::span(&item.path);
            self.note(words.count(), span);
        }
    }
}

fn is_text(expression: &syn::Expr) -> bool {
    matches!(expression, syn::Expr::Lit(literal) if is_string(&literal.lit))
}

fn is_string(literal: &syn::Lit) -> bool {
    matches!(literal, syn::Lit::Str(_))
}
