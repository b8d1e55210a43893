//! Reads trees of texts from outside of the crate.
#![allow(missing_docs, clippy::unwrap_used, clippy::expect_used, clippy::panic, clippy::indexing_slicing)]

mod django;
mod java;
mod project;
mod spring;
