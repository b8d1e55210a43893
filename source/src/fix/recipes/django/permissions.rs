//! A view of the REST framework asks for a credential or a role by its permission classes: those of a sibling, else those
//! that the project uses, else the framework's.

use super::allowed::{Allowed, asks_of_object, best_of};
use super::view::{ViewClass, find_decorator, is_rest, routes_of};
use crate::fix::draft::{Case, FixDraft};
use crate::fix::imports::{bring_name, bring_own, transplant_expression};
use crate::fix::proposal::{FixRefusal, RefusalReason};
use crate::fix::tables::Tables;
use crate::fix::ways::GuardDemand;
use crate::ir::{Expr, ExprKind, Function, StatementKind, argument_at, argument_named, last_part, literal_text};
use crate::project::{FunctionRef, ModuleId, Resolved};
use crate::routes::GuardKind;

const FRAMEWORK: &str = "rest_framework.permissions";
const FIELD: &str = "permission_classes";

/// Makes the change for a view of the REST framework. `None` for anything else.
pub(in crate::fix::recipes) fn require_permission(
    case: &Case<'_>,
    asked: GuardDemand,
) -> Option<Result<FixDraft, FixRefusal>> {
    if !is_rest(case.project, case.entry, &case.handler) {
        return None;
    }
    let at = at_class(case);

    match best_of(case, asked) {
        Some(found) => Some(by_allowed(&at, asked, &found)),
        None => by_framework(&at, asked).map(Ok),
    }
}

/// The case with the file of the view's class as its own: that is where names must be known.
fn at_class<'a>(case: &Case<'a>) -> Case<'a> {
    let class = case.handler.class.as_ref().filter(|class| class.module != case.handler.module);
    let Some(module) = class.and_then(|class| case.project.module(class.module)) else { return case.clone() };
    let handler = FunctionRef { module: module.id, ..case.handler.clone() };
    Case { module, handler, ..case.clone() }
}

/// Asks as another view does.
fn by_allowed(case: &Case<'_>, asked: GuardDemand, found: &Allowed) -> Result<FixDraft, FixRefusal> {
    let place = found.place.clone();
    let what = if asked == GuardDemand::Role { "the role" } else { "a credential" };
    let mut draft = FixDraft::new(format!("the view asks for {what} as {}:{} does", place.file, place.line));
    let kept: Vec<&Expr> = found
        .items
        .iter()
        .filter(|(item, kind)| is_wanted(case, asked, (found.module, item), kind))
        .map(|(item, _)| item)
        .collect();
    let written: Option<Vec<String>> =
        kept.iter().map(|item| bring_permission(case, &mut draft, found, item)).collect();
    let written = written.filter(|written| !written.is_empty()).ok_or_else(|| {
        FixRefusal::new(
            RefusalReason::NotSupported,
            format!("the permissions of {}:{} cannot be put on {}", place.file, place.line, case.route()),
            "import them there, and put them on the view by hand",
        )
    })?;

    put_permissions(case, &mut draft, asked, &written)?;
    draft.follow(place, written.join(", "));
    Ok(draft)
}

fn is_wanted(case: &Case<'_>, asked: GuardDemand, (module, item): (ModuleId, &Expr), kind: &GuardKind) -> bool {
    match asked {
        GuardDemand::Credential => *kind == GuardKind::Authentication && !asks_of_object(case.project, module, item),
        GuardDemand::Role => matches!(kind, GuardKind::Role(_)),
    }
}

/// Writes a permission of another place here.
fn bring_permission(case: &Case<'_>, draft: &mut FixDraft, found: &Allowed, item: &Expr) -> Option<String> {
    // The settings name classes by their full names.
    let Some(full) = literal_text(item) else { return transplant_expression(case, draft, found.module, item) };
    let (module, name) = full.rsplit_once('.')?;

    match case.project.resolve_full(found.module, full) {
        Some(Resolved::Class(class)) => bring_own(case.project, case.handler.module, draft, class.module, name),
        _ => Some(bring_name(case, draft, module, name)),
    }
}

