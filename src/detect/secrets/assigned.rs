//! Which value a text gives to a name: as a program or a settings file writes it, as a sentence or a table tells it, and
//! as a page shows it.

use std::ops::Range;

/// A name and where its value begins.
pub(super) struct Assignment {
    /// In lower case; with the words that stand between it and the value where a sentence tells it.
    pub name: String,
    /// The name alone, in lower case.
    pub noun: String,
    /// Where the value begins.
    pub start: usize,
    /// How far it may stand from the name is bounded by the grammar, not by the number of bytes.
    pub is_told: bool,
}

/// Words and marks that join a name to a value in prose and in tables, the longest first.
const JOINTS: [&[u8]; 9] =
    [b" is set to ", b" is now ", b" set to ", b" is: ", b" is ", b" was ", b" are ", b": ", b" | "];
/// Words for what belongs to a secret and is none.
const OTHERS: [&[u8]; 35] = [
    b"id",
    b"ids",
    b"identifier",
    b"name",
    b"names",
    b"type",
    b"kind",
    b"version",
    b"prefix",
    b"format",
    b"length",
    b"hash",
    b"fingerprint",
    b"expiry",
    b"expiration",
    b"date",
    b"count",
    b"url",
    b"uri",
    b"endpoint",
    b"path",
    b"file",
    b"policy",
    b"pattern",
    b"hint",
    b"label",
    b"reference",
    b"ref",
    b"arn",
    b"algorithm",
    b"status",
    b"size",
    b"field",
    b"parameter",
    b"variable",
];
/// Most bytes between a name and a joint: `token that this workspace uses is …`.
const MAX_BETWEEN: usize = 64;
/// Most bytes of tags between a name and a value.
const MAX_TAGS: usize = 160;

/// The name around a hit, and the value that is assigned to it.
pub(super) fn find_assignment(text: &[u8], hit: &Range<usize>) -> Option<Assignment> {
    // From the strictest grammar to the loosest: a sentence is read only where no `=` or `:` follows the name.
    let found =
        plain_assignment(text, hit).or_else(|| prose_assignment(text, hit)).or_else(|| markup_assignment(text, hit))?;
    // `The id of the API key`.
    let is_part = found.noun.rsplit_once(" of ").is_some_and(|(part, _)| is_of_another(part.as_bytes()));
    (!is_part).then_some(found)
}

/// The name around a hit in lower case, and where its value begins.
pub(super) fn find_assigned_name(text: &[u8], hit: Range<usize>) -> Option<(String, usize)> {
    find_assignment(text, &hit).map(|found| (found.name, found.start))
}

/// `name = "`, `name: `, `"name": "`, `name=>'`, `name":\"`, `**name:** `.
fn plain_assignment(text: &[u8], hit: &Range<usize>) -> Option<Assignment> {
    let of_name = |byte: &u8| byte.is_ascii_alphanumeric() || b"_-. ".contains(byte);
    let back = text.get(..hit.start)?.iter().rev().take(40).take_while(|byte| of_name(byte)).count();
    let ahead = text.get(hit.end..)?.iter().take(40).take_while(|byte| of_name(byte)).count();
    let name = String::from_utf8_lossy(text.get(hit.start - back..hit.end + ahead)?).to_ascii_lowercase();
    let mut at = hit.end + ahead;
    at += count_leading(text, at, b"\\\"'`]* ", 5);
    let separator = count_leading(text, at, b"=:>", 2);
    (separator > 0).then_some(())?;
    at += separator;

    if text.get(at..)?.starts_with(b"** ") {
        at += 2;
    }
    at += count_leading(text, at, b" \t", 4);
    at += count_leading(text, at, b"\\\"'`", 3);
    Some(Assignment { noun: name.clone(), name, start: at, is_told: false })
}

