//! Conditions of queries, and what is loaded or changed when a query is sent.

use std::rc::Rc;

use super::engine::{CodeAccess, Cx, HandlerReader};
use super::expressions::names_object;
use super::facts::CallerTie;
use super::idioms;
use super::report::CodeAccessVerb;
use super::sql;
use super::state::State;
use super::value::{
    CodeValue, ColumnBinding, Labels, Names, PlaceSet, Query, QueryCondition, Sends, Truth, ValueKind, labels_of,
};
use super::words;
use crate::ir::{Expr, Span};
use crate::project::ModuleId;

/// A longer expression is not written again for the caller.
const MOST_TEXT: usize = 60;
/// Nor is one of another module that is longer than this.
const MOST_FOREIGN_TEXT: usize = 40;

impl HandlerReader<'_> {
    /// Reads an expression as conditions of a query.
    pub(super) fn clauses_of(&mut self, cx: &Cx, state: &mut State, expr: &Expr) -> Vec<QueryCondition> {
        let value = self.eval(cx, state, expr);
        clauses_of_value(&value)
    }

    /// Sends a query: notes the access, and returns what it gives.
    pub(super) fn send(&mut self, cx: &Cx, state: &mut State, query: &Query, is_many: bool) -> CodeValue {
        let mark = if query.mark.span.end == 0 { self.mark(cx, self.statement) } else { query.mark };
        let mut labels = labels_of(&query.clauses);
        labels.objects = labels.objects.with(query.parents);
        let scope = if query.from_subject { Some(CallerTie::Owner) } else { scope_of(&query.clauses) };
        let is_chosen = labels.is_chosen();

        if labels.token && !is_chosen {
            // Found by a credential alone: it is the caller.
            return CodeValue::subject();
        }
        if !is_chosen && scope.is_none() {
            // A single row that nothing chooses is nobody's: a setting. A list without any condition is a list of all.
            if query.model.is_none() || (!is_many && query.sends == Sends::Load) {
                return CodeValue::default();
            }
        }

        let place = self.note_access(cx, state, query, (mark, labels, scope, is_many));
        let Some(place) = place else { return CodeValue::default() };
        let value = self.value_of(place, (is_chosen, scope));
        let what = match query.sends {
            Sends::Update => Some(CodeAccessVerb::Mutate),
            Sends::Delete => Some(CodeAccessVerb::Delete),
            Sends::Load | Sends::Create => None,
        };
        if let Some(what) = what {
            let object = CodeValue::of(Labels { objects: PlaceSet::of(place), ..Labels::default() });
            self.note_use(cx, state, &object, what, mark.span);
        }
        value
    }

    fn value_of(&self, place: usize, (is_chosen, scope): (bool, Option<CallerTie>)) -> CodeValue {
        let objects = Labels { objects: PlaceSet::of(place), ..Labels::default() };
        if !is_chosen && scope == Some(CallerTie::Owner) {
            return CodeValue::of(Labels { subject: true, objects: PlaceSet::default(), ..Labels::default() });
        }
        let mut value = CodeValue::of(objects);
        if let Some(access) =
            self.accesses.get(place).filter(|_| matches!(scope, Some(CallerTie::Owner | CallerTie::Access)))
        {
            // Where a row of the caller is there, what it was found by is the caller's too: a membership.
            let chosen = labels_of(&access.clauses);
            let yes = self.tie(
                Labels { ids: chosen.ids, objects: chosen.objects, ..Labels::default() },
                CallerTie::Access,
                access.mark,
            );
            let no = value.truth().no.clone();
            value.truth = Some(Rc::new(Truth { yes, no }));
        }

        value
    }

    fn note_access(
        &mut self,
        cx: &Cx,
        state: &State,
        query: &Query,
        (mark, labels, scope, is_many): (super::facts::CodeMark, Labels, Option<CallerTie>, bool),
    ) -> Option<usize> {
        let known = self.accesses.iter().position(|access| access.is_same(&mark, labels.ids));
        if known.is_some() {
            return known;
        }
        // Sets of places have a fixed width, so that further accesses cannot be followed.
        if self.accesses.len() >= PlaceSet::MOST {
            self.block("the handler reaches more data than is followed");
            return None;
        }
        // `id=note.notebook_id` leads from the note to its notebook: what is known of one holds for the other.
        let ups = query.clauses.iter().filter_map(|clause| match clause {
            QueryCondition::Equal(bound)
                if words::is_primary(&bound.column)
                    && bound.field.as_deref().is_some_and(|field| !words::is_primary(field)) =>
            {
                Some(bound.labels.objects)
            }
            _ => None,
        });

        let access = CodeAccess {
            mark,
            statement: self.statement,
            model: query.model.clone(),
            clauses: query.clauses.clone(),
            labels,
            parents: query.parents,
            ups: ups.fold(PlaceSet::default(), PlaceSet::with),
            is_many,
            sends: query.sends,
            scope,
            is_guess: false,
            uses: Vec::new(),
            object: None,
            subject: self.subject_in(cx, state),
            denial: None,
        };

        self.accesses.push(access);
        Some(self.accesses.len() - 1)
    }

    /// Returns an expression in scope that stands for the caller.
    fn subject_in(&self, cx: &Cx, state: &State) -> Option<String> {
        let of_caller = |value: &CodeValue| {
            value.labels.subject && !value.labels.is_chosen() && !matches!(value.kind, ValueKind::Text(..))
        };
        let local = state.names.iter().rev().find(|(name, value)| of_caller(value) && !name.contains('.'));
        let left = || state.left.iter().rev().find(|(_, value)| of_caller(value));
        let named = local.or_else(left).map(|(name, _)| name.to_string());

        named.or_else(|| self.caller_text(cx.module))
    }

    /// Returns the expression by which the caller was asked for, where it can be written in a module too. It is empty where
    /// that is known only to the code that called this.
    pub(super) fn caller_text(&self, module: ModuleId) -> Option<String> {
        let mark = self.identity?;
        let text = self.project.text(mark.module, mark.span);
        let most = if mark.module == module { MOST_TEXT } else { MOST_FOREIGN_TEXT };
        // A long text or a call that decodes cannot be repeated in a patch.
        let is_short = text.len() < most && !text.contains('\n') && !text.contains("decode");

        is_short.then(|| text.to_owned())
    }

    /// Sends a query that is used without being sent by name: awaited, looped over, served.
    pub(super) fn settle(&mut self, cx: &Cx, state: &mut State, value: CodeValue, span: Span) -> CodeValue {
        let ValueKind::Query(query) = &value.kind else { return value };
        let mut query = query.as_ref().clone();

        if query.mark.span.end == 0 {
            query.mark = self.mark(cx, span);
        }
        let is_many = !query.clauses.iter().any(names_object);
        self.send(cx, state, &query, is_many)
    }

    /// Learns what follows from an object being there, where a call throws if it is not.
    pub(super) fn learn_presence(&mut self, state: &mut State, value: &CodeValue) {
        let truth = value.truth();
        self.learn(state, &truth.yes);
    }
}

