//! What classes of Django and the REST framework answer: their own methods, and those of the classes above them that are
//! not part of the project.

use std::sync::Arc;

use crate::ir::{Function, Span, dotted_text, last_part};
use crate::project::{ClassRef, FunctionRef, Project};

/// What a class that is not part of the project serves: its name, and method of HTTP and action for each.
type ExternalViewMethods = (&'static str, &'static [(&'static str, &'static str)]);

const GET_LIST: (&str, &str) = ("GET", "list");
const GET_ONE: (&str, &str) = ("GET", "retrieve");
const CREATE: (&str, &str) = ("POST", "create");
const UPDATE: (&str, &str) = ("PUT", "update");
const PATCH: (&str, &str) = ("PATCH", "partial_update");
const DESTROY: (&str, &str) = ("DELETE", "destroy");
const GET: (&str, &str) = ("GET", "get");
const POST: (&str, &str) = ("POST", "post");
const PUT: (&str, &str) = ("PUT", "put");
const DELETE: (&str, &str) = ("DELETE", "delete");

/// Sorted by name.
const OUTSIDE: [ExternalViewMethods; 56] = [
    ("APIRootView", &[GET]),
    ("ArchiveIndexView", &[GET]),
    ("BaseCreateView", &[GET, POST, PUT]),
    ("BaseDeleteView", &[GET, POST, DELETE]),
    ("BaseDetailView", &[GET]),
    ("BaseFormView", &[GET, POST, PUT]),
    ("BaseListView", &[GET]),
    ("BaseUpdateView", &[GET, POST, PUT]),
    ("CookieWizardView", &[GET, POST]),
    ("CreateAPIView", &[CREATE]),
    ("CreateModelMixin", &[("", "create")]),
    ("CreateView", &[GET, POST, PUT]),
    ("DateDetailView", &[GET]),
    ("DayArchiveView", &[GET]),
    ("DeleteView", &[GET, POST, DELETE]),
    ("DeletionMixin", &[POST, DELETE]),
    ("DestroyAPIView", &[DESTROY]),
    ("DestroyModelMixin", &[("", "destroy")]),
    ("DetailView", &[GET]),
    ("FormView", &[GET, POST, PUT]),
    ("JavaScriptCatalog", &[GET]),
    ("ListAPIView", &[GET_LIST]),
    ("ListCreateAPIView", &[GET_LIST, CREATE]),
    ("ListModelMixin", &[("", "list")]),
    ("ListView", &[GET]),
    ("LoginView", &[GET, POST, PUT]),
    ("LogoutView", &[POST]),
    (
        "ModelViewSet",
        &[("", "list"), ("", "retrieve"), ("", "create"), ("", "update"), ("", "partial_update"), ("", "destroy")],
    ),
    ("MonthArchiveView", &[GET]),
    ("NamedUrlCookieWizardView", &[GET, POST]),
    ("NamedUrlSessionWizardView", &[GET, POST]),
    ("NamedUrlWizardView", &[GET, POST]),
    ("NestedViewSetMixin", &[]),
    ("ObtainAuthToken", &[POST]),
    ("PasswordChangeDoneView", &[GET]),
    ("PasswordChangeView", &[GET, POST, PUT]),
    ("PasswordResetCompleteView", &[GET]),
    ("PasswordResetConfirmView", &[GET, POST, PUT]),
    ("PasswordResetDoneView", &[GET]),
    ("PasswordResetView", &[GET, POST, PUT]),
    ("ProcessFormView", &[GET, POST, PUT]),
    ("ReadOnlyModelViewSet", &[("", "list"), ("", "retrieve")]),
    ("RedirectView", &[GET, POST, PUT, ("PATCH", "patch"), DELETE]),
    ("RetrieveAPIView", &[GET_ONE]),
    ("RetrieveDestroyAPIView", &[GET_ONE, DESTROY]),
    ("RetrieveModelMixin", &[("", "retrieve")]),
    ("RetrieveUpdateAPIView", &[GET_ONE, UPDATE, PATCH]),
    ("RetrieveUpdateDestroyAPIView", &[GET_ONE, UPDATE, PATCH, DESTROY]),
    ("SessionWizardView", &[GET, POST]),
    ("TemplateView", &[GET]),
    ("TodayArchiveView", &[GET]),
    ("UpdateAPIView", &[UPDATE, PATCH]),
    ("UpdateModelMixin", &[("", "update"), ("", "partial_update")]),
    ("UpdateView", &[GET, POST, PUT]),
    ("WeekArchiveView", &[GET]),
    ("WizardView", &[GET, POST]),
];

/// The methods that classes answer with methods of their own, unless they say otherwise.
const METHODS: [&str; 5] = ["GET", "POST", "PUT", "PATCH", "DELETE"];

/// What serves one method of HTTP.
#[derive(Debug, Clone)]
pub(super) struct ViewMethodHandler {
    /// The method of HTTP.
    pub(super) method: String,
    /// The method of the class, of its own or from what it extends.
    pub(super) action: String,
    /// The method, where the project has it.
    pub(super) function: Option<FunctionRef>,
}

/// Returns whether a set of views has an action, of its own or from above.
pub(super) fn has_action(project: &Project, class: &ClassRef, action: &str) -> bool {
    own_method(project, class, action).is_some() || outside_actions(project, class).any(|(_, name)| name == action)
}

