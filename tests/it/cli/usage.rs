//! Bad usage ends with 2 and says what to do, before anything is sent or written.

use super::Shell;

/// Runs with bad usage; what stderr says.
fn refused(arguments: &[&str]) -> String {
    let (code, out, err) = Shell::new().run(arguments);
    assert_eq!((code, out.as_str()), (2, ""), "{arguments:?}: {err}");
    err
}

#[test]
fn no_command_shows_the_help() {
    assert!(refused(&[]).contains("Usage: routewarden"));
}

#[test]
fn a_misspelt_command_is_named_with_the_nearest() {
    let err = refused(&["scn"]);
    assert!(err.contains("scn") && err.contains("'scan'"), "{err}");
}

#[test]
fn a_misspelt_option_value_is_named_with_the_choices() {
    assert!(refused(&["scan", "--mode", "agressive"]).contains("passive, active, intrusive"));
    assert!(refused(&["scan", "--fail-on", "hgh"]).contains("critical, never"));
    assert!(refused(&["scan", "--format", "xml"]).contains("text, json, sarif, junit, html, markdown"));
}

#[test]
fn numbers_that_make_no_sense_are_refused() {
    for (option, value) in [
        ("--rate", "0"),
        ("--rate", "-1"),
        ("--rate", "inf"),
        ("--rate", "1e-300"),
        ("--rate", "5e-324"),
        ("--timeout", "NaN"),
        ("--max-requests", "0"),
        ("--concurrency", "0"),
    ] {
        let err = refused(&["scan", &format!("{option}={value}")]);
        assert!(err.contains(option), "{option} {value}: {err}");
    }
}

#[test]
fn a_missing_report_folder_is_refused_before_the_scan() {
    let shell = Shell::new();
    for command in ["scan", "demo", "report"] {
        let (code, _, err) = shell.run(&[command, "--format", "json", "-o", "no/such/a.json"]);
        assert_eq!(code, 2, "{command}: {err}");
        assert!(err.contains("`no/such` does not exist"), "{command}: {err}");
    }
}

#[test]
fn a_folder_in_place_of_a_report_is_refused() {
    let shell = Shell::new();
    std::fs::create_dir(shell.folder().join("out")).unwrap();
    let (code, _, err) = shell.run(&["scan", "--format", "json", "-o", "out"]);
    assert_eq!(code, 2, "{err}");
    assert!(err.contains("`out` is a folder"), "{err}");
}

#[test]
fn a_baseline_that_is_no_report_is_refused() {
    let shell = Shell::new();
    std::fs::write(shell.folder().join("base.json"), "{\"findings\": []}").unwrap();
    let (code, _, err) = shell.run(&["scan", "--baseline", "base.json"]);
    assert_eq!(code, 2, "{err}");
    assert!(err.contains("`base.json` is no report") && err.contains("--format json -o"), "{err}");
    let (code, _, err) = shell.run(&["scan", "--baseline", "none.json"]);
    assert_eq!(code, 2, "{err}");
    assert!(err.contains("none.json"), "{err}");
}

#[test]
fn a_fix_needs_a_finding_or_a_check() {
    assert!(refused(&["fix"]).contains("<FINDING>"));
    assert!(refused(&["fix", "rw-1", "--check", "authz/bola-read"]).contains("--check"));
}

#[test]
fn a_recheck_needs_a_finding() {
    assert!(refused(&["recheck"]).contains("<FINDING>"));
}

#[test]
fn an_address_to_serve_on_is_an_address() {
    assert!(refused(&["mcp", "--http", "here"]).contains("--http"));
    assert!(refused(&["mcp", "--legacy-sse"]).contains("--http"));
}

#[test]
fn init_leaves_a_configuration_as_it_is() {
    let shell = Shell::new();
    let file = shell.folder().join("routewarden.toml");
    std::fs::write(&file, "# mine\n").unwrap();
    let (code, _, err) = shell.run(&["init"]);
    assert_eq!(code, 2, "{err}");
    assert!(err.contains("--force"), "{err}");
    assert_eq!(std::fs::read_to_string(&file).unwrap(), "# mine\n");
}

#[test]
fn escape_sequences_of_files_and_documents_do_not_reach_the_terminal() {
    let shell = Shell::new();
    let write = |name: &str, text: &str| std::fs::write(shell.folder().join(name), text).unwrap();
    write("version.json", r#"{"openapi": "9.\u001b]0;owned\u0007\u001b[2J", "paths": {}}"#);
    write("na\u{1b}[2Jme.json", "{");
    write("key.toml", "[target]\n\"open\\u001b[2Japi\" = \"x\"\n");
    write("reorder.toml", "[target]\n\"a\u{202e}b\" = 1\n");
    for arguments in [
        vec!["scan", "version.json"],
        vec!["scan", "na\u{1b}[2Jme.json"],
        vec!["scan", "--config", "key.toml"],
        vec!["scan", "--config", "reorder.toml"],
        vec!["scan", "--baseline", "na\u{1b}[2Jme.json", "http://127.0.0.1:9"],
    ] {
        let (code, out, err) = shell.run(&arguments);
        assert!(matches!(code, 2 | 3), "{arguments:?}: {err}");
        let shown = format!("{out}{err}");
        assert!(!shown.contains(['\u{1b}', '\u{7}', '\u{202e}', '\u{9b}']), "{arguments:?}: {shown:?}");
    }
}

#[cfg(unix)]
#[test]
fn a_pipe_in_place_of_a_file_is_refused_at_once() {
    let shell = Shell::new();
    let pipe = shell.folder().join("pipe");
    let made = std::process::Command::new("mkfifo").arg(&pipe).status().unwrap();
    assert!(made.success());
    std::fs::write(shell.folder().join("to-pipe.toml"), "[target]\nopenapi = \"pipe\"\n").unwrap();
    let reference = r#"{"openapi":"3.0.3","info":{"title":"t","version":"1"},"paths":{"/a":{"$ref":"pipe#/a"}}}"#;
    std::fs::write(shell.folder().join("reference.json"), reference).unwrap();
    for arguments in [
        vec!["scan", "pipe"],
        vec!["scan", "--config", "to-pipe.toml"],
        vec!["scan", "--config", "pipe"],
        vec!["scan", "--dry-run", "reference.json"],
        vec!["scan", "--baseline", "pipe", "--dry-run", "reference.json"],
    ] {
        let output = shell.command(&arguments).timeout(std::time::Duration::from_secs(20)).output().unwrap();
        assert!(output.status.code().is_some(), "{arguments:?} waits for the pipe");
    }
}
