//! The assistant's face, over in-process pipes and loopback HTTP.

mod answers;
mod arguments;
mod completion;
mod consent;
mod contract;
mod exit;
mod http;
mod legacy_sse;
mod oauth;
mod oauth_keys;
mod patience;
mod progress;
mod said_once;
mod scans;
mod stdio;
pub(crate) mod support;
mod view;
