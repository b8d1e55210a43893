//! `config/version-disclosure`.

use crate::checks::context::{CheckCx, PlanCx};
use crate::checks::meta::{Need, check};
use crate::checks::rule::{CheckResult, Rule, Violation, nothing_found};
use crate::model::{Role, Silence, clean_text};
use crate::probe::Response;
use crate::survey::Surveyed;

check! {
    /// ## What it does
    /// Looks at the headers of valid answers for a product with its version: `Server: nginx/1.18.0`,
    /// `X-Powered-By: PHP/7.4.3`.
    ///
    /// ## Why it matters
    /// Whoever reads it knows which published weaknesses to try.
    ///
    /// ## How it is confirmed
    /// It is an observation: the header says so, which may be meant.
    ///
    /// ## When it stays silent
    /// For a product without a version, and for headers that state the version of the API itself.
    ///
    /// ## References
    /// OWASP API8:2023, CWE-200, RFC 9110 section 10.2.4
    VersionDisclosure {
        id: "config/version-disclosure",
        title: "Headers name the server's product and version",
        severity: Info,
        level: Passive,
        owasp: ["API8:2023"],
        cwe: [200],
        remedy: "security-headers",
        since: "0.2.0",
        plan: |_, operation| if PlanCx::is_read(operation) { Need::Requests(0) } else { Need::NotApplicable },
        read: check_version_disclosure,
    }
}

async fn check_version_disclosure(_cx: &CheckCx<'_>, surveyed: &Surveyed) -> CheckResult {
    let baseline = surveyed.valid().next().ok_or_else(|| Silence::undecided("no valid answer"))?;
    let response = baseline.first.response().ok_or_else(|| Silence::undecided("no valid answer"))?;
    let named = version_line(response).ok_or_else(|| nothing_found(&baseline.first, "no header names a version"));
    let mut rule = Rule::default();
    let line = rule.need("version-named", named, |line| format!("the answer has the header `{line}`"))?;
    rule.show(Role::Attack, &baseline.first);
    let cause = format!("version {line}");
    rule.observed(Violation::of(surveyed, "response:headers", cause, format!("answers say `{line}`")))
}

/// Returns the header that names a product and its version, as a line.
fn version_line(response: &Response) -> Option<String> {
    let speaks = |name: &str| {
        name == "server" || name == "x-powered-by" || name == "x-generator" || name.starts_with("x-aspnet")
    };
    let told = response.headers.iter().find(|(name, value)| speaks(name) && has_version(value));
    told.map(|(name, value)| format!("{name}: {}", clean_text(value, 80)))
}

/// Returns true for two numbers with a dot between them: `1.18`.
fn has_version(value: &str) -> bool {
    let is_number = |part: &str| !part.is_empty() && part.bytes().all(|byte| byte.is_ascii_digit());
    value.split(['/', ' ', '(', ')', ',']).any(|word| {
        let mut parts = word.trim_start_matches('v').split(['.', '-']);
        parts.next().is_some_and(is_number) && parts.next().is_some_and(is_number)
    })
}

#[cfg(test)]
mod tests {
    use super::has_version;

    #[test]
    fn a_version_is_two_numbers_with_a_dot() {
        assert!(
            ["nginx/1.18.0 (Ubuntu)", "PHP/8.1", "Werkzeug/3.0.1 Python/3.12.3", "4.0.30319"].map(has_version)
                == [true; 4]
        );
        assert!(["nginx", "cloudflare", "Express", "ASP.NET", "gunicorn", "h2o/stable"].map(has_version) == [false; 6]);
    }
}
