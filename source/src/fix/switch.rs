//! A check that a switch turns off: `own(id, user) if STRICT else any(id)`. The change takes the switch out of the
//! handler's way, with the value under which the check is there.

use std::collections::BTreeMap;

use super::draft::{Case, FixDraft};
use super::edits::TextReplacement;
use super::identity::inner_blocks;
use super::style::{indent_at, line_end, line_start};
use super::ways::find_declaration;
use crate::ir::{Expr, ExprKind, Span, Statement, StatementKind, walk_expr, walk_statements};
use crate::lang::Language;
use crate::project::{Module, ModuleId, Project, Resolved};

/// Switches of one handler that are tried.
const MOST_SWITCHES: usize = 4;

/// A name whose value no caller decides.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) struct Switch {
    /// As it is written in the handler's file.
    pub name: String,
    /// Where its value is set.
    pub module: ModuleId,
    /// Its value.
    pub span: Span,
}

/// Pieces of files that belong to a route: the handler, and what its declaration and its parameters name.
pub(super) fn route_pieces(case: &Case<'_>) -> Vec<(ModuleId, Span)> {
    let mut found = vec![(case.handler.module, case.function().outer_span)];
    let mut names: Vec<(ModuleId, Expr)> = Vec::new();
    let own = case.handler.module;

    // Guards are named where the route is declared, so that a switch may stand in a middleware too.
    if let Some((module, call)) = find_declaration(case.project, case.entry) {
        walk_expr(&call, &mut |part| names.push((module, part.clone())));
    }
    for parameter in &case.function().parameters {
        for part in parameter.declared.iter().chain(&parameter.default) {
            walk_expr(part, &mut |inner| names.push((own, inner.clone())));
        }
    }
    for (module, name) in names {
        match case.project.resolve_expr(module, &name) {
            Some(Resolved::Value(of, _, value)) if !matches!(&*value.kind, ExprKind::Function(_)) => {
                found.push((of, value.span))
            }
            Some(Resolved::Class(class)) => found.push((class.module, class.class.span)),
            _ => {}
        }
    }

    found
}

/// Returns the switches that conditions of these pieces ask.
pub(super) fn find_switches(case: &Case<'_>, pieces: &[(ModuleId, Span)]) -> Vec<Switch> {
    let mut found: Vec<Switch> = Vec::new();
    for (module, span) in pieces {
        let Some(file) = case.project.module(*module) else { continue };
        each_condition(file, *span, &mut |test| {
            walk_expr(test, &mut |part| {
                if let Some(name) = part.name()
                    && let Some(Resolved::Value(of, _, value)) = case.project.resolve(*module, name)
                    && is_set_outside(case.project, of, &value)
                {
                    let switch = Switch { name: name.to_owned(), module: of, span: value.span };
                    if !found.contains(&switch) && found.len() < MOST_SWITCHES {
                        found.push(switch);
                    }
                }
            });
        });
    }

    found
}

/// Whether a value is set by the environment, the configuration, or the code itself.
fn is_set_outside(project: &Project, module: ModuleId, value: &Expr) -> bool {
    let text = project.text(module, value.span);
    let of_environment =
        ["environ", "getenv", "process.env", "settings.", "config("].iter().any(|word| text.contains(word));
    // A plain constant is a switch as well: it is edited before a release.
    of_environment || matches!(text, "True" | "False" | "true" | "false")
}

fn each_condition<'a>(file: &'a Module, piece: Span, see: &mut dyn FnMut(&'a Expr)) {
    let mut tests: Vec<&Expr> = Vec::new();
    let mut more: Vec<&Expr> = Vec::new();
    walk_statements(
        &file.statements,
        &mut |statement| {
            if let StatementKind::If { test, .. } = &statement.kind {
                tests.push(test);
            }
        },
        &mut |expr| match &*expr.kind {
            ExprKind::Choice { test, .. } => more.push(test),
            // A short circuit decides as an `if` does: `STRICT and check(user)`.
            ExprKind::Logic { .. } => more.push(expr),
            _ => {}
        },
    );
    tests.into_iter().chain(more).filter(|test| piece.covers(&test.span)).for_each(see);
}

