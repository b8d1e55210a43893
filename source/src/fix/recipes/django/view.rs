//! A view of a case: its class, what it declares, and how a field or a method is put into it.

use crate::fix::draft::{Case, FixDraft};
use crate::fix::loads::{is_id, names_of};
use crate::fix::style::{CodeStyle, indent_at, line_end, line_start};
use crate::frameworks::is_rest_view;
use crate::ir::{Expr, ExprKind, Function, StatementKind, dotted_text, last_part, walk_statements};
use crate::project::{ClassRef, FunctionRef, Module, Project};
use crate::routes::{FrameworkName, RouteEntry};

/// A class-based view.
pub(super) struct ViewClass<'a> {
    /// The class.
    pub class: &'a ClassRef,
    /// The file of the class.
    pub module: &'a Module,
    style: CodeStyle,
}

impl<'a> ViewClass<'a> {
    /// Returns the view that a case is about; none for a function.
    pub(super) fn of(case: &'a Case<'_>) -> Option<ViewClass<'a>> {
        let class = case.handler.class.as_ref().filter(|_| case.entry.framework == FrameworkName::Django)?;
        ViewClass::new(case.project, class)
    }

    /// Makes one of a class.
    pub(super) fn new(project: &'a Project, class: &'a ClassRef) -> Option<ViewClass<'a>> {
        let module = project.module(class.module)?;
        Some(ViewClass { class, module, style: CodeStyle::of(&module.text, module.language) })
    }

    /// Returns how the members of the class are indented.
    pub(super) fn indent(&self) -> String {
        let first = self.class.class.members.first().map_or(self.class.class.body_span.start, |first| first.span.start);
        indent_at(&self.module.text, first).to_owned()
    }

    /// Returns one level of indentation.
    pub(super) fn unit(&self) -> String {
        self.style.unit()
    }

    /// Puts a field into the class: in the place of its value, else behind the fields that it has.
    pub(super) fn put_field(&self, draft: &mut FixDraft, name: &str, value: &str) {
        if let Some(old) = self.class.class.field(name) {
            draft.replace(&self.module.path, old.span, value);
            return;
        }
        let members = &self.class.class.members;
        let is_head = |kind: &StatementKind| matches!(kind, StatementKind::Assign(..) | StatementKind::Expr(_));
        let head = members.iter().take_while(|member| is_head(&member.kind)).last();
        let line = format!("{}{name} = {value}{}", self.indent(), self.style.newline);

        match (head, members.first()) {
            (Some(last), _) => {
                let at = line_end(&self.module.text, last.span.end.saturating_sub(1));
                self.insert_line(draft, at, line);
            }
            (None, Some(first)) => {
                let at = line_start(&self.module.text, outer_start(&first.kind, first.span.start));
                let blank = if matches!(first.kind, StatementKind::Function(_)) { self.style.newline } else { "" };
                draft.insert(&self.module.path, at, format!("{line}{blank}"));
            }
            (None, None) => {}
        }
    }

    /// Takes a field with its line out of the class. Returns whether it could go: a class has at least one member.
    pub(super) fn drop_field(&self, draft: &mut FixDraft, name: &str) -> bool {
        let members = &self.class.class.members;
        let is_field = |kind: &StatementKind| match kind {
            StatementKind::Assign(targets, _) => targets.iter().any(|target| target.name() == Some(name)),
            _ => false,
        };
        let Some(member) = members.iter().find(|member| is_field(&member.kind)).filter(|_| members.len() > 1) else {
            return false;
        };
        let text = &self.module.text;
        let start = line_start(text, member.span.start);
        let mut end = line_end(text, member.span.end.saturating_sub(1));

        // A blank line that set it apart goes too, where it stood alone at the top.
        let next = text.get(end..).unwrap_or("");
        let is_first = members.first().is_some_and(|first| first.span == member.span);

        if is_first && next.starts_with(self.style.newline) {
            end += self.style.newline.len();
        }
        draft.replace(&self.module.path, crate::ir::Span { start, end, ..member.span }, "");
        true
    }

    /// Puts a method at the end of the class.
    pub(super) fn put_method(&self, draft: &mut FixDraft, lines: &[String]) {
        let class = &self.class.class;
        let end = class.members.last().map_or(class.span.end, |last| last.span.end);
        let at = line_end(&self.module.text, end.saturating_sub(1));
        let mut all = vec![String::new()];
        all.extend(lines.iter().cloned());
        let made = self.style.lines(&self.indent(), &all);

        self.insert_line(draft, at, made);
    }

    /// Puts lines at the top of a method of this file.
    pub(super) fn put_first(&self, draft: &mut FixDraft, method: &Function, lines: &[String]) {
        let first = method.body.iter().find(|statement| !is_docstring(&statement.kind)).or(method.body.first());
        let Some(first) = first else { return };
        let at = line_start(&self.module.text, first.span.start);
        let indent = indent_at(&self.module.text, first.span.start).to_owned();

        draft.insert(&self.module.path, at, self.style.lines(&indent, lines));
    }

    fn insert_line(&self, draft: &mut FixDraft, at: usize, lines: String) {
        let ends = self.module.text.get(..at).is_some_and(|before| before.ends_with('\n'));
        let made = if ends { lines } else { format!("{}{}", self.style.newline, lines.trim_end()) };
        draft.insert(&self.module.path, at, made);
    }
}

