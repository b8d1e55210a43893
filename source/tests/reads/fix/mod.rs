//! Changes that are proposed, for weak handlers, for repaired ones, and for traps.

mod bodies;
mod clinic;
mod django;
mod examples;
mod kit;
mod matrix;
mod mended;
mod nest;
mod nested;
mod objects;
mod plans;
mod rest;
mod schemas;
mod traps;
mod ways;
