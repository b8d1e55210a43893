//! Permission classes of the REST framework: of an action, of a class, by `get_permissions`, or the default of the project.

use std::collections::BTreeMap;

use super::bodies::test_kind;
use super::classes::ViewMethodHandler;
use super::guards::DjangoGuardReader;
use super::values::DjangoView;
use crate::ir::{Expr, ExprKind, Statement, StatementKind, dotted_text, last_part, literal_text};
use crate::project::{ClassRef, FunctionRef, ModuleId, Project, Resolved};
use crate::routes::{Guard, GuardKind, GuardLevel, SAFE_METHODS};

/// Permissions within permissions deeper than this are not read.
const MOST_DEPTH: usize = 6;

/// What is asked of a view: method of HTTP and action. Empty where it may be any.
pub(super) struct ViewRequest<'a> {
    method: &'a str,
    action: &'a str,
}

impl ViewRequest<'_> {
    /// Returns what is asked of a function that answers these methods; of all where there are none.
    pub(super) fn of_methods(methods: &[String]) -> ViewRequest<'_> {
        let is_same = |method: &&String| methods.iter().all(|other| is_safe(other) == is_safe(method));
        // Several methods are as one where permissions do not distinguish them.
        ViewRequest { method: methods.first().filter(is_same).map_or("", String::as_str), action: "" }
    }

    /// Whether it only reads; absent where it may be any method.
    fn is_safe(&self) -> Option<bool> {
        Some(is_safe(self.method)).filter(|_| !self.method.is_empty())
    }
}

fn is_safe(method: &str) -> bool {
    SAFE_METHODS.contains(&method)
}

/// Returns whether a test of a view asks for this method of HTTP, or this action; none where it asks for something else.
pub(crate) fn asks_for(test: &Expr, method: &str, action: &str) -> Option<bool> {
    test_holds(test, &ViewRequest { method, action })
}

/// Where a walk through `get_permissions` stands.
#[derive(Default)]
struct PermissionChoice {
    /// What variables were given.
    given: BTreeMap<String, Expr>,
    /// What may be returned.
    returned: Vec<Option<Expr>>,
}

