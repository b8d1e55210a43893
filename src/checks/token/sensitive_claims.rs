//! `token/sensitive-claims`.

use serde_json::Value;

use super::case::{plan_forgery, prepare_token_case};
use crate::checks::context::CheckCx;
use crate::checks::meta::check;
use crate::checks::rule::{CheckResult, Rule, Violation, nothing_found};
use crate::detect::exposure::sensitive_value;
use crate::model::{Role, clean_name};
use crate::survey::{Surveyed, split_words};

check! {
    /// ## What it does
    /// Reads a user's own token, whose claims everybody can read who sees it, for passwords, hashes of passwords, keys and
    /// card numbers.
    ///
    /// ## Why it matters
    /// A token stands in logs, in browsers and at every service that it is sent to; its signature hides nothing.
    ///
    /// ## How it is confirmed
    /// A claim is sensitive by its name and by the form of its value, and the token is what the caller is served by here.
    ///
    /// ## When it stays silent
    /// For what tokens are made of: names, addresses, roles, ids, and the hashes and nonces of the protocols.
    ///
    /// ## References
    /// OWASP API2:2023, CWE-312, RFC 7519 section 12
    SensitiveClaims {
        id: "token/sensitive-claims",
        title: "A token carries secrets that everybody can read",
        severity: Medium,
        level: Passive,
        owasp: ["API2:2023"],
        cwe: [312],
        remedy: "response-schema",
        since: "0.2.0",
        plan: |cx, operation| plan_forgery(cx, operation, 0),
        read: check_claims,
    }
}

/// Deepest claims that are looked at.
const DEEPEST: usize = 6;

async fn check_claims(cx: &CheckCx<'_>, surveyed: &Surveyed) -> CheckResult {
    let mut rule = Rule::default();
    let case = prepare_token_case(cx, surveyed, &mut rule).await?;
    let mut found = Vec::new();
    collect_secrets((&case.jwt.payload, String::new()), DEEPEST, &mut found);
    let first = found.into_iter().next();
    let first = first.ok_or_else(|| nothing_found(&case.baseline.first, "no claim is sensitive by name and value"));
    let (name, why) =
        rule.need("claim-is-sensitive", first, |(name, why)| format!("the claim `{name}` of the token is {why}"))?;
    let caller = &case.baseline.caller;
    let login = cx.probe.sessions().get(caller).and_then(|session| session.login);
    rule.show(Role::Attack, login.as_ref().unwrap_or(&case.baseline.first)).show(Role::Baseline, &case.baseline.first);
    rule.show_all(Role::Control, case.refusals());
    let claim = format!("the token of {caller} carries `{name}`: {why}");
    rule.found(Violation::of(surveyed, format!("token:{name}"), format!("claim {name}"), claim))
}

/// Collects the claims that are sensitive by name and value, with what they are.
fn collect_secrets((value, name): (&Value, String), depth: usize, found: &mut Vec<(String, String)>) {
    match value {
        Value::Object(fields) if depth > 0 => {
            for (name, inner) in fields {
                collect_secrets((inner, name.clone()), depth - 1, found);
            }
        }
        Value::Array(items) if depth > 0 => {
            items.iter().take(50).for_each(|inner| collect_secrets((inner, name.clone()), depth - 1, found));
        }
        value if !is_of_protocol(&name) => {
            let exposed = sensitive_value(&name, value).filter(|exposed| exposed.kind != "token");
            found.extend(exposed.map(|exposed| (clean_name(&name, 60), exposed.why)));
        }
        _ => {}
    }
}

/// Words of claims that the protocols fill with random values.
const PROTOCOL_WORDS: &str = "csrf xsrf nonce jti sid session";

/// Returns true for claims that look like secrets and are none (RFC 7519 §4.1, OpenID Connect Core §2 and §3.3.2.11).
fn is_of_protocol(name: &str) -> bool {
    let words = split_words(name);
    let last = words.last().map(String::as_str).unwrap_or_default();
    words.iter().any(|word| PROTOCOL_WORDS.split(' ').any(|known| known == word))
        || words.len() == 2 && last == "hash" && words.first().is_some_and(|word| word.len() <= 2)
}
