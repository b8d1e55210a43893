//! Controllers: routes by attributes, and by convention.

use super::attributes::{Attribute, read_attributes};
use super::{AppGuards, CSharpCode, without_public};
use crate::frameworks::query::At;
use crate::routes::{FrameworkName, Guard, GuardLevel, RouteEntry, RouteTable, join_paths, normalise_path};

const VERBS: [(&str, &str); 7] = [
    ("HttpGet", "GET"),
    ("HttpPost", "POST"),
    ("HttpPut", "PUT"),
    ("HttpPatch", "PATCH"),
    ("HttpDelete", "DELETE"),
    ("HttpHead", "HEAD"),
    ("HttpOptions", "OPTIONS"),
];

/// Finds the routes of controllers.
pub(super) fn find_routes(code: &CSharpCode<'_>, app: &AppGuards) -> RouteTable {
    let mut table = RouteTable::default();
    let conventions: Vec<(String, At)> = code
        .calls
        .iter()
        .filter(|(name, ..)| {
            ["MapControllerRoute", "MapAreaControllerRoute", "MapDefaultControllerRoute"].contains(name)
        })
        .filter_map(|(name, call, _)| Some((route_convention(name, *call)?, *call)))
        .collect();
    for class in code.classes.values().flatten() {
        if is_controller(*class) {
            AspNetClassReader { code, app, class: *class, line: code.line_of(*class) }.read(&conventions, &mut table);
        }
    }
    table
}

fn route_convention(name: &str, call: At<'_>) -> Option<String> {
    if name == "MapDefaultControllerRoute" {
        return Some("{controller=Home}/{action=Index}/{id?}".to_owned());
    }
    let list = call.field("arguments")?.children();
    list.into_iter()
        .map(|argument| argument.text().split('"').nth(1).unwrap_or("").to_owned())
        .find(|text| text.contains("{action"))
}

fn is_controller(class: At<'_>) -> bool {
    let modifiers: Vec<&str> =
        class.children().into_iter().filter(|child| child.kind() == "modifier").map(At::text).collect();
    let name = class.field_text("name");
    let bases = class.child("base_list").map_or("", At::text);
    let is_marked = read_attributes(class).iter().any(|one| ["ApiController", "Controller"].contains(&one.name));
    let is_off = read_attributes(class).iter().any(|one| one.name == "NonController");
    let is_one = name.ends_with("Controller") || bases.contains("Controller") || is_marked;

    // MVC serves no abstract or static classes; `NonController` takes one out explicitly.
    is_one && !is_off && !modifiers.contains(&"abstract") && !modifiers.contains(&"static")
}

struct AspNetClassReader<'s, 'c> {
    code: &'c CSharpCode<'s>,
    app: &'c AppGuards,
    class: At<'s>,
    line: Vec<At<'s>>,
}

/// A route of an action: methods, the template of the method, and where it is declared.
struct Action<'s> {
    methods: Vec<String>,
    template: Option<String>,
    declared: At<'s>,
}

