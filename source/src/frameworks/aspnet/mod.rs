//! ASP.NET Core: controllers with attributes, conventional routes, and the minimal API.

mod attributes;
mod controllers;
mod minimal;

use std::collections::HashMap;

use super::query::{At, Matched, SourceQuery, Sources};
use super::scopes::{NameBinding, Scopes};
use crate::lang::Language;
use crate::project::Project;
use crate::routes::{Guard, GuardKind, GuardLevel, RouteTable};

pub(super) static QUERY: SourceQuery = SourceQuery::new(Language::CSharp, include_str!("aspnet.scm"));

pub(super) const FUNCTIONS: [&str; 5] = [
    "method_declaration",
    "local_function_statement",
    "lambda_expression",
    "anonymous_method_expression",
    "constructor_declaration",
];

/// Longer chains of names are not followed.
const MOST_STEPS: usize = 16;

/// Finds the routes.
pub(super) fn find_routes(project: &Project) -> RouteTable {
    let is_web = |module: &crate::project::Module| {
        module.language == Language::CSharp
            && ["Controller", "MapGet", "MapPost", "MapGroup", "MapPut", "MapDelete"]
                .iter()
                .any(|text| module.text.contains(text))
    };

    // Parsing all C# files costs much, so a project without a word of routing is left alone.
    if !project.modules.iter().any(|module| is_web(module)) {
        return RouteTable::default();
    }
    let sources = Sources::parse(project, Language::CSharp);
    let code = CSharpCode::read(&sources);
    let app = code.app_guards();
    let mut table = controllers::find_routes(&code, &app);
    table.extend(minimal::find_routes(&code, &app));

    table
}

/// The C# code of a project.
#[derive(Default)]
struct CSharpCode<'s> {
    classes: HashMap<&'s str, Vec<At<'s>>>,
    functions: HashMap<&'s str, Vec<At<'s>>>,
    /// Calls of methods, with what they are called on.
    calls: Vec<(&'s str, At<'s>, At<'s>)>,
    scopes: Scopes<'s>,
    constants: HashMap<&'s str, At<'s>>,
}

impl<'s> CSharpCode<'s> {
    fn read(sources: &'s Sources<'_>) -> Self {
        let mut code = CSharpCode::default();
        for root in sources.roots() {
            for matched in QUERY.matches(root) {
                code.take(&matched);
            }
        }
        code
    }

    fn take(&mut self, matched: &Matched<'s>) {
        if let Some(class) = matched.get("whole") {
            self.classes.entry(matched.text("class")).or_default().push(class);
        } else if let Some(function) = matched.get("function") {
            self.functions.entry(matched.text("method")).or_default().push(function);
            let list = matched.get("parameters").map(At::children).unwrap_or_default();

            for (place, declaration) in list.into_iter().enumerate() {
                if let Some(name) = declaration.field("name") {
                    self.scopes.add_parameter(name, declaration, function, place);
                }
            }
        } else if let (Some(call), Some(router)) = (matched.get("call"), matched.get("router")) {
            let name = matched.text("verb").split('<').next().unwrap_or_default();
            self.calls.push((name, call, router));
        } else if let (Some(left), Some(right)) = (matched.get("left"), matched.get("right")) {
            let declaration = matched.get("let").unwrap_or(left);
            let kinds: Vec<&str> = FUNCTIONS.iter().copied().chain(["block", "compilation_unit"]).collect();

            // Fields are found by name from any class, as constants of routes often stand in a class of their own.
            if declaration.within(&["field_declaration"]).is_some() {
                self.constants.entry(left.text()).or_insert(right);
            } else if let Some(block) = declaration.within(&kinds) {
                self.scopes.add_value(left, declaration, block, right);
            }
        }
    }

    /// Returns the text that an expression always has.
    fn constant(&self, at: At<'s>) -> Option<String> {
        self.constant_within(at, 0)
    }

