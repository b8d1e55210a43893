//! Classes of a PHP project, by their names and through `use`.

use std::collections::HashMap;

use super::QUERY;
use crate::frameworks::query::{At, Sources};
use crate::project::ModuleId;

/// More classes above a class are not looked at.
const MOST_CLASSES: usize = 16;

/// The classes and traits.
#[derive(Default)]
pub(super) struct PhpClasses<'s> {
    /// By the last part of their names: full name and node.
    classes: HashMap<&'s str, Vec<(String, At<'s>)>>,
    uses: HashMap<(ModuleId, String), String>,
}

impl<'s> PhpClasses<'s> {
    pub(super) fn read(sources: &'s Sources<'_>) -> Self {
        let mut found = PhpClasses::default();
        for root in sources.roots() {
            let namespace = root.child("namespace_definition").map_or("", |at| at.field_text("name"));
            for matched in QUERY.matches(root) {
                if let Some(at) = matched.get("whole") {
                    let full = format!("{namespace}\\{}", matched.text("class"));
                    found.classes.entry(matched.text("class")).or_default().push((full, at));
                } else if let Some(used) = matched.get("use") {
                    found.take_use(used);
                }
            }
        }

        found
    }

    fn take_use(&mut self, used: At<'s>) {
        let text = used.text().trim_start_matches("use ").trim_end_matches(';');
        let (prefix, list) = match text.split_once('{') {
            Some((prefix, list)) => (prefix.trim(), list.trim_end_matches('}')),
            None => ("", text),
        };
        for part in list.split(',').map(str::trim).filter(|part| !part.is_empty()) {
            let (path, alias) = part.split_once(" as ").unwrap_or((part, part.rsplit('\\').next().unwrap_or(part)));
            let full = format!("{prefix}{}", path.trim()).trim_start_matches('\\').to_owned();
            self.uses.insert((used.file.module.id, alias.trim().to_owned()), full);
        }
    }

    /// Returns the class that a name means in a file, or below a namespace.
    pub(super) fn class(&self, from: At<'_>, name: &str, namespace: &str) -> Option<At<'s>> {
        let plain = name.trim_start_matches('\\');
        let (head, rest) = plain.split_once('\\').map_or((plain, ""), |(head, rest)| (head, rest));
        let used = self.uses.get(&(from.file.module.id, head.to_owned()));
        let wanted = match used {
            Some(full) if rest.is_empty() => full.clone(),
            Some(full) => format!("{full}\\{rest}"),
            None => plain.to_owned(),
        };
        // A route group may give a namespace below which controllers are named.
        let below = format!("{}\\{plain}", namespace.trim_matches('\\'));
        let below = self.ending(&below).filter(|_| !namespace.is_empty());
        // A short name is enough where only one class of the project has it.
        below.or_else(|| self.ending(&wanted)).or_else(|| {
            match self.classes.get(wanted.rsplit('\\').next()?)?.as_slice() {
                [(_, one)] => Some(*one),
                _ => None,
            }
        })
    }

    /// Returns the class whose full name ends so.
    fn ending(&self, wanted: &str) -> Option<At<'s>> {
        let known = self.classes.get(wanted.rsplit('\\').next()?)?;
        let end = format!("\\{wanted}");
        known.iter().find(|(full, _)| format!("\\{full}").ends_with(&end)).map(|(_, at)| *at)
    }

    /// Returns a class and what it extends and uses, nearest first.
    pub(super) fn line_of(&self, class: At<'s>) -> Vec<At<'s>> {
        let mut line = vec![class];
        let mut at = 0;

        while let Some(current) = line.get(at).copied() {
            let above = current.child("base_clause").map(At::children).unwrap_or_default();
            let body = current.field("body").map(At::children).unwrap_or_default();
            let traits = body.into_iter().filter(|part| part.kind() == "use_declaration").flat_map(At::children);

            for name in traits.chain(above) {
                let known = self.class(current, name.text(), "");
                // Traits may use each other, so each class counts once.
                if let Some(known) = known.filter(|known| !line.iter().any(|one| one.key() == known.key()))
                    && line.len() < MOST_CLASSES
                {
                    line.push(known);
                }
            }

            at += 1;
        }

        line
    }

    /// Returns a method of a class or of what it extends.
    pub(super) fn method(&self, class: At<'s>, name: &str) -> Option<At<'s>> {
        self.line_of(class).into_iter().find_map(|of| own_method(of, name))
    }
}

/// Returns a method that stands in the class itself.
pub(super) fn own_method<'s>(class: At<'s>, name: &str) -> Option<At<'s>> {
    let body = class.field("body")?.children();
    // Names of methods do not depend on case in PHP.
    let is_it =
        |part: &At<'s>| part.kind() == "method_declaration" && part.field_text("name").eq_ignore_ascii_case(name);
    body.into_iter().find(is_it)
}
