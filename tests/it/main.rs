//! All integration tests in one binary; each module mirrors the source module it tests.
#![allow(clippy::unwrap_used, clippy::expect_used, clippy::panic, clippy::indexing_slicing, missing_docs)]

mod config;
mod detect;
mod model;
mod remedy;
