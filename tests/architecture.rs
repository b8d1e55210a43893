//! Holds the source to its architecture: who may use whom, who may open a socket, how large a file may be, and what
//! must not stand in the repository. Reads text; needs nothing of the crate.
#![allow(
    clippy::unwrap_used,
    clippy::expect_used,
    clippy::panic,
    clippy::indexing_slicing,
    clippy::print_stdout,
    missing_docs
)]

#[path = "architecture/layers.rs"]
mod layers;
#[path = "architecture/measures.rs"]
mod measures;
#[path = "architecture/source.rs"]
mod source;

use std::fs;
use std::path::{Path, PathBuf};

use layers::{forbidden_face_use, forbidden_socket, forbidden_use, module_of, used_modules};
use source::{code_only, files_below, without_tests};

const MOST_LINES: usize = 500;
/// Folders that hold no text of ours.
const NOT_OURS: [&str; 7] = [".git", "target", "node_modules", ".venv", "__pycache__", ".mypy_cache", ".ruff_cache"];

fn root() -> PathBuf {
    PathBuf::from(env!("CARGO_MANIFEST_DIR"))
}

/// Rust files below a folder of the repository: path from the root, and text.
fn rust_files(folder: &str) -> Vec<(String, String)> {
    let root = root();
    let mut found: Vec<(String, String)> = files_below(&root.join(folder), &NOT_OURS)
        .into_iter()
        .filter(|path| path.extension().is_some_and(|extension| extension == "rs"))
        .map(|path| (shown(&root, &path), fs::read_to_string(&path).unwrap()))
        .collect();
    found.sort();
    found
}

fn shown(root: &Path, path: &Path) -> String {
    path.strip_prefix(root).unwrap().to_string_lossy().replace('\\', "/")
}

fn none(faults: Vec<String>) {
    assert!(faults.is_empty(), "\n{}\n", faults.join("\n"));
}

#[test]
fn every_module_has_a_layer() {
    let unknown = rust_files("src")
        .into_iter()
        .filter_map(|(path, _)| module_of(&path).filter(|module| layers::layer(module).is_none()));
    let mut unknown: Vec<String> = unknown.map(|module| format!("`{module}` has no layer")).collect();
    unknown.dedup();
    none(unknown);
}

#[test]
fn modules_use_only_lower_layers() {
    let mut faults = Vec::new();
    for (path, text) in rust_files("src") {
        let Some(module) = module_of(&path) else { continue };
        for used in used_modules(&path, &code_only(&text)) {
            faults.extend(forbidden_use(&module, &used).map(|why| format!("{path}: {why}")));
            faults.extend(forbidden_face_use(&module, &used).map(|why| format!("{path}: {why}")));
        }
    }
    none(faults);
}

#[test]
fn only_the_probe_opens_sockets() {
    let mut faults = Vec::new();
    for (path, text) in rust_files("src") {
        let Some(module) = module_of(&path) else { continue };
        faults.extend(forbidden_socket(&module, &code_only(&text)).into_iter().map(|why| format!("{path}: {why}")));
    }
    none(faults);
}

#[test]
fn files_are_small_and_say_what_they_are_for() {
    let mut faults = Vec::new();
    for (path, text) in rust_files("src").into_iter().chain(rust_files("source/src")) {
        let lines = text.lines().count();
        faults.extend((lines > MOST_LINES).then(|| format!("{path}: {lines} lines; at most {MOST_LINES}")));
        faults.extend((!text.starts_with("//!")).then(|| format!("{path}: does not begin with `//!`")));
    }
    none(faults);
}

