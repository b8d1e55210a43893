//! Words that are read as another: those of `words.toml`, and those that a configuration adds.

use std::collections::{BTreeMap, HashMap};
use std::sync::atomic::{AtomicBool, Ordering};
use std::sync::{LazyLock, PoisonError, RwLock};

use serde::Deserialize;
use thiserror::Error;

/// Words by concept, as `[vocabulary]` in `routewarden.toml` gives them.
pub type ConceptWords = BTreeMap<String, Vec<String>>;

/// A concept of `words.toml`.
#[derive(Debug, Deserialize)]
pub(super) struct Concept {
    /// The English word that every rule knows.
    pub word: String,
    /// Words that are read as it; each with a name in which it is read, and one in which it is not.
    pub words: Vec<(String, String, String)>,
}

/// The concepts that the file holds.
pub(super) static CONCEPTS: LazyLock<BTreeMap<String, Concept>> =
    LazyLock::new(|| toml::from_str(include_str!("words.toml")).unwrap_or_default());

static BUILT_IN: LazyLock<Aliases> = LazyLock::new(|| {
    let mut aliases = Aliases::default();
    for concept in CONCEPTS.values() {
        concept.words.iter().for_each(|(word, _, _)| aliases.add(word, &concept.word));
    }
    aliases
});

/// What configurations added since the process began. A name is split in hundreds of places that know no configuration.
static ADDED: LazyLock<RwLock<Aliases>> = LazyLock::new(RwLock::default);
static HAS_ADDED: AtomicBool = AtomicBool::new(false);

/// A concept that the vocabulary does not have.
#[derive(Debug, Clone, PartialEq, Eq, Error)]
#[error("there is no concept `{0}`")]
pub struct UnknownConcept(pub String);

/// Returns the names of all concepts, in the order of the alphabet.
pub fn concept_names() -> impl Iterator<Item = &'static str> {
    CONCEPTS.keys().map(String::as_str)
}

/// Reads further words as concepts, from now on and in the whole process: a process that serves several APIs reads the
/// words of all of them.
///
/// # Errors
/// [`UnknownConcept`] for a name that [`concept_names`] lacks; nothing is added then.
pub fn add_words(words: &ConceptWords) -> Result<(), UnknownConcept> {
    let known = |name: &String| CONCEPTS.get(name).ok_or_else(|| UnknownConcept(name.clone()));
    let concepts: Vec<(&Concept, &Vec<String>)> =
        words.iter().map(|(name, words)| Ok((known(name)?, words))).collect::<Result<_, UnknownConcept>>()?;
    let mut added = ADDED.write().unwrap_or_else(PoisonError::into_inner);

    for (concept, words) in concepts {
        words.iter().for_each(|word| added.add(word, &concept.word));
        HAS_ADDED.fetch_or(!words.is_empty(), Ordering::Release);
    }
    Ok(())
}

/// Reads words, in lower case and apart, as the known ones they stand for; the others stay as they are.
pub fn translate_words(words: Vec<String>) -> Vec<String> {
    let words = BUILT_IN.read(words);
    if !HAS_ADDED.load(Ordering::Acquire) {
        return words;
    }
    ADDED.read().unwrap_or_else(PoisonError::into_inner).read(words)
}

/// The words behind the first one of a row, and the known word.
type AliasRow = (Vec<String>, String);

/// Words, alone and in a row, and what they are read as.
#[derive(Debug, Default)]
struct Aliases {
    /// By the first word of a row: the words behind it, longest row first, and the known word.
    rows: HashMap<String, Vec<AliasRow>>,
}

impl Aliases {
    /// `word` is one word, or several with spaces.
    fn add(&mut self, word: &str, known: &str) {
        let mut parts = word.split_whitespace().map(str::to_lowercase);
        let Some(first) = parts.next() else { return };
        let rows = self.rows.entry(first).or_default();
        let rest: Vec<String> = parts.collect();
        // A server reads the same configuration before each scan.
        if rows.iter().any(|(known, _)| *known == rest) {
            return;
        }
        rows.push((rest, known.to_owned()));
        rows.sort_by_key(|(rest, _)| std::cmp::Reverse(rest.len()));
    }

