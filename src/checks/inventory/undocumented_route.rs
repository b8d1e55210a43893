//! `inventory/undocumented-route`.

use crate::checks::context::{CheckCx, PlanCx};
use crate::checks::meta::{Need, check};
use crate::checks::rule::{CheckResult, Rule, Violation};
use crate::model::{Handler, Role, Silence};
use crate::survey::{Baseline, Surveyed};

check! {
    /// ## What it does
    /// Asks the routes that the source declares and the document does not name.
    ///
    /// ## Why it matters
    /// A route that no document names is not reviewed, and is forgotten when rules change; gateways that are made from the
    /// document do not know it. Every other check looks at such a route too.
    ///
    /// ## How it is confirmed
    /// The source declares the route, the document has no operation of that method and path, and the server answers it
    /// with JSON.
    ///
    /// ## When it stays silent
    /// When no source is read, when the route answers no data, and for pages and files: they are no part of the API.
    ///
    /// ## References
    /// OWASP API9:2023, CWE-1059
    UndocumentedRoute {
        id: "inventory/undocumented-route",
        title: "The server has a route that the document does not name",
        severity: Medium,
        level: Passive,
        owasp: ["API9:2023"],
        cwe: [1059],
        remedy: "keep-document-true",
        since: "0.1.0",
        plan: |_, operation| match PlanCx::is_read(operation) && !operation.is_documented() {
            true => Need::Requests(0),
            false => Need::NotApplicable,
        },
        read: check_undocumented_route,
    }
}

async fn check_undocumented_route(_cx: &CheckCx<'_>, surveyed: &Surveyed) -> CheckResult {
    let mut rule = Rule::default();
    let Handler::Undocumented(place) = &surveyed.operation.handler else {
        return Err(Silence::not_applicable("the document names it"));
    };
    rule.need("declared", Ok(place), |place| format!("the source declares it at {place}, and the document does not"))?;
    let served = surveyed.valid().next().ok_or_else(|| Silence::undecided("it answered no data"));
    let served =
        rule.need("served", served, |served| format!("{} is served with {}", served.caller, served.status_text()))?;
    let json = is_json(served).then_some(served).ok_or_else(|| Silence::not_applicable("it answers no JSON"));
    rule.need("data", json, |_| "the answer is JSON".to_owned())?;
    rule.show(Role::Attack, &served.first);
    let claim = format!("{} answers, and the document does not name it", surveyed.operation.id);
    Ok(vec![rule.observation(Violation::of(surveyed, "route", "routes that the document lacks", claim))])
}

fn is_json(served: &Baseline) -> bool {
    let response = served.first.response();
    response.and_then(|response| response.header("content-type")).is_some_and(|kind| kind.contains("json"))
}
