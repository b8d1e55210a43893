//! Redaction, tokens, traces, exposed values.

mod exposure;
mod jwt;
mod known;
mod redactor;
mod redactor_fields;
mod trace;
