//! `inject/template`.

use super::evaluating::{SumSyntax, check_sums};
use super::input::plan_inputs;
use crate::checks::context::CheckCx;
use crate::checks::meta::check;
use crate::checks::rule::CheckResult;
use crate::survey::Surveyed;

check! {
    /// ## What it does
    /// Sends a product of two numbers in the notations of template engines (`{{7*6}}`, `${7*6}`, `<%= 7*6 %>`, `#{7*6}`), a
    /// product of its own in each, and looks for the results in the answer.
    ///
    /// ## Why it matters
    /// What works out a sum works out other expressions as well, up to commands of the server.
    ///
    /// ## How it is confirmed
    /// The result stands in the answer, again with other numbers and that notation alone, and the plain text of the same sum
    /// does not bring it about.
    ///
    /// ## When it stays silent
    /// When the text comes back as it was sent, and where the answer shows nothing of it.
    ///
    /// ## References
    /// OWASP API8:2023, CWE-1336
    Template {
        id: "inject/template",
        title: "Input is evaluated by a template engine",
        severity: Critical,
        level: Intrusive,
        owasp: ["API8:2023"],
        cwe: [1336],
        remedy: "input-as-data",
        since: "0.2.0",
        plan: |cx, operation| plan_inputs(cx, operation, 3, |_| true),
        read: check_templates,
    }
}

const SYNTAXES: &[SumSyntax] = &[
    SumSyntax("{{", "}}", "braces, such as Jinja, Twig, Handlebars"),
    SumSyntax("${", "}", "dollar and brace, such as FreeMarker, Thymeleaf, Mako"),
    SumSyntax("<%=", "%>", "percent, such as ERB, EJS"),
    SumSyntax("#{", "}", "hash and brace, such as Pug, Slim"),
];

async fn check_templates(cx: &CheckCx<'_>, surveyed: &Surveyed) -> CheckResult {
    check_sums(cx, surveyed, SYNTAXES, "a template engine").await
}
