//! Which file an import means. One part a language.

use super::{ImportTarget, Module, ModuleId, Project};
use crate::lang::Language;

/// Returns the name by which other modules import this one; absent where files are imported by path.
pub(super) fn dotted_name(module: &Module) -> Option<String> {
    match module.language {
        Language::Python => Some(python_name(&module.path)),
        Language::Java => Some(module.path.trim_end_matches(".java").replace('/', ".")),
        _ => None,
    }
}

fn python_name(path: &str) -> String {
    let path = path.strip_suffix(".py").unwrap_or(path);
    let path = path.strip_suffix("/__init__").unwrap_or(path);
    if path == "__init__" { String::new() } else { path.replace('/', ".") }
}

impl Module {
    /// Returns whether it stands for its folder.
    pub fn is_package(&self) -> bool {
        self.path.rsplit('/').next() == Some("__init__.py")
    }
}

impl Project {
    /// Returns the module that an import in another one means.
    pub fn imported_module(&self, from: &Module, target: &ImportTarget) -> Option<ModuleId> {
        match from.language {
            Language::Python | Language::Java => self.python_module(&self.absolute(from, target)),
            language if language.is_script() => self.script_module(from, &target.module),
            _ => None,
        }
    }

    /// Returns the dotted name that an import means, without its dots.
    pub(crate) fn absolute(&self, from: &Module, target: &ImportTarget) -> String {
        if target.level == 0 {
            return target.module.clone();
        }
        let name = dotted_name(from).unwrap_or_default();
        let mut parts: Vec<&str> = name.split('.').filter(|part| !part.is_empty()).collect();
        // A package is its own folder, so that one dot means itself and not its parent.
        let up = if from.is_package() { target.level - 1 } else { target.level };
        parts.truncate(parts.len().saturating_sub(up));
        parts.extend(Some(target.module.as_str()).filter(|module| !module.is_empty()));

        parts.join(".")
    }

    /// Returns the module of a dotted name that begins with the name of the tree's own folder.
    fn within_root(&self, dotted: &str) -> Option<ModuleId> {
        let folder = self.tree.root.file_name()?.to_str()?;
        let inner = dotted.strip_prefix(folder)?;
        let inner = if inner.is_empty() { inner } else { inner.strip_prefix('.')? };
        self.places.by_name.get(inner).copied()
    }

    /// Returns the module of a dotted name. The tree may begin above the package, or within it.
    pub(crate) fn python_module(&self, dotted: &str) -> Option<ModuleId> {
        if let Some(id) = self.places.by_name.get(dotted) {
            return Some(*id);
        }
        // A name that fits no module may begin with the folder that is the root itself.
        let Some(named) = self.places.by_tail.get(dotted) else { return self.within_root(dotted) };
        named.iter().min_by_key(|id| self.module(**id).map_or(usize::MAX, |module| module.path.len())).copied()
    }
}
