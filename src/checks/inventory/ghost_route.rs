//! `inventory/ghost-route`.

use crate::checks::context::{CheckCx, PlanCx};
use crate::checks::meta::{Need, check};
use crate::checks::rule::{CheckResult, Rule, Violation, ensure};
use crate::model::{Handler, Role, Silence};
use crate::survey::{Baseline, Surveyed};

check! {
    /// ## What it does
    /// Looks at documented operations that the server does not serve.
    ///
    /// ## Why it matters
    /// Clients are written against the document; and a name that is free again may be taken by something else.
    ///
    /// ## How it is confirmed
    /// Every caller gets 405 or 501, which say that the method is not served (RFC 9110 §15.5.6, §15.6.2); or gets 404
    /// where the handlers of nearly all operations were found in the source, and none of this one.
    ///
    /// ## When it stays silent
    /// When anyone is served or refused, and for a 404 without the source's word: an object may just not be there.
    ///
    /// ## References
    /// OWASP API9:2023, CWE-1059
    GhostRoute {
        id: "inventory/ghost-route",
        title: "The document has an operation that the server does not serve",
        severity: Info,
        level: Passive,
        owasp: ["API9:2023"],
        cwe: [1059],
        remedy: "keep-document-true",
        since: "0.1.0",
        plan: |_, operation| match PlanCx::is_read(operation) && operation.is_documented() {
            true => Need::Requests(0),
            false => Need::NotApplicable,
        },
        refused: true,
        read: check_ghost_route,
    }
}

async fn check_ghost_route(_cx: &CheckCx<'_>, surveyed: &Surveyed) -> CheckResult {
    let mut rule = Rule::default();
    let is_missing = surveyed.operation.handler == Handler::Missing;
    let answers: Vec<(&Baseline, u16)> =
        surveyed.by.values().filter_map(|asked| Some((asked, asked.first.status()?))).collect();
    ensure(!answers.is_empty(), || Silence::undecided("no answer came"))?;
    let all = |known: &[u16]| answers.iter().all(|(_, status)| known.contains(status));
    let unserved = all(&[405, 501]) || (is_missing && all(&[404, 405, 501]));
    let served = || match surveyed.valid().next() {
        Some(_) => Silence::not_applicable("the server serves it"),
        None => Silence::undecided("no answer says whether there is such a route"),
    };
    let first = answers.first().filter(|_| unserved).ok_or_else(served);
    let (asked, status) =
        rule.need("unserved", first, |(_, status)| format!("every caller gets {status}: there is no such route"))?;
    let source = if is_missing { " and the source has no handler for it" } else { "" };
    rule.show(Role::Attack, &asked.first);
    let claim = format!("{} answers {status}{source}", surveyed.operation.id);
    Ok(vec![rule.observation(Violation::of(surveyed, "route", "operations that the server lacks", claim))])
}
