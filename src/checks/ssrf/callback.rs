//! `ssrf/callback`.

use super::fetching::{FetchTrial, fetch_trials, new_nonce, takes_address};
use crate::checks::context::CheckCx;
use crate::checks::inject::input::plan_inputs;
use crate::checks::meta::check;
use crate::checks::rule::{CheckResult, Rule, Violation, defence_held, ensure};
use crate::model::{Role, Silence};
use crate::survey::Surveyed;

check! {
    /// ## What it does
    /// Puts the address of a listener of the scan's own, on loopback, into parameters that take addresses, and looks whether
    /// the server comes for it.
    ///
    /// ## Why it matters
    /// A server that fetches any address reaches what callers do not: services of its own network, and the metadata of
    /// clouds.
    ///
    /// ## How it is confirmed
    /// The server comes for the address, or shows what stands there, twice, with a nonce of its own each time; and it does not
    /// come for an address in a parameter that nothing reads.
    ///
    /// ## When it stays silent
    /// When nobody comes within 1.5 seconds of the answer. Addresses other than the listener's are not tried, and targets on
    /// other machines, which could not come, neither. Reads alone are tried.
    ///
    /// ## References
    /// OWASP API7:2023, CWE-918
    Callback {
        id: "ssrf/callback",
        title: "The server fetches an address that the caller names",
        severity: High,
        level: Intrusive,
        owasp: ["API7:2023"],
        cwe: [918],
        remedy: "allowed-targets",
        since: "0.2.0",
        plan: |cx, operation| plan_inputs(cx, operation, 3, takes_address),
        refused: true,
        read: check_callback,
    }
}

async fn check_callback(cx: &CheckCx<'_>, surveyed: &Surveyed) -> CheckResult {
    let mut last = Silence::not_applicable("it takes no address");
    for trial in fetch_trials(cx, surveyed).await? {
        let nonce = new_nonce();
        let visit = trial.visit(&trial.canary.address_of(&nonce), &nonce).await?;
        if visit.is_fetched() {
            return prove_fetching(surveyed, &trial, &visit).await;
        }
        last = defence_held(&visit.answer, &trial.baseline.first, "the server did not come for the address");
    }
    Err(last)
}

async fn prove_fetching(surveyed: &Surveyed, trial: &FetchTrial<'_>, first: &super::fetching::Visit) -> CheckResult {
    let (second, unread) = (new_nonce(), new_nonce());
    let again = trial.visit(&trial.canary.address_of(&second), &second).await?;
    let beside = trial.visit_beside(&unread).await?;
    ensure(!beside.came, || Silence::undecided("somebody comes for every address that a request has in it"))?;
    let name = &trial.input.name;
    let mut rule = Rule::default();
    let how = if first.is_shown { "came for it, and the answer shows what stands there" } else { "came for it" };
    rule.weigh(
        "server-came",
        first.is_fetched(),
        format!("the address of a listener stood in `{name}`, and the server {how}"),
    );
    rule.weigh("repeated", again.is_fetched(), "it came for a second address too");
    rule.weigh(
        "unread-is-not-fetched",
        !beside.came,
        "it did not come for an address in a parameter that nothing reads",
    );
    rule.show(Role::Attack, &first.answer).show(Role::Attack, &again.answer).show(Role::Control, &beside.answer);
    let cause = format!("{} {name}", surveyed.operation.path);
    let claim = format!("the server fetches the address in `{name}`, on its own machine too");
    rule.found(Violation::of(surveyed, trial.input.site(), cause, claim))
}
