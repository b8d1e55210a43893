//! The report for a terminal: headline, findings worst first, what was not tested and why, and what to do next.

mod finding;
pub(super) mod page;
mod plan;
mod render;
mod tail;

pub use page::TextOptions;
pub use render::render;
