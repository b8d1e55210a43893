//! Texts that stand behind names: paths of routes, prefixes, methods.

use super::{ModuleId, Project, Resolved};
use crate::ir::{Expr, ExprKind};

/// Longer chains are not followed.
const MOST_STEPS: usize = 8;

impl Project {
    /// Returns the text that an expression has whatever is asked of the program.
    pub fn constant(&self, module: ModuleId, expr: &Expr) -> Option<String> {
        self.constant_within(module, expr, 0)
    }

    /// Returns the texts of a list, or the one text.
    pub fn constants(&self, module: ModuleId, expr: &Expr) -> Vec<String> {
        match &*expr.kind {
            ExprKind::List(items) => items.iter().filter_map(|item| self.constant(module, item)).collect(),
            _ => match self.resolve_expr(module, expr) {
                Some(Resolved::Value(of, _, value)) if matches!(&*value.kind, ExprKind::List(_)) => {
                    self.constants(of, &value)
                }
                _ => self.constant(module, expr).into_iter().collect(),
            },
        }
    }

    fn constant_within(&self, module: ModuleId, expr: &Expr, steps: usize) -> Option<String> {
        if steps > MOST_STEPS {
            return None;
        }
        match &*expr.kind {
            ExprKind::Text(text) => Some(text.clone()),
            ExprKind::Name(_) | ExprKind::Member(..) => match self.resolve_expr(module, expr)? {
                Resolved::Value(of, _, value) => self.constant_within(of, &value, steps + 1),
                _ => None,
            },
            ExprKind::Operation(sign, parts) if sign == "+" => {
                parts.iter().map(|part| self.constant_within(module, part, steps + 1)).collect()
            }
            ExprKind::Template(text, parts) => {
                let mut made = String::new();
                // A template with a part that is not known has no text at all: half a path would be another route.
                let mut pieces = text.split("{}");
                made.push_str(pieces.next()?);

                for (part, piece) in parts.iter().zip(pieces) {
                    made.push_str(&self.constant_within(module, part, steps + 1)?);
                    made.push_str(piece);
                }
                Some(made)
            }
            ExprKind::Choice { yes, .. } => self.constant_within(module, yes, steps + 1),
            _ => None,
        }
    }
}
