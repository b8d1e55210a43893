//! The language of `config/routes.rb`.

use std::collections::HashMap;

use super::options::{LoopNames, RailsCallArguments, text_of, texts_of};
use super::{Controllers, DrawnRoute, QUERY};
use crate::frameworks::query::{At, Sources};
use crate::routes::{Guard, GuardKind, GuardLevel, RouteTable};

/// Blocks in blocks are run so deep.
const MOST_DEPTH: usize = 24;
/// Routes of one project.
const MOST_ROUTES: usize = 20_000;

/// What a block of routes is run in.
#[derive(Clone, Default)]
pub(super) struct RailsScope {
    pub(super) path: String,
    /// With a slash at its end where it is not empty.
    pub(super) module: String,
    pub(super) controller: Option<String>,
    /// Within `resources`: the paths of its members, of the collection, and of what is nested.
    pub(super) resource: Option<ResourcePaths>,
    pub(super) guards: Vec<Guard>,
    pub(super) names: LoopNames,
    pub(super) is_shallow: bool,
    pub(super) shallow_path: String,
    pub(super) depth: usize,
}

/// The paths of a resource.
#[derive(Clone, Default)]
pub(super) struct ResourcePaths {
    pub(super) member: String,
    pub(super) collection: String,
}

/// The routes as they are drawn.
pub(super) struct Drawing<'s> {
    pub(super) controllers: Controllers<'s>,
    /// Whose routes, and the block.
    pub(super) draws: Vec<(String, At<'s>)>,
    concerns: HashMap<String, At<'s>>,
    roots: Vec<At<'s>>,
    pub(super) table: RouteTable,
    pub(super) has_views: bool,
}

impl<'s> Drawing<'s> {
    pub(super) fn new(sources: &'s Sources<'_>) -> Self {
        let mut draws = Vec::new();
        for root in sources.roots() {
            for matched in QUERY.matches(root) {
                if let (Some(_), Some(block)) = (matched.get("draw"), matched.get("block")) {
                    draws.push((matched.text("owner").trim_end_matches(".routes").to_owned(), block));
                }
            }
        }

        Drawing {
            controllers: Controllers::read(sources),
            draws,
            concerns: HashMap::new(),
            roots: sources.roots().collect(),
            table: RouteTable::default(),
            has_views: true,
        }
    }

    /// Returns whether a block mounts that engine.
    pub(super) fn mounts_engine(&self, owner: &str) -> bool {
        let owner = owner.trim_start_matches("::");
        self.draws.iter().any(|(_, block)| {
            let text = block.text();
            text.match_indices("mount ")
                .any(|(at, _)| text.get(at + 6..).is_some_and(|rest| rest.trim_start_matches("::").starts_with(owner)))
        })
    }

    /// Runs what stands in a block or file.
    pub(super) fn run(&mut self, block: At<'s>, scope: &RailsScope) {
        if scope.depth > MOST_DEPTH || self.table.routes.len() > MOST_ROUTES {
            self.table.unclear.push(block.note("blocks of routes within it are not followed any deeper"));
            return;
        }
        let scope = RailsScope { depth: scope.depth + 1, ..scope.clone() };

        for statement in block.children() {
            self.run_statement(statement, &scope);
        }
    }

    fn run_statement(&mut self, at: At<'s>, scope: &RailsScope) {
        match at.kind() {
            "call" => self.run_call(at, scope),
            "body_statement" | "block_body" | "if" | "unless" | "then" | "else" | "elsif" | "begin" | "program"
            | "if_modifier" | "unless_modifier" => self.run(at, scope),
            _ => {}
        }
    }

    fn run_call(&mut self, call: At<'s>, scope: &RailsScope) {
        let options = RailsCallArguments::of(call, &scope.names);
        let block = call.field("block");

        match call.field_text("method") {
            "resources" => self.run_resources(call, &options, scope),
            "resource" => self.run_resource(call, &options, scope),
            "namespace" | "scope" => self.run_scope(call, &options, scope),
            "member" | "collection" | "nested" | "new" => self.run_on(call, scope),
            "shallow" => self.run_block(block, &RailsScope { is_shallow: true, ..scope.clone() }),
            "controller" => {
                let controller = options.values.first().and_then(|first| text_of(*first, &scope.names));
                self.run_block(block, &RailsScope { controller, ..scope.clone() });
            }
            "authenticate" | "authenticated" => {
                // Devise wraps routes into a constraint, which answers 404 to callers who are not signed in.
                let name = call.text().split(" do").next().unwrap_or("authenticate").trim().to_owned();
                let kind = GuardKind::Authentication;
                let mut inner = scope.clone();
                inner.guards.push(Guard { name, kind, level: GuardLevel::Router, place: call.place() });
                self.run_block(block, &inner);
            }
            "concern" => {
                let name = options.values.first().and_then(|first| text_of(*first, &scope.names));
                if let (Some(name), Some(block)) = (name, block) {
                    self.concerns.insert(name, block);
                }
            }
            "concerns" => {
                let names = options.values.iter().flat_map(|value| texts_of(*value, &scope.names)).collect::<Vec<_>>();
                self.run_concerns(&names, scope);
            }
            "draw" => self.run_file(&options, scope),
            "mount" => self.run_mount(&options, scope),
            "each" => self.run_loop(call, scope),
            "root" => self.run_root(call, &options, scope),
            "get" | "post" | "put" | "patch" | "delete" | "match" => self.run_verb(call, &options, scope),
            "devise_for" | "use_doorkeeper" => {
                self.table.unclear.push(call.note("these routes are made by a library"));
            }
            _ => self.run_block(block, scope),
        }
    }

