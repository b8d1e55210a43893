//! Advice: what would open more operations, never what this scan did already, merged where two checks say the same in
//! other words.

use std::collections::{BTreeMap, BTreeSet};

use super::operation_ref;
use super::run::ScanInput;
use crate::act::{LET_STAY, Maker};
use crate::model::{Again, MissingCallers, Mode, OperationId, Step, clean_name, clean_text};
use crate::report::NextStep;
use crate::survey::{Survey, id_slots, resource_of_path};

/// Most next steps that are named.
const MAX_STEPS: usize = 6;
/// Most operations that one step names.
const MAX_ON: usize = 3;

/// What this scan had and did, as far as advice depends on it.
#[derive(Debug)]
pub(super) struct Done<'a> {
    mode: Mode,
    /// Signed-in callers.
    callers: usize,
    /// The most signed-in callers of one rank.
    peers: usize,
    /// Signed-in callers differ in rank.
    has_ranks: bool,
    /// Throw-away accounts were wanted.
    wanted_accounts: bool,
    /// Why they were not made.
    no_accounts: Option<String>,
    maker: &'a Maker<'a>,
    /// Kinds of objects that callers have of their own making.
    made: BTreeSet<String>,
}

impl<'a> Done<'a> {
    pub(super) fn new(input: &ScanInput<'_>, survey: &Survey, maker: &'a Maker<'a>) -> Self {
        let mut ranks: BTreeMap<u32, usize> = BTreeMap::new();
        for person in survey.people.all.iter().filter(|person| person.signed_in) {
            *ranks.entry(person.rank).or_default() += 1;
        }
        let accounts = input.act.as_ref().map(|act| &act.accounts);
        Self {
            mode: input.mode,
            callers: ranks.values().sum(),
            peers: ranks.values().copied().max().unwrap_or_default(),
            has_ranks: ranks.len() > 1,
            wanted_accounts: accounts.is_some_and(|accounts| !accounts.made.is_empty() || !accounts.faults.is_empty()),
            no_accounts: accounts.and_then(|accounts| accounts.faults.first().cloned()),
            maker,
            made: maker.made().into_iter().map(|created| created.object.resource).collect(),
        }
    }

    /// Returns how many callers of one rank are signed in.
    pub(super) fn peers(&self) -> usize {
        self.peers
    }

    /// Returns why throw-away accounts were not made, where they were wanted.
    pub(super) fn no_accounts(&self) -> Option<&str> {
        self.no_accounts.as_deref()
    }

    /// Returns what is to be done to have two signed-in callers of one rank.
    pub(super) fn two_callers(&self) -> Step {
        let wanted = if self.peers == 0 { MissingCallers::Two } else { MissingCallers::Second };
        Step::Callers(wanted, self.again(Again::with_accounts(None)))
    }

    /// Returns a step as it is still to be done for an operation; `None` where it is done.
    pub(super) fn remaining(&self, step: Step, operation: &OperationId) -> Option<Step> {
        match step {
            Step::Scan(again) => self.again(again).map(Step::Scan).or_else(|| self.sign_up(again)),
            Step::Callers(MissingCallers::One, again) => (self.callers == 0)
                .then(|| Step::Callers(MissingCallers::One, again.and_then(|again| self.again(again)))),
            Step::Callers(..) => (self.peers < 2).then(|| self.two_callers()),
            Step::SignIn(again) => Some(Step::SignIn(again.and_then(|again| self.again(again)))),
            Step::HigherRole => (!self.has_ranks).then_some(Step::HigherRole),
            Step::Owns(parameter) => self.owned(operation, &parameter),
            Step::Object => self.object(operation),
            Step::Answer(_) | Step::Include(_) | Step::Other(_) => Some(step),
        }
    }

    /// What of another scan this one was not allowed.
    fn again(&self, again: Again) -> Option<Again> {
        let accounts = again.accounts && !self.wanted_accounts;
        // Accounts are made by writing, which needs active mode at least.
        let needed = again.mode.max(accounts.then_some(Mode::Active));
        let mode = needed.filter(|mode| *mode > self.mode);
        (mode.is_some() || accounts).then_some(Again { mode, accounts })
    }

    /// Where accounts were wanted and not made, that is what is to be settled.
    fn sign_up(&self, again: Again) -> Option<Step> {
        let fault = self.no_accounts.as_ref().filter(|_| again.accounts)?;
        Some(Step::Other(fault.clone()))
    }

    /// What keeps callers from an object of the operation's kind.
    fn object(&self, operation: &OperationId) -> Option<Step> {
        let path = operation.as_str().split_once(' ').map_or("", |(_, path)| path);
        let resource = resource_of_path(path);

        // Where making one failed, a higher mode would fail in the same way.
        if let Some(fault) = self.maker.why_not(resource.as_deref()) {
            let because = clean_text(&fault.in_words(), 240);
            let own = || format!("see to it that objects can be made: {because}");
            return Some(Step::Other(if fault.lacks_consent { LET_STAY.to_owned() } else { own() }));
        }
        if resource.as_ref().is_some_and(|resource| self.made.contains(resource)) {
            return None;
        }
        match self.again(Again::in_mode(Mode::Active)) {
            Some(again) => Some(Step::Scan(again)),
            None => self.owned(operation, ""),
        }
    }

    /// Returns the advice to name an object, by this parameter of an operation or else its last; none where no parameter
    /// takes the id of an object.
    fn owned(&self, operation: &OperationId, parameter: &str) -> Option<Step> {
        let operation = self.maker.api.operations.iter().find(|known| known.id == *operation)?;
        let found = id_slots(self.maker.api, operation);
        // The last slot is the object itself; those before it are its parents.
        let mut named = found.iter().rev().filter(|slot| slot.names_object());
        let slot = named.find(|slot| parameter.is_empty() || slot.name == parameter)?;

        Some(Step::Owns(clean_name(&slot.name, 60)))
    }
}

/// Steps with the operations that each would open, in document order.
#[derive(Debug, Default)]
pub(super) struct Steps<'a> {
    all: Vec<(Step, Vec<&'a OperationId>)>,
}

impl<'a> Steps<'a> {
    pub(super) fn add(&mut self, step: Step, operation: &'a OperationId) {
        match self.all.iter_mut().find(|(known, _)| known.is_same_as(&step)) {
            Some((known, on)) => {
                *known = known.clone().merged(step);
                if !on.contains(&operation) {
                    on.push(operation);
                }
            }
            None => self.all.push((step, vec![operation])),
        }
    }

    /// Returns the steps that open most, most first.
    pub(super) fn most_useful(mut self) -> Vec<NextStep> {
        self.all.retain(|(step, _)| step.may_be_recommended());
        self.all.sort_by(|(one, a), (other, b)| b.len().cmp(&a.len()).then_with(|| one.cmp(other)));
        self.all.into_iter().take(MAX_STEPS).map(next_step).collect()
    }
}

fn next_step((action, on): (Step, Vec<&OperationId>)) -> NextStep {
    let operations = u64::try_from(on.len()).unwrap_or(u64::MAX);
    NextStep { action, operations, on: on.into_iter().take(MAX_ON).map(operation_ref).collect() }
}
