//! Texts behind expressions where they are written: paths, prefixes, methods.

use super::meaning::Meaning;
use super::survey::{PythonSurvey, ScopeId, callee_name};
use crate::ir::{Argument, Expr, ExprKind, argument_at, argument_named, literal_text};

/// Longer chains are not followed.
const MOST_STEPS: usize = 8;

impl PythonSurvey<'_> {
    /// Returns the text that an expression has where nothing of the environment changes it: a setting has its default.
    pub(in crate::frameworks) fn text(&self, at: ScopeId, expr: &Expr) -> Option<String> {
        self.text_within(at, expr, 0)
    }

    /// Returns the texts of a list, or the one text. `None` where a part of it is not known.
    pub(in crate::frameworks) fn texts(&self, at: ScopeId, expr: &Expr) -> Option<Vec<String>> {
        if let ExprKind::List(items) = &*expr.kind {
            // One unknown item makes the list unknown, as a missing method would change what is tested.
            return items.iter().map(|item| self.text(at, item)).collect();
        }
        let listed = self.meanings(at, expr).into_iter().find_map(|meaning| match meaning {
            Meaning::Value(of, value) if matches!(&*value.kind, ExprKind::List(_)) => Some((of, value)),
            _ => None,
        });
        match listed {
            Some((of, value)) => self.texts(of, &value),
            None => self.text(at, expr).map(|text| vec![text]),
        }
    }

    fn text_within(&self, at: ScopeId, expr: &Expr, steps: usize) -> Option<String> {
        if steps > MOST_STEPS {
            return None;
        }
        match &*expr.kind {
            ExprKind::Text(text) => Some(text.clone()),
            // A switch that is off, or nothing, is no text.
            ExprKind::Constant(written) if matches!(written.as_str(), "None" | "False" | "True") => None,
            ExprKind::Constant(written) => Some(written.clone()),
            ExprKind::Operation(sign, parts) if sign == "+" => {
                parts.iter().map(|part| self.text_within(at, part, steps + 1)).collect()
            }
            ExprKind::Template(text, parts) => self.filled(at, (text, parts), steps),
            // A choice is read by its first known arm, as either would be right on some server.
            ExprKind::Choice { yes, no, .. } => {
                self.text_within(at, yes, steps + 1).or_else(|| self.text_within(at, no, steps + 1))
            }
            ExprKind::Logic { parts, .. } => parts.iter().find_map(|part| self.text_within(at, part, steps + 1)),
            ExprKind::Name(_) | ExprKind::Member(..) => self.text_behind(at, expr, steps),
            ExprKind::Call { callee, arguments, .. } => self.text_of_call(at, (expr, callee, arguments), steps),
            _ => None,
        }
    }

    fn text_behind(&self, at: ScopeId, expr: &Expr, steps: usize) -> Option<String> {
        self.meanings(at, expr).into_iter().find_map(|meaning| match meaning {
            Meaning::Value(of, value) if value.span != expr.span => self.text_within(of, &value, steps + 1),
            _ => None,
        })
    }

    fn filled(&self, at: ScopeId, (text, parts): (&str, &[Expr]), steps: usize) -> Option<String> {
        let mut pieces = text.split("{}");
        let mut made = pieces.next()?.to_owned();

        for (part, piece) in parts.iter().zip(pieces) {
            made.push_str(&self.text_within(at, part, steps + 1)?);
            made.push_str(piece);
        }
        Some(made)
    }

    /// `getenv(name, default)`, `text.format(..)`, `text.strip(..)`, `Field(default=..)`, and what functions return.
    fn text_of_call(
        &self,
        at: ScopeId,
        (expr, callee, arguments): (&Expr, &Expr, &[Argument]),
        steps: usize,
    ) -> Option<String> {
        let name = callee_name(callee)?;
        // A method of a text changes it; a text that is not known may still have a default.
        if let ExprKind::Member(object, _) = &*callee.kind
            && let Some(text) = self.text_within(at, object, steps + 1)
        {
            return self.changed(at, (&text, name), arguments, steps);
        }
        match name {
            // Without a default only the environment knows the value.
            "get" | "getenv" | "config" | "environ" => {
                let default = argument_named(arguments, "default").or_else(|| argument_at(arguments, 1))?;
                self.text_within(at, default, steps + 1)
            }
            // Settings of pydantic give their default in `Field`.
            "Field" | "str" => {
                let default = argument_named(arguments, "default").or_else(|| argument_at(arguments, 0))?;
                self.text_within(at, default, steps + 1)
            }
            _ => self.text_behind(at, expr, steps),
        }
    }

    fn changed(
        &self,
        at: ScopeId,
        (text, method): (&str, &str),
        arguments: &[Argument],
        steps: usize,
    ) -> Option<String> {
        let letters: Vec<char> = argument_at(arguments, 0).and_then(literal_text).unwrap_or(" ").chars().collect();
        match method {
            "format" => {
                let plain: Vec<Expr> = arguments.iter().map(|given| given.value.clone()).collect();
                self.filled(at, (text, &plain), steps)
            }
            "rstrip" => Some(text.trim_end_matches(letters.as_slice()).to_owned()),
            "lstrip" => Some(text.trim_start_matches(letters.as_slice()).to_owned()),
            "strip" => Some(text.trim_matches(letters.as_slice()).to_owned()),
            "lower" => Some(text.to_lowercase()),
            "upper" => Some(text.to_uppercase()),
            _ => None,
        }
    }
}
