//! Answers questions about all paths of an API that would take a look at each of them: asked for every operation of a large
//! document, that would take minutes.

use std::collections::{HashMap, HashSet};
use std::sync::OnceLock;

use super::{Api, Effect, Method, Operation};

/// What is known of the paths of an API; made when it is first asked for.
#[derive(Debug, Clone, Default)]
pub struct PathIndex(OnceLock<KnownPaths>);

#[derive(Debug, Clone)]
struct KnownPaths {
    /// Paths with a GET, without a slash at their end.
    read: HashSet<String>,
    /// Paths right below which there is a slot.
    collections: HashSet<String>,
    /// Shapes of paths below which there is a slot, right below or with more behind it.
    holders: HashSet<String>,
    /// The first GET that reads, by the shape of its path.
    readers: HashMap<String, usize>,
    /// Words of all paths, in small letters.
    words: HashSet<String>,
}

/// Returns a path with its slots nameless, so that `/notes/{id}` and `/notes/{note_id}` are one.
pub fn path_shape(path: &str) -> String {
    let parts = path.trim_end_matches('/').split('/');
    parts.map(|part| if part.starts_with('{') { "{}" } else { part }).collect::<Vec<_>>().join("/")
}

/// Returns the shape of the paths of a collection's items: `/orders/{}` for `/orders`.
pub fn item_shape(collection: &str) -> String {
    format!("{}/{{}}", path_shape(collection))
}

impl Api {
    /// Whether there is a GET of this path, but for slashes at its end.
    pub fn reads(&self, path: &str) -> bool {
        self.known_paths().read.contains(path.trim_end_matches('/'))
    }

    /// Whether objects of a collection have paths of their own: `/orders/{id}` for `/orders`.
    pub fn has_items(&self, collection: &str) -> bool {
        self.known_paths().collections.contains(collection)
    }

    /// Whether anything below a path has an id of its own, whatever slots are called: `/notes/{id}/tags` for `/notes`.
    pub fn holds_items(&self, path: &str) -> bool {
        self.known_paths().holders.contains(&path_shape(path))
    }

    /// Returns the read of a path, whatever its slots are called.
    pub fn reader_of(&self, path: &str) -> Option<&Operation> {
        self.known_paths().readers.get(&path_shape(path)).and_then(|at| self.operations.get(*at))
    }

    /// Whether any path has one of these words in it, its slots left out. Words of letters and digits are compared, in
    /// small letters.
    pub fn any_path_says(&self, words: &[&str]) -> bool {
        words.iter().any(|word| self.known_paths().words.contains(*word))
    }

    fn known_paths(&self) -> &KnownPaths {
        self.paths.0.get_or_init(|| {
            let paths = || self.operations.iter().map(|operation| operation.path.trim_end_matches('/'));
            let gets = self.operations.iter().filter(|operation| operation.method == Method::Get);
            let below_slot = |path: &str| {
                let (before, last) = path.rsplit_once('/')?;
                last.starts_with('{').then(|| before.to_owned())
            };
            let fixed = paths().flat_map(|path| path.split('/')).filter(|part| !part.starts_with('{'));
            let words = fixed.flat_map(|part| part.split(|c: char| !c.is_alphanumeric()));
            let mut holders = HashSet::new();
            let mut readers = HashMap::new();

            for (at, operation) in self.operations.iter().enumerate() {
                let shape = path_shape(&operation.path);
                let slots = shape.match_indices("/{}").filter(|(at, slot)| {
                    shape.get(at + slot.len()..).is_some_and(|rest| rest.is_empty() || rest.starts_with('/'))
                });
                holders.extend(slots.filter_map(|(at, _)| shape.get(..at)).map(str::to_owned));

                // A GET that may change state is no way to look at an object.
                if operation.method == Method::Get && matches!(operation.effect, Effect::Reads) {
                    // The first one of the document, so that each scan of it asks the same operation.
                    readers.entry(shape).or_insert(at);
                }
            }

            KnownPaths {
                holders,
                readers,
                read: gets.map(|operation| operation.path.trim_end_matches('/').to_owned()).collect(),
                collections: paths().filter_map(below_slot).collect(),
                words: words.map(str::to_ascii_lowercase).collect(),
            }
        })
    }
}
