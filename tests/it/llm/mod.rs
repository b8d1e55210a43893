//! Models behind an API.

mod bots;
pub mod formats;
mod recognise;
mod shapes;
mod told;
mod twins;
