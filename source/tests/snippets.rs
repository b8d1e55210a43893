//! The code that remedies offer: each piece is parsed by the grammar of its language.
#![allow(missing_docs, clippy::unwrap_used, clippy::expect_used, clippy::panic, clippy::indexing_slicing)]

use std::fs;
use std::path::{Path, PathBuf};

use routewarden_source::lang::Language;

/// A fenced piece of code of a remedy.
struct Snippet {
    file: String,
    section: String,
    language: String,
    line: usize,
    text: String,
}

fn remedies() -> Vec<PathBuf> {
    let folder = Path::new(env!("CARGO_MANIFEST_DIR")).join("../src/remedy/data");
    let mut found: Vec<PathBuf> = fs::read_dir(folder).unwrap().map(|entry| entry.unwrap().path()).collect();
    found.retain(|path| path.extension().is_some_and(|end| end == "md"));
    found.sort();
    found
}

fn snippets(path: &Path) -> Vec<Snippet> {
    let text = fs::read_to_string(path).unwrap();
    let file = path.file_name().unwrap().to_string_lossy().into_owned();
    let mut found = Vec::new();
    let mut section = String::new();
    let mut open: Option<Snippet> = None;
    for (at, line) in text.lines().enumerate() {
        match (line.strip_prefix("```"), open.as_mut()) {
            (Some(_), Some(_)) => found.extend(open.take()),
            (Some(language), None) => {
                open = Some(Snippet {
                    file: file.clone(),
                    section: section.clone(),
                    language: language.trim().to_owned(),
                    line: at + 2,
                    text: String::new(),
                });
            }
            (None, Some(snippet)) => snippet.text.push_str(&format!("{line}\n")),
            (None, None) => {
                if let Some(name) = line.strip_prefix("## ") {
                    section = name.to_owned();
                }
            }
        }
    }
    assert!(open.is_none(), "{file}: a fence is not closed");
    found
}

fn language(name: &str) -> Option<Language> {
    Some(match name {
        "python" => Language::Python,
        "javascript" => Language::JavaScript,
        "typescript" => Language::TypeScript,
        "tsx" => Language::Tsx,
        "java" => Language::Java,
        "go" => Language::Go,
        "ruby" => Language::Ruby,
        "php" => Language::Php,
        "csharp" => Language::CSharp,
        "rust" => Language::Rust,
        _ => return None,
    })
}

#[test]
fn every_snippet_parses_without_an_error() {
    let mut faults = Vec::new();
    let mut parsed = 0;
    for snippet in remedies().iter().flat_map(|path| snippets(path)) {
        let Some(language) = language(&snippet.language) else {
            // Text, HTTP, shell, YAML and configuration are not code of an application.
            let known = ["text", "http", "sh", "sql", "yaml", "json", "toml", "properties", "ini", "xml"];
            assert!(
                known.contains(&snippet.language.as_str()),
                "{}:{}: {}",
                snippet.file,
                snippet.line,
                snippet.language
            );
            continue;
        };
        parsed += 1;
        let lowered = language.lower(&snippet.text).expect("a snippet is parsed in time");
        for damage in lowered.damaged {
            let line = snippet.line + damage.line - 1;
            faults.push(format!("{}:{line}: {} ({})", snippet.file, snippet.section, snippet.language));
        }
    }
    assert!(faults.is_empty(), "\n{}\n", faults.join("\n"));
    assert!(parsed > 150, "only {parsed} snippets were parsed");
}

#[test]
fn no_snippet_of_a_signature_check_takes_the_algorithm_from_the_token() {
    let texts = remedies().into_iter().flat_map(|path| snippets(&path));
    for snippet in texts.filter(|snippet| snippet.language == "python" && snippet.text.contains("jwt.decode(")) {
        let verifies = snippet.text.contains("algorithms=");
        assert!(verifies, "{}:{}: jwt.decode without algorithms", snippet.file, snippet.line);
    }
}
