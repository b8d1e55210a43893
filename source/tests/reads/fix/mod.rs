//! Changes that are proposed, for weak handlers, for repaired ones, and for traps.

mod django;
mod examples;
mod kit;
mod objects;
mod plans;
mod rest;
mod traps;
mod ways;
