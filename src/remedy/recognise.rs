//! Tells a project's framework by its manifests. Reads a few small files, follows no links out of the folder.

use std::fs::File;
use std::io::Read as _;
use std::path::{Path, PathBuf};

use regex::Regex;

use super::framework::Framework;
use crate::model::clean_text;

/// More of a manifest is not read.
const MAX_MANIFEST_BYTES: u64 = 512 * 1024;
/// More folders below the project's are not looked into.
const MAX_FOLDERS: usize = 64;
/// More entries of a folder are not looked at.
const MAX_ENTRIES: usize = 1000;
/// Folders of other people's code.
const SKIPPED: [&str; 7] = ["node_modules", "vendor", "target", "dist", "build", "venv", "__pycache__"];

/// A framework and what told so.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Recognised {
    /// `Unknown` when nothing told.
    pub framework: Framework,
    /// `requirements.txt names flask`
    pub because: String,
}

/// Dependencies that tell a framework; the more special one comes first.
const PYTHON: [(&str, Framework); 8] = [
    ("djangorestframework", Framework::DjangoRest),
    ("drf-spectacular", Framework::DjangoRest),
    ("django-ninja", Framework::DjangoRest),
    ("fastapi", Framework::FastApi),
    ("apiflask", Framework::Flask),
    ("flask", Framework::Flask),
    ("connexion", Framework::Flask),
    ("django", Framework::DjangoRest),
];

/// Distributions of npm; Nest stands on Express, but its code looks different.
const NODE: [(&str, Framework); 2] = [("@nestjs/core", Framework::NestJs), ("express", Framework::Express)];

/// Modules of Go; the routers that are named last serve handlers of `net/http`.
const GO: [(&str, Framework); 4] = [
    ("github.com/gin-gonic/gin", Framework::Gin),
    ("github.com/labstack/echo", Framework::Echo),
    ("github.com/go-chi/chi", Framework::NetHttp),
    ("github.com/gorilla/mux", Framework::NetHttp),
];

/// Crates.
const RUST: [(&str, Framework); 2] = [("axum", Framework::Axum), ("actix-web", Framework::Actix)];

/// Looks at the manifests of a folder, then at those one folder further down.
pub fn recognise_framework(folder: &Path) -> Recognised {
    let Ok(root) = folder.canonicalize() else {
        return unknown_framework(format!("{} cannot be read", clean_text(&folder.to_string_lossy(), 200)));
    };
    let (manifests, folders) = manifests_and_folders(&root, &root);

    // The manifest of the project goes before those of its parts, of which one may be the front end.
    if let Some(found) = manifests.iter().find_map(|path| of_manifest(&root, path)) {
        return found;
    }
    let below = folders.iter().take(MAX_FOLDERS).flat_map(|folder| manifests_and_folders(&root, folder).0);
    let found = below.into_iter().find_map(|path| of_manifest(&root, &path));
    found.unwrap_or_else(|| unknown_framework("no manifest names a framework that is known here".to_owned()))
}

fn unknown_framework(because: String) -> Recognised {
    Recognised { framework: Framework::Unknown, because }
}

/// The manifests and the folders in a folder, in the order of their names. What a link leads out to is left out.
fn manifests_and_folders(root: &Path, folder: &Path) -> (Vec<PathBuf>, Vec<PathBuf>) {
    let Ok(entries) = std::fs::read_dir(folder) else { return (Vec::new(), Vec::new()) };
    let mut paths: Vec<PathBuf> = entries.take(MAX_ENTRIES).filter_map(Result::ok).map(|entry| entry.path()).collect();
    // Folders are listed in no order; the answer has to be the same each time.
    paths.sort();
    // A link in a strange project may lead to any file of the user.
    paths.retain(|path| path.canonicalize().is_ok_and(|real| real.starts_with(root)));
    let name = |path: &Path| path.file_name().map(|name| name.to_string_lossy().into_owned()).unwrap_or_default();
    let (folders, files): (Vec<_>, Vec<_>) = paths.into_iter().partition(|path| path.is_dir());
    let folders = folders.into_iter().filter(|path| {
        let name = name(path);
        !name.starts_with('.') && !SKIPPED.contains(&name.as_str())
    });
    // A pipe with the name of a manifest would never end.
    let files = files.into_iter().filter(|path| path.is_file());
    (files.filter(|path| manifest_kind(&name(path)).is_some()).collect(), folders.collect())
}

