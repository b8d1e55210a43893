//! Lines on a page: colour, wrapping and cutting. Whatever is put on it is cleaned here, so no caller can forget.

use owo_colors::Style;

use crate::model::{Severity, clean_text};

/// How a report is put on the terminal; the caller decides, the renderer asks no environment.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct TextOptions {
    /// Whether to write colours.
    pub color: bool,
    /// Columns of the terminal; at least 40 are used.
    pub width: usize,
    /// Whether to leave out nothing.
    pub verbose: bool,
}

impl Default for TextOptions {
    fn default() -> Self {
        Self { color: false, width: 100, verbose: false }
    }
}

/// What a piece of text is, which decides its colour.
#[derive(Debug, Clone, Copy)]
pub(in crate::report) enum Tone {
    Plain,
    Strong,
    Dim,
    Good,
    Bad,
    Doubt,
    Alarm,
    Severity(Severity),
}

/// No text of a report is longer than this on the terminal; the JSON report has all of it.
const MAX_TEXT_CHARS: usize = 2000;

/// The text as it grows.
pub(in crate::report) struct TextPage {
    pub(in crate::report) options: TextOptions,
    out: String,
}

impl TextPage {
    pub(in crate::report) fn new(options: TextOptions) -> Self {
        Self { options: TextOptions { width: options.width.max(40), ..options }, out: String::new() }
    }

    pub(in crate::report) fn finish(self) -> String {
        let mut text = self.out.trim_end().to_owned();
        text.push('\n');
        text
    }

    pub(in crate::report) fn blank(&mut self) {
        if !self.out.is_empty() && !self.out.ends_with("\n\n") {
            self.out.push('\n');
        }
    }

    /// One line of pieces, cut at the right edge.
    pub(in crate::report) fn line(&mut self, indent: usize, pieces: &[(Tone, &str)]) {
        let mut room = self.options.width.saturating_sub(indent);
        self.out.push_str(&" ".repeat(indent));

        for (tone, text) in pieces {
            let text = cut_to_width(text, room);
            room = room.saturating_sub(text.chars().count());
            self.put(*tone, &text);
        }
        self.end_line();
    }

    /// One line, however long: commands must stay whole to be copied.
    pub(in crate::report) fn whole_line(&mut self, indent: usize, label: &str, text: &str) {
        self.out.push_str(&" ".repeat(indent));
        self.put(Tone::Dim, label);
        // `clean_text` multiplies the limit to reserve room: the greatest of all would overflow.
        let text = clean_text(text, usize::MAX / 8);
        self.put(Tone::Plain, &text);

        self.end_line();
    }

    /// A lead and a text that goes on in as many lines as it needs, all below the end of the lead.
    pub(in crate::report) fn wrapped(&mut self, indent: usize, lead: (Tone, &str), text: (Tone, &str)) {
        let start = indent + lead.1.chars().count();
        let width = self.options.width.saturating_sub(start).max(12);
        let lines = wrap_lines(&clean_text(text.1, MAX_TEXT_CHARS), width);

        for (number, line) in lines.iter().enumerate() {
            if number == 0 {
                self.out.push_str(&" ".repeat(indent));
                self.put(lead.0, lead.1);
            } else {
                self.out.push_str(&" ".repeat(start));
            }
            self.put(text.0, line);
            self.end_line();
        }
    }

    pub(in crate::report) fn heading(&mut self, text: &str) {
        self.blank();
        self.line(0, &[(Tone::Strong, text)]);
    }

    /// How many of a list to show; `verbose` shows all.
    pub(in crate::report) fn cap(&self, usual: usize) -> usize {
        if self.options.verbose { usize::MAX } else { usual }
    }

    /// Says that a list went on.
    pub(in crate::report) fn more(&mut self, indent: usize, left_out: usize, what: &str) {
        if left_out > 0 {
            self.line(
                indent,
                &[(Tone::Dim, &format!("and {left_out} more {what} (--verbose or --format json shows all)"))],
            );
        }
    }

    fn put(&mut self, tone: Tone, text: &str) {
        // Blanks get no colour, so that padding is found at the end of a line.
        match style_for_tone(tone).filter(|_| self.options.color && !text.trim().is_empty()) {
            Some(style) => self.out.push_str(&style.style(text).to_string()),
            None => self.out.push_str(text),
        }
    }

    fn end_line(&mut self) {
        // A colour ends with its reset, never with a blank, so this only takes padding away.
        while self.out.ends_with(' ') {
            self.out.pop();
        }
        self.out.push('\n');
    }
}

fn style_for_tone(tone: Tone) -> Option<Style> {
    let style = Style::new();
    Some(match tone {
        Tone::Plain => return None,
        Tone::Strong => style.bold(),
        Tone::Dim => style.dimmed(),
        Tone::Good => style.green(),
        Tone::Bad => style.red(),
        Tone::Doubt => style.yellow(),
        Tone::Alarm | Tone::Severity(Severity::Critical) => style.bold().white().on_red(),
        Tone::Severity(Severity::High) => style.bold().red(),
        Tone::Severity(Severity::Medium) => style.bold().yellow(),
        Tone::Severity(Severity::Low) => style.bold().blue(),
        Tone::Severity(Severity::Info) => style.cyan(),
    })
}

/// Cleans and cuts; `…` marks a cut.
fn cut_to_width(text: &str, room: usize) -> String {
    let text = clean_text(text, MAX_TEXT_CHARS);
    if text.chars().count() <= room {
        return text;
    }
    let mut kept: String = text.chars().take(room.saturating_sub(1)).collect();

    if room > 0 {
        kept.push('…');
    }
    kept
}

/// Breaks at blanks, and within words that are longer than a line. Never empty.
fn wrap_lines(text: &str, width: usize) -> Vec<String> {
    let mut lines = vec![String::new()];
    let mut used = 0;

    for word in text.split_whitespace() {
        let mut letters: Vec<char> = word.chars().collect();
        if used > 0 && used + 1 + letters.len() > width {
            lines.push(String::new());
            used = 0;
        }
        while letters.len() > width {
            let rest = letters.split_off(width);
            push_letters(&mut lines, &letters);
            lines.push(String::new());
            letters = rest;
        }

        if used > 0 {
            push_letters(&mut lines, &[' ']);
            used += 1;
        }
        push_letters(&mut lines, &letters);
        used += letters.len();
    }

    lines
}

fn push_letters(lines: &mut [String], letters: &[char]) {
    if let Some(line) = lines.last_mut() {
        line.extend(letters);
    }
}
