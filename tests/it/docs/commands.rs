//! Every command of the pages is one that the program reads, and every option stands in a page.

use clap::{CommandFactory as _, Parser as _};
use routewarden::cli::Cli;

use super::{Page, blocks, pages, read};

#[test]
fn commands_of_the_pages_are_read() {
    let mut seen = 0;
    for Page { path, text } in pages() {
        for line in blocks(&text, "console").into_iter().flat_map(str::lines) {
            let Some(command) = line.strip_prefix("$ routewarden ") else { continue };
            let words = words(command);
            let read = Cli::try_parse_from(std::iter::once("routewarden".to_owned()).chain(words));
            assert!(read.is_ok(), "{}: {line}: {}", path.display(), read.unwrap_err());
            seen += 1;
        }
    }
    assert!(seen >= 30, "only {seen} commands were found in the pages");
}

/// Splits a command as a shell does, up to its comment or redirection; quotes are double ones.
fn words(command: &str) -> Vec<String> {
    let command = command.split(['#', '>', '|']).next().unwrap();
    let mut words = Vec::new();
    for (index, part) in command.split('"').enumerate() {
        if index % 2 == 1 {
            words.push(part.to_owned());
        } else {
            words.extend(part.split_whitespace().map(str::to_owned));
        }
    }
    words
}

#[test]
fn every_command_and_option_has_its_line() {
    let page = read("docs/commands.md");
    for command in Cli::command().get_subcommands() {
        let name = command.get_name();
        assert!(page.contains(&format!("`{name}")), "docs/commands.md does not name the command {name}");
        for option in command.get_arguments().filter_map(clap::Arg::get_long) {
            let listed = page.contains(&format!("`--{option}`")) || page.contains(&format!("`--{option} "));
            assert!(listed, "docs/commands.md does not name --{option} of {name}");
        }
    }
}
