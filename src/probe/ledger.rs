//! Remembers what was asked, so that no request is sent twice for two checks.

use std::collections::HashMap;
use std::future::Future;
use std::sync::{Arc, Mutex, PoisonError};

use sha2::{Digest, Sha256};
use tokio::sync::OnceCell;

use super::ask::{Answer, Ask};

type Slot = Arc<OnceCell<Arc<Answer>>>;

/// Answers by request.
#[derive(Debug, Default)]
pub(super) struct Ledger {
    /// Held only to find the slot; the request itself is awaited on the slot, so that two callers share one request.
    slots: Mutex<HashMap<[u8; 32], Slot>>,
}

impl Ledger {
    /// The answer to this request; sends it if nobody has. A failed send leaves the slot empty.
    pub(super) async fn answer<E, F>(&self, ask: &Ask, send: F) -> Result<Arc<Answer>, E>
    where
        F: Future<Output = Result<Arc<Answer>, E>>,
    {
        let slot = {
            let mut slots = self.slots.lock().unwrap_or_else(PoisonError::into_inner);
            Arc::clone(slots.entry(key(ask)).or_default())
        };
        slot.get_or_try_init(|| send).await.cloned()
    }
}

/// A digest, since the parts may hold tokens.
fn key(ask: &Ask) -> [u8; 32] {
    let mut digest = Sha256::new();
    for part in [ask.caller.key().as_str(), ask.method.as_str(), ask.url.as_str()] {
        digest.update(part);
        digest.update([0]);
    }
    for (name, value) in &ask.headers {
        digest.update(name);
        digest.update([1]);
        digest.update(value);
        digest.update([0]);
    }
    if let Some((media_type, bytes)) = &ask.body {
        digest.update(media_type);
        digest.update([2]);
        digest.update(bytes);
    }
    digest.update([ask.round]);
    digest.finalize().into()
}
