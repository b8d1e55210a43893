//! From the use cases' answers to what a model is told: the worst first, within a fixed number of bytes, and saying
//! what was left out. Pure functions.

mod explain;
mod fit;
mod fix;
mod ownership;
mod policy;
mod rows;
mod scan;

pub use explain::explain_answer;
pub use fix::fix_answer;
pub use ownership::{RoutePage, ownership_answer};
pub use scan::{CursorRefused, PAGE, Page, running_answer, scan_answer, so_far_answer};
