//! `authz/bola-delete`.

use crate::act::{ActKind, Acting, ends_in_slot};
use crate::checks::acting::ActCx;
use crate::checks::context::PlanCx;
use crate::checks::linked::judge_foreign;
use crate::checks::meta::{Need, check};
use crate::checks::rule::{CheckResult, ensure};
use crate::model::{Method, Operation, Silence};
use crate::survey::id_slots;
use crate::trial::Aim;

check! {
    /// ## What it does
    /// Makes an object as one user, deletes it as another of the same role, and lets the owner look whether it is gone.
    ///
    /// ## Why it matters
    /// A caller who counts up the id can empty the database.
    ///
    /// ## How it is confirmed
    /// All of these hold: an anonymous deletion leaves the object where it is; after the intruder's deletion the owner no
    /// longer finds it, while another object of the owner's is still there; the same happens with a second object made
    /// for the purpose; and something shows that the object is its owner's. Where the path has parents, the object is also
    /// addressed below a parent of the intruder's own. What is untied (`DELETE /issues/{id}/labels/{label_id}`) is tied again.
    ///
    /// ## When it stays silent
    /// When the owner still finds the object, whatever the answer to the deletion said (204 for what is not deleted is
    /// common), and when anyone may delete it (that is authn/missing-write).
    ///
    /// ## References
    /// OWASP API1:2023, CWE-639
    BolaDelete {
        id: "authz/bola-delete",
        title: "An object of another user can be deleted",
        severity: Critical,
        level: Active,
        owasp: ["API1:2023"],
        cwe: [639],
        remedy: "object-ownership",
        since: "0.2.0",
        plan: plan_removal,
        phase: Removals,
        write: check_foreign_delete,
    }
}

fn plan_removal(cx: &PlanCx<'_>, operation: &Operation) -> Need {
    let named = id_slots(cx.api, operation);
    if operation.method != Method::Delete || !ends_in_slot(&operation.path) || named.is_empty() {
        return Need::NotApplicable;
    }
    // Two objects made and looked at, three deletions with the owner's looks after each, the intruder's session, one more
    // look; with parents, two deletions more.
    let most = if named.len() > 1 { 27 } else { 18 };
    Need::Requests(if cx.identities.len() < 2 { 0 } else { most })
}

async fn check_foreign_delete(cx: &ActCx<'_>, acting: &Acting) -> CheckResult {
    ensure(acting.kind == ActKind::Delete, || {
        Silence::not_applicable("it does not remove an object that its address names")
    })?;
    judge_foreign(cx, acting, Aim::Removal).await
}
