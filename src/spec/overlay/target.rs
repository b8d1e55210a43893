//! Which values of a document an action's JSONPath means, within bounds: what a query may cost is known before it runs.

use std::collections::{HashMap, HashSet};

use serde_json::Value;
use serde_json_path::JsonPath;
use thiserror::Error;

use crate::spec::issues::find_pointers;

/// The most characters of one query.
const MAX_CHARS: usize = 2000;
/// The most brackets that may be open at once, negations counted too: the parser calls itself for each.
const MAX_NESTED: usize = 32;
/// The most `..` of one query: the second looks below every value that the first found.
const MAX_DESCENTS: usize = 2;
/// The most values that one query may mean.
const MAX_MATCHES: usize = 100_000;

/// Why a query is not asked, or its values are not changed.
#[derive(Debug, Clone, PartialEq, Eq, Error)]
pub(super) enum TargetRefused {
    #[error("the target has more than {limit} characters", limit = MAX_CHARS)]
    TooLong,
    #[error("the target nests more than {limit} brackets and negations", limit = MAX_NESTED)]
    TooNested,
    #[error("the target has more than {limit} `..`", limit = MAX_DESCENTS)]
    TooManyDescents,
    #[error("a filter of the target has `$` or `..` in it, which is not followed")]
    LooksEverywhere,
    /// The parser's words.
    #[error("the target is no JSONPath of RFC 9535 ({0})")]
    NoPath(String),
    /// How many values it means.
    #[error("the target means {0} values; at most {limit} are changed", limit = MAX_MATCHES)]
    TooManyMatches(usize),
    #[error("the Overlay looks at too many values")]
    TooMuchWork,
}

/// A query that may be asked.
pub(super) struct ActionTarget {
    path: JsonPath,
    shape: QueryShape,
}

/// What a query is made of, as far as it says what it costs.
#[derive(Debug, Default)]
struct QueryShape {
    nested: usize,
    descents: usize,
    /// How often filters look at a value.
    looks: usize,
    /// Means one value at most.
    single: bool,
    /// A filter looks at the whole document, or at everything below a value.
    looks_everywhere: bool,
}

impl ActionTarget {
    /// Reads a query.
    ///
    /// # Errors
    /// Why it cannot be asked.
    pub(super) fn parse(text: &str) -> Result<Self, TargetRefused> {
        if text.chars().count() > MAX_CHARS {
            return Err(TargetRefused::TooLong);
        }
        let shape = QueryShape::of(text);

        if shape.nested > MAX_NESTED {
            return Err(TargetRefused::TooNested);
        }
        if shape.descents > MAX_DESCENTS {
            return Err(TargetRefused::TooManyDescents);
        }
        if shape.looks_everywhere {
            return Err(TargetRefused::LooksEverywhere);
        }
        match JsonPath::parse(text) {
            Ok(path) => Ok(Self { path, shape }),
            Err(error) => Err(TargetRefused::NoPath(error.to_string().chars().take(120).collect())),
        }
    }

    /// Returns how many values are looked at in a document of so many.
    pub(super) fn cost(&self, values: usize) -> usize {
        if self.shape.single {
            return 100;
        }
        let deep = if self.shape.descents > 1 { 8 } else { 1 };
        values.saturating_mul(1 + 4 * self.shape.looks).saturating_mul(deep)
    }

    /// Returns the JSON pointers of the values that are meant, each once.
    ///
    /// # Errors
    /// When they are too many.
    pub(super) fn find(&self, root: &Value) -> Result<Vec<String>, TargetRefused> {
        if self.shape.single {
            return Ok(self.path.query_located(root).locations().map(|path| path.to_json_pointer()).collect());
        }
        let wanted: HashSet<usize> =
            self.path.query(root).iter().map(|value| std::ptr::from_ref(*value).addr()).collect();
        if wanted.len() > MAX_MATCHES {
            return Err(TargetRefused::TooManyMatches(wanted.len()));
        }
        let mut found = HashMap::new();
        find_pointers(root, &wanted, &mut found);
        let mut pointers: Vec<String> = found.into_values().collect();
        pointers.sort();

        Ok(pointers)
    }
}

impl QueryShape {
    fn of(text: &str) -> Self {
        let mut shape = Self { single: true, ..Self::default() };
        let (mut open, mut negations, mut filters) = (0_usize, 0_usize, Vec::new());
        let mut characters = text.chars().peekable();

        while let Some(character) = characters.next() {
            match character {
                // What stands in quotes is a name, whatever signs it has in it.
                '\'' | '"' => skip_text(&mut characters, character),
                '[' | '(' => {
                    open += 1;
                    shape.nested = shape.nested.max(open);
                }
                ']' | ')' => {
                    filters.retain(|level| *level < open);
                    open = open.saturating_sub(1);
                }
                '!' if characters.peek() != Some(&'=') => negations += 1,
                '.' if characters.peek() == Some(&'.') => {
                    shape.descents += 1;
                    shape.looks_everywhere |= !filters.is_empty();
                    characters.next();
                }
                '$' if !filters.is_empty() => shape.looks_everywhere = true,
                '?' => filters.push(open),
                '@' => shape.looks += 1,
                _ => {}
            }

            // A filter, a wildcard, a union or a slice may mean many values.
            shape.single &= !matches!(character, '?' | '*' | ',' | ':');
        }

        shape.nested += negations;
        shape.single &= shape.descents == 0;
        shape
    }
}

/// Goes on behind a quoted name.
fn skip_text(characters: &mut std::iter::Peekable<std::str::Chars<'_>>, quote: char) {
    while let Some(character) = characters.next() {
        match character {
            '\\' => {
                characters.next();
            }
            _ if character == quote => return,
            _ => {}
        }
    }
}
