//! Text in, matches out: secrets in any coding and their redaction, tokens, stack traces, exposed values. No I/O.

mod credentials;
pub mod decode;
pub mod exposure;
mod fields;
pub mod jwt;
pub mod known;
pub mod material;
mod names;
pub mod personal;
mod redactor;
mod searches;
pub mod secrets;
pub mod trace;
mod tripwire;
pub mod unknown_token;
mod wrapped;

pub use redactor::{MAX_INPUT_BYTES, Redactor};
pub use searches::build_searches;
pub use tripwire::{Syntax, Tripwire};
