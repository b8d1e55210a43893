//! Finds values that are known in advance, as they are and under the usual disguises.

use crate::llm::decodings;
use crate::model::Secret;

/// A value that is looked for.
#[derive(Debug, Clone)]
pub(super) struct Needle {
    /// The value.
    pub(super) value: Secret,
}

/// How a value was written.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) struct Transformation(&'static str);

impl Transformation {
    pub(super) fn name(self) -> &'static str {
        self.0
    }
}

/// A place where a value stands.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) struct KnownHit {
    pub(super) needle: usize,
    pub(super) transformation: Transformation,
    pub(super) run: usize,
    pub(super) whole: bool,
}

/// Looks for known values.
#[derive(Debug)]
pub(super) struct KnownFinder(Vec<Secret>);

impl KnownFinder {
    pub(super) fn new(needles: &[Needle]) -> Self {
        Self(needles.iter().map(|needle| needle.value.clone()).collect())
    }

    pub(super) fn find(&self, text: &str) -> Vec<KnownHit> {
        let mut hits = Vec::new();
        for (name, text) in decodings(text) {
            let tight: String = text.chars().filter(|c| !c.is_whitespace()).collect();
            for (needle, value) in self.0.iter().enumerate() {
                let value = value.expose();
                let name = match name {
                    "as it is" if text.contains(value) => "plain",
                    "as it is" => "spaced",
                    other => other,
                };
                if tight.contains(value) {
                    let run = value.chars().count();
                    hits.push(KnownHit { needle, transformation: Transformation(name), run, whole: true });
                }
            }
        }
        hits
    }
}
