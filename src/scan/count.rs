//! How far a scan is: checks that are done, findings with one cause counted once, and the waves of the survey.

use std::collections::BTreeSet;
use std::sync::atomic::{AtomicU64, Ordering};
use std::sync::{Mutex, PoisonError};

use super::so_far::Board;
use crate::model::{CheckId, Draft, OperationId, Verdict};

/// The share of the survey that its waves are told in.
const WHOLE: u64 = 1000;

/// Where a scan is.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Stage {
    /// Opening sessions.
    SigningIn,
    /// Learning baselines and objects.
    Survey,
    /// Making objects of the scan's own.
    Making,
    /// Running checks.
    Checks,
    /// Running a check that asks a model.
    Models,
}

/// Called at every step: stage, steps done, steps in all, findings so far.
pub type Ticked<'a> = &'a (dyn Fn(Stage, u64, u64, u64) + Sync);

/// How far the checks are.
pub(super) struct Count<'a> {
    total: u64,
    done: AtomicU64,
    found: FoundCauses,
    ticked: Ticked<'a>,
    /// Where verdicts are put for those who follow.
    board: Option<&'a Board>,
}

impl<'a> Count<'a> {
    pub(super) fn new(total: usize, ticked: Ticked<'a>, board: Option<&'a Board>) -> Self {
        Self { total: total as u64, done: AtomicU64::new(0), found: FoundCauses::default(), ticked, board }
    }

    /// A model may take a minute for one answer: whoever waits should know for what.
    pub(super) fn asks_models(&self) {
        (self.ticked)(Stage::Models, self.done.load(Ordering::Relaxed), self.total, self.found.add("", &[]));
    }

    /// Counts what a check came to.
    pub(super) fn step(&self, key: (OperationId, CheckId), verdict: Verdict) -> ((OperationId, CheckId), Verdict) {
        if let Some(board) = self.board {
            board.put(key.clone(), &verdict);
        }

        let drafts = if let Verdict::Broken(drafts) = &verdict { drafts.as_slice() } else { &[] };
        let found = self.found.add(&key.1.0, drafts);
        let done = self.done.fetch_add(1, Ordering::Relaxed) + 1;
        (self.ticked)(Stage::Checks, done, self.total, found);
        (key, verdict)
    }
}

/// The checks and causes that were found: what has one cause becomes one finding.
#[derive(Default)]
struct FoundCauses(Mutex<BTreeSet<(String, String)>>);

impl FoundCauses {
    /// Adds what a check found, and returns how many findings there are.
    fn add(&self, check: &str, drafts: &[Draft]) -> u64 {
        let mut found = self.0.lock().unwrap_or_else(PoisonError::into_inner);
        found.extend(drafts.iter().map(|draft| (check.to_owned(), draft.cause.clone())));
        found.len() as u64
    }
}

/// How far a survey is whose waves are not known beforehand: what the first one learns decides what the next one asks.
#[derive(Default)]
pub(super) struct Waves(AtomicU64);

impl Waves {
    /// Returns steps done and in all, which rise through all waves: each takes half of what the ones before have left.
    pub(super) fn count(&self, done: u64, total: u64) -> (u64, u64) {
        // Each wave counts from one again.
        let wave = if done <= 1 { self.0.fetch_add(1, Ordering::Relaxed) + 1 } else { self.0.load(Ordering::Relaxed) };
        let left = WHOLE.checked_shr(u32::try_from(wave.saturating_sub(1)).unwrap_or(u32::MAX)).unwrap_or(0);
        (WHOLE - left + left / 2 * done.min(total) / total.max(1), WHOLE)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn each_wave_of_the_survey_goes_on_where_the_one_before_ended() {
        let waves = Waves::default();
        let seen: Vec<u64> = [1, 2, 3, 4, 1, 2, 1].iter().map(|done| waves.count(*done, 4).0).collect();
        assert_eq!(seen, [125, 250, 375, 500, 562, 625, 781]);
        assert!(seen.iter().all(|done| *done < WHOLE));
    }

    #[test]
    fn very_many_waves_stay_within_the_whole() {
        let waves = Waves::default();
        assert!((0..200).all(|_| waves.count(1, 1).0 <= WHOLE));
    }

    #[test]
    fn drafts_with_one_cause_count_as_one_finding() {
        let draft = |cause: &str| Draft { cause: cause.to_owned(), ..sample_draft() };
        let found = FoundCauses::default();
        assert_eq!(found.add("authz/predictable-id", &[draft("invoices"), draft("users")]), 2);
        assert_eq!(found.add("authz/predictable-id", &[draft("invoices")]), 2);
        assert_eq!(found.add("authz/bola-read", &[draft("invoices")]), 3);
    }

    fn sample_draft() -> Draft {
        Draft {
            operation: OperationId("GET /invoices".to_owned()),
            site: "path".to_owned(),
            cause: String::new(),
            claim: "seen".to_owned(),
            severity: None,
            clauses: Vec::new(),
            exchanges: Vec::new(),
            observation: true,
            access: None,
        }
    }
}
