//! The code of remedies goes through the languages' own parsers where they are installed.

use std::path::PathBuf;
use std::process::{Command, Stdio};

use routewarden::remedy::{Framework, list_all};

/// Whether a program can be started at all; without it the brackets are counted and nothing more.
fn is_there(program: &str, argument: &str) -> bool {
    let run = Command::new(program).arg(argument).stdout(Stdio::null()).stderr(Stdio::null()).status();
    run.is_ok_and(|status| status.success())
}

fn passes(program: &str, arguments: &[&str], files: &[PathBuf]) -> Result<(), String> {
    let run = Command::new(program).args(arguments).args(files).output().unwrap();
    if run.status.success() { Ok(()) } else { Err(String::from_utf8_lossy(&run.stderr).into_owned()) }
}

fn written(framework: Framework, suffix: &str) -> (tempfile::TempDir, Vec<PathBuf>) {
    let folder = tempfile::tempdir().unwrap();
    let files = list_all()
        .iter()
        .map(|remedy| {
            let path = folder.path().join(format!("{}.{suffix}", remedy.id.replace('-', "_")));
            std::fs::write(&path, remedy.code(framework)).unwrap();
            path
        })
        .collect();
    (folder, files)
}

#[test]
fn python_compiles() {
    if !is_there("python3", "--version") {
        return;
    }
    for framework in [Framework::Flask, Framework::FastApi, Framework::DjangoRest] {
        let (_folder, files) = written(framework, "py");
        passes("python3", &["-m", "py_compile"], &files).unwrap_or_else(|error| panic!("{framework}: {error}"));
    }
}

#[test]
fn javascript_parses_as_modules() {
    if !is_there("node", "--version") {
        return;
    }
    let (_folder, files) = written(Framework::Express, "mjs");
    for file in files {
        // It looks at one file only.
        passes("node", &["--check"], &[file]).unwrap_or_else(|error| panic!("{error}"));
    }
}

#[test]
fn go_is_formatted_and_parses() {
    if !is_there("gofmt", "-h") {
        return;
    }
    let (_folder, files) = written(Framework::Gin, "go");
    passes("gofmt", &["-e", "-l"], &files).unwrap_or_else(|error| panic!("{error}"));
}

/// Removes strings, characters and comments, in which brackets mean nothing.
fn bare(code: &str, apostrophes: bool) -> String {
    let mut out = String::new();
    let mut rest = code.chars().peekable();
    while let Some(c) = rest.next() {
        match c {
            '/' if rest.peek() == Some(&'/') => while rest.next_if(|c| *c != '\n').is_some() {},
            '"' | '`' => skip_string(&mut rest, c),
            '\'' if apostrophes => skip_string(&mut rest, c),
            _ => out.push(c),
        }
    }
    out
}

fn skip_string(rest: &mut std::iter::Peekable<std::str::Chars<'_>>, quote: char) {
    while let Some(c) = rest.next() {
        match c {
            '\\' if quote != '`' => drop(rest.next()),
            _ if c == quote => return,
            _ => {}
        }
    }
}

fn unbalanced(code: &str) -> Option<String> {
    let mut open = Vec::new();
    for (line, text) in bare(code, true).lines().enumerate() {
        for c in text.chars() {
            match c {
                '(' | '[' | '{' => open.push(c),
                ')' | ']' | '}' => {
                    let wanted = match c {
                        ')' => '(',
                        ']' => '[',
                        _ => '{',
                    };
                    if open.pop() != Some(wanted) {
                        return Some(format!("`{c}` in line {}", line + 1));
                    }
                }
                _ => {}
            }
        }
    }
    open.pop().map(|c| format!("`{c}` is not closed"))
}

#[test]
fn brackets_of_java_and_go_are_balanced() {
    assert!(unbalanced("f(\"(\") // (\n").is_none());
    assert!(unbalanced("f((1)").is_some() && unbalanced("f)(").is_some());
    for remedy in list_all() {
        for framework in [Framework::SpringBoot, Framework::Gin, Framework::Express] {
            let code = remedy.code(framework);
            assert_eq!(unbalanced(code), None, "{} {framework}", remedy.id);
        }
        assert!(remedy.code(Framework::Gin).starts_with("package "), "{}", remedy.id);
        let java = remedy.code(Framework::SpringBoot);
        let statements = java.lines().filter(|line| line.starts_with("import "));
        assert!(statements.clone().count() > 1 && statements.clone().all(|line| line.ends_with(';')), "{}", remedy.id);
    }
}

/// Every annotation and constructor of the Java code is imported, or stands in the snippet or the user's project.
#[test]
fn java_annotations_are_imported() {
    for remedy in list_all() {
        let code = remedy.code(Framework::SpringBoot);
        for (at, _) in code.match_indices('@') {
            let name: String = code[at + 1..].chars().take_while(char::is_ascii_alphanumeric).collect();
            let imported = code.lines().any(|line| line.starts_with("import ") && line.ends_with(&format!(".{name};")));
            // Of the language itself.
            assert!(imported || name == "Override", "{}: @{name}", remedy.id);
        }
    }
}

#[test]
fn go_packages_that_are_used_are_imported() {
    for remedy in list_all() {
        let code = remedy.code(Framework::Gin);
        for package in [
            "errors", "http", "strconv", "strings", "time", "slog", "hex", "rand", "os", "base64", "gorm", "gin",
            "jwt", "rsa", "fmt", "context",
        ] {
            let used = bare(code, true)
                .split(|c: char| !c.is_ascii_alphanumeric() && c != '.')
                .any(|word| word.starts_with(&format!("{package}.")));
            let imported = code.lines().any(|line| {
                line.trim_end_matches('"').split(['/', '"']).any(|part| part == package)
                    || line.contains(&format!("golang-{package}/"))
            });
            assert_eq!(used, imported, "{}: {package}", remedy.id);
        }
    }
}
