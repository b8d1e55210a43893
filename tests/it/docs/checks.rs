//! `docs/checks.md` and the pages of the families are made from the checks' manual pages.

use std::collections::{BTreeMap, BTreeSet};
use std::fmt::Write as _;
use std::fs;

use routewarden::checks::{Meta, all_checks};

use super::root;

const INTRODUCTION: &str = "\
<!-- Generated from the manual pages in src/checks: ROUTEWARDEN_BLESS=1 cargo test --test it docs::checks -->
# Checks

Each check has an id, a usual severity, and a mode: the least mode in which it sends requests of its own
([modes.md](modes.md)). The same manual pages are printed by `routewarden checks ID`.
`--checks authz/bola-read,token` runs single checks or whole families.
";

fn family(meta: &Meta) -> &'static str {
    meta.id.split('/').next().unwrap()
}

/// Returns every generated page by its path.
fn generated() -> BTreeMap<String, String> {
    let mut index = INTRODUCTION.to_owned();
    let mut pages: BTreeMap<String, String> = BTreeMap::new();
    let mut last = "";
    for meta in all_checks().iter().map(|check| check.meta()) {
        let family = family(meta);
        if family != last {
            write!(index, "\n## {family}\n\n| check | severity | mode | what it reports |\n|---|---|---|---|\n")
                .unwrap();
            last = family;
        }
        let anchor = meta.id.replace('/', "");
        let (severity, mode) = (meta.severity, meta.level.as_str());
        writeln!(index, "| [{}](checks/{family}.md#{anchor}) | {severity} | {mode} | {} |", meta.id, meta.title)
            .unwrap();
        let page = pages.entry(format!("docs/checks/{family}.md")).or_insert_with(|| {
            format!("<!-- Generated, see ../checks.md -->\n# Checks: {family}\n\n[All checks](../checks.md)\n")
        });
        page.push_str(&manual_page(meta));
    }
    pages.insert("docs/checks.md".to_owned(), index);
    pages
}

fn manual_page(meta: &Meta) -> String {
    let cwe = meta.cwe.iter().map(|number| format!("CWE-{number}"));
    let classes: Vec<String> = meta.owasp.iter().map(|class| (*class).to_owned()).chain(cwe).collect();
    let facts = [
        format!("severity {}", meta.severity),
        format!("{} mode and above", meta.level.as_str()),
        classes.join(", "),
        format!("remedy `{}`", meta.remedy),
        format!("since {}", meta.since),
    ];
    format!("\n## {}\n\n{}\n\n{}\n{}", meta.id, meta.title, facts.join(" · "), sections(meta.manual))
}

/// Returns each section as one paragraph that begins with its heading.
fn sections(manual: &str) -> String {
    let mut out = String::new();
    for section in manual.trim().split("## ").skip(1) {
        let (heading, text) = section.split_once('\n').unwrap();
        let paragraphs = text
            .trim()
            .split("\n\n")
            .map(|paragraph| paragraph.lines().map(str::trim).collect::<Vec<_>>().join(" ").replace('<', "&lt;"));
        write!(out, "\n**{heading}.** {}\n", paragraphs.collect::<Vec<_>>().join("\n\n")).unwrap();
    }
    out
}

#[test]
fn pages_of_checks_are_those_of_the_register() {
    let bless = std::env::var_os("ROUTEWARDEN_BLESS").is_some();
    let generated = generated();
    for (path, page) in &generated {
        if bless {
            fs::create_dir_all(root().join("docs/checks")).unwrap();
            fs::write(root().join(path), page).unwrap();
        }
        let committed = fs::read_to_string(root().join(path)).unwrap_or_default();
        assert!(committed == *page, "{path}: run the test with ROUTEWARDEN_BLESS=1 to renew it");
    }
    let committed: BTreeSet<String> = fs::read_dir(root().join("docs/checks"))
        .unwrap()
        .map(|entry| format!("docs/checks/{}", entry.unwrap().file_name().to_string_lossy()))
        .collect();
    let stale: Vec<&String> = committed.iter().filter(|path| !generated.contains_key(*path)).collect();
    assert!(stale.is_empty(), "pages of families that do not exist: {stale:?}");
}
