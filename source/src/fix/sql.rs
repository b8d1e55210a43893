//! SQL within a literal, as it is written in the file: where a further condition fits, and which value belongs to which
//! placeholder. Reads only what it needs; what it does not understand it refuses.

use std::ops::Range;

/// How values are marked.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) enum PlaceholderStyle {
    /// `?`
    Question,
    /// `%s`
    Percent,
    /// `$1`
    Dollar(usize),
    /// `:name`
    Colon(String),
    /// `%(name)s`
    Named(String),
}

impl PlaceholderStyle {
    /// Returns the name, where values are given by name.
    pub(super) fn name(&self) -> Option<&str> {
        match self {
            PlaceholderStyle::Colon(name) | PlaceholderStyle::Named(name) => Some(name),
            _ => None,
        }
    }
}

/// A statement in a literal. Offsets count from the start of the literal as written.
#[derive(Debug, Clone)]
pub(super) struct Sql {
    /// `SELECT`, `UPDATE`, `DELETE`
    pub verb: String,
    /// The first table, and the name by which it is referred to.
    pub table: String,
    /// Its other name; empty where there is none.
    pub alias: String,
    /// Whether other tables are joined.
    pub is_joined: bool,
    /// The first and last byte of the condition; absent without `WHERE`.
    pub condition: Option<(usize, usize)>,
    /// Where a further condition goes.
    pub at: usize,
    /// The marks in order.
    pub marks: Vec<(usize, PlaceholderStyle)>,
    /// `column = mark` pairs of the condition: the column, and the place of the mark among all.
    pub pairs: Vec<(String, usize)>,
    /// Whether the condition has an `OR` outside of brackets, or what may bring one.
    pub has_or: bool,
    /// The first and last placeholder of the template that may bring marks of its own: `IN ({marks})`.
    pub opening: Option<(usize, usize)>,
}

struct Word<'a> {
    text: &'a str,
    at: usize,
    depth: usize,
}

const AFTER_CONDITION: [&str; 10] =
    ["ORDER", "GROUP", "LIMIT", "OFFSET", "HAVING", "RETURNING", "FOR", "UNION", "WINDOW", "FETCH"];

/// Reads a literal as it is written, with its quotes.
#[cfg(test)]
fn read_statement(raw: &str) -> Option<Sql> {
    read_template(raw, &[])
}

/// Reads a template as it is written, with its quotes; what its placeholders bring at run time is not known.
pub(super) fn read_template(raw: &str, holes: &[Range<usize>]) -> Option<Sql> {
    let mut read = read_words(&without_code(raw, holes))?;
    let opening: Vec<&Range<usize>> =
        holes.iter().filter(|hole| raw.get(..hole.start).is_some_and(|before| !is_name_or_value(before))).collect();
    let starts = opening.iter().map(|hole| hole.start);
    read.opening = starts.clone().min().zip(starts.max());
    // A whole condition may have an OR in it.
    read.has_or |= read.condition.is_some_and(|(start, end)| {
        opening.iter().any(|hole| (start..end).contains(&hole.start) && !is_in_brackets(raw, start, hole.start))
    });
    Some(read)
}

/// Returns a template with a name of the same length in place of each placeholder, whose code is no SQL.
fn without_code(raw: &str, holes: &[Range<usize>]) -> String {
    let is_code = |at: usize| holes.iter().any(|hole| hole.contains(&at));
    raw.char_indices()
        .flat_map(|(at, letter)| {
            if is_code(at) { std::iter::repeat_n('x', letter.len_utf8()) } else { std::iter::repeat_n(letter, 1) }
        })
        .collect()
}

/// Whether a name or a single value is expected behind this text, which bring no marks.
fn is_name_or_value(before: &str) -> bool {
    let text = before.trim_end();
    let is_number = text.len() < before.len() && ["LIMIT", "OFFSET"].contains(&last_word(text).as_str());
    is_name_position(before) || is_number || text.ends_with(['=', '<', '>', '.', '\'', '"', '`', '%'])
}

/// Returns whether a name of a table or column is expected behind this text.
pub(super) fn is_name_position(before: &str) -> bool {
    const WORDS: &str = "FROM INTO UPDATE TABLE BY SET JOIN SELECT";
    let word = last_word(before.trim_end());
    before.ends_with([' ', '\n']) && WORDS.split(' ').any(|known| known == word)
}

