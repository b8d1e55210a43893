//! What all searches share and the first of them would have to build.

use super::{Redactor, personal, secrets, trace};

/// Builds what the searches need and the first of them would build: some 10 ms of work, which can be done while a target
/// is waited for.
pub fn build_searches() {
    let text = "-";
    drop((secrets::scan_text(text), personal::find_numbers(text), personal::n_emails(text)));
    drop((trace::stack_trace(text), Redactor::new().body(None, text)));
}
