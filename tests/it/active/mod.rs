//! Scans that write, against twins that keep what is written to them.

mod accounts;
mod administered;
mod bodies;
mod disguised;
mod enveloped;
mod feeds;
mod field_groups;
mod first_account;
mod formed;
mod groups;
mod killed;
pub mod kit;
mod mortal;
mod objects;
mod prefixed;
mod profiles;
mod properties;
mod receipts;
mod resets;
mod roles;
mod sign_outs;
mod signing;
mod spelled_otherwise;
mod strangers;
mod trials;
