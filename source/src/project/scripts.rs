//! Which file an import of JavaScript or TypeScript means: relative paths, folders with an index, the paths of a
//! `tsconfig.json`, packages of the same tree.

use std::collections::HashMap;

use serde_json::Value;

use super::{Module, ModuleId, Project};
use crate::tree::SourceTree;

/// Ends that an import may leave out, the ones of sources first.
const ENDS: [&str; 8] = [".ts", ".tsx", ".mts", ".cts", ".js", ".jsx", ".mjs", ".cjs"];
/// What is written for a file that a compiler will make.
const MADE: [(&str, &[&str]); 4] =
    [(".js", &[".ts", ".tsx"]), (".jsx", &[".tsx"]), (".mjs", &[".mts"]), (".cjs", &[".cts"])];

/// What manifests say about the names of modules.
#[derive(Debug, Clone, Default)]
pub(super) struct ScriptPaths {
    /// The deepest folder first.
    configs: Vec<PathConfig>,
    /// Names of packages of this tree, and their folders.
    packages: HashMap<String, String>,
}

/// The `paths` of one `tsconfig.json`, and the `imports` of a `package.json`.
#[derive(Debug, Clone)]
struct PathConfig {
    folder: String,
    base: Option<String>,
    paths: Vec<(String, Vec<String>)>,
}

impl ScriptPaths {
    /// Reads the manifests of a tree.
    pub(super) fn read(tree: &SourceTree) -> ScriptPaths {
        let mut made = ScriptPaths::default();
        for file in &tree.files {
            let (folder, name) = file.path.rsplit_once('/').unwrap_or(("", &file.path));
            if name == "package.json" {
                made.read_package(folder, &file.text);
            } else if name.ends_with("config.json") || name.starts_with("tsconfig") && name.ends_with(".json") {
                made.configs.extend(read_config(folder, &file.text));
            }
        }

        // The nearest configuration counts first, as the compiler takes it.
        made.configs.sort_by_key(|config| std::cmp::Reverse(config.folder.len()));
        made
    }

    fn read_package(&mut self, folder: &str, text: &str) {
        let Ok(manifest) = serde_json::from_str::<Value>(text) else { return };
        if let Some(name) = manifest.get("name").and_then(Value::as_str) {
            self.packages.insert(name.to_owned(), folder.to_owned());
        }
        let imports = manifest.get("imports").and_then(Value::as_object);
        let paths: Vec<(String, Vec<String>)> =
            imports.into_iter().flatten().map(|(pattern, target)| (pattern.clone(), texts_of(target))).collect();
        if !paths.is_empty() {
            self.configs.push(PathConfig { folder: folder.to_owned(), base: None, paths });
        }
    }

    /// Returns the paths that a name may mean in a file, the likeliest first.
    fn candidates(&self, from: &str, name: &str) -> Vec<String> {
        let mut found = Vec::new();
        for config in self.configs.iter().filter(|config| is_within(from, &config.folder)) {
            let base = config.base.clone().unwrap_or_else(|| config.folder.clone());
            for (pattern, targets) in &config.paths {
                let Some(star) = match_star(pattern, name) else { continue };
                found.extend(targets.iter().map(|target| join_path(&base, &target.replace('*', star))));
            }
            found.extend(config.base.as_ref().map(|base| join_path(base, name)));
        }

        for (package, folder) in &self.packages {
            let Some(rest) = name.strip_prefix(package.as_str()) else { continue };
            if rest.is_empty() {
                // Packages of a workspace are imported by name, with their source below `src`.
                found.push(join_path(folder, "src"));
                found.push(folder.clone());
            } else if rest.starts_with('/') {
                found.push(join_path(folder, rest));
                // A manifest points to the compiled output; the source that makes it stands in `src`.
                found.push(join_path(folder, &rest.replacen("/dist/", "/src/", 1)));
            }
        }

        // Where the manifest is not part of the tree, these begin at a folder above.
        if let Some(rest) = name.strip_prefix("@/").or_else(|| name.strip_prefix("~/")) {
            found.extend(
                folders_above(from)
                    .iter()
                    .flat_map(|folder| [join_path(folder, &format!("src/{rest}")), join_path(folder, rest)]),
            );
        } else if name.starts_with("src/") {
            found.extend(folders_above(from).iter().map(|folder| join_path(folder, name)));
        }
        found
    }
}

