//! The way to the target: nothing leaves the scope, nothing hostile stops a scan, no secret gets out.

mod building;
mod dying;
mod endings;
mod hostile;
mod kit;
mod memory;
mod notes;
mod replay;
mod scope;
mod secrets;
mod sessions;
mod signing;
mod writes;
