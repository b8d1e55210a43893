//! Keeps what was found out of names and classes: the same are asked for again and again, by every framework and for every
//! handler.

use std::sync::{Arc, Mutex};

use super::{ClassRef, ModuleId, Resolved};
use crate::ir::Class;
use crate::maps::Map;

/// More names of one module are not kept.
const MOST_NAMES: usize = 20_000;

/// What was found out so far. A copy knows nothing yet: what is copied is about to be changed.
#[derive(Debug, Default)]
pub(super) struct FoundNames {
    modules: Vec<Mutex<FoundInModule>>,
}

#[derive(Debug, Default)]
struct FoundInModule {
    names: Map<String, Option<Resolved>>,
    /// By the address of the class, which stays what it is while the class is kept here.
    lines: Map<usize, (Arc<Class>, Arc<[ClassRef]>)>,
}

impl Clone for FoundNames {
    fn clone(&self) -> Self {
        FoundNames { modules: self.modules.iter().map(|_| Mutex::default()).collect() }
    }
}

impl FoundNames {
    /// Makes room for one more module.
    pub(super) fn grow(&mut self) {
        self.modules.push(Mutex::default());
    }

    /// Returns what a name in a module stands for, which is looked for only once.
    pub(super) fn name(
        &self,
        module: ModuleId,
        name: &str,
        look: impl FnOnce() -> Option<Resolved>,
    ) -> Option<Resolved> {
        if let Some(known) = self.within(module, |found| found.names.get(name).cloned()).flatten() {
            return known;
        }
        // It is not locked meanwhile: what is looked for may lead back to this module.
        let made = look();
        self.within(module, |found| {
            if found.names.len() < MOST_NAMES {
                found.names.insert(name.to_owned(), made.clone());
            }
        });
        made
    }

    /// Returns a class and what it extends, which is looked for only once.
    pub(super) fn line(&self, class: &ClassRef, look: impl FnOnce() -> Vec<ClassRef>) -> Arc<[ClassRef]> {
        let address = Arc::as_ptr(&class.class).addr();
        let known = self.within(class.module, |found| found.lines.get(&address).map(|(_, line)| line.clone()));

        if let Some(line) = known.flatten() {
            return line;
        }
        let line: Arc<[ClassRef]> = look().into();
        self.within(class.module, |found| {
            if found.lines.len() < MOST_NAMES {
                found.lines.insert(address, (class.class.clone(), line.clone()));
            }
        });
        line
    }

    fn within<T>(&self, module: ModuleId, act: impl FnOnce(&mut FoundInModule) -> T) -> Option<T> {
        // A poisoned lock only means that nothing is kept.
        let mut found = self.modules.get(module.0)?.lock().ok()?;
        Some(act(&mut found))
    }
}
