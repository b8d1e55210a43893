//! Conditions of SQL texts: which columns are to be equal to which placeholders.

use std::rc::Rc;
use std::sync::LazyLock;

use regex::Regex;

use super::value::{CodeValue, ColumnBinding, Labels, QueryCondition, Sends};

/// A statement, as far as it matters who may reach its rows.
pub(super) struct SqlStatement {
    pub(super) sends: Sends,
    pub(super) table: Option<Rc<str>>,
    pub(super) clauses: Vec<QueryCondition>,
    pub(super) is_many: bool,
}

static VERB: LazyLock<Option<Regex>> =
    LazyLock::new(|| Regex::new(r"(?is)^\s*(?:with\b.*?\)\s*)?(select|update|delete|insert|replace)\b").ok());
static TABLE: LazyLock<Option<Regex>> =
    LazyLock::new(|| Regex::new(r#"(?i)\b(?:from|update|into)\s+(?:only\s+)?[`"\[]?(?:\w+\.)?[`"\[]?(\w+)"#).ok());
static PLACE: LazyLock<Option<Regex>> =
    LazyLock::new(|| Regex::new(r"(?s)\?|%s|%\((\w+)\)s|\$(\d+)|:(\w+)|@(\w+)|\{\}|#\{(\w+)\}").ok());
static TERM: LazyLock<Option<Regex>> = LazyLock::new(|| {
    Regex::new(r#"(?is)^\s*\(?\s*(?:\w+\()?[`"\[]?(?:\w+\.)?[`"\[]?(\w+)[`"\]]?\s*(?:::\w+)?\)?\s*(=|==|!=|<>|in|is|like|ilike|>|<|>=|<=|not in)\s*(.*)$"#).ok()
});

/// Whether a text is an SQL statement.
pub(super) fn is_statement(text: &str) -> bool {
    // A blank must be in it: a single word such as `select` is a label more often than a statement.
    VERB.as_ref().is_some_and(|verb| verb.is_match(text)) && text.contains(' ')
}

/// Reads a statement; `parts` stand at its `{}`, `given` at its other placeholders.
pub(super) fn read_statement(text: &str, parts: &[CodeValue], given: &PlaceholderValues) -> Option<SqlStatement> {
    let verb = VERB.as_ref()?.captures(text)?.get(1)?.as_str().to_lowercase();
    let sends = match verb.as_str() {
        "update" => Sends::Update,
        "delete" => Sends::Delete,
        "select" => Sends::Load,
        _ => Sends::Create,
    };

    let table = TABLE.as_ref()?.captures(text).and_then(|found| found.get(1)).map(|found| Rc::from(found.as_str()));
    let bound = bind_placeholders(text, parts, given);
    let lower = text.to_lowercase();
    let clauses = match lower.find(" where ").or_else(|| lower.find("\nwhere ")).or_else(|| find_where(&lower)) {
        Some(at) if sends != Sends::Create => {
            let from = at + 6;
            let rest = lower.get(from..).unwrap_or("");
            let ends = [
                " order by",
                " group by",
                " limit ",
                " returning",
                " for update",
                "\norder by",
                "\nlimit ",
                "\ngroup by",
                "\nreturning",
            ];
            let end = ends.iter().filter_map(|word| rest.find(word)).min().unwrap_or(rest.len());
            read_conjunction(text.get(from..from + end).unwrap_or(""), from, &bound)
        }
        _ => Vec::new(),
    };

    // A subject that is joined on is a condition too: `JOIN members m ON m.user_id = ?`.
    let joined = lower.find(" on ").filter(|_| sends == Sends::Load).map(|at| {
        let end = lower.find("where").filter(|end| *end > at).unwrap_or(text.len());
        read_conjunction(text.get(at + 4..end).unwrap_or(""), at + 4, &bound)
    });
    let clauses: Vec<QueryCondition> = clauses.into_iter().chain(joined.into_iter().flatten()).collect();
    let is_many = !clauses.iter().any(super::expressions::names_object);
    Some(SqlStatement { sends, table, clauses, is_many })
}

fn find_where(lower: &str) -> Option<usize> {
    lower
        .find("where")
        .filter(|at| lower.as_bytes().get(at + 5).is_some_and(u8::is_ascii_whitespace))
        .map(|at| at.saturating_sub(1))
}

/// Reads a piece of SQL that is a condition.
pub(super) fn read_conditions(text: &str, parts: &[CodeValue]) -> Vec<QueryCondition> {
    let given = PlaceholderValues { positional: parts.to_vec(), named: Vec::new() };
    let bound = bind_placeholders(text, parts, &given);
    read_conjunction(text, 0, &bound)
}

/// Values that stand at the placeholders of a statement.
#[derive(Default)]
pub(super) struct PlaceholderValues {
    pub(super) positional: Vec<CodeValue>,
    pub(super) named: Vec<(Rc<str>, CodeValue)>,
}

/// The placeholders of a text: where they stand, and what stands there.
type Placed = Vec<(usize, CodeValue)>;

fn bind_placeholders(text: &str, parts: &[CodeValue], given: &PlaceholderValues) -> Placed {
    let Some(place) = PLACE.as_ref() else { return Vec::new() };
    let (mut next_part, mut next) = (parts.iter(), given.positional.iter());
    let find = |name: &str| given.named.iter().find(|(known, _)| &**known == name).map(|(_, value)| value.clone());
    let mut placed = Vec::new();

    for found in place.captures_iter(text) {
        let Some(whole) = found.get(0) else { continue };
        let named = [1, 3, 4, 5].into_iter().find_map(|group| found.get(group)).map(|name| name.as_str());
        let numbered = found.get(2).and_then(|number| number.as_str().parse::<usize>().ok());
        let value = match (whole.as_str(), named, numbered) {
            ("{}", ..) => next_part.next().cloned(),
            (_, _, Some(number)) => given.positional.get(number.saturating_sub(1)).cloned(),
            (_, Some(name), _) => find(name),
            _ => next.next().cloned(),
        };

        placed.push((whole.start(), value.unwrap_or_default()));
    }

    placed
}

fn read_conjunction(text: &str, from: usize, placed: &Placed) -> Vec<QueryCondition> {
    let arms = split_at_word(text, " or ");
    // `or` binds weakest, so that the text is split there first.
    if arms.len() > 1 {
        let arms = arms.iter().map(|(at, arm)| read_conjunction(arm, from + at, placed)).collect();
        return vec![QueryCondition::Any(arms)];
    }
    split_at_word(text, " and ").into_iter().flat_map(|(at, term)| read_clause(term, from + at, placed)).collect()
}

fn read_clause(term: &str, from: usize, placed: &Placed) -> Vec<QueryCondition> {
    let trimmed = term.trim();
    let lead = term.len() - term.trim_start().len();
    // Brackets are taken off only where they belong together: `(a) or (b)` begins and ends with others.
    if let Some(inner) = trimmed.strip_prefix('(').and_then(|inner| inner.strip_suffix(')'))
        && is_balanced(inner)
    {
        return read_conjunction(inner, from + lead + 1, placed);
    }
    let Some(found) = TERM.as_ref().and_then(|shape| shape.captures(term)) else {
        return vec![QueryCondition::Other];
    };
    let column = found.get(1).map_or("", |column| column.as_str());
    let sign = found.get(2).map_or("", |sign| sign.as_str()).to_lowercase();
    let Some(right) = found.get(3) else { return vec![QueryCondition::Other] };

    // Only equality narrows rows down to one value; a range or a pattern may match others' rows.
    if !matches!(sign.as_str(), "=" | "==" | "in" | "is") {
        return vec![QueryCondition::Other];
    }
    let within = from + right.start()..from + right.end();
    let values = placed.iter().filter(|(at, _)| within.contains(at));
    let labels = values.fold(Labels::default(), |labels, (_, value)| labels.with(value.labels));

    vec![QueryCondition::Equal(ColumnBinding { column: Rc::from(column), labels, field: None })]
}

/// Splits at a word that stands outside of all parentheses.
fn split_at_word<'t>(text: &'t str, word: &str) -> Vec<(usize, &'t str)> {
    let lower: String = text
        .chars()
        .map(|letter| if letter.is_ascii_whitespace() { ' ' } else { letter.to_ascii_lowercase() })
        .collect();
    let mut pieces = Vec::new();
    let (mut depth, mut start) = (0usize, 0);

    for (at, letter) in lower.char_indices() {
        match letter {
            '(' => depth += 1,
            ')' => depth = depth.saturating_sub(1),
            ' ' if depth == 0 && at >= start && lower.get(at..).is_some_and(|rest| rest.starts_with(word)) => {
                pieces.push((start, text.get(start..at).unwrap_or("")));
                start = at + word.len();
            }
            _ => {}
        }
    }

    pieces.push((start, text.get(start..).unwrap_or("")));
    pieces
}

fn is_balanced(text: &str) -> bool {
    let mut depth = 0i32;
    for letter in text.chars() {
        match letter {
            '(' => depth += 1,
            ')' => depth -= 1,
            _ => {}
        }
        if depth < 0 {
            return false;
        }
    }

    depth == 0
}
