//! The assistant's face: four tools, the resources and the prompts, over stdio and Streamable HTTP. Knows the use cases
//! and nothing below them; every word that leaves it goes through [`exit`].

pub mod answer;
mod arguments;
mod call;
mod completion;
pub mod contract;
mod error;
pub mod exit;
mod http;
pub mod patience;
mod progress;
mod prompts;
mod resources;
mod server;
mod stdio;
mod subscriptions;
mod tools;
mod view;
pub mod wire;

pub use arguments::parse_arguments;
pub use error::McpError;
pub use http::{HttpOptions, KeySource, KeyTimes, Listening, OAuthOptions, REQUEST_WITHIN, TOKEN_VARIABLE, serve_http};
pub use progress::Ticker;
pub use server::{CallTimeLimits, McpServer, SOFT_DEADLINE_VARIABLE, ServerOptions};
pub use stdio::{serve_pipes, serve_stdio, serve_stdio_with};