/// Returns the texts of the changed files with the switch at one value in these pieces. Empty where nothing changes.
pub(super) fn texts_with_switch(
    project: &Project,
    pieces: &[(ModuleId, Span)],
    switch: &Switch,
    value: bool,
) -> BTreeMap<String, String> {
    let mut texts = BTreeMap::new();
    let mut modules: Vec<ModuleId> = pieces.iter().map(|(module, _)| *module).collect();
    modules.sort();
    modules.dedup();

    for id in modules {
        let Some(module) = project.module(id) else { continue };
        let spans: Vec<Span> = pieces.iter().filter(|(of, _)| *of == id).map(|(_, span)| *span).collect();

        if let Some(text) = settle_file(module, spans, &switch.name, value) {
            texts.insert(module.path.clone(), text);
        }
    }

    texts
}

fn settle_file(module: &Module, mut spans: Vec<Span>, name: &str, value: bool) -> Option<String> {
    let mut text = module.text.to_string();
    let mut statements = module.statements.clone();
    let mut changed = false;

    // Each round takes one condition away, so that there are never more rounds than conditions.
    for round in 0.. {
        let settler = Settler { text: &text, name, value, spans: &spans, language: module.language };
        let mut changes = Vec::new();
        settler.block(&statements, &mut changes);
        // One change a round, since each moves the places of all others.
        let Some(change) = changes.into_iter().next() else { break };
        // Half of a switch taken away would be another program than the one that was asked for.
        if round > count_conditions(&module.statements) {
            return None;
        }
        let made = super::edits::apply_changes(&text, std::slice::from_ref(&change))?;

        // A piece grows or shrinks with what changes in it.
        let (gone, come) = (change.end - change.start, change.text.len());

        for span in &mut spans {
            if change.start < span.end {
                span.end = (span.end + come).saturating_sub(gone);
            }
            if change.end <= span.start {
                span.start = (span.start + come).saturating_sub(gone);
            }
        }

        statements = module.language.lower(&made)?.statements;
        text = made;
        changed = true;
    }

    changed.then_some(text)
}

/// Returns how many conditions may be taken away.
fn count_conditions(statements: &[Statement]) -> usize {
    let (mut of_statements, mut of_expressions) = (0, 0);
    walk_statements(
        statements,
        &mut |statement| of_statements += usize::from(matches!(statement.kind, StatementKind::If { .. })),
        &mut |expr| {
            of_expressions += usize::from(matches!(&*expr.kind, ExprKind::Choice { .. } | ExprKind::Logic { .. }))
        },
    );
    of_statements + of_expressions
}

struct Settler<'a> {
    text: &'a str,
    name: &'a str,
    value: bool,
    spans: &'a [Span],
    language: Language,
}

