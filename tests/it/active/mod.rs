//! Scans that write, against twins that keep what is written to them.

mod bodies;
mod disguised;
pub mod kit;
mod objects;
mod strangers;
