//! An object is given to its owner alone. In this order: the function that a sibling uses, a condition in the load
//! itself, a comparison behind the load.

use super::django;
use super::objects::{compare_after, compare_parent, deny_if_absent, differs_from_path, find_owner_predicate};
use crate::fix::callers::{OwnerUse, is_same_table};
use crate::fix::draft::{Case, FixDraft};
use crate::fix::identity::{CallerExpression, find_caller, part_of};
use crate::fix::loads::{Load, LoadKind, find_loads, mentions_parameter, names_of};
use crate::fix::owning::{Known, find_owner_tie, is_tied_to, resolve_function, tied_parent};
use crate::fix::proposal::{FixRefusal, RefusalReason};
use crate::fix::scope::{Condition, scope_load};
use crate::fix::style::CodeStyle;
use crate::fix::tables::Column;
use crate::fix::{denial, imports};
use crate::ir::{Expr, dotted_text, last_part};
use crate::project::{FunctionRef, Resolved};
use crate::reading::TENANT_NAMES;
use crate::routes::{FrameworkName, path_parameters};
use crate::words::{ACCOUNTS, CALLERS, OWNER_FIELDS, is_one_of, simplify_name};

/// Makes the change.
pub(super) fn require_owner(case: &Case<'_>) -> Result<FixDraft, FixRefusal> {
    if case.facts.is_public {
        return Err(public_route_refusal(case));
    }
    let known = Known::of(case);

    if let Some(answer) = django::querysets::scope_queryset(case, &known) {
        return answer;
    }
    if let Some(refusal) = django::querysets::is_checked(case) {
        return Err(refusal);
    }
    let parameter = object_parameter(case)?;
    if let Some((method, inner)) = django::method_of_load(case, &parameter)
        && let Some(module) = case.project.module(method.module)
    {
        let style = CodeStyle::of(&module.text, module.language);
        return of_function(&Case { handler: method, module, style, ..case.clone() }, &known, inner);
    }
    of_function(case, &known, parameter)
}

/// Makes the change in the function that loads the object.
fn of_function(case: &Case<'_>, known: &Known, parameter: String) -> Result<FixDraft, FixRefusal> {
    let parent = tied_parent(case, known, &parameter);
    if let Some(tie) = find_owner_tie(case, known, &parameter) {
        let place = case.place(case.handler.module, tie.span);
        let because = format!("{} asks whose the object is, at {}:{}", case.route(), place.file, place.line);
        return Err(case.nothing_to_do(because));
    }
    let all = find_loads(case, &parameter);

    if all.iter().any(|load| is_given_callers(case, load)) {
        return Err(case.nothing_to_do(format!("what {} loads is what its caller may use", case.route())));
    }
    if let Some(parent) = &parent
        && all.iter().any(|load| is_tied_to(case, load, parent))
    {
        return Err(case.nothing_to_do(format!("the object is one of its parent `{parent}`, which is the caller's")));
    }
    let load = all.first().ok_or_else(|| not_located(case, &parameter))?;
    let owned = UnownedLoad { case, known, load, parameter: &parameter };
    if let Some(parent) = parent
        && let Some(draft) = owned.through_parent(&parent)
    {
        return Ok(draft);
    }
    let caller = find_caller(case, load.statement.span.start).ok_or_else(|| no_identity(case))?;
    owned
        .is_the_account(&caller)
        .or_else(|| owned.through_function(&caller))
        .map_or_else(|| owned.by_condition(&caller), Ok)
}

/// `get_object_or_404(Project.objects.for_user(request.user), pk=pk)`: Django looks among what the caller is given.
fn is_given_callers(case: &Case<'_>, load: &Load<'_>) -> bool {
    let first = load.parts().and_then(|(_, arguments)| arguments.first()).filter(|first| first.name.is_none());
    let inner = first.and_then(|first| first.value.call()).filter(|_| case.entry.framework == FrameworkName::Django);
    let mut found = false;

    for argument in inner.iter().flat_map(|(_, arguments)| *arguments) {
        crate::ir::walk_expr(&argument.value, &mut |part| {
            found |= crate::fix::callers::caller_of(case.module, part).is_some();
        });
    }
    found
}

/// Refuses what is open on purpose.
pub(super) fn public_route_refusal(case: &Case<'_>) -> FixRefusal {
    FixRefusal::new(
        RefusalReason::Public,
        format!("{} is open on purpose, as the document or a remembered decision says", case.route()),
        "change that decision first if it is wrong",
    )
}

