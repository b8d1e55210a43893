//! How a query is put together: the texts of its literals, and the values between them.

use crate::fix::holes::find_hole;
use crate::ir::{Argument, Expr, ExprKind, dotted_text};
use crate::lang::Language;
use crate::project::Module;

/// A part of a query.
pub(super) enum QueryPiece<'a> {
    /// What stands in a literal, as it is written between its quotes.
    Text(String),
    /// What is put between such texts.
    Value(&'a Expr),
}

/// A query that is put together from literals and values.
pub(super) struct QueryText<'a> {
    /// Its parts in order.
    pub pieces: Vec<QueryPiece<'a>>,
    quotes: Vec<String>,
}

impl<'a> QueryText<'a> {
    /// Reads a template, texts and values that are joined by `+`, and `%` and `format` of Python. `None` for anything
    /// else, and where it is not certain what stands in a literal.
    pub(super) fn read(module: &Module, expr: &'a Expr) -> Option<QueryText<'a>> {
        let mut made = QueryText { pieces: Vec::new(), quotes: Vec::new() };
        made.add(module, expr)?;
        Some(made)
    }

    /// Returns quotes that can stand around all texts.
    pub(super) fn quote(&self) -> Option<&str> {
        let text = |piece: &QueryPiece<'_>| match piece {
            QueryPiece::Text(text) => text.clone(),
            QueryPiece::Value(_) => String::new(),
        };

        let whole: String = self.pieces.iter().map(text).collect();
        let fits = |quote: &&String| {
            let many_lines = quote.len() > 1 || quote.as_str() == "`";
            // An escaped quote is written with its sign already.
            let plain = whole.replace(&format!("\\{quote}"), "");
            !plain.contains(quote.as_str()) && (many_lines || !whole.contains('\n'))
        };

        self.quotes.iter().find(fits).map(String::as_str)
    }

    fn add(&mut self, module: &Module, expr: &'a Expr) -> Option<()> {
        match &*expr.kind {
            ExprKind::Text(_) => self.add_text(read_literal(module, expr)?),
            ExprKind::Template(_, parts) => self.add_template(module, expr, parts)?,
            ExprKind::Operation(sign, parts) if sign == "+" && parts.iter().any(holds_text) => {
                for part in parts {
                    if holds_text(part) { self.add(module, part)? } else { self.pieces.push(QueryPiece::Value(part)) }
                }
            }

            ExprKind::Operation(sign, parts) if sign == "%" && module.language == Language::Python => {
                let [text, values] = parts.as_slice() else { return None };
                let values: Vec<&Expr> = match &*values.kind {
                    ExprKind::List(items) => items.iter().collect(),
                    // Marks by name are looked up in it, wherever it comes from.
                    ExprKind::Record(_) => return None,
                    _ => vec![values],
                };

                self.add_marked(read_literal(module, text)?, &values, next_percent)?;
            }

            ExprKind::Call { callee, arguments, .. } => {
                let ExprKind::Member(text, method) = &*callee.kind else { return None };
                if method != "format" || module.language != Language::Python {
                    return None;
                }

                self.add_format(read_literal(module, text)?, arguments)?;
            }

            _ => return None,
        }

        Some(())
    }

    fn add_text(&mut self, (quote, text): (String, String)) {
        if !self.quotes.contains(&quote) {
            self.quotes.push(quote);
        }

        match self.pieces.last_mut() {
            Some(QueryPiece::Text(before)) => before.push_str(&text),
            _ => self.pieces.push(QueryPiece::Text(text)),
        }
    }

    fn add_template(&mut self, module: &Module, literal: &Expr, parts: &'a [Expr]) -> Option<()> {
        let (quote, _) = read_literal(module, literal)?;
        let raw = literal.span.text(&module.text);
        let start = literal.span.start + raw.find(quote.as_str())? + quote.len();
        let end = literal.span.end - quote.len();
        let mut at = start;

        for part in parts {
            let hole = find_hole(&module.text, literal.span, part.span)?;
            // A format behind the value is more than a value.
            if module.text.get(part.span.end..hole.end)?.trim() != "}" {
                return None;
            }

            self.add_text((quote.clone(), unfold_brackets(module, module.text.get(at..hole.start)?)));
            self.pieces.push(QueryPiece::Value(part));
            at = hole.end;
        }

        self.add_text((quote, unfold_brackets(module, module.text.get(at..end)?)));
        Some(())
    }

