//! All files of a tree, lowered, and what names in them stand for across files.

mod classes;
mod constants;
mod exports;
mod found;
mod modules;
mod names;
mod resolve;
mod scripts;

use std::any::Any;
use std::collections::BTreeMap;
use std::sync::{Arc, OnceLock};

use tree_sitter::Tree;

use crate::ir::{Class, Expr, Function, Span, Statement};
use crate::lang::{Language, LoweredFile};
use crate::maps::Map;
use crate::parallel;
use crate::tree::{LeftOut, SourceFile, SourceTree};

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
    pub definitions: Map<String, Definition>,
    /// Imported names.
    pub imports: Map<String, ImportTarget>,
    /// Modules all of whose names are imported.
    pub stars: Vec<ImportTarget>,
    /// Its concrete tree, for languages that are not lowered; made when it is first asked for.
    concrete: OnceLock<Option<Tree>>,
    /// What a reader found out from the module alone: it stays while other files are edited.
    kept: OnceLock<Arc<dyn Any + Send + Sync>>,
    /// What stands in it, as those see it who follow its names. It stays likewise.
    surveyed: OnceLock<Arc<dyn Any + Send + Sync>>,
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
    pub modules: Vec<Arc<Module>>,
    /// The files of the tree, manifests and documents too.
    pub tree: SourceTree,
    /// What could not be read, for people.
    pub left_out: Vec<LeftOut>,
    places: Arc<ModuleIndex>,
    found: found::FoundNames,
    script_paths: Arc<scripts::ScriptPaths>,
}

/// Where the module of a name or of a path is.
#[derive(Debug, Clone, Default)]
struct ModuleIndex {
    by_name: Map<String, ModuleId>,
    by_tail: Map<String, Vec<ModuleId>>,
    by_path: Map<String, ModuleId>,
}

impl Project {
    /// Parses and lowers a tree.
    pub fn parse(tree: SourceTree) -> Project {
        let mut project = Project { left_out: tree.left_out.clone(), ..Project::default() };
        project.script_paths = Arc::new(scripts::ScriptPaths::read(&tree));
        let files: Vec<(&SourceFile, Language)> =
            tree.files.iter().filter_map(|file| Some((file, file.language?))).collect();
        let modules = parallel::map(&files, |(file, language)| lower_module(&file.path, *language, &file.text));

        for ((file, _), module) in files.into_iter().zip(modules) {
            match module {
                Some(module) => project.add(module),
                // A file that takes too long to parse is named in the report, so that its routes are not missed in
                // silence.
                None => project.left_out.push(too_long(&file.path)),
            }
        }

        project.tree = tree;
        project
    }

    /// Returns this project with other texts in place of some files, and further ones. Only those are parsed.
    pub fn with(&self, texts: &BTreeMap<String, String>) -> Project {
        let mut changed = self.clone();
        changed.tree = self.tree.with(texts);

        for (path, text) in texts {
            let Some(language) = Language::of_path(path) else { continue };
            let known = self.places.by_path.get(path).and_then(|id| changed.modules.get_mut(id.0));

            match (lower_module(path, language, &Arc::from(text.as_str())), known) {
                // The place stays the same, so that references to modules in other files stay valid.
                (Some(module), Some(place)) => *place = Arc::new(Module { id: place.id, ..module }),
                (Some(module), None) => changed.add(module),
                (None, _) => {}
            }
        }

        changed
    }

    /// Returns the module at that place.
    pub fn module(&self, id: ModuleId) -> Option<&Module> {
        self.modules.get(id.0).map(Arc::as_ref)
    }

    /// Returns the module of that path.
    pub fn module_at(&self, path: &str) -> Option<&Module> {
        self.places.by_path.get(path).and_then(|id| self.module(*id))
    }

    /// Returns the text of a piece of a module.
    pub fn text(&self, module: ModuleId, span: Span) -> &str {
        self.module(module).map(|module| span.text(&module.text)).unwrap_or("")
    }

    fn add(&mut self, module: Module) {
        let id = ModuleId(self.modules.len());
        let places = Arc::make_mut(&mut self.places);
        places.by_path.insert(module.path.clone(), id);

        if let Some(name) = modules::dotted_name(&module) {
            for (at, _) in name.match_indices('.') {
                places.by_tail.entry(name.get(at + 1..).unwrap_or("").to_owned()).or_default().push(id);
            }
            places.by_tail.entry(name.clone()).or_default().push(id);
            places.by_name.insert(name, id);
        }

        self.found.grow();
        self.modules.push(Arc::new(Module { id, ..module }));
    }
}

impl Module {
    /// Returns its concrete tree. Absent where parsing takes too long.
    pub(crate) fn concrete(&self) -> Option<&Tree> {
        self.concrete.get_or_init(|| self.language.parse(&self.text)).as_ref()
    }

    /// Returns what a reader finds out from this module alone, and keeps it while the module stays as it is. The first kind
    /// of thing that is asked for is kept.
    pub(crate) fn kept<T: Any + Send + Sync>(&self, find: impl Fn() -> T) -> Arc<T> {
        let kept = self.kept.get_or_init(|| Arc::new(find())).clone();
        kept.downcast().unwrap_or_else(|_| Arc::new(find()))
    }

    /// Returns what stands in this module, which is found once while the module stays as it is. `None` where another kind of
    /// thing was asked for before.
    pub(crate) fn surveyed<T: Any + Send + Sync>(&self, find: impl FnOnce() -> T) -> Option<&T> {
        self.surveyed.get_or_init(|| Arc::new(find())).downcast_ref()
    }

    /// Returns whether its concrete tree was asked for in vain.
    pub(crate) fn took_too_long(&self) -> bool {
        matches!(self.concrete.get(), Some(None))
    }
}

fn too_long(path: &str) -> LeftOut {
    LeftOut { path: path.to_owned(), because: "parsing it takes too long".to_owned() }
}

/// Lowers one file, whose place is not known yet. `None` where parsing it takes too long. A file of a language that is not
/// lowered is parsed when its tree is asked for: most never are.
fn lower_module(path: &str, language: Language, text: &Arc<str>) -> Option<Module> {
    let lowered = if language.is_lowered() { language.lower(text)? } else { LoweredFile::default() };
    let mut module = Module {
        id: ModuleId(usize::MAX),
        path: path.to_owned(),
        language,
        text: text.clone(),
        statements: lowered.statements,
        damaged: lowered.damaged,
        definitions: Map::default(),
        imports: Map::default(),
        stars: Vec::new(),
        concrete: OnceLock::new(),
        kept: OnceLock::new(),
        surveyed: OnceLock::new(),
    };

    names::collect_definitions(&mut module);
    Some(module)
}
