//! `authz/bola-read`.

use crate::checks::context::PlanCx;
use crate::checks::foreign_read::{check_foreign_read, plan_foreign_read};
use crate::checks::meta::{Need, check};
use crate::model::Operation;

check! {
    /// ## What it does
    /// Asks for a user's object as another user of its role, and looks for values that only the owner's object has.
    ///
    /// ## Why it matters
    /// Broken object level authorization is the commonest and costliest weakness of APIs: a caller who counts up an
    /// id reads the data of all users.
    ///
    /// ## How it is confirmed
    /// All of these hold, twice: the owner is served; the intruder is not refused; the intruder's answer carries
    /// values of the owner's object; the intruder's own object lacks them; a missing id is refused or lacks them; an
    /// anonymous caller lacks them; and something shows that the object is meant to be the owner's: its owner field, a
    /// list that shows it to the owner alone, another route that refuses the intruder, or the configuration's `owns`.
    ///
    /// ## When it stays silent
    /// When anyone may read the object, when the intruder's own lists show it, when the answer is the intruder's own
    /// object whatever the id, and when the refusal is a soft one (status 200 with an error or nothing).
    ///
    /// ## References
    /// OWASP API1:2023, CWE-639
    BolaRead {
        id: "authz/bola-read",
        title: "An object of another user can be read",
        severity: High,
        level: Passive,
        owasp: ["API1:2023"],
        cwe: [639],
        remedy: "object-ownership",
        since: "0.1.0",
        plan: plan_requests,
        read: check_foreign_read,
    }
}

fn plan_requests(cx: &PlanCx<'_>, operation: &Operation) -> Need {
    // `graphql/field-authorization` speaks of the others.
    if operation.is_graphql() { Need::NotApplicable } else { plan_foreign_read(cx, operation) }
}
