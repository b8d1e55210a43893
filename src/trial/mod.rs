//! Trials of writes: what an owner sees of its object before and after, who writes what in between, and whether it had an
//! effect. A trial sends and looks; what it means is a check's to say.

mod access;
mod account;
mod answers;
mod body;
mod funnel;
mod intent;
mod lab;
mod look;
mod mirror;
mod mixed;
mod password;
mod send;
mod sessions;
mod shot;
mod subject;
mod values;

pub use access::Access;
pub use answers::{read_answer, refusal, unjudged};
pub use funnel::{Proven, Trial};
pub use intent::Meant;
pub use lab::Lab;
pub use look::Seen;
pub use mirror::{AccountHolder, Mirrored};
pub use send::Twist;
pub(crate) use shot::Spot;
pub use shot::{Aim, ChooseValue, CompareViews, Effect, Tried, Wanted};
pub use subject::{Naming, Subject};
pub use values::agrees;
