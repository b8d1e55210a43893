//! The formats of the report.

pub mod support;

mod diff;
mod format;
mod html;
mod json;
mod junit;
mod large;
mod markdown;
mod reach;
mod sarif;
mod score;
mod text;
