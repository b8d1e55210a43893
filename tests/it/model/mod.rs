//! Scope and shown text.

mod intent;
mod scope;
mod step;
mod text;
