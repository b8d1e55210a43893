//! `graphql/field-authorization`.

use crate::checks::foreign_read::{check_foreign_read, plan_foreign_read};
use crate::checks::meta::{Need, check};

check! {
    /// ## What it does
    /// Asks the fields that give an object by its id (`invoice(id:)`, `node(id:)` for each kind, `user(where: {id})`) for a
    /// user's object as another user of its role, and looks for values that only the owner's object has. The ids come from what
    /// the owner's own queries showed.
    ///
    /// ## Why it matters
    /// GraphQL reaches one object by many ways, and each resolver has to look whose it is. One that does not lets every user read
    /// all objects; global ids hide that from testers, not from attackers.
    ///
    /// ## How it is confirmed
    /// As `authz/bola-read` does, by the same access model. All of these hold, twice: the owner is served; the intruder is not
    /// refused; its answer carries values of the owner's object; its own object lacks them; an id that nobody has is refused or
    /// lacks them; an anonymous caller lacks them; and something shows that the object is meant to be the owner's: its owner
    /// field, a list that shows it to the owner alone, another field that refuses the intruder, or the configuration's `owns`.
    ///
    /// ## When it stays silent
    /// When anyone may read the object, when the intruder's own lists show it, when the answer is the intruder's own object
    /// whatever the id, and when the answer is an error, `null`, or an object without the owner's values. Lists that show others'
    /// objects, nested ones too, are reported by `authz/bola-list`. Mutations are never sent.
    ///
    /// ## References
    /// OWASP API1:2023, CWE-639
    FieldAuthorization {
        id: "graphql/field-authorization",
        title: "A field or node of another user can be read",
        severity: High,
        level: Passive,
        owasp: ["API1:2023"],
        cwe: [639],
        remedy: "object-ownership",
        since: "0.2.0",
        plan: |cx, operation| match operation.is_graphql() {
            true => plan_foreign_read(cx, operation),
            false => Need::NotApplicable,
        },
        read: check_foreign_read,
    }
}
