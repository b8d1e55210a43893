//! The program with everything behind it: use cases, formats, demo and server, from outside.

use std::io::{BufRead, BufReader, Read};
use std::path::Path;
use std::process::{Child, Stdio};

use serde_json::Value;

use super::Shell;

const DOCUMENT: &str = r#"{"openapi": "3.0.3", "info": {"title": "t", "version": "1"},
  "servers": [{"url": "http://127.0.0.1:1"}],
  "paths": {"/invoices/{id}": {"get": {
    "parameters": [{"name": "id", "in": "path", "required": true, "schema": {"type": "integer"}}],
    "responses": {"200": {"description": "ok"}}}}}}"#;

fn shell_with_document() -> Shell {
    let shell = Shell::new();
    std::fs::write(shell.folder().join("openapi.json"), DOCUMENT).unwrap();
    shell
}

fn json(text: &str) -> Value {
    serde_json::from_str(text).unwrap_or_else(|error| panic!("{error}: {text}"))
}

#[test]
fn an_unknown_finding_is_named() {
    let shell = Shell::new();
    for arguments in [&["explain", "rw-0123456789abcdef"][..], &["fix", "rw-0123456789abcdef"]] {
        let (code, out, err) = shell.run(arguments);
        assert_eq!((code, out.as_str()), (2, ""), "{arguments:?}: {err}");
        assert!(err.contains("rw-0123456789abcdef"), "{arguments:?}: {err}");
    }
}

#[test]
fn an_unknown_scan_is_refused() {
    let shell = Shell::new();
    for arguments in [&["report"][..], &["report", "0123"], &["diff", "0123", "4567"]] {
        let (code, out, err) = shell.run(arguments);
        assert_eq!((code, out.as_str()), (2, ""), "{arguments:?}: {err}");
    }
}

#[test]
fn the_history_is_empty_at_first() {
    let (code, out, err) = Shell::new().run(&["history", "--format", "json"]);
    assert_eq!((code, out.as_str()), (0, "[]\n"), "{err}");
}

#[test]
fn checks_are_listed_shown_and_guessed() {
    let shell = Shell::new();
    let (code, out, _) = shell.run(&["checks"]);
    assert_eq!(code, 0);
    assert!(out.lines().any(|line| line.starts_with("authz/bola-read ")), "{out}");
    let (code, out, _) = shell.run(&["checks", "authz/bola-read"]);
    assert_eq!(code, 0);
    for heading in ["What it does", "Why it matters", "How it is confirmed", "When it stays silent", "References"] {
        assert!(out.contains(heading), "{heading}: {out}");
    }
    let (code, out, _) = shell.run(&["checks", "authz", "--format", "json"]);
    assert_eq!(code, 0);
    let ids = json(&out);
    assert!(ids.as_array().unwrap().iter().all(|page| page["id"].as_str().unwrap().starts_with("authz/")), "{out}");
    let (code, _, err) = shell.run(&["checks", "bola-reed"]);
    assert_eq!(code, 2);
    assert!(err.contains("did you mean `authz/bola-read`"), "{err}");
}

#[test]
fn a_dry_run_needs_no_target() {
    let (code, out, err) = shell_with_document().run(&["scan", "--dry-run", "--format", "json"]);
    assert_eq!(code, 0, "{err}");
    let report = json(&out);
    assert_eq!(report["scan"]["status"], "planned");
    assert_eq!(report["plan"][0]["operation"]["path"], "/invoices/{id}");
}

#[test]
fn an_unreachable_target_is_never_clean() {
    let (code, out, err) = shell_with_document().run(&["scan", "--format", "json"]);
    assert_eq!(code, 3, "{out}{err}");
}

#[test]
fn a_document_that_is_none_is_bad_usage() {
    let shell = Shell::new();
    std::fs::write(shell.folder().join("notes.yaml"), "just: notes\n").unwrap();
    for target in ["notes.yaml", "none.yaml"] {
        let (code, out, err) = shell.run(&["scan", target]);
        assert_eq!((code, out.as_str()), (2, ""), "{target}: {err}");
        assert!(err.contains(target), "{err}");
    }
}

#[test]
fn a_foreign_origin_needs_permission() {
    // TEST-NET-1 (RFC 5737): nobody's address.
    let (code, _, err) = shell_with_document().run(&["scan", "--base-url", "http://192.0.2.1"]);
    assert_eq!(code, 2, "{err}");
    assert!(err.contains("--allow http://192.0.2.1"), "{err}");
}

