//! Sums up what a called function comes to, so that it is read once for all calls that give it the same: what it returns,
//! what is known behind it, and what is found on the way. Handlers of one project lead to the same helpers over and over.
//!
//! The function is read as if its inputs were all that there is. What comes out is put in the place of each call, and is the
//! same whether it was kept or read anew.

use std::mem;
use std::rc::Rc;
use std::sync::Arc;

use super::engine::{CodeAccess, Cx, HandlerReader, Use};
use super::facts::{CodeMark, Facts, OwnershipFact};
use super::follow::CallArgument;
use super::inputs::{InputText, Reachable};
use super::renumber::Renumbering;
use super::report::ClientId;
use super::request::RequestNotes;
use super::state::State;
use super::trail::{MOST_DEPTH, Trail};
use super::value::{CodeValue, Names, PlaceSet};
use crate::ir::Function;
use crate::project::FunctionRef;
use crate::routes::FrameworkName;

/// What is found while code is read.
#[derive(Default)]
struct Findings {
    ids: Vec<ClientId>,
    accesses: Vec<CodeAccess>,
    identity: Option<CodeMark>,
    blocked: Vec<String>,
    seen: Vec<OwnershipFact>,
    suspicions: Vec<CodeMark>,
    request: RequestNotes,
}

/// What a called function comes to.
pub(super) struct Summary {
    /// How deep it was read.
    depth: usize,
    /// For which method of the request.
    method: Option<String>,
    trail: Trail,
    /// What it took of the budget.
    cost: usize,
    /// How many of the ids are inputs: the first ones.
    ids: usize,
    value: CodeValue,
    facts: Facts,
    /// What it leaves for later code, where that is not what was left for it.
    left: Option<Rc<Names>>,
    found: Findings,
}

/// One call of a function of the project.
struct FollowedCall<'c> {
    function: &'c FunctionRef,
    around: &'c Rc<Names>,
    given: &'c [CallArgument],
    left: Rc<Names>,
    reachable: Reachable,
}

