//! What is said to a model behind an operation and what it answers: callers, sessions, the order of questions, the memory
//! and the budget that all checks of models share, and what a call leaves behind. Decides on no finding.

mod calling;
mod chains;
mod course;
mod kept;
pub(crate) mod measure;
mod meet;
mod memory;
mod needles;
mod provoke;
mod sessions;
mod stop;
mod talk;
mod unknown;
mod words;

pub(crate) use course::{Course, ModelAsk, unread_questions};
pub use meet::{Met, ask_candidates, find_candidates};
pub(crate) use memory::Memory;
pub(crate) use needles::{Hit, Needles};
pub(crate) use stop::Stop;
pub use talk::TalkCx;
pub(crate) use talk::{Reply, ReplyUnusable, Talk};
pub(crate) use unknown::{Unknown, unknown_in};
pub(crate) use words::{nobodys_id, random_word};
