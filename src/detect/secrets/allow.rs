//! What looks like a secret and stands for one: placeholders, masks, samples of documentation, counted-up characters.

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

/// Whether a value of a random-looking form is a sample all the same.
pub(super) fn is_sample(body: &str) -> bool {
    let lower = body.to_ascii_lowercase();
    WORDS.iter().any(|word| lower.contains(word))
        // Long values have a run of zeros in them at times.
        || longest_step(lower.as_bytes(), 0) >= if lower.len() >= 60 { 10 } else { 7 }
        || longest_step(lower.as_bytes(), 1) >= 7
        || is_periodic(lower.as_bytes())
}

/// Whether a password is a placeholder: a template, a mask, a word for a password.
pub(super) fn is_placeholder(value: &str) -> bool {
    let lower = value.to_ascii_lowercase();
    let bare = lower.trim_matches(|c: char| !c.is_ascii_alphanumeric());
    let template = ["<", ">", "${", "$(", "{{", "}}", "%s", "...", "…", "***", "[redacted", "•"];
    bare.is_empty()
        || value.starts_with(['$', '{', '%', '<', '['])
        || template.iter().any(|mark| value.contains(mark))
        || NO_PASSWORDS.contains(&bare)
        || ["example", "placeholder", "your", "xxx", "redacted", "changeme", "dummy"].iter().any(|w| lower.contains(w))
        || value.len() >= 6 && longest_step(lower.as_bytes(), 0) == value.len()
}

/// Bits of a character of this text (Shannon).
pub(super) fn entropy(text: &[u8]) -> f64 {
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
