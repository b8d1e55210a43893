//! Finds what a dotted name in a module stands for, through imports, packages and classes.

use std::collections::{HashSet, VecDeque};

use super::modules::dotted_name;
use super::{ClassRef, Definition, FunctionRef, ImportTarget, ModuleId, Project, Resolved, exports};
use crate::ir::{Expr, ExprKind, StatementKind, dotted_text, literal_text};
use crate::lang::Language;

/// Longer chains of imports and names are not followed.
const MOST_STEPS: usize = 12;

impl Project {
    /// Returns what a dotted name in a module stands for.
    pub fn resolve(&self, module: ModuleId, name: &str) -> Option<Resolved> {
        self.found.name(module, name, || self.look_up(module, &name.split('.').collect::<Vec<_>>(), 0))
    }

    /// Returns what an expression stands for, where it is a dotted name.
    pub fn resolve_expr(&self, module: ModuleId, expr: &Expr) -> Option<Resolved> {
        self.resolve(module, &dotted_text(expr)?)
    }

    /// Returns what a full name stands for, wherever it is written: `shop.permissions.IsOwner` in a setting.
    pub fn resolve_full(&self, module: ModuleId, full: &str) -> Option<Resolved> {
        let (of, name) = full.rsplit_once('.')?;
        let target = ImportTarget { module: of.to_owned(), level: 0, name: None };
        let of = self.imported_module(self.module(module)?, &target)?;
        self.resolve(of, name)
    }

    /// Returns the full name of what an import brings in, whether or not it stands in this project: `flask.request`.
    /// A name that is not imported is returned as it is.
    pub fn full_name(&self, module: ModuleId, name: &str) -> String {
        let (head, rest) = name.split_once('.').map_or((name, None), |(head, rest)| (head, Some(rest)));
        let Some(found) = self.module(module) else { return name.to_owned() };
        let Some(target) = found.imports.get(head) else { return name.to_owned() };
        let (mut imported, mut rest) = (target.name.as_deref(), rest);

        // What a package exports by default is called as the package is; deeper down the word is any name.
        if found.language.is_script() {
            imported = imported.filter(|name| *name != "default");
            rest = if imported.is_none() { rest.and_then(without_default) } else { rest };
        }
        let package = self.absolute(found, target);
        let parts = [Some(package.as_str()), imported, rest];
        parts.into_iter().flatten().filter(|part| !part.is_empty()).collect::<Vec<_>>().join(".")
    }

    /// Returns what an import in a module brings in.
    pub(crate) fn resolve_import(&self, from: ModuleId, target: &ImportTarget) -> Option<Resolved> {
        self.imported(from, target, 0)
    }

    fn look_up(&self, module: ModuleId, parts: &[&str], steps: usize) -> Option<Resolved> {
        let (head, rest) = parts.split_first()?;
        if steps > MOST_STEPS {
            return None;
        }
        if let Some(own) = self.own_exports(module, parts) {
            return if own.is_empty() {
                Some(Resolved::Module(module))
            } else {
                self.below(Resolved::Module(module), own, steps + 1)
            };
        }

        let found = self.head(module, head, steps)?;
        if rest.is_empty() { Some(found) } else { self.below(found, rest, steps) }
    }

    /// What the first part of a name stands for.
    fn head(&self, id: ModuleId, head: &str, steps: usize) -> Option<Resolved> {
        let module = self.module(id)?;
        match module.definitions.get(head) {
            Some(Definition::Function(function)) => {
                Some(Resolved::Function(FunctionRef { module: id, function: function.clone(), class: None }))
            }
            Some(Definition::Class(class)) => Some(Resolved::Class(ClassRef { module: id, class: class.clone() })),
            Some(Definition::Value(value)) => {
                // `x = other.y` is another name of what that stands for.
                let alias = dotted_text(value).filter(|name| name != head);
                let alias = alias.and_then(|name| self.look_up(id, &name.split('.').collect::<Vec<_>>(), steps + 1));
                Some(alias.unwrap_or_else(|| Resolved::Value(id, head.to_owned(), value.clone())))
            }
            None => match module.imports.get(head) {
                Some(target) => self.imported(id, target, steps),
                None => self
                    .submodule(id, head)
                    .or_else(|| self.starred(id, head, steps))
                    .or_else(|| self.java_class(id, head, steps)),
            },
        }
    }

