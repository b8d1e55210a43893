//! Models behind an API.

pub mod formats;
mod recognise;
mod shapes;
