//! `authn/challenge-missing`.

use std::sync::Arc;

use crate::checks::context::{CheckCx, PlanCx};
use crate::checks::meta::{Need, check};
use crate::checks::rule::{CheckResult, Rule, Violation, defence_held};
use crate::model::{Role, Silence};
use crate::probe::Answer;
use crate::survey::Surveyed;

check! {
    /// ## What it does
    /// Looks at every 401 for a `WWW-Authenticate` header.
    ///
    /// ## Why it matters
    /// A 401 must say how to authenticate; clients and gateways rely on it. It is a matter of conformance, not a hole.
    ///
    /// ## How it is confirmed
    /// It is an observation: a 401 without the header was seen.
    ///
    /// ## When it stays silent
    /// When every 401 carries the header, or none was seen.
    ///
    /// ## References
    /// RFC 9110 section 15.5.2, RFC 6750 section 3
    ChallengeMissing {
        id: "authn/challenge-missing",
        title: "A 401 does not say how to authenticate",
        severity: Info,
        level: Passive,
        owasp: ["API2:2023"],
        cwe: [],
        remedy: "challenge-header",
        since: "0.1.0",
        // GraphQL refuses within an answer of its own.
        plan: |_, operation| match PlanCx::is_read(operation) && !operation.is_graphql() {
            true => Need::Requests(0),
            false => Need::NotApplicable,
        },
        read: check_challenge_header,
    }
}

async fn check_challenge_header(_cx: &CheckCx<'_>, surveyed: &Surveyed) -> CheckResult {
    let strangers = [&surveyed.anonymous, &surveyed.garbage].into_iter().flatten();
    let refused: Vec<&Arc<Answer>> = strangers.filter(|answer| answer.status() == Some(401)).collect();
    let first = refused.first().ok_or_else(|| Silence::not_applicable("no 401 was seen here"))?;
    let silent = refused
        .iter()
        .find(|answer| answer.response().is_some_and(|response| response.header("www-authenticate").is_none()));
    let mut rule = Rule::default();
    let answer = rule.need("no-challenge", silent.ok_or_else(|| all_name_it(surveyed, first)), |_| {
        "status 401 without WWW-Authenticate".to_owned()
    })?;
    rule.show(Role::Attack, answer);
    rule.observed(Violation::of(
        surveyed,
        "header:WWW-Authenticate",
        "challenge",
        "status 401 came without WWW-Authenticate",
    ))
}

fn all_name_it(surveyed: &Surveyed, refused: &Answer) -> Silence {
    match surveyed.valid().next() {
        Some(served) => defence_held(refused, &served.first, "every 401 names its scheme"),
        None => Silence::undecided("every 401 names its scheme, and no caller is served"),
    }
}
