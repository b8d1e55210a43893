//! Laying out text in columns. Text of the target is cleaned here before a terminal sees it.

use crate::model::clean_text;

/// A column of a table.
#[derive(Debug, Clone, Copy)]
pub struct LayoutColumn {
    /// Its heading.
    pub heading: &'static str,
    /// Whether it gives way when the terminal is narrow; one column of a table should.
    pub shrinks: bool,
}

/// Spaces between columns.
const GAP: usize = 2;
/// Columns that a shrinking column keeps.
const LEAST_COLUMNS: usize = 12;
/// Characters of one paragraph that are shown; evidence is capped when recorded, this is the last cap.
const MOST_CHARACTERS: usize = 20_000;

/// At most `columns` characters; `…` marks a cut. Control characters are dropped.
pub fn cut_text(text: &str, columns: usize) -> String {
    let cleaned = clean_text(text, MOST_CHARACTERS);
    if cleaned.chars().count() <= columns {
        return cleaned;
    }
    let kept: String = cleaned.chars().take(columns.saturating_sub(1)).collect();
    kept + "…"
}

/// Breaks text at spaces into lines of at most `width` columns, each behind `indent` spaces. Line breaks of the text
/// stay; words longer than a line are not broken, so that they can be copied.
pub fn wrap_text(text: &str, width: usize, indent: usize) -> String {
    let room = width.saturating_sub(indent).max(LEAST_COLUMNS);
    let pad = " ".repeat(indent);
    let mut out = String::new();

    for paragraph in text.lines() {
        let mut line = String::new();
        for word in clean_text(paragraph, MOST_CHARACTERS).split(' ') {
            let used = line.chars().count();
            // A line of spaces alone is the text's indentation, which stays with its first word.
            if !line.trim().is_empty() && used + 1 + word.chars().count() > room {
                push_line(&mut out, &pad, &line);
                line.clear();
            } else if used > 0 || !line.is_empty() {
                line.push(' ');
            }
            line.push_str(word);
        }

        push_line(&mut out, &pad, &line);
    }

    out
}

/// Code and evidence as it stands, cleaned line by line, behind `indent` spaces.
pub fn indent_text(text: &str, indent: usize) -> String {
    let pad = " ".repeat(indent);
    let mut out = String::new();

    for line in text.lines() {
        let spaced = line.replace('\t', "    ");
        push_line(&mut out, &pad, &clean_text(&spaced, MOST_CHARACTERS));
    }
    out
}

/// A table with headings; every row ends where its last cell ends.
pub fn render_table(columns: &[LayoutColumn], rows: &[Vec<String>], width: usize) -> String {
    let widths = column_widths(columns, rows, width);
    let headings: Vec<String> = columns.iter().map(|column| column.heading.to_owned()).collect();
    std::iter::once(&headings).chain(rows).map(|row| table_row(row, &widths)).collect()
}

fn table_row(row: &[String], widths: &[usize]) -> String {
    let mut line = String::new();
    for (cell, width) in row.iter().zip(widths) {
        let cell = cut_text(cell, *width);
        let missing = width.saturating_sub(cell.chars().count()) + GAP;
        line.push_str(&cell);
        line.push_str(&" ".repeat(missing));
    }

    line.trim_end().to_owned() + "\n"
}

fn column_widths(columns: &[LayoutColumn], rows: &[Vec<String>], width: usize) -> Vec<usize> {
    let wanted = |(place, column): (usize, &LayoutColumn)| {
        let cells = rows.iter().filter_map(|row| row.get(place)).map(|cell| cell.chars().count());
        cells.chain([column.heading.chars().count()]).max().unwrap_or_default()
    };
    let mut widths: Vec<usize> = columns.iter().enumerate().map(wanted).collect();
    let total: usize = widths.iter().map(|width| width + GAP).sum::<usize>().saturating_sub(GAP);
    let mut missing = total.saturating_sub(width);

    for (place, column) in widths.iter_mut().zip(columns) {
        // Verdicts and ids stay whole; only columns of long names give way.
        if column.shrinks && missing > 0 {
            let given = place.saturating_sub(LEAST_COLUMNS).min(missing);
            *place -= given;
            missing -= given;
        }
    }

    widths
}

fn push_line(out: &mut String, pad: &str, line: &str) {
    let line = line.trim_end();
    if !line.is_empty() {
        out.push_str(pad);
        out.push_str(line);
    }
    out.push('\n');
}
