//! Constant texts.

use super::GoCode;
use crate::frameworks::query::At;
use crate::frameworks::scopes::NameBinding;

/// Longer chains of names are not followed.
const MOST_STEPS: usize = 8;

impl<'s> GoCode<'s> {
    /// Returns the text that an expression always has.
    pub(in crate::frameworks) fn constant(&self, at: At<'s>) -> Option<String> {
        self.constant_within(at, 0)
    }

    fn constant_within(&self, at: At<'s>, steps: usize) -> Option<String> {
        if steps > MOST_STEPS {
            return None;
        }
        match at.kind() {
            "interpreted_string_literal" | "raw_string_literal" => Some(at.text().trim_matches(['"', '`']).to_owned()),
            "parenthesized_expression" => self.constant_within(*at.children().first()?, steps + 1),
            "binary_expression" if at.field_text("operator") == "+" => {
                let left = self.constant_within(at.field("left")?, steps + 1)?;
                Some(left + &self.constant_within(at.field("right")?, steps + 1)?)
            }
            "identifier" => match self.scopes.look_up(at.text(), at) {
                Some(NameBinding::Value(value)) => self.constant_within(value, steps + 1),
                Some(NameBinding::Parameter(..)) => None,
                None => self.constant_within(self.global(at, at.text())?, steps + 1),
            },
            "selector_expression" => {
                let (operand, field) = (at.field_text("operand"), at.field_text("field"));
                // `http.MethodGet` is a constant of the standard library, which is not in the project.
                if operand == "http" {
                    return field.strip_prefix("Method").map(str::to_ascii_uppercase);
                }
                self.constant_within(self.global_of(at, operand, field)?, steps + 1)
            }
            "call_expression" if at.field_text("function") == "fmt.Sprintf" => self.formatted(at, steps),
            _ => None,
        }
    }

    fn formatted(&self, call: At<'s>, steps: usize) -> Option<String> {
        let arguments = call.field("arguments")?.children();
        let (format, values) = arguments.split_first()?;
        let format = self.constant_within(*format, steps + 1)?;
        let (mut values, mut letters) = (values.iter(), format.chars());
        let mut made = String::new();

        while let Some(letter) = letters.next() {
            match (letter, if letter == '%' { letters.next()? } else { letter }) {
                ('%', '%') => made.push('%'),
                ('%', 's' | 'v' | 'd') => made.push_str(&self.printed(*values.next()?, steps + 1)?),
                // Other verbs, and those with a width, write a value in ways of their own.
                ('%', _) => return None,
                (plain, _) => made.push(plain),
            }
        }
        Some(made)
    }

    /// A value as a format writes it.
    fn printed(&self, at: At<'s>, steps: usize) -> Option<String> {
        let value = match at.kind() {
            "identifier" if self.scopes.look_up(at.text(), at).is_none() => self.global(at, at.text()).unwrap_or(at),
            _ => at,
        };
        let is_decimal = || value.text().chars().all(|letter| letter.is_ascii_digit());
        let is_number = value.kind() == "int_literal" && is_decimal();
        if is_number { Some(value.text().to_owned()) } else { self.constant_within(at, steps) }
    }
}
