//! Which function a path means: through modules, `use` and re-exports.

use std::collections::HashMap;

use super::RustCode;
use crate::frameworks::query::At;
use crate::frameworks::scopes::NameBinding;
use crate::project::Project;

/// Longer chains of names are not followed.
const MOST_STEPS: usize = 8;
/// More modules are not searched for one name.
const MOST_MODULES: usize = 32;

/// Returns the path of the module that a node stands in, its crate first.
pub(super) fn module_of(at: At<'_>) -> Vec<String> {
    let path = at.file.module.path.trim_end_matches(".rs");
    let (folder, inner) = match path.rsplit_once("src/") {
        Some((folder, inner)) => (folder.trim_end_matches('/'), inner),
        None => path.rsplit_once('/').unwrap_or(("", path)),
    };
    let name = folder.rsplit('/').next().unwrap_or("").replace('-', "_");
    let mut parts = vec![name];
    parts.extend(inner.split('/').map(str::to_owned));

    // These three names are files without a part of their own in the path.
    if parts.last().is_some_and(|last| ["mod", "lib", "main"].contains(&last.as_str())) {
        parts.pop();
    }
    let mut inline: Vec<String> = Vec::new();
    inline.extend(at.ancestors().filter(|up| up.kind() == "mod_item").map(|up| up.field_text("name").to_owned()));
    parts.extend(inline.into_iter().rev());

    parts
}

/// Returns the full path of a function.
pub(super) fn path_of(function: At<'_>) -> Vec<String> {
    let mut path = module_of(function);
    if let Some(owner) = function.within(&["impl_item", "trait_item"]) {
        let name = if owner.kind() == "impl_item" { owner.field_text("type") } else { owner.field_text("name") };
        path.push(super::bare_type_name(name).to_owned());
    }
    path.push(function.field_text("name").to_owned());
    path
}

/// Returns what the crates of a project are called in code, with what the paths of their functions begin with.
pub(super) fn crate_names(project: &Project) -> HashMap<String, String> {
    let mut names = HashMap::new();
    for file in &project.tree.files {
        let folder = match file.path.rsplit_once('/') {
            Some((folder, "Cargo.toml")) => folder,
            None if file.path == "Cargo.toml" => "",
            _ => continue,
        };
        let Ok(manifest) = toml::from_str::<toml::Table>(&file.text) else { continue };
        let folder = folder.rsplit('/').next().unwrap_or("").replace('-', "_");

        for part in ["package", "lib"] {
            let name = manifest.get(part).and_then(|part| part.get("name")).and_then(toml::Value::as_str);
            names.extend(name.map(|name| (name.replace('-', "_"), folder.clone())));
        }
    }
    names
}

/// Collects the names that a `use` brings in, with their paths; `*` for all.
pub(super) fn collect_uses(at: At<'_>, before: &[String], found: &mut Vec<(String, Vec<String>)>) {
    let below = |text: &str| -> Vec<String> {
        before.iter().cloned().chain(text.split("::").map(|part| part.trim().to_owned())).collect()
    };
    match at.kind() {
        "use_as_clause" => found.push((at.field_text("alias").to_owned(), below(at.field_text("path")))),
        "use_list" => at.children().into_iter().for_each(|child| collect_uses(child, before, found)),
        "scoped_use_list" => {
            let path = at.field("path").map_or_else(|| before.to_vec(), |path| below(path.text()));
            if let Some(list) = at.field("list") {
                collect_uses(list, &path, found);
            }
        }
        "use_wildcard" => {
            let path = at.children().first().map_or_else(Vec::new, |path| below(path.text()));
            found.push((format!("*{}", path.join("::")), path));
        }
        "self" => found.push((before.last().cloned().unwrap_or_default(), before.to_vec())),
        _ => {
            let path = below(at.text());
            found.push((path.last().cloned().unwrap_or_default(), path));
        }
    }
}

