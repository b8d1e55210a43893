//! Remembers what was asked, so that no request is sent twice for two checks.

use std::collections::{HashMap, VecDeque};
use std::future::Future;
use std::sync::{Arc, Mutex, PoisonError};

use sha2::{Digest, Sha256};
use tokio::sync::OnceCell;

use super::ask::{Answer, Ask};

type LedgerSlot = Arc<OnceCell<Arc<Answer>>>;

/// Answers by request.
#[derive(Debug, Default)]
pub(super) struct Ledger {
    /// Held only to find the slot; the request itself is awaited on the slot, so that two callers share one request.
    slots: Mutex<Slots>,
}

#[derive(Debug, Default)]
struct Slots {
    by_request: HashMap<[u8; 32], LedgerSlot>,
    /// In the order in which they were asked first.
    order: VecDeque<[u8; 32]>,
}

impl Ledger {
    /// The answer to this request; sends it if nobody has. A failed send leaves the slot empty.
    pub(super) async fn answer<E, F>(&self, ask: &Ask, send: F) -> Result<Arc<Answer>, E>
    where
        F: Future<Output = Result<Arc<Answer>, E>>,
    {
        let slot = {
            let mut slots = self.slots.lock().unwrap_or_else(PoisonError::into_inner);
            slots.slot(request_key(ask))
        };
        slot.get_or_try_init(|| send).await.cloned()
    }

    /// Forgets answers, the oldest first, until there is enough room. What something else holds stays, since forgetting it
    /// would free nothing. Returns how many were forgotten.
    pub(super) fn forget_until(&self, is_enough: impl Fn() -> bool) -> usize {
        let mut slots = self.slots.lock().unwrap_or_else(PoisonError::into_inner);
        let mut kept = VecDeque::new();
        let mut n_forgotten = 0;
        while !is_enough()
            && let Some(key) = slots.order.pop_front()
        {
            if slots.by_request.get(&key).is_some_and(is_idle) {
                slots.by_request.remove(&key);
                n_forgotten += 1;
            } else {
                kept.push_back(key);
            }
        }

        // What was passed over was asked before all that was not looked at, and stays ahead of it.
        kept.append(&mut slots.order);
        slots.order = kept;
        n_forgotten
    }
}

impl Slots {
    fn slot(&mut self, key: [u8; 32]) -> LedgerSlot {
        if let Some(slot) = self.by_request.get(&key) {
            return Arc::clone(slot);
        }
        self.order.push_back(key);
        Arc::clone(self.by_request.entry(key).or_default())
    }
}

/// Whether only the ledger holds this answer.
fn is_idle(slot: &LedgerSlot) -> bool {
    Arc::strong_count(slot) == 1 && slot.get().is_none_or(|answer| Arc::strong_count(answer) == 1)
}

/// A digest, since the parts may hold tokens.
fn request_key(ask: &Ask) -> [u8; 32] {
    let mut digest = Sha256::new();
    // Each part ends with a mark of its kind, so that no two requests run together to the same bytes.
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
