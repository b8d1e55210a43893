//! What checks that write work with: the lab of their trials, and what other checks said of an operation.

use std::collections::BTreeMap;
use std::ops::Deref;
use std::sync::{Mutex, PoisonError};

use super::context::CheckCx;
use crate::act::{Accounts, Maker};
use crate::conversation::TalkCx;
use crate::model::{CheckId, Mode, OperationId, Verdict};
use crate::probe::Answer;
use crate::trial::{Lab, refusal_sign, why_inconclusive};

pub use crate::trial::{ObjectView, ObservedAccess};

/// What checks that write work with.
#[derive(Debug)]
pub struct ActCx<'a> {
    /// The survey and the way to the target.
    pub check: &'a CheckCx<'a>,
    /// Objects and accounts of the scan's own; reached through the context itself.
    lab: Lab<'a>,
    /// How much the scan may do.
    pub mode: Mode,
    /// What checks said so far; held only to add or read.
    verdicts: Mutex<BTreeMap<(OperationId, CheckId), Verdict>>,
}

/// A check asks the lab as it asks the context: `cx.view(..)`.
impl<'a> Deref for ActCx<'a> {
    type Target = Lab<'a>;

    fn deref(&self) -> &Lab<'a> {
        &self.lab
    }
}

impl<'a> ActCx<'a> {
    /// Returns a context in which nothing was tried yet.
    pub fn new(check: &'a CheckCx<'a>, maker: &'a Maker<'a>, accounts: &'a Accounts, mode: Mode) -> Self {
        let lab = Lab::new(check.survey, maker, accounts, check.access.facts());
        Self { check, lab, mode, verdicts: Mutex::default() }
    }

    /// Returns what talks with models work with.
    pub fn talking(&self) -> TalkCx<'a> {
        let CheckCx { survey, shared, llm, .. } = *self.check;
        let (memory, secrets) = (&shared.llm, &shared.secrets);
        TalkCx { survey, llm, memory, secrets, maker: self.maker, accounts: self.accounts, mode: self.mode }
    }

    /// Keeps what a check said of an operation.
    pub fn keep_verdict(&self, operation: &OperationId, check: &'static str, verdict: &Verdict) {
        let key = (operation.clone(), CheckId::from(check));
        self.verdicts.lock().unwrap_or_else(PoisonError::into_inner).insert(key, verdict.clone());
    }

    /// Returns what another check said of an operation; it has to stand under `after` of the check that asks.
    pub(super) fn earlier(&self, check: &'static str, operation: &OperationId) -> Option<Verdict> {
        let key = (operation.clone(), CheckId::from(check));
        self.verdicts.lock().unwrap_or_else(PoisonError::into_inner).get(&key).cloned()
    }

    /// Returns the sign of an outright refusal.
    pub(super) fn refusal(answer: &Answer) -> Option<String> {
        refusal_sign(answer)
    }

    /// Returns why an answer says nothing.
    pub(super) fn no_answer(answer: &Answer) -> Option<String> {
        why_inconclusive(answer)
    }
}
