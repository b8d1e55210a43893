//! The values that are known in advance, and where one of them stands in an answer.

use super::talk::{Reply, Talk};
use super::unknown::format_fingerprint;
use crate::detect::known::{KnownFinder, MIN_VALUE_CHARS, Needle};
use crate::llm::ChannelKind;
use crate::model::{Secret, clean_name};

/// A part of a value counts from so many characters on.
const LEAST_RUN: usize = 16;
/// Shorter values than this must be seen whole.
const SHORT_VALUE: usize = 20;

/// Known values and the search for them.
#[derive(Debug)]
pub(crate) struct Needles {
    /// Whose each is, its length, and its fingerprint for a sentence.
    of: Vec<(String, usize, String)>,
    /// Whose tokens are made of words alone, and not looked for.
    left_out: Vec<String>,
    finder: KnownFinder,
}

/// A known value in an answer.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct Hit {
    /// Whose it is.
    pub(crate) owner: String,
    /// What its channel carries.
    pub(crate) kind: ChannelKind,
    /// The channel.
    pub(crate) path: String,
    /// `plain`, `base64`, ...
    pub(crate) disguise: &'static str,
    /// Characters that were seen, and that there are.
    pub(crate) seen: (usize, usize),
    /// Its fingerprint for a sentence; empty without a key.
    pub(crate) fingerprint: String,
}

impl Hit {
    /// The channel, the disguise and the length, for claims: they stay the same from scan to scan.
    pub(crate) fn place(&self) -> String {
        let (seen, all) = self.seen;
        format!("{} ({}, {}, {seen} of {all} characters)", clean_name(&self.path, 120), self.kind.word(), self.disguise)
    }
}

impl Needles {
    /// The tokens of all callers that have a session.
    pub(crate) fn tokens(talk: &Talk<'_>) -> Self {
        let sessions = talk.cx.maker.probe.sessions();
        let (mut values, mut left_out) = (Vec::new(), Vec::new());

        for name in talk.callers() {
            let Some(session) = sessions.get(&name) else { continue };
            // A jar of cookies is several values in one line.
            for part in session.token.expose().split("; ") {
                let value = part
                    .split_once('=')
                    .filter(|_| part.contains("; ") || session.by_jar)
                    .map_or(part, |(_, value)| value);
                // A token of words alone comes up in talk about other things.
                if is_words(value) {
                    left_out.push(name.clone());
                } else {
                    values.push((name.clone(), Secret::new(value)));
                }
            }
        }

        let mut needles = Self { left_out, ..Self::new(values.clone()) };
        let rules = talk.cx.secrets;

        // Both lists have the same order: `new` keeps the long values in theirs.
        for (place, (_, value)) in needles.of.iter_mut().zip(values.iter().filter(|(_, value)| is_long(value))) {
            place.2 = format_fingerprint(rules, "caller-token", value.expose());
        }
        needles
    }

    /// Whether a text has one of them, or a part of one.
    pub(crate) fn has(&self, text: &str) -> bool {
        !self.finder.find(text).is_empty()
    }

    /// Values with whose they are.
    pub(crate) fn new(values: Vec<(String, Secret)>) -> Self {
        let mut of = Vec::new();
        let mut needles = Vec::new();

        for (owner, value) in values {
            if is_long(&value) {
                of.push((owner.clone(), value.expose().chars().count(), String::new()));
                needles.push(Needle { name: owner, value });
            }
        }

        Self { of, left_out: Vec::new(), finder: KnownFinder::new(&needles) }
    }

    /// Whose tokens were not looked for, as the end of a sentence.
    pub(crate) fn but(&self) -> String {
        match self.left_out.as_slice() {
            [] => String::new(),
            names => format!("; the token of {} is made of words alone and was not looked for", names.join(", ")),
        }
    }

    /// Whether there is nothing to look for.
    pub(crate) fn is_empty(&self) -> bool {
        self.of.is_empty()
    }

    /// Whether the request holds the value of a hit, or a run of 16 characters of it.
    pub(crate) fn is_in_request(&self, said: &Reply, hit: &Hit) -> bool {
        let asked = self.finder.find(&said.sent).into_iter().filter(|found| found.whole || found.run >= LEAST_RUN);
        asked.into_iter().any(|found| self.of.get(found.needle).is_some_and(|(owner, ..)| *owner == hit.owner))
    }

    /// The first known value in an answer that does not stand in its request: whole ones and those of the model's own
    /// words first.
    pub(crate) fn find(&self, said: &Reply) -> Option<Hit> {
        // Halves of a planted word do stand in a request that has them put together.
        let asked = self.finder.find(&said.sent).into_iter().filter(|hit| hit.whole || hit.run >= LEAST_RUN);
        let sent: Vec<usize> = asked.map(|hit| hit.needle).collect();
        let mut found: Option<(bool, Hit)> = None;

        for piece in said.pieces() {
            for hit in self.finder.find(piece.text).into_iter().filter(|hit| !sent.contains(&hit.needle)) {
                let Some((owner, length, fingerprint)) = self.of.get(hit.needle) else { continue };
                // A part of a short value may come up by chance; a run of sixteen out of a long one hardly does.
                let enough = hit.whole || hit.run >= LEAST_RUN && *length >= SHORT_VALUE;
                let better = found.as_ref().is_none_or(|(whole, _)| hit.whole && !whole);

                if enough && better {
                    let place = Hit {
                        owner: owner.clone(),
                        kind: piece.kind,
                        path: piece.path.to_owned(),
                        disguise: hit.transformation.name(),
                        seen: (hit.run, *length),
                        fingerprint: fingerprint.clone(),
                    };

                    found = Some((hit.whole, place));
                }
            }
        }

        found.map(|(_, hit)| hit)
    }
}

/// Small letters in short groups, as names and words are: `support-assistant`.
fn is_words(value: &str) -> bool {
    value.split(['-', '_', '.', ' ']).all(|group| group.len() <= 14 && group.chars().all(char::is_lowercase))
}

/// Shorter values stand in texts by chance.
fn is_long(value: &Secret) -> bool {
    value.expose().chars().count() >= MIN_VALUE_CHARS
}
