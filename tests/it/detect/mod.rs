//! Redaction, tokens, traces, exposed values.

mod exposure;
mod jwt;
mod redactor;
mod redactor_fields;
mod secrets;
mod trace;