    fn run_block(&mut self, block: Option<At<'s>>, scope: &RailsScope) {
        if let Some(block) = block {
            self.run(block, scope);
        }
    }

    /// Runs the blocks of concerns here.
    pub(super) fn run_concerns(&mut self, names: &[String], scope: &RailsScope) {
        for name in names {
            self.run_block(self.concerns.get(name).copied(), scope);
        }
    }

    fn run_scope(&mut self, call: At<'s>, options: &RailsCallArguments<'s>, scope: &RailsScope) {
        let names = &scope.names;
        let given: Vec<String> = options.values.iter().filter_map(|value| text_of(*value, names)).collect();
        let name = given.join("/");
        let is_namespace = call.field_text("method") == "namespace";
        let path = options.text("path", names).unwrap_or(name.clone());
        let module = options.text("module", names).or_else(|| is_namespace.then_some(name));
        let mut inner = scope.clone();
        inner.path = path_below(&scope.path, &path);
        inner.shallow_path = path_below(&scope.shallow_path, &path);
        // A scope inside a resource begins anew, so `member` no longer means the outer one.
        inner.resource = None;

        if let Some(module) = module.filter(|module| !module.is_empty()) {
            inner.module = format!("{}{module}/", scope.module);
        }
        inner.controller = options.text("controller", names).or_else(|| scope.controller.clone());
        inner.is_shallow |= options.get("shallow").is_some_and(|value| value.text() == "true");
        let concerns = options.texts("concerns", names).unwrap_or_default();
        self.run_concerns(&concerns, &inner);

        self.run_block(call.field("block"), &inner);
    }

    fn run_on(&mut self, call: At<'s>, scope: &RailsScope) {
        let mut inner = scope.clone();
        if let Some(paths) = &scope.resource {
            inner.path = match call.field_text("method") {
                "member" => paths.member.clone(),
                "collection" => paths.collection.clone(),
                "new" => path_below(&paths.collection, "new"),
                _ => scope.path.clone(),
            };
        }

        self.run_block(call.field("block"), &inner);
    }

    /// `draw :admin` is `config/routes/admin.rb`.
    fn run_file(&mut self, options: &RailsCallArguments<'s>, scope: &RailsScope) {
        let Some(name) = options.values.first().and_then(|first| text_of(*first, &scope.names)) else { return };
        let end = format!("config/routes/{name}.rb");
        let file = self.roots.iter().find(|root| root.file.module.path.ends_with(&end)).copied();
        self.run_block(file, scope);
    }

    fn run_mount(&mut self, options: &RailsCallArguments<'s>, scope: &RailsScope) {
        let named = options.targets.first().map(|(owner, path)| (owner.clone(), text_of(*path, &scope.names)));
        let first = options.values.first().map(|first| (first.text().to_owned(), options.text("at", &scope.names)));
        let Some((owner, Some(path))) = named.or(first) else { return };
        let draws: Vec<At> =
            self.draws.iter().filter(|(own, _)| is_same(own, &owner)).map(|(_, block)| *block).collect();
        // An engine has its own modules and controllers, so those of the mounting block do not reach into it. What
        // guards the block does: a request has passed it before it comes to the engine.
        let inner = RailsScope {
            path: path_below(&scope.path, &path),
            guards: scope.guards.clone(),
            depth: scope.depth,
            ..RailsScope::default()
        };

        draws.into_iter().for_each(|block| self.run(block, &inner));
    }

    /// `%w(a b).each do |name|`
    fn run_loop(&mut self, call: At<'s>, scope: &RailsScope) {
        let (Some(list), Some(block)) = (call.field("receiver"), call.field("block")) else { return };
        let name = block.field("parameters").and_then(|list| list.children().first().copied());
        let values = texts_of(list, &scope.names);

        if values.is_empty() {
            self.table.unclear.push(call.note("the routes of this loop are made at runtime"));
        }
        for value in values {
            let mut inner = scope.clone();
            if let Some(name) = name {
                inner.names.insert(name.text().to_owned(), value);
            }
            self.run(block, &inner);
        }
    }

