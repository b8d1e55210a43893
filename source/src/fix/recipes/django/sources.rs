//! The querysets that `get_queryset` may return for one action, each with whether it is held to the caller already.

use std::collections::{BTreeMap, BTreeSet};

use crate::fix::callers::caller_of;
use crate::fix::draft::Case;
use crate::fix::identity::names_role;
use crate::fix::owning::Known;
use crate::frameworks::asks_for;
use crate::ir::{Expr, ExprKind, Span, Statement, StatementKind, dotted_text, last_part, walk_expr, walk_statements};
use crate::project::{ClassRef, FunctionRef, Module};
use crate::words::{CALLERS, is_one_of};

/// Chains of calls that are longer are not followed.
const MOST_STEPS: usize = 40;

/// One queryset.
#[derive(Debug, Clone)]
pub(super) struct Source {
    /// The model that it is of.
    pub model: Option<String>,
    /// What a filter goes behind.
    pub piece: Option<Span>,
    /// Whether something holds it to the caller, or to nothing at all.
    pub is_scoped: bool,
}

/// Finds the querysets that a method may return for what the case asks. What is for callers with a role is left out.
pub(super) fn sources_of(case: &Case<'_>, known: &Known, method: &FunctionRef) -> Vec<Source> {
    let Some(module) = case.project.module(method.module) else { return Vec::new() };
    let mut walk = SourceWalk {
        case,
        known,
        module,
        names: BTreeMap::new(),
        given: BTreeSet::new(),
        class: case.handler.class.as_ref(),
        found: Vec::new(),
    };

    walk.statements(&method.function.body);
    walk.found
}

struct SourceWalk<'a> {
    case: &'a Case<'a>,
    known: &'a Known,
    module: &'a Module,
    /// What names hold.
    names: BTreeMap<String, Vec<Source>>,
    /// Names of what the caller may use, such as a parent that was loaded for it.
    given: BTreeSet<String>,
    class: Option<&'a ClassRef>,
    found: Vec<Source>,
}

/// What a test lets through.
enum Through {
    /// What is asked here.
    Yes,
    /// Something else.
    No,
    /// Callers with a role.
    Role,
    /// All but callers with a role.
    NoRole,
    /// It is not known what.
    Some,
}

