//! What the bench's APIs are built from: a small HTTP layer, tables, accounts, tokens, and routes that describe
//! themselves. Knows nothing of the scanner.

mod account;
mod entry;
pub mod graphql;
mod http;
mod route;
mod serve;
mod token;
mod world;

pub use account::SignUp;
pub use entry::{behind_entry, described, entry, house, is_mine, login, made, make, me, merge, mine, peopled};
pub use http::{Call, Reply, created, no_content, ok, reply};
pub use route::{Answer, Door, Handler, Route, document, list_of, object, op, refer};
pub use serve::{Server, answer};
pub use token::{Faults, digest, sign, wrap};
pub use world::{Auth, World, keep, key_of, now, only, same, text, uuid, without};