    fn imported(&self, from: ModuleId, target: &ImportTarget, steps: usize) -> Option<Resolved> {
        let module = self.module(from)?;
        let found = self.imported_module(module, target);

        if module.language.is_script() {
            return self.imported_script(found?, target.name.as_deref(), steps);
        }
        let Some(name) = &target.name else { return found.map(Resolved::Module) };
        let member = found.filter(|found| *found != from).and_then(|found| self.look_up(found, &[name], steps + 1));
        member.or_else(|| self.imported_submodule(module, target, name))
    }

    /// `from package import module`
    fn imported_submodule(&self, from: &super::Module, target: &ImportTarget, name: &str) -> Option<Resolved> {
        match from.language {
            Language::Python => {
                let package = self.absolute(from, target);
                let full = if package.is_empty() { name.to_owned() } else { format!("{package}.{name}") };
                self.python_module(&full).map(Resolved::Module)
            }
            _ => None,
        }
    }

    /// Returns the module of that name in a package.
    pub(crate) fn submodule(&self, package: ModuleId, name: &str) -> Option<Resolved> {
        let package = self.module(package).filter(|module| module.is_package())?;
        let full = format!("{}.{name}", dotted_name(package)?);
        self.places.by_name.get(&full).copied().map(Resolved::Module)
    }

    /// Looks for a name through `import *`, each module once: such imports often go round in circles.
    fn starred(&self, id: ModuleId, name: &str, steps: usize) -> Option<Resolved> {
        let (mut met, mut open) = (HashSet::from([id]), VecDeque::from([id]));
        while let Some(module) = open.pop_front().and_then(|current| self.module(current)) {
            for target in &module.stars {
                let Some(found) = self.imported_module(module, target).filter(|found| met.insert(*found)) else {
                    continue;
                };
                let has = |module: &&super::Module| {
                    module.definitions.contains_key(name) || module.imports.contains_key(name)
                };
                if self.module(found).filter(has).is_some() {
                    return self.look_up(found, &[name], steps + 1);
                }
                open.push_back(found);
            }
        }

        None
    }

    /// A class of the same package, or of one that is imported as a whole.
    fn java_class(&self, id: ModuleId, name: &str, steps: usize) -> Option<Resolved> {
        let module = self.module(id).filter(|module| module.language == Language::Java)?;
        let package = dotted_name(module)?;
        let own = package.rsplit_once('.').map_or(name.to_owned(), |(above, _)| format!("{above}.{name}"));
        let starred = module.stars.iter().map(|target| format!("{}.{name}", target.module));
        let found = std::iter::once(own).chain(starred).find_map(|full| self.python_module(&full));

        self.look_up(found.filter(|found| *found != id)?, &[name], steps + 1)
    }

    /// What stands below a module or a class.
    fn below(&self, found: Resolved, rest: &[&str], steps: usize) -> Option<Resolved> {
        match found {
            Resolved::Module(module) if self.module(module).is_some_and(|module| module.language.is_script()) => {
                let (head, rest) = rest.split_first()?;
                let member = self.imported_script(module, Some(head), steps)?;
                if rest.is_empty() { Some(member) } else { self.below(member, rest, steps + 1) }
            }
            Resolved::Module(module) => {
                let member = self.look_up(module, rest, steps + 1);
                // `import a.b` binds only `a`, below which the submodule is found by its path.
                member.or_else(|| {
                    let (head, rest) = rest.split_first()?;
                    let name = format!("{}.{head}", dotted_name(self.module(module)?)?);
                    let inner = Resolved::Module(self.python_module(&name)?);
                    if rest.is_empty() { Some(inner) } else { self.below(inner, rest, steps + 1) }
                })
            }
            Resolved::Class(class) => match rest {
                [name] => self.member(&class, name),
                [name, rest @ ..] => match self.member(&class, name)? {
                    found @ Resolved::Class(_) => self.below(found, rest, steps + 1),
                    _ => None,
                },
                [] => None,
            },
            Resolved::Value(module, _, value) => self.below_value(module, &value, rest, steps),
            Resolved::Function(_) => None,
        }
    }

