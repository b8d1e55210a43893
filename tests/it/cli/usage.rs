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
