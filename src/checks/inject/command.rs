//! `inject/command`.

use super::evaluating::{SumSyntax, check_sums};
use super::input::plan_inputs;
use crate::checks::context::CheckCx;
use crate::checks::meta::check;
use crate::checks::rule::CheckResult;
use crate::survey::Surveyed;

check! {
    /// ## What it does
    /// Sends a product of two numbers as shells write it (`$((7*6))`) and looks for the result in the answer. No command is
    /// sent: a shell only works the sum out.
    ///
    /// ## Why it matters
    /// Who reaches a shell runs what the server may run.
    ///
    /// ## How it is confirmed
    /// The result stands in the answer, again with other numbers, and the plain text of the same sum does not bring it about.
    ///
    /// ## When it stays silent
    /// When the text comes back as it was sent. A shell whose output the answer does not show is not found.
    ///
    /// ## References
    /// OWASP API8:2023, CWE-78
    Command {
        id: "inject/command",
        title: "Input reaches a shell",
        severity: Critical,
        level: Intrusive,
        owasp: ["API8:2023"],
        cwe: [78],
        remedy: "input-as-data",
        since: "0.2.0",
        plan: |cx, operation| plan_inputs(cx, operation, 3, |_| true),
        read: check_shell,
    }
}

const SYNTAXES: &[SumSyntax] = &[SumSyntax("$((", "))", "arithmetic expansion (POSIX)")];

async fn check_shell(cx: &CheckCx<'_>, surveyed: &Surveyed) -> CheckResult {
    check_sums(cx, surveyed, SYNTAXES, "a shell").await
}