fn is_docstring(kind: &StatementKind) -> bool {
    matches!(kind, StatementKind::Expr(value) if crate::ir::literal_text(value).is_some())
}

/// Returns where a member begins, with its decorators.
fn outer_start(kind: &StatementKind, start: usize) -> usize {
    match kind {
        StatementKind::Function(function) => function.outer_span.start.min(start),
        _ => start,
    }
}

/// Returns whether the handler is one of the REST framework: a class of it, or a function with `@api_view`.
pub(in crate::fix::recipes) fn is_rest(project: &Project, entry: &RouteEntry, handler: &FunctionRef) -> bool {
    entry.framework == FrameworkName::Django && is_rest_view(project, handler)
}

/// Returns the decorator of that name.
pub(super) fn find_decorator<'f>(function: &'f Function, name: &str) -> Option<&'f Expr> {
    function.decorators.iter().find(|decorator| {
        let callee = decorator.call().map_or(*decorator, |(callee, _)| callee);
        dotted_text(callee).is_some_and(|dotted| last_part(&dotted) == name)
    })
}

/// Returns the method of the view that loads the object, and its parameter for it, where the handler itself only calls it:
/// `self.get_object(pk)`, or `self.get_object()` of the view's own that looks at `self.kwargs`.
pub(in crate::fix::recipes) fn method_of_load(case: &Case<'_>, parameter: &str) -> Option<(FunctionRef, String)> {
    let class = case.handler.class.as_ref().filter(|_| case.entry.framework == FrameworkName::Django)?;
    let own = |name: &str| {
        let found = case.project.method(class, name)?;
        (found.function.span != case.function().span).then_some(found)
    };
    if case.function().body.is_empty() {
        return own("get_object").map(|found| (found, parameter.to_owned()));
    }
    let names = names_of(case, parameter);
    let mut found = None;
    walk_statements(&case.function().body, &mut |_| {}, &mut |expr| {
        let ExprKind::Call { callee, arguments, .. } = &*expr.kind else { return };
        let name = dotted_text(callee).unwrap_or_default();
        let Some(method) = name.strip_prefix("self.").and_then(own).filter(|_| found.is_none()) else { return };
        let place = arguments.iter().position(|argument| is_id(&argument.value, &names, parameter));
        let named = place.and_then(|place| arguments.get(place)).and_then(|argument| argument.name.clone());

        // `self` stands before those that are given.
        let by_place =
            place.and_then(|place| method.function.parameters.get(place + 1)).map(|known| known.name.clone());
        match (named.or(by_place), arguments.is_empty() && name == "self.get_object") {
            (Some(inner), _) => found = Some((method, inner)),
            (None, true) => found = Some((method, parameter.to_owned())),
            (None, false) => {}
        }
    });

    found
}

/// Returns the routes that a class answers.
pub(super) fn routes_of<'a>(case: &'a Case<'_>, class: &ClassRef) -> Vec<&'a RouteEntry> {
    let is_same = |entry: &&RouteEntry| {
        let own = entry.code.as_ref().and_then(|code| code.function.class.as_ref());
        own.is_some_and(|own| own.module == class.module && own.class.span == class.class.span)
    };
    case.routes.routes.iter().filter(is_same).collect()
}
