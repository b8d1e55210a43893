//! Fetches the public keys of an authorization server, whose tokens a server of ours takes.

use std::time::Duration;

use crate::probe::{NamedTextError, fetch_named_text};

/// The most bytes of keys that are read.
pub const MAX_KEYS_BYTES: usize = 1024 * 1024;

/// Fetches the keys (JWKS) at an address, as text.
///
/// # Errors
/// [`NamedTextError`] where the address is not https and not on this machine, and where there is no whole answer in time.
pub async fn fetch_issuer_keys(address: &str, within: Duration) -> Result<String, NamedTextError> {
    fetch_named_text(address, within, MAX_KEYS_BYTES).await
}