#[test]
fn the_demo_is_found_wanting_and_its_twin_is_not() {
    let shell = Shell::new();
    let (code, out, err) = shell.run(&["demo", "--format", "json", "--format", "sarif", "-o", "a.sarif"]);
    assert_eq!(code, 1, "{err}");
    let report = json(&out);
    assert_eq!(report["scan"]["status"], "complete");
    let confirmed = |check: &str| {
        let findings = report["findings"].as_array().unwrap();
        findings.iter().any(|finding| finding["check"] == check && finding["confidence"] == "confirmed")
    };
    assert!(confirmed("authz/bola-read"), "{out}");
    assert_eq!(json(&std::fs::read_to_string(shell.folder().join("a.sarif")).unwrap())["version"], "2.1.0");
    let (code, out, err) = shell.run(&["demo", "--repaired"]);
    assert_eq!(code, 0, "{out}{err}");
}

#[test]
fn a_stored_scan_can_be_looked_at_again() {
    let shell = Shell::new();
    let (code, out, err) = shell.run(&["demo", "--format", "json", "--fail-on", "never"]);
    assert_eq!(code, 0, "{err}");
    let report = json(&out);
    let scan = report["scan"]["id"].as_str().unwrap();
    let finding = report["findings"][0]["id"].as_str().unwrap();
    let (code, out, err) = shell.run(&["report", scan, "--format", "json"]);
    assert_eq!(code, 0, "{err}");
    assert_eq!(json(&out)["findings"], report["findings"]);
    let (code, out, _) = shell.run(&["explain", finding]);
    assert_eq!(code, 0);
    assert!(out.contains(finding) && out.contains("Proof"), "{out}");
    let (code, out, _) = shell.run(&["history", "--format", "json"]);
    assert_eq!((code, json(&out)[0]["scan_id"].as_str()), (0, Some(scan)));
    let (code, _, err) = shell.run(&["fix", finding, "--apply"]);
    assert_eq!(code, 2);
    assert!(err.contains("nothing was written"), "{err}");
    let (code, _, err) = shell.run(&["diff", scan, scan]);
    assert_eq!(code, 0, "{err}");
}

#[test]
fn how_far_a_stored_scan_came_is_shown_operation_by_operation() {
    let shell = Shell::new();
    assert_eq!(shell.run(&["coverage"]).0, 2, "nothing is stored yet");
    let (_, _, err) = shell.run(&["demo", "--format", "json"]);
    let (code, out, more) = shell.run(&["coverage"]);
    assert_eq!(code, 0, "{err} {more}");
    let flat = out.split_whitespace().collect::<Vec<_>>().join(" ");
    assert!(flat.contains("operations:") && flat.contains("answered with data"), "{out}");
    assert!(flat.contains("decided GET /invoices/{invoice_id}"), "{out}");
    assert!(flat.contains("in the document POST /invoices") && flat.contains("→ scan with `--mode active"), "{out}");
    let (_, out, _) = shell.run(&["coverage", "--format", "json"]);
    let reach = json(&out);
    let counts: Vec<u64> =
        reach["stages"].as_array().unwrap().iter().map(|stage| stage["operations"].as_u64().unwrap()).collect();
    assert!(counts.is_sorted_by(|one, next| one >= next) && counts[5] > 10 && counts[0] > counts[1], "{counts:?}");
    // What needs no sign-in and belongs to nobody is never called decided.
    let health =
        reach["operations"].as_array().unwrap().iter().find(|row| row["operation"]["path"] == "/health").unwrap();
    assert_eq!(health["reached"], "answered", "{health}");
}

#[test]
fn a_baseline_silences_what_it_knows() {
    let shell = Shell::new();
    let (code, _, err) = shell.run(&["demo", "--format", "json", "-o", "base.json"]);
    assert_eq!(code, 1, "{err}");
    let (code, _, err) = shell.run(&["demo", "--baseline", "base.json"]);
    assert_eq!(code, 0, "{err}");
}

#[test]
fn init_writes_a_configuration_that_is_read() {
    let shell = shell_with_document();
    let (code, out, err) = shell.run(&["init"]);
    assert_eq!(code, 0, "{err}");
    assert!(out.contains("openapi.json") && out.contains("routewarden scan"), "{out}");
    let (code, _, err) = shell.run(&["scan", "--dry-run"]);
    assert_eq!(code, 0, "{err}");
    let (code, _, err) = shell.run(&["init"]);
    assert_eq!(code, 2, "{err}");
    assert_eq!(shell.run(&["init", "--force"]).0, 0);
}

