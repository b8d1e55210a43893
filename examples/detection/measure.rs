//! Holds the hits of the detector against the labels and counts.

use std::ops::Range;

use crate::adapter::{self, Hit};
use crate::kit::kind::Case;

/// What came of the cases of one kind.
pub struct Tally {
    pub kind: &'static str,
    pub held_out: bool,
    pub n_cases: usize,
    /// Planted secrets with a hit that overlaps them; look-alikes with any hit.
    pub n_hit: usize,
    /// Planted secrets whose every byte is in a hit: what redaction of the hits would remove.
    pub n_whole: usize,
    /// Hits in documents with a planted secret that touch no part of it.
    pub n_stray: usize,
    /// The cases to look at: secrets without a hit, look-alikes with one.
    pub wrong: Vec<Wrong>,
}

/// A case that the detector got wrong.
pub struct Wrong {
    pub form: String,
    /// The planted value and what stands around it, or the text of the false hit. All of it is made up.
    pub excerpt: String,
    /// Rule of the false hit.
    pub rule: Option<String>,
}

/// Bytes of context on each side of an excerpt.
const CONTEXT: usize = 40;
/// Cases kept of each kind to look at.
const MOST_WRONG: usize = 4;

/// Scans cases that are in order of their kinds.
pub fn measure(cases: &[Case]) -> Vec<Tally> {
    let mut tallies: Vec<Tally> = Vec::new();
    for case in cases {
        if tallies.last().is_none_or(|tally| tally.kind != case.kind) {
            tallies.push(Tally::new(case));
        }
        if let Some(tally) = tallies.last_mut() {
            tally.add(case, &adapter::scan(&case.text));
        }
    }
    tallies
}

impl Tally {
    fn new(case: &Case) -> Self {
        let (kind, held_out) = (case.kind, case.held_out);
        Self { kind, held_out, n_cases: 0, n_hit: 0, n_whole: 0, n_stray: 0, wrong: Vec::new() }
    }

    fn add(&mut self, case: &Case, hits: &[Hit]) {
        self.n_cases += 1;
        match &case.secret {
            Some(secret) => self.add_planted(case, secret, hits),
            None => self.add_look_alike(case, hits),
        }
    }

    fn add_planted(&mut self, case: &Case, secret: &Range<usize>, hits: &[Hit]) {
        let (near, far): (Vec<&Hit>, Vec<&Hit>) = hits.iter().partition(|hit| overlaps(&hit.range, secret));
        self.n_stray += far.len();
        self.n_hit += usize::from(!near.is_empty());
        self.n_whole += usize::from(secret.clone().all(|at| near.iter().any(|hit| hit.range.contains(&at))));
        if near.is_empty() {
            self.keep(case, secret, None);
        }
    }

    fn add_look_alike(&mut self, case: &Case, hits: &[Hit]) {
        if let Some(hit) = hits.first() {
            self.n_hit += 1;
            self.keep(case, &hit.range, Some(hit.rule.clone()));
        }
    }

    fn keep(&mut self, case: &Case, range: &Range<usize>, rule: Option<String>) {
        if self.wrong.len() < MOST_WRONG {
            self.wrong.push(Wrong { form: case.form.to_string(), excerpt: excerpt(&case.text, range), rule });
        }
    }
}

fn overlaps(a: &Range<usize>, b: &Range<usize>) -> bool {
    a.start < b.end && b.start < a.end
}

/// The part with some context on one line, at most 160 characters.
fn excerpt(text: &str, range: &Range<usize>) -> String {
    let start = text.floor_char_boundary(range.start.saturating_sub(CONTEXT));
    let end = text.ceil_char_boundary(range.end.saturating_add(CONTEXT).min(text.len()));
    let part: String = text.get(start..end).unwrap_or_default().chars().take(160).collect();
    part.replace('\n', "\\n")
}

/// Sums over kinds.
#[derive(Clone, Copy, Default)]
pub struct Total {
    pub n_kinds: usize,
    pub n_cases: usize,
    pub n_hit: usize,
    pub n_whole: usize,
    pub n_stray: usize,
}

impl Total {
    pub fn of<'a>(tallies: impl Iterator<Item = &'a Tally>) -> Self {
        tallies.fold(Self::default(), |sum, tally| Self {
            n_kinds: sum.n_kinds + 1,
            n_cases: sum.n_cases + tally.n_cases,
            n_hit: sum.n_hit + tally.n_hit,
            n_whole: sum.n_whole + tally.n_whole,
            n_stray: sum.n_stray + tally.n_stray,
        })
    }

    /// Hits in hundredths of the cases.
    pub fn percent(&self) -> f64 {
        percent(self.n_hit, self.n_cases)
    }
}

pub fn percent(part: usize, whole: usize) -> f64 {
    let count = |n: usize| f64::from(u32::try_from(n).unwrap_or(u32::MAX));
    if whole == 0 { 0.0 } else { 100.0 * count(part) / count(whole) }
}