fn last_word(text: &str) -> String {
    text.rsplit([' ', '\n', '\t', '(', ',']).next().unwrap_or("").to_ascii_uppercase()
}

fn is_in_brackets(raw: &str, start: usize, at: usize) -> bool {
    let before = raw.get(start..at).unwrap_or_default();
    before.matches('(').count() > before.matches(')').count()
}

fn read_words(raw: &str) -> Option<Sql> {
    let words = split_words(raw);
    let first =
        words.iter().position(|word| ["SELECT", "UPDATE", "DELETE"].contains(&uppercase_text(word).as_str()))?;
    // Anything but the sign of a literal (`f`, `r`) and quotes before it is no statement.
    let is_sign = words.first().is_some_and(|word| word.at == 0 && word.text.len() <= 2);

    if first > 1 || (first == 1 && !is_sign) {
        return None;
    }
    let words = words.get(first..)?;
    let verb = words.first().map(uppercase_text)?;
    let from = match verb.as_str() {
        "UPDATE" => 0,
        // Only words outside of brackets belong to the statement itself: a subquery has its own `FROM`.
        _ => words.iter().position(|word| word.depth == 0 && uppercase_text(word) == "FROM")?,
    };
    let table = words.get(from + 1)?;
    let alias = table_alias(words.get(from + 2), words.get(from + 3));
    let position = words.iter().position(|word| word.depth == 0 && uppercase_text(word) == "WHERE");
    let after = position.map_or(from + 1, |at| at + 1);
    let end_word =
        words.iter().skip(after).find(|word| word.depth == 0 && AFTER_CONDITION.contains(&&*uppercase_text(word)));
    let end = end_word.map_or_else(|| content_end(raw), |word| word.at);
    let at = raw.get(..end)?.trim_end_matches([' ', '\n', '\r', '\t', ';']).len();
    let marks = find_marks(raw);
    let condition = position.and_then(|at_word| words.get(at_word + 1)).map(|word| (word.at, at));
    let inside = words.iter().skip(after).take_while(|word| word.at < at);
    let joined = words.iter().any(|word| word.depth == 0 && uppercase_text(word) == "JOIN");
    let tables = raw.get(table.at..condition.map_or(at, |(start, _)| start))?;
    Some(Sql {
        table: table.text.trim_matches(['"', '`', '[', ']']).to_owned(),
        alias,
        // Tables joined by commas are joins as well, and need qualified columns.
        is_joined: joined || (verb == "SELECT" && tables.contains(',')),
        pairs: condition.map(|(start, end)| column_pairs(raw, start, end, &marks)).unwrap_or_default(),
        has_or: inside.clone().any(|word| word.depth == 0 && uppercase_text(word) == "OR"),
        opening: None,
        verb,
        condition,
        at,
        marks,
    })
}

fn uppercase_text(word: &Word) -> String {
    word.text.to_ascii_uppercase()
}

fn table_alias(next: Option<&Word>, after: Option<&Word>) -> String {
    const WORDS: [&str; 14] = [
        "WHERE",
        "SET",
        "JOIN",
        "LEFT",
        "INNER",
        "RIGHT",
        "CROSS",
        "ORDER",
        "GROUP",
        "LIMIT",
        "ON",
        "NATURAL",
        "RETURNING",
        "FOR",
    ];
    let Some(next) = next.filter(|next| !WORDS.contains(&&*uppercase_text(next)) && next.depth == 0) else {
        return String::new();
    };
    let name = if uppercase_text(next) == "AS" { after } else { Some(next) };
    name.map(|word| word.text.to_owned()).unwrap_or_default()
}

/// Words of letters, digits, `_` and `.`, with the depth of brackets that they stand in.
fn split_words(raw: &str) -> Vec<Word<'_>> {
    let mut found = Vec::new();
    let (mut depth, mut start) = (0usize, None);

    for (at, letter) in raw.char_indices().chain(Some((raw.len(), ' '))) {
        let is_part = letter.is_alphanumeric() || letter == '_' || letter == '.';
        match (start, is_part) {
            (None, true) => start = Some(at),
            (Some(from), false) => {
                found.push(Word { text: raw.get(from..at).unwrap_or(""), at: from, depth });
                start = None;
            }
            _ => {}
        }

        match letter {
            '(' => depth += 1,
            ')' => depth = depth.saturating_sub(1),
            _ => {}
        }
    }

    found
}

