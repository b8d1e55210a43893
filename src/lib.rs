//! Routewarden: an API-security scanner that lives in an AI coding assistant. See ARCHITECTURE.md for the layers.

pub mod access;
pub mod act;
pub mod app;
pub mod checks;
pub mod cli;
pub mod code;
pub mod config;
pub mod conversation;
pub mod demo;
pub mod detect;
pub mod llm;
pub mod mcp;
pub mod model;
pub mod probe;
pub mod remedy;
pub mod report;
pub mod scan;
pub mod spec;
pub mod store;
pub mod survey;
pub mod trial;
pub mod vocabulary;
