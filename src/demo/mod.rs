//! The demo target: a small invoicing API with planted weaknesses, and the same API repaired. It serves on loopback only.
//!
//! It is a target and nothing else: it must not know the scanner, its checks or its findings.

mod auth;
mod layers;
mod planted;
mod refusal;
mod routes;
mod server;
mod state;

pub use planted::{APP_WIDE, PLANTED};
pub use server::{Demo, DemoOptions, start};
