//! Which `--format` belongs to which `-o`.

use std::path::PathBuf;

use clap::Parser;
use routewarden::cli::{Cli, Command, FormatOption, Outputs};

fn outputs(arguments: &[&str]) -> Result<Outputs, String> {
    let arguments = ["routewarden", "scan"].iter().chain(arguments);
    match Cli::try_parse_from(arguments).map_err(|error| error.to_string())?.command {
        Command::Scan(scan) => Ok(scan.outputs),
        other => panic!("{other:?}"),
    }
}

fn to(stdout: Option<FormatOption>, files: &[(FormatOption, &str)]) -> Result<Outputs, String> {
    let files = files.iter().map(|(format, path)| (*format, PathBuf::from(path))).collect();
    Ok(Outputs { stdout, files })
}

#[test]
fn without_options_text_goes_to_stdout() {
    assert_eq!(outputs(&[]), to(Some(FormatOption::Text), &[]));
}

#[test]
fn a_format_alone_goes_to_stdout() {
    assert_eq!(outputs(&["--format", "json"]), to(Some(FormatOption::Json), &[]));
    assert_eq!(outputs(&["http://127.0.0.1:1", "--format=sarif", "-q"]), to(Some(FormatOption::Sarif), &[]));
}

#[test]
fn pairs_go_to_their_files() {
    assert_eq!(
        outputs(&["--format", "json", "-o", "a", "--format", "sarif", "--output=b"]),
        to(None, &[(FormatOption::Json, "a"), (FormatOption::Sarif, "b")])
    );
}

#[test]
fn a_format_without_a_file_goes_to_stdout_beside_the_others() {
    let expected = to(Some(FormatOption::Text), &[(FormatOption::Json, "a")]);
    assert_eq!(outputs(&["--format", "text", "--format", "json", "-o", "a"]), expected);
    assert_eq!(outputs(&["--format", "json", "-o", "a", "--format", "text"]), expected);
    assert_eq!(outputs(&["--format", "json", "-o", "a", "--format", "text", "-o", "-"]), expected);
}

#[test]
fn a_file_before_its_format_is_understood() {
    assert_eq!(outputs(&["-o", "a", "--format", "json"]), to(None, &[(FormatOption::Json, "a")]));
}

#[test]
fn a_file_without_a_format_goes_by_its_name() {
    assert_eq!(
        outputs(&["-o", "a.SARIF", "-o", "b.md", "-o", "c.xml", "-o", "d.html", "-o", "e.txt", "-o", "f.json"]),
        to(
            None,
            &[
                (FormatOption::Sarif, "a.SARIF"),
                (FormatOption::Markdown, "b.md"),
                (FormatOption::Junit, "c.xml"),
                (FormatOption::Html, "d.html"),
                (FormatOption::Text, "e.txt"),
                (FormatOption::Json, "f.json"),
            ]
        )
    );
    assert!(outputs(&["-o", "report"]).unwrap_err().contains("put --format before -o"));
}

#[test]
fn two_formats_on_stdout_are_refused() {
    let error = outputs(&["--format", "json", "--format", "sarif"]).unwrap_err();
    assert!(error.contains("standard output") && error.contains("-o FILE"), "{error}");
}

#[test]
fn one_file_for_two_formats_is_refused() {
    let error = outputs(&["--format", "json", "-o", "a", "--format", "sarif", "-o", "a"]).unwrap_err();
    assert!(error.contains("written twice"), "{error}");
}
