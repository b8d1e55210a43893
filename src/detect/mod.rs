//! Text in, matches out: secrets in any coding and their redaction, tokens, stack traces, exposed values. No I/O.

mod credentials;
pub mod exposure;
mod fields;
pub mod jwt;
mod names;
mod needles;
mod redactor;
pub mod secrets;
pub mod trace;
mod views;

pub use redactor::{MAX_INPUT_BYTES, Redactor};
