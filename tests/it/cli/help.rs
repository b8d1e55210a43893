//! Help and version.

use super::Shell;

const COMMANDS: [&str; 14] = [
    "scan",
    "explain",
    "ownership",
    "fix",
    "recheck",
    "demo",
    "init",
    "intent",
    "checks",
    "history",
    "report",
    "diff",
    "undo",
    "mcp",
];

#[test]
fn help_lists_every_command_and_exit_code() {
    let (code, out, _) = Shell::new().run(&["--help"]);
    assert_eq!(code, 0);
    for command in COMMANDS {
        assert!(out.lines().any(|line| line.trim_start().starts_with(&format!("{command} "))), "{command}: {out}");
    }
    for exit in ["  0 ", "  1 ", "  2 ", "  3 ", "  130 "] {
        assert!(out.contains(exit), "{exit}: {out}");
    }
}

#[test]
fn every_command_has_help() {
    let shell = Shell::new();
    for command in COMMANDS {
        let (code, out, err) = shell.run(&[command, "--help"]);
        assert_eq!((code, err.as_str()), (0, ""), "{command}");
        assert!(out.contains("Usage: routewarden"), "{command}: {out}");
    }
}

#[test]
fn scan_has_the_options_of_the_contract() {
    let (_, out, _) = Shell::new().run(&["scan", "--help"]);
    let options = [
        "--config",
        "--base-url",
        "--allow",
        "--mode",
        "--checks",
        "--operations",
        "--source",
        "--auto-accounts",
        "--format",
        "-o, --output",
        "--fail-on",
        "--min-confidence",
        "--max-requests",
        "--rate",
        "--concurrency",
        "--timeout",
        "--dry-run",
        "--baseline",
        "--quiet",
        "--no-progress",
    ];
    for option in options {
        assert!(out.contains(option), "{option}: {out}");
    }
    for format in ["text", "json", "sarif", "junit", "html", "markdown"] {
        assert!(out.contains(&format!("- {format}:")), "{format}: {out}");
    }
}

#[test]
fn the_version_is_the_packages() {
    let (code, out, _) = Shell::new().run(&["--version"]);
    assert_eq!((code, out.as_str()), (0, concat!("routewarden ", env!("CARGO_PKG_VERSION"), "\n")));
}

#[test]
fn help_without_a_terminal_has_no_colours() {
    let (_, out, _) = Shell::new().run(&["scan", "--help"]);
    assert!(!out.contains('\u{1b}'), "{out}");
}
