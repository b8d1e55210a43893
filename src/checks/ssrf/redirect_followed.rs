//! `ssrf/redirect-followed`.

use super::fetching::{fetch_trials, new_nonce, takes_address};
use crate::checks::context::CheckCx;
use crate::checks::inject::input::plan_inputs;
use crate::checks::meta::check;
use crate::checks::rule::{CheckResult, Rule, Violation, defence_held};
use crate::model::{Role, Silence};
use crate::survey::Surveyed;

check! {
    /// ## What it does
    /// Puts the address of a listener of the scan's own into parameters that take addresses, which redirects to another host
    /// name, and looks whether the server goes there.
    ///
    /// ## Why it matters
    /// A list of allowed hosts that is held against the first address alone is passed by a redirect.
    ///
    /// ## How it is confirmed
    /// The server comes for the first address and then for the one that it was redirected to, twice, with nonces of their own.
    ///
    /// ## When it stays silent
    /// When it does not come at all, and when it comes and does not go on.
    ///
    /// ## References
    /// OWASP API7:2023, CWE-918
    RedirectFollowed {
        id: "ssrf/redirect-followed",
        title: "The server follows redirects of what it fetches",
        severity: High,
        level: Intrusive,
        owasp: ["API7:2023"],
        cwe: [918],
        remedy: "allowed-targets",
        since: "0.2.0",
        plan: |cx, operation| plan_inputs(cx, operation, 2, takes_address),
        refused: true,
        read: check_redirect_followed,
    }
}

async fn check_redirect_followed(cx: &CheckCx<'_>, surveyed: &Surveyed) -> CheckResult {
    let mut last = Silence::not_applicable("it takes no address");
    for trial in fetch_trials(cx, surveyed).await? {
        let nonces = [new_nonce(), new_nonce(), new_nonce(), new_nonce()];
        let [first, further, again, last_one] = &nonces;
        let visit = trial.visit(&trial.canary.address_leading_to(first, further), further).await?;
        if !visit.is_fetched() {
            last =
                defence_held(&visit.answer, &trial.baseline.first, "the server did not go where it was redirected to");
            continue;
        }
        let second = trial.visit(&trial.canary.address_leading_to(again, last_one), last_one).await?;
        let came = trial.canary.is_visited(first, std::time::Duration::ZERO).await;
        let name = &trial.input.name;
        let mut rule = Rule::default();
        rule.weigh(
            "server-came",
            came,
            format!("the address of a listener stood in `{name}`, and the server came for it"),
        );
        rule.weigh("went-on", visit.is_fetched(), "it went on to the other host name that it was redirected to");
        rule.weigh("repeated", second.is_fetched(), "a second one was followed too");
        rule.show(Role::Attack, &visit.answer).show(Role::Attack, &second.answer);
        rule.show(Role::Baseline, &trial.baseline.first);
        let cause = format!("{} {name}", surveyed.operation.path);
        let claim = format!("the server follows redirects of the address in `{name}`");
        return rule.found(Violation::of(surveyed, trial.input.site(), cause, claim));
    }
    Err(last)
}
