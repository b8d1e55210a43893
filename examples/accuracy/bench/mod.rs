//! Scans the APIs of the bench and holds what is reported against what is known.

mod grade;
mod json;
mod residue;
mod rules;
mod scan;
mod table;

pub use json::as_json;

pub use scan::{Scanned, Signing, Version, scan};
pub use table::{is_passed, print};