#[test]
fn nothing_is_left_undone_or_switched_off() {
    // Put together here, so that this file does not find itself.
    let undone = ["TO", "DO"].concat();
    let macros = ["todo!(", "unimplemented!("];
    let ignored = ["#[", "ignore"].concat();
    let mut faults = Vec::new();
    for (path, text) in rust_files("src").into_iter().chain(rust_files("source/src")) {
        let code = code_only(&text);
        faults.extend(text.contains(&undone).then(|| format!("{path}: {undone}")));
        faults.extend(macros.iter().filter(|name| code.contains(*name)).map(|name| format!("{path}: {name}")));
        let allowed = without_tests(&code).contains("#[allow(") || code.contains("#![allow(");
        faults.extend(allowed.then(|| format!("{path}: `allow`; say `expect` with a reason")));
    }
    for (path, text) in rust_files("src").into_iter().chain(rust_files("tests")) {
        faults.extend(code_only(&text).contains(&ignored).then(|| format!("{path}: an ignored test")));
    }
    none(faults);
}

#[test]
fn the_repository_names_no_machine() {
    let homes: Vec<String> = ["work", "root"].iter().map(|name| format!("/{name}/")).collect();
    let mut faults = Vec::new();
    let root = root();
    for path in files_below(&root, &NOT_OURS) {
        // What is not text has no path to read in it.
        let Ok(text) = fs::read_to_string(&path) else { continue };
        for (number, line) in text.lines().enumerate() {
            let named = homes.iter().find(|home| source::names_path(line, home));
            faults.extend(named.map(|home| format!("{}:{}: {home}", shown(&root, &path), number + 1)));
        }
    }
    none(faults);
}

#[test]
fn packages_come_from_the_public_registry_alone() {
    let lock = fs::read_to_string(root().join("Cargo.lock")).unwrap();
    none(source::foreign_sources(&lock));
    let mut faults = Vec::new();
    for name in [".cargo/config.toml", ".cargo/config", ".npmrc", "pip.conf", ".pypirc", ".yarnrc", ".yarnrc.yml"] {
        faults.extend(root().join(name).exists().then(|| format!("{name} chooses a registry for everybody")));
    }
    let root = root();
    for path in files_below(&root, &NOT_OURS) {
        let name = path.file_name().unwrap().to_string_lossy().into_owned();
        if name.starts_with("requirements") || name.starts_with("package") || name == "uv.lock" {
            let Ok(text) = fs::read_to_string(&path) else { continue };
            faults
                .extend(source::foreign_indexes(&text).into_iter().map(|it| format!("{}: {it}", shown(&root, &path))));
        }
    }
    none(faults);
}

/// Code without white space, so that line breaks hide nothing.
fn tight(text: &str) -> String {
    without_tests(&code_only(text)).split_whitespace().collect()
}

#[test]
fn a_condition_is_looked_at_and_never_a_literal() {
    let literals = ["weigh(\"\",true", "weigh(\"\",Some(true),", "weigh(\"\",!false", ".clause("];
    let mut faults = Vec::new();
    for (path, text) in rust_files("src/checks").into_iter().chain(rust_files("src/trial")) {
        let code = tight(&text);
        faults.extend(literals.iter().filter(|name| code.contains(*name)).map(|name| format!("{path}: {name}")));
    }
    none(faults);
}

#[test]
fn no_reason_is_compared_as_text() {
    let reasons = ["because", "because()", "why", "reason", "told", "help"];
    let looks = [".starts_with(", ".ends_with(", ".contains(", ".find(", "==\"", "!=\""];
    let mut faults = Vec::new();
    for (path, text) in rust_files("src") {
        let code = tight(&text);
        for (name, look) in reasons.iter().flat_map(|name| looks.iter().map(move |look| (name, look))) {
            let compared = format!("{name}{look}");
            let is_name = |at: usize| !code[..at].ends_with(|c: char| c.is_alphanumeric() || c == '_');
            let found = code.match_indices(&compared).any(|(at, _)| is_name(at));
            faults.extend(found.then(|| format!("{path}: {compared}")));
        }
    }
    none(faults);
}

/// The most lines of a family for each of its checks, helpers in its folder included.
const LINES_EACH: usize = 220;
/// The most lines of the median file of a check.
const MEDIAN_LINES: usize = 110;

