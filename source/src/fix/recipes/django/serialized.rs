//! What a serializer of the REST framework takes from a body, and what it shows.

use super::serializers::{
    Described, SerializerFieldState, add_to_list, drop_declared, has_option, put_field, take_from_list, turn_on,
    used_by,
};
use super::view::{ViewClass, routes_of};
use crate::fix::draft::{Case, FixDraft, handler_of};
use crate::fix::proposal::{FixRefusal, Idiom};
use crate::fix::style::CodeStyle;
use crate::fix::tables::Tables;
use crate::ir::{ExprKind, Span, argument_named, dotted_text, last_part, literal_text};
use crate::project::{ClassRef, FunctionRef, Module, Resolved};
use crate::routes::{FrameworkName, GuardKind, RouteEntry};

const LIBRARY: &str = "rest_framework";

/// Takes fields that are not the caller's to set out of what a body may set. `None` where no serializer reads the body.
pub(in crate::fix::recipes) fn allow_list(case: &Case<'_>) -> Option<Result<FixDraft, FixRefusal>> {
    let fields = &case.facts.not_settable;
    if case.entry.framework != FrameworkName::Django || fields.is_empty() {
        return None;
    }
    let used = used_by(case);
    let mut readers: Vec<ClassRef> =
        used.iter().filter(|used| used.reads_body).map(|used| used.class.clone()).collect();
    readers.dedup_by(|a, b| a.module == b.module && a.class.span == b.class.span);

    if readers.is_empty() {
        return None;
    }
    let names: Vec<String> = readers.iter().map(|class| class.class.name.clone()).collect();
    let mut draft = FixDraft::new(format!(
        "`{}` shows {}, and takes it from no body any more",
        names.join("`, `"),
        fields.join(", ")
    ));

    for class in &readers {
        for field in fields {
            make_read_only(case, &mut draft, class, field);
        }
    }
    if draft.changes.is_empty() {
        return Some(Err(case.nothing_to_do(format!(
            "`{}` takes none of {} from a body",
            names.join("`, `"),
            fields.join(", ")
        ))));
    }

    // A body that may not name the owner leaves new objects without one, unless the view gives it.
    for field in fields.iter().filter(|field| crate::words::is_one_of(field, crate::words::OWNER_FIELDS)) {
        give_owner(case, &mut draft, field);
    }
    for class in &readers {
        note_others(case, &mut draft, class);
    }
    set_library_idiom(case, &mut draft);
    Some(Ok(draft))
}

fn set_library_idiom(case: &Case<'_>, draft: &mut FixDraft) {
    if let Some((module, span)) = crate::fix::imports::imported_at(case.project, LIBRARY) {
        draft.idiom = Idiom::Library { name: "djangorestframework".to_owned(), place: case.place(module, span) };
    }
}

/// Makes one field of a serializer one that is only shown.
fn make_read_only(case: &Case<'_>, draft: &mut FixDraft, class: &ClassRef, field: &str) {
    let described = Described::of(case.project, class);
    match described.said(field) {
        SerializerFieldState::Declared(holder, made) if !has_option(made, "read_only") => {
            if let Some(module) = case.project.module(holder.module) {
                turn_on(module, draft, made, "read_only");
            }
        }
        SerializerFieldState::Listed if !described.is_kept(field, "read_only") => {
            let meta = described.meta.as_ref();
            if let Some((meta, module)) = meta.and_then(|meta| Some((meta, case.project.module(meta.module)?))) {
                add_to_list_once(module, draft, meta, field);
            }
        }
        _ => {}
    }
}

/// Several fields of one list come one behind the other: the list is written anew where it is new.
fn add_to_list_once(module: &Module, draft: &mut FixDraft, meta: &ClassRef, field: &str) {
    let made = draft
        .changes
        .get(&module.path)
        .is_some_and(|changes| changes.iter().any(|it| it.text.contains("read_only_fields = ")));
    // A list that an earlier field of this draft made is not in the parsed source, and must be extended in the
    // draft.
    if !made || meta.class.field("read_only_fields").is_some() {
        add_to_list(module, draft, meta, "read_only_fields", field);
        return;
    }
    let quoted = CodeStyle::of(&module.text, module.language).quoted(field);

    for change in draft.changes.entry(module.path.clone()).or_default() {
        if change.text.contains("read_only_fields = ")
            && let Some(end) = change.text.rfind([']', ')'])
        {
            let comma = if change.text.get(..end).is_some_and(|before| before.ends_with(',')) { " " } else { ", " };
            change.text.insert_str(end, &format!("{comma}{quoted}"));
        }
    }
}

