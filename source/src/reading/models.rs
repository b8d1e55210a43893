//! What the project says of its data: which models have an owner, which classes are services, which functions matter.

mod collect;
mod evidence;

use std::any::Any;
use std::cell::RefCell;
use std::rc::Rc;
use std::sync::Arc;

use super::value::CodeValue;
use super::words;
use crate::ir::{Expr, ExprKind, Function, StatementKind, dotted_text, walk_statements};
use crate::maps::Map;
use crate::project::{ClassRef, FunctionRef, ModuleId, Project};
use crate::routes::FrameworkName;

/// A function with fewer calls is read as fast as it is looked up.
const FEWEST_CALLS: usize = 2;
/// What more functions come to is not kept: it is read again.
const MOST_SUMMARIES: usize = 50_000;

/// What is known of a model, table, collection or table in memory.
#[derive(Debug, Clone, Default)]
pub(super) struct Model {
    /// The column that names the owner.
    pub(super) owner: Option<String>,
    /// The column that names the group.
    pub(super) tenant: Option<String>,
    /// Other models that it belongs to.
    pub(super) parents: Vec<String>,
    /// Columns that name something else by its key.
    pub(super) keys: Vec<String>,
    /// Whether its columns are known at all.
    pub(super) is_known: bool,
}

/// Whether the objects of a model belong to users.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) enum ModelOwnership {
    /// By a column of its own.
    By(String),
    /// It is the user.
    IsUser,
    /// Through another model.
    Through(String),
    No,
    Unknown,
}

/// What the project says of its data, once for all handlers.
#[derive(Debug, Default)]
struct KnownData {
    models: Map<String, Model>,
    services: Map<String, ClassRef>,
    /// Columns that code compares with the caller, or fills with it.
    tied: Map<String, ()>,
    /// Models that a caller is one of.
    accounts: Map<String, ()>,
    /// Names under which hooks leave the caller.
    left_callers: Map<String, ()>,
}

/// What functions come to, by their inputs.
type Summaries = Map<Box<[u8]>, Rc<dyn Any>>;

/// What the project says of its data, and what the handlers that were read before have found out.
pub(super) struct Models {
    known: Arc<KnownData>,
    dull: RefCell<Map<*const Function, bool>>,
    /// What names at the top of modules stand for, as far as that was asked.
    globals: RefCell<Map<(FrameworkName, ModuleId), Map<String, CodeValue>>>,
    asking: RefCell<Map<*const Function, bool>>,
    /// Whether a function is summed up rather than read at each call.
    summable: RefCell<Map<*const Function, bool>>,
    summaries: RefCell<Summaries>,
}

impl Models {
    /// Reads the models of a project.
    pub(super) fn of(project: &Project) -> Models {
        let mut known = KnownData::default();
        collect::read_modules(project);
        for module in &project.modules {
            collect::collect_module(&mut known, project, module);
        }
        Models::knowing(Arc::new(known))
    }

    /// Returns what makes the same for another thread.
    pub(super) fn sharing(&self) -> impl Fn() -> Models + Sync + use<> {
        let known = self.known.clone();
        move || Models::knowing(known.clone())
    }

    fn knowing(known: Arc<KnownData>) -> Models {
        Models {
            known,
            dull: RefCell::default(),
            globals: RefCell::default(),
            asking: RefCell::default(),
            summable: RefCell::default(),
            summaries: RefCell::default(),
        }
    }

    /// Returns whether a class is a model.
    pub(super) fn is_model(&self, name: &str) -> bool {
        self.known.models.contains_key(&model_key(name))
    }

    /// Returns whether a hook leaves the caller under this name.
    pub(super) fn leaves_caller(&self, name: &str) -> bool {
        self.known.left_callers.contains_key(name)
    }

    /// Returns whether the objects of a model belong to users.
    pub(super) fn owned(&self, name: &str) -> ModelOwnership {
        self.owned_within(name, 0)
    }

    fn owned_within(&self, name: &str, depth: usize) -> ModelOwnership {
        let key = model_key(name);
        if words::is_one_of(name, &words::USER_MODELS) || self.known.accounts.contains_key(&key) {
            return ModelOwnership::IsUser;
        }
        let Some(model) = self.known.models.get(&key) else { return ModelOwnership::Unknown };

        if let Some(owner) = model.owner.as_ref().or(model.tenant.as_ref()) {
            return ModelOwnership::By(owner.clone());
        }
        // No name says it, and other code of the project shows it.
        if let Some(tied) = model.keys.iter().find(|column| self.known.tied.contains_key(*column)) {
            return ModelOwnership::By(tied.clone());
        }
        let of_account = model.parents.iter().find(|parent| self.known.accounts.contains_key(&model_key(parent)));
        if let Some(account) = of_account {
            return ModelOwnership::By(account.clone());
        }
        // A chain of models that belong to each other may go round in a circle.
        let through = model.parents.iter().filter(|_| depth < 4).find(|parent| {
            matches!(self.owned_within(parent, depth + 1), ModelOwnership::By(_) | ModelOwnership::Through(_))
        });
        match through {
            Some(parent) => ModelOwnership::Through(parent.clone()),
            None if model.is_known => ModelOwnership::No,
            None => ModelOwnership::Unknown,
        }
    }

