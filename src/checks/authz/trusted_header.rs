//! `authz/trusted-header`.

mod believed;
mod identity;
mod rank;

use crate::checks::context::{CheckCx, PlanCx};
use crate::checks::meta::{Need, check};
use crate::checks::rule::{CheckResult, ensure};
use crate::model::{Operation, Silence};
use crate::survey::{Surveyed, id_slots, role_word};

check! {
    /// ## What it does
    /// Sends headers that a gateway would set (`X-User-Id`, `X-Forwarded-User`, `X-Role`, `X-Forwarded-For`,
    /// `X-Original-URL`) as a caller who has no right to: another user's name on routes about the caller, a higher role
    /// or a near address on routes that refuse the caller.
    ///
    /// ## Why it matters
    /// Where the API believes such a header from anybody, one header is all it takes to be anybody.
    ///
    /// ## How it is confirmed
    /// An identity: the answer carries values that only the other user is shown, twice; neither the caller without the
    /// header nor a made-up name gets them. A role or origin: the caller is refused without the header and with
    /// a nonsense value in it, and served with it, twice, with what a higher identity is shown where there is one.
    ///
    /// ## When it stays silent
    /// When the headers change nothing, when any value in the header is answered alike, and when what comes back is
    /// what the caller or anybody is shown anyway. Headers that the document names are parameters: authz/bola-body
    /// looks at them.
    ///
    /// ## References
    /// OWASP API5:2023, CWE-290
    TrustedHeader {
        id: "authz/trusted-header",
        title: "A header from the caller is taken as its identity, role or origin",
        severity: Critical,
        level: Intrusive,
        owasp: ["API5:2023"],
        cwe: [290],
        remedy: "untrusted-headers",
        since: "0.2.0",
        plan: plan_requests,
        refused: true,
        read: check_trusted_headers,
    }
}

fn plan_requests(cx: &PlanCx<'_>, operation: &Operation) -> Need {
    if !PlanCx::is_read(operation) {
        return Need::NotApplicable;
    }
    let own = id_slots(cx.api, operation).is_empty();
    match (role_word(&operation.path).is_some(), own) {
        // Everything at once and by another address; then one by one, with nonsense, and again.
        (true, _) => Need::Requests(18),
        // Number, name and address, of two callers; then one by one, with a name that nobody has, and again.
        (false, true) => Need::Requests(if cx.identities.len() < 2 { 0 } else { 21 }),
        (false, false) => Need::NotApplicable,
    }
}

async fn check_trusted_headers(cx: &CheckCx<'_>, surveyed: &Surveyed) -> CheckResult {
    if role_word(&surveyed.operation.path).is_some() {
        return rank::check_higher_role(cx, surveyed).await;
    }
    ensure(surveyed.valid().next().is_some(), || {
        Silence::not_applicable("nobody is served here, and nothing marks it as a higher role's")
    })?;
    identity::check_impersonation(cx, surveyed).await
}
