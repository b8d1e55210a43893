//! Narrows what is taken of a body to the fields that callers may set: those that the document names, or all but those
//! that were shown to be set.

use super::bodies::{FieldFilter, FieldLoop};
use crate::fix::draft::{Case, FixDraft};
use crate::fix::identity::each_statement;
use crate::fix::style::{indent_at, line_start};
use crate::ir::{Expr, ExprKind, Span, Statement, StatementKind, dotted_text, last_part};

/// Which fields pass.
struct Passing<'a> {
    names: Vec<&'a str>,
    /// Whether the names are those that pass, rather than those that do not.
    is_allowed: bool,
}

impl<'a> Passing<'a> {
    /// Returns nothing where neither the document nor the scan names a field.
    fn of(case: &Case<'a>) -> Option<Passing<'a>> {
        let facts = case.facts;
        let is_settable = |name: &&str| !facts.not_settable.iter().any(|field| field == name);
        // An allow list is preferred: a deny list leaves each new column of the model open.
        let allowed: Vec<&str> = facts.documented.iter().map(String::as_str).filter(is_settable).collect();
        let passing = match allowed.is_empty() {
            false => Passing { names: allowed, is_allowed: true },
            true => Passing { names: facts.not_settable.iter().map(String::as_str).collect(), is_allowed: false },
        };
        (!passing.names.is_empty()).then_some(passing)
    }

    fn draft(&self) -> FixDraft {
        let mut draft = FixDraft::new(match self.is_allowed {
            true => format!("only {} of the body are taken: what the document names", self.names.join(", ")),
            false => format!("{} of the body are left out", self.names.join(", ")),
        });
        if !self.is_allowed {
            let names = self.names.join(", ");
            draft.guess(format!("only {names} are left out: name the fields that may be set instead"));
        }
        draft
    }

    /// The names as a tuple or an array.
    fn list(&self, case: &Case<'_>) -> String {
        let all: Vec<String> = self.names.iter().map(|name| case.style.quoted(name)).collect();
        if !case.style_is_python() {
            return format!("[{}]", all.join(", "));
        }
        let comma = if all.len() == 1 { "," } else { "" };
        format!("({}{comma})", all.join(", "))
    }

    /// The test that holds for a field that passes, or for one that does not.
    fn test(&self, case: &Case<'_>, key: &str, passes: bool) -> String {
        let is_in = self.is_allowed == passes;
        let list = self.list(case);

        match (case.style_is_python(), is_in) {
            (true, true) => format!("{key} in {list}"),
            (true, false) => format!("{key} not in {list}"),
            (false, true) => format!("{list}.includes({key})"),
            (false, false) => format!("!{list}.includes({key})"),
        }
    }
}

/// Narrows a filter; nothing where it lets none of the fields pass.
pub(super) fn narrow_filter(case: &Case<'_>, filter: &FieldFilter<'_>) -> Option<FixDraft> {
    let asked: Vec<Membership> =
        filter.conditions.iter().flat_map(all_of).filter_map(|part| Membership::of(case, part, filter.key)).collect();
    // One sound condition is enough, since all of them must hold.
    if asked.iter().any(|asked| asked.is_sound(case, false)) {
        return None;
    }
    let asked = asked.into_iter().next();
    let passing = Passing::of(case)?;
    let mut draft = passing.draft();
    let file = &case.module.path;

    match (asked, filter.conditions.last()) {
        // The list takes the place of one that names too much.
        (Some(Membership { list: Some(list), is_in: true, .. }), _) if passing.is_allowed => {
            draft.replace(file, list, passing.list(case));
        }
        // An `or` binds weaker than the added `and`, and would let fields past it.
        (_, Some(last)) => {
            let (open, close) = if needs_brackets(last) { ("(", ")") } else { ("", "") };
            draft.insert(file, last.span.start, open);
            draft.insert(file, last.span.end, format!("{close} and {}", passing.test(case, filter.key, true)));
        }
        (_, None) => {
            draft.insert(file, filter.source.end, format!(" if {}", passing.test(case, filter.key, true)));
        }
    }

    Some(draft)
}

fn needs_brackets(condition: &Expr) -> bool {
    matches!(&*condition.kind, ExprKind::Logic { all: false, .. } | ExprKind::Choice { .. })
}

/// Narrows a loop; nothing where it sets none of the fields.
pub(super) fn narrow_loop(case: &Case<'_>, taken: &FieldLoop<'_>) -> Option<FixDraft> {
    let refused = &case.facts.not_settable;
    let lists_sound = !taken.names.is_empty() && !refused.iter().any(|field| taken.names.contains(field));

    if lists_sound || asks_within(case, taken) {
        return None;
    }
    let passing = Passing::of(case)?;
    let first = taken.statements.first()?;
    let text = &case.module.text;
    let start = line_start(text, first.span.start);
    let stands_alone = text.get(start..first.span.start).is_some_and(|before| before.trim().is_empty());
    let between = text.get(taken.source.end..first.span.start).unwrap_or_default();

    // A body on the line of its loop leaves no place for a line of its own, so that the loop gets a narrowed body.
    if !stands_alone || (!case.style_is_python() && !between.contains('{')) {
        return narrow_whole(case, taken.fields?);
    }
    let indent = indent_at(text, first.span.start).to_owned();
    let test = passing.test(case, taken.key, false);
    let end = if case.style.semicolons { ";" } else { "" };
    let lines = match case.style_is_python() {
        true => vec![format!("if {test}:"), format!("{}continue", case.style.unit())],
        false => vec![format!("if ({test}) continue{end}")],
    };
    let mut draft = passing.draft();
    draft.insert(&case.module.path, start, case.style.lines(&indent, &lines));
    Some(draft)
}

/// Returns whether a loop asks of each field whether it may be set.
fn asks_within(case: &Case<'_>, taken: &FieldLoop<'_>) -> bool {
    let mut sound = false;
    each_statement(taken.statements, &mut |statement| {
        if let StatementKind::If { test, body, .. } = &statement.kind {
            // In `if name not in ALLOWED: continue` the test names what is left out; without the jump, what is set.
            let leaves = body.last().is_some_and(ends_iteration);
            let asked = all_of(test).iter().find_map(|part| Membership::of(case, part, taken.key));
            sound |= asked.is_some_and(|asked| asked.is_sound(case, leaves));
        }
    });

    sound
}

/// The parts that must all hold.
fn all_of(test: &Expr) -> &[Expr] {
    match &*test.kind {
        ExprKind::Logic { all: true, parts } => parts.as_slice(),
        _ => std::slice::from_ref(test),
    }
}

/// Returns whether a statement ends the turn of a loop, or the handler.
fn ends_iteration(statement: &Statement) -> bool {
    match &statement.kind {
        StatementKind::Jump | StatementKind::Throw(_) | StatementKind::Return(_) => true,
        StatementKind::Expr(value) => value
            .call()
            .and_then(|(callee, _)| dotted_text(callee))
            .is_some_and(|name| matches!(last_part(&name), "abort")),
        StatementKind::Block(inner) => inner.last().is_some_and(ends_iteration),
        _ => false,
    }
}

/// `name in NAMES`, `!NAMES.includes(name)`
struct Membership {
    names: Vec<String>,
    /// The list, as written.
    list: Option<Span>,
    is_in: bool,
}

impl Membership {
    fn of(case: &Case<'_>, test: &Expr, key: &str) -> Option<Membership> {
        let module = case.handler.module;
        let made = |list: &Expr, is_in: bool| {
            let own = local_list(case, list);
            let names = case.project.constants(module, own.as_ref().unwrap_or(list));
            Membership { names, list: Some(list.span), is_in }
        };
        match &*test.kind {
            ExprKind::Compare(parts, operators) => match (parts.as_slice(), operators.as_slice()) {
                ([name, list], [operator]) if name.name() == Some(key) => match operator.as_str() {
                    "in" => Some(made(list, true)),
                    "not in" => Some(made(list, false)),
                    _ => None,
                },
                _ => None,
            },
            ExprKind::Not(inner) => {
                let asked = Membership::of(case, inner, key)?;
                Some(Membership { is_in: !asked.is_in, ..asked })
            }
            ExprKind::Call { callee, arguments, .. } => {
                let ExprKind::Member(list, method) = &*callee.kind else { return None };
                let asks = matches!(method.as_str(), "includes" | "has");
                let of_key = arguments.first().is_some_and(|first| first.value.name() == Some(key));
                (asks && of_key).then(|| made(list, true))
            }
            _ => None,
        }
    }