    /// Returns the class of the project that a name like `invoice_service` speaks of.
    pub(super) fn service(&self, name: &str) -> Option<&ClassRef> {
        self.known.services.get(&words::simplify_name(name))
    }

    /// Returns the model whose objects a class holds: `interface InvoiceRepository extends JpaRepository<Invoice, Long>`.
    pub(super) fn repository(&self, class: &ClassRef) -> Option<Rc<str>> {
        let own = class.class.methods().filter(|method| !method.body.is_empty()).count();
        for base in &class.class.bases {
            let ExprKind::Index(outer, inner) = &*base.kind else { continue };
            if !dotted_text(outer).is_some_and(|name| name.ends_with("Repository") || name.ends_with("Dao")) {
                continue;
            }
            let first = match &*inner.kind {
                ExprKind::List(items) => items.first().and_then(dotted_text),
                _ => dotted_text(inner),
            };
            return first.map(|first| Rc::from(first.as_str()));
        }

        let extends = class.class.bases.iter().filter_map(dotted_text).any(|name| name.ends_with("Repository"));
        let model = class.class.name.strip_suffix("Repository").filter(|model| !model.is_empty());
        model.filter(|_| extends && own == 0).map(Rc::from)
    }

    /// Returns the declared type of a member that a constructor is given.
    pub(super) fn member_type(&self, class: &ClassRef, field: &str) -> Option<Expr> {
        let made = class.class.methods().find(|method| {
            matches!(method.name.as_str(), "constructor" | "__init__") || method.name == class.class.name
        })?;
        let direct = made.parameters.iter().find(|parameter| parameter.name == field);

        if let Some(declared) = direct.and_then(|parameter| parameter.declared.clone()) {
            return Some(declared);
        }
        // `self.repo = invoices`
        let from = made.body.iter().find_map(|statement| match &statement.kind {
            StatementKind::Assign(targets, Some(value)) => targets
                .iter()
                .any(|target| match &*target.kind {
                    ExprKind::Member(_, name) => name == field,
                    _ => false,
                })
                .then_some(value),
            _ => None,
        })?;

        match &*from.kind {
            ExprKind::Name(name) => made
                .parameters
                .iter()
                .find(|parameter| parameter.name == *name)
                .and_then(|parameter| parameter.declared.clone()),
            ExprKind::Call { callee, .. } => Some(callee.clone()),
            _ => None,
        }
    }

    /// Returns what a name at the top of a module stands for, where that is known.
    pub(super) fn global(&self, of: (FrameworkName, ModuleId), name: &str) -> Option<CodeValue> {
        self.globals.borrow().get(&of)?.get(name).cloned()
    }

    /// Keeps what a name at the top of a module stands for.
    pub(super) fn keep_global(&self, of: (FrameworkName, ModuleId), name: &str, value: CodeValue) {
        self.globals.borrow_mut().entry(of).or_default().insert(name.to_owned(), value);
    }

    /// Returns whether it is worth to sum up a function: whether it calls others.
    pub(super) fn is_summable(&self, function: &FunctionRef) -> bool {
        let at = Arc::as_ptr(&function.function);
        let known = self.summable.borrow().get(&at).copied();
        known.unwrap_or_else(|| {
            let is_summable = calls_within(&function.function) >= FEWEST_CALLS;
            self.summable.borrow_mut().insert(at, is_summable);
            is_summable
        })
    }

    /// Notes that what a function comes to depends on more than is known of a call of it.
    pub(super) fn never_sum_up(&self, function: &FunctionRef) {
        self.summable.borrow_mut().insert(Arc::as_ptr(&function.function), false);
    }

    /// Returns what a function comes to for these inputs, where it was read with them before.
    pub(super) fn kept(&self, inputs: &[u8]) -> Option<Rc<dyn Any>> {
        self.summaries.borrow().get(inputs).cloned()
    }

    /// Keeps what a function comes to for these inputs.
    pub(super) fn keep(&self, inputs: Box<[u8]>, summary: Rc<dyn Any>) {
        let mut summaries = self.summaries.borrow_mut();
        if summaries.len() < MOST_SUMMARIES {
            summaries.insert(inputs, summary);
        }
    }

