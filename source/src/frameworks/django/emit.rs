//! Walks the patterns of a root and makes the routes.

use super::classes::{self, ViewMethodHandler};
use super::guards::DjangoGuardReader;
use super::reader::UrlReader;
use super::values::{DjangoValue, DjangoView, UrlPattern};
use crate::ir::last_part;
use crate::project::{ClassRef, FunctionRef, ModuleId};
use crate::routes::{FrameworkName, Guard, HandlerCode, RouteEntry, RouteTable};

/// More routes of one project are not listed.
const MOST_ROUTES: usize = 20_000;
/// Includes within includes deeper than this are not followed.
const MOST_NESTED: usize = 16;

/// The routes that are being made.
pub(super) struct Emitter<'r, 'p> {
    pub(super) reader: &'r mut UrlReader<'p>,
    pub(super) guards: DjangoGuardReader<'p>,
    pub(super) table: RouteTable,
    /// The modules whose patterns were walked.
    pub(super) walked: Vec<ModuleId>,
}

/// Where a walk stands.
#[derive(Clone, Copy)]
struct Above<'a> {
    path: &'a str,
    depth: usize,
    /// The pattern that leads here, for what is not clear.
    pattern: Option<&'a UrlPattern>,
}

impl Emitter<'_, '_> {
    /// Walks the patterns of a root.
    pub(super) fn module_root(&mut self, module: ModuleId) {
        let patterns = self.patterns(module);
        self.walk(&patterns, Above { path: "", depth: 0, pattern: None });
    }

    fn patterns(&mut self, module: ModuleId) -> DjangoValue {
        let named = self.reader.named(module, "urlpatterns");
        named.unwrap_or_else(|| self.reader.global(module, "urlpatterns"))
    }

    fn walk(&mut self, value: &DjangoValue, above: Above) {
        // Patterns can include themselves, and loops can make very many of them.
        if above.depth > MOST_NESTED || self.table.routes.len() >= MOST_ROUTES {
            self.note(above.pattern, "patterns within patterns are not followed further");
            return;
        }
        let deeper = Above { depth: above.depth + 1, ..above };

        match value {
            DjangoValue::List(items) => match named_inclusion(items) {
                Some(inner) => self.walk(inner, deeper),
                None => items.iter().for_each(|item| self.walk(item, deeper)),
            },
            DjangoValue::Pattern(pattern) => self.pattern(pattern, deeper),
            DjangoValue::Include(inner) => self.include(inner, deeper),
            DjangoValue::RouterUrls(router) => {
                for pattern in self.reader.router_patterns(*router) {
                    self.walk(&pattern, deeper);
                }
            }
            _ => {}
        }
    }

    fn include(&mut self, inner: &DjangoValue, above: Above) {
        match inner {
            DjangoValue::Text(name) => {
                let from = above.pattern.map(|pattern| pattern.declared.0);
                match from.and_then(|from| self.reader.module_named(from, name)) {
                    Some(module) => self.module(module, above),
                    None => self.note(above.pattern, &format!("`{name}` is not part of this project")),
                }
            }
            DjangoValue::Module(module) => self.module(*module, above),
            DjangoValue::List(items) => match items.as_slice() {
                [first @ (DjangoValue::Text(_) | DjangoValue::Module(_)), ..] => self.include(first, above),
                _ => self.walk(inner, above),
            },
            DjangoValue::Outside(name) => self.note(above.pattern, &format!("`{name}` is not part of this project")),
            DjangoValue::Unknown => self.note(above.pattern, "what it includes is made at runtime"),
            _ => self.walk(inner, above),
        }
    }

    fn module(&mut self, module: ModuleId, above: Above) {
        self.walked.push(module);
        let patterns = self.patterns(module);
        self.walk(&patterns, above);
    }

    fn pattern(&mut self, pattern: &UrlPattern, above: Above) {
        if pattern.paths.is_empty() {
            self.note(Some(pattern), "the path is made at runtime");
        }
        for path in &pattern.paths {
            let path = format!("{}{path}", above.path);
            match &pattern.target {
                DjangoValue::Include(_)
                | DjangoValue::List(_)
                | DjangoValue::RouterUrls(_)
                | DjangoValue::Pattern(_) => {
                    let inner = Above { path: &path, pattern: Some(pattern), ..above };
                    match &pattern.target {
                        DjangoValue::Include(inner_value) => self.include(inner_value, inner),
                        other => self.walk(other, inner),
                    }
                }
                DjangoValue::View(view) => self.view(view, &path, pattern),
                target @ (DjangoValue::Function(_) | DjangoValue::Class(_)) => {
                    let target = target.clone();
                    let view = DjangoView { target, actions: None, settings: Vec::new(), wrappers: Vec::new() };
                    self.view(&view, &path, pattern);
                }
                // `admin.site.urls` is a whole tree of a library, not one view.
                DjangoValue::Outside(name) if matches!(last_part(name), "urls") => {
                    self.note(Some(pattern), &format!("`{name}` is not part of this project"));
                }
                DjangoValue::Outside(name) => {
                    // What guards a view inside its library cannot be seen; middleware runs all the same.
                    let guards = self.guards.app.clone();
                    self.outside(name, &path, pattern, guards);
                }
                _ => self.note(Some(pattern), "the view is made at runtime"),
            }
        }
    }

