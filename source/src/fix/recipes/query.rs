//! A query takes its values as parameters: what stands in the literal becomes a mark, and the value follows.

use crate::fix::draft::{Case, FixDraft};
use crate::fix::loads::find_calls;
use crate::fix::proposal::{FixRefusal, RefusalReason};
use crate::fix::sql::is_name_position;
use crate::ir::{Expr, ExprKind, Span, dotted_text, last_part};
use crate::routes::FrameworkName;

/// Makes the change.
pub(super) fn parameterise_query(case: &Case<'_>) -> Result<FixDraft, FixRefusal> {
    let all = find_calls(case, &|callee, arguments| {
        let name = match &*callee.kind {
            ExprKind::Member(_, name) => name.clone(),
            _ => dotted_text(callee).unwrap_or_default(),
        };
        let takes_query = arguments.first().is_some_and(|first| is_statement(case, &first.value));
        // `text("..")` of SQLAlchemy is the argument of the call that runs it, and has its own marks.
        takes_query && last_part(&name) != "text"
    });

    let mut sound = false;
    for (call, _) in &all {
        let Some((_, arguments)) = call.call() else { continue };
        let Some(first) = arguments.first() else { continue };

        match &*first.value.kind {
            ExprKind::Template(_, parts) => return of_template(case, call, &first.value, parts, arguments.len()),
            // Pieces that are joined may come from several places, so that the marks and their order are not known.
            ExprKind::Operation(operator, parts) if operator == "+" => {
                return Err(by_hand(case, parts.first().map_or(call.span.line, |part| part.span.line)));
            }
            ExprKind::Operation(operator, _) if operator == "%" => return Err(by_hand(case, call.span.line)),
            _ => sound = true,
        }
    }

    if sound {
        return Err(case.nothing_to_do("the queries of the handler take their values as parameters"));
    }
    Err(FixRefusal::new(
        RefusalReason::NotLocated,
        format!("no query was found in the handler of {}", case.route()),
        "find where the text of the query is made, and pass its values as parameters",
    ))
}

fn by_hand(case: &Case<'_>, line: usize) -> FixRefusal {
    FixRefusal::new(
        RefusalReason::NotSupported,
        format!("the query at {}:{line} is put together from pieces", case.module.path),
        "write it as one text with a mark for each value, and pass the values behind it",
    )
}

fn is_statement(case: &Case<'_>, value: &Expr) -> bool {
    let text = case.text(value.span).to_ascii_uppercase();
    let is_text = matches!(&*value.kind, ExprKind::Text(_) | ExprKind::Template(..) | ExprKind::Operation(..));
    is_text && ["SELECT ", "INSERT ", "UPDATE ", "DELETE "].iter().any(|verb| text.contains(verb))
}

/// `f"... WHERE name = '{name}'"` becomes `"... WHERE name = ?", name`.
fn of_template(
    case: &Case<'_>,
    call: &Expr,
    literal: &Expr,
    parts: &[Expr],
    n_arguments: usize,
) -> Result<FixDraft, FixRefusal> {
    let raw = case.text(literal.span);
    let pieces = find_placeholders(raw, literal.span, parts);

    // Further arguments mean that some values are parameters already, and the places would have to be merged.
    if pieces.len() != parts.len() || n_arguments > 1 {
        return Err(by_hand(case, literal.span.line));
    }
    let is_python = case.style_is_python();
    let mut draft = FixDraft::new("the values of the query are parameters: they are never read as a part of it");
    let (mut values, mut made, mut at) = (Vec::new(), String::new(), 0);

    for (place, (hole, part)) in pieces.iter().zip(parts).enumerate() {
        let before = raw.get(at..hole.start).unwrap_or("");
        if is_name_position(before) {
            return Err(FixRefusal::new(
                RefusalReason::NotSupported,
                format!("`{}` stands for a name in the query, which cannot be a parameter", case.text(part.span)),
                "choose it from a fixed list of names",
            ));
        }

        let mark = if is_python { placeholder_mark(case).to_owned() } else { format!("${}", place + 1) };
        let value = case.text(part.span);

        // Quotes and signs around the value go into it: `'%{word}%'`.
        let (kept, open) = without_quote(before);
        let after = raw.get(hole.end..).unwrap_or("");
        let close = open.and_then(|_| after.find('\'')).unwrap_or(0);
        let (prefix, suffix) = (open.unwrap_or(""), if open.is_some() { after.get(..close).unwrap_or("") } else { "" });
        values.push(if prefix.is_empty() && suffix.is_empty() {
            value.to_owned()
        } else if is_python {
            format!("f\"{prefix}{{{value}}}{suffix}\"")
        } else {
            format!("`{prefix}${{{value}}}{suffix}`")
        });
        made.push_str(&plain_text(kept, &mark));
        made.push_str(&mark);
        at = hole.end + if open.is_some() { close + 1 } else { 0 };
    }

    made.push_str(&plain_text(raw.get(at..).unwrap_or(""), if is_python { placeholder_mark(case) } else { "$" }));
    // Without holes the literal is no template any more, and its braces would be read as themselves.
    let text = if is_python { made.trim_start_matches(['f', 'F']).to_owned() } else { made };
    draft.replace(&case.module.path, literal.span, format!("{text}, {}", format_values(case, call, &values)));
    Ok(draft)
}

