//! Tells a project's framework by its manifests. Reads a few small files, follows no links out of the folder.

use std::fs::File;
use std::io::Read as _;
use std::path::{Path, PathBuf};

use regex::Regex;

use super::framework::Framework;
use crate::model::clean;

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

/// Looks at the manifests of a folder, then at those one folder further down.
pub fn recognise(folder: &Path) -> Recognised {
    let Ok(root) = folder.canonicalize() else {
        return unknown(format!("{} cannot be read", clean(&folder.to_string_lossy(), 200)));
    };
    let (manifests, folders) = contents(&root, &root);
    if let Some(found) = manifests.iter().find_map(|path| of_manifest(&root, path)) {
        return found;
    }
    let below = folders.iter().take(MAX_FOLDERS).flat_map(|folder| contents(&root, folder).0);
    let found = below.into_iter().find_map(|path| of_manifest(&root, &path));
    found.unwrap_or_else(|| unknown("no manifest names a framework that is known here".to_owned()))
}

fn unknown(because: String) -> Recognised {
    Recognised { framework: Framework::Unknown, because }
}

/// The manifests and the folders in a folder, in the order of their names. What a link leads out to is left out.
fn contents(root: &Path, folder: &Path) -> (Vec<PathBuf>, Vec<PathBuf>) {
    let Ok(entries) = std::fs::read_dir(folder) else { return (Vec::new(), Vec::new()) };
    let mut paths: Vec<PathBuf> = entries.take(MAX_ENTRIES).filter_map(Result::ok).map(|entry| entry.path()).collect();
    paths.sort();
    paths.retain(|path| path.canonicalize().is_ok_and(|real| real.starts_with(root)));
    let name = |path: &Path| path.file_name().map(|name| name.to_string_lossy().into_owned()).unwrap_or_default();
    let (folders, files): (Vec<_>, Vec<_>) = paths.into_iter().partition(|path| path.is_dir());
    let folders = folders.into_iter().filter(|path| {
        let name = name(path);
        !name.starts_with('.') && !SKIPPED.contains(&name.as_str())
    });
    // A pipe with the name of a manifest would never end.
    let files = files.into_iter().filter(|path| path.is_file());
    (files.filter(|path| kind(&name(path)).is_some()).collect(), folders.collect())
}

#[derive(Clone, Copy)]
enum Manifest {
    Python,
    Node,
    Java,
    Go,
}

fn kind(name: &str) -> Option<Manifest> {
    match name {
        "pyproject.toml" | "Pipfile" | "setup.py" | "setup.cfg" => Some(Manifest::Python),
        _ if name.starts_with("requirements") && (name.ends_with(".txt") || name.ends_with(".in")) => {
            Some(Manifest::Python)
        }
        "package.json" => Some(Manifest::Node),
        "pom.xml" | "build.gradle" | "build.gradle.kts" => Some(Manifest::Java),
        "go.mod" => Some(Manifest::Go),
        _ => None,
    }
}

fn of_manifest(root: &Path, path: &Path) -> Option<Recognised> {
    let text = read_capped(path)?;
    let (framework, dependency) = match kind(&path.file_name()?.to_string_lossy())? {
        Manifest::Python => python(&text)?,
        Manifest::Node => node(&text)?,
        Manifest::Java => {
            let text = without_comments(&text, &[("<!--", "-->"), ("/*", "*/")]);
            ["spring-boot-starter", "org.springframework.boot"]
                .into_iter()
                .find(|name| text.contains(name))
                .map(|name| (Framework::SpringBoot, name))?
        }
        Manifest::Go => {
            let name = "github.com/gin-gonic/gin";
            let required =
                |line: &str| line.split_whitespace().any(|word| word == name) && !line.trim().starts_with("//");
            text.lines().any(required).then_some((Framework::Gin, name))?
        }
    };
    let shown = path.strip_prefix(root).unwrap_or(path).to_string_lossy().into_owned();
    Some(Recognised { framework, because: format!("{} names {dependency}", clean(&shown, 200)) })
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
fn python(text: &str) -> Option<(Framework, &'static str)> {
    let lines = text.lines().map(|line| line.split('#').next().unwrap_or_default());
    let text = lines.collect::<Vec<_>>().join("\n").to_ascii_lowercase().replace('_', "-");
    PYTHON.into_iter().find_map(|(name, framework)| {
        let pattern = format!(r#"(?m)(?:^|["'\s\[,]){}(?:$|["'\s\[,;=<>~!@)])"#, regex::escape(name));
        Regex::new(&pattern).ok()?.is_match(&text).then_some((framework, name))
    })
}

fn node(text: &str) -> Option<(Framework, &'static str)> {
    let manifest: serde_json::Value = serde_json::from_str(text).ok()?;
    let depends = |name: &str| {
        ["dependencies", "devDependencies"]
            .iter()
            .any(|key| manifest.get(*key).is_some_and(|all| all.get(name).is_some()))
    };
    // Nest stands on Express, but its code looks different.
    (depends("express") && !depends("@nestjs/core")).then_some((Framework::Express, "express"))
}

fn without_comments(text: &str, marks: &[(&str, &str)]) -> String {
    let mut text = text.to_owned();
    for (open, close) in marks {
        let mut kept = String::with_capacity(text.len());
        let mut rest = text.as_str();
        while let Some((before, comment)) = rest.split_once(open) {
            kept.push_str(before);
            rest = comment.split_once(close).map_or("", |(_, after)| after);
        }
        kept.push_str(rest);
        text = kept;
    }
    text
}
