//! Secrets of other systems in text: vendors' keys by the table in `rules.toml`, private keys,
//! passwords in addresses, and what stands under a secret's name. Knows nothing of requests or findings.

mod allow;
mod alphabet;
mod assigned;
mod checksum;
mod engine;
mod fields;
mod fingerprint;
mod found;
mod generic;
mod named;
mod phrase;
mod random;
mod rules;
mod shape;
mod user;

pub(super) use engine::SecretSweep;
pub use engine::{MAX_FOUND, MAX_TEXT_BYTES, SecretRuleEngine};
pub(super) use fields::{is_hash, may_name_secret, value_of};
pub use fingerprint::{SecretRules, fingerprint_secret};
pub use found::{Certainty, FoundSecret, Scan};
pub(super) use random::is_wordy;
pub use user::{Refused, RuleRefused, RulesRefused, UserRules, load_rules as load_user_rules};

/// The secrets in a text of any kind, in its order; see [`scan_capped`] for what was left out.
pub fn scan_text(text: &str) -> Vec<FoundSecret> {
    scan_capped(text).found
}

/// The secrets in a text of any kind, and which limits cut the search short.
pub fn scan_capped(text: &str) -> Scan {
    SecretRuleEngine::embedded().scan(text)
}

/// Ids of the embedded rules, in the order of the table.
pub fn rule_ids() -> Vec<&'static str> {
    SecretRuleEngine::embedded().rule_ids()
}

/// What a rule finds, in words; `None` for an id of no rule.
pub fn describe_rule(rule: &str) -> Option<&'static str> {
    SecretRuleEngine::embedded().describe(rule).or_else(|| generic::describe_rule(rule))
}

/// Whether a value is a secret by its own form, whatever it stands under.
pub fn is_secret_by_form(text: &str) -> bool {
    scan_text(text).iter().any(|found| is_by_form(&found.rule))
}

/// Whether a rule goes by the form of a value, and not by its field's name alone.
pub fn is_by_form(rule: &str) -> bool {
    !rule.starts_with("field-") && rule != "password-hash"
}