/// Returns what a class answers by its methods of HTTP, where no actions are named.
pub(super) fn answers_by_method(project: &Project, class: &ClassRef) -> Vec<ViewMethodHandler> {
    let above: Vec<(&str, &str)> = outside_actions(project, class).collect();
    let mut answers = Vec::new();

    for method in METHODS {
        let name = method.to_ascii_lowercase();
        let inherited = above.iter().find(|(served, _)| *served == method).map(|(_, action)| *action);
        // A method of the project overrides the inherited one of the same verb.
        let function = own_method(project, class, &name).or_else(|| action_of(project, class, inherited?));

        match (function, inherited) {
            (Some(function), _) => {
                let action = function.function.name.clone();
                answers.push(ViewMethodHandler { method: method.to_owned(), action, function: Some(function) });
            }
            (None, Some(action)) => {
                answers.push(ViewMethodHandler {
                    method: method.to_owned(),
                    action: action.to_owned(),
                    function: None,
                });
            }
            (None, None) => {}
        }
    }

    answers
}

/// Returns the method that an action runs; a partial update that is inherited runs `update`.
pub(super) fn action_of(project: &Project, class: &ClassRef, action: &str) -> Option<FunctionRef> {
    let found = own_method(project, class, action);
    // `UpdateModelMixin.partial_update` calls `self.update`, so a project's own `update` serves both.
    if found.is_none() && action == "partial_update" {
        return own_method(project, class, "update");
    }
    found
}

/// A method of the project, also one that is given as another name: `put = post`.
fn own_method(project: &Project, class: &ClassRef, name: &str) -> Option<FunctionRef> {
    project.method(class, name).or_else(|| {
        let (_, value) = project.class_field(class, name)?;
        project.method(class, value.name()?)
    })
}

/// What the classes above that are not part of the project serve.
fn outside_actions(project: &Project, class: &ClassRef) -> impl Iterator<Item = (&'static str, &'static str)> {
    let bases = project.bases_of(class);
    let served: Vec<_> = bases.iter().flat_map(|base| outside_class(base).iter().copied()).collect();
    served.into_iter()
}

/// Returns what a class that is not part of the project serves.
pub(super) fn outside_class(full: &str) -> &'static [(&'static str, &'static str)] {
    let last = last_part(full);
    let found = OUTSIDE.binary_search_by(|(name, _)| (*name).cmp(last)).ok();
    found.and_then(|place| OUTSIDE.get(place)).map_or(&[], |(_, served)| served)
}

/// Returns the methods of HTTP that a class restricts itself to.
pub(super) fn allowed_methods(project: &Project, class: &ClassRef) -> Option<Vec<String>> {
    let (module, value) = project.class_field(class, "http_method_names")?;
    let names = project.constants(module, &value);
    (!names.is_empty()).then(|| names.into_iter().map(|name| name.to_ascii_uppercase()).collect())
}

/// Returns the span of a class from its keyword on, without its decorators.
pub(super) fn class_span(project: &Project, class: &ClassRef) -> Span {
    let whole = class.class.span;
    let mut start = whole;

    // The decorators are part of the span, but a reader of findings looks for the line with the name.
    if let Some(last) = class.class.decorators.iter().map(|decorator| decorator.span).max_by_key(|span| span.end) {
        let rest = Span { start: last.end, ..whole };
        let text = project.text(class.module, rest);
        let before = text.find("class ").and_then(|at| text.get(..at)).unwrap_or("");
        start = Span { start: last.end + before.len(), line: last.end_line + before.matches('\n').count(), ..whole };
    }

    start
}

/// Makes a function that stands for an action that a class has from outside of the project: it has the place of the class
/// and no body.
pub(super) fn inherited_function(project: &Project, class: &ClassRef, action: &str) -> FunctionRef {
    let span = class_span(project, class);
    let function = Function {
        name: action.to_owned(),
        parameters: Vec::new(),
        body: Vec::new(),
        decorators: Vec::new(),
        returns: None,
        is_async: false,
        span,
        body_span: Span { start: span.end, ..span },
        outer_span: class.class.span,
        is_damaged: false,
    };

    FunctionRef { module: class.module, function: Arc::new(function), class: Some(class.clone()) }
}

/// Returns the methods of HTTP that decorators of a function name; empty where every one is served.
pub(super) fn methods_of(project: &Project, function: &FunctionRef) -> Vec<String> {
    for decorator in &function.function.decorators {
        let (callee, arguments) = decorator.call().unwrap_or((decorator, &[]));
        let Some(name) = dotted_text(callee) else { continue };
        let full = project.full_name(function.module, &name);
        let listed = || {
            let first = arguments.first().map(|argument| &argument.value);
            let names = first.map(|first| project.constants(function.module, first)).unwrap_or_default();
            names.into_iter().map(|name| name.to_ascii_uppercase()).collect::<Vec<_>>()
        };
        match last_part(&full) {
            "require_http_methods" => return listed(),
            "api_view" => {
                let methods = listed();
                // `@api_view()` without a list serves GET only.
                return if methods.is_empty() { vec!["GET".to_owned()] } else { methods };
            }
            // `require_safe` lets HEAD through too, which Django answers by the same view.
            "require_GET" | "require_safe" => return vec!["GET".to_owned()],
            "require_POST" => return vec!["POST".to_owned()],
            _ => {}
        }
    }

    Vec::new()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_classes_are_sorted_by_name() {
        assert!(OUTSIDE.is_sorted_by_key(|(name, _)| *name));
    }
}
