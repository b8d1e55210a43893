//! `config/security-headers`.

use crate::checks::context::{CheckCx, PlanCx};
use crate::checks::meta::{Need, check};
use crate::checks::rule::{CheckResult, Rule, Violation, nothing_found};
use crate::model::{Role, Silence};
use crate::probe::Response;
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
        plan: |_, operation| if PlanCx::is_read(operation) { Need::Requests(0) } else { Need::NotApplicable },
        read: check_security_headers,
    }
}

async fn check_security_headers(cx: &CheckCx<'_>, surveyed: &Surveyed) -> CheckResult {
    let baseline = surveyed.valid().next().ok_or_else(|| Silence::undecided("no valid answer"))?;
    let response = baseline.first.response().ok_or_else(|| Silence::undecided("no valid answer"))?;
    let lacks = missing_headers(response, cx.probe.base_url().scheme() == "https");
    let lacks =
        lacks.ok_or_else(|| nothing_found(&baseline.first, "nosniff, content type and, over HTTPS, HSTS are there"));
    let mut rule = Rule::default();
    let text = rule.need("headers-missing", lacks, |text| format!("the valid answer lacks {text}"))?;
    rule.show(Role::Attack, &baseline.first);
    rule.observed(Violation::of(surveyed, "response:headers", text.clone(), format!("answers lack {text}")))
}

/// Returns the headers that an answer should have and has not.
fn missing_headers(response: &Response, over_tls: bool) -> Option<String> {
    let mut lacks: Vec<&str> = Vec::new();
    if !response.header("x-content-type-options").is_some_and(|value| value.trim().eq_ignore_ascii_case("nosniff")) {
        lacks.push("X-Content-Type-Options: nosniff");
    }
    if over_tls && response.header("strict-transport-security").is_none() {
        lacks.push("Strict-Transport-Security");
    }
    let media_type = response.header("content-type").unwrap_or_default().to_ascii_lowercase();
    let structured = response.json.as_ref().is_some_and(|json| json.is_object() || json.is_array());
    if structured && !media_type.contains("json") {
        lacks.push("a JSON content type for JSON");
    }
    (!lacks.is_empty()).then(|| lacks.join(", "))
}