impl DjangoGuardReader<'_> {
    /// Returns the permission classes that guard one method of a view.
    pub(super) fn permissions_of(&self, view: &DjangoView, class: &ClassRef, answer: &ViewMethodHandler) -> Vec<Guard> {
        let bases = self.project.bases_of(class);
        if !bases.iter().any(|base| is_of_rest(base)) {
            return Vec::new();
        }
        let asked = ViewRequest { method: &answer.method, action: &answer.action };
        let given = view.settings.iter().find(|setting| setting.name == "permission_classes");
        let field = self.project.class_field(class, "permission_classes").map(|own| (own, GuardLevel::Router));
        // The REST framework prefers what `as_view` or `action` is given, then the class, then the settings.
        let own = given.map(|given| ((given.module, given.value.clone()), GuardLevel::Route)).or(field);
        let own = own.or_else(|| self.defaults.clone().map(|defaults| (defaults, GuardLevel::App)));

        match self.project.method(class, "get_permissions") {
            Some(method) => self.chosen(class, &method, own, &asked),
            None => own.map(|(own, level)| self.permission_guards(&own, level, &asked)).unwrap_or_default(),
        }
    }

    /// What `get_permissions` returns for what is asked.
    fn chosen(
        &self,
        class: &ClassRef,
        method: &FunctionRef,
        own: Option<((ModuleId, Expr), GuardLevel)>,
        asked: &ViewRequest,
    ) -> Vec<Guard> {
        let mut choice = PermissionChoice::default();
        self.choose(class, &method.function.body, asked, &mut choice);

        match choice.returned.as_slice() {
            [Some(value)] => {
                let (value, with_own) = self.without_own(method.module, value);
                let mut guards = match own.filter(|_| with_own) {
                    Some((own, level)) => self.permission_guards(&own, level, asked),
                    None => Vec::new(),
                };
                guards.extend(self.permission_guards(&(method.module, value), GuardLevel::Route, asked));
                guards
            }
            [None] => own.map(|(own, level)| self.permission_guards(&own, level, asked)).unwrap_or_default(),
            // Several lists may be returned, or none that is known: the guard is there, but of unknown kind.
            _ => vec![Guard {
                name: format!("{}.get_permissions", class.class.name),
                kind: GuardKind::Unknown,
                level: GuardLevel::Router,
                place: self.project.place(method.module, method.function.span),
            }],
        }
    }

    /// `[*super().get_permissions(), IsChief()]`: what the class lists anyway, and more.
    fn without_own(&self, module: ModuleId, value: &Expr) -> (Expr, bool) {
        let ExprKind::List(items) = &*value.kind else { return (value.clone(), false) };
        let is_own = |item: &&Expr| self.project.text(module, item.span).contains("super().get_permissions()");
        let kept: Vec<Expr> = items.iter().filter(|item| !is_own(item)).cloned().collect();
        let with_own = kept.len() < items.len() && !kept.is_empty();

        if with_own { (Expr::new(ExprKind::List(kept), value.span), true) } else { (value.clone(), false) }
    }

    /// Walks statements; returns whether the end is reached on no way.
    fn choose(
        &self,
        class: &ClassRef,
        statements: &[Statement],
        asked: &ViewRequest,
        choice: &mut PermissionChoice,
    ) -> bool {
        for statement in statements {
            match &statement.kind {
                StatementKind::Assign(targets, Some(value)) => {
                    if let Some(value) = self.listed(class, value, asked, choice) {
                        choice.given.extend(targets.iter().filter_map(dotted_text).map(|name| (name, value.clone())));
                    }
                }
                StatementKind::If { test, body, otherwise } => match test_holds(test, asked) {
                    // A branch that is sure to be taken may end the method; what follows it is out of reach then.
                    Some(true) if self.choose(class, body, asked, choice) => return true,
                    Some(false) if self.choose(class, otherwise, asked, choice) => return true,
                    Some(_) => {}
                    None => {
                        let before = choice.given.clone();
                        let first = self.choose(class, body, asked, choice);
                        let after = std::mem::replace(&mut choice.given, before);
                        let second = self.choose(class, otherwise, asked, choice);

                        if first && second {
                            return true;
                        }
                        if !first && after != choice.given {
                            // Either may be what is returned: it is not known which.
                            choice.returned.extend([None, None]);
                        }
                    }
                },
                // Handlers are left out: they run on errors, and the usual way decides what guards the view.
                StatementKind::Try { body, .. } if self.choose(class, body, asked, choice) => return true,
                StatementKind::Return(Some(value)) => {
                    let value = self.listed(class, value, asked, choice);
                    choice.returned.push(value);
                    return true;
                }
                _ => {}
            }
        }

        false
    }

    /// The list that an expression stands for; absent for what the class has anyway.
    fn listed(&self, class: &ClassRef, expr: &Expr, asked: &ViewRequest, choice: &PermissionChoice) -> Option<Expr> {
        match &*expr.kind {
            ExprKind::List(_) => Some(expr.clone()),
            // `[permission() for permission in permission_classes]`
            ExprKind::Comprehension { clauses, .. } => self.listed(class, &clauses.first()?.source, asked, choice),
            ExprKind::Index(object, _) => {
                // `self.permission_classes_by_action[self.action]`
                let name = dotted_text(object)?;
                let (_, value) = self.project.class_field(class, name.strip_prefix("self.")?)?;
                let ExprKind::Record(entries) = &*value.kind else { return None };
                let of = |wanted: &str| {
                    let key =
                        |entry: &&crate::ir::RecordEntry| entry.key.as_ref().and_then(literal_text) == Some(wanted);
                    entries.iter().find(key).map(|entry| entry.value.clone())
                };
                // The habit is an entry `default` for actions that the table does not name.
                of(asked.action).or_else(|| of("default"))
            }
            ExprKind::Name(_) | ExprKind::Member(..) => {
                let name = dotted_text(expr)?;
                let field = || self.project.class_field(class, name.strip_prefix("self.")?).map(|(_, value)| value);
                choice.given.get(&name).cloned().or_else(field)
            }
            // `super().get_permissions()` gives what the object has by then.
            ExprKind::Call { .. } => choice.given.get("self.permission_classes").cloned(),
            _ => None,
        }
    }

    /// Returns the guards that a list of permission classes makes.
    pub(super) fn permission_guards(
        &self,
        (module, value): &(ModuleId, Expr),
        level: GuardLevel,
        asked: &ViewRequest,
    ) -> Vec<Guard> {
        let place = self.project.place(*module, value.span);
        let (module, value) = match self.project.resolve_expr(*module, value) {
            Some(Resolved::Value(of, _, found)) => (of, found),
            _ => (*module, value.clone()),
        };
        let items = match &*value.kind {
            ExprKind::List(items) => items.clone(),
            ExprKind::Operation(..) => concatenated_items(&value),
            _ => vec![value],
        };
        if items.is_empty() {
            // Every caller passes an empty list.
            return vec![Guard { name: "permission_classes = []".to_owned(), kind: GuardKind::Public, level, place }];
        }
        let guard = |item: &Expr| {
            let place = if item.span.line > 0 { self.project.place(module, item.span) } else { place.clone() };
            let name =
                literal_text(item).map_or_else(|| self.project.text(module, item.span).to_owned(), str::to_owned);
            let name = name.split_whitespace().collect::<Vec<_>>().join(" ");
            Guard { name, kind: self.permission(module, item, asked, 0), level, place }
        };

        items.iter().map(guard).collect()
    }

    /// What one permission class keeps out.
    fn permission(&self, module: ModuleId, expr: &Expr, asked: &ViewRequest, depth: usize) -> GuardKind {
        if depth > MOST_DEPTH {
            return GuardKind::Unknown;
        }
        match &*expr.kind {
            ExprKind::Operation(sign, parts) => {
                // `&` and `|` are operators on permission classes of the REST framework since version 3.9.
                let kinds: Vec<_> = parts.iter().map(|part| self.permission(module, part, asked, depth + 1)).collect();
                if sign == "&" {
                    all_of(kinds)
                } else if sign == "|" {
                    any_of(kinds)
                } else {
                    GuardKind::Unknown
                }
            }
            ExprKind::Call { callee, arguments, .. } => {
                let text = arguments.first().and_then(|first| self.project.constant(module, &first.value));
                match (self.permission(module, callee, asked, depth + 1), text) {
                    // The text names the scope or role that a factory makes a permission for.
                    (GuardKind::Role(_) | GuardKind::Unknown, Some(text)) => GuardKind::Role(text),
                    (kind, _) => kind,
                }
            }
            ExprKind::Text(full) => match self.project.resolve_full(module, full) {
                Some(Resolved::Class(class)) => self.permission_class(&class, asked, depth),
                _ => outside_permission(last_part(full), asked),
            },
            _ => match self.project.resolve_expr(module, expr) {
                Some(Resolved::Class(class)) => self.permission_class(&class, asked, depth),
                Some(Resolved::Value(of, _, value)) => self.permission(of, &value, asked, depth + 1),
                Some(_) => GuardKind::Unknown,
                None => dotted_text(expr).map_or(GuardKind::Unknown, |name| {
                    outside_permission(last_part(&self.project.full_name(module, &name)), asked)
                }),
            },
        }
    }

    fn permission_class(&self, class: &ClassRef, asked: &ViewRequest, depth: usize) -> GuardKind {
        let above = || {
            let bases = self.project.bases_of(class);
            let kinds = bases.iter().map(|base| outside_permission(last_part(base), asked));
            all_of(kinds.collect())
        };
        // A class that only overrides `has_object_permission` still asks what its base asks.
        let Some(method) = self.project.method(class, "has_permission").filter(|_| depth <= MOST_DEPTH) else {
            return above();
        };
        // A permission that lets reads pass guards writes only, so a read without a caller is meant to work.
        if asked.is_safe() != Some(false) && passes_safe(&method.function.body) {
            return public_if(asked.is_safe());
        }
        match test_kind(self.project, &method) {
            // What cannot be judged often calls `super()`, so that what the bases ask is asked too.
            GuardKind::Unknown => all_of(vec![GuardKind::Unknown, above()]),
            kind => kind,
        }
    }
}

