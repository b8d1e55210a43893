//! The serializers that a view reads bodies by and makes answers with, and what they say of a field.

use super::view::ViewClass;
use crate::fix::draft::{Case, FixDraft};
use crate::fix::style::{CodeStyle, line_end, line_start};
use crate::frameworks::asks_for;
use crate::ir::{
    Argument, Expr, ExprKind, Span, Statement, StatementKind, argument_named, dotted_text, last_part, literal_text,
};
use crate::project::{ClassRef, Module, ModuleId, Project, Resolved};

/// Serializers within serializers deeper than this are not looked at.
const MOST_DEPTH: usize = 3;

/// A serializer as a view uses it.
#[derive(Debug, Clone)]
pub(super) struct Used {
    /// Its class.
    pub class: ClassRef,
    /// Whether a body is read by it.
    pub reads_body: bool,
}

/// Finds the serializers of the handler.
pub(super) fn used_by(case: &Case<'_>) -> Vec<Used> {
    let mut found = Vec::new();
    let method = case.entry.methods.first().map_or("", String::as_str);
    let changes = matches!(method, "POST" | "PUT" | "PATCH");
    let mut of_class = case.function().body.is_empty();
    crate::ir::walk_statements(&case.function().body, &mut |_| {}, &mut |expr| {
        let Some((callee, arguments)) = expr.call() else { return };
        let name = dotted_text(callee).unwrap_or_default();
        of_class |=
            matches!(name.as_str(), "self.get_serializer" | "self.serializer_class" | "self.get_serializer_class");
        of_class |= matches!(&*callee.kind, ExprKind::Member(object, _) if object.call().is_some_and(|(callee, _)| callee.name() == Some("super")));

        if let Some(class) = resolve_serializer(case.project, case.handler.module, callee) {
            found.push(Used { class, reads_body: argument_named(arguments, "data").is_some() });
        }
    });

    if let Some(class) = case.handler.class.as_ref().filter(|_| of_class) {
        let own = declared_serializers(case, class);
        found.extend(own.into_iter().map(|class| Used { class, reads_body: changes }));
    }
    found
}

/// `serializer_class`, or what `get_serializer_class` gives for what is asked.
fn declared_serializers(case: &Case<'_>, class: &ClassRef) -> Vec<ClassRef> {
    let mut found = Vec::new();
    if let Some(method) = case.project.method(class, "get_serializer_class") {
        collect_chosen_classes(case, method.module, &method.function.body, &mut found);
    }
    // `get_serializer_class` overrides the field, which then serves as a default inside it at most.
    if found.is_empty()
        && let Some((module, value)) = case.project.class_field(class, "serializer_class")
    {
        found.extend(resolve_serializer(case.project, module, &value));
    }
    found
}

/// Collects the classes that statements return for what is asked. Returns whether the statements end there.
fn collect_chosen_classes(
    case: &Case<'_>,
    module: ModuleId,
    statements: &[Statement],
    found: &mut Vec<ClassRef>,
) -> bool {
    let method = case.entry.methods.first().map_or("", String::as_str);
    let action = last_part(&case.entry.function);

    for statement in statements {
        match &statement.kind {
            StatementKind::Return(Some(value)) => {
                found.extend(resolve_serializer(case.project, module, value));
                return true;
            }
            StatementKind::If { test, body, otherwise } => {
                let asked = asks_for(test, method, action);
                // Branches for other methods or actions are left out: their serializers do not serve this route.
                let first = asked != Some(false) && collect_chosen_classes(case, module, body, found);

                if first && asked == Some(true) {
                    return true;
                }
                let second = asked != Some(true) && collect_chosen_classes(case, module, otherwise, found);

                if second && (first || asked == Some(false)) {
                    return true;
                }
            }
            _ => {}
        }
    }

    false
}

/// The serializer of this project that an expression names.
fn resolve_serializer(project: &Project, module: ModuleId, expr: &Expr) -> Option<ClassRef> {
    let Some(Resolved::Class(class)) = project.resolve_expr(module, expr) else { return None };
    project.bases_of(&class).iter().any(|base| last_part(base).ends_with("Serializer")).then_some(class)
}

/// What a serializer says of one field.
pub(super) enum SerializerFieldState<'a> {
    /// Nothing lets it in or out.
    Absent,
    /// It is a field of the class: the class that has it, and the call that makes it.
    Declared(ClassRef, &'a Expr),
    /// It stands in the list of fields, or all fields of the model are taken.
    Listed,
}