    fn view(&mut self, view: &DjangoView, path: &str, pattern: &UrlPattern) {
        match &view.target {
            DjangoValue::Function(function) => {
                let methods = classes::methods_of(self.reader.project, function);
                let guards = self.guards.of_function(view, function, &methods);
                let name = function.function.name.clone();
                self.push((path, pattern), methods, name, (function.clone(), guards));
            }
            DjangoValue::Class(class) => self.class(view, class, path, pattern),
            DjangoValue::Outside(name) => {
                let guards = self.guards.of_wrappers(view);
                self.outside(name, path, pattern, guards);
            }
            _ => self.note(Some(pattern), "the view is made at runtime"),
        }
    }

    fn class(&mut self, view: &DjangoView, class: &ClassRef, path: &str, pattern: &UrlPattern) {
        let project = self.reader.project;
        let mut answers = match &view.actions {
            Some(actions) => {
                let answer = |(method, action): &(String, String)| ViewMethodHandler {
                    method: method.clone(),
                    action: action.clone(),
                    function: classes::action_of(project, class, action),
                };
                actions.iter().map(answer).collect()
            }
            None => classes::answers_by_method(project, class),
        };

        // `as_view(http_method_names=..)` overrides the field of the class.
        let restricted = match view.settings.iter().find(|setting| setting.name == "http_method_names") {
            Some(setting) => {
                let names = project.constants(setting.module, &setting.value);
                Some(names.into_iter().map(|name| name.to_ascii_uppercase()).collect())
            }
            None => classes::allowed_methods(project, class),
        };

        if let Some(restricted) = restricted {
            answers.retain(|answer| restricted.contains(&answer.method));
        }
        if answers.is_empty() {
            // It answers by a way of its own, or by what a class does that is not part of the project.
            let function = ["dispatch", "__call__"].iter().find_map(|name| project.method(class, name));
            answers.push(ViewMethodHandler { method: String::new(), action: "dispatch".to_owned(), function });
        }
        for answer in answers {
            let guards = self.guards.of_class(view, class, &answer);
            let name = format!("{}.{}", class.class.name, answer.action);
            let function =
                answer.function.unwrap_or_else(|| classes::inherited_function(project, class, &answer.action));
            let methods = Some(answer.method).filter(|method| !method.is_empty()).into_iter().collect();
            self.push((path, pattern), methods, name, (function, guards));
        }
    }

    fn push(
        &mut self,
        (path, pattern): (&str, &UrlPattern),
        methods: Vec<String>,
        name: String,
        (function, guards): (FunctionRef, Vec<Guard>),
    ) {
        let project = self.reader.project;
        let (module, span) = pattern.declared;
        self.table.routes.push(RouteEntry {
            framework: FrameworkName::Django,
            methods,
            path: format!("/{path}"),
            function: name,
            handler: project.place(function.module, function.function.span),
            declared: project.place(module, span),
            guards,
            code: Some(HandlerCode { function, declaration: pattern.declared }),
        });
    }

    /// A view that is not part of the project: the route is, and is known by where it is declared.
    fn outside(&mut self, name: &str, path: &str, pattern: &UrlPattern, guards: Vec<Guard>) {
        let (module, span) = pattern.declared;
        let declared = self.reader.project.place(module, span);
        let methods = classes::outside_class(name).iter().map(|(method, _)| (*method).to_owned()).collect();
        self.table.routes.push(RouteEntry {
            framework: FrameworkName::Django,
            methods,
            path: format!("/{path}"),
            function: last_part(name).to_owned(),
            handler: declared.clone(),
            declared,
            guards,
            code: None,
        });
    }

    fn note(&mut self, pattern: Option<&UrlPattern>, what: &str) {
        let Some(pattern) = pattern else { return };
        let place = self.reader.project.place(pattern.declared.0, pattern.declared.1);
        self.table.unclear.push(format!("{}:{}: {what}", place.file, place.line));
    }
}

/// `(patterns, "name")`: what is included under a name.
fn named_inclusion(items: &[DjangoValue]) -> Option<&DjangoValue> {
    match items {
        [first @ (DjangoValue::List(_) | DjangoValue::RouterUrls(_)), DjangoValue::Text(_)] => Some(first),
        [first @ (DjangoValue::List(_) | DjangoValue::RouterUrls(_)), DjangoValue::Text(_), _] => Some(first),
        _ => None,
    }
}