/// What a body no longer names, the view gives: the caller is the owner of what is made.
fn give_owner(case: &Case<'_>, draft: &mut FixDraft, field: &str) {
    let Some(view) = ViewClass::of(case) else { return };
    let creates =
        routes_of(case, view.class).iter().any(|entry| matches!(last_part(&entry.function), "create" | "post"));
    let gives = |function: &FunctionRef| {
        let mut found = false;
        crate::ir::walk_statements(&function.function.body, &mut |_| {}, &mut |expr| {
            let Some((callee, arguments)) = expr.call() else { return };
            let name = dotted_text(callee).unwrap_or_default();
            found |= last_part(&name) == "save" && argument_named(arguments, field).is_some();
        });
        found
    };

    let hook = case.project.method(view.class, "perform_create");
    if !creates || hook.as_ref().is_some_and(gives) {
        return;
    }
    // Without a hook and a body the framework's mixin saves, and `perform_create` is its documented place for more.
    if hook.is_none() && case.function().body.is_empty() {
        let unit = view.unit();
        let lines = [
            "def perform_create(self, serializer):".to_owned(),
            format!("{unit}serializer.save({field}=self.request.user)"),
        ];
        view.put_method(draft, &lines);
        return;
    }

    let place = hook.as_ref().unwrap_or(&case.handler);
    save_with(case, draft, place, field);
}

/// `serializer.save()` becomes `serializer.save(owner=request.user)`.
fn save_with(case: &Case<'_>, draft: &mut FixDraft, function: &FunctionRef, field: &str) {
    let Some(module) = case.project.module(function.module) else { return };
    let has_request = function.function.parameters.iter().any(|parameter| parameter.name == "request");
    let caller = if has_request { "request.user" } else { "self.request.user" };
    let mut calls = Vec::new();
    crate::ir::walk_statements(&function.function.body, &mut |_| {}, &mut |expr| {
        let Some((callee, arguments)) = expr.call() else { return };
        if let ExprKind::Member(object, name) = &*callee.kind
            && name == "save"
            && object.name().is_some_and(|name| name.contains("serializer"))
            && argument_named(arguments, field).is_none()
        {
            calls.push((expr.span, arguments.last().map(|last| last.span.end)));
        }
    });

    for (span, last) in calls {
        match last {
            Some(end) => draft.insert(&module.path, end, format!(", {field}={caller}")),
            None => draft.insert(&module.path, span.end - 1, format!("{field}={caller}")),
        }
    }
}

/// Names the routes for a role that set the same fields by the same serializer.
fn note_others(case: &Case<'_>, draft: &mut FixDraft, class: &ClassRef) {
    let for_role = |entry: &&RouteEntry| entry.guards.iter().any(|guard| matches!(guard.kind, GuardKind::Role(_)));
    let writes =
        |entry: &&RouteEntry| entry.methods.iter().any(|method| matches!(method.as_str(), "POST" | "PUT" | "PATCH"));
    for entry in case.routes.routes.iter().filter(for_role).filter(writes) {
        let Some(handler) = handler_of(case.project, entry) else { continue };
        let Some(module) = case.project.module(handler.module) else { continue };
        let there = Case { entry, handler, module, ..case.clone() };
        let same = |used: &super::serializers::Used| {
            used.reads_body && used.class.module == class.module && used.class.class.span == class.class.span
        };
        if used_by(&there).iter().any(same) {
            // The same serializer may serve an administrator, who is meant to set the field.
            draft.guess(format!(
                "{} is for a role and reads its body by `{}` too: give it a serializer of its own if it must set {}",
                there.route(),
                class.class.name,
                case.facts.not_settable.join(", ")
            ));
        }
    }
}

/// Takes fields out of what is shown. `None` where no serializer shows them.
pub(in crate::fix::recipes) fn hide_serialized_fields(case: &Case<'_>) -> Option<Result<FixDraft, FixRefusal>> {
    if case.entry.framework != FrameworkName::Django {
        return None;
    }
    let used = used_by(case);
    let mut all: Vec<ClassRef> = Vec::new();

    for used in &used {
        for class in Described::with_inner(case.project, &used.class) {
            if !all.iter().any(|known| known.module == class.module && known.class.span == class.class.span) {
                all.push(class);
            }
        }
    }

    if all.is_empty() {
        return None;
    }
    let fields = &case.facts.leaking;
    let mut draft = FixDraft::new(format!("the serializer no longer shows {}", fields.join(", ")));

    for class in &all {
        hide_in_serializer(case, &mut draft, class);
    }
    if draft.changes.is_empty() {
        return Some(Err(case.nothing_to_do(format!("no serializer of {} shows {}", case.route(), fields.join(", ")))));
    }
    set_library_idiom(case, &mut draft);
    Some(Ok(draft))
}

