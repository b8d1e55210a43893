//! Where requests may go. A request leaves only with a [`Permit`], and only [`Scope::permit`] makes one.

use std::collections::BTreeSet;
use std::fmt;
use std::net::IpAddr;

use serde::{Deserialize, Serialize};
use thiserror::Error;
use url::{Host, Url};

/// How much a scan may do.
#[derive(
    Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Default, Serialize, Deserialize, schemars::JsonSchema,
)]
#[serde(rename_all = "lowercase")]
pub enum Mode {
    /// Reads that are judged safe.
    #[default]
    Passive,
    /// Also creates its own objects and accounts, and writes to those alone.
    Active,
    /// Also odd input and bounded bursts.
    Intrusive,
}

impl Mode {
    /// The lower-case name.
    pub fn as_str(self) -> &'static str {
        match self {
            Self::Passive => "passive",
            Self::Active => "active",
            Self::Intrusive => "intrusive",
        }
    }
}

/// Scheme, host and port (RFC 6454).
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct Origin {
    scheme: String,
    host: String,
    port: u16,
}

impl Origin {
    /// The origin of an address; only `http` and `https` have one here.
    ///
    /// # Errors
    /// [`ScopeError`] when the scheme is another one or there is no host.
    pub fn of(url: &Url) -> Result<Self, ScopeError> {
        if !matches!(url.scheme(), "http" | "https") {
            return Err(ScopeError::Scheme(url.scheme().to_owned()));
        }
        let host = url.host_str().ok_or_else(|| ScopeError::NoHost(url.to_string()))?;
        // `example.com.` is the same host as `example.com`.
        let host = host.trim_end_matches('.').to_ascii_lowercase();
        let port = url.port_or_known_default().unwrap_or(80);

        Ok(Self { scheme: url.scheme().to_owned(), host, port })
    }

    /// Reads `http://host:port`; a path behind it is ignored.
    ///
    /// # Errors
    /// [`ScopeError`] when the text is no address with a host.
    pub fn parse(text: &str) -> Result<Self, ScopeError> {
        let url = Url::parse(text).map_err(|error| ScopeError::Unreadable(text.to_owned(), error.to_string()))?;
        if !url.username().is_empty() || url.password().is_some() {
            return Err(ScopeError::UserInfo(Origin::of(&url)?.to_string()));
        }
        Self::of(&url)
    }

    /// The host in lower case, IPv6 in brackets.
    pub fn host(&self) -> &str {
        &self.host
    }
}

impl fmt::Display for Origin {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}://{}:{}", self.scheme, self.host, self.port)
    }
}

/// Where requests of one scan may go: loopback, and the origins that the user listed.
#[derive(Debug, Clone, Default)]
pub struct Scope {
    allowed: BTreeSet<Origin>,
}

/// Why a request may not leave.
#[derive(Debug, Clone, PartialEq, Eq, Error)]
pub enum ScopeError {
    /// Not an origin of the user's.
    #[error(
        "{0} is out of scope: only loopback and listed origins are; to allow it, put it under `allow` in [target] of routewarden.toml or pass --allow {0}"
    )]
    OutOfScope(String),
    /// The address has a user name or password in it.
    #[error("an address with a user name or password in it is refused ({0}); configure an identity instead")]
    UserInfo(String),
    /// Not HTTP.
    #[error("only http and https are supported, not `{0}`")]
    Scheme(String),
    /// No host.
    #[error("`{0}` has no host")]
    NoHost(String),
    /// Not an address.
    #[error("`{0}` is not an address: {1}")]
    Unreadable(String, String),
    /// A name resolves to where it must not.
    #[error("{host} resolves to {address}, which is {what}: refused")]
    Address {
        /// The name.
        host: String,
        /// Where it resolves to.
        address: IpAddr,
        /// What that address is.
        what: &'static str,
    },
}

/// The right to send to one address. Only a [`Scope`] can make it.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Permit {
    url: Url,
}

impl Permit {
    /// The address that may be asked.
    pub fn url(&self) -> &Url {
        &self.url
    }
}

impl Scope {
    /// Loopback and these origins.
    pub fn new(allowed: impl IntoIterator<Item = Origin>) -> Self {
        Self { allowed: allowed.into_iter().collect() }
    }

    /// Allows a request to this address, or says why not.
    ///
    /// # Errors
    /// [`ScopeError`]; nothing is sent then.
    pub fn permit(&self, url: Url) -> Result<Permit, ScopeError> {
        let origin = Origin::of(&url)?;
        // `https://allowed.example@evil.example` reads as if it led to the host before the `@`.
        if !url.username().is_empty() || url.password().is_some() {
            return Err(ScopeError::UserInfo(origin.to_string()));
        }
        if is_loopback_host(&url) || self.allowed.contains(&origin) {
            Ok(Permit { url })
        } else {
            Err(ScopeError::OutOfScope(origin.to_string()))
        }
    }

    /// Looks at the address that a permitted host name resolved to. `localhost` must be loopback; a listed name must
    /// not lead to link-local addresses, where clouds keep their metadata, nor to their other such addresses. (A listed name that leads to loopback, as
    /// names in a hosts file do, may: loopback is in scope by itself.)
    ///
    /// # Errors
    /// [`ScopeError::Address`]; the connection is not made then.
    pub fn permit_address(&self, host: &str, address: IpAddr) -> Result<(), ScopeError> {
        // `::ffff:169.254.169.254` reaches the IPv4 address (RFC 4291 §2.5.5.2).
        let address = unmap_ipv4(address);
        let refuse = |what| Err(ScopeError::Address { host: host.to_owned(), address, what });

        // A resolver that answers `localhost` with another address would lead requests off the machine.
        if is_localhost_name(host) {
            return if address.is_loopback() { Ok(()) } else { refuse("not loopback") };
        }
        if is_link_local(address) || is_cloud_metadata(address) {
            return refuse("link-local or of a cloud's metadata");
        }
        if address.is_unspecified() || address.is_multicast() {
            return refuse("no address of a host");
        }
        Ok(())
    }

    /// The listed origins, for messages.
    pub fn allowed(&self) -> impl Iterator<Item = &Origin> {
        self.allowed.iter()
    }
}

/// Returns true for the addresses of metadata that are not link-local: those of AWS over IPv6 and of Alibaba Cloud.
fn is_cloud_metadata(address: IpAddr) -> bool {
    address == IpAddr::from([0xfd00, 0xec2, 0, 0, 0, 0, 0, 0x254]) || address == IpAddr::from([100, 100, 100, 200])
}

fn is_loopback_host(url: &Url) -> bool {
    match url.host() {
        Some(Host::Ipv4(address)) => address.is_loopback(),
        Some(Host::Ipv6(address)) => unmap_ipv4(IpAddr::V6(address)).is_loopback(),
        Some(Host::Domain(name)) => is_localhost_name(name),
        None => false,
    }
}

/// RFC 6761 §6.3: `localhost` and every name below it are loopback.
fn is_localhost_name(name: &str) -> bool {
    let name = name.trim_end_matches('.').to_ascii_lowercase();
    name == "localhost" || name.ends_with(".localhost")
}

fn unmap_ipv4(address: IpAddr) -> IpAddr {
    match address {
        IpAddr::V6(v6) => v6.to_ipv4_mapped().map_or(address, IpAddr::V4),
        IpAddr::V4(_) => address,
    }
}

fn is_link_local(address: IpAddr) -> bool {
    match address {
        IpAddr::V4(v4) => v4.is_link_local(),
        IpAddr::V6(v6) => v6.is_unicast_link_local(),
    }
}