fn content_end(raw: &str) -> usize {
    let end = ["\"\"\"", "'''", "\"", "'", "`"].iter().find(|quote| raw.ends_with(**quote));
    raw.len() - end.map_or(0, |quote| quote.len())
}

fn find_marks(raw: &str) -> Vec<(usize, PlaceholderStyle)> {
    let mut found = Vec::new();
    let name_of = |rest: &str| -> String {
        rest.chars().take_while(|letter| letter.is_alphanumeric() || *letter == '_').collect()
    };
    let mut before = ' ';

    for (at, letter) in raw.char_indices() {
        let rest = raw.get(at + letter.len_utf8()..).unwrap_or("");
        let mark = match letter {
            '?' => Some(PlaceholderStyle::Question),
            '%' if rest.starts_with("s") => Some(PlaceholderStyle::Percent),
            '%' if rest.starts_with('(') => rest.get(1..).map(name_of).map(PlaceholderStyle::Named),
            '$' => name_of(rest).parse().ok().map(PlaceholderStyle::Dollar),
            // `::type` is a cast of PostgreSQL.
            ':' if before != ':' => Some(name_of(rest)).filter(|name| !name.is_empty()).map(PlaceholderStyle::Colon),
            _ => None,
        };

        found.extend(mark.map(|mark| (at, mark)));
        before = letter;
    }

    found
}

/// `column = mark` and `column IN (mark)` within the condition.
fn column_pairs(raw: &str, start: usize, end: usize, marks: &[(usize, PlaceholderStyle)]) -> Vec<(String, usize)> {
    let inside = marks.iter().enumerate().filter(|(_, (at, _))| (start..end).contains(at));
    let pair = |(place, (at, _)): (usize, &(usize, PlaceholderStyle))| {
        let left = raw.get(start..*at)?.trim_end();
        let left = left.strip_suffix('=')?.trim_end_matches(['=', ' ']);

        // Only equality ties a column to a value: `!=` and ranges leave other rows in.
        if left.ends_with(['!', '<', '>']) {
            return None;
        }
        let begin = left.rfind(|letter: char| !(letter.is_alphanumeric() || letter == '_' || letter == '.'));
        let column = left.get(begin.map_or(0, |at| at + 1)..)?;
        Some((column.rsplit('.').next().unwrap_or(column).to_owned(), place))
    };

    inside.filter_map(pair).collect()
}

/// What is put into a literal, and where the value goes among the values.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) struct Scoped {
    /// Insertions: offset in the literal, and text.
    pub insertions: Vec<(usize, String)>,
    /// Before which value the new one goes; absent for the end, where the number of values is known only at run time.
    pub place: Option<usize>,
    /// The name of the value, where values are given by name.
    pub name: Option<String>,
}