    /// `"%s and %d" % (one, two)`
    fn add_marked(
        &mut self,
        (quote, text): (String, String),
        values: &[&'a Expr],
        next: fn(&str) -> Option<(usize, usize)>,
    ) -> Option<()> {
        let mut rest = text.as_str();

        for value in values {
            let (start, end) = next(rest)?;
            self.add_text((quote.clone(), rest.get(..start)?.replace("%%", "%")));
            self.pieces.push(QueryPiece::Value(value));
            rest = rest.get(end..)?;
        }

        // A mark without a value would be a fault already.
        if next(rest).is_some() {
            return None;
        }

        self.add_text((quote, rest.replace("%%", "%")));
        Some(())
    }

    /// `"{} and {name}".format(one, name=two)`
    fn add_format(&mut self, (quote, text): (String, String), arguments: &'a [Argument]) -> Option<()> {
        let (mut rest, mut place) = (text.as_str(), 0);

        while let Some(open) = rest.find('{') {
            let close = open + rest.get(open..)?.find('}')?;
            let name = rest.get(open + 1..close)?;
            let value = if name.is_empty() {
                place += 1;
                arguments.get(place - 1)
            } else if let Ok(number) = name.parse::<usize>() {
                arguments.get(number)
            } else {
                arguments.iter().find(|argument| argument.name.as_deref() == Some(name))
            };

            self.add_text((quote.clone(), rest.get(..open)?.to_owned()));
            self.pieces.push(QueryPiece::Value(&value?.value));
            rest = rest.get(close + 1..)?;
        }

        self.add_text((quote, rest.to_owned()));
        Some(())
    }
}

/// Returns whether a text stands in an expression itself, not in what it calls.
pub(super) fn holds_text(expr: &Expr) -> bool {
    match &*expr.kind {
        ExprKind::Text(_) | ExprKind::Template(..) => true,
        ExprKind::Operation(sign, parts) => matches!(sign.as_str(), "+" | "%") && parts.iter().any(holds_text),
        ExprKind::Call { callee, .. } => {
            matches!(&*callee.kind, ExprKind::Member(text, method) if method == "format" && holds_text(text))
        }

        _ => false,
    }
}

/// The quotes of a literal, and what stands between them. `None` for literals with another sign than `f`, and for several
/// that stand side by side.
fn read_literal(module: &Module, literal: &Expr) -> Option<(String, String)> {
    let raw = literal.span.text(&module.text).trim_start_matches(['f', 'F']);
    let quote = ["\"\"\"", "'''", "\"", "'", "`"].into_iter().find(|quote| raw.starts_with(quote))?;
    let inner = raw.strip_prefix(quote)?.strip_suffix(quote)?;
    let is_one =
        !inner.replace(&format!("\\{quote}"), "").contains(quote) || matches!(&*literal.kind, ExprKind::Template(..));
    is_one.then(|| (quote.to_owned(), inner.to_owned()))
}

/// In a template of Python brackets are written twice.
fn unfold_brackets(module: &Module, text: &str) -> String {
    if module.language == Language::Python { text.replace("{{", "{").replace("}}", "}") } else { text.to_owned() }
}

/// Finds `%s`, `%d` and the like; `%%` is a sign of its own.
fn next_percent(text: &str) -> Option<(usize, usize)> {
    let mut at = 0;
    while let Some(found) = text.get(at..)?.find('%').map(|found| at + found) {
        match text.get(found + 1..)?.chars().next() {
            Some('s' | 'd' | 'i') => return Some((found, found + 2)),
            Some('%') => at = found + 2,
            _ => return None,
        }
    }
    None
}

/// Returns an expression without what only makes a text of it: `str(x)`, `String(x)`.
pub(super) fn strip_text_maker(expr: &Expr) -> &Expr {
    match expr.call() {
        Some((callee, [only])) if matches!(dotted_text(callee).as_deref(), Some("str" | "String")) => &only.value,
        _ => expr,
    }
}
