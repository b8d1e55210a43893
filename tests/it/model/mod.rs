//! Scope and shown text.

mod intent;
mod paths;
mod scope;
mod step;
mod text;