impl<'s> RustCode<'s> {
    /// Returns the function that an expression is.
    pub(in crate::frameworks) fn function_of(&self, at: At<'s>) -> Option<At<'s>> {
        self.function_within(at, 0)
    }

    fn function_within(&self, at: At<'s>, steps: usize) -> Option<At<'s>> {
        if steps > MOST_STEPS {
            return None;
        }
        match at.kind() {
            "closure_expression" => Some(at),
            "identifier" => match self.scopes.look_up(at.text(), at) {
                Some(NameBinding::Value(value)) => self.function_within(value, steps + 1),
                Some(NameBinding::Parameter(..)) => None,
                None => self.function_at(at, at.text()),
            },
            "scoped_identifier" => self.function_at(at, at.text()),
            "generic_function" => self.function_within(at.field("function")?, steps + 1),
            "call_expression" => {
                let callee = at.field("function")?;
                let is_plain = callee.kind() != "field_expression";
                if is_plain { self.function_within(callee, steps + 1) } else { None }
            }
            _ => None,
        }
    }

    /// Returns the function that a path means at a place.
    pub(in crate::frameworks) fn function_at(&self, at: At<'s>, path: &str) -> Option<At<'s>> {
        let parts: Vec<String> = path.split("::").map(|part| super::bare_type_name(part).to_owned()).collect();
        let wanted = self.followed(at, self.absolute(at, &module_of(at), &parts, true)?);
        // The last part is asked for only now: a `use` may have given the function another name.
        let known = self.functions.get(wanted.last()?.as_str())?;
        let scored = known.iter().filter_map(|function| {
            let own = self.paths.get(&function.key())?;
            let score = path_score(own, &wanted, function.file.module.id == at.file.module.id)?;
            Some((score, *function))
        });
        let scored: Vec<(usize, At)> = scored.collect();
        let best = scored.iter().map(|(score, _)| *score).max()?;
        let mut of_best = scored.iter().filter(|(score, _)| *score == best);
        let (_, found) = of_best.next()?;

        // Two functions that fit equally well leave it open which is meant.
        of_best.next().is_none().then_some(*found)
    }

    /// What a full path stands for where modules bring it in from others: `pub use inner::show as display`.
    fn followed(&self, at: At<'_>, wanted: Vec<String>) -> Vec<String> {
        let mut wanted = wanted;
        for _ in 0..MOST_STEPS {
            let Some((name, module)) = wanted.split_last() else { break };
            if self.known.contains(&wanted) {
                break;
            }
            let brought = self.uses.get(&(module.to_vec(), name.clone()));
            let Some(next) = brought.and_then(|path| self.absolute(at, module, path, true)) else { break };
            wanted = next;
        }
        wanted
    }

    /// The full path that a path at a place stands for, as far as names are known. Absent for one of a crate that is
    /// not part of the project.
    fn absolute(&self, at: At<'_>, module: &[String], parts: &[String], widens: bool) -> Option<Vec<String>> {
        let mut module = module.to_vec();
        let mut parts = parts.to_vec();

        for _ in 0..MOST_STEPS {
            let Some(head) = parts.first().cloned() else { break };
            let rest: Vec<String> = parts.get(1..).unwrap_or_default().to_vec();

            match head.as_str() {
                "crate" => return Some(module.first().cloned().into_iter().chain(rest).collect()),
                "self" => parts = rest,
                "super" => {
                    module.pop();
                    parts = rest;

                    // `super::super` climbs once more before the rest is looked for.
                    if parts.first().is_none_or(|next| next != "super") {
                        return Some(joined(&module, &parts));
                    }
                }
                "Self" => {
                    let owner = at.within(&["impl_item"]).map_or("", |owner| owner.field_text("type"));
                    let owner = std::iter::once(super::bare_type_name(owner).to_owned());
                    return Some(module.into_iter().chain(owner).chain(rest).collect());
                }
                _ => match self.uses.get(&(module.clone(), head.clone())) {
                    Some(path) if path.first() != Some(&head) => parts = joined(path, &rest),
                    // A name that means itself (`use axum; axum::..`) would be replaced for ever.
                    Some(path) => return Some(joined(path, &rest)),
                    None => return self.absolute_unused(at, &module, &parts, widens),
                },
            }
        }

        Some(joined(&module, &parts))
    }

    /// The full path where no `use` names its first part: of the module itself, of all names of another module, of
    /// another crate of the project.
    fn absolute_unused(&self, at: At<'_>, module: &[String], parts: &[String], widens: bool) -> Option<Vec<String>> {
        let (head, rest) = parts.split_first()?;
        let is_known = |base: &[String]| self.known.contains(&joined(base, std::slice::from_ref(head)));
        let local = joined(module, parts);
        if is_known(module) {
            return Some(local);
        }
        if let Some(base) = Some(module).filter(|_| widens).and_then(|module| self.wildcard_base(at, module, head)) {
            return self.absolute(at, &base, parts, false);
        }
        if rest.is_empty() {
            return Some(local);
        }
        // A dependency may be given another name than its own, which is often that of its folder.
        let by_folder = || Some(head).filter(|head| self.known.contains(std::slice::from_ref(*head)));
        if let Some(folder) = self.crates.get(head).or_else(by_folder) {
            return Some(joined(std::slice::from_ref(folder), rest));
        }

        // A file that a `#[path]` names, a module of macros, a type: the name is of this project all the same.
        let is_type = head.starts_with(char::is_uppercase);
        let is_declared = at.file.module.text.contains(&format!("mod {head}"));
        (is_type || is_declared || is_known(module.get(..1).unwrap_or_default())).then_some(local)
    }

    /// The module of which all names are brought in, and that has this one.
    fn wildcard_base(&self, at: At<'_>, module: &[String], name: &str) -> Option<Vec<String>> {
        let name = name.to_owned();
        let mut open = vec![module.to_vec()];
        let mut place = 0;

        while let Some(from) = open.get(place).cloned() {
            for path in self.wildcards.get(&from).into_iter().flatten() {
                // Modules may bring in each other, so each is asked once.
                let base = self.absolute(at, &from, path, false);
                let Some(base) = base.filter(|base| !open.contains(base) && open.len() < MOST_MODULES) else {
                    continue;
                };
                let has = self.known.contains(&joined(&base, std::slice::from_ref(&name)))
                    || self.uses.contains_key(&(base.clone(), name.clone()));
                if has {
                    return Some(base);
                }
                open.push(base);
            }
            place += 1;
        }

        None
    }
}

fn joined(base: &[String], parts: &[String]) -> Vec<String> {
    base.iter().chain(parts).cloned().collect()
}

/// How well a function's path fits the wanted one. `None` where it does not.
fn path_score(own: &[String], wanted: &[String], is_same_file: bool) -> Option<usize> {
    if own == wanted {
        return Some(1000);
    }
    let (_, own_before) = own.split_last()?;
    let (_, wanted_before) = wanted.split_last()?;

    // A re-export: what is wanted of `handlers` stands in `handlers::orders`.
    if own_before.starts_with(wanted_before) {
        // A deeper place is worse than a direct one, but better than a mere equality of names.
        return Some(700usize.saturating_sub(own.len()));
    }
    let tail = own.iter().rev().zip(wanted.iter().rev()).take_while(|(own, wanted)| own == wanted).count();
    // In another crate a function that is merely called alike is another one.
    if tail < 2 && own.first() != wanted.first() {
        return None;
    }
    Some(tail * 10 + usize::from(is_same_file) * 5 + usize::from(own.first() == wanted.first()))
}
