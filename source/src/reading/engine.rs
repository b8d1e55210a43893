//! What the reading of one handler carries along: ids, accesses, facts that were seen, and what stood in the way.

use std::rc::Rc;
use std::sync::Arc;

use super::facts::{CallerTie, CodeMark, Facts, Key, OwnershipFact};
use super::models::Models;
use super::report::{ClientId, CodeAccessVerb, IdOrigin};
use super::request::RequestNotes;
use super::state::State;
use super::trail::Trail;
use super::value::{CodeValue, Labels, PlaceSet, QueryCondition, Sends};
use crate::ir::{Function, Span};
use crate::project::{ClassRef, ModuleId, Project};
use crate::routes::FrameworkName;

/// Calls that are read for one handler at most.
const MOST_CALLS: usize = 2_500;

/// Where the code that is being read stands.
#[derive(Clone)]
pub(super) struct Cx {
    pub(super) module: ModuleId,
    pub(super) class: Option<ClassRef>,
    pub(super) depth: usize,
}

/// What a function did, path by path.
#[derive(Default)]
pub(super) struct FunctionFrame {
    /// State and value at each of its ends.
    pub(super) ends: Vec<(State, CodeValue)>,
    /// State at each call of the next part of a chain, and what it was called with.
    pub(super) nexts: Vec<(State, Vec<super::follow::CallArgument>)>,
}

/// One place where an object leaves the handler or is changed.
#[derive(Debug, Clone)]
pub(super) struct Use {
    pub(super) mark: CodeMark,
    pub(super) what: CodeAccessVerb,
    /// It is only put in relation with something new.
    pub(super) is_relation: bool,
    pub(super) guard: Option<AccessGuard>,
}

/// What ties an object to the caller.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) struct AccessGuard {
    /// Absent where a role decides.
    pub(super) tie: Option<CallerTie>,
    pub(super) mark: CodeMark,
}

/// One access to data.
#[derive(Debug, Clone)]
pub(super) struct CodeAccess {
    pub(super) mark: CodeMark,
    pub(super) statement: Span,
    pub(super) model: Option<Rc<str>>,
    pub(super) clauses: Vec<QueryCondition>,
    pub(super) labels: Labels,
    /// Objects that it starts from.
    pub(super) parents: PlaceSet,
    /// Objects that lead to it by one of their fields: what is known of it is known of them.
    pub(super) ups: PlaceSet,
    pub(super) is_many: bool,
    pub(super) sends: Sends,
    /// What its own conditions tie it by.
    pub(super) scope: Option<CallerTie>,
    /// Its call is of nobody's library that is known.
    pub(super) is_guess: bool,
    pub(super) uses: Vec<Use>,
    pub(super) object: Option<String>,
    pub(super) subject: Option<String>,
    pub(super) denial: Option<Span>,
}

/// How much was found at a time.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) struct Traces {
    ids: usize,
    accesses: usize,
    blocked: usize,
    seen: usize,
    suspicions: usize,
    identity: Option<CodeMark>,
    request: RequestNotes,
    budget: usize,
}

/// The reading of one handler.
pub(super) struct HandlerReader<'p> {
    pub(super) project: &'p Project,
    pub(super) models: &'p Models,
    pub(super) framework: FrameworkName,
    /// The method of the request, where the route has only one.
    pub(super) method: Option<String>,
    pub(super) ids: Vec<ClientId>,
    pub(super) accesses: Vec<CodeAccess>,
    pub(super) frames: Vec<FunctionFrame>,
    /// Where the caller was asked for first.
    pub(super) identity: Option<CodeMark>,
    /// Reasons why something was not decided.
    pub(super) blocked: Vec<String>,
    /// Every tie that a comparison could have made.
    pub(super) seen: Vec<OwnershipFact>,
    /// Checks that do not hold.
    pub(super) suspicions: Vec<CodeMark>,
    /// What is read of the request.
    pub(super) request: RequestNotes,
    pub(super) statement: Span,
    pub(super) stack: Vec<Arc<Function>>,
    pub(super) trail: Trail,
    pub(super) budget: usize,
}

impl<'p> HandlerReader<'p> {
    pub(super) fn new(project: &'p Project, models: &'p Models, framework: FrameworkName) -> Self {
        HandlerReader {
            project,
            models,
            framework,
            method: None,
            ids: Vec::new(),
            accesses: Vec::new(),
            frames: Vec::new(),
            identity: None,
            blocked: Vec::new(),
            seen: Vec::new(),
            suspicions: Vec::new(),
            request: RequestNotes::default(),
            statement: Span::default(),
            stack: Vec::new(),
            trail: Trail::default(),
            budget: MOST_CALLS,
        }
    }

    /// Returns whether more calls may be read.
    pub(super) fn can_spend(&self) -> bool {
        self.budget > 0
    }

    /// Takes one call off the budget. Returns whether there was one left.
    pub(super) fn spend(&mut self) -> bool {
        if self.budget == 0 {
            self.block("the handler leads to more code than is read");
            return false;
        }
        self.budget -= 1;
        true
    }

    /// Returns how much was found so far.
    pub(super) fn traces(&self) -> Traces {
        Traces {
            ids: self.ids.len(),
            accesses: self.accesses.len(),
            blocked: self.blocked.len(),
            seen: self.seen.len(),
            suspicions: self.suspicions.len(),
            identity: self.identity,
            request: self.request.clone(),
            budget: self.budget,
        }
    }