    /// Returns whether none of the fields that were set passes. `leaves`: what holds is left out, and does not pass.
    fn is_sound(&self, case: &Case<'_>, leaves: bool) -> bool {
        let refused = &case.facts.not_settable;
        if self.names.is_empty() {
            return false;
        }
        match self.is_in != leaves {
            true => !refused.iter().any(|field| self.names.contains(field)),
            // A list of what is refused must name each of the fields that the scan set; an empty one refuses none.
            false => !refused.is_empty() && refused.iter().all(|field| self.names.contains(field)),
        }
    }
}

/// The list that a name of the handler holds; `new Set([..])` too.
fn local_list(case: &Case<'_>, list: &Expr) -> Option<Expr> {
    let mut found = None;
    let name = list.name()?;
    each_statement(&case.handler.function.body, &mut |statement| {
        if let StatementKind::Assign(targets, Some(value)) = &statement.kind
            && targets.first().and_then(Expr::name) == Some(name)
        {
            found = Some(value.clone());
        }
    });

    found
}

/// Puts the body with the fields that pass in the place of the body.
pub(super) fn narrow_whole(case: &Case<'_>, body: Span) -> Option<FixDraft> {
    let passing = Passing::of(case)?;
    let written = case.text(body);
    let test = passing.test(case, "name", true);
    let made = match case.style_is_python() {
        true => format!("{{name: value for name, value in {written}.items() if {test}}}"),
        false => format!("Object.fromEntries(Object.entries({written}).filter(([name]) => {test}))"),
    };
    let mut draft = passing.draft();
    draft.replace(&case.module.path, body, made);
    Some(draft)
}
