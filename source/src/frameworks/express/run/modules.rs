//! Runs modules, and answers what they export.

use std::cell::RefCell;
use std::rc::Rc;

use super::machine::{Machine, ModuleRun, ScriptFrame};
use super::values::{JsValue, ScopeNames, ScriptObject};
use crate::ir::{Import, StatementKind};
use crate::project::{ImportTarget, ModuleId};

/// Longer chains of exports are not followed.
const MOST_EXPORTS: usize = 12;

impl Machine<'_> {
    /// Runs a module unless it has run, its imports first.
    pub fn run_module(&mut self, id: ModuleId) {
        let project = self.project;
        let Some(module) = project.module(id) else { return };

        if self.modules.contains_key(&id) || !module.language.is_script() {
            return;
        }
        let scope = Rc::new(ScopeNames::default());
        let (holder, exports) = (Rc::new(ScriptObject::default()), Rc::new(ScriptObject::default()));
        holder.set("exports", JsValue::Object(exports.clone()));
        scope.declare("module", JsValue::Object(holder.clone()));
        scope.declare("exports", JsValue::Object(exports.clone()));
        let frame =
            ScriptFrame { module: id, scope: scope.clone(), this: JsValue::Object(exports.clone()), home: None };
        // Known before it runs: modules that import each other see what has been exported so far, as in Node.
        self.modules.insert(id, ModuleRun { scope, holder, exports });

        for statement in &module.statements {
            if let StatementKind::Import(import) = &statement.kind {
                self.run_import(id, import);
            }
        }
        // A module runs once wherever it is first required, so a condition there does not make its routes doubtful.
        let doubts = std::mem::take(&mut self.doubts);
        self.run_block(&frame, &module.statements);
        self.doubts = doubts;
    }

    /// Runs the module that an import means, and returns it.
    pub(super) fn run_import(&mut self, from: ModuleId, import: &Import) -> Option<ModuleId> {
        self.run_target(from, &ImportTarget { module: import.module.clone(), level: 0, name: None })
    }

    fn run_target(&mut self, from: ModuleId, target: &ImportTarget) -> Option<ModuleId> {
        let found = self.project.imported_module(self.project.module(from)?, target)?;
        self.run_module(found);
        Some(found)
    }

    /// Returns what `require` of that module gives.
    pub(super) fn required(&mut self, from: ModuleId, module: &str) -> JsValue {
        let target = ImportTarget { module: module.to_owned(), level: 0, name: None };
        match self.run_target(from, &target) {
            Some(found) => self.exported(found, None, 0),
            // A missing file of the project may hold anything; only a package is external.
            None if module.starts_with('.') => JsValue::Unknown,
            None => JsValue::External(Rc::from(module)),
        }
    }

    /// Returns what an imported name of a module is.
    pub(super) fn imported(&mut self, from: ModuleId, name: &str) -> Option<JsValue> {
        let target = self.project.module(from)?.imports.get(name)?.clone();
        Some(self.import_value(from, &target))
    }

    /// Returns what an import gives.
    pub(super) fn import_value(&mut self, from: ModuleId, target: &ImportTarget) -> JsValue {
        match self.run_target(from, target) {
            Some(found) => self.exported(found, target.name.as_deref(), 0),
            None => {
                let name = target.name.as_deref().filter(|name| *name != "default");
                let name = name.map(|name| format!(".{name}")).unwrap_or_default();

                if target.module.starts_with('.') {
                    return JsValue::Unknown;
                }
                JsValue::External(Rc::from(format!("{}{name}", target.module)))
            }
        }
    }

    /// Returns what a module exports by that name, or as a whole.
    pub(super) fn exported(&mut self, id: ModuleId, name: Option<&str>, steps: usize) -> JsValue {
        let Some(run) = self.modules.get(&id).cloned() else { return JsValue::Unknown };
        if steps > MOST_EXPORTS {
            return JsValue::Unknown;
        }
        let whole = run.holder.get("exports").unwrap_or_default();
        // `module.exports = ..` replaces the object that exports were put on.
        let is_replaced = !matches!(&whole, JsValue::Object(object) if Rc::ptr_eq(object, &run.exports));
        let Some(name) = name else { return if is_replaced { whole } else { JsValue::Module(id) } };

        if let Some(found) = self.exported_name(id, &run, name, steps) {
            return found;
        }
        match (name, is_replaced) {
            ("default", true) => match &whole {
                JsValue::Object(object) => object.get("default").unwrap_or(whole),
                _ => whole,
            },
            ("default", false) => JsValue::Module(id),
            (_, true) => self.property(&whole, name),
            _ => JsValue::Unknown,
        }
    }

    fn exported_name(&mut self, id: ModuleId, run: &ModuleRun, name: &str, steps: usize) -> Option<JsValue> {
        let own = run.exports.get(name);
        let getter = run.exports.getters.borrow().get(name).cloned();

        if let Some(getter) = getter {
            return Some(self.call(&getter, JsValue::Unknown, &[]));
        }
        if let Some(own) = own.or_else(|| run.scope.get(name)) {
            return Some(own);
        }
        let module = self.project.module(id)?;

        if let Some(target) = module.imports.get(name).cloned() {
            return match self.run_target(id, &target) {
                Some(found) => Some(self.exported(found, target.name.as_deref(), steps + 1)),
                None => Some(self.import_value(id, &target)),
            };
        }

        for star in module.stars.clone() {
            let found = self.run_target(id, &star).filter(|found| *found != id);
            // A star export that lacks the name gives nothing useful, so the next one is asked.
            if let Some(value) = found.map(|found| self.exported(found, Some(name), steps + 1))
                && !matches!(value, JsValue::Unknown | JsValue::Module(_))
                && !value.is_nothing()
            {
                return Some(value);
            }
        }

        None
    }

    /// Binds what an import brings where it is written within a function.
    pub(super) fn bind_import(&mut self, frame: &ScriptFrame, import: &Import) {
        if let Some(alias) = &import.alias {
            let value = self.required(frame.module, &import.module);
            frame.scope.declare(alias, value);
        }
        for name in import.names.iter().filter(|name| name.name != "*") {
            let target = ImportTarget { module: import.module.clone(), level: 0, name: Some(name.name.clone()) };
            let value = self.import_value(frame.module, &target);
            frame.scope.declare(&name.alias, value);
        }
    }

    /// Makes an object of fields.
    pub(super) fn object(fields: Vec<(String, JsValue)>) -> JsValue {
        let object = ScriptObject { fields: RefCell::default(), ..ScriptObject::default() };
        fields.into_iter().for_each(|(name, value)| object.set(&name, value));
        JsValue::Object(Rc::new(object))
    }
}
