//! `authz/method-override`.

mod disguise;

use disguise::judge_disguises;

use crate::act::{ActKind, Acting, ends_in_slot};
use crate::checks::acting::ActCx;
use crate::checks::context::PlanCx;
use crate::checks::meta::{Need, check};
use crate::checks::rule::{CheckResult, ensure};
use crate::model::{Method, Operation, Silence};
use crate::survey::id_slots;
use crate::trial::{Aim, Trial};

check! {
    /// ## What it does
    /// Where a caller is refused a change or deletion of another user's object, sends the same as a `POST` that names the
    /// refused method in a header (`X-HTTP-Method-Override`) or parameter (`_method`), and by methods that the document
    /// does not have for the path.
    ///
    /// ## Why it matters
    /// A rule that looks at the method of the request is walked around where something behind it looks at the header.
    ///
    /// ## How it is confirmed
    /// The caller is refused the plain request and the owner's object stays as it was; the disguised request shows in the
    /// owner's view, twice; and the same `POST` without the disguise does not.
    ///
    /// ## When it stays silent
    /// When the plain request already gets through (that is authz/bola-write, authz/bola-delete or authn/missing-write),
    /// and when no disguised request has an effect that the owner sees.
    ///
    /// ## References
    /// OWASP API5:2023, CWE-650
    MethodOverride {
        id: "authz/method-override",
        title: "A disguised method passes the access check",
        severity: High,
        level: Intrusive,
        owasp: ["API5:2023"],
        cwe: [650],
        remedy: "no-method-override",
        since: "0.2.0",
        plan: plan_disguises,
        phase: Removals,
        write: check_method_override,
    }
}

fn plan_disguises(cx: &PlanCx<'_>, operation: &Operation) -> Need {
    let one = ends_in_slot(&operation.path) && !id_slots(cx.api, operation).is_empty();
    if !one || !matches!(operation.method, Method::Put | Method::Patch | Method::Delete) {
        return Need::NotApplicable;
    }
    // An object, the plain request and up to four disguised ones, with the owner's looks after each; where one works,
    // which of five it is, without it, again, and the owner's own.
    Need::Requests(if cx.identities.is_empty() { 0 } else { 40 })
}

async fn check_method_override(cx: &ActCx<'_>, acting: &Acting) -> CheckResult {
    ensure(matches!(acting.kind, ActKind::Update | ActKind::Delete), || {
        Silence::not_applicable("it does not change an object that its address names")
    })?;
    let aim = if acting.operation.method == Method::Delete { Aim::Removal } else { Aim::Change };
    let trial = cx.foreign_trial(acting, aim.clone()).or_else(|_| cx.anonymous_trial(acting, aim))?;
    let judged = judge_disguises(&trial).await;
    let quiet = matches!(judged, Err(Silence::Held(_) | Silence::NotApplicable(_) | Silence::Undecided(_)));
    if trial.peer.is_none() || !quiet {
        return judged;
    }
    // A role may be asked for: then the owner is refused too, and may get through in disguise.
    judge_disguises(&Trial { attacker: trial.owner.clone(), ..trial }).await.or(judged)
}
