//! Members of a class, and of what it extends.

use std::sync::Arc;

use super::{ClassRef, FunctionRef, ModuleId, Project, Resolved};
use crate::ir::{Expr, dotted_text};

/// More classes above a class are not looked at.
const MOST_CLASSES: usize = 24;

impl Project {
    /// Returns a class and the classes of this project that it extends, nearest first, each once.
    pub fn line_of(&self, class: &ClassRef) -> Vec<ClassRef> {
        self.line(class).to_vec()
    }

    fn line(&self, class: &ClassRef) -> Arc<[ClassRef]> {
        self.found.line(class, || self.look_for_line(class))
    }

    fn look_for_line(&self, class: &ClassRef) -> Vec<ClassRef> {
        let mut line: Vec<ClassRef> = vec![class.clone()];
        let mut at = 0;

        while let Some(current) = line.get(at).cloned() {
            for base in &current.class.bases {
                let Some(Resolved::Class(base)) = self.resolve_expr(current.module, base) else { continue };
                let known = line.iter().any(|known| Arc::ptr_eq(&known.class, &base.class));

                // Classes may extend each other in a circle in broken code, and each is taken once.
                if !known && line.len() < MOST_CLASSES {
                    line.push(base);
                }
            }

            at += 1;
        }

        line
    }

    /// Returns the full names of everything that a class extends, of this project or not: `flask.views.MethodView`.
    pub fn bases_of(&self, class: &ClassRef) -> Vec<String> {
        let line = self.line(class);
        let bases = line.iter().flat_map(|part| part.class.bases.iter().map(|base| (part.module, base)));
        bases.filter_map(|(module, base)| dotted_text(base).map(|name| self.full_name(module, &name))).collect()
    }

    /// Returns a method of a class or of what it extends.
    pub fn method(&self, class: &ClassRef, name: &str) -> Option<FunctionRef> {
        let line = self.line(class);
        let found = line.iter().find_map(|part| part.class.method(name).map(|method| (part.module, method.clone())));
        // The method keeps the class that was asked for, since `self` in it means that one.
        found.map(|(module, function)| FunctionRef { module, function, class: Some(class.clone()) })
    }

    /// Returns the value of a field in the body of a class or of what it extends.
    pub fn class_field(&self, class: &ClassRef, name: &str) -> Option<(ModuleId, Expr)> {
        let line = self.line(class);
        line.iter().find_map(|part| part.class.field(name).map(|value| (part.module, value.clone())))
    }
}