    fn run_root(&mut self, call: At<'s>, options: &RailsCallArguments<'s>, scope: &RailsScope) {
        let names = &scope.names;
        let target = options.text("to", names).or_else(|| options.values.first().and_then(|at| text_of(*at, names)));
        let target = target.unwrap_or_default();
        let (controller, action) = target.split_once('#').unwrap_or((&target, "index"));
        self.add(
            &DrawnRoute {
                at: call,
                methods: vec!["GET".to_owned()],
                path: path_below(&scope.path, ""),
                controller: format!("{}{controller}", scope.module),
                action: action.to_owned(),
            },
            scope,
        );
    }

    fn run_verb(&mut self, call: At<'s>, options: &RailsCallArguments<'s>, scope: &RailsScope) {
        let names = &scope.names;
        let verb = call.field_text("method");
        let methods = match verb {
            "match" => {
                let via = options.texts("via", names).unwrap_or_default();
                // `via: :all` is every method, which an empty list stands for.
                via.iter().filter(|via| *via != "all").map(|via| via.to_ascii_uppercase()).collect()
            }
            verb => vec![verb.to_ascii_uppercase()],
        };

        let mut paths: Vec<(String, Option<At>)> =
            options.targets.iter().map(|(path, target)| (path.clone(), Some(*target))).collect();
        for value in &options.values {
            match text_of(*value, names) {
                Some(path) => paths.push((path, options.get("to"))),
                None => self.table.unclear.push(value.note("the path is made at runtime")),
            }
        }

        for (path, target) in paths {
            self.add_verb(call, options, scope, (&methods, &path, target));
        }
    }

    fn add_verb(
        &mut self,
        call: At<'s>,
        options: &RailsCallArguments<'s>,
        scope: &RailsScope,
        (methods, path, target): (&[String], &str, Option<At<'s>>),
    ) {
        let names = &scope.names;
        let text = target.and_then(|target| text_of(target, names)).unwrap_or_default();
        let (controller, action) = match text.split_once('#') {
            Some((controller, action)) => (Some(controller.to_owned()), Some(action.to_owned())),
            None if !text.is_empty() => (None, Some(text)),
            None => (None, None),
        };
        let plain = path.trim_start_matches('/');
        let plain = plain.split("(").next().unwrap_or(plain);
        let mut controller =
            controller.or_else(|| options.text("controller", names)).or_else(|| scope.controller.clone());
        let mut action = action.or_else(|| options.text("action", names));

        if target.is_none() && controller.is_none() && action.is_none() {
            // `get "orders/list"` is the action `list` of `orders`.
            let (of, name) = plain.rsplit_once('/').unwrap_or(("", plain));
            controller = Some(of.to_owned());
            action = Some(name.to_owned());
        }

        // Without a target the name of the action comes from the path, with underscores for dashes.
        let action = action.unwrap_or_else(|| if target.is_some() { String::new() } else { plain.replace('-', "_") });
        let base = match (options.text("on", names).as_deref(), &scope.resource) {
            (Some("member"), Some(paths)) => paths.member.clone(),
            (Some("collection"), Some(paths)) => paths.collection.clone(),
            (Some("new"), Some(paths)) => path_below(&paths.collection, "new"),
            _ => scope.path.clone(),
        };

        let module = options.text("module", names).map(|module| format!("{module}/")).unwrap_or_default();
        let controller = controller.unwrap_or_default();
        // A slash at the start of a controller leaves the module of the scope.
        let controller = match controller.strip_prefix('/') {
            Some(absolute) => absolute.to_owned(),
            None => format!("{}{module}{controller}", scope.module),
        };
        let path = path_below(&base, path);
        self.add(&DrawnRoute { at: call, methods: methods.to_vec(), path, controller, action }, scope);
    }
}

/// Puts a path below another one.
pub(super) fn path_below(base: &str, path: &str) -> String {
    let path = path.trim_matches('/');
    let base = base.trim_end_matches('/');

    if path.is_empty() {
        base.to_owned()
    } else if path.starts_with('(') {
        // `(:locale)` has its slash with it.
        let inner = path.trim_start_matches('(');
        if inner.starts_with('/') { format!("{base}{path}") } else { format!("{base}(/{inner}") }
    } else {
        format!("{base}/{path}")
    }
}

fn is_same(a: &str, b: &str) -> bool {
    a.trim_start_matches("::") == b.trim_start_matches("::")
}
