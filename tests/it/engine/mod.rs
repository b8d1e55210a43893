//! The engine from end to end: real servers on loopback, scanned through the use cases.

mod demo;
pub mod harness;
mod twins;
