//! Reading source text: code without comments and strings, files of the repository, sources of packages.

use std::fs;
use std::path::{Path, PathBuf};

/// Where the lock file may take packages from.
const PUBLIC: &str = "registry+https://github.com/rust-lang/crates.io-index";

/// All files below a folder, except in folders of these names. Links are not followed.
pub(crate) fn files_below(folder: &Path, except: &[&str]) -> Vec<PathBuf> {
    let mut found = Vec::new();
    let mut open = vec![folder.to_path_buf()];
    while let Some(folder) = open.pop() {
        for entry in fs::read_dir(&folder).into_iter().flatten().flatten() {
            let kind = entry.file_type().unwrap();
            let skipped = except.iter().any(|name| entry.file_name() == *name);
            if kind.is_dir() && !skipped {
                open.push(entry.path());
            } else if kind.is_file() && !skipped {
                found.push(entry.path());
            }
        }
    }
    found.sort();
    found
}

/// The code with comments left out and strings emptied.
pub(crate) fn code_only(text: &str) -> String {
    let mut out = String::with_capacity(text.len());
    let mut rest = text;
    while let Some(character) = rest.chars().next() {
        let (kept, taken) = token(rest, character, out.chars().next_back());
        out.push_str(kept);
        rest = &rest[taken..];
    }
    out
}

/// What is kept of the text's first token, and how many bytes it has.
fn token(rest: &str, character: char, before: Option<char>) -> (&str, usize) {
    let in_word = before.is_some_and(|it| it.is_alphanumeric() || it == '_');
    if rest.starts_with("//") {
        return ("", rest.find('\n').unwrap_or(rest.len()));
    }
    if rest.starts_with("/*") {
        return (" ", block_comment(rest));
    }
    if character == '"' {
        return ("\"\"", plain_string(rest));
    }
    let raw = !in_word && (character == 'r' || rest.starts_with("br"));
    if let Some(taken) = raw.then(|| raw_string(rest)).flatten() {
        return ("\"\"", taken);
    }
    if let Some(taken) = (character == '\'').then(|| character_literal(rest)).flatten() {
        return ("' '", taken);
    }
    (&rest[..character.len_utf8()], character.len_utf8())
}

fn block_comment(rest: &str) -> usize {
    let (mut open, mut place) = (0_usize, 0_usize);
    while place < rest.len() {
        let here = &rest[place..];
        if here.starts_with("/*") {
            open += 1;
            place += 2;
        } else if here.starts_with("*/") {
            open -= 1;
            place += 2;
            if open == 0 {
                break;
            }
        } else {
            place += here.chars().next().map_or(1, char::len_utf8);
        }
    }
    place
}

fn plain_string(rest: &str) -> usize {
    let mut escaped = false;
    for (place, character) in rest.char_indices().skip(1) {
        match character {
            _ if escaped => escaped = false,
            '\\' => escaped = true,
            '"' => return place + 1,
            _ => {}
        }
    }
    rest.len()
}

fn raw_string(rest: &str) -> Option<usize> {
    let start = rest.find('r')? + 1;
    let hashes = rest[start..].chars().take_while(|character| *character == '#').count();
    let body = start + hashes;
    rest[body..].strip_prefix('"')?;
    let end = format!("\"{}", "#".repeat(hashes));
    let closing = rest[body + 1..].find(&end).map_or(rest.len(), |place| body + 1 + place + end.len());
    Some(closing)
}

/// `'x'` and `'\n'`, but not the lifetime `'a`.
fn character_literal(rest: &str) -> Option<usize> {
    let mut characters = rest.char_indices().skip(1);
    let (_, first) = characters.next()?;
    if first == '\\' {
        let end = rest[3..].find('\'')?;
        return Some(3 + end + 1);
    }
    let (place, quote) = characters.next()?;
    (quote == '\'').then_some(place + 1)
}

/// The code up to its inline test module, if it has one.
pub(crate) fn without_tests(code: &str) -> &str {
    code.split("#[cfg(test)]").next().unwrap_or(code)
}

/// Whether a line names a path below a folder of the machine: the folder at the start of a path, not within one.
pub(crate) fn names_path(line: &str, folder: &str) -> bool {
    line.match_indices(folder).any(|(place, _)| {
        let before = line[..place].chars().next_back();
        !before.is_some_and(|it| it.is_alphanumeric() || "._-/}*~".contains(it))
    })
}

/// Packages of a lock file that come from elsewhere than the public registry.
pub(crate) fn foreign_sources(lock: &str) -> Vec<String> {
    let sources = lock.lines().filter_map(|line| line.strip_prefix("source = "));
    sources.filter(|source| source.trim_matches('"') != PUBLIC).map(|source| format!("source {source}")).collect()
}

/// Lines of a package list that choose a registry.
pub(crate) fn foreign_indexes(text: &str) -> Vec<String> {
    let chooses = |line: &&str| {
        let line = line.trim();
        line.starts_with("--index-url")
            || line.starts_with("--extra-index-url")
            || line.starts_with("-i ")
            || line.starts_with("--find-links")
            || line.starts_with("--trusted-host")
            || line.contains("\"registry\":")
            || line.contains("\"resolved\": \"http") && !line.contains("\"resolved\": \"https://registry.npmjs.org/")
    };
    text.lines().filter(chooses).map(|line| line.trim().to_owned()).collect()
}

mod tests {
    use super::*;

    #[test]
    fn comments_and_strings_are_no_code() {
        let text = "a // crate::x\n/* b /* c */ d */ e \"crate::y \\\" z\" f r#\"g\"h\"# i 'j' '\\'' k";
        assert_eq!(code_only(text), "a \n  e \"\" f \"\" i ' ' ' ' k");
    }

    #[test]
    fn lifetimes_are_code() {
        assert_eq!(code_only("fn f<'a>(x: &'a str) { crate::x }"), "fn f<'a>(x: &'a str) { crate::x }");
        assert_eq!(code_only("for_r\"x\""), "for_r\"\"");
    }

    #[test]
    fn a_path_of_the_machine_is_seen() {
        assert!(names_path("see /home/me/x", "/home/"));
        assert!(names_path("\"/home/\"", "/home/"));
        assert!(!names_path("src/home/x and ../home/x", "/home/"));
    }

    #[test]
    fn a_foreign_registry_is_seen() {
        assert_eq!(foreign_sources("source = \"registry+https://mirror.example/index\"\n").len(), 1);
        assert!(foreign_sources(&format!("source = \"{PUBLIC}\"\n")).is_empty());
        assert_eq!(foreign_indexes("flask==3.0\n--index-url https://mirror.example/simple\n").len(), 1);
        assert!(foreign_indexes("flask==3.0\n").is_empty());
    }

    #[test]
    fn tests_are_cut_off() {
        assert_eq!(without_tests("a\n#[cfg(test)]\nmod tests;"), "a\n");
    }
}
