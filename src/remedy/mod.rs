//! What to do about a finding, as data: one Markdown file per remedy, with code for each framework.

mod framework;
mod library;
mod recognise;

pub use framework::Framework;
pub use library::{Remedy, all, for_check, get};
pub use recognise::{Recognised, recognise};
