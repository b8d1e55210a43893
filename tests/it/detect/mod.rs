//! Redaction, tokens, traces, exposed values.

mod decode;
mod exposure;
mod jwt;
mod known;
mod known_words;
mod material;
mod personal;
mod redactor;
mod redactor_fields;
mod secrets;
mod trace;
mod tripwire;
mod unknown_token;