/// The framework's own permissions, where no view of the project has any that fit.
fn by_framework(case: &Case<'_>, asked: GuardDemand) -> Option<FixDraft> {
    let mut draft = FixDraft::new("");
    let name = match asked {
        GuardDemand::Credential => {
            "the view asks for a credential by the framework's own permission".clone_into(&mut draft.why);
            bring_name(case, &mut draft, FRAMEWORK, "IsAuthenticated")
        }
        GuardDemand::Role => by_role(case, &mut draft)?,
    };

    put_permissions(case, &mut draft, asked, &[name]).ok()?;
    Some(draft)
}

/// `IsAdminUser` where accounts have `is_staff`; else a permission that compares the field that holds the role.
fn by_role(case: &Case<'_>, draft: &mut FixDraft) -> Option<String> {
    let tables = Tables::of(case.project);
    let columns = tables.account_columns();

    if columns.is_none_or(|columns| columns.iter().any(|column| column.name == "is_staff")) {
        "the view is for callers with `is_staff`, by the framework's own permission".clone_into(&mut draft.why);
        draft.guess("that `is_staff` says who may do this");
        return Some(bring_name(case, draft, FRAMEWORK, "IsAdminUser"));
    }
    let role = case.facts.role.as_ref()?;
    let field = columns?.iter().find(|column| crate::fix::identity::names_role(&column.name))?.name.clone();
    let name = format!("Has{}Role", class_name(role));
    let base = bring_name(case, draft, FRAMEWORK, "BasePermission");
    draft.why = format!("the view is for callers whose `{field}` is `{role}`");
    let test = if field.starts_with("is_") {
        format!("request.user.{field}")
    } else {
        draft.guess(format!("that `{field}` of an account holds `{role}`"));
        format!("request.user.{field} == {}", case.style.quoted(role))
    };
    let unit = case.style.unit();
    let lines = [
        format!("class {name}({base}):"),
        format!("{unit}def has_permission(self, request, view):"),
        format!("{unit}{unit}return bool(request.user and request.user.is_authenticated and {test})"),
        String::new(),
        String::new(),
    ];
    let start = match &case.handler.class {
        Some(class) => class.class.span.start,
        None => case.function().outer_span.start,
    };
    let at = crate::fix::style::line_start(&case.module.text, start);
    draft.insert(&case.module.path, at, case.style.lines("", &lines));
    Some(name)
}

fn class_name(role: &str) -> String {
    let words = crate::words::words_of(role);
    let word = |word: &String| {
        let (first, rest) = word.split_at_checked(1).unwrap_or((word, ""));
        format!("{}{rest}", first.to_ascii_uppercase())
    };
    words.iter().map(word).collect()
}

/// Puts permissions on the route alone where its view serves others too, else on the whole view.
fn put_permissions(
    case: &Case<'_>,
    draft: &mut FixDraft,
    asked: GuardDemand,
    items: &[String],
) -> Result<(), FixRefusal> {
    let by_hand = || {
        FixRefusal::new(
            RefusalReason::NotSupported,
            format!("where {} declares its permissions is not written in a way that can be changed", case.route()),
            format!("put {} on it by hand", items.join(", ")),
        )
    };

    // An explicit `AllowAny` is a decision of its author, which a person must confirm before it goes.
    if case.entry.guards.iter().any(|guard| guard.kind == GuardKind::Public && guard.name.contains("AllowAny")) {
        let what = "`AllowAny` stands there: take this change only if strangers are not meant to be served";
        draft.review.push(format!("{what} ({})", case.route()));
    }
    let Some(view) = ViewClass::of(case) else {
        return put_on_function(case, draft, "api_view", asked, items).ok_or_else(by_hand);
    };
    // The arguments of `@action` override the class, so that a change of the class would not reach it.
    if let Some(action) = find_decorator(case.function(), "action") {
        return put_on_action(case, draft, action, asked, items).ok_or_else(by_hand);
    }
    let others = others_of(case, &view);
    let own_method = case.project.method(view.class, "get_permissions");

    // What else the view serves is open too, by the same empty list: it is closed with it, and that is said.
    let whole = own_method.is_none()
        && (others.is_empty() || (asked == GuardDemand::Credential && others.iter().all(|(_, open)| *open)));
    if !whole {
        return put_in_method(case, draft, &view, own_method, (asked, items)).ok_or_else(by_hand);
    }
    for (route, _) in &others {
        draft.review.push(format!("{route} is served by the same view, and asks for the credential too"));
    }
    let declared = case.project.class_field(view.class, FIELD);
    let old = declared.as_ref().map(|(_, value)| value);
    let list = join_permissions(case, old.filter(|_| view.class.class.field(FIELD).is_some()), items, asked)
        .ok_or_else(by_hand)?;
    view.put_field(draft, FIELD, &list);
    let_in(case, draft, &view);

    Ok(())
}