impl Sql {
    /// Returns the value of a mark; absent where its place among the values is known only at run time.
    pub(super) fn value_of<'v, T>(&self, place: usize, values: &[&'v T]) -> Option<&'v T> {
        let (at, _) = self.marks.get(place)?;
        match self.opening {
            // Behind what brings any number of marks, values are counted from the end.
            Some((_, last)) if *at > last => values.len().checked_sub(self.marks.len() - place),
            Some((first, _)) if *at > first => None,
            _ => Some(place),
        }
        .and_then(|at| values.get(at).copied())
    }

    /// Adds `column = mark` to the condition. `usual` is the mark of other statements, for one that has none. `None`
    /// where the place of its value, or its number, is known only at run time.
    pub(super) fn scoped(&self, column: &str, usual: &PlaceholderStyle) -> Option<Scoped> {
        // A statement keeps its own kind of mark, since drivers refuse a mixture.
        let like = self.marks.first().map_or(usual, |(_, mark)| mark);
        // Two joined tables may both have the column, and the database would refuse an ambiguous name.
        let qualified = match (self.is_joined, self.alias.is_empty()) {
            (true, false) => format!("{}.{column}", self.alias),
            (true, true) => format!("{}.{column}", self.table),
            (false, _) => column.to_owned(),
        };
        let has_more_before = self.opening.is_some_and(|(first, _)| first < self.at);
        let has_more_after = self.opening.is_some_and(|(_, last)| last >= self.at);
        let has_marks_after = has_more_after || self.marks.iter().any(|(at, _)| *at >= self.at);
        let is_by_name = matches!(like, PlaceholderStyle::Colon(_) | PlaceholderStyle::Named(_));
        let is_numbered = matches!(like, PlaceholderStyle::Dollar(_));

        if (is_numbered && (has_more_before || has_more_after)) || (!is_by_name && has_more_before && has_marks_after) {
            return None;
        }
        let place = self.marks.iter().filter(|(at, _)| *at < self.at).count();
        let (mark, place, name) = match like {
            PlaceholderStyle::Question => ("?".to_owned(), place, None),
            PlaceholderStyle::Percent => ("%s".to_owned(), place, None),
            // Numbered marks are tied to places, so that the new one takes the next number behind all others.
            PlaceholderStyle::Dollar(_) => {
                let highest = self
                    .marks
                    .iter()
                    .map(|(_, mark)| if let PlaceholderStyle::Dollar(n) = mark { *n } else { 0 })
                    .max();
                let next = highest.unwrap_or(0) + 1;
                (format!("${next}"), next - 1, None)
            }
            PlaceholderStyle::Colon(_) => (format!(":{column}"), place, Some(column.to_owned())),
            PlaceholderStyle::Named(_) => (format!("%({column})s"), place, Some(column.to_owned())),
        };

        let mut insertions = Vec::new();
        match self.condition {
            // AND binds stronger than OR: without brackets the new condition would hold for the last arm alone.
            Some((start, end)) if self.has_or => {
                insertions.push((start, "(".to_owned()));
                insertions.push((end, format!(") AND {qualified} = {mark}")));
            }
            Some(_) => insertions.push((self.at, format!(" AND {qualified} = {mark}"))),
            None => insertions.push((self.at, format!(" WHERE {qualified} = {mark}"))),
        }

        let place = Some(place).filter(|_| !has_more_before);
        Some(Scoped { insertions, place, name })
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn with(raw: &str, column: &str) -> (String, usize) {
        let Some(sql) = read_statement(raw) else { return (String::new(), 0) };
        let Some(scoped) = sql.scoped(column, &PlaceholderStyle::Question) else { return (String::new(), 0) };
        let mut made = raw.to_owned();

        for (at, text) in scoped.insertions.iter().rev() {
            made.insert_str(*at, text);
        }
        (made, scoped.place.unwrap_or_default())
    }

    #[test]
    fn a_condition_goes_where_the_database_takes_it() {
        for (raw, made, place) in [
            ("\"SELECT * FROM a WHERE id = ?\"", "\"SELECT * FROM a WHERE id = ? AND own = ?\"", 1),
            ("'SELECT * FROM a'", "'SELECT * FROM a WHERE own = ?'", 0),
            ("'SELECT * FROM a ORDER BY id LIMIT ?'", "'SELECT * FROM a WHERE own = ? ORDER BY id LIMIT ?'", 0),
            ("'DELETE FROM a WHERE id = %s;'", "'DELETE FROM a WHERE id = %s AND own = %s;'", 1),
            ("'UPDATE a SET x = ?, y = ? WHERE id = ?'", "'UPDATE a SET x = ?, y = ? WHERE id = ? AND own = ?'", 3),
            ("`SELECT * FROM a WHERE id = $1`", "`SELECT * FROM a WHERE id = $1 AND own = $2`", 1),
            (
                "'SELECT x FROM a i JOIN b ON b.a = i.id WHERE i.id = ?'",
                "'SELECT x FROM a i JOIN b ON b.a = i.id WHERE i.id = ? AND i.own = ?'",
                1,
            ),
            (
                "'SELECT x FROM a WHERE id = ? OR name = ?'",
                "'SELECT x FROM a WHERE (id = ? OR name = ?) AND own = ?'",
                2,
            ),
            (
                "\"\"\"\n  SELECT *\n  FROM a\n  WHERE id = :id\n\"\"\"",
                "\"\"\"\n  SELECT *\n  FROM a\n  WHERE id = :id AND own = :own\n\"\"\"",
                1,
            ),
        ] {
            assert_eq!(with(raw, "own"), (made.to_owned(), place), "{raw}");
        }
    }

    #[test]
    fn pairs_name_the_columns_that_values_are_compared_with() {
        let sql = read_statement("'SELECT * FROM a WHERE x.id = ? AND user_id=? AND n > ?'");
        assert_eq!(sql.map(|sql| sql.pairs), Some(vec![("id".to_owned(), 0), ("user_id".to_owned(), 1)]));
        assert!(read_statement("'please select one from the list'").is_none());
    }
}
