//! Reads trees of texts from outside of the crate.
#![allow(missing_docs, clippy::unwrap_used, clippy::expect_used, clippy::panic, clippy::indexing_slicing)]

mod aspnet;
mod django;
mod express;
mod fastapi;
mod fix;
mod flask;
mod golang;
mod helpers;
mod java;
mod laravel;
mod nestjs;
mod project;
mod proofs;
mod rails;
mod regress;
mod request;
mod rust_web;
mod scripts;
mod shown;
mod spring;
mod table;
mod tokens;
mod tree;
