//! pydantic: a model is dumped with the fields that callers may set.

use super::field::{SchemaField, add_argument, settable_names};
use crate::fix::draft::{Case, FixDraft};
use crate::fix::identity::each_statement;
use crate::fix::proposal::Idiom;
use crate::ir::{
    Argument, Expr, ExprKind, Span, StatementKind, argument_named, dotted_text, last_part, literal_text,
    walk_statements,
};
use crate::project::{ClassRef, ModuleId, Project, Resolved};
use crate::routes::RouteEntry;

/// One place where a model becomes a dictionary: `body.model_dump(exclude_unset=True)`.
struct Dump<'e> {
    span: Span,
    arguments: &'e [Argument],
    class: ClassRef,
}

/// Narrows what a handler takes of the models that it reads its body into.
pub(super) fn of_dump(case: &Case<'_>) -> Option<Result<FixDraft, ()>> {
    let dumps = find_dumps(case);
    dumps.first()?;
    let mut draft = FixDraft::new("");
    let mut taken: Vec<&str> = Vec::new();

    for dump in &dumps {
        let fields = fields_of(case.project, &dump.class);
        let lets_through =
            fields.iter().any(|field| field.is_refused(case) && passes_field(dump.arguments, &field.name));
        if !lets_through {
            continue;
        }
        let names = settable_names(case, &fields)?;

        // An `include` that lets a refused field through was written on purpose; a second one would be a syntax
        // error.
        if argument_named(dump.arguments, "include").is_some() {
            return None;
        }
        let all: Vec<String> = names.iter().map(|name| case.style.quoted(name)).collect();
        add_argument(case, &mut draft, (dump.span, dump.arguments), &format!("include={{{}}}", all.join(", ")));
        draft.idiom =
            Idiom::Library { name: "pydantic".to_owned(), place: case.place(dump.class.module, dump.class.class.span) };
        taken = case.facts.not_settable.iter().map(String::as_str).collect();
    }

    if draft.changes.is_empty() {
        return Some(Err(()));
    }
    draft.why = format!("of the body, {} are taken no more: the others are named one by one", taken.join(", "));
    Some(Ok(draft))
}

/// Whether a dump gives a field: neither left out nor missing from those that are named.
fn passes_field(arguments: &[Argument], field: &str) -> bool {
    let names = |option: &str| match argument_named(arguments, option).map(|value| &*value.kind) {
        Some(ExprKind::List(items)) => Some(items.iter().any(|item| literal_text(item) == Some(field))),
        _ => None,
    };
    names("include").unwrap_or(true) && !names("exclude").unwrap_or(false)
}

fn find_dumps<'e>(case: &'e Case<'_>) -> Vec<Dump<'e>> {
    let held = held_models(case);
    let mut found = Vec::new();
    walk_statements(&case.handler.function.body, &mut |_| {}, &mut |expr| {
        let ExprKind::Call { callee, arguments, .. } = &*expr.kind else { return };
        let ExprKind::Member(object, method) = &*callee.kind else { return };

        if !matches!(method.as_str(), "model_dump" | "dict") {
            return;
        }
        let class = match object.name() {
            Some(name) => held.iter().find(|(known, _)| known == name).map(|(_, class)| class.clone()),
            None => made_from_body(case, object),
        };
        found.extend(class.map(|class| Dump { span: expr.span, arguments, class }));
    });

    found
}

/// The names of the handler that hold a model made of the body.
fn held_models(case: &Case<'_>) -> Vec<(String, ClassRef)> {
    let declared = case.function().parameters.iter().filter_map(|parameter| {
        let class = declared_model(case.project, case.handler.module, parameter.declared.as_ref()?)?;
        Some((parameter.name.clone(), class))
    });
    let mut held: Vec<(String, ClassRef)> = declared.collect();
    each_statement(&case.function().body, &mut |statement| {
        if let StatementKind::Assign(targets, Some(value)) = &statement.kind
            && let Some(name) = targets.first().and_then(Expr::name)
            && let Some(class) = made_from_body(case, value)
        {
            held.push((name.to_owned(), class));
        }
    });

    held
}