#[test]
fn init_recognises_the_sign_in() {
    let shell = Shell::new();
    let document = r##"
openapi: 3.0.3
info: {title: t, version: "1"}
components:
  securitySchemes:
    cookie: {type: apiKey, in: cookie, name: session}
    token: {type: http, scheme: bearer}
  schemas:
    Answer:
      type: object
      properties: {again: {$ref: "#/components/schemas/Answer"}, data: {type: object, properties: {token: {type: string}}}}
paths:
  /me: {get: {security: [{token: []}], responses: {"200": {description: ok}}}}
  /auth/login:
    post:
      requestBody:
        content: {application/json: {schema: {type: object, properties: {email: {type: string}, password: {type: string}}}}}
      responses:
        "200": {description: ok, content: {application/json: {schema: {$ref: "#/components/schemas/Answer"}}}}
"##;
    std::fs::write(shell.folder().join("openapi.yaml"), document).unwrap();
    let (code, out, err) = shell.run(&["init"]);
    assert_eq!(code, 0, "{err}");
    assert!(out.contains("openapi.yaml (2 operations)"), "{out}");
    let written = std::fs::read_to_string(shell.folder().join("routewarden.toml")).unwrap();
    for line in ["operation = \"POST /auth/login\"", "\"email\" = \"alice\"", "token = \"/data/token\""] {
        assert!(written.contains(line), "{line}: {written}");
    }
}

#[test]
fn a_client_that_leaves_ends_the_server() {
    let (code, out, err) = Shell::new().run(&["mcp"]);
    assert_eq!((code, out.as_str()), (0, ""), "{err}");
}

#[test]
fn a_server_starts_in_the_project_that_it_is_given() {
    let shell = Shell::new();
    std::fs::create_dir(shell.folder().join("api")).unwrap();
    let (code, _, err) = shell.run(&["mcp", "--project", "api"]);
    assert_eq!(code, 0, "{err}");
    let (code, out, err) = shell.run(&["mcp", "--project", "${workspaceFolder}"]);
    assert_eq!((code, out.as_str()), (2, ""), "{err}");
    assert!(err.contains("--project ${workspaceFolder}: there is no such folder"), "{err}");
}

#[cfg(unix)]
#[test]
fn a_served_demo_ends_when_asked_to() {
    let shell = Shell::new();
    let mut demo = Background::start(&shell, &["demo", "--serve", "--format", "json"]);
    let whereabouts = json(&demo.line_of_stdout());
    let config = Path::new(whereabouts["config"].as_str().unwrap()).to_path_buf();
    assert!(config.exists());
    demo.signal("TERM");
    assert_eq!(demo.end().0, 0);
    assert!(!config.exists());
}

#[cfg(unix)]
#[test]
fn an_interrupted_scan_prints_what_it_found() {
    let shell = Shell::new();
    let arguments = ["demo", "--rate", "2", "--format", "json"];
    let mut demo = Background::start(&shell, &arguments);
    assert!(demo.line_of_stderr().contains("the demo API runs on"));
    demo.signal("INT");
    let (code, out) = demo.end();
    assert_eq!(code, 130);
    // Stopped before the scan had an id, there is nothing to print; after that, there is a report.
    assert!(out.is_empty() || json(&out)["scan"]["status"] == "interrupted", "{out}");
}

/// The program while it runs; killed when a test fails before its end.
#[cfg(unix)]
struct Background(Child);

#[cfg(unix)]
impl Background {
    fn start(shell: &Shell, arguments: &[&str]) -> Self {
        let mut command = std::process::Command::new(assert_cmd::cargo::cargo_bin!("routewarden"));
        command.env_clear().env("ROUTEWARDEN_DATA", shell.folder().join("data"));
        command.current_dir(shell.folder()).args(arguments).stdin(Stdio::null());
        Self(command.stdout(Stdio::piped()).stderr(Stdio::piped()).spawn().unwrap())
    }

    fn line_of_stdout(&mut self) -> String {
        first_line(self.0.stdout.as_mut().unwrap())
    }

    fn line_of_stderr(&mut self) -> String {
        first_line(self.0.stderr.as_mut().unwrap())
    }

    fn signal(&self, name: &str) {
        let kill = std::process::Command::new("kill").args(["-s", name, &self.0.id().to_string()]).status();
        assert!(kill.unwrap().success());
    }

    /// Exit code, and the rest of stdout.
    fn end(&mut self) -> (i32, String) {
        let mut out = String::new();
        self.0.stdout.take().unwrap().read_to_string(&mut out).unwrap();
        (self.0.wait().unwrap().code().unwrap(), out)
    }
}

#[cfg(unix)]
impl Drop for Background {
    fn drop(&mut self) {
        // It is over already when the test got as far as its end.
        let _ = self.0.kill();
        let _ = self.0.wait();
    }
}

fn first_line(pipe: &mut impl Read) -> String {
    let mut line = String::new();
    // One byte at a time: what stands behind the line stays in the pipe.
    BufReader::with_capacity(1, pipe).read_line(&mut line).unwrap();
    line
}
