//! Name resolution that pins: a name is resolved once, its addresses are checked against the scope, and every later
//! connection of the scan goes to those addresses. DNS rebinding has nothing to rebind.

use std::collections::HashMap;
use std::net::SocketAddr;
use std::sync::{Arc, Mutex, PoisonError};

use reqwest::dns::{Addrs, Name, Resolve, Resolving};

use crate::model::Scope;

/// Shared by all clients of a scan.
#[derive(Debug, Clone)]
pub(super) struct Pinned {
    scope: Scope,
    /// Held only to look up or insert, never across an await, hence a std mutex.
    known: Arc<Mutex<HashMap<String, Vec<SocketAddr>>>>,
}

impl Pinned {
    pub(super) fn new(scope: Scope) -> Self {
        Self { scope, known: Arc::default() }
    }

    async fn addresses(self, host: String) -> Result<Vec<SocketAddr>, Box<dyn std::error::Error + Send + Sync>> {
        let pinned = self.known.lock().unwrap_or_else(PoisonError::into_inner).get(&host).cloned();
        if let Some(addresses) = pinned {
            return Ok(addresses);
        }
        let found: Vec<SocketAddr> = tokio::net::lookup_host((host.as_str(), 0)).await?.collect();

        for address in &found {
            // One bad address spoils the name: a resolver that mixes good and bad ones is not to be trusted with either.
            self.scope.permit_address(&host, address.ip())?;
        }
        self.known.lock().unwrap_or_else(PoisonError::into_inner).entry(host).or_insert_with(|| found.clone());
        Ok(found)
    }
}

impl Resolve for Pinned {
    fn resolve(&self, name: Name) -> Resolving {
        let pinned = self.clone();
        let host = name.as_str().to_ascii_lowercase();
        Box::pin(async move {
            let addresses = pinned.addresses(host).await?;
            Ok(Box::new(addresses.into_iter()) as Addrs)
        })
    }
}