/// A serializer with its `Meta`.
pub(super) struct Described {
    line: Vec<ClassRef>,
    /// `Meta`, and the class that has it.
    pub meta: Option<ClassRef>,
    /// The model.
    pub model: Option<ClassRef>,
}

impl Described {
    /// Reads a serializer.
    pub(super) fn of(project: &Project, class: &ClassRef) -> Described {
        let line = project.line_of(class);
        let meta = line.iter().find_map(|part| {
            let inner = part.class.members.iter().find_map(|member| match &member.kind {
                StatementKind::Class(inner) if inner.name == "Meta" => Some(inner.clone()),
                _ => None,
            });
            inner.map(|class| ClassRef { module: part.module, class })
        });

        let model = meta.as_ref().and_then(|meta| {
            let (module, value) = project.class_field(meta, "model")?;
            match project.resolve_expr(module, &value) {
                Some(Resolved::Class(class)) => Some(class),
                _ => None,
            }
        });

        Described { line, meta, model }
    }

    /// Returns what is said of a field.
    pub(super) fn said(&self, name: &str) -> SerializerFieldState<'_> {
        // The nearest class wins, as Python resolves attributes; a value without a call (`owner = None`) removes
        // the field.
        for part in &self.line {
            if let Some(value) = part.class.field(name) {
                return if value.call().is_some() {
                    SerializerFieldState::Declared(part.clone(), value)
                } else {
                    SerializerFieldState::Absent
                };
            }
        }

        let lists = |field: &str| self.option(field).is_some_and(|list| has_text(list, name));
        match self.option("fields") {
            Some(fields) if literal_text(fields) == Some("__all__") => SerializerFieldState::Listed,
            Some(fields) if matches!(&*fields.kind, ExprKind::List(_)) && !has_text(fields, name) => {
                SerializerFieldState::Absent
            }
            Some(_) => SerializerFieldState::Listed,
            None if self.option("exclude").is_some() && !lists("exclude") => SerializerFieldState::Listed,
            None => SerializerFieldState::Absent,
        }
    }

    /// Returns whether `Meta` keeps a field from being set, or from being shown.
    pub(super) fn is_kept(&self, name: &str, option: &str) -> bool {
        let listed = option == "read_only" && self.option("read_only_fields").is_some_and(|list| has_text(list, name));
        let Some(ExprKind::Record(entries)) = self.option("extra_kwargs").map(|record| &*record.kind) else {
            return listed;
        };
        let own = entries.iter().find(|entry| entry.key.as_ref().and_then(literal_text) == Some(name));
        let Some(ExprKind::Record(inner)) = own.map(|entry| &*entry.value.kind) else { return listed };
        let is_set = |entry: &crate::ir::RecordEntry| {
            entry.key.as_ref().and_then(literal_text) == Some(option) && is_true(&entry.value)
        };
        listed || inner.iter().any(is_set)
    }

    /// Returns what `Meta` itself gives to an option.
    pub(super) fn option(&self, name: &str) -> Option<&Expr> {
        self.meta.as_ref()?.class.field(name)
    }

    /// Returns the serializers that are fields of this one, itself first.
    pub(super) fn with_inner(project: &Project, class: &ClassRef) -> Vec<ClassRef> {
        let mut found = vec![class.clone()];
        let (mut at, mut depth) = (0, 0);

        while depth < MOST_DEPTH {
            let level: Vec<ClassRef> = found.get(at..).unwrap_or_default().to_vec();
            at = found.len();

            for class in level {
                for member in &class.class.members {
                    let StatementKind::Assign(_, Some(value)) = &member.kind else { continue };
                    let inner = value.call().and_then(|(callee, _)| resolve_serializer(project, class.module, callee));
                    found.extend(inner.filter(|inner| {
                        !found.iter().any(|it| it.class.span == inner.class.span && it.module == inner.module)
                    }));
                }
            }

            depth += 1;
        }

        found
    }
}

/// Returns whether a list names a text.
pub(super) fn has_text(list: &Expr, name: &str) -> bool {
    matches!(&*list.kind, ExprKind::List(items) if items.iter().any(|item| literal_text(item) == Some(name)))
}

/// Returns whether an expression is `True`.
pub(super) fn is_true(value: &Expr) -> bool {
    matches!(&*value.kind, ExprKind::Constant(word) if word == "True")
}

/// Returns whether the call that makes a field has an option that is on.
pub(super) fn has_option(field: &Expr, option: &str) -> bool {
    field.call().is_some_and(|(_, arguments)| argument_named(arguments, option).is_some_and(is_true))
}