/// The pieces `{..}` of a literal, counted from its start.
fn find_placeholders(raw: &str, literal: Span, parts: &[Expr]) -> Vec<std::ops::Range<usize>> {
    let of_part = |part: &Expr| {
        let (start, end) = (part.span.start.checked_sub(literal.start)?, part.span.end.checked_sub(literal.start)?);
        let before = raw.get(..start)?;
        let open = before.rfind('{')?;
        let open = if before.get(..open)?.ends_with('$') { open - 1 } else { open };
        let close = raw.get(end..)?.find('}')? + end + 1;

        // A format behind the value is more than a value.
        (raw.get(end..close)? == "}").then_some(open..close)
    };

    parts.iter().filter_map(of_part).collect()
}

/// What stands before the quote of a value, and what stands between the quote and the value.
fn without_quote(before: &str) -> (&str, Option<&str>) {
    let quote = before
        .rfind('\'')
        .filter(|at| before.get(at + 1..).is_some_and(|rest| rest.chars().all(|letter| matches!(letter, '%' | '_'))));
    match quote {
        Some(at) => (before.get(..at).unwrap_or(""), before.get(at + 1..)),
        None => (before, None),
    }
}

/// A sign that marks begin with is written twice where it is none.
fn plain_text(text: &str, mark: &str) -> String {
    if mark == "%s" { text.replace('%', "%%") } else { text.to_owned() }
}

fn placeholder_mark(case: &Case<'_>) -> &'static str {
    // Django has one mark, whatever its database has.
    if case.entry.framework == FrameworkName::Django {
        return "%s";
    }
    let imported = |name: &str| crate::fix::imports::imported_at(case.project, name).is_some();
    if imported("psycopg") || imported("psycopg2") || imported("pymysql") || imported("MySQLdb") { "%s" } else { "?" }
}

/// The values in the way in which the function takes them.
fn format_values(case: &Case<'_>, call: &Expr, values: &[String]) -> String {
    let last = call.call().and_then(|(callee, _)| dotted_text(callee)).unwrap_or_default();
    let last = last_part(&last).to_owned();
    let mut plain = false;

    for module in &case.project.modules {
        crate::ir::walk_statements(&module.statements, &mut |_| {}, &mut |expr| {
            let Some((callee, arguments)) = expr.call() else { return };
            let same = dotted_text(callee).is_some_and(|name| last_part(&name) == last);
            if same
                && let Some(second) = arguments.get(1)
                && crate::fix::callers::sql_of(module, arguments).is_some()
            {
                // Another call of the same function shows whether it takes the values one by one or as one tuple.
                plain |= !matches!(&*second.value.kind, ExprKind::List(_) | ExprKind::Record(_));
            }
        });
    }

    let all = values.join(", ");
    match (plain, case.style_is_python()) {
        (true, _) => all,
        (false, true) if values.len() == 1 => format!("({all},)"),
        (false, true) => format!("({all})"),
        (false, false) => format!("[{all}]"),
    }
}
