//! Redaction, tokens, traces, exposed values.

mod decode;
mod exposure;
mod jwt;
mod known;
mod personal;
mod redactor;
mod redactor_fields;
mod trace;
mod unknown_token;
