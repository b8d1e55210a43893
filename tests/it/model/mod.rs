//! Scope and shown text.

mod scope;
mod text;
