//! The report as one HTML page that loads nothing: no scripts at all, one style sheet that its policy names by hash.

mod page;

pub use page::{render, write};
