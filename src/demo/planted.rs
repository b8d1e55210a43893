//! What is wrong with the weak version, as a table. The tests hold the server to it.

/// The planted weaknesses: check id and the operation that shows it. The repaired version has none of them at medium or above
/// (`inventory/drift` stays: its public content is harmless, and a scan should call it an observation).
pub const PLANTED: &[(&str, &str)] = &[
    ("authz/bola-read", "GET /invoices/{invoice_id}"),
    ("authz/bola-list", "GET /payments"),
    ("authz/bola-nested", "GET /customers/{customer_id}/contacts/{contact_id}"),
    ("authz/function-read", "GET /admin/users"),
    ("authn/missing", "GET /receipts/{receipt_id}"),
    ("authn/inconsistent", "GET /team/activity"),
    ("authn/challenge-missing", "GET /me"),
    ("token/signature-not-verified", "GET /reports/summary"),
    ("token/alg-none", "GET /subscriptions/current"),
    ("token/weak-secret", "GET /me"),
    ("token/expired-accepted", "GET /notifications"),
    ("property/excessive-exposure", "GET /profile"),
    ("data/stack-trace", "GET /quotes/{quote_id}"),
    ("config/security-headers", "GET /me"),
    ("config/cors", "GET /preferences"),
    ("inventory/drift", "GET /currencies"),
];

/// Checks of [`PLANTED`] whose weakness belongs to the whole API: whichever operation a finding names is right.
pub const APP_WIDE: &[&str] =
    &["authn/challenge-missing", "token/weak-secret", "config/security-headers", "config/cors"];
