//! Finds what a dotted name in a module stands for, through imports, packages and classes.

use super::modules::dotted_name;
use super::{ClassRef, Definition, FunctionRef, ImportTarget, ModuleId, Project, Resolved};
use crate::ir::{Expr, StatementKind, dotted};
use crate::lang::Language;

/// Longer chains of imports and names are not followed.
const MOST_STEPS: usize = 12;

impl Project {
    /// Returns what a dotted name in a module stands for.
    pub fn resolve(&self, module: ModuleId, name: &str) -> Option<Resolved> {
        let parts: Vec<&str> = name.split('.').collect();
        self.look_up(module, &parts, 0)
    }

    /// Returns what an expression stands for, where it is a dotted name.
    pub fn resolve_expr(&self, module: ModuleId, expr: &Expr) -> Option<Resolved> {
        self.resolve(module, &dotted(expr)?)
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
        let parts = [Some(self.absolute(found, target)), target.name.clone(), rest.map(str::to_owned)];
        parts.into_iter().flatten().filter(|part| !part.is_empty()).collect::<Vec<_>>().join(".")
    }

    fn look_up(&self, module: ModuleId, parts: &[&str], steps: usize) -> Option<Resolved> {
        let (head, rest) = parts.split_first()?;
        if steps > MOST_STEPS {
            return None;
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
                let alias = dotted(value).filter(|name| name != head);
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

    fn submodule(&self, package: ModuleId, name: &str) -> Option<Resolved> {
        let package = self.module(package).filter(|module| module.is_package())?;
        let full = format!("{}.{name}", dotted_name(package)?);
        self.by_name.get(&full).copied().map(Resolved::Module)
    }

    fn starred(&self, id: ModuleId, name: &str, steps: usize) -> Option<Resolved> {
        let module = self.module(id)?;
        let modules = module.stars.iter().filter_map(|target| self.imported_module(module, target));
        modules.filter(|found| *found != id).find_map(|found| self.look_up(found, &[name], steps + 1))
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
            Resolved::Module(module) => {
                let member = self.look_up(module, rest, steps + 1);
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
            Resolved::Function(_) | Resolved::Value(..) => None,
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
}
