//! Reports of any size leave the program whole, or the program says that they did not.

use routewarden::report::{self, Report};
use routewarden::store::Store;

use super::Shell;
use crate::report::support::sample_report;

const CLAIM: &str = "bob read \"invoice\" <17> | `x`\n";

/// A shell in whose history one report of some 5 MB is.
async fn shell_with_report() -> (Shell, Report) {
    let shell = Shell::new();
    let mut report = sample_report();
    for finding in report.findings.iter_mut().take(2) {
        finding.claim = CLAIM.repeat(2_500_000 / CLAIM.len());
    }
    let data = shell.folder().join("data");
    Store::open(Some(&data)).await.unwrap().save(&report).await.unwrap();
    (shell, report)
}

#[tokio::test]
async fn a_stored_report_is_printed_and_written_whole() {
    let (shell, report) = shell_with_report().await;
    let (code, out, err) = shell.run(&["report", "--format", "json", "--format", "sarif", "-o", "a.sarif"]);
    assert_eq!(code, 0, "{err}");
    assert!(report::read_report(&out).unwrap() == report, "{} bytes", out.len());
    let sarif = std::fs::read_to_string(shell.folder().join("a.sarif")).unwrap();
    let log: serde_json::Value = serde_json::from_str(&sarif).unwrap();
    assert_eq!(log["runs"][0]["results"].as_array().unwrap().len(), report.findings.len());
}

#[cfg(target_os = "linux")]
#[tokio::test]
async fn a_report_that_could_not_be_written_whole_is_never_clean() {
    let (shell, _) = shell_with_report().await;
    for format in ["json", "sarif", "junit", "html", "markdown", "text"] {
        let (code, _, err) = shell.run(&["report", "--format", format, "-o", "/dev/full"]);
        assert_eq!(code, 3, "{format}: {err}");
        assert!(err.contains("could not be written whole"), "{err}");
    }
    let full = std::fs::OpenOptions::new().write(true).open("/dev/full").unwrap();
    let mut command = std::process::Command::new(assert_cmd::cargo::cargo_bin!("routewarden"));
    command.env_clear().env("ROUTEWARDEN_DATA", shell.folder().join("data")).current_dir(shell.folder());
    let status = command.args(["report", "--format", "json"]).stdout(full).status().unwrap();
    assert_eq!(status.code(), Some(3));
}
