//! `authz/bola-body`.

mod by_query;
mod planted;

use crate::act::{ActKind, Acting, acting_of};
use crate::checks::acting::ActCx;
use crate::checks::asked::{judge_asked, judge_shown_instead};
use crate::checks::context::PlanCx;
use crate::checks::meta::{Need, check};
use crate::checks::proving::judge_attack;
use crate::checks::referred::judge_reference;
use crate::checks::rule::{CheckResult, join_trials};
use crate::model::{Effect, Operation, Silence};
use crate::survey::naming_parameters;
use crate::trial::{addressed, asked_fields};

check! {
    /// ## What it does
    /// Puts another user's name or number, or the id of another user's object, where the request and not the path says
    /// whose something is: an owner field of a new object, the id in the body of a change or deletion, one of several ids
    /// of an action or a search, a new object's reference to another user's, a parameter that filters by owner.
    ///
    /// ## Why it matters
    /// A server that asks the request who its caller is has no access control: any caller can act as any user.
    ///
    /// ## How it is confirmed
    /// A new object: without the field it is the caller's; with it the other user, who asked for nothing, is shown it or
    /// is named as its owner in a view of its own; an anonymous caller cannot do the same; twice. A change or deletion:
    /// the owner's own one shows in the owner's view, an anonymous one does not, the intruder's does, twice, and the
    /// intruder's own object stays as it was. A parameter: the answer carries values that only the other user is shown,
    /// twice, and neither the intruder without the parameter nor a name that does not exist nor an anonymous caller gets
    /// them; and something shows that they are meant for that user alone.
    ///
    /// ## When it stays silent
    /// When the field is ignored or only repeated in the answer, when the parameter chooses among what every user is shown,
    /// and when a field names whom something is for (a recipient, an assignee): that is what it is for.
    ///
    /// ## References
    /// OWASP API1:2023, CWE-639
    BolaBody {
        id: "authz/bola-body",
        title: "An owner or id in the request overrides the caller's identity",
        severity: Critical,
        level: Active,
        owasp: ["API1:2023"],
        cwe: [639],
        remedy: "owner-from-session",
        since: "0.2.0",
        plan: plan_body,
        phase: References,
        read: by_query::check_parameters,
        write: check_body_reference,
    }
}

fn plan_body(cx: &PlanCx<'_>, operation: &Operation) -> Need {
    let two = cx.identities.len() >= 2;
    if PlanCx::is_read(operation) {
        let named = naming_parameters(cx.api, operation).len();
        return match u32::try_from(named) {
            Ok(0) | Err(_) => Need::NotApplicable,
            // The owner, the intruder twice, nobody, nothing, and the intruder's own; again in a wrapped form.
            Ok(named) => Need::Requests(if two { named * by_query::REQUESTS } else { 0 }),
        };
    }
    if operation.method.is_safe() {
        return Need::NotApplicable;
    }
    let acting = acting_of(cx.api, operation);
    let most = match acting.kind {
        // The object with each field, anonymously and again, with both views of each; once more with a reference.
        ActKind::Create => 26,
        ActKind::Update | ActKind::Delete | ActKind::Act if !addressed::naming_fields(cx.api, &acting).is_empty() => 21,
        ActKind::Act if !asked_fields(cx.api, &acting).is_empty() => 21,
        _ => return Need::NotApplicable,
    };
    Need::Requests(if two { most } else { 0 })
}

async fn check_body_reference(cx: &ActCx<'_>, acting: &Acting) -> CheckResult {
    match acting.kind {
        ActKind::Create => {
            join_trials(planted::check_owner_fields(cx, acting).await, judge_reference(cx, acting).await)
        }
        ActKind::Act if acting.operation.effect == Effect::Reads => judge_asked(cx, acting).await,
        ActKind::Update | ActKind::Delete | ActKind::Act => {
            let changed = judge_attack(addressed::addressed_trial(cx, acting)?).await;
            judge_shown_instead(cx, acting, changed).await
        }
        _ => Err(Silence::not_applicable("it makes accounts or sessions")),
    }
}
