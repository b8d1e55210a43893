//! What the reading of a called function depends on beside what it is given: how deep it is, what is being read already.

use std::cell::Cell;
use std::sync::Arc;

use crate::ir::Function;

/// Functions within functions that are followed.
pub(super) const MOST_DEPTH: usize = 7;

/// What the reading of a function depended on beside its inputs.
#[derive(Debug, Default)]
pub(super) struct Trail {
    /// How deep the deepest call within was.
    pub(super) deepest: usize,
    /// Some call within was too deep to be followed.
    pub(super) is_cut: bool,
    /// The lowest place of the stack to which a call led back.
    pub(super) lowest: Option<usize>,
    /// Functions that calls within led to.
    pub(super) entered: Vec<*const Function>,
    /// The method of the request was asked for.
    pub(super) asks_method: bool,
    /// Every part of the path was asked for, whatever its name.
    pub(super) asks_path: Cell<bool>,
}

impl Trail {
    /// Notes a call of a function, and where on the stack it is already.
    pub(super) fn enter(&mut self, function: &Arc<Function>, again: Option<usize>) {
        self.entered.push(Arc::as_ptr(function));
        self.lead_back(again);
    }

    /// Notes how deep a call is.
    pub(super) fn reach(&mut self, depth: usize) {
        self.deepest = self.deepest.max(depth);
        self.is_cut |= depth >= MOST_DEPTH;
    }

    fn lead_back(&mut self, place: Option<usize>) {
        self.lowest = self.lowest.into_iter().chain(place).min();
    }

    /// Adds what a part of the reading depended on.
    pub(super) fn absorb(&mut self, other: &Trail) {
        self.deepest = self.deepest.max(other.deepest);
        self.is_cut |= other.is_cut;
        self.asks_method |= other.asks_method;
        self.lead_back(other.lowest);
        self.entered.extend(&other.entered);

        self.asks_path.set(self.asks_path.get() || other.asks_path.get());
    }

    /// Puts the functions in an order in which they are found.
    pub(super) fn settle(&mut self) {
        self.entered.sort_unstable();
        self.entered.dedup();
    }
}