    fn read(&self, words: Vec<String>) -> Vec<String> {
        // Nearly all names are English.
        if !words.iter().any(|word| self.rows_of(word).is_some()) {
            return words;
        }

        let mut read = Vec::new();
        let mut rest = words.as_slice();
        while let Some((word, behind)) = rest.split_first() {
            let (known, used) = self.read_first(word, behind).unwrap_or_else(|| (word.clone(), 0));
            read.push(known);
            rest = behind.get(used..).unwrap_or_default();
        }
        read
    }

    /// Returns what the first words are read as, and how many of those behind the first are part of it.
    fn read_first(&self, word: &str, behind: &[String]) -> Option<(String, usize)> {
        let (rows, ending) = self.rows_of(word)?;
        let (row, known) =
            rows.iter().find(|(row, _)| behind.starts_with(row) && (row.is_empty() || ending.is_empty()))?;
        Some((format!("{known}{ending}"), row.len()))
    }

    /// Returns the rows that begin with a word or with its singular, and the ending of the plural.
    fn rows_of(&self, word: &str) -> Option<(&[AliasRow], &'static str)> {
        let singular = || self.rows.get(word.strip_suffix('s')?).map(|rows| (rows.as_slice(), "s"));
        self.rows.get(word).map(|rows| (rows.as_slice(), "")).or_else(singular)
    }
}

#[cfg(test)]
mod tests {
    use super::{Aliases, CONCEPTS, ConceptWords, UnknownConcept, add_words};
    use crate::vocabulary::split_words;

    #[test]
    fn each_word_is_read_where_it_stands_and_not_where_it_only_seems_to() {
        assert!(CONCEPTS.len() >= 35, "{}", CONCEPTS.len());
        for (name, concept) in CONCEPTS.iter() {
            for (word, yes, no) in &concept.words {
                let is_read = |text: &str| {
                    let words = split_words(text);
                    words.iter().any(|it| *it == concept.word || *it == format!("{}s", concept.word))
                };
                assert!(is_read(yes), "{name}: `{word}` is not read in {yes}: {:?}", split_words(yes));
                assert!(!is_read(no), "{name}: `{word}` is read in {no}");
            }
        }
    }

    #[test]
    fn no_word_stands_for_two_concepts() {
        let mut seen = std::collections::BTreeMap::new();
        for (name, concept) in CONCEPTS.iter() {
            for (word, _, _) in &concept.words {
                assert_eq!(seen.insert(word.clone(), name.clone()), None, "{word}");
            }
        }
    }

    #[test]
    fn longer_rows_go_first_and_added_words_are_read() {
        let mut aliases = Aliases::default();
        aliases.add("clave", "key");
        aliases.add("clave de acceso", "password");
        let read = |text: &str| aliases.read(text.split(' ').map(str::to_owned).collect()).join(" ");
        assert_eq!(read("clave de acceso nueva"), "password nueva");
        assert_eq!(read("clave de"), "key de");
        assert_eq!(read("claves"), "keys");
        aliases.add("clave", "key");
        assert_eq!(aliases.rows.get("clave").map(Vec::len), Some(2), "a word that is added again takes no room");
    }

    #[test]
    fn concepts_that_are_not_there_are_refused() {
        let words: ConceptWords = [("privilege".to_owned(), vec!["clearance".to_owned()])].into();
        assert_eq!(add_words(&words), Err(UnknownConcept("privilege".to_owned())));
        assert_eq!(split_words("clearance"), ["clearance"]);

        let words: ConceptWords = [("privilege_field".to_owned(), vec!["unusualclearance".to_owned()])].into();
        assert_eq!(add_words(&words), Ok(()));
        assert_eq!(split_words("unusualclearance_level"), ["role", "level"]);
    }
}
