//! The document and the files that it refers to, all read before anything is lowered. Reads files below one folder
//! and nothing else; fetches nothing.

use std::collections::HashMap;
use std::path::{Path, PathBuf};

use serde_json::Value;
use thiserror::Error;
use url::Url;

use super::error::SpecError;
use super::overlay::{AppliedOverlay, Overlay};
use super::reading::{self, Notation};

/// The most bytes one referred file may have.
const MAX_FILE_BYTES: u64 = 16 * 1024 * 1024;
/// The most bytes that all referred files may have together.
const MAX_FILES_BYTES: u64 = 64 * 1024 * 1024;
/// The most files that are read besides the document.
const MAX_FILES: usize = 500;

/// Why a file that a document refers to is not read.
#[derive(Debug, Clone, PartialEq, Eq, Error)]
pub(super) enum FileRefused {
    #[error("more than {limit} files are referred to", limit = MAX_FILES)]
    TooMany,
    #[error("not UTF-8")]
    NameNotUtf8,
    #[error("only files below the document's own folder are read")]
    NotBelow,
    #[error("it lies outside the document's folder, which is not read")]
    Outside,
    /// The system's words.
    #[error("{0}")]
    NotThere(String),
    #[error(transparent)]
    Document(#[from] SpecError),
}

/// What relative references and servers of a document are relative to.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Base {
    /// The document came from this address. Nothing more is fetched; relative servers are made absolute with it.
    Url(Url),
    /// The document stands in this folder; files below it may be referred to.
    Folder(PathBuf),
    /// Nothing is known of where the document stands.
    None,
}

/// A value and the document it stands in.
#[derive(Debug, Clone, Copy)]
pub(super) struct Node<'d> {
    /// Index of the document; 0 is the one that was asked for.
    pub(super) document: usize,
    /// The value itself.
    pub(super) value: &'d Value,
}

impl<'d> Node<'d> {
    /// Another value of the same document.
    pub(super) fn with(self, value: &'d Value) -> Self {
        Self { document: self.document, value }
    }

    /// A member of this object.
    pub(super) fn get(self, key: &str) -> Option<Self> {
        self.value.get(key).map(|value| self.with(value))
    }

    /// Names this value for as long as the documents live: values never move once they are read.
    pub(super) fn address(self) -> usize {
        std::ptr::from_ref(self.value).addr()
    }
}

/// One text, read.
#[derive(Debug)]
pub(super) struct Document {
    /// Empty for the document itself, the path below the folder for the files that it refers to.
    pub(super) name: String,
    /// What it holds.
    pub(super) root: Value,
    /// JSON or YAML.
    pub(super) notation: Notation,
}

/// All texts of one API.
#[derive(Debug)]
pub(super) struct Documents {
    list: Vec<Document>,
    /// By document and the file part of a reference: which document that is, or why there is none.
    files: HashMap<(usize, String), Result<usize, FileRefused>>,
    /// What came of the Overlay.
    pub(super) applied: AppliedOverlay,
}

impl Documents {
    /// Reads a text, applies the Overlay to it, and reads the files below `base` that it refers to then.
    pub(super) fn read(name: &str, text: &str, base: &Base, overlay: Option<&Overlay>) -> Result<Self, SpecError> {
        let (mut root, notation) = reading::parse_document(name, text)?;
        let applied = overlay.map(|overlay| overlay.apply(&mut root)).unwrap_or_default();
        let list = vec![Document { name: String::new(), root, notation }];
        let mut documents = Self { list, files: HashMap::new(), applied };
        if let Base::Folder(folder) = base
            && let Ok(folder) = folder.canonicalize()
        {
            ReferredFiles { folder, left: MAX_FILES_BYTES, tries: 10 * MAX_FILES, paths: vec![None] }
                .read_all(&mut documents);
        }
        Ok(documents)
    }

