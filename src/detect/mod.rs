//! Text in, matches out: secrets in any coding and their redaction, tokens, stack traces, exposed values. No I/O.

mod credentials;
pub mod decode;
pub mod exposure;
mod fields;
pub mod jwt;
pub mod known;
pub mod material;
mod names;
pub mod personal;
mod redactor;
pub mod secrets;
pub mod trace;
mod tripwire;
pub mod unknown_token;
mod wrapped;

pub use redactor::{MAX_INPUT_BYTES, Redactor};
pub use tripwire::{Syntax, Tripwire};

/// Builds what the searches need and the first of them would build: some 10 ms of work, which can be done while a target
/// is waited for.
pub fn build_searches() {
    let text = "-";
    drop((secrets::scan_text(text), personal::find_numbers(text), personal::n_emails(text)));
    drop((trace::stack_trace(text), Redactor::new().body(None, text)));
}