/// Turns on an option of a field of the class; what contradicts it goes.
pub(super) fn turn_on(module: &Module, draft: &mut FixDraft, field: &Expr, option: &str) {
    let Some((_, arguments)) = field.call() else { return };
    // The REST framework asserts that a field is not both read-only and required, or read-only and write-only.
    let contradicts = |argument: &&Argument| {
        let name = argument.name.as_deref().unwrap_or_default();
        name == option
            || (option == "read_only" && matches!(name, "required" | "write_only"))
            || (option == "write_only" && name == "read_only")
    };

    let kept: Vec<String> = arguments
        .iter()
        .filter(|argument| !contradicts(argument))
        .map(|argument| argument.span.text(&module.text).to_owned())
        .chain(Some(format!("{option}=True")))
        .collect();
    let Some((callee, _)) = field.call() else { return };
    draft.replace(&module.path, Span { start: callee.span.end, ..field.span }, format!("({})", kept.join(", ")));
}

/// Adds a name to a list of `Meta`, which is made where it is not there.
pub(super) fn add_to_list(
    module: &Module,
    draft: &mut FixDraft,
    meta: &ClassRef,
    option: &str,
    name: &str,
) -> Option<()> {
    let style = CodeStyle::of(&module.text, module.language);
    let quoted = style.quoted(name);
    let Some(old) = meta.class.field(option) else {
        // The new list has the same shape as its neighbour, as the project's style.
        let is_tuple = meta.class.field("fields").is_some_and(|fields| fields.span.text(&module.text).starts_with('('));
        let made = if is_tuple { format!("({quoted},)") } else { format!("[{quoted}]") };
        put_field(module, draft, meta, option, &made);
        return Some(());
    };

    match &*old.kind {
        ExprKind::List(items) => match items.last() {
            Some(last) => draft.insert(&module.path, last.span.end, format!(", {quoted}")),
            None => {
                let comma = if old.span.text(&module.text).starts_with('(') { "," } else { "" };
                draft.insert(&module.path, old.span.start + 1, format!("{quoted}{comma}"));
            }
        },
        // A list that has a name of its own may be shared with other serializers, so that it is unpacked and not
        // changed.
        _ => draft.replace(&module.path, old.span, format!("[*{}, {quoted}]", old.span.text(&module.text))),
    }

    Some(())
}

/// Puts an option into `Meta`, behind those that it has.
pub(super) fn put_field(module: &Module, draft: &mut FixDraft, meta: &ClassRef, option: &str, value: &str) {
    let Some(last) = meta.class.members.last() else { return };
    let indent = crate::fix::style::indent_at(&module.text, last.span.start).to_owned();
    let newline = CodeStyle::of(&module.text, module.language).newline;
    let at = line_end(&module.text, last.span.end.saturating_sub(1));
    let ends = module.text.get(..at).is_some_and(|before| before.ends_with('\n'));
    let made = if ends {
        format!("{indent}{option} = {value}{newline}")
    } else {
        format!("{newline}{indent}{option} = {value}")
    };
    draft.insert(&module.path, at, made);
}

/// Takes a name out of a list of `Meta`.
pub(super) fn take_from_list(module: &Module, draft: &mut FixDraft, list: &Expr, name: &str) {
    let ExprKind::List(items) = &*list.kind else { return };
    let Some(at) = items.iter().position(|item| literal_text(item) == Some(name)) else { return };
    let Some(item) = items.get(at) else { return };
    let span = match (items.get(at + 1), at.checked_sub(1).and_then(|at| items.get(at))) {
        (Some(next), _) => Span { start: item.span.start, end: next.span.start, ..item.span },
        (None, Some(before)) if items.len() > 2 || list.span.text(&module.text).starts_with('[') => {
            Span { start: before.span.end, end: item.span.end, ..item.span }
        }
        // A tuple of one keeps its comma.
        (None, Some(before)) => Span { start: before.span.end + 1, end: item.span.end, ..item.span },
        (None, None) => item.span,
    };

    draft.replace(&module.path, span, "");
}

/// Takes a field of the class with its line out.
pub(super) fn drop_declared(project: &Project, draft: &mut FixDraft, class: &ClassRef, name: &str) {
    if let Some(view) = ViewClass::new(project, class)
        && !view.drop_field(draft, name)
        && let Some(old) = class.class.field(name)
    {
        let text = &view.module.text;
        let span = Span { start: line_start(text, old.span.start), end: line_end(text, old.span.end), ..old.span };
        draft.replace(&view.module.path, span, "");
    }
}
