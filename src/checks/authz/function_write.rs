//! `authz/function-write`.

mod decided;
mod membership;
mod proofs;

use membership::try_as_member;
use proofs::FunctionCase;

use super::lower_role::lower_caller;
use crate::act::{ActKind, Acting};
use crate::checks::acting::ActCx;
use crate::checks::context::PlanCx;
use crate::checks::meta::{Need, check};
use crate::checks::rule::{CheckResult, Rule, ensure, status_text};
use crate::model::{Operation, Silence};
use crate::probe::{AskCaller, SendError};
use crate::survey::{first_mark, higher_roles};
use crate::trial::adds_members;

check! {
    /// ## What it does
    /// Calls functions that change something, and that the document marks as a higher role's (by words such as `admin` in
    /// path, tag or operationId, or by scopes), as a user of a lower role: on an object or account that the scan made, or
    /// else on an object that does not exist or with a body that must be refused. Functions of a group with members (a team, a
    /// workspace) are called as a member of its least role: two throw-away accounts are owner and member of a group that is
    /// made for it.
    ///
    /// ## Why it matters
    /// A function that only the user interface hides is open to every account.
    ///
    /// ## How it is confirmed
    /// All of these hold: the owner of the object or account sees what the function did; a call without credentials did
    /// nothing; another function under the same mark refuses the same user, so that roles are enforced; and a second
    /// call shows too. All functions under one mark that are open in the same way are one finding. Of a group: its list of
    /// members shows another role for the member than for the owner, who sees that the member removed the group, raised its
    /// own role to the owner's, or changed the group; before it was a member it could not.
    ///
    /// ## When it stays silent
    /// When the lower role is refused or the call shows nowhere, when anyone is served (that is authn/missing-write), and
    /// when the guard may stand behind the look-up or the validation. Where nothing of the scan's own can be tried, an answer
    /// "not found" or "invalid" where a guarded neighbour says "forbidden" is only suspected. Of a group that shows no roles
    /// nothing is said, and nothing of its change by a member that may be meant to write.
    ///
    /// ## References
    /// OWASP API5:2023, CWE-285
    FunctionWrite {
        id: "authz/function-write",
        title: "A lower role reaches a higher role's changing function",
        severity: Critical,
        level: Active,
        owasp: ["API5:2023"],
        cwe: [285],
        remedy: "role-check",
        since: "0.2.0",
        plan: plan_requests,
        phase: Functions,
        write: check_privileged_write,
    }
}

/// What lets a function be tried that is given an object of a kind which only a higher role makes.
const GIVE: &str = "mark an identity of the higher role `writes = \"own\"` in routewarden.toml: it makes such an object, which is \
                    tried and removed";

fn plan_requests(cx: &PlanCx<'_>, operation: &Operation) -> Need {
    let ranks = cx.identities.iter().map(|identity| (identity.rank, identity.role.as_str()));
    if operation.method.is_safe() {
        return Need::NotApplicable;
    }
    if first_mark(operation, &higher_roles(ranks)).is_none() && adds_members(cx.api, &operation.path).is_none() {
        return Need::NotApplicable;
    }
    // Two targets made and looked at, four calls with the owner's looks after each, a neighbour.
    Need::Requests(26)
}

async fn check_privileged_write(cx: &ActCx<'_>, acting: &Acting) -> CheckResult {
    ensure(!matches!(acting.kind, ActKind::SignIn | ActKind::SignUp | ActKind::SignOut), || {
        Silence::not_applicable("signing in and up is for all")
    })?;
    if adds_members(cx.maker.api, &acting.operation.path).is_some() {
        let marked = first_mark(&acting.operation, &cx.survey.people.higher_roles()).is_some();
        match try_as_member(cx, acting).await {
            // It may still be marked for a higher role of the whole API.
            Err(Silence::NotApplicable(_)) if marked => {}
            judged => return judged,
        }
    }
    let lower = lower_caller(cx.check, |person| cx.account(&person.name).is_some())?;
    // A harmless call first: where it is refused only the rightful caller's own call can add anything.
    let call = cx.harmless(acting);
    let (mut answered, mut barred) = (None, None);
    if let Some(call) = &call {
        match cx.send_harmless(call, acting, AskCaller::named(&lower.name)).await {
            Err(SendError::NotOwn(because)) => barred = Some(because),
            answer => answered = Some(answer?),
        }
    }
    let refused = answered.as_ref().filter(|answer| matches!(answer.status(), Some(401 | 403 | 405)));
    let higher = cx.survey.people.all.iter().find(|person| person.signed_in && person.rank > lower.rank);
    if let Some(answer) = refused {
        let because = format!("{} is refused: status {}", lower.name, status_text(answer));
        cx.note_refusal(acting, &lower.name, answer, because.clone());
        ensure(higher.is_some(), || {
            Silence::undecided(because).with_help("add an identity of a higher role to routewarden.toml")
        })?;
    }
    let mut rule = Rule::default();
    let fence = cx.survey.fence(&acting.operation, lower);
    let fence = rule.need("marked-for-higher-role", fence, |fence| fence.mark.describe())?;
    let case = FunctionCase { cx, acting, lower, higher, fence };
    if let Some(subject) = cx.function_target(acting, lower).await? {
        return case.by_trial(rule, subject).await;
    }
    if let Some(because) = barred {
        return Err(Silence::not_tried(because.to_string()).with_help(GIVE));
    }
    ensure(refused.is_none(), || {
        Silence::undecided("the lower role is refused, and nothing is known that the higher one could do it on")
    })?;
    let (Some(call), Some(answered)) = (call, answered) else {
        return Err(Silence::not_tried("it cannot be tried without doing what it does"));
    };
    match cx.make_by_function(acting, lower).await {
        Ok(made) => case.by_making(rule, &made).await,
        Err(other @ Silence::SeeOther { .. }) => Err(other),
        Err(silence) => {
            let anonymous = cx.send_harmless(&call, acting, AskCaller::Anonymous).await?;
            case.by_probe(rule, (&call, &answered), &anonymous, silence.because()).await
        }
    }
}
