//! The formats of the report.

pub mod support;

mod json;
mod score;
mod text;