/// Returns what ties a query to the caller by its own conditions.
pub(super) fn scope_of(clauses: &[QueryCondition]) -> Option<CallerTie> {
    let ties = clauses.iter().filter_map(|clause| match clause {
        QueryCondition::Equal(bound) => scope_of_bound(bound),
        QueryCondition::Any(arms) => scope_of_arms(arms),
        QueryCondition::Other => None,
    });
    // One condition that ties is enough, and the strongest counts: all of them must hold.
    ties.min()
}

fn scope_of_bound(bound: &ColumnBinding) -> Option<CallerTie> {
    // A column that equals a mixture of the caller and a client's id is not tied.
    let labels = bound.labels;
    if labels.subject && labels.ids.is_empty() {
        return Some(CallerTie::Owner);
    }
    if labels.tenant && labels.ids.is_empty() {
        return Some(CallerTie::Access);
    }
    if labels.claimed {
        return Some(CallerTie::Claimed);
    }
    // Whoever knows the secret of an object is let in.
    let is_secret = words::holds_one_of(&bound.column, &words::SECRET_WORDS)
        // A code is short enough to be guessed, and is no secret.
        && !words::simplify_name(&bound.column).ends_with("code");
    (is_secret && (labels.is_chosen() || labels.token)).then_some(CallerTie::Access)
}

