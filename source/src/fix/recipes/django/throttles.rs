//! The REST framework limits how often a view is asked by its throttle classes.

use super::view::{ViewClass, find_decorator, is_rest};
use crate::fix::draft::{Case, FixDraft, handler_of};
use crate::fix::imports::{bring_name, transplant_expression};
use crate::fix::proposal::{FixRefusal, RefusalReason};
use crate::fix::style::{indent_at, line_start};
use crate::frameworks::rest_setting;
use crate::ir::{Expr, ExprKind, dotted_text, last_part};
use crate::project::{FunctionRef, ModuleId};

const FIELD: &str = "throttle_classes";
const LIBRARY: &str = "rest_framework.throttling";

/// Makes the change for a view of the REST framework. `None` for anything else.
pub(in crate::fix::recipes) fn throttle_view(case: &Case<'_>, per_minute: u32) -> Option<Result<FixDraft, FixRefusal>> {
    if !is_rest(case.project, case.entry, &case.handler) {
        return None;
    }
    // An empty list turns off what the settings ask of every view, so that it does not count as a limit.
    if own_list(case).is_some_and(|(_, list)| !is_empty(&list)) {
        return Some(Err(case.nothing_to_do(format!("{} limits how often it may be asked", case.route()))));
    }
    if own_list(case).is_none()
        && let Some((module, list)) =
            rest_setting(case.project, "DEFAULT_THROTTLE_CLASSES").filter(|(_, list)| !is_empty(list))
    {
        let place = case.place(module, list.span);
        let because = format!("the settings limit how often every view may be asked, at {}:{}", place.file, place.line);
        return Some(Err(case.nothing_to_do(because)));
    }
    let view = ViewClass::of(case);
    let module = view.as_ref().map_or(case.module, |view| view.module);
    let here = Case { module, handler: FunctionRef { module: module.id, ..case.handler.clone() }, ..case.clone() };
    // A throttle that another view has is sure to work in this project; an own class is a proposal.
    let draft = by_sibling(&here, view.as_ref()).or_else(|| by_own_class(&here, view.as_ref(), per_minute));
    Some(draft.ok_or_else(|| {
        FixRefusal::new(
            RefusalReason::NotSupported,
            format!("where {} declares its throttles is not written in a way that can be changed", case.route()),
            "put a throttle class on it by hand",
        )
    }))
}

fn is_empty(list: &Expr) -> bool {
    matches!(&*list.kind, ExprKind::List(items) if items.is_empty())
}

/// The throttle classes of the view, of its class or by its decorator.
fn own_list(case: &Case<'_>) -> Option<(ModuleId, Expr)> {
    throttles_of(case, &case.handler)
}

fn throttles_of(case: &Case<'_>, handler: &FunctionRef) -> Option<(ModuleId, Expr)> {
    let by_decorator = find_decorator(&handler.function, FIELD)
        .and_then(|known| crate::ir::argument_at(known.call()?.1, 0))
        .map(|list| (handler.module, list.clone()));
    by_decorator.or_else(|| case.project.class_field(handler.class.as_ref()?, FIELD))
}

/// The throttles of another view; those that need a rate of their own in the settings are no way for this one.
fn by_sibling(case: &Case<'_>, view: Option<&ViewClass<'_>>) -> Option<FixDraft> {
    let others = case.sibling.into_iter().chain(&case.routes.routes);
    let lists = others.filter_map(|entry| throttles_of(case, &handler_of(case.project, entry)?));
    let (module, list) = lists.into_iter().find(|(_, list)| {
        matches!(&*list.kind, ExprKind::List(items) if !items.is_empty() && items.iter().all(|item| {
            // A scoped throttle needs a rate in the settings under the scope of this view.
            dotted_text(item).is_some_and(|name| last_part(&name) != "ScopedRateThrottle")
        }))
    })?;
    let place = case.place(module, list.span);
    let mut draft =
        FixDraft::new(format!("the view limits how often it may be asked as {}:{} does", place.file, place.line));
    let text = transplant_expression(case, &mut draft, module, &list)?;
    put_throttle(case, &mut draft, view, &text)?;
    draft.follow(place, text);

    Some(draft)
}

/// A throttle of its own beside the view: it needs nothing in the settings.
fn by_own_class(case: &Case<'_>, view: Option<&ViewClass<'_>>, per_minute: u32) -> Option<FixDraft> {
    let of_view = view.map_or_else(|| case.function().name.clone(), |view| view.class.class.name.clone());
    let words = crate::words::words_of(of_view.trim_end_matches("View").trim_end_matches("API"));
    let capital = |word: &String| {
        let (first, rest) = word.split_at_checked(1).unwrap_or((word, ""));
        format!("{}{rest}", first.to_ascii_uppercase())
    };
    let name = format!("{}Throttle", words.iter().map(capital).collect::<String>());

    if case.module.definitions.contains_key(&name) {
        return None;
    }
    let mut draft = FixDraft::new(format!(
        "one caller may ask {per_minute} times in a minute, by a throttle of the framework: a proposal, since the project has none"
    ));
    draft
        .review
        .push("throttles count in the cache of the project: several processes need one that they share".to_owned());
    // `UserRateThrottle` counts strangers by their address too, so that it fits routes without a credential.
    let base = bring_name(case, &mut draft, LIBRARY, "UserRateThrottle");
    let quoted = |text: &str| case.style.quoted(text);
    let unit = case.style.unit();
    let lines = [
        format!("class {name}({base}):"),
        format!("{unit}scope = {}", quoted(&words.join("-"))),
        format!("{unit}rate = {}", quoted(&format!("{per_minute}/min"))),
        String::new(),
        String::new(),
    ];
    let start = view.map_or(case.function().outer_span.start, |view| view.class.class.span.start);
    draft.insert(&case.module.path, line_start(&case.module.text, start), case.style.lines("", &lines));
    put_throttle(case, &mut draft, view, &format!("[{name}]"))?;

    Some(draft)
}

fn put_throttle(case: &Case<'_>, draft: &mut FixDraft, view: Option<&ViewClass<'_>>, list: &str) -> Option<()> {
    if let Some(view) = view {
        view.put_field(draft, FIELD, list);
        return Some(());
    }
    let function = case.function();

    match find_decorator(function, FIELD) {
        Some(known) => draft.replace(&case.module.path, crate::ir::argument_at(known.call()?.1, 0)?.span, list),
        None => {
            let name = bring_name(case, draft, "rest_framework.decorators", FIELD);
            let indent = indent_at(&case.module.text, function.span.start).to_owned();
            let at = line_start(&case.module.text, function.span.start);
            draft.insert(&case.module.path, at, format!("{indent}@{name}({list}){}", case.style.newline));
        }
    }

    Some(())
}
