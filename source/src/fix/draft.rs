//! A change in the making, and the case that it is made for.

use std::collections::BTreeMap;
use std::sync::Arc;

use super::edits::{self, TextReplacement};
use super::proposal::{FixConfidence, FixRefusal, Idiom, RefusalReason};
use super::request::{CodeFixRequest, FixFacts, RemedyKind};
use super::style::CodeStyle;
use crate::ir::{Function, Span, StatementKind, walk_statements};
use crate::project::{FunctionRef, Module, ModuleId, Project};
use crate::routes::{CodePlace, RouteEntry, RouteTable};

/// A route to change, with its handler.
#[derive(Clone)]
pub(super) struct Case<'a> {
    /// The project.
    pub project: &'a Project,
    /// Its routes.
    pub routes: &'a RouteTable,
    /// The route.
    pub entry: &'a RouteEntry,
    /// What is wanted.
    pub remedy: RemedyKind,
    /// A route that held the same check.
    pub sibling: Option<&'a RouteEntry>,
    /// What the scan knows.
    pub facts: &'a FixFacts,
    /// The handler.
    pub handler: FunctionRef,
    /// Where it stands.
    pub module: &'a Module,
    /// How that file is written.
    pub style: CodeStyle,
}

impl<'a> Case<'a> {
    /// Makes the case of a request.
    pub(super) fn of(request: &'a CodeFixRequest<'a>) -> Result<Case<'a>, FixRefusal> {
        let not_located = || {
            FixRefusal::new(
                RefusalReason::NotLocated,
                format!("the handler of {} was not found in the source", describe_route(request.entry)),
                "change the function that answers it by hand, after the guidance of the remedy",
            )
        };

        let handler = handler_of(request.project, request.entry).ok_or_else(not_located)?;
        let module = request.project.module(handler.module).ok_or_else(not_located)?;

        // Bytes of a damaged function may belong to something else, so that no edit in it could be trusted.
        if handler.function.is_damaged {
            return Err(FixRefusal::new(
                RefusalReason::NotLocated,
                format!("a part of {} cannot be parsed", describe_route(request.entry)),
                "mend its syntax first",
            ));
        }

        Ok(Case {
            project: request.project,
            routes: request.routes,
            entry: request.entry,
            remedy: request.remedy,
            sibling: request.sibling,
            facts: &request.facts,
            handler,
            module,
            style: CodeStyle::of(&module.text, module.language),
        })
    }

    /// Returns the text of a piece of the handler's file.
    pub(super) fn text(&self, span: Span) -> &'a str {
        span.text(&self.module.text)
    }

    /// Returns where a piece of a module stands.
    pub(super) fn place(&self, module: ModuleId, span: Span) -> CodePlace {
        self.project.place(module, span)
    }

    /// Returns the handler's function.
    pub(super) fn function(&self) -> &Function {
        &self.handler.function
    }

    /// Returns the name of the route for people.
    pub(super) fn route(&self) -> String {
        describe_route(self.entry)
    }

    /// Makes the refusal for code that already does what is wanted.
    pub(super) fn nothing_to_do(&self, because: impl Into<String>) -> FixRefusal {
        FixRefusal::new(RefusalReason::NothingToDo, because, "nothing is to be changed here")
    }
}

/// Returns method and path for people.
pub(super) fn describe_route(entry: &RouteEntry) -> String {
    let methods = if entry.methods.is_empty() { "any method of".to_owned() } else { entry.methods.join(",") };
    format!("{methods} {}", entry.path)
}

/// Returns the function of a route's handler; looks for it by file and line where the route does not have it.
pub(super) fn handler_of(project: &Project, entry: &RouteEntry) -> Option<FunctionRef> {
    // A route that was given by hand has file and line alone.
    if let Some(code) = &entry.code {
        return Some(code.function.clone());
    }
    let module = project.module_at(&entry.handler.file)?;
    let mut found: Option<Arc<Function>> = None;
    walk_statements(
        &module.statements,
        &mut |statement| {
            if let StatementKind::Function(function) = &statement.kind
                && (function.span.line..=function.span.end_line).contains(&entry.handler.line)
            {
                found = Some(function.clone());
            }
        },
        &mut |_| {},
    );
    found.map(|function| FunctionRef { module: module.id, function, class: None })
}

/// A change in the making.
#[derive(Debug, Clone)]
pub(super) struct FixDraft {
    /// Replacements by file.
    pub changes: BTreeMap<String, Vec<TextReplacement>>,
    /// What it does and why that is enough.
    pub why: String,
    /// Whose way it follows.
    pub idiom: Idiom,
    /// Packages to add.
    pub dependencies: Vec<String>,
    /// Imports that are added.
    pub imports: Vec<String>,
    /// What a person must look at.
    pub review: Vec<String>,
    /// How sure it is.
    pub confidence: FixConfidence,
}

impl FixDraft {
    /// Makes an empty one that follows the framework's way.
    pub(super) fn new(why: impl Into<String>) -> FixDraft {
        FixDraft {
            changes: BTreeMap::new(),
            why: why.into(),
            idiom: Idiom::Framework,
            dependencies: Vec::new(),
            imports: Vec::new(),
            review: Vec::new(),
            confidence: FixConfidence::Medium,
        }
    }

    /// Replaces a piece of a file.
    pub(super) fn replace(&mut self, file: &str, span: Span, text: impl Into<String>) {
        let change = TextReplacement { start: span.start, end: span.end, text: text.into() };
        let changes = self.changes.entry(file.to_owned()).or_default();

        // Two recipes may ask for the same replacement, which would be refused as an overlap of two.
        if !changes.contains(&change) {
            changes.push(change);
        }
    }

    /// Inserts at a byte of a file.
    pub(super) fn insert(&mut self, file: &str, at: usize, text: impl Into<String>) {
        self.replace(file, Span { start: at, end: at, ..Span::default() }, text);
    }

    /// Says that something was guessed.
    pub(super) fn guess(&mut self, what: impl Into<String>) {
        self.review.push(what.into());
        self.confidence = FixConfidence::Low;
    }

    /// Says that this project does the same at another place.
    pub(super) fn follow(&mut self, place: CodePlace, what: impl Into<String>) {
        self.idiom = Idiom::Sibling { place, what: what.into() };
        // Following a sibling gives no certainty where something else of the change was guessed.
        if self.review.is_empty() {
            self.confidence = FixConfidence::High;
        }
    }

    /// Returns the texts of the changed files.
    pub(super) fn texts(&self, project: &Project) -> Result<BTreeMap<String, String>, FixRefusal> {
        let made = self.changes.iter().map(|(file, changes)| {
            let old = project.tree.file(file).map_or("", |file| &*file.text);
            edits::apply_changes(old, changes).map(|new| (file.clone(), new)).ok_or_else(|| {
                FixRefusal::new(
                    RefusalReason::Conflict,
                    format!("two parts of the change overlap in {file}"),
                    "change the handler by hand",
                )
            })
        });

        made.collect()
    }
}
