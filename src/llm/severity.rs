//! How bad it is when a prompt comes out: by what stands in it.

use super::overlap::normal_text;
use crate::model::Severity;

/// Returns high where secrets stand in it, medium for hosts and rules; a mere persona is low.
pub fn severity_of_prompt(prompt: &str) -> Severity {
    let text = normal_text(prompt);
    let named = ["password", "api key", "api-key", "apikey", "secret", "token", "credential"];
    let valued = |line: &str| named.iter().any(|name| line.contains(name)) && has_value(line);

    if prompt.lines().any(|line| valued(&line.to_lowercase())) {
        return Severity::High;
    }
    let telling =
        ["http://", "https://", ".internal", ".local", "never ", "must not", "do not", "don't", "only if", "unless"];
    if telling.iter().any(|word| text.contains(word)) { Severity::Medium } else { Severity::Low }
}

/// Whether a line has a word of 12 or more bytes with letters and digits; blanks, quotes, commas, `=` and `:` part words.
fn has_value(line: &str) -> bool {
    let words = line.split(|c: char| c.is_whitespace() || matches!(c, '=' | ':' | '"' | '\'' | ','));
    words.into_iter().any(|word| {
        word.len() >= 12 && word.chars().any(|c| c.is_ascii_digit()) && word.chars().any(char::is_alphabetic)
    })
}
