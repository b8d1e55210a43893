//! All integration tests in one binary; each module mirrors the source module it tests.
#![allow(clippy::unwrap_used, clippy::expect_used, clippy::panic, clippy::indexing_slicing, missing_docs)]

mod active;
mod app;
mod checks;
mod cli;
mod code;
mod config;
mod demo;
mod detect;
mod docs;
mod durable;
mod engine;
mod llm;
mod mcp;
mod model;
mod probe;
mod probe_build;
mod remedy;
mod report;
mod spec;
mod store;
mod survey;
mod twins;