    fn member(&self, class: &ClassRef, name: &str) -> Option<Resolved> {
        let method = self.method(class, name).map(Resolved::Function);
        let inner = || {
            let mut classes = class.class.members.iter().filter_map(|member| match &member.kind {
                StatementKind::Class(inner) if inner.name == name => Some(inner.clone()),
                _ => None,
            });
            classes.next().map(|inner| Resolved::Class(ClassRef { module: class.module, class: inner }))
        };

        method.or_else(inner).or_else(|| {
            let (module, value) = self.class_field(class, name)?;
            Some(Resolved::Value(module, format!("{}.{name}", class.class.name), value))
        })
    }

    /// The rest of a name that begins with the module's own exports: `exports.x`, `module.exports.x`.
    fn own_exports<'p>(&self, module: ModuleId, parts: &'p [&'p str]) -> Option<&'p [&'p str]> {
        let is_script = self.module(module)?.language.is_script();
        match parts {
            ["exports", rest @ ..] | ["module", "exports", rest @ ..] if is_script => Some(rest),
            _ => None,
        }
    }

    /// What a script exports by that name, by default, or as a whole.
    fn imported_script(&self, found: ModuleId, name: Option<&str>, steps: usize) -> Option<Resolved> {
        let whole = || {
            let definition = self.module(found)?.definitions.get(exports::WHOLE)?;
            let is_record =
                matches!(definition, Definition::Value(value) if matches!(&*value.kind, ExprKind::Record(_)));
            // A record of exports was split into names, so that it is no value of its own.
            if is_record { None } else { self.look_up(found, &[exports::WHOLE], steps + 1) }
        };

        match name {
            None => Some(whole().unwrap_or(Resolved::Module(found))),
            Some("default") => {
                let own = self.look_up(found, &["default"], steps + 1);
                // Bundlers let a default import stand for the whole of a module without one.
                own.or_else(whole).or(Some(Resolved::Module(found)))
            }
            Some(name) => {
                let own = self.look_up(found, &[name], steps + 1);
                own.or_else(|| self.below(whole()?, &[name], steps + 1))
            }
        }
    }

    /// What stands below a value of a script: an entry of a record, a member of what a class makes.
    fn below_value(&self, module: ModuleId, value: &Expr, rest: &[&str], steps: usize) -> Option<Resolved> {
        let (name, rest) = rest.split_first()?;
        if steps > MOST_STEPS || !self.module(module)?.language.is_script() {
            return None;
        }
        let found = match &*value.kind {
            ExprKind::Record(entries) => {
                let entry = entries.iter().find(|entry| entry.key.as_ref().and_then(literal_text) == Some(name))?;
                self.value_of(module, name, &entry.value, steps)
            }
            ExprKind::Call { callee, made: true, .. } => {
                let callee = dotted_text(callee)?;
                match self.look_up(module, &callee.split('.').collect::<Vec<_>>(), steps + 1)? {
                    Resolved::Class(class) => self.member(&class, name)?,
                    _ => return None,
                }
            }
            _ => return None,
        };

        if rest.is_empty() { Some(found) } else { self.below(found, rest, steps + 1) }
    }

    fn value_of(&self, module: ModuleId, name: &str, value: &Expr, steps: usize) -> Resolved {
        if let ExprKind::Function(function) = &*value.kind {
            return Resolved::Function(FunctionRef { module, function: function.clone(), class: None });
        }
        let alias = dotted_text(value);
        let alias = alias.and_then(|alias| self.look_up(module, &alias.split('.').collect::<Vec<_>>(), steps + 1));
        alias.unwrap_or_else(|| Resolved::Value(module, name.to_owned(), value.clone()))
    }
}

/// Takes a leading `default` away: `default.verify` is `verify`.
fn without_default(name: &str) -> Option<&str> {
    match name.split_once('.') {
        Some(("default", rest)) => Some(rest),
        None if name == "default" => None,
        _ => Some(name),
    }
}
