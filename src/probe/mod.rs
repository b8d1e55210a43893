//! The only module that opens a socket: builds, paces, sends and records requests. Knows nothing of checks or findings.

mod announced;
mod ask;
mod build;
mod canary;
mod carried;
mod client;
mod csrf;
mod csrf_state;
mod death;
mod entry;
mod fetch;
mod graphql;
mod guard;
mod halt;
mod journal;
mod late;
mod ledger;
mod memory;
mod named;
mod pace;
mod pulse;
mod rations;
mod record;
mod renew;
mod replay;
mod resolve;
mod routes;
mod session;
mod signin;
mod wire;
mod writes;

pub use ask::{Answer, Ask, AskCaller, RawOutcome, Response};
pub use build::{AddressRefused, Values, header_values, operation_url, parameter_text, serialize_body};
pub use canary::{Canary, canary_word};
pub use carried::Carried;
pub use client::{Limits, Probe, SendError};
pub use death::Death;
pub use entry::{
    AccountNote, ID_PLACE, JournalEntry, JournalHead, Saved, SavedNote, Undo, WriteKind, WriteNote, is_kept_by,
    leaves_open,
};
pub use fetch::Fetched;
pub use guard::{ReferenceTarget, RemovalGuard, WriteGuard, WriteRefused, is_removal_of};
pub use journal::Journal;
pub use named::{NamedTextError, fetch_named_text};
pub use session::{Session, Sessions, TokenCarrier};
pub use signin::SignInError;
pub use writes::WriteResult;