/// Refuses where the caller is not known.
pub(super) fn no_identity(case: &Case<'_>) -> FixRefusal {
    FixRefusal::new(
        RefusalReason::NoIdentity,
        format!("nothing in the handler of {} says who calls", case.route()),
        "let it ask for a credential first (the remedy missing-guard), then ask again",
    )
}

fn not_located(case: &Case<'_>, parameter: &str) -> FixRefusal {
    FixRefusal::new(
        RefusalReason::NotLocated,
        format!("no load by `{parameter}` was found in the handler of {}", case.route()),
        "find where the object is loaded, and compare its owner with the caller there",
    )
}

/// The parameter that names the object.
fn object_parameter(case: &Case<'_>) -> Result<String, FixRefusal> {
    let of_path = path_parameters(&case.entry.path);
    let named = case.facts.parameter.clone();
    named.or_else(|| of_path.last().cloned()).ok_or_else(|| {
        FixRefusal::new(
            RefusalReason::MissingFact,
            format!("{} has no parameter in its path", case.route()),
            "say which parameter names the object",
        )
    })
}

/// The model of a chain; a bare call of a class makes one (a fault, a response), and loads nothing.
fn model_of_chain(callee: &Expr) -> Option<String> {
    callee.name().is_none().then(|| crate::fix::callers::model_of(callee)).flatten()
}

/// A load whose object has no owner yet.
struct UnownedLoad<'a> {
    case: &'a Case<'a>,
    known: &'a Known,
    load: &'a Load<'a>,
    parameter: &'a str,
}

