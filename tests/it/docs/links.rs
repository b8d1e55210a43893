//! Pages are short, and what they link to exists.

use std::path::Path;

use super::{Page, pages};

/// No page is longer than this many lines.
const MOST_LINES: usize = 300;

#[test]
fn pages_are_short() {
    for Page { path, text } in pages() {
        let lines = text.lines().count();
        assert!(lines < MOST_LINES, "{}: {lines} lines", path.display());
    }
}

#[test]
fn links_lead_to_files_and_headings() {
    for Page { path, text } in pages() {
        for link in links(&text) {
            if link.contains("://") {
                continue;
            }
            let (file, anchor) = link.split_once('#').unwrap_or((link, ""));
            let target = if file.is_empty() { path.clone() } else { path.parent().unwrap().join(file) };
            assert!(target.exists(), "{}: {link} does not exist", path.display());
            assert!(anchor.is_empty() || has_heading(&target, anchor), "{}: {link} has no heading", path.display());
        }
    }
}

/// Returns the targets of Markdown links, pictures included.
fn links(text: &str) -> Vec<&str> {
    text.split("](").skip(1).filter_map(|rest| rest.split(')').next()).collect()
}

/// Returns true when a page has a heading that this anchor leads to.
fn has_heading(page: &Path, anchor: &str) -> bool {
    let text = std::fs::read_to_string(page).unwrap();
    let headings = text.lines().filter(|line| line.starts_with('#')).map(|line| line.trim_start_matches('#').trim());
    let keeps = |c: &char| c.is_alphanumeric() || *c == '-' || *c == '_';
    headings.map(|heading| heading.to_lowercase().replace(' ', "-")).any(|name| {
        let name: String = name.chars().filter(keeps).collect();
        name == anchor
    })
}