    /// All documents, the one that was asked for first.
    pub(super) fn list(&self) -> &[Document] {
        &self.list
    }

    /// The outermost value of a document.
    pub(super) fn root(&self, document: usize) -> Option<Node<'_>> {
        self.list.get(document).map(|found| Node { document, value: &found.root })
    }

    /// The document that the file part of a reference in `from` means.
    pub(super) fn file(&self, from: usize, part: &str) -> Result<usize, FileRefused> {
        let known = self.files.get(&(from, part.to_owned()));
        known.cloned().unwrap_or(Err(FileRefused::NotBelow))
    }
}

/// Reading the files that documents refer to.
struct ReferredFiles {
    /// Canonical; nothing outside is opened.
    folder: PathBuf,
    left: u64,
    /// How many more references to files are tried, whether they exist or not.
    tries: usize,
    /// Canonical path of each document that was read; the first came as text.
    paths: Vec<Option<PathBuf>>,
}

impl ReferredFiles {
    fn read_all(&mut self, documents: &mut Documents) {
        // Files that are read on the way are added to the list, and are searched in their turn.
        let mut next = 0;
        while let Some(document) = documents.list.get(next) {
            for part in file_parts(&document.root) {
                let outcome = self.read_one(next, &part, &mut documents.list);
                documents.files.insert((next, part), outcome);
            }
            next += 1;
        }
    }

    fn read_one(&mut self, from: usize, part: &str, list: &mut Vec<Document>) -> Result<usize, FileRefused> {
        self.tries = self.tries.checked_sub(1).ok_or(FileRefused::TooMany)?;
        let path = self.locate(from, part)?;

        // One file may be referred to in many ways.
        if let Some(known) = self.paths.iter().position(|known| known.as_ref() == Some(&path)) {
            return Ok(known);
        }
        if list.len() > MAX_FILES {
            return Err(FileRefused::TooMany);
        }
        let text = reading::read_text(&path, MAX_FILE_BYTES.min(self.left))?;
        self.left = self.left.saturating_sub(text.len() as u64);
        let name = path.strip_prefix(&self.folder).unwrap_or(&path).to_string_lossy().into_owned();
        let (root, notation) = reading::parse_document(&name, &text)?;
        list.push(Document { name, root, notation });
        self.paths.push(Some(path));

        Ok(list.len() - 1)
    }

    /// The canonical path of a referred file, once it is certain that it lies below the folder.
    fn locate(&self, from: usize, part: &str) -> Result<PathBuf, FileRefused> {
        let plain = percent_encoding::percent_decode_str(part).decode_utf8().map_err(|_| FileRefused::NameNotUtf8)?;
        // An address, or a path from the root, can only be meant to leave the folder.
        if plain.contains("://") || plain.starts_with('/') || plain.contains('\0') {
            return Err(FileRefused::NotBelow);
        }
        let beside = self.paths.get(from).and_then(Option::as_deref).and_then(Path::parent);
        let path = beside.unwrap_or(&self.folder).join(plain.as_ref());
        // Made canonical, so that links and `..` show where they lead.
        let path = path.canonicalize().map_err(|error| FileRefused::NotThere(error.to_string()))?;

        match path.starts_with(&self.folder) {
            true => Ok(path),
            false => Err(FileRefused::Outside),
        }
    }
}

/// The file parts of all references in a value, each once, in order.
fn file_parts(root: &Value) -> Vec<String> {
    let mut found = indexmap::IndexSet::new();
    let mut open = vec![root];

    while let Some(value) = open.pop() {
        match value {
            Value::Array(items) => open.extend(items),
            Value::Object(map) => {
                if let Some(Value::String(reference)) = map.get("$ref")
                    && let Some(part) = reference.split('#').next()
                    && !part.is_empty()
                {
                    found.insert(part.to_owned());
                }
                open.extend(map.values());
            }
            _ => {}
        }
    }

    found.into_iter().collect()
}
