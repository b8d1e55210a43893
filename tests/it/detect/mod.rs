//! Redaction, tokens, traces, exposed values.

mod jwt;
mod redactor;
mod redactor_fields;