#[test]
fn checks_are_short() {
    let mut families: std::collections::BTreeMap<String, (usize, usize)> = std::collections::BTreeMap::new();
    let mut files = Vec::new();
    for (path, text) in rust_files("src/checks") {
        let Some((family, _)) = path.trim_start_matches("src/checks/").split_once('/') else { continue };
        let family = families.entry(family.to_owned()).or_default();
        family.0 += text.lines().count();
        if text.contains("\ncheck! {") {
            family.1 += 1;
            files.push(text.lines().count());
        }
    }
    files.sort_unstable();
    let median = files[files.len() / 2];
    assert!(median <= MEDIAN_LINES, "the median file of a check has {median} lines; at most {MEDIAN_LINES}");
    let faults = families.into_iter().filter_map(|(family, (lines, checks))| {
        let each = lines / checks.max(1);
        (each > LINES_EACH).then(|| format!("{family}: {each} lines a check; at most {LINES_EACH}"))
    });
    none(faults.collect());
}

/// A measure of how the source reads, and what it should come to.
struct Goal {
    what: &'static str,
    measured: f64,
    aim: f64,
    /// What was measured last, or worse by a little: no change may pass it. Tighten it with each step forward.
    bound: f64,
    rises: bool,
}

impl Goal {
    fn fault(&self) -> Option<String> {
        let passed = if self.rises { self.measured < self.bound } else { self.measured > self.bound };
        passed.then(|| format!("{}: {:.1}, and {} was held before", self.what, self.measured, self.bound))
    }
}

fn falling(what: &'static str, measured: f64, aim: f64, bound: f64) -> Goal {
    Goal { what, measured, aim, bound, rises: false }
}

fn rising(what: &'static str, measured: f64, aim: f64, bound: f64) -> Goal {
    Goal { rises: true, ..falling(what, measured, aim, bound) }
}

#[test]
fn how_the_source_reads() {
    let files = measures::parse_files(rust_files("src").into_iter().chain(rust_files("source/src")).collect());
    let functions = measures::FunctionMeasures::of(&files);
    let types = measures::TypeMeasures::of(&files);
    let rings = measures::rings_of(&files);
    let lists = measures::word_lists(&files);
    let faulty = functions.faulty(|it| it.lines > 60 || it.parameters > 5 || it.fails_with_text);
    let count = |found: usize| found as f64;
    let goals = [
        falling("free functions with a one-word name, %", functions.one_word_names(), 25.0, 5.0),
        falling("types under a shared name, %", types.shared_names(), 3.0, 0.0),
        rising("blank lines in bodies, %", functions.blank_lines(), 5.0, 5.0),
        rising("comment lines in bodies, %", functions.comment_lines(), 4.0, 4.2),
        falling("width of code in bodies, 90th percentile", count(functions.width()), 80.0, 99.0),
        falling("lists of words in code", count(lists.len()), 60.0, 850.0),
        falling("files in rings inside modules", count(rings.iter().map(Vec::len).sum()), 15.0, 302.0),
        falling("files in the largest ring", count(rings.first().map_or(0, Vec::len)), 4.0, 30.0),
        falling("functions over 60 lines", count(functions.faulty(|it| it.lines > 60).len()), 0.0, 0.0),
        falling("functions over 5 parameters", count(functions.faulty(|it| it.parameters > 5).len()), 0.0, 0.0),
        falling(
            "functions that fail with a bare text",
            count(functions.faulty(|it| it.fails_with_text).len()),
            0.0,
            0.0,
        ),
    ];
    for goal in &goals {
        println!("{:>8.1}  {} (aim {})", goal.measured, goal.what, goal.aim);
    }
    if let Ok(seed) = std::env::var("DRAW") {
        let drawn = functions.draw(40, seed.parse().unwrap());
        drawn.iter().for_each(|it| println!("drawn {}  {}", it.name, it.place));
    }
    if std::env::var_os("LIST").is_some() {
        types.shared().for_each(|(name, places)| println!("type {name}: {}", places.join(" ")));
        lists.iter().for_each(|place| println!("list {place}"));
        rings.iter().for_each(|ring| println!("ring {}", ring.join(" ")));
        faulty.iter().for_each(|it| println!("function {} {}: {} lines", it.name, it.place, it.lines));
    }
    none(goals.iter().filter_map(Goal::fault).collect());
}
