//! The words that speak for or against a read, and how names and sentences are taken apart into words.

use std::collections::HashMap;
use std::sync::LazyLock;

use crate::vocabulary::{split_words, translate_words};

/// What a word says of an operation; a word may be of several kinds.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub(super) enum WordKind {
    Act,
    Either,
    Thing,
    Read,
    Ending,
    Look,
    Looking,
    Session,
    Noun,
    Nominal,
    Tail,
    Filler,
    Determiner,
    Filter,
    Command,
}

impl WordKind {
    fn parse(name: &str) -> Option<Self> {
        Some(match name {
            "act" => Self::Act,
            "either" => Self::Either,
            "thing" => Self::Thing,
            "read" => Self::Read,
            "ending" => Self::Ending,
            "look" => Self::Look,
            "looking" => Self::Looking,
            "session" => Self::Session,
            "noun" => Self::Noun,
            "nominal" => Self::Nominal,
            "tail" => Self::Tail,
            "filler" => Self::Filler,
            "determiner" => Self::Determiner,
            "filter" => Self::Filter,
            "command" => Self::Command,
            _ => return None,
        })
    }

    fn bit(self) -> u16 {
        1 << (self as u16)
    }
}

static WORDS: LazyLock<HashMap<&str, u16>> = LazyLock::new(|| {
    let mut known = HashMap::new();
    for (kind, word) in kinds_of_words() {
        *known.entry(word).or_default() |= kind.bit();
    }
    known
});

fn kinds_of_words() -> impl Iterator<Item = (WordKind, &'static str)> {
    let lines = include_str!("words.txt").lines().filter_map(|line| line.split_once(' '));
    lines
        .filter_map(|(kind, words)| Some((WordKind::parse(kind)?, words)))
        .flat_map(|(kind, words)| words.split(' ').map(move |word| (kind, word)))
}

/// Returns whether a word is of a kind.
pub(super) fn is_kind(kind: WordKind, word: &str) -> bool {
    WORDS.get(word).is_some_and(|kinds| kinds & kind.bit() != 0)
}

/// Returns whether a word says an act and hardly ever a thing: `cancel`, `deactivate`.
pub fn is_act_word(word: &str) -> bool {
    // `createdb`, `resetdb` and `initdb` are written in one word.
    let is_on = |ending: &str| {
        word.strip_suffix(ending).is_some_and(|verb| is_kind(WordKind::Act, verb) || is_kind(WordKind::Either, verb))
    };
    is_kind(WordKind::Act, word) || is_on("db") || is_on("database")
}

/// Returns whether a word says an act or a thing: `order`, `run`.
pub fn may_be_act_word(word: &str) -> bool {
    is_kind(WordKind::Either, word)
}

/// Returns whether a word in the path of a POST says that it only looks: `search`, `preview`.
pub fn is_looking_word(word: &str) -> bool {
    is_kind(WordKind::Look, word)
}

/// Returns whether a word names a thing: a plural, a known noun, a noun by its ending, or a participle.
pub(super) fn is_nominal(word: &str) -> bool {
    static ENDINGS: LazyLock<Vec<&str>> = LazyLock::new(|| {
        kinds_of_words().filter(|(kind, _)| *kind == WordKind::Nominal).map(|(_, ending)| ending).collect()
    });
    if is_act_word(word) || may_be_act_word(word) {
        return false;
    }
    let by_ending = || ENDINGS.iter().any(|ending| word.len() > ending.len() + 2 && word.ends_with(ending));
    let participle = || word.len() > 4 && word.ends_with("ed");
    // `creating` is an act; only the gerund of a verb that is not known names a thing.
    let gerund = || word.len() > 5 && word.ends_with("ing") && verb_stem(word) == word;
    let numbered = || word.chars().any(|letter| letter.is_ascii_digit());

    is_kind(WordKind::Noun, word) || is_plural(word) || by_ending() || participle() || gerund() || numbered()
}

/// Returns whether a word is a plural by its ending.
pub(super) fn is_plural(word: &str) -> bool {
    let singular = ["ss", "us", "is"].iter().any(|ending| word.ends_with(ending));
    word.len() > 3 && word.ends_with('s') && !singular
}

/// Returns the plain form of a verb that may be an act: `creates`, `created` and `creating` are `create`.
pub(super) fn verb_stem(word: &str) -> String {
    let known = |candidate: String| (is_act_word(&candidate) || may_be_act_word(&candidate)).then_some(candidate);
    let cut = |ending: &str| word.strip_suffix(ending).map(str::to_owned);
    // Some verbs double their last letter: `resetting`, `stopping`.
    let forms = [
        Some(word.to_owned()),
        cut("s"),
        cut("es"),
        cut("ies").map(|base| base + "y"),
        cut("ing"),
        cut("ing").map(|base| base + "e"),
        cut("ting"),
        cut("ping"),
    ];

    forms.into_iter().flatten().find_map(known).unwrap_or_else(|| word.to_owned())
}

/// Returns the first words of a sentence in lower case, without `to`, `this` and the like before the verb.
pub(super) fn first_words(sentence: &str) -> Vec<String> {
    let line = sentence.trim_start().lines().next().unwrap_or_default();
    let words = without_tags(line);
    let words = words.split(|letter: char| !letter.is_alphanumeric() && letter != '\'');
    let words = words.filter(|word| !word.is_empty()).map(str::to_lowercase);

    translate_words(words.skip_while(|word| is_kind(WordKind::Filler, word)).take(6).collect())
}

/// Removes `<p>` and the like, in which some descriptions are wrapped.
fn without_tags(text: &str) -> String {
    let mut plain = String::new();
    let mut is_inside = false;

    for letter in text.chars().take(400) {
        match letter {
            '<' => is_inside = true,
            '>' if is_inside => is_inside = false,
            _ if is_inside => {}
            _ => plain.push(letter),
        }
    }

    plain
}

/// Returns whether a parameter takes a password, whatever else its name says: `new_password`, `repeatPwd`. A value for
/// one is never made up.
pub fn takes_password(name: &str) -> bool {
    const WORDS: [&str; 9] =
        ["password", "passwd", "pwd", "pass", "passphrase", "passcode", "pin", "passwort", "contrasena"];
    let words = split_words(name);

    // `has_password` asks for those who have one.
    if words.first().is_some_and(|word| matches!(word.as_str(), "has" | "is" | "with" | "without" | "no")) {
        return false;
    }
    words.iter().any(|word| WORDS.contains(&word.as_str())) || words.concat().contains("password")
}
