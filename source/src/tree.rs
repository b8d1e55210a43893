//! The files of a source tree, as git sees them: ignored, hidden and vendored ones are left out, links never lead out of
//! the folder, and what is too large or too much is named rather than read.

use std::collections::BTreeMap;
use std::fs::File;
use std::io::{self, Read as _};
use std::path::{Path, PathBuf};
use std::sync::Arc;

use ignore::{DirEntry, WalkBuilder};
use serde::Serialize;

use crate::lang::Language;

/// Folders of other people's code, and of what a build made.
const VENDORED: [&str; 14] = [
    "node_modules",
    "vendor",
    "target",
    "dist",
    "build",
    "venv",
    ".venv",
    "env",
    "site-packages",
    "__pycache__",
    "bower_components",
    "third_party",
    "obj",
    "coverage",
];
/// Manifests, and the few other files that say how an application is put together.
const MANIFESTS: [&str; 19] = [
    "requirements.txt",
    "pyproject.toml",
    "setup.py",
    "setup.cfg",
    "Pipfile",
    "package.json",
    "jsconfig.json",
    "go.mod",
    "Gemfile",
    "composer.json",
    "pom.xml",
    "build.gradle",
    "build.gradle.kts",
    "application.properties",
    "application.yml",
    "application.yaml",
    "Cargo.toml",
    "pytest.ini",
    "tox.ini",
];

/// Scripts with longer lines, on average, were made for browsers by a program.
const MOST_LINE: usize = 400;
/// Shorter scripts are read whatever they look like.
const LEAST_MINIFIED: usize = 4_000;
/// A larger script that people wrote for a server speaks of one; a library for browsers is not read.
const MOST_SCRIPT: usize = 250_000;
/// A bundle that speaks of one of these may be a server.
const SERVERS: [&str; 5] = ["\"express\"", "'express'", "`express`", "@nestjs/", "createServer"];

/// How much of a tree is read.
#[derive(Debug, Clone, Copy)]
pub struct TreeLimits {
    /// Files read at most.
    pub files: usize,
    /// Bytes of one file; a larger one is left out.
    pub file_bytes: u64,
    /// Bytes of all files.
    pub all_bytes: u64,
    /// Folders below folders.
    pub depth: usize,
}

impl Default for TreeLimits {
    fn default() -> Self {
        TreeLimits { files: 20_000, file_bytes: 2 << 20, all_bytes: 128 << 20, depth: 32 }
    }
}

/// A file of the tree.
#[derive(Debug, Clone)]
pub struct SourceFile {
    /// From the root, with `/`.
    pub path: String,
    /// Its language; absent for manifests and other data.
    pub language: Option<Language>,
    /// Its text.
    pub text: Arc<str>,
}

/// The files of a source tree.
#[derive(Debug, Clone, Default)]
pub struct SourceTree {
    /// The folder, absolute and free of links.
    pub root: PathBuf,
    /// The files in the order of their paths.
    pub files: Vec<SourceFile>,
    /// What was left out, for people.
    pub left_out: Vec<LeftOut>,
}

/// A file or a part of the tree that was not read.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct LeftOut {
    /// From the root, with `/`; `.` for the rest of the tree.
    pub path: String,
    /// Why.
    pub because: String,
}

/// Why a file is not read.
#[derive(Debug, thiserror::Error)]
enum FileFault {
    /// It cannot be opened or read.
    #[error(transparent)]
    Io(#[from] io::Error),
    /// It is larger than what is read of one file.
    #[error("it has {size} bytes, more than {most}")]
    TooLarge {
        /// Its size in bytes.
        size: u64,
        /// What may be read.
        most: u64,
    },
    /// It was made for browsers.
    #[error("it is minified, and speaks of no server")]
    Minified,
    /// It is a library for browsers.
    #[error("it is a large script that speaks of no server")]
    Library,
}

impl SourceTree {
    /// Reads a folder.
    ///
    /// # Errors
    /// The folder is not there, is no folder, or cannot be read.
    pub fn read(root: &Path, limits: &TreeLimits) -> io::Result<SourceTree> {
        // Links in the way to the root are resolved once, so that every path below it can be compared.
        let root = root.canonicalize()?;
        if !root.is_dir() {
            return Err(io::Error::new(io::ErrorKind::NotADirectory, "it is no folder"));
        }
        let mut tree = SourceTree { root: root.clone(), ..SourceTree::default() };
        let mut bytes = 0;

        for path in list_files(&root, limits, &mut tree.left_out) {
            // A limit that is reached is named, so that missing routes are not taken for missing code.
            if tree.files.len() >= limits.files || bytes >= limits.all_bytes {
                let because = format!("only {} files and {bytes} bytes of a tree are read", tree.files.len());
                tree.left_out.push(LeftOut { path: ".".to_owned(), because });
                break;
            }
            match read_file(&root, &path, limits) {
                Ok(Some(file)) => {
                    bytes += file.text.len() as u64;
                    tree.files.push(file);
                }
                Ok(None) => {}
                Err(fault) => {
                    tree.left_out.push(LeftOut { path: relative_path(&root, &path), because: fault.to_string() })
                }
            }
        }

        Ok(tree)
    }

    /// Makes a tree of texts, for tests and for looking at a change before it is written.
    pub fn of_texts(texts: &BTreeMap<String, String>) -> SourceTree {
        let file = |(path, text): (&String, &String)| SourceFile {
            path: path.clone(),
            language: Language::of_path(path),
            text: Arc::from(text.as_str()),
        };
        SourceTree { root: PathBuf::new(), files: texts.iter().map(file).collect(), left_out: Vec::new() }
    }

