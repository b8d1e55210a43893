//! Constant texts.

use super::RustCode;
use crate::frameworks::query::At;
use crate::frameworks::scopes::NameBinding;

/// Longer chains of names are not followed.
const MOST_STEPS: usize = 8;

impl<'s> RustCode<'s> {
    /// Returns the text that an expression always has.
    pub(in crate::frameworks) fn constant(&self, at: At<'s>) -> Option<String> {
        self.constant_within(at, 0)
    }

    fn constant_within(&self, at: At<'s>, steps: usize) -> Option<String> {
        if steps > MOST_STEPS {
            return None;
        }
        match at.kind() {
            "string_literal" | "raw_string_literal" => Some(unquoted_literal(at)),
            "reference_expression" | "parenthesized_expression" => {
                self.constant_within(*at.children().last()?, steps + 1)
            }
            "identifier" | "scoped_identifier" => {
                if let Some(NameBinding::Value(value)) = self.scopes.look_up(at.text(), at) {
                    return self.constant_within(value, steps + 1);
                }
                let last = at.text().rsplit("::").next()?;
                let known = self.globals.get(last)?;
                // The same file is the nearest; constants of one name elsewhere are rarely meant.
                let own = known.iter().find(|value| value.file.module.id == at.file.module.id);
                self.constant_within(*own.or(known.first())?, steps + 1)
            }
            "call_expression" if ["to_string", "to_owned", "into", "as_str"].contains(&called_method(at)) => {
                self.constant_within(at.field("function")?.field("value")?, steps + 1)
            }
            "macro_invocation" => self.formatted(at, steps),
            _ => None,
        }
    }

    /// `format!("{}/x", BASE)`, `format!("{BASE}/x")`, `concat!("/a", "/b")`
    fn formatted(&self, at: At<'s>, steps: usize) -> Option<String> {
        let tokens = at.child("token_tree")?.children();
        if at.field_text("macro") == "concat" {
            return tokens.iter().map(|token| self.constant_within(*token, steps + 1)).collect();
        }
        let (format, values) = tokens.split_first()?;

        if at.field_text("macro") != "format" {
            return None;
        }
        let mut values = values.iter();
        // Doubled braces are literal, so they are put aside before places are looked for.
        let text = unquoted_literal(*format).replace("{{", "\u{1}").replace("}}", "\u{2}");
        let mut pieces = text.split('{');
        let mut made = pieces.next()?.to_owned();

        for piece in pieces {
            let (name, rest) = piece.split_once('}')?;
            let value = match name {
                "" => self.constant_within(*values.next()?, steps + 1)?,
                name => self.globals.get(name)?.first().and_then(|value| self.constant_within(*value, steps + 1))?,
            };
            made.push_str(&value);
            made.push_str(rest);
        }

        Some(made.replace('\u{1}', "{").replace('\u{2}', "}"))
    }
}

fn called_method(call: At<'_>) -> &str {
    call.field("function").filter(|callee| callee.kind() == "field_expression").map_or("", super::last_part)
}

/// The text of a literal without its quotes.
pub(in crate::frameworks) fn unquoted_literal(at: At<'_>) -> String {
    let text = at.text();
    // A raw literal has a prefix and hashes outside of its quotes.
    let start = text.find('"').map_or(0, |at| at + 1);
    let end = text.rfind('"').unwrap_or(text.len());
    text.get(start..end).unwrap_or("").to_owned()
}
