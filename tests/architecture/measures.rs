//! Measures how the source reads: names, air, width, word lists, rings of files, sizes of functions.
//!
//! The table is printed by `cargo test --test architecture how_the_source_reads -- --nocapture`.

#[path = "measures/functions.rs"]
mod functions;
#[path = "measures/rings.rs"]
mod rings;
#[path = "measures/types.rs"]
mod types;

pub(crate) use functions::FunctionMeasures;
pub(crate) use rings::rings_of;
pub(crate) use types::{TypeMeasures, word_lists};

/// A file of the source, parsed: its path from the root of the repository, its text and its syntax tree.
pub(crate) struct ParsedFile {
    /// For example `src/act/undo.rs`.
    pub path: String,
    /// As it stands in the repository.
    pub text: String,
    /// Of the whole file.
    pub tree: syn::File,
}

/// Parses all files, without what they have for tests; a file that does not parse would not have been compiled either.
pub(crate) fn parse_files(files: Vec<(String, String)>) -> Vec<ParsedFile> {
    let parse = |(path, text): (String, String)| {
        let mut tree = syn::parse_file(&text).unwrap();
        tree.items.retain(|item| !is_for_tests(item));
        ParsedFile { tree, path, text }
    };
    files.into_iter().map(parse).collect()
}

/// Returns true for functions and modules that only tests have.
fn is_for_tests(item: &syn::Item) -> bool {
    let attributes = match item {
        syn::Item::Fn(function) => &function.attrs,
        syn::Item::Mod(module) => &module.attrs,
        _ => return false,
    };
    attributes.iter().any(|attribute| {
        let only_in_tests = attribute.path().is_ident("cfg")
            && attribute.parse_args::<syn::Path>().is_ok_and(|argument| argument.is_ident("test"));
        attribute.path().is_ident("test") || only_in_tests
    })
}

/// Returns a share in percent, 0 of nothing.
pub(crate) fn percent(part: usize, whole: usize) -> f64 {
    if whole == 0 { 0.0 } else { 100.0 * part as f64 / whole as f64 }
}

mod tests {
    use super::*;

    fn parsed(files: &[(&str, &str)]) -> Vec<ParsedFile> {
        parse_files(files.iter().map(|(path, text)| ((*path).to_owned(), (*text).to_owned())).collect())
    }

    #[test]
    fn functions_are_measured() {
        let text = "fn one(a: u8) -> Result<u8, String> {\n    let b = a;\n\n    // Why.\n    Ok(b)\n}\n\
            fn two_words() {}\nimpl T { fn three(&self, a: u8) {} }\n#[cfg(test)]\nmod tests { fn four() {} }\n";
        let measures = FunctionMeasures::of(&parsed(&[("src/a.rs", text)]));
        let names: Vec<&str> = measures.functions.iter().map(|it| it.name.as_str()).collect();
        assert_eq!(names, ["one", "two_words", "three"]);
        assert_eq!(measures.one_word_names(), 50.0);
        assert_eq!((measures.blank_lines(), measures.comment_lines()), (25.0, 25.0));
        assert_eq!(measures.functions[0].lines, 6);
        assert_eq!(measures.functions[2].parameters, 1);
        assert_eq!(measures.faulty(|it| it.fails_with_text).len(), 1);
    }

    #[test]
    fn shared_names_and_lists_are_found() {
        let text = "struct A; enum B {} const W: [&str; 3] = [\"a\", \"b\", \"c\"];\n\
            fn f(x: &str) -> bool { matches!(x, \"a\" | \"b\" | \"c\") }\nfn g() { let _ = [\"a\", \"b\"]; }";
        let files = parsed(&[("src/a.rs", text), ("src/b.rs", "struct A;")]);
        let types = TypeMeasures::of(&files);
        assert_eq!(types.shared().map(|(name, _)| name.as_str()).collect::<Vec<_>>(), ["A"]);
        assert!((types.shared_names() - 200.0 / 3.0).abs() < 0.1);
        assert_eq!(word_lists(&files).len(), 2);
    }

    #[test]
    fn rings_are_found_through_names_that_are_passed_on() {
        let files = parsed(&[
            ("src/a/mod.rs", "mod b; mod c; mod d; pub use b::B; pub use c::C;"),
            ("src/a/b.rs", "use super::C; pub struct B;"),
            ("src/a/c.rs", "pub struct C; fn f() { super::b::B; }"),
            ("src/a/d.rs", "use super::{B, C}; use crate::e::E;"),
            ("src/e.rs", "pub struct E; use crate::a::B;"),
        ]);
        assert_eq!(rings_of(&files), [vec!["src/a/b.rs".to_owned(), "src/a/c.rs".to_owned()]]);
    }
}