    fn constant_within(&self, at: At<'s>, steps: usize) -> Option<String> {
        // A constant may be named like the one that it is made of.
        if steps > MOST_STEPS {
            return None;
        }
        let deeper = |at: At<'s>| self.constant_within(at, steps + 1);

        match at.kind() {
            "string_literal" | "verbatim_string_literal" | "raw_string_literal" => {
                Some(at.text().trim_start_matches('@').trim_matches('"').to_owned())
            }
            "binary_expression" => Some(deeper(at.field("left")?)? + &deeper(at.field("right")?)?),
            "identifier" => match self.scopes.look_up(at.text(), at) {
                Some(NameBinding::Value(value)) => deeper(value),
                Some(NameBinding::Parameter(..)) => None,
                None => deeper(*self.constants.get(at.text())?),
            },
            "member_access_expression" => deeper(*self.constants.get(at.field_text("name"))?),
            "interpolated_string_expression" => {
                let parts = at.children().into_iter().filter(|part| part.kind() != "interpolation_start");
                parts
                    .map(|part| match part.kind() {
                        "interpolation" => part.children().into_iter().find_map(deeper),
                        _ => Some(part.text().replace("{{", "{").replace("}}", "}")),
                    })
                    .collect()
            }
            _ => None,
        }
    }

    /// Returns a class and the classes of the project that it extends, nearest first.
    fn line_of(&self, class: At<'s>) -> Vec<At<'s>> {
        let mut line = vec![class];
        let mut at = 0;

        while let Some(current) = line.get(at).copied() {
            for base in current.child("base_list").map(At::children).unwrap_or_default() {
                let name = base.text().split('<').next().unwrap_or_default();
                let known = self.classes.get(name.rsplit('.').next().unwrap_or(name));
                let known = known.and_then(|known| known.first()).copied();
                // Names are compared without namespaces, so a class may seem to extend itself; each is taken once.
                if let Some(known) = known.filter(|known| !line.iter().any(|one| one.key() == known.key()))
                    && line.len() < 16
                {
                    line.push(known);
                }
            }

            at += 1;
        }

        line
    }

    /// What holds for the whole application: a fallback policy, filters of all controllers.
    fn app_guards(&self) -> AppGuards {
        let mut found = AppGuards::default();
        let guard = |name: &str, at: At| Guard {
            name: name.to_owned(),
            kind: GuardKind::Authentication,
            level: GuardLevel::App,
            place: at.place(),
        };

        for (name, call, router) in &self.calls {
            let text = call.text();
            let sets_fallback = match *name {
                // Only a fallback that demands a caller is a guard; a policy may also just name schemes.
                "SetFallbackPolicy" => text.contains("RequireAuthenticatedUser"),
                "AddAuthorization" => text.contains("FallbackPolicy") && text.contains("Require"),
                _ => false,
            };
            if sets_fallback {
                found.all.push(guard("FallbackPolicy", *call));
            } else if *name == "Add" && router.text().ends_with("Filters") && text.contains("AuthorizeFilter") {
                found.controllers.push(guard("AuthorizeFilter", *call));
            } else if *name == "RequireAuthorization" && router.text().contains("MapControllers") {
                found.controllers.push(guard("MapControllers().RequireAuthorization()", *call));
            } else if *name == "UsePathBase" {
                let path = call.field("arguments").and_then(|list| list.children().first().copied());
                let path = path.and_then(|path| path.children().last().copied()).and_then(|path| self.constant(path));
                found.base = path.unwrap_or_default();
            }
        }

        found
    }
}

/// What holds for the whole application.
#[derive(Default)]
struct AppGuards {
    /// Everything.
    all: Vec<Guard>,
    /// Controllers only.
    controllers: Vec<Guard>,
    /// A path before all paths.
    base: String,
}

/// What lets strangers in takes away the fallback: the guards that are left before it.
fn without_public(mut guards: Vec<Guard>) -> Vec<Guard> {
    if guards.iter().any(|guard| guard.kind == GuardKind::Public) {
        guards.retain(|guard| guard.kind == GuardKind::Public || guard.kind == GuardKind::Unknown);
    }
    guards
}
