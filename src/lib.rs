//! Routewarden: an API-security scanner that lives in an AI coding assistant. See ARCHITECTURE.md for the layers.

pub mod app;
pub mod checks;
pub mod config;
pub mod detect;
pub mod demo;
pub mod mcp;
pub mod cli;
pub mod model;
pub mod probe;
pub mod report;
pub mod spec;
pub mod store;
pub mod survey;
