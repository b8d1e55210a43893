//! Whether a value was drawn by a machine: its characters change class more often than names and words do, and its
//! letters do not follow each other as those of words do.

use std::collections::HashSet;
use std::sync::LazyLock;

use super::allow::shannon_entropy;

/// The pairs of letters that make up most of English text.
const PAIRS: &str = "\
    th he in er an re on at en nd ti es or te of ed is it al ar st to nt ng se ha as ou io le ve co me \
    de hi ri ro ic ne ea ra ce li ch ll be ma si om ur ca el ta la ns di fo ho pe ec pr no ct us ac ot \
    il tr ly nc et ut ss so rs un lo wa ge ie wh ee wi em ad ol rt po we na ul ni";

/// Share of a value's letter pairs, in percent, from which on it reads like words.
const WORDY: usize = 45;

/// Whether a value is random beyond doubt, by characters that no writer puts beside each other.
pub(super) fn is_scrambled(value: &str) -> bool {
    let bytes = value.as_bytes();
    let digits = bytes.iter().filter(|byte| byte.is_ascii_digit()).count();
    let letters = bytes.iter().filter(|byte| byte.is_ascii_alphabetic()).count();
    let marks = bytes.iter().filter(|byte| is_mark(**byte)).count();
    // Names such as `Sha256Digest` change class as well, but not at every fifth character.
    let breaks = bytes.windows(2).filter(|two| matches!(two, [a, b] if is_break(*a, *b))).count();

    // Without a digit and a mark, it takes more letters to tell.
    let enough = if digits + marks > 0 { 12 } else { 20 };
    value.is_ascii()
        && bytes.len() >= enough
        && letters >= 4
        && breaks >= 4
        && breaks * 5 >= bytes.len()
        && shannon_entropy(bytes) >= 3.2
        && !is_wordy(value)
}

/// Whether it reads like words, whatever stands between them.
pub(in crate::detect) fn is_wordy(value: &str) -> bool {
    let pairs = value.as_bytes().windows(2).filter(|two| two.iter().all(u8::is_ascii_alphabetic));
    let (mut all, mut common) = (0, 0);

    for two in pairs {
        all += 1;
        common += usize::from(is_common(two));
    }
    // In hexadecimal digits, letters seldom stand beside each other, and few of them are pairs of words.
    all > 0 && all * 5 >= value.len() * 2 && common * 100 >= all * WORDY
}

fn is_common(two: &[u8]) -> bool {
    static COMMON: LazyLock<HashSet<Vec<u8>>> =
        LazyLock::new(|| PAIRS.split(' ').map(|pair| pair.as_bytes().to_vec()).collect());
    COMMON.contains(two.to_ascii_lowercase().as_slice())
}

/// A change of class that words do not have: a capital within, a digit or a mark beside a letter.
fn is_break(a: u8, b: u8) -> bool {
    let class = |byte: u8| match byte {
        b'a'..=b'z' => 0,
        b'A'..=b'Z' => 1,
        b'0'..=b'9' => 2,
        byte if is_mark(byte) => 3,
        _ => 4,
    };

    let (a, b) = (class(a), class(b));
    // A capital before a small letter begins a word.
    a != b && a != 4 && b != 4 && (a, b) != (1, 0)
}

/// Marks that stand in passwords; those that join words are none.
fn is_mark(byte: u8) -> bool {
    b"!@#$%^&*+=?~".contains(&byte)
}
