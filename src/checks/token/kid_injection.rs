//! `token/kid-injection`.

use serde_json::json;

use super::case::{plan_forgery, prepare_token_case};
use super::forge;
use crate::checks::context::CheckCx;
use crate::checks::meta::check;
use crate::checks::rule::{CheckResult, Rule, Violation, ensure};
use crate::detect::jwt::Jwt;
use crate::model::{Secret, Silence};
use crate::survey::Surveyed;

check! {
    /// ## What it does
    /// Signs a user's own claims with a key that `kid` leads to: an empty one with the path of an empty file, and a known one
    /// with an SQL expression that selects it.
    ///
    /// ## Why it matters
    /// Where `kid` is taken into a path or a query, whoever writes the token chooses the key that it is checked with.
    ///
    /// ## How it is confirmed
    /// The token gets the caller's own answer, twice, while the same token with a random signature is refused.
    ///
    /// ## When it stays silent
    /// When all are refused, and where tokens have no `kid`. The expressions only select.
    ///
    /// ## References
    /// OWASP API2:2023, CWE-347, RFC 8725 section 3.10
    KidInjection {
        id: "token/kid-injection",
        title: "The token chooses the key that it is checked with",
        severity: Critical,
        level: Intrusive,
        owasp: ["API2:2023"],
        cwe: [347],
        remedy: "verify-signature",
        since: "0.2.0",
        plan: |cx, operation| plan_forgery(cx, operation, 5),
        read: check_key_id,
    }
}

/// The key that the expressions select; nobody has it for another reason.
const SELECTED: &str = "rw-5c1f0e9ab2d74638";

/// Returns tokens signed with the key that their `kid` leads to, and what each is.
fn leading_tokens(jwt: &Jwt) -> [(&'static str, Option<Secret>); 3] {
    let up = "../".repeat(12);
    [
        ("token with an empty file for its key", format!("{up}dev/null"), ""),
        ("token with a selected key", format!("rw' UNION SELECT '{SELECTED}' -- "), SELECTED),
        ("token with a selected key, in other quotes", format!("rw\" UNION SELECT '{SELECTED}' -- "), SELECTED),
    ]
    .map(|(label, kid, key)| (label, forge::sign_as(jwt, &[("kid", json!(kid))], key.as_bytes())))
}

async fn check_key_id(cx: &CheckCx<'_>, surveyed: &Surveyed) -> CheckResult {
    let mut rule = Rule::default();
    let case = prepare_token_case(cx, surveyed, &mut rule).await?;
    ensure(case.jwt.header.get("kid").is_some(), || Silence::not_applicable("the token has no `kid`"))?;
    case.refuses_random(cx, &mut rule).await?;
    let label = case.first_served(cx, &mut rule, leading_tokens(&case.jwt)).await?;
    let claim = format!("a {label} was served as {}", case.baseline.caller);
    rule.found(Violation::of(surveyed, "token:kid", "kid", claim))
}
