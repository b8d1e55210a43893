//! The public keys of an authorization server: from a file or an address, kept for a while, and looked at again when they
//! are old or one that a token names is not among them.

use std::fmt;
use std::path::{Path, PathBuf};
use std::sync::{Mutex, MutexGuard, PoisonError};
use std::time::{Duration, Instant};

use jsonwebtoken::jwk::{Jwk, JwkSet};
use serde::Deserialize;
use serde_json::Value;
use tokio::sync::Mutex as AsyncMutex;

use crate::app::{MAX_KEYS_BYTES, fetch_issuer_keys};
use crate::mcp::error::McpError;
use crate::model::clean_text;

/// Where the keys (JWKS) are.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum KeySource {
    /// In a file.
    File(PathBuf),
    /// At an address, which is https or on this machine.
    Address(String),
}

/// Keys as they stand there.
#[derive(Deserialize)]
struct StatedKeys {
    keys: Vec<Value>,
}

impl KeySource {
    /// Reads an address, or a file in this folder.
    pub fn parse(given: &str, folder: &Path) -> Self {
        if given.contains("://") { Self::Address(given.to_owned()) } else { Self::File(folder.join(given)) }
    }

    async fn read(&self, within: Duration) -> Result<JwkSet, McpError> {
        let text = match self {
            Self::File(path) => self.read_file(path)?,
            Self::Address(address) => {
                fetch_issuer_keys(address, within).await.map_err(|error| self.fault(error.to_string()))?
            }
        };
        let stated: StatedKeys = serde_json::from_str(&text).map_err(|error| self.fault(error.to_string()))?;
        // Of kinds that are not known here there may be some beside those that are (RFC 7517, section 5).
        let keys: Vec<Jwk> = stated.keys.into_iter().filter_map(|key| serde_json::from_value(key).ok()).collect();
        if keys.is_empty() { Err(self.fault("it holds no keys that are known here")) } else { Ok(JwkSet { keys }) }
    }

    fn read_file(&self, path: &Path) -> Result<String, McpError> {
        let length = std::fs::metadata(path).map_err(|error| self.fault(error.to_string()))?.len();
        if usize::try_from(length).is_ok_and(|length| length <= MAX_KEYS_BYTES) {
            return std::fs::read_to_string(path).map_err(|error| self.fault(error.to_string()));
        }
        Err(self.fault(format!("it has {length} bytes; at most {MAX_KEYS_BYTES} are read")))
    }

    fn fault(&self, because: impl Into<String>) -> McpError {
        McpError::Keys { from: self.to_string(), because: because.into() }
    }
}

impl fmt::Display for KeySource {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::File(path) => f.write_str(&clean_text(&path.display().to_string(), 300)),
            Self::Address(address) => f.write_str(&clean_text(address, 300)),
        }
    }
}

/// How long keys are good.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct KeyTimes {
    /// Keys that are older are looked at again, so that one that was withdrawn is not taken for ever.
    pub fresh: Duration,
    /// Keys that are older are not used, whatever keeps new ones from being had.
    pub usable: Duration,
    /// A key that is not known is looked for no more often.
    pub again: Duration,
    /// How long an answer may take.
    pub answer: Duration,
}

impl Default for KeyTimes {
    fn default() -> Self {
        let hours = |count: u64| Duration::from_secs(count * 60 * 60);
        Self { fresh: hours(1), usable: hours(24), again: Duration::from_secs(10), answer: Duration::from_secs(5) }
    }
}

/// The keys as they are known.
#[derive(Debug)]
pub(super) struct IssuerKeys {
    source: KeySource,
    times: KeyTimes,
    /// Held for moments only, never across an await.
    known: Mutex<KnownKeys>,
    /// Held while keys are read: of many tokens with an unknown key, one reads.
    reading: AsyncMutex<()>,
}

#[derive(Debug)]
struct KnownKeys {
    set: JwkSet,
    read: Instant,
    tried: Instant,
}

impl KnownKeys {
    /// The key of this name; without a name the only one that there is.
    fn find_key(&self, name: Option<&str>) -> Option<Jwk> {
        match (name, self.set.keys.as_slice()) {
            (Some(name), _) => self.set.find(name).cloned(),
            (None, [only]) => Some(only.clone()),
            (None, _) => None,
        }
    }
}

impl IssuerKeys {
    /// Reads the keys for the first time.
    ///
    /// # Errors
    /// [`McpError::Keys`] when they cannot be had, or there are none.
    pub(super) async fn read(source: KeySource, times: KeyTimes) -> Result<Self, McpError> {
        let set = source.read(times.answer).await?;
        let now = Instant::now();
        let known = Mutex::new(KnownKeys { set, read: now, tried: now });

        Ok(Self { source, times, known, reading: AsyncMutex::new(()) })
    }

    /// Returns the key that a token names.
    pub(super) async fn find(&self, name: Option<&str>) -> Option<Jwk> {
        if let Some(key) = self.find_known(name, self.times.fresh) {
            return Some(key);
        }

        let _turn = self.reading.lock().await;
        // Another token may have had them read meanwhile.
        if let Some(key) = self.find_known(name, self.times.fresh) {
            return Some(key);
        }
        let tried = self.known().tried;
        if tried.elapsed() >= self.times.again {
            self.read_again().await;
        }

        self.find_known(name, self.times.usable)
    }

    fn find_known(&self, name: Option<&str>, within: Duration) -> Option<Jwk> {
        let known = self.known();
        known.find_key(name).filter(|_| known.read.elapsed() <= within)
    }

    async fn read_again(&self) {
        let read = self.source.read(self.times.answer).await;
        let mut known = self.known();
        known.tried = Instant::now();
        match read {
            Ok(set) => (known.set, known.read) = (set, known.tried),
            // An issuer that cannot be asked for a moment must not sign everybody out.
            Err(error) => tracing::warn!("{error}"),
        }
    }

    fn known(&self) -> MutexGuard<'_, KnownKeys> {
        self.known.lock().unwrap_or_else(PoisonError::into_inner)
    }
}