impl UnownedLoad<'_> {
    /// The parent is the caller's: the child must be one of it.
    fn through_parent(&self, parent: &str) -> Option<FixDraft> {
        let table = self.load.table.as_deref()?;
        let condition = self.of_reference(table, parent).or_else(|| self.of_column(table, parent))?;
        let mut draft = FixDraft::new(format!(
            "the object must be one of the parent `{parent}`, whose owner was asked for already: a stranger's is not found"
        ));

        if scope_load(self.case, &mut draft, self.load, &condition, &self.known.tables.key(table)) {
            deny_if_absent(self.case, &mut draft, self.load);
        } else {
            compare_parent(self.case, &mut draft, self.load, (&condition.column, parent), self.known)?;
        }
        let place = self.case.place(self.case.handler.module, self.case.function().span);
        draft.follow(place, format!("the parent `{parent}` is asked for here"));
        Some(draft)
    }

    /// The column that is called as the parameter of the parent.
    fn of_column(&self, table: &str, parent: &str) -> Option<Condition> {
        let columns = self.known.tables.columns(table)?;
        let column = columns.iter().find(|column| simplify_name(&column.name) == simplify_name(parent))?;
        let value = convert_like_load(self.case, self.load, parent);
        Some(Condition { column: column.name.clone(), value })
    }

    /// The foreign key of Django that refers to the parent: `notebook=notebook`, `notebook_id=notebook_id`,
    /// `notebook__slug=slug`.
    fn of_reference(&self, table: &str, parent: &str) -> Option<Condition> {
        let case = self.case;
        let all = find_loads(case, parent);
        let of_parent = all.iter().find(|load| load.call.span.end <= self.load.call.span.start)?;
        let refers = |column: &&Column| match (&column.refers_to, &of_parent.table) {
            (Some(to), Some(model)) => is_same_table(to, model),
            (Some(_), None) => simplify_name(parent).starts_with(&simplify_name(&column.name)),
            (None, _) => false,
        };
        let columns = self.known.tables.columns(table).filter(|_| case.entry.framework == FrameworkName::Django)?;
        let column = columns.iter().find(refers)?.name.clone();

        if let Some(name) = of_parent.name() {
            return Some(Condition { column, value: name.to_owned() });
        }
        let (_, arguments) = of_parent.parts()?;
        let names = names_of(case, parent);
        let argument = arguments.iter().find(|argument| mentions_parameter(&argument.value, &names, parent))?;
        let value = case.text(argument.value.span).to_owned();
        Some(match argument.name.as_deref()? {
            "pk" | "id" => Condition { column: format!("{column}_id"), value },
            other => Condition { column: format!("{column}__{other}"), value },
        })
    }

    /// The id is the account: it must be the caller's own.
    fn is_the_account(&self, caller: &CallerExpression) -> Option<FixDraft> {
        let is_key = is_one_of(self.parameter, OWNER_FIELDS)
            || (self.case.entry.framework == FrameworkName::Django && matches!(self.parameter, "pk" | "id"));
        let is_django = self.case.entry.framework == FrameworkName::Django;
        let is_account = |table: &str| {
            if is_django { self.known.tables.is_caller(table) } else { is_one_of(table, ACCOUNTS) }
        };
        let of_account = self.load.table.as_deref().is_some_and(is_account) && is_key;

        if !of_account {
            return None;
        }
        let case = self.case;
        let part = part_of(caller, &self.known.uses, None, "").filter(|_| !is_django);
        let own = || if is_django { ".pk".to_owned() } else { usual_part(case, caller) };
        let value = format!("{}{}", caller.text, part.map_or_else(own, |used| used.part.clone()));
        let mut draft =
            FixDraft::new(format!("`{}` names the account itself: only its own caller may use it", self.parameter));
        caller.bring(&case.module.path, &mut draft);
        let refusal = denial::refusal_statement(case, &mut draft, 403);
        let test = differs_from_path(case, &value, self.parameter);
        let statement = self.load.statement.span;
        let indent = crate::fix::style::indent_at(&case.module.text, statement.start).to_owned();
        let lines = case.style.lines(&indent, &denial::refusal_lines(case, &test, &refusal));
        draft.insert(&case.module.path, crate::fix::style::line_start(&case.module.text, statement.start), lines);

        Some(draft)
    }

    /// A function of the project loads the same for its owner alone: it takes the place of the load.
    fn through_function(&self, caller: &CallerExpression) -> Option<FixDraft> {
        let LoadKind::Helper(loader) = &self.load.kind else { return None };
        let candidates = self.known.owning_functions(self.case.project);
        let ranked = candidates.iter().filter_map(|function| {
            let made = self.call_of(function, loader, caller)?;
            Some((self.rank(function, loader), function, made))
        });
        let (_, function, (call, mut draft)) = ranked.max_by_key(|(rank, ..)| *rank).filter(|(rank, ..)| rank.0)?;
        draft.replace(&self.case.module.path, self.load.call.span, call);
        caller.bring(&self.case.module.path, &mut draft);
        let place = self.case.place(function.module, function.function.span);
        draft.why = format!(
            "`{}` gives the object to its owner alone, and refuses as for one that is not there",
            function.function.name
        );
        let place = self.sibling_call(function).unwrap_or(place);
        draft.follow(place, function.function.name.clone());

        Some(draft)
    }

    /// Same table (needed), used by the sibling, in the same module as the loader.
    fn rank(&self, function: &FunctionRef, loader: &FunctionRef) -> (bool, bool, bool) {
        let same_table = match (self.table_of(function), self.table_of(loader)) {
            (Some(a), Some(b)) => a == b,
            _ => false,
        };
        (same_table, self.sibling_call(function).is_some(), function.module == loader.module)
    }

    /// Where the sibling calls the function.
    fn sibling_call(&self, function: &FunctionRef) -> Option<crate::routes::CodePlace> {
        let sibling = crate::fix::draft::handler_of(self.case.project, self.case.sibling?)?;
        let mut found = None;
        crate::ir::walk_statements(&sibling.function.body, &mut |_| {}, &mut |expr| {
            if let Some((callee, _)) = expr.call()
                && let Some(Resolved::Function(called)) = resolve_function(self.case.project, sibling.module, callee)
                && called.module == function.module
                && called.function.span == function.function.span
            {
                found = Some(self.case.place(sibling.module, expr.span));
            }
        });

        found
    }

    /// The table that a function of the project reads last: what it gives.
    fn table_of(&self, function: &FunctionRef) -> Option<String> {
        let module = self.case.project.module(function.module)?;
        let mut table = None;
        crate::ir::walk_statements(&function.function.body, &mut |_| {}, &mut |expr| {
            if let Some((callee, arguments)) = expr.call() {
                let read = crate::fix::callers::sql_of(module, arguments).map(|(_, read, _)| read.table);
                if let Some(found) = read.or_else(|| model_of_chain(callee)) {
                    table = Some(found);
                }
            }
        });

        table
    }

    /// Writes the call of a function with what is at hand in the handler.
    fn call_of(
        &self,
        function: &FunctionRef,
        loader: &FunctionRef,
        caller: &CallerExpression,
    ) -> Option<(String, FixDraft)> {
        let case = self.case;
        let (_, given) = self.load.parts()?;
        let mut arguments = Vec::new();

        for parameter in &function.function.parameters {
            let place = loader.function.parameters.iter().position(|other| other.name == parameter.name);
            let of_loader = place.and_then(|place| given.get(place)).map(|argument| case.text(argument.value.span));
            let own = case.function().parameters.iter().find(|own| own.name == parameter.name);
            let text = match (of_loader, own) {
                (Some(text), _) => text.to_owned(),
                (None, Some(own)) => own.name.clone(),
                (None, None) if is_one_of(&parameter.name, CALLERS) => caller.text.clone(),
                (None, None) => return None,
            };

            arguments.push(text);
        }
        let mut draft = FixDraft::new("");
        let name = &function.function.name;
        let written = imports::bring_own(case.project, case.handler.module, &mut draft, function.module, name)?;
        Some((format!("{written}({})", arguments.join(", ")), draft))
    }

    /// The load itself asks for the owner; where it cannot, what is loaded is compared.
    fn by_condition(&self, caller: &CallerExpression) -> Result<FixDraft, FixRefusal> {
        let case = self.case;
        let owner = owner_column(case, self.known, self.load.table.as_deref(), caller).ok_or_else(|| no_owner(case))?;
        let value = format!("{}{}", caller.text, owner.part);
        let mut draft = FixDraft::new("");
        caller.bring(&case.module.path, &mut draft);
        let condition = Condition { column: owner.column.clone(), value: value.clone() };
        // A column that other objects have is no ground for a change of the query; a predicate of the project is.
        if owner.is_guessed {
            let name = self.load.name().filter(|name| find_owner_predicate(case, name, &owner, self.known).is_some());
            name.ok_or_else(|| no_owner(case))?;
        }
        let key = self.load.table.as_deref().map_or_else(|| "id".to_owned(), |table| self.known.tables.key(table));
        if !owner.is_guessed && scope_load(case, &mut draft, self.load, &condition, &key) {
            draft.why = format!(
                "the load asks for the owner `{}` too: a stranger gets what a missing object gets",
                owner.column
            );
            deny_if_absent(case, &mut draft, self.load);
        } else {
            if compare_after(case, &mut draft, self.load, (&owner, &value), self.known)? {
                return Ok(draft);
            }
        }
        owner.note(case, &mut draft);
        Ok(draft)
    }
}