impl Settler<'_> {
    fn touches(&self, span: Span) -> bool {
        self.spans.iter().any(|piece| piece.start < span.end && span.start < piece.end)
    }

    fn within(&self, span: Span) -> bool {
        self.spans.iter().any(|piece| piece.covers(&span))
    }

    fn block(&self, statements: &[Statement], changes: &mut Vec<TextReplacement>) {
        for (at, statement) in statements.iter().enumerate() {
            if !changes.is_empty() {
                return;
            }
            if self.touches(statement.span) {
                let rest = statements.get(at + 1..).unwrap_or_default();
                self.statement(statement, rest, changes);
            }
        }
    }

    fn statement(&self, statement: &Statement, rest: &[Statement], changes: &mut Vec<TextReplacement>) {
        if let StatementKind::If { test, body, otherwise } = &statement.kind
            && self.within(statement.span)
            && let Some(holds) = self.known(test)
        {
            changes.extend(self.condition(statement, if holds { body } else { otherwise }, holds, rest));
            return;
        }
        for expr in super::loads::own_exprs(statement) {
            self.expr(expr, changes);
        }
        match &statement.kind {
            StatementKind::Function(function) => {
                self.block(&function.body, changes);
            }
            StatementKind::Class(class) => self.block(&class.members, changes),
            _ => inner_blocks(statement).into_iter().for_each(|block| self.block(block, changes)),
        }
    }

    /// What a condition is, whoever asks.
    fn known(&self, test: &Expr) -> Option<bool> {
        match &*test.kind {
            ExprKind::Name(name) if name == self.name => Some(self.value),
            ExprKind::Not(inner) => self.known(inner).map(|known| !known),
            ExprKind::Logic { all, parts } => {
                let known: Vec<Option<bool>> = parts.iter().map(|part| self.known(part)).collect();
                // One known part decides an `and` or an `or`, whatever the others are.
                if known.contains(&Some(!*all)) {
                    return Some(!*all);
                }
                known.iter().all(|known| *known == Some(*all)).then_some(*all)
            }
            _ => None,
        }
    }

    fn condition(
        &self,
        statement: &Statement,
        kept: &[Statement],
        holds: bool,
        rest: &[Statement],
    ) -> Option<TextReplacement> {
        if kept.is_empty() {
            let start = line_start(self.text, statement.span.start);
            return Some(TextReplacement { start, end: line_end(self.text, statement.span.end), text: String::new() });
        }
        let text = block_text(self.text, statement, kept)?;

        // Behind what always leaves, nothing is reached.
        let end = match rest.last() {
            Some(last) if holds && super::denial::leaves_function(kept) => last.span.end,
            _ => statement.span.end,
        };
        Some(TextReplacement { start: statement.span.start, end, text })
    }

    fn expr(&self, expr: &Expr, changes: &mut Vec<TextReplacement>) {
        if !changes.is_empty() || !self.touches(expr.span) {
            return;
        }
        if self.within(expr.span) {
            match &*expr.kind {
                ExprKind::Choice { test, yes, no } => {
                    if let Some(holds) = self.known(test) {
                        let kept = if holds { yes } else { no };
                        changes.push(self.replaced(expr.span, kept));
                        return;
                    }
                }
                ExprKind::Logic { all, parts } => {
                    if let Some(known) = self.known(expr) {
                        let (yes, no) =
                            if self.language == Language::Python { ("True", "False") } else { ("true", "false") };
                        let text = if known { yes } else { no }.to_owned();
                        changes.push(TextReplacement { start: expr.span.start, end: expr.span.end, text });
                        return;
                    }

                    if let Some(kept) = self.without(*all, parts) {
                        changes.push(self.replaced(expr.span, kept));
                        return;
                    }
                }
                _ => {}
            }
        }

        self.inner(expr, changes);
    }

    /// The part that is left of two when the other is known and decides nothing.
    fn without<'e>(&self, all: bool, parts: &'e [Expr]) -> Option<&'e Expr> {
        match parts {
            [left, right] => match (self.known(left), self.known(right)) {
                (Some(known), _) if known == all => Some(right),
                (_, Some(known)) if known == all => Some(left),
                _ => None,
            },
            _ => None,
        }
    }

    fn replaced(&self, whole: Span, kept: &Expr) -> TextReplacement {
        let text = kept.span.text(self.text).to_owned();
        let (mut start, mut end) = (whole.start, whole.end);

        // Brackets around the whole are needed no more where one simple part is left.
        let simple =
            matches!(&*kept.kind, ExprKind::Call { .. } | ExprKind::Name(_) | ExprKind::Not(_) | ExprKind::Member(..));
        let before = self.text.get(..start).unwrap_or("");
        let is_group = before.ends_with('(')
            && !before
                .trim_end_matches('(')
                .ends_with(|letter: char| letter.is_alphanumeric() || matches!(letter, '_' | ')' | ']'))
            && !before.trim_end_matches('(').trim_end().ends_with("if");
        if simple && is_group && self.text.get(end..).is_some_and(|after| after.starts_with(')')) {
            start -= 1;
            end += 1;
        }
        TextReplacement { start, end, text }
    }

    fn inner(&self, expr: &Expr, changes: &mut Vec<TextReplacement>) {
        match &*expr.kind {
            ExprKind::Function(function) => self.block(&function.body, changes),
            _ => child_expressions(expr).into_iter().for_each(|child| self.expr(child, changes)),
        }
    }
}