    /// Returns whether nothing was found since then, and all was read to its end.
    pub(super) fn has_found_nothing_since(&self, then: &Traces) -> bool {
        self.can_spend() && self.traces() == Traces { budget: self.budget, ..then.clone() }
    }

    /// Forgets what was found since then, and what it cost, where that belongs to no handler.
    pub(super) fn forget_since(&mut self, then: &Traces) {
        self.budget = then.budget;
        self.ids.truncate(then.ids);
        self.accesses.truncate(then.accesses);
        self.blocked.truncate(then.blocked);
        self.seen.truncate(then.seen);
        self.suspicions.truncate(then.suspicions);
        self.identity = then.identity;

        self.request.clone_from(&then.request);
    }

    /// Keeps a reason why something was not decided.
    pub(super) fn block(&mut self, reason: impl Into<String>) {
        let reason = reason.into();
        if !self.blocked.contains(&reason) && self.blocked.len() < 8 {
            self.blocked.push(reason);
        }
    }

    /// Returns the labels of a value that a client chooses.
    pub(super) fn client(&mut self, name: &str, from: IdOrigin) -> Labels {
        let known = self.ids.iter().position(|id| id.name == name && id.from == from);
        let place = known.unwrap_or(self.ids.len());

        // Sets of places have a fixed width, so that no further part of the request has a place.
        if place >= PlaceSet::MOST {
            self.block("the request has more parts than are followed");
            return Labels::default();
        }
        if known.is_none() {
            self.ids.push(ClientId { name: name.to_owned(), from });
        }
        Labels { ids: PlaceSet::of(place), ..Labels::default() }
    }

    /// Returns the labels of every part of the path.
    pub(super) fn path_labels(&self) -> Labels {
        // The reading of a function then depends on the path of its route, and may not be shared between routes.
        self.trail.asks_path.set(true);
        let places = self.ids.iter().enumerate().filter(|(_, id)| id.from == IdOrigin::Path).map(|(place, _)| place);
        Labels {
            ids: places.fold(PlaceSet::default(), |all, place| all.with(PlaceSet::of(place))),
            ..Labels::default()
        }
    }

    /// Notes that the caller is asked for here, and returns the value that stands for it.
    pub(super) fn ask_caller(&mut self, cx: &Cx, span: Span) -> CodeValue {
        self.identity.get_or_insert(CodeMark { module: cx.module, span });
        CodeValue::subject()
    }

    pub(super) fn mark(&self, cx: &Cx, span: Span) -> CodeMark {
        CodeMark { module: cx.module, span }
    }

    /// Returns the code of a piece, on one line, cut where it is long.
    pub(super) fn text(&self, mark: CodeMark) -> String {
        let text = self.project.text(mark.module, mark.span);
        let line = text.split_whitespace().collect::<Vec<_>>().join(" ");

        match line.char_indices().nth(117) {
            Some((at, _)) => format!("{}...", line.get(..at).unwrap_or(&line)),
            None => line,
        }
    }

    /// Adds facts to what is known here; what is known of an object is known of those that lead to it.
    pub(super) fn learn(&mut self, state: &mut State, facts: &Facts) {
        for fact in facts.iter() {
            if fact.key != Key::Role && fact.tie != CallerTie::Absent && !self.seen.contains(fact) {
                self.seen.push(*fact);
            }
        }
        state.facts.and(facts);
        let mut above = Vec::new();

        // An object that was reached over another one proves something of that one too.
        for fact in facts.iter() {
            let Key::Object(place) = fact.key else { continue };
            let Some(access) = self.accesses.get(place) else { continue };
            above.extend(access.ups.iter().map(|up| OwnershipFact { key: Key::Object(up), ..*fact }));
        }
        above.into_iter().for_each(|fact| state.facts.add(fact));
    }

    /// Returns facts of one kind on everything that a value was made of.
    pub(super) fn tie(&self, labels: Labels, tie: CallerTie, mark: CodeMark) -> Facts {
        let objects = labels.objects.iter().map(Key::Object);
        let keys = objects.chain(labels.ids.iter().map(Key::Id));
        Facts::of(keys.map(|key| OwnershipFact { key, tie, mark }).collect())
    }

    /// Notes that an object leaves the handler or is changed here.
    pub(super) fn note_use(&mut self, cx: &Cx, state: &State, value: &CodeValue, what: CodeAccessVerb, span: Span) {
        self.note(cx, state, value, (what, false), span);
    }

    /// Notes that an object is put in relation with something new.
    pub(super) fn note_relation(&mut self, cx: &Cx, state: &State, value: &CodeValue, span: Span) {
        self.note(cx, state, value, (CodeAccessVerb::Create, true), span);
    }

    fn note(
        &mut self,
        cx: &Cx,
        state: &State,
        value: &CodeValue,
        (what, is_relation): (CodeAccessVerb, bool),
        span: Span,
    ) {
        // On a path that cannot be taken nothing leaves the handler.
        if value.labels.objects.is_empty() || state.facts.is_impossible {
            return;
        }
        // Where the value may be absent, only the paths where it is there count.
        let mut facts = state.facts.clone();

        if let Some(truth) = &value.truth {
            facts.and(&truth.yes);
        }
        let mark = self.mark(cx, span);

        for place in value.labels.objects.iter() {
            let guard = self.guard(&facts, place);
            let Some(access) = self.accesses.get_mut(place) else { continue };
            // One object of a list is a list for the report: no single id chose it.
            let what = if what == CodeAccessVerb::Read && access.is_many { CodeAccessVerb::List } else { what };
            access.add_use(Use { mark, what, is_relation, guard });
        }
    }
}
