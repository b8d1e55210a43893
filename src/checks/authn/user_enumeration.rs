//! `authn/user-enumeration`.

use super::forgotten;
use crate::act::{ActKind, Acting, acting_of};
use crate::checks::acting::ActCx;
use crate::checks::context::PlanCx;
use crate::checks::meta::{Need, check};
use crate::checks::rule::{CheckResult, Rule, Violation, ensure, status_text};
use crate::model::{Method, Operation, Role, Silence};
use crate::probe::Answer;
use crate::trial::{NameComparison, SignInTrial, asks_for_reset};

check! {
    /// ## What it does
    /// Signs in with a wrong password, under the name of a throw-away account and under names that do not exist, and
    /// compares the refusals. Where a new password can be asked for by name or address alone, does so for a spare
    /// throw-away account and for addresses that do not exist, all in a domain that receives no mail (RFC 2606).
    ///
    /// ## Why it matters
    /// An attacker who learns which accounts exist tries passwords on these alone, and sends convincing mails to their users.
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
        plan: plan_requests,
        phase: Enumeration,
        write: check_user_enumeration,
    }
}

fn plan_requests(cx: &PlanCx<'_>, operation: &Operation) -> Need {
    if operation.method != Method::Post {
        return Need::NotApplicable;
    }
    let acting = acting_of(cx.api, operation);
    let most = if asks_for_reset(cx.api, &acting) {
        forgotten::REQUESTS
    } else if acting.kind == ActKind::SignIn {
        // Five wrong passwords, twice, and the right one before, between and after.
        13
    } else {
        return Need::NotApplicable;
    };
    Need::Requests(if cx.identities.is_empty() { 0 } else { most })
}

async fn check_user_enumeration(cx: &ActCx<'_>, acting: &Acting) -> CheckResult {
    if asks_for_reset(cx.maker.api, acting) {
        return forgotten::check_password_reset(cx, acting).await;
    }
    ensure(acting.kind == ActKind::SignIn, || Silence::not_applicable("it does not sign users in"))?;
    let trial = SignInTrial::of_sign_in(cx, acting)?;
    let mut rule = Rule::default();
    let right = rule.need("account-exists", trial.right_is_taken().await, |right| {
        format!("the right password signs {} in (status {})", trial.name(), status_text(right))
    })?;
    let mut compared = NameComparison::new(trial.persona(), "names");
    compared.try_sign_ins(&trial).await?;
    compared.difference(&right, "unknown names are refused as a known one with a wrong password")?;
    compared.try_sign_ins(&trial).await?;
    let difference = weigh_difference(&mut rule, &compared, &right, 4)?;
    rule.show(Role::Baseline, &right);
    rule.found(Violation::of(
        acting,
        "operation",
        acting.operation.path.clone(),
        format!("a wrong password is answered otherwise for an account that exists ({difference})"),
    ))
}

/// Adds the clauses of a difference that showed again, with the answers that show it.
///
/// # Errors
/// As [`NameComparison::difference`].
pub(super) fn weigh_difference(
    rule: &mut Rule,
    compared: &NameComparison<'_>,
    control: &Answer,
    least: usize,
) -> Result<String, Silence> {
    let (what, strangers, known) = (compared.what(), compared.of_strangers(), compared.of_known());
    let alike = format!("{} unknown {what} are answered alike", strangers.len());
    rule.weigh("unknown-agree", compared.strangers_agree(), alike);
    let difference = compared.difference(control, "the difference between unknown and known did not show again");
    let difference = rule.need("known-differs", difference, |found| format!("unknown against known: {found}"))?;
    let times = known.len();
    let because = format!("the known one is answered alike {times} times, between unknown {what}");
    rule.weigh("repeated", times >= least, because);
    rule.show_all(Role::Attack, known.iter().take(2)).show_all(Role::Control, strangers.iter().take(3));
    Ok(difference)
}
