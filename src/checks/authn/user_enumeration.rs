//! `authn/user-enumeration`.

use super::comparison::Comparison;
use super::forgotten;
use super::trial::{Trial, nobody, wrong_password};
use crate::act::{Acting, Kind, acting_of};
use crate::checks::acting::ActCx;
use crate::checks::context::PlanCx;
use crate::checks::meta::{Need, check};
use crate::checks::rule::{Finding, Judged, Rule, ensure, status};
use crate::model::{Method, Operation, Role, Silence};

check! {
    /// ## What it does
    /// Signs in with a wrong password, under the name of a throw-away account and under names that nobody has, and
    /// compares the refusals. Where a new password can be asked for by name or address alone, does so for a spare
    /// throw-away account and for addresses that nobody has, all in a domain that receives no mail (RFC 2606).
    ///
    /// ## Why it matters
    /// Whoever learns which accounts exist tries passwords on these alone, and knows whom to write a convincing mail to.
    ///
    /// ## How it is confirmed
    /// The account's own password signs it in; the refusals of three unknown names agree with each other, the two of the
    /// known name agree with each other, and the former differ from the latter in status or in content, once the names
    /// are masked and what varies by itself is left out. The whole is done a second time, with other unknown names, and
    /// all refusals of one kind must agree. Known and unknown names take turns, so that a limit that sets in meanwhile
    /// makes the refusals of one kind differ, which is no finding.
    ///
    /// ## When it stays silent
    /// When the refusals agree, when those of one kind do not, and when the rate is limited. How long an answer takes
    /// decides nothing. Wrong passwords and resets are tried on throw-away accounts alone.
    ///
    /// ## References
    /// OWASP API2:2023, CWE-204
    UserEnumeration {
        id: "authn/user-enumeration",
        title: "Sign-in or reset tells which accounts exist",
        severity: Low,
        level: Intrusive,
        owasp: ["API2:2023"],
        cwe: [204],
        remedy: "uniform-sign-in",
        since: "0.2.0",
        plan: plan,
        phase: Enumeration,
        write: run,
    }
}

fn plan(cx: &PlanCx<'_>, operation: &Operation) -> Need {
    if operation.method != Method::Post {
        return Need::NotApplicable;
    }
    let acting = acting_of(cx.api, operation);
    let most = if forgotten::asks_for_reset(cx.api, &acting) {
        forgotten::REQUESTS
    } else if acting.kind == Kind::SignIn {
        // Five wrong passwords, twice, and the right one before, between and after.
        13
    } else {
        return Need::NotApplicable;
    };
    Need::Requests(if cx.identities.is_empty() { 0 } else { most })
}

async fn run(cx: &ActCx<'_>, acting: &Acting) -> Judged {
    if forgotten::asks_for_reset(cx.maker.api, acting) {
        return forgotten::run(cx, acting).await;
    }
    ensure(acting.kind == Kind::SignIn, || Silence::not_applicable("it does not sign users in"))?;
    let trial = Trial::of_sign_in(cx, acting)?;
    let mut rule = Rule::default();
    let right = rule.need("account-exists", trial.right_is_taken().await, |right| {
        format!("the right password signs {} in (status {})", trial.name(), status(right))
    })?;
    let mut compared = Comparison::new(trial.persona(), "names");
    try_round(&trial, &mut compared).await?;
    compared.difference(&right, "unknown names are refused as a known one with a wrong password")?;
    try_round(&trial, &mut compared).await?;
    let difference = compared.weigh(&mut rule, &right, 4)?;
    rule.show(Role::Baseline, &right);
    rule.found(Finding::of(
        acting,
        "operation",
        acting.operation.path.clone(),
        format!("a wrong password is answered otherwise for an account that exists ({difference})"),
    ))
}

/// Tries unknown, known, unknown, known, unknown, and the right password at the end: counters of failures start anew for
/// what comes after.
async fn try_round(trial: &Trial<'_>, compared: &mut Comparison<'_>) -> Result<(), Silence> {
    let tried = try_names(trial, compared).await;
    trial.right().await?;
    tried
}

async fn try_names(trial: &Trial<'_>, compared: &mut Comparison<'_>) -> Result<(), Silence> {
    let password = wrong_password();
    for turn in 0..5 {
        let unknown = (turn % 2 == 0).then(nobody);
        let answer = trial.with(unknown.as_ref().unwrap_or(compared.known()), &password).await?;
        ensure(!trial.lets_in(&answer), || {
            Silence::undecided(match unknown {
                Some(_) => "a name that no account has is signed in: the sign-in may make accounts",
                None => "a wrong password is taken",
            })
        })?;
        compared.add(unknown, answer)?;
    }
    Ok(())
}