    /// Returns the file at that path.
    pub fn file(&self, path: &str) -> Option<&SourceFile> {
        let at = self.files.binary_search_by(|file| file.path.as_str().cmp(path)).ok()?;
        self.files.get(at)
    }

    /// Returns this tree with other texts in place of some files, and further ones.
    pub fn with(&self, texts: &BTreeMap<String, String>) -> SourceTree {
        let mut changed = self.clone();
        for (path, text) in texts {
            match changed.files.binary_search_by(|file| file.path.as_str().cmp(path)) {
                Ok(at) => {
                    if let Some(file) = changed.files.get_mut(at) {
                        file.text = Arc::from(text.as_str());
                    }
                }
                Err(at) => {
                    let language = Language::of_path(path);
                    changed
                        .files
                        .insert(at, SourceFile { path: path.clone(), language, text: Arc::from(text.as_str()) });
                }
            }
        }

        changed
    }
}

/// The files worth reading, in the order of their paths; folders that lie too deep are left out.
fn list_files(root: &Path, limits: &TreeLimits, left_out: &mut Vec<LeftOut>) -> Vec<PathBuf> {
    let own = |entry: &DirEntry| {
        let name = entry.file_name().to_string_lossy();
        // A folder of that name is vendored, a file of that name is not; the root itself may be called anything.
        entry.depth() == 0 || !(entry.file_type().is_some_and(|kind| kind.is_dir()) && VENDORED.contains(&&*name))
    };
    // Links are not followed: what they lead to is read at its own place, or stands outside.
    let walk = WalkBuilder::new(root)
        .follow_links(false)
        .max_depth(Some(limits.depth))
        // Only ignore files of the tree count, so that two machines read the same files.
        .parents(false)
        .git_global(false)
        .require_git(false)
        .filter_entry(own)
        .build();
    let is_cut = |entry: &DirEntry| {
        let is_folder = entry.file_type().is_some_and(|kind| kind.is_dir());
        is_folder && entry.depth() >= limits.depth && has_entries(entry.path())
    };
    let mut paths: Vec<PathBuf> = Vec::new();

    for entry in walk.filter_map(Result::ok) {
        if is_cut(&entry) {
            let because = format!("only {} folders within each other are read", limits.depth);
            left_out.push(LeftOut { path: relative_path(root, entry.path()), because });
        }
        if entry.file_type().is_some_and(|kind| kind.is_file()) && is_wanted(entry.path()) {
            paths.push(entry.into_path());
        }
    }
    left_out.sort_by(|one, other| one.path.cmp(&other.path));
    paths.sort_by_cached_key(|path| relative_path(root, path));

    paths
}

fn has_entries(folder: &Path) -> bool {
    std::fs::read_dir(folder).is_ok_and(|mut entries| entries.next().is_some())
}

fn is_wanted(path: &Path) -> bool {
    let name = path.file_name().map(|name| name.to_string_lossy().into_owned()).unwrap_or_default();
    Language::of_path(&name).is_some()
        || MANIFESTS.contains(&name.as_str())
        || name.ends_with(".csproj")
        || name.starts_with("tsconfig") && name.ends_with(".json")
        || [".yml", ".yaml", ".json"].iter().any(|end| name.ends_with(end) && is_document(&name))
}

/// A document of an API that code is bound to by its operation ids.
fn is_document(name: &str) -> bool {
    ["openapi", "swagger", "api"].iter().any(|word| name.to_ascii_lowercase().contains(word))
}

fn relative_path(root: &Path, path: &Path) -> String {
    path.strip_prefix(root).unwrap_or(path).to_string_lossy().replace('\\', "/")
}

/// Reads one file. `None` for what is no text.
fn read_file(root: &Path, path: &Path, limits: &TreeLimits) -> Result<Option<SourceFile>, FileFault> {
    let file = File::open(path)?;
    let size = file.metadata()?.len();

    if size > limits.file_bytes {
        return Err(FileFault::TooLarge { size, most: limits.file_bytes });
    }
    let mut bytes = Vec::new();
    // The file may have grown since, so that the limit holds for the reading too.
    file.take(limits.file_bytes).read_to_end(&mut bytes)?;
    // What is no UTF-8 is an image or an archive, and no code.
    let Ok(text) = String::from_utf8(bytes) else { return Ok(None) };
    let path = relative_path(root, path);
    if Language::of_path(&path).is_some_and(Language::is_script)
        && let Some(fault) = for_browsers(&text)
    {
        return Err(fault);
    }
    Ok(Some(SourceFile { language: Language::of_path(&path), path, text: Arc::from(text) }))
}

/// Returns why a script is taken for one of browsers: it serves no route, and takes long to read.
fn for_browsers(text: &str) -> Option<FileFault> {
    let lines = text.bytes().filter(|byte| *byte == b'\n').count() + 1;
    let fault = match text.len() {
        ..=LEAST_MINIFIED => return None,
        length if length / lines > MOST_LINE => FileFault::Minified,
        MOST_SCRIPT.. => FileFault::Library,
        _ => return None,
    };

    // A bundled server is one large script as well, and its routes must be read.
    (!SERVERS.iter().any(|word| text.contains(word))).then_some(fault)
}
