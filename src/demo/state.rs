//! What the demo holds in memory: the accounts, the seeded objects and a few counters.

use std::sync::atomic::{AtomicU64, Ordering};
use std::sync::{Mutex, MutexGuard, PoisonError};

use serde_json::{Map, Value, json};

/// The document of the API, as written.
pub(super) const DOCUMENT: &str = include_str!("openapi.yaml");

/// The objects of the API, as written.
const SEED: &str = include_str!("seed.json");

/// The key that the weak version signs with.
const GUESSABLE_KEY: &[u8] = b"secret";

/// Somebody who can sign in.
pub(super) struct DemoAccount {
    /// The number that other objects name their owner by.
    pub(super) id: i64,
    /// The name to sign in with.
    pub(super) username: String,
    /// `user` or `admin`.
    pub(super) role: String,
    /// Random, new at every start.
    pub(super) password: String,
    /// The rest of what is known about the person.
    pub(super) record: Map<String, Value>,
}

impl DemoAccount {
    /// Whether the account may use the administration.
    pub(super) fn is_admin(&self) -> bool {
        self.role == "admin"
    }

    /// A field of the person's record, null when there is none.
    pub(super) fn field(&self, name: &str) -> Value {
        self.record.get(name).cloned().unwrap_or_default()
    }

    /// Whether the object belongs to this account.
    pub(super) fn owns(&self, object: &Value) -> bool {
        object.get("owner_id").and_then(Value::as_i64) == Some(self.id)
    }
}

/// The whole state of one running demo.
pub(super) struct DemoApp {
    /// Whether this is the repaired twin.
    pub(super) repaired: bool,
    /// Signs and checks the tokens.
    pub(super) key: Vec<u8>,
    /// Everybody who can sign in.
    pub(super) accounts: Vec<DemoAccount>,
    /// The API's document with the server's own address in it.
    pub(super) document: Value,
    /// Calls of the reading-looking operation that resets things.
    pub(super) resets: AtomicU64,
    /// Calls of the reading-looking operation that sends mail.
    pub(super) sent: AtomicU64,
    seed: Value,
    /// Invoices made since the start. A std mutex, since no section of it awaits.
    drafts: Mutex<Vec<Value>>,
}

impl DemoApp {
    /// Seeds the state.
    ///
    /// # Errors
    /// When one of the two embedded files is not well-formed, which a test rules out.
    pub(super) fn seeded(repaired: bool, base_url: &str) -> std::io::Result<Self> {
        let seed: Value = serde_json::from_str(SEED)?;
        let mut document: Value = yaml_serde::from_str(DOCUMENT).map_err(std::io::Error::other)?;

        if let Some(document) = document.as_object_mut() {
            document.insert("servers".to_owned(), json!([{"url": base_url}]));
        }
        let people = seed.get("people").and_then(Value::as_array).map(Vec::as_slice).unwrap_or_default();
        let accounts = people.iter().filter_map(account_from_json).collect();
        let key = if repaired { rand::random::<[u8; 32]>().to_vec() } else { GUESSABLE_KEY.to_vec() };
        Ok(Self {
            repaired,
            key,
            accounts,
            document,
            resets: AtomicU64::new(0),
            sent: AtomicU64::new(0),
            seed,
            drafts: Mutex::default(),
        })
    }

    /// The account of that name.
    pub(super) fn account(&self, username: &str) -> Option<&DemoAccount> {
        self.accounts.iter().find(|account| account.username == username)
    }

    /// Everything of one kind.
    pub(super) fn all(&self, collection: &str) -> &[Value] {
        self.seed.get(collection).and_then(Value::as_array).map(Vec::as_slice).unwrap_or_default()
    }

    /// A part of the seed that is no list of objects.
    pub(super) fn part(&self, pointer: &str) -> Value {
        self.seed.pointer(pointer).cloned().unwrap_or_default()
    }

    /// The object whose `id` reads as `id`, whoever owns it.
    pub(super) fn find(&self, collection: &str, id: &str) -> Option<&Value> {
        self.all(collection).iter().find(|object| has_id(object, id))
    }

    /// The objects of the account.
    pub(super) fn owned(&self, collection: &str, by: &DemoAccount) -> Vec<Value> {
        self.all(collection).iter().filter(|object| by.owns(object)).cloned().collect()
    }

    /// The invoices made since the start, to read or to change.
    pub(super) fn drafts(&self) -> MutexGuard<'_, Vec<Value>> {
        // The list is whole after any panic: each change of it is one push or one retain.
        self.drafts.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// Counts one call.
    pub(super) fn count(counter: &AtomicU64) {
        counter.fetch_add(1, Ordering::Relaxed);
    }
}

/// Whether the object's `id` reads as `id`.
pub(super) fn has_id(object: &Value, id: &str) -> bool {
    match object.get("id") {
        Some(Value::String(text)) => text == id,
        Some(Value::Number(number)) => number.to_string() == id,
        _ => false,
    }
}

/// A random text of 32 hexadecimal digits.
pub(super) fn random_hex() -> String {
    format!("{:032x}", rand::random::<u128>())
}

fn account_from_json(person: &Value) -> Option<DemoAccount> {
    let record = person.as_object()?.clone();
    Some(DemoAccount {
        id: record.get("id")?.as_i64()?,
        username: record.get("username")?.as_str()?.to_owned(),
        role: record.get("role")?.as_str()?.to_owned(),
        password: random_hex(),
        record,
    })
}
