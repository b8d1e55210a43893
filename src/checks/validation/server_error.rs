//! `validation/server-error`.

use crate::checks::meta::{Need, check};

check! {
    /// ## What it does
    /// Sends nothing of its own. While a scan runs, every lost connection, every answer that does not come and every run
    /// of failures (5xx) is followed by a read that was served before. Where that fails twice, the target is taken for
    /// dead: the scan stops, undoes what it can, and reports the request that was asked last.
    ///
    /// ## Why it matters
    /// A request that ends the server takes the service from all of its users, and anyone who may send it can do so
    /// again and again.
    ///
    /// ## How it is confirmed
    /// The connection ended in the very request; no other request was under way; what was asked before it was a read
    /// that was served; and a read that was served before is not served afterwards, twice. Where one of these is
    /// missing, the finding is suspected: another request may have done it, or the target ended by itself.
    ///
    /// ## When it stays silent
    /// While the target goes on to serve what it served before, whatever single routes answer. That a target was not there
    /// from the start is a matter of the set-up.
    ///
    /// ## References
    /// OWASP API8:2023, CWE-755
    ServerError {
        id: "validation/server-error",
        title: "One request ends the service for everybody",
        severity: High,
        level: Passive,
        owasp: ["API8:2023"],
        cwe: [755],
        remedy: "error-handler",
        since: "0.2.0",
        plan: |_, _| Need::NotApplicable,
    }
}