impl Project {
    /// Returns the module that a name in an import means.
    pub(super) fn script_module(&self, from: &Module, name: &str) -> Option<ModuleId> {
        if name.starts_with('.') {
            let folder = from.path.rsplit_once('/').map_or("", |(folder, _)| folder);
            return self.script_at(&join_path(folder, name));
        }
        self.script_paths.candidates(&from.path, name).iter().find_map(|path| self.script_at(path))
    }

    fn script_at(&self, path: &str) -> Option<ModuleId> {
        let at = |path: String| self.places.by_path.get(&path).copied();
        // A path with its ending is exact; only without a file there do the rules for compiled names apply.
        if let Some(found) = at(path.to_owned()) {
            return Some(found);
        }
        for (made, sources) in MADE {
            let Some(stem) = path.strip_suffix(made) else { continue };
            if let Some(found) = sources.iter().find_map(|end| at(format!("{stem}{end}"))) {
                return Some(found);
            }
        }

        // A file comes before a folder of the same name, as in Node.
        let file = ENDS.iter().find_map(|end| at(format!("{path}{end}")));
        let folder = if path.is_empty() { String::new() } else { format!("{path}/") };
        file.or_else(|| ENDS.iter().find_map(|end| at(format!("{folder}index{end}"))))
    }
}

/// Reads the paths of a `tsconfig.json`, which may have comments and commas at the end of lists.
fn read_config(folder: &str, text: &str) -> Option<PathConfig> {
    let parsed: Value = serde_json::from_str(&without_comments(text)).ok()?;
    let options = parsed.get("compilerOptions")?;
    let base = options.get("baseUrl").and_then(Value::as_str).map(|base| join_path(folder, base));
    let paths = options.get("paths").and_then(Value::as_object);
    let paths: Vec<(String, Vec<String>)> =
        paths.into_iter().flatten().map(|(pattern, targets)| (pattern.clone(), texts_of(targets))).collect();
    (base.is_some() || !paths.is_empty()).then(|| PathConfig { folder: folder.to_owned(), base, paths })
}

fn texts_of(value: &Value) -> Vec<String> {
    match value {
        Value::String(text) => vec![text.clone()],
        Value::Array(items) => items.iter().flat_map(texts_of).collect(),
        Value::Object(conditions) => conditions.values().flat_map(texts_of).collect(),
        _ => Vec::new(),
    }
}

fn without_comments(text: &str) -> String {
    let mut made = String::new();
    let mut letters = text.chars().peekable();
    let mut is_text = false;

    while let Some(letter) = letters.next() {
        match letter {
            '\\' if is_text => {
                made.push(letter);
                made.extend(letters.next());
                continue;
            }
            '"' => is_text = !is_text,
            '/' if !is_text && letters.peek() == Some(&'/') => {
                letters.by_ref().find(|letter| *letter == '\n');
                continue;
            }
            '/' if !is_text && letters.peek() == Some(&'*') => {
                let mut last = ' ';
                letters.by_ref().skip(1).find(|letter| {
                    let ends = last == '*' && *letter == '/';
                    last = *letter;
                    ends
                });
                continue;
            }
            // A comma before a closing bracket is allowed in this file, and is an error for the reader of JSON.
            ']' | '}' if !is_text => {
                let kept = made.trim_end().strip_suffix(',').map(str::len);
                kept.into_iter().for_each(|kept| made.truncate(kept));
            }
            _ => {}
        }

        made.push(letter);
    }

    made
}

/// What stands for the star of a pattern; empty for a pattern without one that is the name.
fn match_star<'a>(pattern: &str, name: &'a str) -> Option<&'a str> {
    match pattern.split_once('*') {
        Some((head, tail)) => name.strip_prefix(head)?.strip_suffix(tail),
        None => (pattern == name).then_some(""),
    }
}

fn is_within(path: &str, folder: &str) -> bool {
    folder.is_empty() || path.strip_prefix(folder).is_some_and(|rest| rest.starts_with('/'))
}

fn folders_above(path: &str) -> Vec<&str> {
    let mut folders: Vec<&str> = path.rmatch_indices('/').filter_map(|(at, _)| path.get(..at)).collect();
    folders.push("");
    folders
}

/// Joins a folder and a path with dots in it.
fn join_path(folder: &str, path: &str) -> String {
    let mut parts: Vec<&str> = Vec::new();
    for part in folder.split('/').chain(path.split('/')) {
        match part {
            "" | "." => {}
            ".." => {
                parts.pop();
            }
            _ => parts.push(part),
        }
    }

    parts.join("/")
}
