//! One pass of aho-corasick picks candidates (fixed parts of secrets; words that stand near them), and each candidate is
//! looked at by hand. Linear in the text, and capped.

use std::ops::Range;
use std::sync::LazyLock;

use aho_corasick::{AhoCorasick, AhoCorasickKind};

use super::allow::{is_sample, shannon_entropy};
use super::found::{Certainty, FoundSecret, Scan};
use super::generic::{self, Generic};
use super::rules::{self, SecretRule};
use super::shape::SecretShape;
use crate::detect::{jwt, unknown_token};

/// A longer text is looked at up to here.
pub const MAX_TEXT_BYTES: usize = 64 * 1024 * 1024;
/// Most secrets of one text.
pub const MAX_FOUND: usize = 1000;
/// Most places of one text that are looked at more closely.
const MAX_CANDIDATES: usize = 800_000;
/// How far before a secret its keyword may stand, and how far behind.
const NEAR: (usize, usize) = (120, 60);

/// The rules with the automata that pick among them.
#[derive(Debug, Default)]
pub struct SecretRuleEngine {
    rules: Vec<SecretRule>,
    picker: Option<Picker>,
}

/// One look over a text: what was found, and the places at which somebody who knows more of the text looks again.
#[derive(Debug, Default)]
pub(in crate::detect) struct SecretSweep {
    pub scan: Scan,
    /// Where a token may begin, and whether it would be base64 of itself.
    pub tokens: Vec<(usize, bool)>,
    /// Where words stand that are part of secrets' names, in order.
    pub words: Vec<usize>,
    /// Where fixed parts stand of secrets that take a word near them, in order.
    pub fixed: Vec<usize>,
}

/// What to look for where a pattern was found.
#[derive(Debug, Clone, Copy)]
enum PatternTarget {
    /// A token (RFC 7519), or what base64 makes of its beginning.
    Token {
        wrapped: bool,
    },
    /// A shape of a rule, around the pattern.
    Shape(usize, usize),
    /// A value that is assigned to a name with the pattern in it.
    Assigned(usize),
    Generic(Generic),
}

/// Finds all patterns in any case: one automaton for words and fixed parts is nearly twice as fast as one for each, and
/// letters that stand in the wrong case are told soon.
#[derive(Debug)]
struct Picker {
    automaton: AhoCorasick,
    patterns: Vec<Pattern>,
}

#[derive(Debug)]
struct Pattern {
    text: String,
    /// A word of names, in any case; otherwise a part of a secret, letter for letter.
    is_word: bool,
    targets: Vec<PatternTarget>,
}

static EMBEDDED: LazyLock<SecretRuleEngine> =
    LazyLock::new(|| SecretRuleEngine::new(rules::load().unwrap_or_default()));

impl SecretRuleEngine {
    /// The engine of the embedded rules.
    pub fn embedded() -> &'static Self {
        &EMBEDDED
    }

    fn new(rules: Vec<SecretRule>) -> Self {
        let mut patterns = Patterns::default();
        for (index, rule) in rules.iter().enumerate() {
            for (number, shape) in rule.shapes.iter().enumerate() {
                match shape.anchor() {
                    Some(anchor) => patterns.add(anchor, false, PatternTarget::Shape(index, number)),
                    // Without fixed text it fits any random value: a name of the vendor has to assign it.
                    None => {
                        rule.keywords.iter().for_each(|word| patterns.add(word, true, PatternTarget::Assigned(index)))
                    }
                }
            }
        }

        for (text, target) in generic::FIXED {
            patterns.add(text, false, PatternTarget::Generic(target));
        }
        for (text, wrapped) in [(jwt::BEGINNING, false), (unknown_token::WRAPPED, true)] {
            patterns.add(text, false, PatternTarget::Token { wrapped });
        }
        for (text, target) in generic::WORDS {
            patterns.add(text, true, PatternTarget::Generic(target));
        }
        Self { rules, picker: patterns.picker() }
    }

    /// See [`super::rule_ids`].
    pub(super) fn rule_ids(&self) -> Vec<&str> {
        self.rules.iter().map(|rule| rule.id.as_str()).collect()
    }

    /// See [`super::describe`].
    pub(super) fn describe(&self, id: &str) -> Option<&str> {
        self.rules.iter().find(|rule| rule.id == id).map(|rule| rule.what.as_str())
    }

    /// See [`super::scan_capped`].
    pub(super) fn scan(&self, text: &str) -> Scan {
        self.sweep(text).scan
    }

    /// Looks at every place of a text once.
    pub(in crate::detect) fn sweep(&self, text: &str) -> SecretSweep {
        let mut sweep = SecretSweep::default();
        let whole = text.len() <= MAX_TEXT_BYTES;
        let bytes = text.as_bytes().get(..MAX_TEXT_BYTES).unwrap_or(text.as_bytes());

        if !whole {
            sweep.scan.capped.push("the text is longer than 64 MiB");
        }
        if let Some(picker) = &self.picker {
            self.run(picker, bytes, &mut sweep);
        }
        // The automaton goes by ends, the reader of JSON by beginnings.
        sweep.words.sort_unstable();
        sweep.fixed.sort_unstable();
        let scan = &mut sweep.scan;
        scan.found = remove_overlaps(std::mem::take(&mut scan.found));

        if scan.found.len() > MAX_FOUND {
            scan.found.truncate(MAX_FOUND);
            scan.capped.push("more than 1000 secrets");
        }
        sweep
    }

    fn run(&self, picker: &Picker, bytes: &[u8], sweep: &mut SecretSweep) {
        let mut candidates = 0;
        for hit in picker.automaton.find_overlapping_iter(bytes) {
            let Some(pattern) = picker.patterns.get(hit.pattern().as_usize()) else { continue };
            if !pattern.is_word && bytes.get(hit.range()) != Some(pattern.text.as_bytes()) {
                continue;
            }
            candidates += 1;

            if candidates >= MAX_CANDIDATES || sweep.scan.found.len() >= MAX_FOUND * 2 {
                return sweep.scan.capped.push("too many places look like secrets");
            }
            if pattern.is_word {
                sweep.words.push(hit.start());
            }
            // What is assigned there is the same for all rules that ask.
            let mut assigned = None;

            for target in &pattern.targets {
                let found = match target {
                    PatternTarget::Generic(generic) => generic.look(bytes, hit.range()),
                    PatternTarget::Shape(rule, shape) => {
                        self.shape(bytes, hit.start(), (*rule, *shape), &mut sweep.fixed)
                    }
                    PatternTarget::Assigned(rule) => assigned
                        .get_or_insert_with(|| generic::find_assigned_name(bytes, hit.range()))
                        .as_ref()
                        .and_then(|(name, start)| self.assigned(*rule, bytes, name, *start)),
                    PatternTarget::Token { wrapped } => {
                        sweep.tokens.push((hit.start(), *wrapped));
                        None
                    }
                };

                sweep.scan.found.extend(found);
            }
        }
    }

    fn shape(
        &self,
        text: &[u8],
        at: usize,
        (rule, shape): (usize, usize),
        fixed: &mut Vec<usize>,
    ) -> Option<FoundSecret> {
        let rule = self.rules.get(rule)?;
        let shape = rule.shapes.get(shape)?;
        let range = shape.around(text, at)?;

        if !rule.keywords.is_empty() && !is_near(text, &range, &rule.keywords) {
            // In JSON the keyword may be a name further up, which the text around does not show.
            fixed.push(range.start);
            return None;
        }
        accept_match(rule, shape, text, range)
    }

    fn assigned(&self, rule: usize, text: &[u8], name: &str, start: usize) -> Option<FoundSecret> {
        let rule = self.rules.get(rule)?;
        let named = rule.names.is_empty() || rule.names.iter().any(|word| name.contains(word.as_str()));
        named.then_some(())?;
        rule.shapes.iter().find_map(|shape| accept_match(rule, shape, text, shape.from(text, start)?))
    }
}

