//! The engine from end to end: real servers on loopback, scanned through the use cases.

mod access;
mod demo;
pub mod harness;
mod twins;
