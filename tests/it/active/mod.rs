//! Scans that write, against twins that keep what is written to them.

pub mod kit;
mod objects;
mod properties;
mod roles;
mod spelled_otherwise;