/// `if request.method in SAFE_METHODS: return True`
fn passes_safe(body: &[Statement]) -> bool {
    body.iter().any(|statement| match &statement.kind {
        StatementKind::If { test, body, .. } => {
            let passes = body.iter().any(|inner| match &inner.kind {
                StatementKind::Return(Some(value)) => {
                    matches!(&*value.kind, ExprKind::Constant(word) if word == "True")
                }
                _ => false,
            });

            passes && asks_safe(test)
        }
        _ => false,
    })
}

fn asks_safe(test: &Expr) -> bool {
    match &*test.kind {
        ExprKind::Compare(parts, signs) => {
            let names = parts.iter().filter_map(dotted_text).collect::<Vec<_>>();
            signs.iter().any(|sign| sign == "in") && names.iter().any(|name| last_part(name) == "SAFE_METHODS")
        }
        _ => false,
    }
}

/// Whether a test of action or method holds. Absent where it asks for something else.
fn test_holds(test: &Expr, asked: &ViewRequest) -> Option<bool> {
    match &*test.kind {
        ExprKind::Not(inner) => test_holds(inner, asked).map(|holds| !holds),
        ExprKind::Logic { all, parts } => {
            let parts: Vec<Option<bool>> = parts.iter().map(|part| test_holds(part, asked)).collect();
            if parts.contains(&Some(!*all)) { Some(!*all) } else { parts.iter().all(Option::is_some).then_some(*all) }
        }
        ExprKind::Compare(parts, signs) => {
            let (Some([left, right]), Some(sign)) = (parts.get(0..2), signs.first()) else { return None };
            let name = dotted_text(left)?;
            let actual = match last_part(&name) {
                "action" => asked.action,
                "method" => asked.method,
                _ => return None,
            };
            // What may be any may be the one that is asked for.
            if actual.is_empty() {
                return None;
            }
            let listed: Vec<&str> = match &*right.kind {
                ExprKind::List(items) => items.iter().map(literal_text).collect::<Option<_>>()?,
                _ if last_part(&dotted_text(right).unwrap_or_default()) == "SAFE_METHODS" => SAFE_METHODS.to_vec(),
                _ => vec![literal_text(right)?],
            };
            let is_in = listed.contains(&actual);

            match sign.as_str() {
                "==" | "in" => Some(is_in),
                "!=" | "not in" => Some(!is_in),
                _ => None,
            }
        }
        _ => None,
    }
}

