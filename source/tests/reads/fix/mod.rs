//! Changes that are proposed, for weak handlers, for repaired ones, and for traps.

mod examples;
mod kit;
