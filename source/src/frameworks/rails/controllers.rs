//! Actions of controllers, and the filters that run before them.

use std::collections::HashMap;

use super::QUERY;
use super::options::{LoopNames, RailsCallArguments, text_of};
use crate::frameworks::guarding::{is_harmless, make_guard};
use crate::frameworks::query::{At, Sources};
use crate::routes::{CodePlace, Guard, GuardLevel};

/// More classes above a class are not looked at.
const MOST_CLASSES: usize = 24;
/// Calls in a class that put a filter before its actions though their names do not say so.
const FILTERING: [&str; 6] = [
    "authorize_resource",
    "doorkeeper_authorize!",
    "http_basic_authenticate_with",
    "load_and_authorize_resource",
    "prepend_before_action",
    "require_permission",
];

/// The classes and modules of a project.
#[derive(Default)]
pub(super) struct Controllers<'s> {
    /// By the last part of their name.
    classes: HashMap<String, Vec<RubyClass<'s>>>,
}

#[derive(Clone)]
struct RubyClass<'s> {
    at: At<'s>,
    /// `Admin::OrdersController`
    full: String,
}

/// What is known of an action.
#[derive(Default)]
pub(super) struct RailsAction {
    pub(super) function: Option<String>,
    pub(super) place: Option<CodePlace>,
    pub(super) guards: Vec<Guard>,
}

impl<'s> Controllers<'s> {
    pub(super) fn read(sources: &'s Sources<'_>) -> Self {
        let mut found = Controllers::default();
        for root in sources.roots() {
            for matched in QUERY.matches(root) {
                let name = matched.get("class").or_else(|| matched.get("module"));
                let (Some(name), Some(at)) = (name, matched.get("whole")) else { continue };
                let outer = at.ancestors().filter(|up| ["class", "module"].contains(&up.kind()));
                let mut parts: Vec<&str> = outer.map(|up| up.field_text("name")).collect();
                // Ancestors come from the inside out, names of Ruby from the outside in.
                parts.reverse();
                parts.push(name.text());
                let full = parts.join("::");
                let last = full.rsplit("::").next().unwrap_or_default().to_owned();
                found.classes.entry(last).or_default().push(RubyClass { at, full });
            }
        }

        found
    }

    /// Returns an action of a controller, with the filters before it.
    pub(super) fn action(&self, controller: &str, action: &str) -> RailsAction {
        let Some(class) = self.controller(controller) else { return RailsAction::default() };
        let line = self.line_of(&class);
        let method = line.iter().find_map(|of| method_of(of.at, action).or_else(|| aliased_method(of.at, action)));

        // A view without a method is served all the same.
        let place = method.map_or_else(|| class.at.place(), At::place);
        let function = Some(format!("{}.{action}", class.full));
        RailsAction { function, place: Some(place), guards: self.filters(&line, action) }
    }

    /// `admin/orders` is `Admin::OrdersController`.
    fn controller(&self, path: &str) -> Option<RubyClass<'s>> {
        let parts: Vec<String> = format!("{path}_controller").split('/').map(camel_case).collect();
        let last = parts.last()?;
        // Acronyms are in capitals: `oauth` may be `OAuthController`.
        let any_case =
            || self.classes.iter().filter(|(name, _)| name.eq_ignore_ascii_case(last)).flat_map(|(_, of)| of);
        let known: Vec<&RubyClass> = match self.classes.get(last) {
            Some(known) => known.iter().collect(),
            None => any_case().collect(),
        };
        let full = parts.join("::");
        let end = format!("/{path}_controller.rb");
        // Rails loads a controller by its file, so the file decides between classes of one name.
        let by_file = known.iter().find(|class| format!("/{}", class.at.file.module.path).ends_with(&end));