/// The routes of the view beside this one, each with whether it asks for nothing.
fn others_of(case: &Case<'_>, view: &ViewClass<'_>) -> Vec<(String, bool)> {
    let own = |entry: &crate::routes::RouteEntry| {
        entry.methods == case.entry.methods && entry.function == case.entry.function
    };
    let asks = |kind: &GuardKind| matches!(kind, GuardKind::Authentication | GuardKind::Role(_) | GuardKind::Unknown);
    let all = routes_of(case, view.class).into_iter().filter(|entry| !own(entry));
    all.map(|entry| (crate::fix::draft::describe_route(entry), !entry.guards.iter().any(|guard| asks(&guard.kind))))
        .collect()
}

/// The list with further permissions: those that let all in go, those that ask for less stay.
fn join_permissions(case: &Case<'_>, old: Option<&Expr>, items: &[String], asked: GuardDemand) -> Option<String> {
    let mut all: Vec<String> = Vec::new();
    let mut brackets = ("[", "]");

    if let Some(old) = old {
        let ExprKind::List(known) = &*old.kind else { return None };
        if case.text(old.span).starts_with('(') {
            brackets = ("(", if known.len() + items.len() == 1 { ",)" } else { ")" });
        }
        let is_open = |item: &Expr| {
            let name = crate::ir::dotted_text(item).unwrap_or_default();
            // `IsAuthenticatedOrReadOnly` lets strangers read, so that it cannot stay where a credential is asked
            // for.
            let read_only = asked == GuardDemand::Credential && last_part(&name).ends_with("ReadOnly");
            last_part(&name) == "AllowAny" || read_only
        };
        all.extend(known.iter().filter(|item| !is_open(item)).map(|item| case.text(item.span).to_owned()));

        if brackets.0 == "(" && all.len() + items.len() == 1 {
            brackets.1 = ",)";
        }
    }

    for item in items {
        if !all.contains(item) {
            all.push(item.clone());
        }
    }
    Some(format!("{}{}{}", brackets.0, all.join(", "), brackets.1))
}

/// A view that looks at no credential would refuse those who have one.
fn let_in(case: &Case<'_>, draft: &mut FixDraft, view: &ViewClass<'_>) {
    const AUTHENTICATION: &str = "authentication_classes";
    let own = view.class.class.field(AUTHENTICATION);
    let is_empty = own.is_some_and(|own| matches!(&*own.kind, ExprKind::List(items) if items.is_empty()));

    if is_empty && !view.drop_field(draft, AUTHENTICATION) {
        draft
            .review
            .push(format!("`{AUTHENTICATION}` is empty: nobody can be let in by a credential ({})", case.route()));
    }
}

/// `@permission_classes([..])` between `@api_view` and the function.
fn put_on_function(case: &Case<'_>, draft: &mut FixDraft, _: &str, asked: GuardDemand, items: &[String]) -> Option<()> {
    let function = case.function();
    let file = &case.module.path;

    if let Some(known) = find_decorator(function, FIELD) {
        let old = argument_at(known.call()?.1, 0)?;
        draft.replace(file, old.span, join_permissions(case, Some(old), items, asked)?);
    } else {
        let name = bring_name(case, draft, "rest_framework.decorators", FIELD);
        let list = join_permissions(case, None, items, asked)?;
        crate::fix::recipes::decorators::put_decorator(case, draft, &format!("{name}({list})"));
    }
    let empty = find_decorator(function, "authentication_classes").filter(|known| {
        let first = known.call().and_then(|(_, arguments)| argument_at(arguments, 0));
        first.is_some_and(|first| matches!(&*first.kind, ExprKind::List(items) if items.is_empty()))
    });
    if let Some(empty) = empty {
        let text = &case.module.text;
        let start = crate::fix::style::line_start(text, empty.span.start);
        let end = crate::fix::style::line_end(text, empty.span.end);
        draft.replace(file, crate::ir::Span { start, end, ..empty.span }, "");
    }

    Some(())
}