/// What names the owner of an object, and which part of the caller that is.
#[derive(Debug, Clone)]
pub(super) struct Owner {
    /// The column or field.
    pub column: String,
    /// Which part of the caller it equals.
    pub part: String,
    /// Where the project does the same.
    pub seen: Option<OwnerUse>,
    /// What is guessed of it.
    pub guesses: Vec<String>,
    /// Whether the column itself is: it is known of other objects alone.
    pub is_guessed: bool,
    /// How the caller is written.
    pub caller: String,
}

impl Owner {
    /// Writes into a draft whose way it is, and what is guessed.
    pub(super) fn note(&self, case: &Case<'_>, draft: &mut FixDraft) {
        for guess in &self.guesses {
            draft.guess(guess.clone());
        }
        if let Some(seen) = &self.seen {
            let what = seen.span.text(case.project.module(seen.module).map_or("", |module| &module.text));
            let what: String = what.chars().take(160).collect();
            draft.follow(case.place(seen.module, seen.span), what);
        }
    }
}

/// Finds what names the owner of a table's rows: what the scan saw, what the project compares elsewhere, what the table
/// has.
pub(super) fn owner_column(
    case: &Case<'_>,
    known: &Known,
    table: Option<&str>,
    caller: &CallerExpression,
) -> Option<Owner> {
    let is_django = case.entry.framework == FrameworkName::Django;
    // What an account is called by is no owner of it.
    if is_django && table.is_some_and(|table| known.tables.is_caller(table)) {
        return None;
    }
    let columns = table.and_then(|table| known.tables.columns(table));
    let has = |name: &str| {
        let first = name.split("__").next().unwrap_or(name);
        // Django has `owner_id` beside each `owner`.
        let is_it = |column: &Column| column.name == first || first.strip_suffix("_id") == Some(&column.name);
        columns.is_none_or(|columns| columns.iter().any(is_it))
    };
    let mut candidates = Vec::new();
    candidates.extend(case.facts.owner_fields.iter().filter(|name| has(name)).map(|name| (name.clone(), false)));
    let is_of_table =
        |used: &OwnerUse| matches!((table, used.table.as_deref()), (Some(a), Some(b)) if is_same_table(a, b));
    let of_table = known.uses.iter().filter(|used| is_of_table(used) && has(&used.column));
    candidates.extend(of_table.map(|used| (used.column.clone(), false)));
    let named = table.map(|table| known.tables.owner_columns(table)).unwrap_or_default();
    let way = |column: &Column| if is_django { known.tables.way_to_caller(column) } else { Some(column.name.clone()) };
    candidates.extend(named.into_iter().filter_map(way).map(|column| (column, false)));
    let of_parents = of_parents(case, known, table);
    candidates.extend(of_parents.iter().map(|path| (path.clone(), false)));
    if columns.is_none() {
        candidates.extend(known.uses.iter().map(|used| (used.column.clone(), true)));
    }
    let (column, guessed) = candidates.into_iter().next()?;
    let seen = part_of(caller, &known.uses, table, &column).cloned();
    let mut guesses = Vec::new();
    if guessed {
        let of = table.unwrap_or("the object");
        guesses.push(format!("that `{column}` names the owner of {of} too: it does of other objects"));
    }
    let part = seen.as_ref().map(|used| used.part.clone()).unwrap_or_else(|| {
        // A foreign key of Django is compared with the account itself.
        if is_django && !column.ends_with("id") {
            return String::new();
        }
        let part = usual_part(case, caller);
        guesses.push(format!("that `{}{part}` is what `{column}` holds: compare their types", caller.text));
        part
    });
    if of_parents.as_ref() == Some(&column) && seen.as_ref().is_none_or(|seen| seen.column != column) {
        guesses.push(format!("that `{column}` is whose the object is: it is a part of another one"));
    }
    let is_known = seen.as_ref().is_some_and(|used| is_of_table(used) && used.column == column);
    let shared = columns.into_iter().flatten().find(|other| is_one_of(&other.name, &TENANT_NAMES));
    if let Some(Column { name: shared, .. }) = shared.filter(|_| is_django && !is_known) {
        guesses.push(format!("that `{column}` alone may use it: it has `{shared}` too, whose members may be meant"));
    }
    Some(Owner { column, part, seen, guesses, is_guessed: guessed, caller: caller.text.clone() })
}

