//! The use cases over a server that can be repaired, or broken, while a test runs.

mod evidence;
mod graphql;
mod origins;
mod recheck;
mod scans;
mod shop;
mod unreached;