/// `@action(detail=True, permission_classes=[..])`
fn put_on_action(
    case: &Case<'_>,
    draft: &mut FixDraft,
    action: &Expr,
    asked: GuardDemand,
    items: &[String],
) -> Option<()> {
    let (_, arguments) = action.call()?;
    match argument_named(arguments, FIELD) {
        Some(old) => draft.replace(&case.module.path, old.span, join_permissions(case, Some(old), items, asked)?),
        None => {
            let list = join_permissions(case, None, items, asked)?;
            let last = arguments.last()?;
            draft.insert(&case.module.path, last.span.end, format!(", {FIELD}={list}"));
        }
    }

    Some(())
}

/// `get_permissions` asks for more for this route alone.
fn put_in_method(
    case: &Case<'_>,
    draft: &mut FixDraft,
    view: &ViewClass<'_>,
    own: Option<FunctionRef>,
    (asked, items): (GuardDemand, &[String]),
) -> Option<()> {
    let made = |item: &String| if item.contains(' ') { format!("({item})()") } else { format!("{item}()") };
    let mut all: Vec<String> = items.iter().map(made).collect();

    // What the view asks anyway stays: some of it may look at the object.
    let is_own = own
        .as_ref()
        .is_some_and(|own| own.module == view.module.id && view.class.class.method("get_permissions").is_some());
    if is_own {
        // The early return takes the place of what the view's own method asks here, so that all of it must be
        // known.
        let is_known = |kind: &GuardKind| *kind != GuardKind::Unknown;
        case.entry.guards.iter().all(|guard| is_known(&guard.kind)).then_some(())?;
    } else if asked == GuardDemand::Role || !is_open_list(case, view) {
        all.insert(0, "*super().get_permissions()".to_owned());
    }
    let instances = format!("[{}]", all.join(", "));
    let test = test_of(case)?;
    let unit = view.unit();
    let lines = [format!("if {test}:"), format!("{unit}return {instances}")];

    match own {
        Some(own) if is_own => view.put_first(draft, &own.function, &lines),
        // That of a class above serves other views too.
        _ => {
            let mut method = vec!["def get_permissions(self):".to_owned()];
            method.extend(lines.iter().map(|line| format!("{unit}{line}")));
            method.push(format!("{unit}return super().get_permissions()"));
            view.put_method(draft, &method);
        }
    }

    Some(())
}

/// Returns whether the view lists nothing but what lets every caller pass.
fn is_open_list(case: &Case<'_>, view: &ViewClass<'_>) -> bool {
    let listed = case.project.class_field(view.class, FIELD);
    listed.is_some_and(|(_, list)| match &*list.kind {
        ExprKind::List(items) => {
            items.iter().all(|item| crate::ir::dotted_text(item).is_some_and(|name| last_part(&name) == "AllowAny"))
        }
        _ => false,
    })
}

/// Returns what is asked of the view here: its action where it has actions, else the method of HTTP.
fn test_of(case: &Case<'_>) -> Option<String> {
    let class = case.handler.class.as_ref()?;
    let action = last_part(&case.entry.function);
    let of_set = case.project.bases_of(class).iter().any(|base| base.ends_with("ViewSet"));
    let quoted = |name: &str| case.style.quoted(name);

    if !of_set {
        let method = case.entry.methods.first()?;
        return Some(format!("self.request.method == {}", quoted(method)));
    }
    // A partial update does what a whole one does.
    Some(if matches!(action, "update" | "partial_update") {
        format!("self.action in ({}, {})", quoted("update"), quoted("partial_update"))
    } else {
        format!("self.action == {}", quoted(action))
    })
}

/// Returns whether a handler asks itself whether its caller has signed in.
pub(in crate::fix::recipes) fn asks_itself(function: &Function) -> bool {
    const WORDS: [&str; 3] = ["is_authenticated", "is_anonymous", "NotAuthenticated"];
    let mut found = false;
    crate::ir::walk_statements(
        &function.body,
        &mut |statement| {
            if let StatementKind::If { test, .. } = &statement.kind {
                crate::ir::walk_expr(test, &mut |part| {
                    found |= matches!(&*part.kind, ExprKind::Member(_, name) if WORDS.contains(&name.as_str()));
                });
            }
        },
        &mut |_| {},
    );
    found
}
