//! A query takes its values as parameters: what stands in the literal becomes a mark, and the value follows.

mod found;
mod pieces;
mod values;

use self::found::{FoundQuery, find_queries};
use self::pieces::{QueryPiece, QueryText, strip_text_maker};
use self::values::ValueForm;
use crate::fix::draft::{Case, FixDraft};
use crate::fix::proposal::{FixRefusal, RefusalReason};
use crate::fix::sql::is_name_position;
use crate::ir::Expr;
use crate::lang::Language;

/// Makes the change.
pub(super) fn parameterise_query(case: &Case<'_>) -> Result<FixDraft, FixRefusal> {
    let all = find_queries(case);
    if let Some(found) = all.iter().find(|found| found.is_made) {
        return mend_query(case, found);
    }
    if !all.is_empty() {
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

/// `f"... WHERE name = '{name}'"` becomes `"... WHERE name = ?", (name,)`.
fn mend_query(case: &Case<'_>, found: &FoundQuery<'_>) -> Result<FixDraft, FixRefusal> {
    let refusal = || by_hand(case, found.text.span.line);
    let read = QueryText::read(case.module, found.text).ok_or_else(refusal)?;
    let form = ValueForm::of(case, found).ok_or_else(refusal)?;
    let mut made = MarkedQuery::default();

    for (place, piece) in read.pieces.iter().enumerate() {
        match piece {
            QueryPiece::Text(text) => made.add_text(&form, text),
            QueryPiece::Value(value) => {
                let next = read.pieces.get(place + 1);
                made.add_value(case, &form, strip_text_maker(value), next)?;
            }
        }
    }
    let quote = read.quote().ok_or_else(refusal)?;
    let mut draft = FixDraft::new("the values of the query are parameters: they are never read as a part of it");
    draft.replace(&case.module.path, found.text.span, format!("{quote}{}{quote}", made.text));
    form.add_values(case, &mut draft, found, &made.values);
    if form.is_guessed {
        draft.review.push(format!("that the driver of this database takes `{}` as a mark", form.mark(1, "value")));
    }
    Ok(draft)
}

/// A query with marks, and the values for them.
#[derive(Default)]
struct MarkedQuery {
    text: String,
    /// Each with the name of its mark.
    values: Vec<(String, String)>,
    /// Bytes of the next text that went into a value.
    taken: usize,
}

impl MarkedQuery {
    fn add_text(&mut self, form: &ValueForm, text: &str) {
        let rest = text.get(self.taken..).unwrap_or_default();
        self.text.push_str(&form.plain_text(rest));
        self.taken = 0;
    }

    fn add_value(
        &mut self,
        case: &Case<'_>,
        form: &ValueForm,
        value: &Expr,
        next: Option<&QueryPiece<'_>>,
    ) -> Result<(), FixRefusal> {
        let after = match next {
            Some(QueryPiece::Text(text)) => text.as_str(),
            _ => "",
        };
        let written = case.text(value.span);

        // Quotes and signs around the value go into it: `'%{word}%'`.
        let (kept, open) = without_quote(&self.text);
        let (kept, open) = (kept.len(), open.map(|prefix| form.written_text(prefix)));
        let suffix = match &open {
            Some(_) => after.find('\'').and_then(|close| after.get(..close)),
            None => Some(""),
        };
        let suffix = suffix.ok_or_else(|| by_hand(case, value.span.line))?;
        if open.is_none() && !is_value_position(&self.text, after) {
            return Err(FixRefusal::new(
                RefusalReason::NotSupported,
                format!("`{written}` stands for a name or a part of the query, which cannot be a parameter"),
                "choose it from a fixed list",
            ));
        }

        let name = form.name_of(value, &self.values);
        self.text.truncate(kept);
        self.text.push_str(&form.mark(self.values.len() + 1, &name));
        self.taken = if open.is_some() { suffix.len() + 1 } else { 0 };
        let value = in_text(case, open.as_deref().unwrap_or_default(), written, suffix);
        self.values.push((name, value));
        Ok(())
    }
}

/// A value with what stood around it in its quotes.
fn in_text(case: &Case<'_>, prefix: &str, value: &str, suffix: &str) -> String {
    if prefix.is_empty() && suffix.is_empty() {
        return value.to_owned();
    }
    let quoted = |text: &str| if text.is_empty() { String::new() } else { format!("\"{text}\"") };
    match case.module.language {
        // Older versions of Python cannot read quotes of the same kind within a template.
        Language::Python if value.contains('"') => {
            let parts = [quoted(prefix), format!("str({value})"), quoted(suffix)];
            parts.iter().filter(|part| !part.is_empty()).cloned().collect::<Vec<_>>().join(" + ")
        }
        Language::Python => format!("f\"{prefix}{{{value}}}{suffix}\""),
        Language::Java => {
            let parts = [quoted(prefix), value.to_owned(), quoted(suffix)];
            parts.iter().filter(|part| !part.is_empty()).cloned().collect::<Vec<_>>().join(" + ")
        }
        _ => format!("`{prefix}${{{value}}}{suffix}`"),
    }
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

/// Whether a value can stand here, and not a name, a list or a condition.
fn is_value_position(before: &str, after: &str) -> bool {
    const WORDS: &str = "ILIKE LIKE LIMIT OFFSET BETWEEN";
    let upper = before.trim_end().to_ascii_uppercase();
    let last_word = upper.rsplit(|letter: char| !letter.is_ascii_alphanumeric()).next().unwrap_or_default().to_owned();
    let opens_list = |text: &str| text.trim_end_matches('(').trim_end().ends_with(" IN");
    // Behind the value a name goes on, or a column is set.
    let is_name = after.starts_with(['.', '_']) || after.starts_with(|letter: char| letter.is_alphanumeric());

    if is_name || is_name_position(before) || upper.ends_with('(') && opens_list(&upper) {
        return false;
    }
    match upper.chars().last() {
        Some('=' | '<' | '>' | '+' | '-' | '*') => true,
        Some('(' | ',') => upper.contains("VALUES"),
        Some(_) if last_word == "AND" => upper.contains(" BETWEEN "),
        _ => WORDS.split(' ').any(|word| word == last_word),
    }
}
