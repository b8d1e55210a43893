//! What to do about a finding, as data: one Markdown file per remedy, with code for each framework.

mod framework;
mod library;
mod recognise;
mod traces;

pub use framework::Framework;
pub use library::{Remedy, find_by_id, for_check, list_all};
pub use recognise::{Recognised, recognise_framework};
pub use traces::recognise_answer;
