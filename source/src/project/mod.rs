//! All files of a tree, lowered, and what names in them stand for across files.

mod classes;
mod constants;
mod exports;
mod modules;
mod names;
mod resolve;
mod scripts;

use std::collections::HashMap;
use std::sync::Arc;

use crate::ir::{Class, Expr, Function, Span, Statement};
use crate::lang::Language;
use crate::tree::{LeftOut, SourceTree};

/// The place of a module in its project.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct ModuleId(pub usize);

/// What a name at the top of a module was given.
#[derive(Debug, Clone, PartialEq)]
pub enum Definition {
    /// A function.
    Function(Arc<Function>),
    /// A class.
    Class(Arc<Class>),
    /// A value.
    Value(Expr),
}

/// What an imported name stands for, before it is looked for.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct ImportTarget {
    /// The module as written.
    pub module: String,
    /// The dots before it (Python).
    pub level: usize,
    /// The name in it; absent for the module itself.
    pub name: Option<String>,
}

/// One file, lowered.
#[derive(Debug, Clone)]
pub struct Module {
    /// Its place in the project.
    pub id: ModuleId,
    /// From the root, with `/`.
    pub path: String,
    /// Its language.
    pub language: Language,
    /// Its text.
    pub text: Arc<str>,
    /// Its statements.
    pub statements: Vec<Statement>,
    /// Pieces that could not be parsed.
    pub damaged: Vec<Span>,
    /// What its names stand for. A JavaScript module has its exports here too, the default one as `default`.
    pub definitions: HashMap<String, Definition>,
    /// Imported names.
    pub imports: HashMap<String, ImportTarget>,
    /// Modules all of whose names are imported.
    pub stars: Vec<ImportTarget>,
}

/// A class and the module where it stands.
#[derive(Debug, Clone)]
pub struct ClassRef {
    /// The module.
    pub module: ModuleId,
    /// The class.
    pub class: Arc<Class>,
}

/// A function, the module where it stands, and the class through which it was reached.
#[derive(Debug, Clone)]
pub struct FunctionRef {
    /// The module.
    pub module: ModuleId,
    /// The function.
    pub function: Arc<Function>,
    /// The class, for a method; the one that was asked for, not the base that has it.
    pub class: Option<ClassRef>,
}

/// What a name stands for.
#[derive(Debug, Clone)]
pub enum Resolved {
    /// A module.
    Module(ModuleId),
    /// A function or method.
    Function(FunctionRef),
    /// A class.
    Class(ClassRef),
    /// A value, with the name that it has in its own module.
    Value(ModuleId, String, Expr),
}

/// All files of a tree, lowered.
#[derive(Debug, Clone, Default)]
pub struct Project {
    /// The modules in the order of their paths.
    pub modules: Vec<Module>,
    /// The files of the tree, manifests and documents too.
    pub tree: SourceTree,
    /// What could not be read, for people.
    pub left_out: Vec<LeftOut>,
    by_name: HashMap<String, ModuleId>,
    by_tail: HashMap<String, Vec<ModuleId>>,
    by_path: HashMap<String, ModuleId>,
    script_paths: scripts::ScriptPaths,
}

impl Project {
    /// Parses and lowers a tree.
    pub fn parse(tree: SourceTree) -> Project {
        let mut project = Project { left_out: tree.left_out.clone(), ..Project::default() };
        project.script_paths = scripts::ScriptPaths::read(&tree);
        for file in &tree.files {
            let Some(language) = file.language else { continue };
            match language.lower(&file.text) {
                Some(lowered) => {
                    let id = ModuleId(project.modules.len());
                    let mut module = Module {
                        id,
                        path: file.path.clone(),
                        language,
                        text: Arc::from(file.text.as_str()),
                        statements: lowered.statements,
                        damaged: lowered.damaged,
                        definitions: HashMap::new(),
                        imports: HashMap::new(),
                        stars: Vec::new(),
                    };
                    names::collect(&mut module);
                    project.add(module);
                }
                None => project
                    .left_out
                    .push(LeftOut { path: file.path.clone(), because: "parsing it takes too long".to_owned() }),
            }
        }
        project.tree = tree;
        project
    }

    /// Returns the module at that place.
    pub fn module(&self, id: ModuleId) -> Option<&Module> {
        self.modules.get(id.0)
    }

    /// Returns the module of that path.
    pub fn module_at(&self, path: &str) -> Option<&Module> {
        self.by_path.get(path).and_then(|id| self.module(*id))
    }

    /// Returns the text of a piece of a module.
    pub fn text(&self, module: ModuleId, span: Span) -> &str {
        self.module(module).map(|module| span.text(&module.text)).unwrap_or("")
    }

    fn add(&mut self, module: Module) {
        let id = module.id;
        self.by_path.insert(module.path.clone(), id);
        if let Some(name) = modules::dotted_name(&module) {
            for (at, _) in name.match_indices('.') {
                self.by_tail.entry(name.get(at + 1..).unwrap_or("").to_owned()).or_default().push(id);
            }
            self.by_tail.entry(name.clone()).or_default().push(id);
            self.by_name.insert(name, id);
        }
        self.modules.push(module);
    }
}