impl HandlerReader<'_> {
    /// Returns what a call gives, by what its function comes to. `None` where that depends on more than its inputs.
    pub(super) fn summed_up(
        &mut self,
        cx: &Cx,
        state: &mut State,
        (function, around): (&FunctionRef, &Rc<Names>),
        given: &[CallArgument],
    ) -> Option<CodeValue> {
        // Names around a function differ from call to call, so that it is read anew.
        if !around.is_empty() || state.facts.is_impossible || !self.models.is_summable(function) {
            return None;
        }
        let left = self.left_for(cx, state, function);
        let reachable = self.reachable(given, &left, &state.facts)?;
        let called = FollowedCall { function, around, given, left, reachable };
        let inputs = self.input_text(state, &called);
        let known = self
            .models
            .kept(&inputs)
            .and_then(|kept| kept.downcast::<Summary>().ok())
            .filter(|kept| self.fits(kept, cx));
        let summary = match known {
            Some(known) => {
                // A kept reading costs as much as a new one, so that the verdict does not depend on the order of
                // handlers.
                self.budget = self.budget.saturating_sub(known.cost);
                self.trail.absorb(&known.trail);
                known
            }
            None => self.sum_up(cx, state, &called, inputs)?,
        };

        Some(self.put_in_place(cx, state, &called, &summary))
    }

    fn input_text(&self, state: &State, called: &FollowedCall) -> Box<[u8]> {
        let reachable = &called.reachable;
        let inward = Renumbering::inward(&reachable.ids, reachable.marks.clone());
        let mut text = InputText::new(&inward);
        text.function(called.function);
        text.number(self.framework as usize);
        // Whether the caller was asked for before decides what a guard by its name proves.
        text.number(usize::from(self.identity.is_some()));
        text.number(called.given.len());
        called.given.iter().for_each(|given| text.given(given));
        text.names(&called.left);
        text.facts(&state.facts);
        text.number(reachable.ids.len());

        // Views of Django reach for the path by themselves, and read a part of it otherwise than one of a body.
        if self.framework == FrameworkName::Django {
            let ids = reachable.ids.iter().filter_map(|place| self.ids.get(*place));
            ids.for_each(|id| text.origin(id.from));
        }
        text.finish()
    }

    /// Returns whether reading the function here would go as it went then.
    fn fits(&self, summary: &Summary, cx: &Cx) -> bool {
        let is_same_depth = summary.depth == cx.depth;
        let within = cx.depth + summary.trail.deepest.saturating_sub(summary.depth);
        let is_on_stack =
            |function: &Arc<Function>| summary.trail.entered.binary_search(&Arc::as_ptr(function)).is_ok();
        // A reading that was cut by its depth holds only at that depth.
        (is_same_depth || !summary.trail.is_cut && within < MOST_DEPTH)
            && (!summary.trail.asks_method || summary.method == self.method)
            && self.budget >= summary.cost
            && self.has_room(summary)
            // A function on the stack would be read as recursion here, and was not then.
            && !self.stack.iter().any(is_on_stack)
    }

    fn has_room(&self, summary: &Summary) -> bool {
        let ids = summary.found.ids.len() - summary.ids.min(summary.found.ids.len());
        self.ids.len() + ids <= PlaceSet::MOST && self.accesses.len() + summary.found.accesses.len() <= PlaceSet::MOST
    }

    /// Reads a function as if its inputs were all that there is.
    fn sum_up(&mut self, cx: &Cx, state: &State, called: &FollowedCall, inputs: Box<[u8]>) -> Option<Rc<Summary>> {
        let reachable = &called.reachable;
        let inward = Renumbering::inward(&reachable.ids, reachable.marks.clone());
        let left = inward.names(&called.left);
        let mut inner = State { names: Rc::default(), left: left.clone(), facts: inward.facts(&state.facts) };
        let given =
            called.given.iter().map(|given| CallArgument { value: inward.value(&given.value), ..given.clone() });
        let given: Vec<CallArgument> = given.collect();
        let mut found = self.inner_findings(reachable);
        let (budget, nexts) = (self.budget, self.nexts());
        let outer = mem::take(&mut self.trail);
        // The findings are exchanged, so that the function sees nothing of the handler around it.
        self.exchange(&mut found);
        let value = self.follow_body(cx, &mut inner, (called.function, called.around), given);
        self.exchange(&mut found);
        let mut trail = mem::replace(&mut self.trail, outer);
        trail.settle();
        self.trail.absorb(&trail);
        let leads_back = trail.lowest.is_some_and(|place| place < self.stack.len());
        let summary = Rc::new(Summary {
            depth: cx.depth,
            method: self.method.clone(),
            cost: budget.saturating_sub(self.budget),
            ids: reachable.ids.len(),
            left: (!Rc::ptr_eq(&inner.left, &left)).then_some(inner.left),
            facts: inner.facts,
            trail,
            value,
            found,
        });

        let asks_path = summary.trail.asks_path.get() && self.framework != FrameworkName::Django;
        // What depends on more than the inputs is read at each call from now on.
        if asks_path || self.nexts() > nexts || !self.has_room(&summary) {
            self.forget_nexts(nexts);
            self.budget = budget;
            self.models.never_sum_up(called.function);
            return None;
        }

        // A reading that ran out of budget is incomplete, and must not serve other calls.
        if self.can_spend() && !leads_back {
            self.models.keep(inputs, summary.clone());
        }
        Some(summary)
    }

    fn inner_findings(&self, reachable: &Reachable) -> Findings {
        let id = |(number, place): (usize, &usize)| {
            // It has no name here: which one it has is not the function's business.
            self.ids.get(*place).map(|id| ClientId { name: format!("\0{number}"), from: id.from })
        };
        Findings {
            ids: reachable.ids.iter().enumerate().filter_map(id).collect(),
            // Who it is that called is not its business either.
            identity: self.identity.map(|_| CodeMark::default()),
            ..Findings::default()
        }
    }

    fn exchange(&mut self, found: &mut Findings) {
        mem::swap(&mut self.ids, &mut found.ids);
        mem::swap(&mut self.accesses, &mut found.accesses);
        mem::swap(&mut self.identity, &mut found.identity);
        mem::swap(&mut self.blocked, &mut found.blocked);
        mem::swap(&mut self.seen, &mut found.seen);
        mem::swap(&mut self.suspicions, &mut found.suspicions);

        mem::swap(&mut self.request, &mut found.request);
    }

    fn nexts(&self) -> usize {
        self.frames.last().map_or(0, |frame| frame.nexts.len())
    }

    fn forget_nexts(&mut self, count: usize) {
        self.frames.last_mut().into_iter().for_each(|frame| frame.nexts.truncate(count));
    }

    /// Puts what a function comes to in the place of a call.
    fn put_in_place(&mut self, cx: &Cx, state: &mut State, called: &FollowedCall, summary: &Summary) -> CodeValue {
        let (reachable, found) = (&called.reachable, &summary.found);
        let mut outward = Renumbering::outward(&reachable.ids, reachable.marks.clone());

        for id in found.ids.iter().skip(reachable.ids.len()) {
            let labels = self.client(&id.name, id.from);
            outward.ids.push(labels.ids);
        }
        for access in &found.accesses {
            let place = self.take_access(access, &outward);
            outward.objects.push(PlaceSet::of(place));
        }
        self.identity = self.identity.or(found.identity);
        found.blocked.iter().for_each(|reason| self.block(reason.as_str()));

        for fact in found.seen.iter().flat_map(|fact| outward.fact(*fact)) {
            if !self.seen.contains(&fact) {
                self.seen.push(fact);
            }
        }
        self.suspicions.extend(&found.suspicions);
        self.request.absorb(&found.request, |ids| outward.ids(ids));
        state.facts.and(&outward.facts(&summary.facts));

        let left = match &summary.left {
            Some(left) => outward.names(left),
            None if summary.value.never => state.left.clone(),
            None => called.left.clone(),
        };
        state.left = self.left_behind(cx, called.function, &state.left, &left);
        outward.value(&summary.value)
    }

    /// Takes over an access of a function. Returns its place, which is that of the same access where there is one.
    fn take_access(&mut self, inner: &CodeAccess, outward: &Renumbering) -> usize {
        let mut access = outward.access(inner);
        // An empty text stands for the caller's expression, which only the handler has.
        if access.subject.as_ref().is_some_and(String::is_empty) {
            access.subject = self.caller_text(access.mark.module);
        }
        let known = self.accesses.iter().position(|known| known.is_same(&access.mark, access.labels.ids));
        let place = known.unwrap_or(self.accesses.len());

        if known.is_none() {
            self.accesses.push(access);
        }
        if let Some(access) = self.accesses.get_mut(place) {
            access.is_guess |= inner.is_guess;
            inner.uses.iter().for_each(|one| access.add_use(outward.use_of(one)));
        }
        place
    }
}

impl CodeAccess {
    /// Returns whether it is what a query at that place for these ids reaches.
    pub(super) fn is_same(&self, mark: &CodeMark, ids: PlaceSet) -> bool {
        self.mark.module == mark.module && self.mark.span == mark.span && self.labels.ids == ids
    }

    /// Adds what is done with its object. The same line on another path is guarded only if it is on both.
    pub(super) fn add_use(&mut self, one: Use) {
        match self.uses.iter_mut().find(|known| known.mark == one.mark && known.what == one.what) {
            Some(known) => known.guard = known.guard.filter(|_| one.guard.is_some()).and(one.guard),
            None => self.uses.push(one),
        }
    }
}