impl<'s> AspNetClassReader<'s, '_> {
    fn read(&self, conventions: &[(String, At<'s>)], table: &mut RouteTable) {
        let prefixes = self.prefixes();
        for class in &self.line {
            let members = class.field("body").map(At::children).unwrap_or_default();
            for method in members.into_iter().filter(|member| member.kind() == "method_declaration") {
                let is_own = class.key() == self.class.key();
                // What is overridden is read where it is.
                if (is_own || !self.overrides(method)) && is_action(method) {
                    self.read_method(method, &prefixes, conventions, table);
                }
            }
        }
    }

    fn overrides(&self, method: At<'s>) -> bool {
        let members = self.class.field("body").map(At::children).unwrap_or_default();
        members
            .into_iter()
            .any(|own| own.kind() == "method_declaration" && own.field_text("name") == method.field_text("name"))
    }

    /// The templates of the class, or of the nearest class above that has some.
    fn prefixes(&self) -> Vec<String> {
        for class in &self.line {
            let own = read_attributes(*class).into_iter().filter(|one| one.name == "Route");
            let own: Vec<String> = own.filter_map(|one| self.code.constant(*one.values().first()?)).collect();

            if !own.is_empty() {
                return own;
            }
        }

        Vec::new()
    }

    fn read_method(
        &self,
        method: At<'s>,
        prefixes: &[String],
        conventions: &[(String, At<'s>)],
        table: &mut RouteTable,
    ) {
        let actions = self.actions(method, table);
        // MVC ignores conventional routes for actions that have a route by attribute.
        let has_template = !prefixes.is_empty() || actions.iter().any(|action| action.template.is_some());

        for action in &actions {
            let paths = if has_template { attribute_paths(prefixes, action.template.as_deref()) } else { Vec::new() };
            paths.iter().for_each(|path| self.add(method, action, path, table));
        }
        if has_template {
            return;
        }
        for (convention, _) in conventions {
            let methods = actions.iter().flat_map(|action| action.methods.clone()).collect();
            let action = Action { methods, template: None, declared: method };
            self.add(method, &action, &self.conventional(method, convention), table);
        }
    }

    fn actions(&self, method: At<'s>, table: &mut RouteTable) -> Vec<Action<'s>> {
        let all = read_attributes(method);
        let plain = all.iter().filter(|one| one.name == "Route");
        let templates: Vec<(Option<String>, At)> = plain.map(|one| (self.template(one, table), one.at)).collect();
        let mut found = Vec::new();

        for one in &all {
            let methods = match VERBS.iter().find(|(name, _)| *name == one.name) {
                Some((_, verb)) => vec![(*verb).to_owned()],
                None if one.name == "AcceptVerbs" => {
                    let texts = one.values().into_iter().filter_map(|value| self.code.constant(value));
                    texts
                        .flat_map(|text| {
                            text.split(',').map(|verb| verb.trim().to_ascii_uppercase()).collect::<Vec<_>>()
                        })
                        .collect()
                }
                None => continue,
            };

            let own = if one.name == "AcceptVerbs" {
                one.named("Route").and_then(|value| self.code.constant(value))
            } else {
                self.template(one, table)
            };
            // A template of the verb wins; without one the verb restricts every `Route` of the same method.
            if own.is_some() || templates.is_empty() {
                found.push(Action { methods, template: own, declared: one.at });
            } else {
                let each = templates.iter().map(|(template, at)| (template.clone(), *at));
                found.extend(each.map(|(template, declared)| Action { methods: methods.clone(), template, declared }));
            }
        }

        // `Route` without any verb serves every method.
        if found.is_empty() {
            let each = templates.into_iter();
            found.extend(each.map(|(template, declared)| Action { methods: Vec::new(), template, declared }));
        }
        if found.is_empty() {
            found.push(Action { methods: Vec::new(), template: None, declared: method });
        }
        found
    }

    fn template(&self, one: &Attribute<'s>, table: &mut RouteTable) -> Option<String> {
        let value = *one.values().first()?;
        let found = self.code.constant(value);

        if found.is_none() {
            table.unclear.push(value.note("the path is made at runtime"));
        }
        found
    }

    fn conventional(&self, method: At<'s>, convention: &str) -> String {
        let mut path = String::new();
        for part in convention.split('/') {
            let name = part.trim_matches(['{', '}']).split(['=', ':']).next().unwrap_or("").trim_end_matches('?');
            let written = match name {
                "controller" => "[controller]".to_owned(),
                "action" => "[action]".to_owned(),
                "area" => "[area]".to_owned(),
                name if part.starts_with('{') && part.contains('?') => {
                    // An optional part is a parameter only where the action takes one of that name.
                    let asked = method.field_text("parameters").contains(&format!(" {name}"));
                    if asked { format!("{{{name}}}") } else { String::new() }
                }
                _ => part.to_owned(),
            };

            if !written.is_empty() {
                path = join_paths(&path, &written);
            }
        }

        path
    }

    fn add(&self, method: At<'s>, action: &Action<'s>, path: &str, table: &mut RouteTable) {
        let controller = self.class.field_text("name");
        let controller = controller.strip_suffix("Controller").unwrap_or(controller);
        let area = self.line.iter().flat_map(|class| read_attributes(*class)).find(|one| one.name == "Area");
        let area = area.and_then(|one| self.code.constant(*one.values().first()?)).unwrap_or_default();
        let name = read_attributes(method).into_iter().find(|one| one.name == "ActionName");
        let name = name.and_then(|one| self.code.constant(*one.values().first()?));
        let name = name.unwrap_or_else(|| {
            // MVC drops the suffix `Async` from names of actions unless the program turns that off.
            let own = method.field_text("name");
            own.strip_suffix("Async").unwrap_or(own).to_owned()
        });
        let path = path.replace("[controller]", controller).replace("[action]", &name).replace("[area]", &area);
        let path = normalise_path(&join_paths(&self.app.base, path.trim_end_matches('/')));
        let level = GuardLevel::Router;
        // The line of classes is nearest first, while guards are listed from the outermost to the innermost.
        let above: Vec<Guard> =
            self.line.iter().rev().flat_map(|class| self.code.attribute_guards(*class, level)).collect();
        let mut guards = [self.app.all.clone(), self.app.controllers.clone(), above].concat();
        guards.extend(self.code.attribute_guards(method, GuardLevel::Route));
        table.routes.push(RouteEntry {
            framework: FrameworkName::AspNet,
            methods: action.methods.clone(),
            path,
            function: format!("{}.{}", self.class.field_text("name"), method.field_text("name")),
            handler: method.field("name").unwrap_or(method).place(),
            declared: action.declared.place(),
            guards: without_public(guards),
            code: None,
        });
    }
}

fn is_action(method: At<'_>) -> bool {
    let modifiers: Vec<&str> =
        method.children().into_iter().filter(|child| child.kind() == "modifier").map(At::text).collect();
    let is_off = read_attributes(method).iter().any(|one| one.name == "NonAction");
    modifiers.contains(&"public") && !modifiers.contains(&"static") && !is_off && !modifiers.contains(&"abstract")
}

/// The paths of an action: its template below each of the class, or alone where it begins at the root.
fn attribute_paths(prefixes: &[String], template: Option<&str>) -> Vec<String> {
    let template = template.unwrap_or("");
    // A template with a slash or a tilde at its start overrides the prefix of the class.
    if template.starts_with(['/', '~']) || prefixes.is_empty() {
        return vec![join_paths("", template.trim_start_matches('~'))];
    }
    prefixes.iter().map(|prefix| join_paths(prefix.trim_start_matches('~'), template)).collect()
}
