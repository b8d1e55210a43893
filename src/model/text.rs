//! Text of the target is hostile to whoever reads it; here it is made harmless to show.

/// Makes text of the target safe for terminals, logs and models: control, bidirectional, zero-width and tag
/// characters are dropped, line breaks become spaces, and at most `max_chars` characters are kept (`…` marks a cut).
///
/// Ranges after Unicode UTS #39 and Trojan Source (CVE-2021-42574).
pub fn clean_text(text: &str, max_chars: usize) -> String {
    let mut kept = String::with_capacity(text.len().min(max_chars * 4));
    let mut count = 0;
    let mut in_escape = false;

    for character in text.chars() {
        // The rest of a sequence goes with its escape, or `[31m` would be left in the text.
        if in_escape {
            in_escape = !(character.is_ascii_alphabetic() || character == '\u{7}' || character == '~');
            continue;
        }
        if character == '\u{1b}' {
            in_escape = true;
            continue;
        }
        // A line break would let the target write lines of its own into logs and reports.
        let shown = match character {
            '\n' | '\r' | '\t' => ' ',
            other if is_invisible(other) => continue,
            other => other,
        };
        if count == max_chars {
            kept.push('…');
            break;
        }
        kept.push(shown);
        count += 1;
    }

    kept
}

/// A name of the target (path, key, header, operation id) for a model's eyes: [`clean_text`], then everything that
/// does not belong in a name becomes `_`.
pub fn clean_name(text: &str, max_chars: usize) -> String {
    clean_text(text, max_chars)
        .chars()
        .map(|character| {
            if character.is_alphanumeric() || "_.-[]$/{}:?=&~@,+*()'… ".contains(character) { character } else { '_' }
        })
        .collect()
}

/// Returns the first of many texts in one line, each by `shown`, and how many more there are: `a, b and 3 more`.
pub fn name_first(texts: &[String], most: usize, shown: impl Fn(&str) -> String) -> String {
    let named: Vec<String> = texts.iter().take(most).map(|text| shown(text)).collect();
    let more = texts.len().saturating_sub(most);
    let more = if more > 0 { format!(" and {more} more") } else { String::new() };
    format!("{}{more}", named.join(", "))
}

/// Whether a character is seen where it stands, and changes nothing around it.
pub fn is_shown(character: char) -> bool {
    !is_invisible(character)
}

/// Text of more than one line made safe: as [`clean_text`], but line breaks and tabs stay.
pub fn clean_lines(text: &str) -> String {
    text.split_inclusive(['\n', '\t'])
        .flat_map(|piece| {
            let end = piece.chars().last().filter(|last| matches!(last, '\n' | '\t'));
            let body = end.map_or(piece, |last| piece.strip_suffix(last).unwrap_or(piece));
            // A text has no more characters than bytes, so nothing is cut.
            [clean_text(body, body.len()), end.map(String::from).unwrap_or_default()]
        })
        .collect()
}

fn is_invisible(character: char) -> bool {
    matches!(
        character,
        '\u{0}'..='\u{1f}' | '\u{7f}'..='\u{9f}' | '\u{ad}' | '\u{34f}' | '\u{61c}' | '\u{115f}' | '\u{1160}'
            | '\u{17b4}' | '\u{17b5}' | '\u{180b}'..='\u{180f}' | '\u{200b}'..='\u{200f}' | '\u{2028}'..='\u{202e}'
            | '\u{2060}'..='\u{206f}' | '\u{3164}' | '\u{fe00}'..='\u{fe0f}' | '\u{feff}' | '\u{ffa0}'
            | '\u{fff9}'..='\u{fffb}' | '\u{1d173}'..='\u{1d17a}' | '\u{e0000}'..='\u{e0fff}'
    )
}
