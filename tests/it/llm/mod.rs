//! Models behind an API.

mod bots;
pub mod formats;
mod honest;
mod met;
mod places;
mod powers;
mod reach;
mod recognise;
mod sessions;
mod shapes;
mod siblings;
mod told;
mod twins;
mod waiting;
