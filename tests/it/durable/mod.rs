//! Scans that outlive the call, the client and the process that started them.

mod crowd;
mod followed;
mod killed;
pub(crate) mod kit;
mod owners;
