//! Evaluates the expressions of URL configurations.

use std::rc::Rc;

use super::reader::{DjangoScope, UrlReader};
use super::values::DjangoValue;
use crate::ir::{ComprehensionClause, Expr, ExprKind, Function};
use crate::project::{Definition, FunctionRef, ImportTarget, ModuleId, Resolved};

/// More items of a comprehension are not made.
const MOST_ITEMS: usize = 500;

impl UrlReader<'_> {
    /// Returns what an expression comes to.
    pub(super) fn eval(&mut self, scope: &mut DjangoScope, expr: &Expr) -> DjangoValue {
        self.deeper(|reader| reader.eval_kind(scope, expr))
    }

    fn eval_kind(&mut self, scope: &mut DjangoScope, expr: &Expr) -> DjangoValue {
        match &*expr.kind {
            ExprKind::Text(text) => DjangoValue::Text(text.clone()),
            ExprKind::Name(name) => self.name(scope, name),
            ExprKind::Member(object, name) => {
                let object = self.eval(scope, object);
                self.member(&object, name)
            }
            ExprKind::Call { callee, arguments, .. } => self.call(scope, expr, callee, arguments),
            ExprKind::List(items) => self.items(scope, items),
            ExprKind::Record(entries) => {
                let mut pairs = Vec::new();
                for entry in entries {
                    // An entry without a key is a spread dictionary, whose content has no key to be asked for.
                    let Some(key) = &entry.key else { continue };
                    let key = self.eval(scope, key);
                    pairs.push((key, self.eval(scope, &entry.value)));
                }
                DjangoValue::Pairs(Rc::new(pairs))
            }
            ExprKind::Index(object, key) => self.index(scope, object, key),
            ExprKind::Template(text, parts) => self.template(scope, text, parts),
            ExprKind::Operation(sign, parts) => self.operation(scope, sign, parts),
            ExprKind::Choice { yes, no, .. } => self.eval(scope, yes).either_arm(|| self.eval(scope, no)),
            ExprKind::Logic { parts, .. } => {
                let values: Vec<DjangoValue> = parts.iter().map(|part| self.eval(scope, part)).collect();
                // `a or b` gives the first operand that holds; one that is not seen may be empty.
                let known = values.iter().find(|value| !value.is_unknown() && value.truth() != Some(false));
                known.or(values.last()).cloned().unwrap_or(DjangoValue::Unknown)
            }
            ExprKind::Comprehension { body, clauses, conditions } => {
                self.comprehension(scope, body, (clauses, conditions))
            }
            ExprKind::Function(function) => self.lambda(scope.module, function),
            ExprKind::Assign(target, value) => {
                let value = self.eval(scope, value);
                self.bind(scope, target, value.clone());
                value
            }
            ExprKind::Await(inner) => self.eval(scope, inner),
            ExprKind::Constant(word) => match word.as_str() {
                "True" => DjangoValue::Flag(true),
                // `None` is treated as a flag, since conditions ask both for their truth only.
                "False" | "None" => DjangoValue::Flag(false),
                // A number is compared as it is written.
                number if number.starts_with(|letter: char| letter.is_ascii_digit()) => {
                    DjangoValue::Text(number.to_owned())
                }
                _ => DjangoValue::Unknown,
            },
            ExprKind::Not(_) | ExprKind::Compare(..) | ExprKind::Other(_) => DjangoValue::Unknown,
        }
    }

    fn lambda(&self, module: ModuleId, function: &std::sync::Arc<Function>) -> DjangoValue {
        DjangoValue::Function(FunctionRef { module, function: function.clone(), class: None })
    }

    fn items(&mut self, scope: &mut DjangoScope, items: &[Expr]) -> DjangoValue {
        let mut made = Vec::new();
        for item in items {
            match &*item.kind {
                // `*patterns`
                ExprKind::Other(parts) if self.project.text(scope.module, item.span).starts_with('*') => {
                    for part in parts {
                        made.extend(self.eval(scope, part).items());
                    }
                }
                _ => made.push(self.eval(scope, item)),
            }
        }

        DjangoValue::list(made)
    }

    /// Returns what stands behind the dot.
    pub(super) fn member(&mut self, object: &DjangoValue, name: &str) -> DjangoValue {
        match (object, name) {
            (DjangoValue::Router(router), "urls") => DjangoValue::RouterUrls(*router),
            (DjangoValue::Router(router), "registry") => DjangoValue::Registry(*router),
            (DjangoValue::Module(module), _) => self.module_member(*module, name),
            (DjangoValue::Class(class), _) => {
                if let Some(method) = self.project.method(class, name) {
                    return DjangoValue::Function(method);
                }
                match self.project.class_field(class, name) {
                    Some((module, value)) => self.eval(&mut DjangoScope::new(module), &value),
                    None => DjangoValue::Unknown,
                }
            }
            (DjangoValue::App(app), "name") => DjangoValue::Text(app.clone()),
            (DjangoValue::App(app), "label") => {
                DjangoValue::Text(app.rsplit('.').next().unwrap_or_default().to_owned())
            }
            (DjangoValue::Outside(full), _) if full == "django.conf.settings" => self.setting(name),
            (DjangoValue::Outside(full), _) => DjangoValue::Outside(format!("{full}.{name}")),
            _ => DjangoValue::Unknown,
        }
    }

    /// A setting of the project, where it is a text or a list of its own.
    fn setting(&self, name: &str) -> DjangoValue {
        match self.written_setting(name) {
            // A number or a flag differs from server to server; paths and lists of applications rarely do.
            Some(value @ (DjangoValue::Text(_) | DjangoValue::List(_))) => value,
            _ => DjangoValue::Outside(format!("django.conf.settings.{name}")),
        }
    }

    /// A setting as it is written, which may be another one where the program runs.
    fn written_setting(&self, name: &str) -> Option<DjangoValue> {
        self.settings.iter().find_map(|module| self.followed(*module, name))
    }

    /// Returns whether a condition that is not known would hold with the settings as they are written.
    pub(super) fn leaning(&mut self, scope: &mut DjangoScope, test: &Expr) -> Option<bool> {
        match &*test.kind {
            ExprKind::Not(inner) => self.leaning(scope, inner).map(|holds| !holds),
            ExprKind::Logic { all, parts } => {
                let parts: Vec<Option<bool>> = parts.iter().map(|part| self.leaning(scope, part)).collect();
                let decides = parts.contains(&Some(!*all));
                if decides { Some(!*all) } else { parts.iter().all(Option::is_some).then_some(*all) }
            }
            ExprKind::Member(object, name) => match self.eval(scope, object) {
                // The setting is trusted only to choose between two arms, never to drop one of them.
                DjangoValue::Outside(full) if full == "django.conf.settings" => self.written_setting(name)?.truth(),
                _ => None,
            },
            _ => self.decide(scope, test),
        }
    }

    fn module_member(&mut self, module: ModuleId, name: &str) -> DjangoValue {
        // Values win over definitions: what the module does to a list after its definition is in the value.
        if let Some(value) = self.named(module, name) {
            return value;
        }
        if let Some(found) = self.project.resolve(module, name) {
            return self.resolved(found);
        }
        // A module below a package that does not import it itself.
        let package = self.project.module(module).map(|module| module.path.clone()).unwrap_or_default();
        let package = package.trim_end_matches(".py").trim_end_matches("/__init__").replace('/', ".");

        match self.module_named(module, &format!("{package}.{name}")) {
            Some(found) => DjangoValue::Module(found),
            None => DjangoValue::Outside(self.project.full_name(module, name)),
        }
    }

    /// Returns the module of a dotted name.
    pub(super) fn module_named(&self, from: ModuleId, name: &str) -> Option<ModuleId> {
        let target = ImportTarget { module: name.to_owned(), level: 0, name: None };
        self.project.imported_module(self.project.module(from)?, &target)
    }

    /// Returns what a dotted name stands for: `shop.views.OrderView`.
    pub(super) fn dotted(&mut self, from: ModuleId, name: &str) -> Option<DjangoValue> {
        if let Some(module) = self.module_named(from, name) {
            return Some(DjangoValue::Module(module));
        }
        let (module, last) = name.rsplit_once('.')?;
        let module = self.module_named(from, module)?;

        match self.named(module, last) {
            Some(value) => Some(value),
            None => {
                let found: Resolved = self.project.resolve(module, last)?;
                Some(self.resolved(found))
            }
        }
    }

    fn index(&mut self, scope: &mut DjangoScope, object: &Expr, key: &Expr) -> DjangoValue {
        let object = self.eval(scope, object);
        let wanted = self.eval(scope, key);

        match (&object, &*key.kind) {
            (DjangoValue::Pairs(pairs), _) => {
                // Two keys that are not known are not equal, so only texts match.
                let found = pairs.iter().find(|(key, _)| key.text().is_some() && key.text() == wanted.text());
                found.map_or(DjangoValue::Unknown, |(_, value)| value.clone())
            }
            (DjangoValue::List(items), ExprKind::Constant(place)) => {
                let place = place.parse::<usize>().ok();
                place.and_then(|place| items.get(place).cloned()).unwrap_or(DjangoValue::Unknown)
            }
            _ => DjangoValue::Unknown,
        }
    }

    fn template(&mut self, scope: &mut DjangoScope, text: &str, parts: &[Expr]) -> DjangoValue {
        let values: Vec<DjangoValue> = parts.iter().map(|part| self.eval(scope, part)).collect();
        fill_places(text, "{}", &values)
    }

    fn operation(&mut self, scope: &mut DjangoScope, sign: &str, parts: &[Expr]) -> DjangoValue {
        let mut values = parts.iter().map(|part| self.eval(scope, part)).collect::<Vec<_>>().into_iter();
        match (sign, values.next(), values.next()) {
            ("+", Some(left), Some(right)) => left.add(right),
            ("%", Some(DjangoValue::Text(text)), Some(right)) => fill_places(&text, "%s", &right.items()),
            _ => DjangoValue::Unknown,
        }
    }

    fn comprehension(
        &mut self,
        scope: &mut DjangoScope,
        body: &Expr,
        (clauses, conditions): (&[ComprehensionClause], &[Expr]),
    ) -> DjangoValue {
        let Some((clause, rest)) = clauses.split_first() else {
            let mut tests = conditions.iter().map(|test| self.decide(scope, test));
            let is_left_out = tests.any(|holds| holds == Some(false));
            let made = if is_left_out { Vec::new() } else { vec![self.eval(scope, body)] };
            return DjangoValue::list(made);
        };

        let source = self.eval(scope, &clause.source);
        // Without a known source the body is still made once, so that its routes are named as unclear.
        let items = if source.is_unknown() { vec![DjangoValue::Unknown] } else { source.items() };
        let mut made = Vec::new();

        for item in items.into_iter().take(MOST_ITEMS) {
            self.bind(scope, &clause.target, item);
            made.extend(self.comprehension(scope, body, (rest, conditions)).items());
        }
        DjangoValue::list(made)
    }

    /// `hasattr(module, "urlpatterns")`, `hasattr(app, "PluginMeta")`: the latter is in the configuration of the application.
    fn has(&mut self, from: ModuleId, object: &DjangoValue, name: &str) -> Option<bool> {
        match object {
            DjangoValue::Module(module) => {
                Some(self.named(*module, name).is_some() || self.project.resolve(*module, name).is_some())
            }
            DjangoValue::App(app) => {
                let modules = [format!("{app}.apps"), app.clone()];
                let mut modules = modules.iter().filter_map(|full| self.project.module(self.module_named(from, full)?));
                Some(modules.any(|module| {
                    module.definitions.values().any(|definition| match definition {
                        Definition::Class(class) => {
                            self.project.resolve(module.id, &format!("{}.{name}", class.name)).is_some()
                        }
                        _ => false,
                    })
                }))
            }
            _ => None,
        }
    }

    /// Returns whether a condition holds. Absent where only the running program knows.
    pub(super) fn decide(&mut self, scope: &mut DjangoScope, test: &Expr) -> Option<bool> {
        match &*test.kind {
            ExprKind::Not(inner) => self.decide(scope, inner).map(|holds| !holds),
            ExprKind::Logic { all, parts } => {
                let parts: Vec<Option<bool>> = parts.iter().map(|part| self.decide(scope, part)).collect();
                if parts.contains(&Some(!*all)) {
                    Some(!*all)
                } else {
                    parts.iter().all(Option::is_some).then_some(*all)
                }
            }
            ExprKind::Compare(parts, signs) => {
                let ([left, right], [sign]) = (parts.as_slice(), signs.as_slice()) else { return None };
                // At the top of a module an attribute is most often a setting, which differs between servers.
                if !scope.is_called && matches!(&*left.kind, ExprKind::Member(..)) {
                    return None;
                }
                let (left, right) = (self.eval(scope, left), self.eval(scope, right));
                let equal = |left: &DjangoValue, right: &DjangoValue| Some(left.text()? == right.text()?);

                match sign.as_str() {
                    "==" => equal(&left, &right),
                    "!=" => equal(&left, &right).map(|holds| !holds),
                    "in" | "not in" if matches!(right, DjangoValue::List(_)) => {
                        // One item that is not known could be the one that is looked for.
                        let found = right.items().iter().map(|item| equal(&left, item)).collect::<Option<Vec<_>>>()?;
                        Some(found.contains(&true) == (sign == "in"))
                    }
                    _ => None,
                }
            }
            ExprKind::Call { callee, arguments, .. } if matches!(callee.name(), Some("getattr" | "hasattr")) => {
                let [object, name, ..] = arguments.as_slice() else { return None };
                let (object, name) = (self.eval(scope, &object.value), self.eval(scope, &name.value));
                self.has(scope.module, &object, name.text()?)
            }
            // A setting or a variable of a module may be another one where the program runs.
            ExprKind::Name(name) if !scope.names.contains_key(name) => None,
            ExprKind::Name(_) if !scope.is_called => None,
            ExprKind::Name(_) | ExprKind::Member(..) if scope.is_called => self.eval(scope, test).truth(),
            _ => None,
        }
    }
}

impl DjangoValue {
    /// Returns what either arm of a choice may be.
    fn either_arm(self, other: impl FnOnce() -> DjangoValue) -> DjangoValue {
        match self {
            DjangoValue::Unknown | DjangoValue::List(_) | DjangoValue::Flag(_) => {
                let other = other();
                self.either(other)
            }
            known => known,
        }
    }
}

/// Puts texts where a text has places for them.
pub(super) fn fill_places(text: &str, mark: &str, values: &[DjangoValue]) -> DjangoValue {
    let mut pieces = text.split(mark);
    let mut made = pieces.next().unwrap_or_default().to_owned();
    let mut values = values.iter();

    for piece in pieces {
        let Some(part) = values.next().and_then(DjangoValue::text) else { return DjangoValue::Unknown };
        made.push_str(part);
        made.push_str(piece);
    }
    DjangoValue::Text(made)
}
