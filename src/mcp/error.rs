//! What ends a server.

use std::net::SocketAddr;

use thiserror::Error;

/// Why the server could not start, or stopped by itself.
#[derive(Debug, Error)]
pub enum McpError {
    /// Only loopback is served for now.
    #[error(
        "{0} is not a loopback address; the server would be open to the network\nhelp: use 127.0.0.1:{port} and, from another machine, a tunnel (ssh -L {port}:127.0.0.1:{port})",
        port = .0.port()
    )]
    NotLoopback(SocketAddr),
    /// The address cannot be listened on.
    #[error("cannot listen on {address}: {source}\nhelp: choose another port, or 0 for any free one")]
    Bind {
        /// The address.
        address: SocketAddr,
        /// What the system says.
        source: std::io::Error,
    },
    /// A token that can be guessed.
    #[error("the bearer token has {0} characters; at least {min} are needed\nhelp: openssl rand -hex 32", min = crate::mcp::http::MIN_TOKEN_CHARS)]
    ShortToken(usize),
    /// The keys of the authorization server cannot be had.
    #[error(
        "the keys of the authorization server in {from}: {because}\nhelp: --oauth-keys takes the address that its metadata name under jwks_uri, or a file with what is there"
    )]
    Keys {
        /// The file or address.
        from: String,
        /// What is wrong with it.
        because: String,
    },
    /// The connection failed.
    #[error("the connection failed: {0}")]
    Connection(String),
}