/// ``The token that we use is …``, `` `name` is set to "…" ``, `| name | … |`.
fn prose_assignment(text: &[u8], hit: &Range<usize>) -> Option<Assignment> {
    let (name_start, name_end) = word_around(text, hit)?;
    let window = text.get(name_end..text.len().min(name_end + MAX_BETWEEN))?;
    // At the end of a sentence or the edge of a bracket, what follows is the value of something else.
    let ends = |at: usize| {
        let two = window.get(at..at + 2).unwrap_or_default();
        matches!(two.first(), Some(b'\n' | b'{' | b'}' | b'<' | b'>' | b';' | b'(' | b'[' | b','))
            || matches!(two, b"\\n" | b"\\r" | b". " | b"? " | b"! ")
    };
    let length = (0..window.len()).find(|at| ends(*at)).unwrap_or(window.len());
    let joint_at = |at: usize| JOINTS.into_iter().find(|joint| window.get(at..).is_some_and(|w| w.starts_with(joint)));
    let (at, joint) = (0..length).find_map(|at| joint_at(at).map(|joint| (at, joint)))?;
    (!is_of_another(window.get(..at)?)).then_some(())?;
    let mut start = name_end + at + joint.len();
    start += count_leading(text, start, b"\\\"'`*", 3);
    let lower = |range: Range<usize>| text.get(range).map(|part| String::from_utf8_lossy(part).to_ascii_lowercase());

    // A sentence has the vendor's name before the word that says what it is, as well as behind it.
    let before = text.get(..name_start)?.iter().rev().take(40).take_while(|byte| is_of_sentence(**byte)).count();
    let name = lower(name_start - before..name_end + at)?;
    Some(Assignment { name, noun: lower(name_start - before..name_end)?, start, is_told: true })
}

/// Whether the words between a name and a joint say that what comes is something else: the token's id, its expiry.
fn is_of_another(between: &[u8]) -> bool {
    let words = between.split(|byte| !byte.is_ascii_alphanumeric()).filter(|word| !word.is_empty());
    words.into_iter().any(|word| OTHERS.iter().any(|other| other.eq_ignore_ascii_case(word)))
}

/// `<input name="name" value="…">`, `<dt>name</dt><dd>…`, `<td>name</td><td><code>…`.
fn markup_assignment(text: &[u8], hit: &Range<usize>) -> Option<Assignment> {
    let of_name = |byte: &u8| byte.is_ascii_alphanumeric() || b"_-. ".contains(byte);
    let back = text.get(..hit.start)?.iter().rev().take(40).take_while(|byte| of_name(byte)).count();
    let ahead = text.get(hit.end..)?.iter().take(40).take_while(|byte| of_name(byte)).count();
    let (start, end) = (hit.start - back, hit.end + ahead);
    let rest = text.get(end..text.len().min(end + MAX_TAGS))?;
    let is_attribute = matches!(rest.first(), Some(b'"' | b'\''));
    // A whole attribute, or the end of an element: a name within running text has no cell beside it.
    let begins =
        if is_attribute { text.get(..start)?.ends_with(&[b'=', *rest.first()?]) } else { rest.starts_with(b"</") };
    begins.then_some(())?;
    let tags = if is_attribute { rest.iter().position(|byte| *byte == b'>')? + 1 } else { length_of_tags(rest) };
    let inside = rest.get(..tags)?;
    let mark: &[u8] = b" value=";
    let at = match inside.windows(mark.len()).position(|window| window == mark) {
        Some(at) => at + mark.len() + 1,
        None if is_attribute => return None,
        None => tags,
    };
    let name = String::from_utf8_lossy(text.get(start..end)?).to_ascii_lowercase();

    // Forms send names such as `token` against forgery.
    (name.trim().len() > "token".len()).then_some(())?;
    Some(Assignment { noun: name.clone(), name, start: end + at, is_told: true })
}

/// How many bytes are tags and space.
fn length_of_tags(text: &[u8]) -> usize {
    let mut at = 0;
    loop {
        at += count_leading(text, at, b" \t\r\n", 16);
        let rest = text.get(at..).unwrap_or_default();

        match rest.iter().position(|byte| *byte == b'>') {
            Some(end) if rest.starts_with(b"<") => at += end + 1,
            _ => return at,
        }
    }
}

/// The name without spaces that the hit is part of.
fn word_around(text: &[u8], hit: &Range<usize>) -> Option<(usize, usize)> {
    let of_word = |byte: &u8| byte.is_ascii_alphanumeric() || b"_-".contains(byte);
    let back = text.get(..hit.start)?.iter().rev().take(40).take_while(|byte| of_word(byte)).count();
    let ahead = text.get(hit.end..)?.iter().take(40).take_while(|byte| of_word(byte)).count();
    Some((hit.start - back, hit.end + ahead))
}

fn is_of_sentence(byte: u8) -> bool {
    byte.is_ascii_alphanumeric() || b"_- ".contains(&byte)
}

fn count_leading(text: &[u8], at: usize, of: &[u8], most: usize) -> usize {
    text.get(at..).unwrap_or_default().iter().take(most).take_while(|byte| of.contains(byte)).count()
}