/// `Card.model_validate(request.json)`, `Card(**request.json)`
fn made_from_body(case: &Case<'_>, value: &Expr) -> Option<ClassRef> {
    let (callee, arguments) = value.call()?;
    let first = arguments.first()?;
    let (of, is_made) = match &*callee.kind {
        ExprKind::Member(of, method) if matches!(method.as_str(), "model_validate" | "parse_obj") => (of, true),
        _ => (callee, first.spread == crate::ir::Spread::Named),
    };
    let bodies = super::super::bodies::Bodies::of(case);
    let class = resolve_model(case.project, case.handler.module, of)?;
    (is_made && bodies.is_body(&first.value)).then_some(class)
}

/// Returns the classes that a body is read into, as the parameters of the handler declare them.
pub(super) fn body_models(case: &Case<'_>) -> Vec<ClassRef> {
    models_of(case.project, case.handler.module, &case.handler.function.parameters)
}

fn models_of(project: &Project, module: ModuleId, parameters: &[crate::ir::FunctionParameter]) -> Vec<ClassRef> {
    let declared = parameters.iter().filter_map(|parameter| parameter.declared.as_ref());
    declared.filter_map(|declared| declared_model(project, module, declared)).collect()
}

/// Returns whether another route reads its body into the same class.
pub(super) fn is_shared(case: &Case<'_>, class: &ClassRef) -> bool {
    let reads = |entry: &RouteEntry| {
        let Some(code) = entry.code.as_ref().filter(|code| code.function.function.span != case.handler.function.span)
        else {
            return false;
        };
        let own = models_of(case.project, code.function.module, &code.function.function.parameters);
        own.iter().any(|own| own.module == class.module && own.class.span == class.class.span)
    };

    case.routes.routes.iter().any(reads)
}

fn declared_model(project: &Project, module: ModuleId, declared: &Expr) -> Option<ClassRef> {
    match &*declared.kind {
        // `Annotated[CardIn, Body()]`, `Optional[CardIn]`
        ExprKind::Index(outer, inner) if dotted_text(outer).is_some_and(|name| is_wrapper(last_part(&name))) => {
            match &*inner.kind {
                ExprKind::List(parts) => parts.iter().find_map(|part| declared_model(project, module, part)),
                _ => declared_model(project, module, inner),
            }
        }

        // `CardIn | None`
        ExprKind::Operation(sign, parts) if sign == "|" => {
            parts.iter().find_map(|part| declared_model(project, module, part))
        }
        _ => resolve_model(project, module, declared),
    }
}

/// Types that only say more of what stands in them.
fn is_wrapper(name: &str) -> bool {
    matches!(name, "Annotated" | "Optional") || name == "Union"
}

fn resolve_model(project: &Project, module: ModuleId, named: &Expr) -> Option<ClassRef> {
    let Some(Resolved::Class(class)) = project.resolve_expr(module, named) else { return None };
    let bases = project.bases_of(&class);
    let is_model =
        // django-ninja calls its base class `Schema`; SQLModel is a model of pydantic and a table at once.
        |base: &String| base.ends_with("BaseModel") || base.ends_with("Schema") || base.ends_with("SQLModel");
    bases.iter().any(is_model).then_some(class)
}

/// The fields of a model and of what it extends, the own ones last.
fn fields_of(project: &Project, class: &ClassRef) -> Vec<SchemaField> {
    let mut fields: Vec<SchemaField> = Vec::new();
    for part in project.line_of(class).iter().rev() {
        for member in &part.class.members {
            let StatementKind::Assign(targets, value) = &member.kind else { continue };
            let Some(name) = targets.first().and_then(Expr::name) else { continue };

            if name.starts_with('_') || name == "model_config" {
                continue;
            }
            // A validation alias is what bodies are read by, and comes before the alias for both ways.
            let alias = value.as_ref().and_then(Expr::call).and_then(|(_, arguments)| {
                argument_named(arguments, "validation_alias")
                    .or_else(|| argument_named(arguments, "alias"))
                    .and_then(literal_text)
            });
            fields.retain(|field| field.name != name);
            fields.push(SchemaField { name: name.to_owned(), wire: alias.unwrap_or(name).to_owned() });
        }
    }

    fields
}