/// Whether what has the form of a secret is one: check digits hold, it is random, and no sample.
fn accept_match(rule: &SecretRule, shape: &SecretShape, text: &[u8], range: Range<usize>) -> Option<FoundSecret> {
    let secret = std::str::from_utf8(text.get(range.clone())?).ok()?;
    let prefix = shape.prefix();
    let body = secret.strip_prefix(prefix.unwrap_or_default()).unwrap_or(secret);
    let whole = rule.contains.as_ref().is_none_or(|part| secret.contains(part.as_str()))
        && rule.checksum.is_none_or(|sum| sum.holds(secret, prefix.unwrap_or_default()))
        && shannon_entropy(body.as_bytes()) >= rule.entropy
        && !is_sample(body);
    whole.then(|| FoundSecret {
        rule: rule.id.clone(),
        range,
        confidence: rule.certainty,
        prefix: prefix.map(str::to_owned),
    })
}

fn is_near(text: &[u8], range: &Range<usize>, keywords: &[String]) -> bool {
    let start = range.start.saturating_sub(NEAR.0);
    let end = range.end.saturating_add(NEAR.1).min(text.len());
    let around = text.get(start..end).unwrap_or_default().to_ascii_lowercase();
    keywords.iter().any(|word| around.windows(word.len()).any(|window| window == word.as_bytes()))
}

/// In the order of the text, without overlaps: the surer one stays, then the longer one.
pub(super) fn remove_overlaps(mut found: Vec<FoundSecret>) -> Vec<FoundSecret> {
    found.sort_by_key(|found| (found.range.start, std::cmp::Reverse(found.range.end)));
    let mut kept: Vec<FoundSecret> = Vec::new();

    for next in found {
        match kept.last_mut() {
            Some(last) if next.range.start < last.range.end => {
                if rank_found(&next) > rank_found(last) {
                    *last = next;
                }
            }
            _ => kept.push(next),
        }
    }

    kept
}

/// Surer, then with the longer public beginning, then longer.
fn rank_found(found: &FoundSecret) -> (Certainty, usize, usize) {
    (found.confidence, found.prefix.as_ref().map_or(0, String::len), found.range.len())
}

#[derive(Default)]
struct Patterns(Vec<Pattern>);

impl Patterns {
    fn add(&mut self, text: &str, is_word: bool, target: PatternTarget) {
        match self.0.iter_mut().find(|known| known.text == text && known.is_word == is_word) {
            Some(known) => known.targets.push(target),
            None => self.0.push(Pattern { text: text.to_owned(), is_word, targets: vec![target] }),
        }
    }

    fn picker(self) -> Option<Picker> {
        let mut builder = AhoCorasick::builder();
        // It takes memory once, and each byte of every answer passes through it.
        builder.kind(Some(AhoCorasickKind::DFA)).ascii_case_insensitive(true);
        let automaton = builder.build(self.0.iter().map(|pattern| &pattern.text)).ok()?;
        Some(Picker { automaton, patterns: self.0 })
    }
}
