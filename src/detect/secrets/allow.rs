//! What looks like a secret and stands for one: placeholders, masks, samples of documentation, counted-up characters.

use super::random::is_scrambled;

/// Words that stand in samples and in no random value.
const WORDS: [&str; 19] = [
    "example",
    "placeholder",
    "your",
    "xxxx",
    "redacted",
    "changeme",
    "change-me",
    "dummy",
    "sample",
    "fake",
    "replace",
    "insert",
    "notreal",
    "not-real",
    "not-a-real",
    "secret",
    "masked",
    "hidden",
    "lorem",
];
/// Whole values that nobody keeps secret; compared in lower case.
const NO_PASSWORDS: [&str; 39] = [
    "password",
    "passwd",
    "pass",
    "pwd",
    "pw",
    "secret",
    "changeme",
    "change_me",
    "changeit",
    "user",
    "username",
    "admin",
    "root",
    "test",
    "guest",
    "default",
    "none",
    "null",
    "string",
    "token",
    "mypassword",
    "my-password",
    "p4ss",
    "mypass",
    "pass123",
    "password123",
    "password1",
    "foo",
    "bar",
    "baz",
    "yourpassword",
    "postgres",
    "mysql",
    "hidden",
    "p@ssw0rd",
    "passw0rd",
    "s3cr3t",
    "s3cret",
    "p4ssw0rd",
];

/// Values of RFC 6749, RFC 6750 and RFC 5849, which half of all documentation shows.
const OF_STANDARDS: [&str; 9] = [
    "2YotnFZFEjr1zCsicMWpAA",
    "tGzv3JOkF0XG5Qx2TlKWIA",
    "czZCaGRSa3F0MzpnWDFmQmF0M2JW",
    "gX1fBat3bV",
    "7Fjfp0ZBr1KtDRbnfVdmIw",
    "mF_9.B5f-4.1JqM",
    "ad180jjd733klru7",
    "kd94hf93k423kf44",
    "hh5s93j4hdidpola",
];

/// Whether a value of a random-looking form is a sample all the same.
pub(super) fn is_sample(body: &str) -> bool {
    let lower = body.to_ascii_lowercase();
    OF_STANDARDS.contains(&body)
        || WORDS.iter().any(|word| lower.contains(word))
        || has_run(body.as_bytes())
        || longest_step(lower.as_bytes(), 1) >= 7
        || is_periodic(lower.as_bytes())
}

/// Whether one character stands there so often in a row that somebody held the key down. What is empty in a binary value
/// is a run of zeros or, in base64, of `A`; that alone is no sample.
fn has_run(body: &[u8]) -> bool {
    // Longer values meet longer runs by chance.
    let most = if body.len() >= 60 { 10 } else { 7 };
    let is_empty = |byte: u8| b"0A".contains(&byte);
    body.chunk_by(u8::eq_ignore_ascii_case).any(|run| {
        let limit = if run.iter().all(|byte| is_empty(*byte)) { most.max(body.len() / 4) } else { most };
        run.len() >= limit
    })
}

/// Whether a password is a placeholder: a template, a mask, a word for a password.
pub(super) fn is_placeholder(value: &str) -> bool {
    let lower = value.to_ascii_lowercase();
    let bare = lower.trim_matches(|c: char| !c.is_ascii_alphanumeric());
    let template = ["<", ">", "${", "$(", "{{", "}}", "%s", "...", "…", "***", "[redacted", "•"];

    // A long random value of all marks has those of a template in it at times.
    let random = value.len() >= 40 && is_scrambled(value);
    let is_template = value.starts_with(['$', '{', '%', '<', '[']) || template.iter().any(|mark| value.contains(mark));
    bare.is_empty()
        || is_template && !random
        || NO_PASSWORDS.contains(&bare)
        || ["example", "placeholder", "your", "xxx", "redacted", "changeme", "dummy"].iter().any(|w| lower.contains(w))
        || value.len() >= 6 && longest_step(lower.as_bytes(), 0) == value.len()
}

/// Bits of a character of this text (Shannon).
pub(super) fn shannon_entropy(text: &[u8]) -> f64 {
    let mut counts = [0u32; 256];
    for byte in text {
        if let Some(count) = counts.get_mut(usize::from(*byte)) {
            *count += 1;
        }
    }
    let total = f64::from(u32::try_from(text.len()).unwrap_or(u32::MAX));
    let bits = |count: &u32| {
        let share = f64::from(*count) / total;
        -share * share.log2()
    };
    counts.iter().filter(|count| **count > 0).map(bits).sum()
}

/// The longest run in which each byte is the one before plus `step`.
fn longest_step(text: &[u8], step: u8) -> usize {
    let (mut longest, mut run) = (usize::from(!text.is_empty()), 1);
    for pair in text.windows(2) {
        let follows = matches!(pair, [a, b] if a.checked_add(step) == Some(*b));
        run = if follows { run + 1 } else { 1 };
        longest = longest.max(run);
    }
    longest
}

/// Whether it is one short piece over and over.
fn is_periodic(text: &[u8]) -> bool {
    text.len() >= 12
        && (1..=8).any(|period| text.iter().zip(text.get(period..).unwrap_or_default()).all(|(a, b)| a == b))
}
