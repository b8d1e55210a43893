//! Paths as Express writes them.

use super::run::{PATTERN, UNKNOWN_PART};

/// Stands in a path for a part that is made at runtime.
pub(super) const UNKNOWN: &str = "{unknown}";

/// Returns a path in a form that `normalise` reads. `None` for a regular expression that says too little.
pub(super) fn written_path(written: &str) -> Option<String> {
    if let Some(pattern) = written.strip_prefix(PATTERN) {
        return path_of_pattern(pattern);
    }
    // What stands before the first part that is known is most often empty; anything else is a parameter to clients.
    let known = written.trim_start_matches(UNKNOWN_PART);
    let path = known.replace(UNKNOWN_PART, UNKNOWN).replace("(.*)", "*").replace("/?", "/");

    Some(without_optional(&path))
}

/// `/users{/:id}` of Express 5 is `/users/:id`; braces within a group belong to a pattern.
fn without_optional(path: &str) -> String {
    let mut made = String::new();
    let (mut depth, mut is_name) = (0usize, false);
    let mut letters = path.chars().peekable();

    while let Some(letter) = letters.next() {
        match letter {
            '(' => depth += 1,
            ')' => depth = depth.saturating_sub(1),
            '{' if depth == 0 => {
                is_name = letters.peek().is_some_and(|next| next.is_alphanumeric());
                if !is_name {
                    continue;
                }
            }
            '}' if depth == 0 && !std::mem::take(&mut is_name) => continue,
            _ => {}
        }

        made.push(letter);
    }

    made
}

/// Reads the plain ones: `/^\/users\/(\d+)$/`. What may follow where it has no end is left out.
fn path_of_pattern(pattern: &str) -> Option<String> {
    let (inner, _) = pattern.strip_prefix('/')?.rsplit_once('/')?;
    let inner = inner.strip_prefix('^').unwrap_or(inner).trim_end_matches('$');
    let inner = inner.replace("\\/", "/").replace("\\.", ".").replace("\\-", "-");
    let inner = inner.strip_suffix("/?").unwrap_or(&inner);
    let mut made = String::new();
    let (mut rest, mut n_groups) = (inner, 0);

    while let Some(letter) = rest.chars().next() {
        if letter == '(' {
            let (group, after) = split_group(rest)?;
            // `(?:$|\/(.*))`: it may end here.
            if !group.starts_with("?:$|") {
                made.push_str(&format!("{{{n_groups}}}"));
                n_groups += 1;
            }
            rest = after.strip_prefix('?').unwrap_or(after);
        } else if letter.is_alphanumeric() || "/-_.~".contains(letter) {
            made.push(letter);
            rest = rest.get(letter.len_utf8()..)?;
        } else {
            // Any other operator would leave a path that clients cannot call.
            return None;
        }
    }

    made.starts_with('/').then_some(made)
}

/// Splits a text that begins with a group: what is in it, and what comes after it.
fn split_group(text: &str) -> Option<(&str, &str)> {
    let (mut depth, mut is_class, mut is_escaped) = (0usize, false, false);
    for (at, letter) in text.char_indices() {
        match letter {
            _ if std::mem::take(&mut is_escaped) => {}
            '\\' => is_escaped = true,
            '[' => is_class = true,
            ']' => is_class = false,
            '(' if !is_class => depth += 1,
            ')' if !is_class => {
                depth = depth.checked_sub(1)?;
                if depth == 0 {
                    return Some((text.get(1..at)?, text.get(at + 1..)?));
                }
            }
            _ => {}
        }
    }

    None
}

/// Returns whether what is registered below one path sees requests to another.
pub(super) fn covers_path(below: &str, path: &str) -> bool {
    let mut parts = path.split('/').filter(|part| !part.is_empty());
    for part in below.split('/').filter(|part| !part.is_empty()) {
        if part == "{rest}" {
            return true;
        }
        match parts.next() {
            // A parameter below stands for any one part; a fixed part must be equal.
            Some(other) if part == other || part.contains('{') => {}
            _ => return false,
        }
    }

    true
}