/// `owner is caller or object is public`: every arm must be a tie, or say that the object is open.
fn scope_of_arms(arms: &[Vec<QueryCondition>]) -> Option<CallerTie> {
    let mut weakest = None;
    let mut owners = 0;

    for arm in arms {
        let tie = match scope_of(arm) {
            Some(tie) => {
                owners += 1;
                tie
            }
            None if arm.iter().any(is_open) => CallerTie::Access,
            // One arm without a tie lets every row through.
            None => return None,
        };

        weakest = weakest.max(Some(tie));
    }

    // Only open rows are not tied to the caller at all.
    weakest.filter(|_| owners > 0)
}

fn is_open(clause: &QueryCondition) -> bool {
    match clause {
        QueryCondition::Equal(bound) => {
            bound.labels.is_plain() && words::holds_one_of(&bound.column, &idioms::PUBLIC_WORDS)
        }
        _ => false,
    }
}

/// Reads a value as conditions of a query.
pub(super) fn clauses_of_value(value: &CodeValue) -> Vec<QueryCondition> {
    match &value.kind {
        ValueKind::Condition(clauses) => clauses.as_ref().clone(),
        ValueKind::Record(entries) => clauses_of_record(entries),
        ValueKind::List(items)
            if items.iter().any(|item| matches!(item.kind, ValueKind::Record(_) | ValueKind::Condition(_))) =>
        {
            vec![QueryCondition::Any(items.iter().map(clauses_of_value).collect())]
        }
        ValueKind::Text(text, parts) => sql::read_conditions(text, parts),
        ValueKind::Query(query) if query.model.is_none() => query.clauses.clone(),
        _ if value.labels.is_plain() => match (&value.field, &value.kind) {
            // `filter(Invoice.is_public)`
            (Some(field), _) => {
                vec![QueryCondition::Equal(ColumnBinding {
                    column: field.clone(),
                    labels: Labels::default(),
                    field: None,
                })]
            }
            _ => Vec::new(),
        },
        _ => vec![equal_clause("", value)],
    }
}

/// Makes the condition that a column is equal to a value.
pub(super) fn equal_clause(column: &str, value: &CodeValue) -> QueryCondition {
    QueryCondition::Equal(ColumnBinding { column: Rc::from(column), labels: value.labels, field: value.field.clone() })
}

/// Reads a record as conditions: those of Mongo, Mongoose, Prisma, Sequelize and TypeORM.
pub(super) fn clauses_of_record(entries: &Names) -> Vec<QueryCondition> {
    if let Some((_, inner)) = entries.iter().find(|(name, _)| idioms::CONDITION_KEYS.contains(&&**name)) {
        return clauses_of_value(inner);
    }
    entries.iter().flat_map(|(name, value)| clauses_of_entry(name, value)).collect()
}

fn clauses_of_entry(name: &str, value: &CodeValue) -> Vec<QueryCondition> {
    if idioms::OPTION_KEYS.contains(&name) {
        return Vec::new();
    }
    let plain = words::simplify_name(name);

    // Sequelize writes these operators as symbols, whose names begin with `Op`.
    if matches!(plain.as_str(), "or" | "opor") {
        return match &value.kind {
            ValueKind::List(items) => vec![QueryCondition::Any(items.iter().map(clauses_of_value).collect())],
            _ => vec![QueryCondition::Other],
        };
    }

    if matches!(plain.as_str(), "and" | "opand") {
        return match &value.kind {
            ValueKind::List(items) => items.iter().flat_map(clauses_of_value).collect(),
            _ => clauses_of_value(value),
        };
    }

    // An inequality leaves other callers' rows in, and ties nothing.
    if matches!(
        plain.as_str(),
        "ne" | "nin" | "not" | "notin" | "nor" | "opne" | "opnotin" | "opnot" | "gt" | "lt" | "gte" | "lte"
    ) {
        return vec![QueryCondition::Other];
    }
    match &value.kind {
        ValueKind::Record(inner) => {
            let inner = inner.iter().flat_map(|(key, value)| match words::simplify_name(key).as_str() {
                "eq" | "in" | "equals" | "opeq" | "opin" | "is" | "some" | "every" | "oid" | "all" | "elemmatch"
                | "has" => match &value.kind {
                    ValueKind::Record(deeper) => clauses_of_record(deeper),
                    _ => vec![equal_clause(name, value)],
                },
                _ => clauses_of_entry(key, value),
            });

            inner.collect()
        }
        ValueKind::Condition(clauses) => clauses.as_ref().clone(),
        _ => vec![equal_clause(name, value)],
    }
}