#[derive(Clone, Copy)]
enum Manifest {
    Python,
    Node,
    Xml,
    Gradle,
    Go,
    Ruby,
    Php,
    DotNet,
    Rust,
}

fn manifest_kind(name: &str) -> Option<Manifest> {
    match name {
        "pyproject.toml" | "Pipfile" | "setup.py" | "setup.cfg" => Some(Manifest::Python),
        _ if name.starts_with("requirements") && (name.ends_with(".txt") || name.ends_with(".in")) => {
            Some(Manifest::Python)
        }
        "package.json" => Some(Manifest::Node),
        "pom.xml" => Some(Manifest::Xml),
        "build.gradle" | "build.gradle.kts" => Some(Manifest::Gradle),
        "go.mod" => Some(Manifest::Go),
        "Gemfile" | "gems.rb" => Some(Manifest::Ruby),
        "composer.json" => Some(Manifest::Php),
        "Cargo.toml" => Some(Manifest::Rust),
        _ if [".csproj", ".fsproj"].iter().any(|end| name.ends_with(end)) => Some(Manifest::DotNet),
        _ => None,
    }
}

fn of_manifest(root: &Path, path: &Path) -> Option<Recognised> {
    let text = read_capped(path)?;
    let (framework, dependency) = match manifest_kind(&path.file_name()?.to_string_lossy())? {
        Manifest::Python => find_python_framework(&text)?,
        Manifest::Node => depends_on(&text, &["dependencies", "devDependencies"], &NODE)?,
        Manifest::Xml => find_spring_boot(&without_comments(&text))?,
        Manifest::Gradle => find_spring_boot(&without_code_comments(&text))?,
        Manifest::Go => find_go_framework(&text)?,
        Manifest::Ruby => find_rails(&text)?,
        Manifest::Php => depends_on(&text, &["require"], &[("laravel/framework", Framework::Laravel)])?,
        Manifest::DotNet => {
            let name = "Microsoft.NET.Sdk.Web";
            without_comments(&text).contains(name).then_some((Framework::AspNet, name))?
        }
        Manifest::Rust => find_rust_framework(&text)?,
    };

    let shown = path.strip_prefix(root).unwrap_or(path).to_string_lossy().into_owned();
    Some(Recognised { framework, because: format!("{} names {dependency}", clean_text(&shown, 200)) })
}

fn read_capped(path: &Path) -> Option<String> {
    if !path.metadata().ok()?.is_file() {
        return None;
    }
    let mut bytes = Vec::new();
    File::open(path).ok()?.take(MAX_MANIFEST_BYTES).read_to_end(&mut bytes).ok()?;
    Some(String::from_utf8_lossy(&bytes).into_owned())
}