fn child_expressions(expr: &Expr) -> Vec<&Expr> {
    match &*expr.kind {
        ExprKind::Member(inner, _) | ExprKind::Not(inner) | ExprKind::Await(inner) => vec![inner],
        ExprKind::Call { callee, arguments, .. } => {
            std::iter::once(callee).chain(arguments.iter().map(|argument| &argument.value)).collect()
        }
        ExprKind::Index(left, right) | ExprKind::Assign(left, right) => vec![left, right],
        ExprKind::Template(_, parts)
        | ExprKind::List(parts)
        | ExprKind::Other(parts)
        | ExprKind::Operation(_, parts)
        | ExprKind::Compare(parts, _)
        | ExprKind::Logic { parts, .. } => parts.iter().collect(),
        ExprKind::Record(entries) => {
            entries.iter().flat_map(|entry| entry.key.iter().chain(Some(&entry.value))).collect()
        }
        ExprKind::Choice { test, yes, no } => vec![test, yes, no],
        ExprKind::Comprehension { body, clauses, conditions } => {
            let of_clauses = clauses.iter().map(|clause| &clause.source);
            std::iter::once(body).chain(of_clauses).chain(conditions).collect()
        }
        _ => Vec::new(),
    }
}

/// Returns the text of the statements of one arm, as it stands at the place of the whole condition.
pub(super) fn block_text(text: &str, statement: &Statement, kept: &[Statement]) -> Option<String> {
    let (first, last) = (kept.first()?, kept.last()?);
    // An `elif` that is kept becomes the `if`.
    if let [only] = kept
        && only.span.text(text).starts_with("elif")
    {
        return text.get(only.span.start + 2..statement.span.end).map(str::to_owned);
    }
    let (first, last) = match (&first.kind, kept) {
        (StatementKind::Block(inner), [_]) => (inner.first()?, inner.last()?),
        _ => (first, last),
    };
    let outer = indent_at(text, statement.span.start);
    let inner = indent_at(text, first.span.start);
    let body = text.get(first.span.start..last.span.end)?;
    let deeper = inner.strip_prefix(outer).unwrap_or("");
    let lines: Vec<String> = body
        .split('\n')
        .enumerate()
        .map(|(at, line)| {
            let full = format!("{outer}{deeper}");
            match line.strip_prefix(&full) {
                Some(rest) if at > 0 => format!("{outer}{rest}"),
                _ => line.to_owned(),
            }
        })
        .collect();
    Some(lines.join("\n"))
}

/// Makes the change that takes a switch away.
pub(super) fn remove_switch(
    case: &Case<'_>,
    texts: &BTreeMap<String, String>,
    switch: &Switch,
    value: bool,
) -> FixDraft {
    let place = case.place(switch.module, switch.span);
    let set = case.project.text(switch.module, switch.span);
    let mut draft = FixDraft::new(format!(
        "the check is there, and `{}` turns it off: it is asked for always, as if `{}` were {value}",
        switch.name, switch.name
    ));

    for (file, new) in texts {
        let old = case.project.tree.file(file).map_or("", |file| &*file.text);
        for edit in super::edits::changed_pieces(file, old, new) {
            draft.replace(file, edit.span, edit.new);
        }
    }

    draft.follow(place, format!("{} = {set}", switch.name));
    draft
}
