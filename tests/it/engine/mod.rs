//! The engine from end to end: real servers on loopback, scanned through the use cases.

mod access;
pub mod decoy;
mod demo;
pub mod harness;
mod injected;
mod narrowed;
mod twins;