/// Names of distributions compare without regard to case, `-` and `_` (PEP 503), and as whole words.
fn find_python_framework(text: &str) -> Option<(Framework, &'static str)> {
    let lines = text.lines().map(|line| line.split('#').next().unwrap_or_default());
    let text = lines.collect::<Vec<_>>().join("\n").to_ascii_lowercase().replace('_', "-");
    PYTHON.into_iter().find_map(|(name, framework)| {
        let pattern = format!(r#"(?m)(?:^|["'\s\[,]){}(?:$|["'\s\[,;=<>~!@)])"#, regex::escape(name));
        Regex::new(&pattern).ok()?.is_match(&text).then_some((framework, name))
    })
}

/// Reads a manifest in JSON: the first of the names that one of its lists has.
fn depends_on(text: &str, lists: &[&str], names: &[(&'static str, Framework)]) -> Option<(Framework, &'static str)> {
    let manifest: serde_json::Value = serde_json::from_str(text).ok()?;
    let depends = |name: &str| lists.iter().any(|list| manifest.get(*list).is_some_and(|all| all.get(name).is_some()));
    names.iter().find(|(name, _)| depends(name)).map(|(name, framework)| (*framework, *name))
}

fn find_spring_boot(text: &str) -> Option<(Framework, &'static str)> {
    let name = ["spring-boot-starter", "org.springframework.boot"].into_iter().find(|name| text.contains(name))?;
    Some((Framework::SpringBoot, name))
}

/// A module's path may end in its major version: `github.com/labstack/echo/v4`.
fn find_go_framework(text: &str) -> Option<(Framework, &'static str)> {
    let is =
        |word: &str, name: &str| word.strip_prefix(name).is_some_and(|rest| rest.is_empty() || rest.starts_with("/v"));
    // What only other modules need stands there as well, and tells nothing.
    let lines: Vec<&str> =
        text.lines().filter(|line| !line.trim().starts_with("//") && !line.contains("// indirect")).collect();
    let required = |name: &str| lines.iter().any(|line| line.split_whitespace().any(|word| is(word, name)));

    GO.into_iter().find(|(name, _)| required(name)).map(|(name, framework)| (framework, name))
}

fn find_rails(text: &str) -> Option<(Framework, &'static str)> {
    let names_rails = |line: &str| {
        let gem = line.trim().strip_prefix("gem").map(|rest| rest.trim_start_matches(['(', ' ']));
        gem.is_some_and(|gem| gem.starts_with("\"rails\"") || gem.starts_with("'rails'"))
    };
    text.lines().any(names_rails).then_some((Framework::Rails, "rails"))
}

/// `axum = "0.8"`, `axum.workspace = true`, `[dependencies.axum]`.
fn find_rust_framework(text: &str) -> Option<(Framework, &'static str)> {
    let names = |line: &str, name: &str| {
        let line = line.split('#').next().unwrap_or_default().trim();
        let key = line.strip_prefix(name).map(str::trim_start);
        key.is_some_and(|rest| rest.starts_with(['=', '.'])) || line.ends_with(&format!("dependencies.{name}]"))
    };
    let found = RUST.into_iter().find(|(name, _)| text.lines().any(|line| names(line, name)));
    found.map(|(name, framework)| (framework, name))
}

/// Returns a manifest in XML without its comments.
fn without_comments(text: &str) -> String {
    let mut kept = String::with_capacity(text.len());
    let mut rest = text;

    while let Some((before, comment)) = rest.split_once("<!--") {
        kept.push_str(before);
        rest = comment.split_once("-->").map_or("", |(_, after)| after);
    }
    kept + rest
}

/// Returns a manifest in Groovy or Kotlin without its comments. What looks like one within a text is a part of the text:
/// `"src/**/*.kt"`, `"https://..."`.
fn without_code_comments(text: &str) -> String {
    let mut kept = String::with_capacity(text.len());
    let mut rest = text;
    let skip = |rest: &'_ str, open: usize, close: &str| -> usize {
        rest.get(open..).and_then(|inner| inner.find(close)).map_or(rest.len(), |at| open + at + close.len())
    };

    while let Some(letter) = rest.chars().next() {
        let length = match letter {
            '/' if rest.starts_with("/*") => {
                rest = rest.get(skip(rest, 2, "*/")..).unwrap_or_default();
                continue;
            }
            '/' if rest.starts_with("//") => {
                rest = rest.find('\n').and_then(|end| rest.get(end..)).unwrap_or_default();
                continue;
            }
            '"' if rest.starts_with("\"\"\"") => skip(rest, 3, "\"\"\""),
            '\'' if rest.starts_with("\'\'\'") => skip(rest, 3, "\'\'\'"),
            '"' | '\'' => text_length(rest, letter),
            other => other.len_utf8(),
        };
        kept.push_str(rest.get(..length).unwrap_or_default());
        rest = rest.get(length..).unwrap_or_default();
    }
    kept
}

/// Returns how long a text in quotes is, with both of them; it ends with its line at the latest.
fn text_length(text: &str, quote: char) -> usize {
    let mut is_escaped = false;
    let end = text.char_indices().skip(1).find(|(_, letter)| {
        let ends = *letter == '\n' || *letter == quote && !is_escaped;
        is_escaped = *letter == '\\' && !is_escaped;
        ends
    });
    end.map_or(text.len(), |(at, letter)| at + letter.len_utf8())
}
