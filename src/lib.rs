//! Routewarden: an API-security scanner that lives in an AI coding assistant. See ARCHITECTURE.md for the layers.

pub mod app;
pub mod config;
pub mod detect;
pub mod model;
pub mod remedy;
pub mod report;
