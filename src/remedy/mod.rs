//! What to do about a finding, as data: one Markdown file per remedy, with code for each framework.

mod framework;
mod library;
mod recognise;
mod traces;

pub use framework::Framework;
pub use library::{Remedy, all, for_check, get};
pub use recognise::{Recognised, recognise};
pub use traces::recognise_answer;