/// Hides the fields of one serializer.
fn hide_in_serializer(case: &Case<'_>, draft: &mut FixDraft, class: &ClassRef) {
    let described = Described::of(case.project, class);
    let is_read = is_read_elsewhere(case, class);
    let mut listed: Vec<&String> = Vec::new();

    for field in &case.facts.leaking {
        match described.said(field) {
            SerializerFieldState::Declared(holder, made) if !has_option(made, "write_only") => {
                let Some(module) = case.project.module(holder.module) else { continue };
                if is_read && !has_option(made, "read_only") {
                    turn_on(module, draft, made, "write_only");
                    continue;
                }
                drop_declared(case.project, draft, &holder, field);
                let list = described.option("fields");
                if let (Some(list), Some(meta)) = (list, &described.meta)
                    && let Some(module) = case.project.module(meta.module)
                {
                    take_from_list(module, draft, list, field);
                }
            }
            SerializerFieldState::Listed if !described.is_kept(field, "write_only") => listed.push(field),
            _ => {}
        }
    }

    let Some(meta) = described.meta.as_ref().filter(|_| !listed.is_empty()) else { return };
    let Some(module) = case.project.module(meta.module) else { return };

    if is_read {
        write_only(module, draft, meta, &listed);
        return;
    }
    let fields = described.option("fields");

    match fields {
        Some(fields) if literal_text(fields) == Some("__all__") => {
            let columns = described.model.as_ref().and_then(|model| all_columns(case, model));
            let style = CodeStyle::of(&module.text, module.language);
            match columns {
                Some(columns) => {
                    let kept: Vec<String> =
                        columns.iter().filter(|name| !listed.contains(name)).map(|name| style.quoted(name)).collect();
                    draft.replace(&module.path, fields.span, format!("[{}]", kept.join(", ")));
                }
                None => {
                    let names: Vec<String> = listed.iter().map(|name| style.quoted(name)).collect();
                    let start = crate::fix::style::line_start(&module.text, fields.span.start);
                    let indent = crate::fix::style::indent_at(&module.text, fields.span.start).len();
                    let span = Span { start: start + indent, ..fields.span };
                    draft.replace(&module.path, span, format!("exclude = [{}]", names.join(", ")));
                }
            }
        }
        Some(fields) => listed.iter().for_each(|name| take_from_list(module, draft, fields, name)),
        None => listed.iter().for_each(|name| {
            add_to_list(module, draft, meta, "exclude", name);
        }),
    }
}

/// `extra_kwargs = {"password": {"write_only": True}}`
fn write_only(module: &Module, draft: &mut FixDraft, meta: &ClassRef, fields: &[&String]) {
    let style = CodeStyle::of(&module.text, module.language);
    let option = style.quoted("write_only");
    let entries: Vec<String> =
        fields.iter().map(|name| format!("{}: {{{option}: True}}", style.quoted(name))).collect();
    match meta.class.field("extra_kwargs") {
        None => put_field(module, draft, meta, "extra_kwargs", &format!("{{{}}}", entries.join(", "))),
        Some(old) => {
            let ExprKind::Record(known) = &*old.kind else { return };
            let own = |name: &str| known.iter().find(|entry| entry.key.as_ref().and_then(literal_text) == Some(name));

            for (name, entry) in fields.iter().zip(&entries) {
                match own(name) {
                    Some(entry) => draft.insert(&module.path, entry.value.span.start + 1, format!("{option}: True, ")),
                    None => draft.insert(&module.path, old.span.start + 1, format!("{entry}, ")),
                }
            }
        }
    }
}

/// Returns whether a body is read by the serializer somewhere.
fn is_read_elsewhere(case: &Case<'_>, class: &ClassRef) -> bool {
    case.routes.routes.iter().filter(|entry| entry.framework == FrameworkName::Django).any(|entry| {
        let Some(handler) = handler_of(case.project, entry) else { return false };
        let Some(module) = case.project.module(handler.module) else { return false };
        let there = Case { entry, handler, module, ..case.clone() };
        used_by(&there).iter().any(|used| {
            used.reads_body && used.class.module == class.module && used.class.class.span == class.class.span
        })
    })
}

/// Every field of a model, where all classes above it are known.
fn all_columns(case: &Case<'_>, model: &ClassRef) -> Option<Vec<String>> {
    const KNOWN: [&str; 4] = ["AbstractBaseUser", "AbstractUser", "Model", "PermissionsMixin"];
    let is_known = |base: &String| {
        KNOWN.contains(&last_part(base))
            || matches!(case.project.resolve_full(model.module, base), Some(Resolved::Class(_)))
    };
    // A base outside of the project may add columns that are not seen here.
    if !case.project.bases_of(model).iter().all(is_known) {
        return None;
    }
    let tables = Tables::of(case.project);
    let columns = tables.columns(&model.class.name)?;
    let has_key = columns.iter().any(|column| column.is_key);
    // Django adds the key `id` where the model names none.
    let key = if has_key { None } else { Some("id".to_owned()) };

    Some(key.into_iter().chain(columns.iter().map(|column| column.name.clone())).collect())
}
