//! zod: a handler parses its body by the part of a schema that callers may set.

use super::super::bodies::Bodies;
use super::field::{SchemaField, settable_names};
use crate::fix::draft::{Case, FixDraft};
use crate::fix::proposal::Idiom;
use crate::ir::{Argument, Expr, ExprKind, RecordEntry, literal_text, walk_statements};
use crate::project::{ModuleId, Project, Resolved};

/// Longer chains are not followed.
const MOST_STEPS: usize = 16;

/// What a schema lets through.
#[derive(Debug, Default)]
struct ZodShape {
    fields: Vec<SchemaField>,
    /// Fields that it does not name pass too.
    is_open: bool,
    /// It is still an object: a part of it can be picked.
    is_object: bool,
}

/// Narrows the schemas by which a handler parses its body.
pub(super) fn of_parse(case: &Case<'_>) -> Option<Result<FixDraft, ()>> {
    let bodies = Bodies::of(case);
    let mut draft = FixDraft::new(format!("the body gives {} no more", case.facts.not_settable.join(", ")));
    let mut found = false;
    walk_statements(&case.handler.function.body, &mut |_| {}, &mut |expr| {
        let Some((callee, arguments)) = expr.call() else { return };
        let ExprKind::Member(schema, method) = &*callee.kind else { return };
        let parses = matches!(method.trim_end_matches("Async"), "parse" | "safeParse");

        if !parses || !arguments.first().is_some_and(|first| bodies.is_body(&first.value)) {
            return;
        }
        let Some(shape) = shape_of(case.project, case.handler.module, schema, 0) else { return };
        found = true;
        let lets_through = shape.is_open || shape.fields.iter().any(|field| field.is_refused(case));

        // A schema that was refined or piped has no `pick`, so that its part cannot be taken.
        if let Some(part) = part_of(case, &shape).filter(|_| lets_through && shape.is_object) {
            draft.insert(&case.module.path, schema.span.end, part);
        } else if lets_through {
            found = false;
        }
    });

    if draft.changes.is_empty() {
        return found.then_some(Err(()));
    }
    if let Some((module, span)) = crate::fix::imports::imported_at(case.project, "zod") {
        draft.idiom = Idiom::Library { name: "zod".to_owned(), place: case.place(module, span) };
    }
    Some(Ok(draft))
}

/// `.pick({ nick: true })`, or `.omit({ role: true })` where too many are left to name them.
fn part_of(case: &Case<'_>, shape: &ZodShape) -> Option<String> {
    // `strip()` drops fields that the schema does not name, as a plain object of zod does by default.
    let closed = if shape.is_open { ".strip()" } else { "" };
    let listed =
        |names: &[&str]| names.iter().map(|name| format!("{}: true", record_key(case, name))).collect::<Vec<_>>();
    if !shape.fields.iter().any(|field| field.is_refused(case)) {
        return shape.is_open.then(|| closed.to_owned());
    }
    if let Some(names) = settable_names(case, &shape.fields) {
        return Some(format!(".pick({{ {} }}){closed}", listed(&names).join(", ")));
    }
    let refused: Vec<&str> =
        shape.fields.iter().filter(|field| field.is_refused(case)).map(|field| field.name.as_str()).collect();
    (!refused.is_empty()).then(|| format!(".omit({{ {} }}){closed}", listed(&refused).join(", ")))
}

/// A name as a key of a record: in quotes where it has to be.
fn record_key(case: &Case<'_>, name: &str) -> String {
    let is_bare = name.bytes().all(|byte| byte.is_ascii_alphanumeric() || byte == b'_' || byte == b'$')
        && !name.starts_with(|letter: char| letter.is_ascii_digit());
    if is_bare { name.to_owned() } else { case.style.quoted(name) }
}

/// Reads a schema, through names of this file and others.
fn shape_of(project: &Project, module: ModuleId, schema: &Expr, steps: usize) -> Option<ZodShape> {
    if steps > MOST_STEPS {
        return None;
    }
    match &*schema.kind {
        ExprKind::Name(_) | ExprKind::Member(..) => match project.resolve_expr(module, schema)? {
            Resolved::Value(of, _, value) if value.span != schema.span => shape_of(project, of, &value, steps + 1),
            _ => None,
        },
        ExprKind::Call { callee, arguments, .. } => {
            let ExprKind::Member(of, method) = &*callee.kind else { return None };
            shape_of_call(project, module, (of, method), arguments, steps)
        }
        _ => None,
    }
}

fn shape_of_call(
    project: &Project,
    module: ModuleId,
    (of, method): (&Expr, &str),
    arguments: &[Argument],
    steps: usize,
) -> Option<ZodShape> {
    let first = arguments.first().map(|first| &first.value);
    if of.name() == Some("z") {
        let ExprKind::Record(entries) = &*first?.kind else { return None };
        let is_open = method == "looseObject";
        let is_object = is_open || matches!(method, "object" | "strictObject");
        let fields = fields_of(project, module, entries, steps)?;
        return is_object.then_some(ZodShape { fields, is_open, is_object });
    }

    let mut shape = shape_of(project, module, of, steps + 1)?;
    match method {
        "extend" | "safeExtend" => {
            let ExprKind::Record(entries) = &*first?.kind else { return None };
            add_new_fields(&mut shape.fields, fields_of(project, module, entries, steps)?);
        }
        "merge" => add_new_fields(&mut shape.fields, shape_of(project, module, first?, steps + 1)?.fields),
        "pick" | "omit" => {
            let ExprKind::Record(entries) = &*first?.kind else { return None };
            let named = |field: &SchemaField| entries.iter().filter_map(name_of).any(|name| name == field.name);
            shape.fields.retain(|field| named(field) == (method == "pick"));
        }
        "passthrough" | "loose" => shape.is_open = true,
        // A catchall checks further fields and lets them through all the same.
        "catchall" => shape.is_open = true,
        "strict" | "strip" => shape.is_open = false,
        "partial" | "required" => {}
        "describe" | "meta" => {}

        // It may change what it lets through, and no part of it can be picked.
        _ => shape.is_object = false,
    }

    Some(shape)
}

fn add_new_fields(fields: &mut Vec<SchemaField>, more: Vec<SchemaField>) {
    for field in more {
        if !fields.contains(&field) {
            fields.push(field);
        }
    }
}

/// `None` where another record stands in it that is not known.
fn fields_of(project: &Project, module: ModuleId, entries: &[RecordEntry], steps: usize) -> Option<Vec<SchemaField>> {
    let mut fields = Vec::new();
    for entry in entries {
        match (name_of(entry), &*entry.value.kind) {
            (Some(name), _) => fields.push(SchemaField::plain(name)),
            // `...base.shape`
            (None, ExprKind::Member(of, shape)) if shape == "shape" => {
                add_new_fields(&mut fields, shape_of(project, module, of, steps + 1)?.fields);
            }
            _ => return None,
        }
    }

    Some(fields)
}

fn name_of(entry: &RecordEntry) -> Option<&str> {
    entry.key.as_ref().and_then(|key| literal_text(key).or(key.name()))
}
