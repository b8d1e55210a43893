//! The words that a wallet's keys are made from (BIP-39: 12, 15, 18, 21 or 24 of them; Monero has 25).

use std::collections::HashSet;
use std::ops::Range;

use super::assigned::find_assignment;
use super::found::{Certainty, FoundSecret};

/// How many words a phrase has.
const COUNTS: [usize; 6] = [12, 15, 18, 21, 24, 25];
/// Words of sentences that no list of such words has.
const OF_SENTENCES: [&str; 16] = [
    "the", "and", "for", "with", "from", "your", "are", "was", "has", "his", "her", "not", "but", "were", "our", "its",
];
/// Beginnings of the phrases that BIP-39 gives as test vectors.
const SAMPLES: [&str; 3] = ["abandon ", "legal winner thank ", "letter advice cage "];
/// Longest phrase.
const MAX_BYTES: usize = 400;
/// Endings of names, normalised.
pub(super) const NAMES: [&str; 7] =
    ["mnemonic", "mnemonicphrase", "mnemonicseed", "seedphrase", "recoveryphrase", "seedwords", "walletphrase"];

/// Looks at what is assigned to the name around a hit.
pub(super) fn find_assigned(text: &[u8], hit: Range<usize>) -> Option<FoundSecret> {
    let start = find_assignment(text, &hit)?.start;
    let rest = text.get(start..text.len().min(start + MAX_BYTES))?;
    let length = rest.iter().take_while(|byte| byte.is_ascii_lowercase() || **byte == b' ').count();
    let phrase = std::str::from_utf8(rest.get(..length)?).ok()?.trim_end();

    is_phrase(phrase).then(|| build_found(start..start + phrase.len()))
}

/// What stands under a phrase's name in JSON.
pub(super) fn find_in_field(name: &str, text: &str) -> Option<FoundSecret> {
    let is_named = NAMES.iter().any(|ending| name.ends_with(ending));
    (is_named && text.len() <= MAX_BYTES && is_phrase(text)).then(|| build_found(0..text.len()))
}

fn build_found(range: Range<usize>) -> FoundSecret {
    FoundSecret { rule: "recovery-phrase".to_owned(), range, confidence: Certainty::Medium, prefix: None }
}

/// So many words of three to twelve small letters, hardly one twice, none of a sentence. The phrases of test vectors
/// repeat one word.
fn is_phrase(text: &str) -> bool {
    let words: Vec<&str> = text.split(' ').collect();
    let is_word = |word: &&str| (3..=12).contains(&word.len()) && word.bytes().all(|byte| byte.is_ascii_lowercase());
    let different: HashSet<&str> = words.iter().copied().collect();
    COUNTS.contains(&words.len())
        && !SAMPLES.iter().any(|sample| text.starts_with(sample))
        && words.iter().all(is_word)
        && different.len() * 4 >= words.len() * 3
        && !words.iter().any(|word| OF_SENTENCES.contains(word))
}
