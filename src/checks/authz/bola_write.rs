//! `authz/bola-write`.

use crate::act::{ActKind, Acting, acting_of};
use crate::checks::acted::judge_action;
use crate::checks::acting::ActCx;
use crate::checks::added::judge_addition;
use crate::checks::context::PlanCx;
use crate::checks::linked::judge_foreign;
use crate::checks::meta::{Need, check};
use crate::checks::proving::judge_attack;
use crate::checks::rule::{CheckResult, ensure};
use crate::model::{Operation, Silence};
use crate::survey::id_slots;
use crate::trial::Aim;

check! {
    /// ## What it does
    /// Makes an object as one user, changes it as another of the same role, and lets the owner look.
    ///
    /// ## Why it matters
    /// A caller who can change other users' objects can take them over: an address, a price, a document.
    ///
    /// ## How it is confirmed
    /// All of these hold: the owner's own change shows in the owner's view, so that the view is reliable; an anonymous change
    /// does not show; the intruder's value shows in the owner's view, twice, with two different values; and something
    /// shows that the object is its owner's: an owner field, a list of one's own, a route that refuses the intruder.
    /// Where the path has parents, the object is also addressed below a parent of the intruder's own. An object that leaves
    /// its owner's view by the intruder's change was taken over or removed. What is made below an object or tied to it counts
    /// where the owner is shown it there, and the operation refuses the intruder by the object's own path; else it is suspected.
    /// An action (`POST /orders/{id}/cancel`) counts where another route keeps the object from the intruder.
    /// The status of the answer decides nothing: many handlers answer 200 and change the caller's own object, or none.
    ///
    /// ## When it stays silent
    /// When the owner's view stays as it was, when anyone may change the object (that is authn/missing-write), and when
    /// not even the owner's change shows. Where nothing shows whose the object is, every user may be meant to edit it: a
    /// wiki page looks the same, so there is no verdict but a question to the user.
    ///
    /// ## References
    /// OWASP API1:2023, CWE-639
    BolaWrite {
        id: "authz/bola-write",
        title: "An object of another user can be changed",
        severity: Critical,
        level: Active,
        owasp: ["API1:2023"],
        cwe: [639],
        remedy: "object-ownership",
        since: "0.2.0",
        plan: plan_change,
        phase: Changes,
        write: check_foreign_write,
    }
}

fn plan_change(cx: &PlanCx<'_>, operation: &Operation) -> Need {
    if !acting_of(cx.api, operation).changes_named() {
        return Need::NotApplicable;
    }
    // Four writes and the owner's looks before and after each; the intruder's session, and what is known of the intent.
    // With parents, two writes more.
    let most = if id_slots(cx.api, operation).len() > 1 { 29 } else { 20 };
    Need::Requests(if cx.identities.len() < 2 { 0 } else { most })
}

async fn check_foreign_write(cx: &ActCx<'_>, acting: &Acting) -> CheckResult {
    if acting.adds_below() {
        return judge_addition(cx, acting).await;
    }
    if acting.acts_on_object() {
        return judge_action(cx, acting).await;
    }
    ensure(acting.kind == ActKind::Update, || {
        Silence::not_applicable("it does not change an object that its address names")
    })?;
    // Accounts are changed through their id on spare ones alone.
    if cx.changes_named_account(acting) {
        return judge_attack(cx.account_trial(acting).await?).await;
    }
    judge_foreign(cx, acting, Aim::Change).await
}
