//! What checks that write work with: the lab of their trials, and what other checks said of an operation.

use std::collections::BTreeMap;
use std::ops::Deref;
use std::sync::{Mutex, PoisonError};

use super::context::CheckCx;
use crate::act::{Accounts, Acting, Maker};
use crate::conversation::TalkCx;
use crate::model::{CheckId, Draft, Mode, OperationId, Verdict};
use crate::probe::Answer;
use crate::trial::{Lab, refusal, unjudged};

pub use crate::trial::{Access, Seen};

/// What checks that write work with.
#[derive(Debug)]
pub struct ActCx<'a> {
    /// The survey and the way to the target.
    pub check: &'a CheckCx<'a>,
    /// Objects and accounts of the scan's own; reached through the context itself.
    lab: Lab<'a>,
    /// How much the scan may do.
    pub mode: Mode,
    /// Proofs that an account got a higher role by an operation; held only to add or read.
    raised: Mutex<Vec<(OperationId, Draft)>>,
    /// Operations on which fields that callers must not set were tried.
    tried: Mutex<Vec<OperationId>>,
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
        Self {
            check,
            lab: Lab::new(check.survey, maker, accounts, check.access.facts()),
            mode,
            raised: Mutex::default(),
            tried: Mutex::default(),
            verdicts: Mutex::default(),
        }
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

    /// Keeps the proof that an operation gave an account a higher role: what one check has shown, another need not try.
    pub(super) fn keep_raise(&self, acting: &Acting, draft: Draft) {
        self.raised.lock().unwrap_or_else(PoisonError::into_inner).push((acting.operation.id.clone(), draft));
    }

    /// Keeps that fields which callers must not set were tried on an operation.
    pub(super) fn keep_tried_fields(&self, acting: &Acting) {
        self.tried.lock().unwrap_or_else(PoisonError::into_inner).push(acting.operation.id.clone());
    }

    /// Whether they were.
    pub(super) fn has_tried_fields(&self, acting: &Acting) -> bool {
        self.tried.lock().unwrap_or_else(PoisonError::into_inner).contains(&acting.operation.id)
    }

    /// Such a proof.
    pub(super) fn raise_by(&self, acting: &Acting) -> Option<Draft> {
        let raised = self.raised.lock().unwrap_or_else(PoisonError::into_inner);
        raised.iter().find(|(id, _)| *id == acting.operation.id).map(|(_, draft)| draft.clone())
    }

    /// Returns the sign of an outright refusal.
    pub(super) fn refusal(answer: &Answer) -> Option<String> {
        refusal(answer)
    }

    /// Returns why an answer says nothing.
    pub(super) fn no_answer(answer: &Answer) -> Option<String> {
        unjudged(answer)
    }
}
