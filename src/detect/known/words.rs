//! Values that a person made of words: the same letters stand in harmless text, as a part of longer words.

use std::ops::Range;

use super::{EXACT_BELOW, MIN_VALUE_CHARS};
use crate::detect::secrets::is_wordy;

/// What may stand between the words of a value.
const JOINTS: &[u8] = b"-_.:/ ";

/// Whether a whole value is a word, a few words or a number, so that it counts only where no word goes on around it.
pub(super) fn is_word(value: &str) -> bool {
    // A short number is a year, a count or an id somewhere in every report.
    let is_number = value.bytes().all(|byte| byte.is_ascii_digit());
    let is_short = value.len() < MIN_VALUE_CHARS || is_number && value.len() < EXACT_BELOW;
    is_written(value.as_bytes()) && (is_short || is_wordy(value))
}

/// Whether a part of a value is words that any text may have, rather than most of a passphrase.
pub(super) fn is_common_part(part: &[u8], n_whole: usize) -> bool {
    // Three quarters of a passphrase leave little to guess.
    let is_most = part.len() >= EXACT_BELOW && part.len() * 4 >= n_whole * 3;
    !is_most && is_written(part) && std::str::from_utf8(part).is_ok_and(is_wordy)
}

/// Words of one case, or with a capital first letter, and numbers; a machine mixes more.
fn is_written(bytes: &[u8]) -> bool {
    let is_known = bytes.iter().all(|byte| byte.is_ascii_alphanumeric() || JOINTS.contains(byte));
    // `summer2024` changes between letters and digits once, a random value again and again.
    let breaks = bytes.windows(2).filter(|two| match two {
        [a, b] => a.is_ascii_digit() && b.is_ascii_alphabetic() || a.is_ascii_alphabetic() && b.is_ascii_digit(),
        _ => false,
    });
    let mut words = bytes.split(|byte| !byte.is_ascii_alphabetic());
    is_known && breaks.count() <= 1 && words.all(is_one_case)
}

fn is_one_case(word: &[u8]) -> bool {
    let behind = word.get(1..).unwrap_or_default();
    behind.iter().all(u8::is_ascii_lowercase) || word.iter().all(u8::is_ascii_uppercase)
}

/// Whether a place is words of their own: neither a part of a longer one nor the name of a JSON field.
pub(super) fn is_bounded(bytes: &[u8], place: &Range<usize>) -> bool {
    let is_alphanumeric = |at: Option<usize>| at.and_then(|at| bytes.get(at)).is_some_and(u8::is_ascii_alphanumeric);
    let goes_on = |a, b| is_alphanumeric(a) && is_alphanumeric(b);
    let last = place.end.checked_sub(1);
    !goes_on(place.start.checked_sub(1), Some(place.start)) && !goes_on(last, Some(place.end)) && !is_key(bytes, place)
}

/// Whether a place is the name of a JSON field.
pub(super) fn is_key(bytes: &[u8], place: &Range<usize>) -> bool {
    let before = place.start.checked_sub(1).and_then(|at| bytes.get(at));
    let is_quoted = before.is_some_and(|quote| b"\"'".contains(quote)) && before == bytes.get(place.end);
    let mut behind = bytes.iter().skip(place.end + 1).skip_while(|byte| byte.is_ascii_whitespace());
    is_quoted && behind.next() == Some(&b':')
}
