//! Stack traces in answers: which line of this tree the fault came from.

use std::path::Path;
use std::sync::LazyLock;

use regex::Regex;
use routewarden_source::tree::SourceTree;

use crate::model::HandlerPlace;

/// More of a text is not looked at.
const MOST_BYTES: usize = 64 * 1024;

/// Folders of other people's code.
const INSTALLED: [&str; 5] = ["/site-packages/", "/dist-packages/", "/node_modules/", "/lib/python", "/vendor/"];

/// `File "/srv/app.py", line 88, in get_invoice` (Python), `at getInvoice (/srv/app.js:10:5)` (JavaScript),
/// `at shop.Invoices.get(Invoices.java:31)` (Java), `/srv/app.rb:12:in 'show'` (Ruby), `/srv/app.php(12)` and
/// `/srv/app.go:12` (PHP, Go).
static FRAMES: LazyLock<Option<Regex>> = LazyLock::new(|| {
    let python = r#"File \\?"(?P<py>[^"\\\n]+?\.py)\\?", line (?P<pyl>\d{1,6})(?:, in (?P<pyf>\w+))?"#;
    let named = r"at (?P<f>[\w$.<>]+) \(?(?P<jf>[^()\s:]+\.(?:js|ts|mjs|cjs|java|kt|cs)):(?P<jl>\d{1,6})";
    let plain = r"(?P<file>[\w./\\-]+\.(?:js|ts|rb|go|php|rs|java|cs))(?::|\(|:line )(?P<line>\d{1,6})";
    Regex::new(&format!("{python}|{named}|{plain}")).ok()
});

/// Returns the frame nearest to the fault whose file stands in the tree.
pub(super) fn nearest_frame(text: &str, tree: &SourceTree) -> Option<HandlerPlace> {
    let mut end = text.len().min(MOST_BYTES);
    // Cutting within a character would leave no text at all.
    while !text.is_char_boundary(end) {
        end -= 1;
    }
    let text = text.get(..end)?;
    let frames = FRAMES.as_ref()?.captures_iter(text).filter_map(|found| {
        let get = |names: [&str; 3]| names.iter().find_map(|name| found.name(name)).map(|hit| hit.as_str());
        let file = in_tree(get(["py", "jf", "file"])?, tree)?;
        let line = get(["pyl", "jl", "line"])?.parse().ok()?;
        let function = get(["pyf", "f", "f"]).unwrap_or_default().to_owned();
        Some((found.name("py").is_some(), HandlerPlace { file, line, function }))
    });

    let frames: Vec<(bool, HandlerPlace)> = frames.collect();
    // Python names the last call last; all others name it first.
    let is_python = frames.first().is_some_and(|(python, _)| *python);
    let nearest = if is_python { frames.into_iter().next_back() } else { frames.into_iter().next() };

    nearest.map(|(_, place)| place)
}

/// The one file of the tree that the named one may be: the server ran it from another folder.
fn in_tree(named: &str, tree: &SourceTree) -> Option<String> {
    let named = named.replace('\\', "/");
    let below = Path::new(&named).strip_prefix(&tree.root).map(|path| path.to_string_lossy().into_owned());

    if let Some(file) = tree.file(below.as_deref().unwrap_or(&named)) {
        return Some(file.path.clone());
    }
    // Libraries have files with the names of the project's own, such as `app.py` and `views.py`.
    if INSTALLED.iter().any(|folder| named.contains(folder)) {
        return None;
    }
    let fits = |path: &str| named.ends_with(&format!("/{path}")) || path.ends_with(&format!("/{named}"));
    let mut found = tree.files.iter().filter(|file| file.language.is_some() && fits(&file.path));
    let longest = found.clone().max_by_key(|file| file.path.len())?;

    // A bare `index.js` fits many files, and says nothing.
    let is_one = found.all(|file| longest.path.ends_with(&file.path));
    is_one.then(|| longest.path.clone())
}