/// Lists that are added to each other.
fn concatenated_items(expr: &Expr) -> Vec<Expr> {
    match &*expr.kind {
        ExprKind::List(items) => items.clone(),
        ExprKind::Operation(sign, parts) if sign == "+" => parts.iter().flat_map(concatenated_items).collect(),
        _ => vec![expr.clone()],
    }
}

/// What is kept out where all must let a caller pass.
fn all_of(kinds: Vec<GuardKind>) -> GuardKind {
    // One unknown condition among several can only keep more callers out, never fewer: beside one that lets everybody
    // in, it is the one that decides.
    let is_open = kinds.iter().all(|kind| *kind == GuardKind::Public);
    let is_known = |kind: &GuardKind| *kind != GuardKind::Unknown && (is_open || *kind != GuardKind::Public);
    let mut known: Vec<GuardKind> = kinds.into_iter().filter(is_known).collect();
    known.sort_by_key(|kind| match kind {
        GuardKind::Role(_) => 0,
        GuardKind::Authentication => 1,
        GuardKind::Public | GuardKind::Unknown => 2,
    });
    known.into_iter().next().unwrap_or(GuardKind::Unknown)
}

/// What is kept out where one suffices.
fn any_of(kinds: Vec<GuardKind>) -> GuardKind {
    // With `|` one unknown condition may let in every caller, so nothing is certain any more.
    if kinds.contains(&GuardKind::Public) || kinds.contains(&GuardKind::Unknown) {
        return kinds.into_iter().find(|kind| *kind == GuardKind::Public).unwrap_or(GuardKind::Unknown);
    }
    let is_signed_in = kinds.contains(&GuardKind::Authentication);
    // The weakest one decides what a caller needs at least.
    if is_signed_in { GuardKind::Authentication } else { kinds.into_iter().next().unwrap_or(GuardKind::Unknown) }
}

/// What lets reads pass, for what may be a read.
fn public_if(is_safe: Option<bool>) -> GuardKind {
    // Where any method may be asked for, writes are refused and reads are not.
    if is_safe == Some(true) { GuardKind::Public } else { GuardKind::Unknown }
}

fn outside_permission(name: &str, asked: &ViewRequest) -> GuardKind {
    match name {
        "AllowAny" => GuardKind::Public,
        "IsAuthenticated" | "HasAPIKey" | "TokenMatchesOASRequirements" => GuardKind::Authentication,
        "IsAuthenticatedOrReadOnly" | "DjangoModelPermissionsOrAnonReadOnly" if asked.is_safe() != Some(false) => {
            public_if(asked.is_safe())
        }
        "IsAuthenticatedOrReadOnly" => GuardKind::Authentication,
        "IsAdminUser" => GuardKind::Role("staff".to_owned()),
        "DjangoModelPermissions" | "DjangoObjectPermissions" | "DjangoModelPermissionsOrAnonReadOnly" => {
            GuardKind::Role("model permissions".to_owned())
        }
        "TokenHasScope" | "TokenHasReadWriteScope" | "TokenHasResourceScope" => GuardKind::Role("scope".to_owned()),
        _ => GuardKind::Unknown,
    }
}

/// Returns whether a handler is one of the REST framework: a method of its classes, or a function with `@api_view`.
pub(crate) fn is_rest_view(project: &Project, handler: &FunctionRef) -> bool {
    let named = |decorator: &Expr| {
        let callee = decorator.call().map_or(decorator, |(callee, _)| callee);
        dotted_text(callee).is_some_and(|name| last_part(&name) == "api_view")
    };
    match &handler.class {
        Some(class) => project.bases_of(class).iter().any(|base| is_of_rest(base)),
        None => handler.function.decorators.iter().any(named),
    }
}

/// Whether a class is a view of the REST framework.
fn is_of_rest(base: &str) -> bool {
    let last = last_part(base);
    base.starts_with("rest_framework") || last.ends_with("APIView") || last.ends_with("ViewSet")
}