/// The way to the owner over what the object is a part of, where there is one alone.
fn of_parents(case: &Case<'_>, known: &Known, table: Option<&str>) -> Option<String> {
    let paths =
        table.filter(|_| case.entry.framework == FrameworkName::Django).map(|name| known.tables.owner_paths(name))?;
    match paths.as_slice() {
        [only] => Some(only.clone()),
        _ => None,
    }
}

fn no_owner(case: &Case<'_>) -> FixRefusal {
    FixRefusal::new(
        RefusalReason::NoOwner,
        format!(
            "what names the owner of the object of {} was found neither in the source nor in its answers",
            case.route()
        ),
        "say which field it is (`owner_fields`); if there is none, give the object one, or decide that it is for everybody",
    )
}

/// The part of the caller that is usually its key, where the project does not show it.
pub(super) fn usual_part(case: &Case<'_>, caller: &CallerExpression) -> String {
    let last = caller.text.trim_end_matches("()").rsplit('.').next().map(simplify_name).unwrap_or_default();
    if last.ends_with("id") || last.ends_with("identity") || last == "sub" || caller.text.ends_with(']') {
        return String::new();
    }
    if matches!(last.as_str(), "claims" | "payload" | "jwtpayload") {
        return if crate::fix::callers::has_keys_apart(case.module) {
            "[\"sub\"]".to_owned()
        } else {
            ".sub".to_owned()
        };
    }
    super::parts::used_part(case, caller).unwrap_or_else(|| ".id".to_owned())
}

/// The parameter as the load converts it: `str(booking_id)` beside `str(guest_id)`.
fn convert_like_load(case: &Case<'_>, load: &Load<'_>, parameter: &str) -> String {
    let plain_text = if crate::fix::callers::has_keys_apart(case.module) {
        parameter.to_owned()
    } else {
        let request = case.function().parameters.first().map_or("req", |parameter| parameter.name.as_str());
        format!("{request}.params.{parameter}")
    };
    let converter = load.parts().and_then(|(_, arguments)| {
        arguments.iter().find_map(|argument| {
            let (callee, inner) = argument.value.call()?;
            let name = dotted_text(callee)?;
            let same = matches!(last_part(&name), "str" | "int" | "Number" | "String");
            same.then_some(()).and(inner.first()).map(|_| name)
        })
    });
    converter.map_or(plain_text.clone(), |name| format!("{name}({plain_text})"))
}
