//! How a file is written: its line ends, its indentation, its quotes. A change keeps to them.

use crate::lang::Language;

/// How a file is written.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) struct CodeStyle {
    /// `\n` or `\r\n`.
    pub newline: &'static str,
    /// One level: spaces, or a tab (0).
    pub indent: usize,
    /// The usual quote.
    pub quote: char,
    /// Whether statements end with `;`.
    pub semicolons: bool,
}

impl CodeStyle {
    /// Reads how a text is written.
    pub(super) fn of(text: &str, language: Language) -> CodeStyle {
        let newline = if text.contains("\r\n") { "\r\n" } else { "\n" };
        let (single, double) = (text.matches('\'').count(), text.matches('"').count());
        let quote = if single > double { '\'' } else { '"' };
        // One line in five is enough: opening lines and comments have no semicolon in any style.
        let lines = text.lines().filter(|line| !line.trim().is_empty()).count().max(1);
        let ended = text.lines().filter(|line| line.trim_end().ends_with(';')).count();

        CodeStyle { newline, indent: indent_width(text, language), quote, semicolons: ended * 5 > lines }
    }

    /// Returns one level of indentation.
    pub(super) fn unit(&self) -> String {
        if self.indent == 0 { "\t".to_owned() } else { " ".repeat(self.indent) }
    }

    /// Returns a text in the usual quotes.
    pub(super) fn quoted(&self, text: &str) -> String {
        format!("{0}{text}{0}", self.quote)
    }

    /// Returns lines with this file's ends, each indented.
    pub(super) fn lines(&self, indent: &str, lines: &[String]) -> String {
        let indented = lines.iter().map(|line| {
            if line.is_empty() { self.newline.to_owned() } else { format!("{indent}{line}{}", self.newline) }
        });
        indented.collect()
    }
}

/// The smallest step from a line to a deeper one that follows it, which most files have nothing else of.
fn indent_width(text: &str, language: Language) -> usize {
    let mut counts = [0usize; 9];
    let mut before = 0;

    for line in text.lines().filter(|line| !line.trim().is_empty()) {
        // A tab anywhere at a line's start settles it: files with both are rare.
        if line.starts_with('\t') {
            return 0;
        }
        let now = line.len() - line.trim_start_matches(' ').len();

        if let Some(count) = now.checked_sub(before).and_then(|step| counts.get_mut(step)) {
            *count += 1;
        }
        before = now;
    }

    let usual = if language == Language::Python { 4 } else { 2 };
    let steps = [2usize, 3, 4, 8].into_iter();
    let most = steps.max_by_key(|step| (counts.get(*step).copied().unwrap_or(0), usize::from(*step == usual)));
    most.filter(|step| counts.get(*step).copied().unwrap_or(0) > 0).unwrap_or(usual)
}

/// Returns the first byte of a statement with the word that declares: `const name = ..` is read from its name on.
pub(super) fn declared_from(text: &str, at: usize) -> usize {
    let before = text.get(..at).unwrap_or_default().trim_end_matches(' ');
    let word = ["const", "let", "var"].into_iter().find_map(|word| before.strip_suffix(word));
    word.filter(|rest| !rest.ends_with(|letter: char| letter.is_alphanumeric() || letter == '_')).map_or(at, str::len)
}

/// Returns the blanks before the first letter of the line that this byte is in.
pub(super) fn indent_at(text: &str, at: usize) -> &str {
    let start = line_start(text, at);
    let line = text.get(start..).unwrap_or("");
    let end = line.find(|letter| letter != ' ' && letter != '\t').unwrap_or(line.len());
    line.get(..end).unwrap_or("")
}

/// Returns the first byte of the line that this byte is in.
pub(super) fn line_start(text: &str, at: usize) -> usize {
    text.get(..at).and_then(|before| before.rfind('\n')).map_or(0, |found| found + 1)
}

/// Returns the byte after the end of the line that this byte is in.
pub(super) fn line_end(text: &str, at: usize) -> usize {
    text.get(at..).and_then(|after| after.find('\n')).map_or(text.len(), |found| at + found + 1)
}
