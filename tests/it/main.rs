//! All integration tests in one binary; each module mirrors the source module it tests.
#![allow(clippy::unwrap_used, clippy::expect_used, clippy::panic, clippy::indexing_slicing, missing_docs)]

mod config;
mod detect;
mod mcp;
mod cli;
mod model;
mod report;
mod spec;
mod store;
mod demo;
mod model;
mod twins;
