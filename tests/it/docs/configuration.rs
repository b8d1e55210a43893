//! Every configuration in the pages is accepted, and every key and environment variable stands in a page.

use std::fs;
use std::path::Path;

use routewarden::config::parse;

use super::{Page, blocks, pages, read, root};

/// Files that the examples name.
const FILES: [(&str, &str); 3] = [
    ("prompts/system.txt", "You answer questions on orders."),
    ("gitleaks.toml", "[[rules]]\nid = \"own\"\nregex = '''own_[a-z]{20}'''\n"),
    ("alice.token", "alice-value"),
];

/// Tables whose keys are fixed, each with a table that lacks nothing but a known key.
const TABLES: [(&str, &str); 14] = [
    ("", "zzzzzzzz = 1"),
    ("target", "[target]\nzzzzzzzz = 1"),
    ("scan", "[scan]\nzzzzzzzz = 1"),
    ("identities.alice", "[identities.alice]\nzzzzzzzz = 1"),
    ("login", "[identities.alice.login]\nzzzzzzzz = 1"),
    ("api_key", "[identities.alice.api_key]\nzzzzzzzz = 1"),
    ("basic", "[identities.alice.basic]\nzzzzzzzz = 1"),
    ("cookie", "[identities.alice.cookie]\nzzzzzzzz = 1"),
    ("header", "[identities.alice.header]\nzzzzzzzz = 1"),
    ("intent", "[intent]\n\"GET /a\" = { zzzzzzzz = 1 }"),
    ("llm", "[llm]\nzzzzzzzz = 1"),
    ("llm.endpoints", "[llm]\nendpoints = [{ zzzzzzzz = 1 }]"),
    ("detect", "[detect]\nzzzzzzzz = 1"),
    ("suppress", "[[suppress]]\nzzzzzzzz = 1"),
];

#[test]
fn configurations_of_the_pages_are_accepted() {
    let folder = tempfile::TempDir::new().unwrap();
    for (file, text) in FILES {
        let path = folder.path().join(file);
        fs::create_dir_all(path.parent().unwrap()).unwrap();
        fs::write(path, text).unwrap();
    }
    let mut seen = 0;
    for Page { path, text } in pages() {
        for block in blocks(&text, "toml").into_iter().filter(|block| !block.contains("[mcp_servers")) {
            let variable = |name: &str| Some(format!("{name}-value"));
            let read = parse(block, folder.path(), "routewarden.toml", &variable);
            assert!(read.is_ok(), "{}: {}", path.display(), read.unwrap_err());
            seen += 1;
        }
    }
    assert!(seen >= 2, "only {seen} configurations were found in the pages");
}

#[test]
fn every_key_has_its_line() {
    let page = read("docs/configuration.md");
    for (table, text) in TABLES {
        let refused = parse(text, Path::new("/nowhere"), "routewarden.toml", &|_| None).unwrap_err().to_string();
        let listed = refused.split_once("known keys are: ").unwrap_or_else(|| panic!("{table}: {refused}")).1;
        for key in listed.split([',', '\n']).map(str::trim).filter(|key| !key.is_empty()) {
            let named = page.contains(&format!("`{key}`")) || page.contains(&format!("`[{key}]`"));
            let named = named || page.contains(&format!("`[[{key}]]`"));
            assert!(named, "docs/configuration.md does not name `{key}` of [{table}]");
        }
    }
}

#[test]
fn every_environment_variable_has_its_line() {
    let page = read("docs/configuration.md");
    let mut open = vec![root().join("src")];
    let mut seen = 0;
    while let Some(folder) = open.pop() {
        for path in fs::read_dir(folder).unwrap().map(|entry| entry.unwrap().path()) {
            if path.is_dir() {
                open.push(path);
                continue;
            }
            let text = fs::read_to_string(&path).unwrap_or_default();
            for rest in text.split("\"ROUTEWARDEN_").skip(1) {
                let name = format!("ROUTEWARDEN_{}", rest.split('"').next().unwrap());
                assert!(page.contains(&format!("`{name}`")), "docs/configuration.md does not name {name}");
                seen += 1;
            }
        }
    }
    assert!(seen >= 4, "only {seen} variables were found in the source");
}
