//! Models behind an API.

mod bots;
pub mod formats;
mod powers;
mod reach;
mod recognise;
mod shapes;
mod siblings;
mod told;
mod twins;
mod waiting;
