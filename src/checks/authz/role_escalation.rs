//! `authz/role-escalation`.

mod raising;

use raising::Raising;
use serde_json::Value;

use crate::act::{ActKind, Acting, acting_of};
use crate::checks::acting::ActCx;
use crate::checks::context::PlanCx;
use crate::checks::meta::{Need, check};
use crate::checks::rights::{Right, right_of};
use crate::checks::role_changes::{is_on_accounts, is_role_function, raised_role_fields, role_fields};
use crate::checks::rule::{CheckResult, ensure, see_other};
use crate::model::{Draft, Operation, Silence, Verdict};
use crate::survey::role_word;

check! {
    /// ## What it does
    /// Asks for a higher role where the document itself has a field or a function for roles: in a change of a throw-away
    /// account, by a function such as `PUT /users/{id}/role`, and in a sign-up.
    ///
    /// ## Why it matters
    /// A caller who becomes an administrator can do whatever the API can do.
    ///
    /// ## How it is confirmed
    /// All of these hold: the account has a lower role before; afterwards a read of the account shows the higher role, or
    /// a function that is marked for a higher role and refused such an account serves it; and setting the role back, or
    /// a second account, shows the same. Where such a function is known, it must serve the account: a word in a
    /// profile is no power. A sign-up that offers the role to every user needs that function as well.
    ///
    /// ## When it stays silent
    /// When the role stays as it was, whatever the answer said, and for roles that are no privilege, such as author and
    /// reader. Roles are changed on accounts of the scan's own alone. A role field that the document does not declare is
    /// property/mass-assignment.
    ///
    /// ## References
    /// OWASP API5:2023, CWE-269
    RoleEscalation {
        id: "authz/role-escalation",
        title: "A caller can raise its own role",
        severity: Critical,
        level: Active,
        owasp: ["API5:2023"],
        cwe: [269],
        remedy: "field-allow-list",
        since: "0.2.0",
        plan: plan_requests,
        phase: Functions,
        after: ["property/mass-assignment"],
        write: check_role_escalation,
    }
}

/// The check that tries fields which the document does not name.
const UNDECLARED: &str = "property/mass-assignment";

fn plan_requests(cx: &PlanCx<'_>, operation: &Operation) -> Need {
    if operation.method.is_safe() {
        return Need::NotApplicable;
    }
    let acting = acting_of(cx.api, operation);
    if role_fields(cx.api, &acting).is_empty() && !is_role_function(&acting) {
        // A role that the document does not know of is tried with the other fields that must not be set.
        let changes = matches!(acting.kind, ActKind::SignUp | ActKind::Update);
        return if changes { Need::Requests(0) } else { Need::NotApplicable };
    }
    // Two accounts, two changes, the account and a guarded function after each.
    Need::Requests(16)
}

async fn check_role_escalation(cx: &ActCx<'_>, acting: &Acting) -> CheckResult {
    let signs_up = acting.kind == ActKind::SignUp;
    let is_of_account = signs_up || cx.changes_account(acting);
    if let Some(draft) = raise_by_undeclared(cx, acting).filter(|_| is_of_account) {
        return Ok(vec![draft]);
    }
    let has_roles = !role_fields(cx.maker.api, acting).is_empty();
    let by_function =
        is_role_function(acting) && is_on_accounts(cx, acting) && role_word(&acting.operation.path).is_none();
    ensure(is_of_account || by_function, || Silence::not_applicable("it does not change the caller's own account"))?;
    ensure(has_roles || is_role_function(acting), || {
        see_other(UNDECLARED, "an undeclared role is tried with the other fields that must not be set")
    })?;
    let model = cx.model().ok_or_else(|| cx.no_account(acting))?;
    let used = cx.maker.acting.get(model.sign_up);
    ensure(!signs_up || used.is_some_and(|used| used.operation.id == acting.operation.id), || {
        Silence::not_applicable("accounts are not made by this operation")
    })?;
    ensure(!signs_up || model.made_by.is_none(), || {
        Silence::not_applicable("only a higher role makes accounts here, and may give them roles")
    })?;
    let ordinary = cx.mirror_of(&cx.who(model)).await?;
    let wish = raised_role_fields(cx, acting, &ordinary);
    ensure(!wish.is_empty() || by_function, || Silence::not_applicable("the roles that it takes are no privileges"))?;
    Raising { cx, acting, model, ordinary, wish, signs_up }.carry_out().await
}

/// Returns the proof that an account got a role which the document does not name.
fn raise_by_undeclared(cx: &ActCx<'_>, acting: &Acting) -> Option<Draft> {
    let Verdict::Broken(drafts) = cx.earlier(UNDECLARED, &acting.operation.id)? else { return None };
    let is_role = |site: &str| {
        let name = site.trim().trim_start_matches("body:/");
        right_of(name, &Value::Null) == Some(Right::Role)
    };
    let draft = drafts.into_iter().find(|draft| !draft.observation && draft.site.split(',').any(is_role))?;
    Some(Draft { claim: format!("an account raised its own role: {}", draft.claim), severity: None, ..draft })
}
