//! `authn/challenge-missing`.

use crate::checks::context::{CheckCx, PlanCx};
use crate::checks::meta::{Check, Meta, Need, Running, check};
use crate::checks::proof::{Finding, Proof, held};
use crate::model::{Operation, Role, Verdict};
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
    }
}

impl Check for ChallengeMissing {
    fn meta(&self) -> &'static Meta {
        &Self::META
    }

    fn plan(&self, _cx: &PlanCx<'_>, operation: &Operation) -> Need {
        if PlanCx::is_read(operation) { Need::Requests(0) } else { Need::NotApplicable }
    }

    fn run<'a>(&'a self, _cx: &'a CheckCx<'a>, surveyed: &'a Surveyed) -> Running<'a> {
        Box::pin(async move { run(surveyed) })
    }
}

fn run(surveyed: &Surveyed) -> Verdict {
    let refused =
        [&surveyed.anonymous, &surveyed.garbage].into_iter().flatten().filter(|answer| answer.status() == Some(401));
    let silent = refused
        .clone()
        .find(|answer| answer.response().is_some_and(|response| response.header("www-authenticate").is_none()));
    match silent {
        Some(answer) => {
            let mut proof = Proof::default();
            proof.clause("no-challenge", true, "status 401 without WWW-Authenticate");
            proof.show(Role::Attack, answer);
            proof.fact(Finding {
                site: "header:WWW-Authenticate".to_owned(),
                cause: "challenge".to_owned(),
                claim: "status 401 came without WWW-Authenticate".to_owned(),
                severity: None,
                surveyed,
            })
        }
        None if refused.count() > 0 => held("every 401 names its scheme"),
        None => held("no 401 was seen here"),
    }
}