impl SourceWalk<'_> {
    /// Walks statements; returns whether none of the ways comes to their end.
    fn statements(&mut self, statements: &[Statement]) -> bool {
        statements.iter().any(|statement| self.statement(statement))
    }

    fn statement(&mut self, statement: &Statement) -> bool {
        match &statement.kind {
            StatementKind::Assign(targets, Some(value)) => {
                let held = self.sources(value, 0);
                let given = self.speaks_of_caller(value);

                for name in targets.iter().filter_map(dotted_text) {
                    if given {
                        self.given.insert(name.clone());
                    }
                    self.names.insert(name, held.clone());
                }

                false
            }
            StatementKind::Return(Some(value)) => {
                for source in self.sources(value, 0) {
                    // Several ways may return one queryset, and it must be filtered once.
                    if !self.found.iter().any(|known| known.piece == source.piece) {
                        self.found.push(source);
                    }
                }
                true
            }
            StatementKind::Return(None) | StatementKind::Throw(_) => true,
            StatementKind::If { test, body, otherwise } => match self.through(test) {
                Through::Yes => self.statements(body),
                Through::No | Through::Role => self.statements(otherwise),
                // What comes behind it is for callers with the role.
                Through::NoRole => self.statements(body),
                Through::Some => self.either(&[body, otherwise]),
            },
            StatementKind::Try { body, handlers, otherwise, finally } => {
                let mut ways: Vec<&[Statement]> = vec![body];
                // A fault may come at any point of the body, so that each handler counts as a way of its own.
                ways.extend(handlers.iter().map(Vec::as_slice));
                let ended = self.either(&ways);
                ended || self.statements(otherwise) || self.statements(finally)
            }
            StatementKind::With { body, .. } | StatementKind::Block(body) => self.statements(body),
            // A loop may run no time at all, so that what held before it may still hold.
            StatementKind::For { body, .. } | StatementKind::While { body, .. } => {
                self.either(&[body]);
                false
            }
            _ => false,
        }
    }

    /// Walks several ways, of which one is gone; what names hold after them is what any of them leaves.
    fn either(&mut self, ways: &[&[Statement]]) -> bool {
        let before = self.names.clone();
        let mut after = BTreeMap::new();
        let mut all_end = true;

        for way in ways {
            self.names = before.clone();
            if !self.statements(way) {
                all_end = false;
                for (name, held) in &self.names {
                    let known: &mut Vec<Source> = after.entry(name.clone()).or_default();
                    let new = held.iter().filter(|source| !known.iter().any(|it| it.piece == source.piece));
                    let new: Vec<Source> = new.cloned().collect();
                    known.extend(new);
                }
            }
        }

        self.names = if all_end { before } else { after };
        all_end
    }

    fn through(&self, test: &Expr) -> Through {
        let method = self.case.entry.methods.first().map_or("", String::as_str);
        match asks_for(test, method, last_part(&self.case.entry.function)) {
            Some(true) => return Through::Yes,
            Some(false) => return Through::No,
            None => {}
        }
        let (inner, is_not) = match &*test.kind {
            ExprKind::Not(inner) => (inner, true),
            _ => (test, false),
        };
        let mut asks_role = false;
        walk_expr(inner, &mut |part| {
            let name = match &*part.kind {
                ExprKind::Member(_, name) | ExprKind::Name(name) => name,
                _ => return,
            };
            asks_role |= names_role(name) || name == "has_perm" || name == "has_perms";
        });

        match (asks_role, is_not) {
            (false, _) => Through::Some,
            (true, false) => Through::Role,
            (true, true) => Through::NoRole,
        }
    }

    /// The querysets that an expression may give.
    fn sources(&self, expr: &Expr, steps: usize) -> Vec<Source> {
        let begins = |model: Option<String>, is_scoped| vec![Source { model, piece: Some(expr.span), is_scoped }];
        if steps > MOST_STEPS {
            return begins(None, false);
        }
        // `self.request.user.notes`
        if caller_of(self.module, expr).is_some() {
            return begins(None, true);
        }
        match &*expr.kind {
            ExprKind::Choice { test, yes, no } => match self.through(test) {
                Through::Yes | Through::NoRole => self.sources(yes, steps + 1),
                Through::No | Through::Role => self.sources(no, steps + 1),
                Through::Some => [self.sources(yes, steps + 1), self.sources(no, steps + 1)].concat(),
            },
            ExprKind::Name(_) => dotted_text(expr).and_then(|name| self.names.get(&name).cloned()).unwrap_or_default(),
            ExprKind::Call { callee, arguments, .. } => match &*callee.kind {
                ExprKind::Member(object, method) => {
                    if object.call().is_some_and(|(callee, _)| callee.name() == Some("super")) {
                        return begins(None, false);
                    }
                    // `none()` gives no rows, so that there is nothing to hold to the caller.
                    let tied = method == "none" || self.ties(object.span.end, expr);
                    let mut below = self.sources(object, steps + 1);

                    if below.is_empty() {
                        below = begins(None, false);
                    }
                    below.iter_mut().for_each(|source| source.is_scoped |= tied);
                    below
                }

                // `visible_notes(self.request.user)`
                _ => begins(None, arguments.iter().any(|argument| self.speaks_of_caller(&argument.value))),
            },
            ExprKind::Member(object, _) => {
                if let Some(held) = dotted_text(expr).and_then(|name| self.names.get(&name).cloned()) {
                    return held;
                }
                let model = dotted_text(object).map(|name| last_part(&name).to_owned());
                begins(model.filter(|name| name.starts_with(char::is_uppercase)), false)
            }
            _ => vec![Source { model: None, piece: None, is_scoped: false }],
        }
    }

    /// Returns whether the arguments of a call tie what it gives to the caller.
    fn ties(&self, from: usize, call: &Expr) -> bool {
        let within = Span { start: from, ..call.span };
        let Some((_, arguments)) = call.call() else { return false };
        self.known.uses_in(self.module.id, within).next().is_some()
            || self.known.uses_in(self.module.id, call.span).any(|used| used.span == call.span)
            || arguments.iter().any(|argument| self.speaks_of_caller(&argument.value))
    }

    fn speaks_of_caller(&self, expr: &Expr) -> bool {
        let mut found = false;
        walk_expr(expr, &mut |part| {
            let by_name = |name: &str| is_one_of(name, CALLERS) || self.given.contains(name);
            found |= caller_of(self.module, part).is_some()
                || part.name().is_some_and(by_name)
                || self.is_given_by_class(part);
        });

        found
    }

    /// `self.get_project()`, `self.parent`: a method or property of the view that looks at the caller itself.
    fn is_given_by_class(&self, part: &Expr) -> bool {
        let ExprKind::Member(object, name) = &*part.kind else { return false };
        let own = self.class.filter(|_| object.name() == Some("self") && name != "get_queryset");
        let method = own.and_then(|class| self.case.project.method(class, name));
        let module = method.as_ref().and_then(|method| self.case.project.module(method.module));
        let (Some(method), Some(module)) = (method, module) else { return false };
        let mut found = false;
        walk_statements(&method.function.body, &mut |_| {}, &mut |expr| found |= caller_of(module, expr).is_some());

        found
    }
}
