//! The rules for secrets: each with its own examples, and what none of them may take for one.

mod filled;
mod rules;
mod silent;
mod user;
