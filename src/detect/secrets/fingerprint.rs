//! Names a secret without telling it, so that two scans speak of the same one.

use std::sync::Arc;

use hmac::{Hmac, KeyInit as _, Mac as _};
use sha2::Sha256;

use super::user::UserRules;
use crate::model::Secret;

/// What the search for secrets is set up with.
#[derive(Debug, Clone, Default)]
pub struct SecretRules {
    /// The random key of this installation that fingerprints are made with; without it none are shown.
    pub key: Option<Secret>,
    /// The user's own rules.
    pub user: Arc<UserRules>,
}

/// The first 16 hexadecimal digits of HMAC-SHA-256 over the rule and the value: the same in every scan of this
/// installation, and no help in guessing a value without the key.
pub fn fingerprint_secret(key: &Secret, rule: &str, value: &str) -> String {
    let Ok(mut mac) = Hmac::<Sha256>::new_from_slice(key.expose().as_bytes()) else { return String::new() };
    // The zero keeps them apart: rule `ab` with `c` must not be rule `a` with `bc`.
    for part in [rule, "\0", value] {
        mac.update(part.as_bytes());
    }
    mac.finalize().into_bytes().iter().take(8).map(|byte| format!("{byte:02x}")).collect()
}
