//! `config/security-headers`.

use crate::checks::context::{CheckCx, PlanCx};
use crate::checks::meta::{Check, Meta, Need, Running, check};
use crate::checks::proof::{Finding, Proof, held, inconclusive};
use crate::model::{Operation, Role, Verdict};
use crate::survey::Surveyed;

check! {
    /// ## What it does
    /// Looks at valid answers for `X-Content-Type-Options: nosniff`, for `Strict-Transport-Security` over HTTPS, and for
    /// JSON that is not declared as JSON.
    ///
    /// ## Why it matters
    /// Without them a browser may guess a type, and run as a page what was meant as data.
    ///
    /// ## How it is confirmed
    /// It is an observation: the header is not there.
    ///
    /// ## When it stays silent
    /// When the headers are there.
    ///
    /// ## References
    /// OWASP API8:2023, CWE-693, OWASP REST Security Cheat Sheet
    SecurityHeaders {
        id: "config/security-headers",
        title: "Answers lack security headers",
        severity: Info,
        level: Passive,
        owasp: ["API8:2023"],
        cwe: [693],
        remedy: "security-headers",
        since: "0.1.0",
    }
}

impl Check for SecurityHeaders {
    fn meta(&self) -> &'static Meta {
        &Self::META
    }

    fn plan(&self, _cx: &PlanCx<'_>, operation: &Operation) -> Need {
        if PlanCx::is_read(operation) { Need::Requests(0) } else { Need::NotApplicable }
    }

    fn run<'a>(&'a self, cx: &'a CheckCx<'a>, surveyed: &'a Surveyed) -> Running<'a> {
        Box::pin(async move { run(cx, surveyed) })
    }
}

fn run(cx: &CheckCx<'_>, surveyed: &Surveyed) -> Verdict {
    let Some(baseline) = surveyed.valid().next() else { return inconclusive("no valid answer", None) };
    let Some(response) = baseline.first.response() else { return inconclusive("no valid answer", None) };
    let mut lacks: Vec<&str> = Vec::new();
    if !response.header("x-content-type-options").is_some_and(|value| value.trim().eq_ignore_ascii_case("nosniff")) {
        lacks.push("X-Content-Type-Options: nosniff");
    }
    if cx.probe.base_url().scheme() == "https" && response.header("strict-transport-security").is_none() {
        lacks.push("Strict-Transport-Security");
    }
    let media_type = response.header("content-type").unwrap_or_default().to_ascii_lowercase();
    let structured = response.json.as_ref().is_some_and(|json| json.is_object() || json.is_array());
    if structured && !media_type.contains("json") {
        lacks.push("a JSON content type for JSON");
    }
    if lacks.is_empty() {
        return held("nosniff, content type and, over HTTPS, HSTS are there");
    }
    let text = lacks.join(", ");
    let mut proof = Proof::default();
    proof.clause("headers-missing", true, format!("the valid answer lacks {text}"));
    proof.show(Role::Attack, &baseline.first);
    proof.fact(Finding {
        site: "response:headers".to_owned(),
        cause: text.clone(),
        claim: format!("answers lack {text}"),
        severity: None,
        surveyed,
    })
}
