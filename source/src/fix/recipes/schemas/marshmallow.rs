//! marshmallow: a schema loads the fields alone that callers may set.

use super::super::bodies::Bodies;
use super::field::{SchemaField, add_argument, settable_names};
use crate::fix::draft::{Case, FixDraft};
use crate::fix::proposal::Idiom;
use crate::ir::{Argument, Expr, ExprKind, StatementKind, argument_named, dotted_text, last_part, walk_statements};
use crate::project::{ClassRef, Resolved};

/// Decorators that load the body for a handler: of flask-smorest, webargs, APIFlask.
const LOADERS: [&str; 4] = ["arguments", "input", "use_args", "use_kwargs"];

/// A schema as it is written where a body is loaded: `CardSchema()`, or the class alone.
struct LoadedBy<'e> {
    written: &'e Expr,
    arguments: &'e [Argument],
    class: ClassRef,
}

/// Narrows what the schemas of a handler load.
pub(super) fn of_load(case: &Case<'_>) -> Option<Result<FixDraft, ()>> {
    let loads = find_schema_loads(case);
    loads.first()?;
    let mut draft = FixDraft::new(format!("the body gives {} no more", case.facts.not_settable.join(", ")));

    for load in &loads {
        let Some(option) = narrowing_option(case, load) else { continue };
        // `CardSchema` without a call is the class: the option needs an instance.
        if load.written.call().is_some() {
            add_argument(case, &mut draft, (load.written.span, load.arguments), &option);
        } else {
            draft.insert(&case.module.path, load.written.span.end, format!("({option})"));
        }
        let place = case.place(load.class.module, load.class.class.span);
        draft.idiom = Idiom::Library { name: "marshmallow".to_owned(), place };
    }

    Some(if draft.changes.is_empty() { Err(()) } else { Ok(draft) })
}

/// The option that closes a schema to what is not the caller's; `None` where it is closed already.
fn narrowing_option(case: &Case<'_>, load: &LoadedBy<'_>) -> Option<String> {
    let has = |option: &str| argument_named(load.arguments, option).is_some();
    if has("only") || has("exclude") {
        return None;
    }
    let (fields, is_whole) = fields_of(case, &load.class);

    if is_whole && !fields.iter().any(|field| field.is_refused(case)) {
        return None;
    }
    let tuple = |names: &[&str]| {
        let all: Vec<String> = names.iter().map(|name| case.style.quoted(name)).collect();
        format!("({}{})", all.join(", "), if all.len() == 1 { "," } else { "" })
    };
    // `only` is an allow list, which a later field of the schema does not slip through.
    if let Some(names) = settable_names(case, &fields).filter(|_| is_whole) {
        return Some(format!("only={}", tuple(&names)));
    }
    // A name that the schema does not have would be a fault.
    let refused: Vec<&str> =
        fields.iter().filter(|field| field.is_refused(case)).map(|field| field.name.as_str()).collect();
    (!refused.is_empty()).then(|| format!("exclude={}", tuple(&refused)))
}

fn find_schema_loads<'e>(case: &'e Case<'_>) -> Vec<LoadedBy<'e>> {
    let bodies = Bodies::of(case);
    let mut found = Vec::new();

    for decorator in &case.handler.function.decorators {
        let Some((callee, arguments)) = decorator.call() else { continue };
        let is_loader = dotted_text(callee).is_some_and(|name| LOADERS.contains(&last_part(&name)));
        let first = arguments.first().filter(|_| is_loader);
        found.extend(first.and_then(|first| loaded_by(case, &first.value)));
    }

    walk_statements(&case.handler.function.body, &mut |_| {}, &mut |expr| {
        let Some((callee, arguments)) = expr.call() else { return };
        let ExprKind::Member(schema, method) = &*callee.kind else { return };
        let takes_body = arguments.first().is_some_and(|first| bodies.is_body(&first.value));

        // What is made elsewhere is shared with other handlers.
        if method == "load" && takes_body && schema.call().is_some() {
            found.extend(loaded_by(case, schema));
        }
    });

    found
}

fn loaded_by<'e>(case: &Case<'_>, written: &'e Expr) -> Option<LoadedBy<'e>> {
    let (named, arguments) = written.call().unwrap_or((written, &[]));
    let Some(Resolved::Class(class)) = case.project.resolve_expr(case.handler.module, named) else { return None };
    let is_schema = case.project.bases_of(&class).iter().any(|base| base.ends_with("Schema"));
    is_schema.then_some(LoadedBy { written, arguments, class })
}

/// The fields that a schema loads, and whether these are all: a schema that is made of a table has more.
fn fields_of(case: &Case<'_>, class: &ClassRef) -> (Vec<SchemaField>, bool) {
    let mut fields: Vec<SchemaField> = Vec::new();
    for part in case.project.line_of(class).iter().rev() {
        for member in &part.class.members {
            let StatementKind::Assign(targets, Some(value)) = &member.kind else { continue };
            let (Some(name), Some((_, arguments))) = (targets.first().and_then(Expr::name), value.call()) else {
                continue;
            };
            fields.retain(|field| field.name != name);
            let is_shown_only = argument_named(arguments, "dump_only")
                .is_some_and(|value| matches!(&*value.kind, ExprKind::Constant(word) if word == "True"));
            if !is_shown_only {
                let wire = argument_named(arguments, "data_key").and_then(crate::ir::literal_text).unwrap_or(name);
                fields.push(SchemaField { name: name.to_owned(), wire: wire.to_owned() });
            }
        }
    }

    let bases = case.project.bases_of(class);
    let is_whole = !bases.iter().any(|base| base.contains("SQLAlchemy") || base.contains("ModelSchema"));
    (fields, is_whole)
}