        let by_name = || known.iter().find(|class| class.full.eq_ignore_ascii_case(&full));
        by_file.or_else(by_name).map(|class| RubyClass::clone(class))
    }

    /// A class, what it includes, and what it extends, nearest first.
    fn line_of(&self, class: &RubyClass<'s>) -> Vec<RubyClass<'s>> {
        let mut line = vec![class.clone()];
        let mut at = 0;

        while let Some(current) = line.get(at).cloned() {
            let above = current.at.field("superclass").and_then(|above| above.children().first().copied());
            let mut names: Vec<&str> = included_modules(current.at);
            names.extend(above.map(At::text));

            for name in names {
                let known = self.named(name, &current);
                // Modules may include each other, so each counts once.
                if let Some(known) = known.filter(|known| !line.iter().any(|one| one.at.key() == known.at.key()))
                    && line.len() < MOST_CLASSES
                {
                    line.push(known);
                }
            }

            at += 1;
        }

        line
    }

    fn named(&self, name: &str, from: &RubyClass<'s>) -> Option<RubyClass<'s>> {
        let name = name.trim_start_matches("::");
        let known = self.classes.get(name.rsplit("::").next()?)?;
        let mut outer: Vec<&str> = from.full.split("::").collect();

        // The nearest module that has it.
        while outer.pop().is_some() {
            let full = outer.iter().copied().chain(Some(name)).collect::<Vec<_>>().join("::");
            if let Some(found) = known.iter().find(|class| class.full == full) {
                return Some(found.clone());
            }
        }

        known.iter().find(|class| class.full.ends_with(name)).cloned()
    }

    /// The filters that run before an action, outermost first.
    fn filters(&self, line: &[RubyClass<'s>], action: &str) -> Vec<Guard> {
        let mut guards: Vec<(String, Guard)> = Vec::new();
        // Filters of base classes run before those of the class itself.
        for class in line.iter().rev() {
            for call in class_calls(class.at) {
                let options = RailsCallArguments::of(call, &LoopNames::new());
                if !reaches_action(&options, action) {
                    continue;
                }
                let verb = call.field_text("method");
                let names = options.values.iter().filter_map(|value| text_of(*value, &LoopNames::new()));
                let names: Vec<String> = names.collect();

                if ["skip_before_action", "skip_before_filter"].contains(&verb) {
                    // `skip_before_action` lifts an inherited filter, which is how single actions lose their guard.
                    guards.retain(|(name, _)| !names.contains(name));
                } else if FILTERING.contains(&verb) && verb != "prepend_before_action" {
                    let guard = make_guard(verb, None, guard_level(class, &options), call.place());
                    guards.push((verb.to_owned(), guard));
                } else {
                    self.put(line, class, call, (&options, names, verb.starts_with("prepend")), &mut guards);
                }
            }
        }

        guards.into_iter().map(|(_, guard)| guard).collect()
    }

    fn put(
        &self,
        line: &[RubyClass<'s>],
        class: &RubyClass<'s>,
        call: At<'s>,
        (options, names, is_first): (&RailsCallArguments<'s>, Vec<String>, bool),
        guards: &mut Vec<(String, Guard)>,
    ) {
        let level = guard_level(class, options);
        let mut found: Vec<(String, Option<&str>)> = names
            .into_iter()
            .map(|name| {
                let body = line.iter().find_map(|of| method_of(of.at, &name)).map(At::text);
                (name, body)
            })
            .collect();
        found.extend(call.field("block").map(|block| ("before_action".to_owned(), Some(block.text()))));
        for (name, body) in found.into_iter().filter(|(name, body)| !is_harmless(name, *body)) {
            let guard = make_guard(&name, body, level, call.place());
            let at = if is_first { 0 } else { guards.len() };
            // Rails keeps one filter of a name, at its latest place.
            guards.retain(|(own, _)| *own != name);
            guards.insert(at.min(guards.len()), (name, guard));
        }
    }
}

/// The base of all controllers is the application's.
fn guard_level(class: &RubyClass<'_>, options: &RailsCallArguments<'_>) -> GuardLevel {
    let is_base = class.at.field_text("superclass").contains("ActionController");
    match options.get("only") {
        // A filter with `only` is put for single actions, so it counts as one of the route.
        Some(_) => GuardLevel::Route,
        None if is_base => GuardLevel::App,
        None => GuardLevel::Router,
    }
}

fn reaches_action(options: &RailsCallArguments<'_>, action: &str) -> bool {
    let none = LoopNames::new();
    let only = options.texts("only", &none);
    let except = options.texts("except", &none).unwrap_or_default();
    only.is_none_or(|only| only.iter().any(|name| name == action)) && !except.iter().any(|name| name == action)
}

/// Calls in a class that put filters before its actions, in order; those of `included do` too.
fn class_calls(class: At<'_>) -> Vec<At<'_>> {
    let mut found = Vec::new();
    let mut open: Vec<At> = class.field("body").into_iter().collect();

    while let Some(at) = open.pop() {
        for child in at.children() {
            let verb = child.field_text("method");
            if child.kind() == "call" && is_filter(verb) {
                found.push(child);
            } else if child.kind() == "call" && ["included", "class_eval", "with_options"].contains(&verb) {
                open.extend(child.field("block"));
            } else if ["body_statement", "block_body"].contains(&child.kind()) {
                open.push(child);
            }
        }
    }

    // The search does not keep the order of the file, on which filters depend.
    found.sort_by_key(|call| call.node.start_byte());
    found
}

fn is_filter(verb: &str) -> bool {
    ["before_action", "before_filter", "prepend_before_filter", "skip_before_action", "skip_before_filter"]
        .contains(&verb)
        || FILTERING.contains(&verb)
}

fn included_modules(class: At<'_>) -> Vec<&str> {
    let body = class.field("body").map(At::children).unwrap_or_default();
    let calls = body.into_iter().filter(|child| child.kind() == "call" && child.field_text("method") == "include");
    calls.flat_map(|call| call.field("arguments").map(At::children).unwrap_or_default()).map(At::text).collect()
}

fn method_of<'s>(class: At<'s>, name: &str) -> Option<At<'s>> {
    let mut open: Vec<At> = class.field("body").into_iter().collect();
    while let Some(at) = open.pop() {
        for child in at.children() {
            match child.kind() {
                "method" if child.field_text("name") == name => return Some(child),
                // `private def check`
                "call" | "argument_list" | "body_statement" => open.push(child),
                _ => {}
            }
        }
    }

    None
}

/// `alias_method :browse, :show`, `alias browse show`
fn aliased_method<'s>(class: At<'s>, name: &str) -> Option<At<'s>> {
    let body = class.field("body").map(At::children).unwrap_or_default();
    body.into_iter().find_map(|part| {
        let (new, old) = match part.kind() {
            "alias" => (part.field("name")?, part.field("alias")?),
            "call" if part.field_text("method") == "alias_method" => {
                let arguments = part.field("arguments")?.children();
                (*arguments.first()?, *arguments.get(1)?)
            }
            _ => return None,
        };

        let is_it = new.text().trim_start_matches(':') == name;
        is_it.then(|| method_of(class, old.text().trim_start_matches(':'))).flatten()
    })
}

fn camel_case(name: &str) -> String {
    name.split('_')
        .map(|part| part.chars().take(1).flat_map(char::to_uppercase).chain(part.chars().skip(1)).collect::<String>())
        .collect()
}