    /// Returns whether a function asks for the caller somewhere.
    pub(super) fn asks_caller(&self, function: &FunctionRef) -> bool {
        let at = Arc::as_ptr(&function.function);
        if let Some(known) = self.asking.borrow().get(&at) {
            return *known;
        }
        let asks = asks_caller(&function.function);
        self.asking.borrow_mut().insert(at, asks);
        asks
    }

    /// Returns whether a function can neither load, refuse nor ask for the caller: then it is not followed without cause.
    pub(super) fn is_dull(&self, function: &FunctionRef) -> bool {
        let at = Arc::as_ptr(&function.function);
        if let Some(known) = self.dull.borrow().get(&at) {
            return *known;
        }
        let is_dull = is_dull(&function.function);
        self.dull.borrow_mut().insert(at, is_dull);
        is_dull
    }
}

impl KnownData {
    /// Adds what another part of the project says; what was said first stays.
    fn add(&mut self, other: &KnownData) {
        for (name, said) in &other.models {
            let model = self.models.entry(name.clone()).or_default();
            model.owner = model.owner.take().or_else(|| said.owner.clone());
            model.tenant = model.tenant.take().or_else(|| said.tenant.clone());
            model.parents.extend(said.parents.iter().cloned());
            model.keys.extend(said.keys.iter().cloned());
            model.is_known |= said.is_known;
        }
        self.tied.extend(other.tied.keys().map(|column| (column.clone(), ())));
        self.left_callers.extend(other.left_callers.keys().map(|name| (name.clone(), ())));
        self.accounts.extend(other.accounts.keys().map(|model| (model.clone(), ())));
    }

    fn entry(&mut self, name: &str) -> &mut Model {
        self.models.entry(model_key(name)).or_default()
    }
}

fn calls_within(function: &Function) -> usize {
    let mut calls = 0;
    walk_statements(&function.body, &mut |_| {}, &mut |expr| {
        calls += usize::from(matches!(&*expr.kind, ExprKind::Call { .. }));
    });
    calls
}

fn asks_caller(function: &Function) -> bool {
    let mut asks = false;
    walk_statements(&function.body, &mut |_| {}, &mut |expr| {
        let (ExprKind::Name(name) | ExprKind::Member(_, name)) = &*expr.kind else { return };
        asks |= words::is_one_of(name, &words::SUBJECT_CALLS) || words::simplify_name(name).contains("currentuser");
    });
    asks
}

/// A function without calls, without faults and without fields of the request cannot matter.
fn is_dull(function: &Function) -> bool {
    let mut matters = false;
    let mut thrown = false;
    walk_statements(
        &function.body,
        &mut |statement| thrown |= matches!(statement.kind, StatementKind::Throw(_) | StatementKind::Function(_)),
        &mut |expr| match &*expr.kind {
            ExprKind::Call { .. } | ExprKind::Function(_) => matters = true,
            ExprKind::Name(name) | ExprKind::Member(_, name) => {
                matters |=
                    matches!(name.as_str(), "request" | "req" | "session" | "g" | "self" | "this" | "current_user")
            }
            _ => {}
        },
    );
    !matters && !thrown
}

/// The name by which class, table and collection of one thing are known.
fn model_key(name: &str) -> String {
    let plain = words::simplify_name(name);
    // One thing is written as a class, a table and a collection, with and without such an ending.
    let plain = ["model", "entity", "table", "schema", "document", "db"]
        .iter()
        .find_map(|end| plain.strip_suffix(end).filter(|rest| rest.len() > 2))
        .unwrap_or(&plain)
        .to_owned();
    if let Some(rest) = plain.strip_suffix("ies") {
        return format!("{rest}y");
    }
    match plain.strip_suffix('s') {
        // `address` is no plural.
        Some(rest) if !rest.ends_with('s') => rest.to_owned(),
        _ => plain,
    }
}

#[cfg(test)]
mod tests {
    use std::collections::BTreeMap;

    use super::{ModelOwnership, Models};
    use crate::project::Project;
    use crate::tree::SourceTree;

    fn file(path: &str, columns: &str) -> (String, String) {
        (path.to_owned(), format!("SCHEMA = \"create table {} ({columns});\"\n", path.trim_end_matches(".py")))
    }

    #[test]
    fn an_edit_changes_what_its_own_file_says_of_models_and_no_other() {
        let texts =
            BTreeMap::from([file("invoices.py", "id int, owner_id int"), file("notes.py", "id int, title text")]);
        let project = Project::parse(SourceTree::of_texts(&texts));
        assert_eq!(Models::of(&project).owned("notes"), ModelOwnership::No);
        let edited = project.with(&BTreeMap::from([file("notes.py", "id int, author_id int")]));
        let models = Models::of(&edited);
        assert_eq!(models.owned("notes"), ModelOwnership::By("author_id".to_owned()));

        assert_eq!(models.owned("invoices"), ModelOwnership::By("owner_id".to_owned()));
    }
}
